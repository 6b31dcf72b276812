// A control for every parameter: a slider and a field for a number, a box for a truth, a field for
// what else there is; each with the comment that stands beside it in the program.

import { button, element, shown, written } from "./elements.js";

export class Controls {
  /** `change(name, value, moving)` is told what a hand sets; null is the default. */
  constructor(root, change) {
    Object.assign(this, { root, change, rows: new Map() });
    this.none = element(
      "p",
      { className: "faint", hidden: true },
      "The program declares no parameter: ",
      element("code", {}, "param x = 0.5"),
      " makes a slider. Numbers in its text can be dragged.",
    );
    root.append(this.none);
  }

  /** Shows parameters as an outcome tells them; what a hand holds is left alone. */
  show(parameters) {
    this.none.hidden = parameters.length > 0;
    const names = new Set(parameters.map(({ name }) => name));
    for (const [name, row] of this.rows) {
      if (!names.has(name)) this.forget(name, row);
    }
    for (const parameter of parameters) {
      const shape = JSON.stringify([
        parameter.type,
        parameter.low,
        parameter.high,
        parameter.step,
        parameter.comment,
      ]);
      let row = this.rows.get(parameter.name);
      if (row && row.shape !== shape) {
        this.forget(parameter.name, row);
        row = undefined;
      }
      row ??= this.add(parameter, shape);
      row.tell(parameter);
    }
    this.root.append(
      ...parameters
        .map(({ name }) => this.rows.get(name).element)
        .filter((one, k) => this.root.children[k + 1] !== one),
    );
  }

  forget(name, row) {
    row.element.remove();
    this.rows.delete(name);
  }

  add(parameter, shape) {
    const { name, comment } = parameter;
    const make =
      parameter.step !== null && parameter.step !== undefined
        ? numberControl
        : parameter.type === "bool"
          ? truthControl
          : textControl;
    const control = make(parameter, (value, moving) => this.change(name, value, moving));
    const reset = button("↺", () => this.change(name, null, false), {
      "aria-label": `${name}: back to the default`,
    });
    const row = {
      shape,
      element: element(
        "div",
        { className: "control" },
        element(
          "div",
          { className: "control-line" },
          element("label", { for: `value-${name}`, textContent: name }),
          control.field,
          reset,
        ),
        control.slider,
        comment ? element("p", { className: "faint", textContent: comment }) : null,
      ),
      tell(told) {
        const own = JSON.stringify(told.value) === JSON.stringify(told.default);
        reset.classList.toggle("unseen", own || told.default === null);
        reset.title = `default: ${shown(told.default)}`;
        control.tell(told.value);
      },
    };
    this.rows.set(name, row);
    return row;
  }
}

function numberControl({ name, low, high, step, bounds }, change) {
  const [least, most] = bounds ?? [low, high];
  const field = element("input", {
    type: "number",
    id: `value-${name}`,
    step: "any",
    min: least ?? "",
    max: most ?? "",
  });
  const slider = element("input", {
    type: "range",
    min: low,
    max: high,
    step,
    "aria-label": `${name}: slider`,
  });
  const take = (value, moving) => {
    field.value = slider.value = value;
    change(Number(value), moving);
  };
  let held = false;
  slider.addEventListener("input", () => {
    held = true;
    take(Number(written(Number(slider.value), step)), true);
  });
  slider.addEventListener("change", () => {
    held = false;
    take(Number(written(Number(slider.value), step)), false);
  });
  field.addEventListener("change", () => {
    if (field.value !== "" && field.checkValidity()) take(Number(field.value), false);
    else field.reportValidity();
  });
  return {
    field,
    slider,
    tell(value) {
      if (held || document.activeElement === field) return;
      field.value = slider.value = value;
    },
  };
}

function truthControl({ name }, change) {
  const field = element("input", {
    type: "checkbox",
    id: `value-${name}`,
    onchange: () => change(field.checked, false),
  });
  return {
    field,
    slider: null,
    tell(value) {
      field.checked = value;
    },
  };
}

function textControl({ name, type }, change) {
  const isText = type === "string";
  const field = element("input", { type: "text", id: `value-${name}`, className: "wide" });
  field.addEventListener("change", () => {
    field.setCustomValidity("");
    try {
      change(isText ? field.value : JSON.parse(field.value), false);
    } catch {
      field.setCustomValidity("a list as [1, 2, 3] is expected");
      field.reportValidity();
    }
  });
  return {
    field,
    slider: null,
    tell(value) {
      if (document.activeElement !== field)
        field.value = value === null ? "" : isText ? value : JSON.stringify(value);
    },
  };
}
