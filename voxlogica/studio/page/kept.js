// Sets of values that have names: kept, used again, compared with what is set now; and the ways by
// which values leave the page: a command line, the program's defaults, a report.

import { button, element, shown } from "./elements.js";
import { changeOf } from "./results.js";

export class Kept {
  /**
   * `host` has ask(what, fields), now() (what is shown), use(values), settled() (a promise: all that
   * was asked for is shown), and outline(name, bits).
   */
  constructor(root, host) {
    Object.assign(this, { root, host, sets: [], snapshots: new Map(), against: null });
    this.name = element("input", {
      type: "text",
      placeholder: "a name",
      "aria-label": "name of the set",
      maxLength: 60,
    });
    const form = element(
      "form",
      { className: "keep" },
      this.name,
      element("button", { textContent: "keep these values" }),
      button("and in a file", () => this.keep(this.name.value.trim(), true), {
        title: "beside the program, for `voxlogica run --params`",
      }),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.keep(this.name.value.trim());
    });
    this.list = element("ul", { className: "sets" });
    this.table = element("div", { className: "beside" });
    this.out = element("p", { className: "out", hidden: true });
    const save = (text, what, title) => button(text, () => host.ask(what), { title });
    root.append(
      form,
      this.list,
      this.table,
      element(
        "p",
        { className: "save" },
        "these values as ",
        save("command line", "line", "a command with -D for each"),
        " ",
        save("defaults", "defaults", "in the program's text, to be saved"),
        " ",
        save("report", "report", "a page to hand on"),
      ),
      this.out,
    );
  }

  keep(name, file = false) {
    if (!name) return this.name.focus();
    this.snapshots.set(name, this.host.now());
    this.name.value = "";
    this.host.ask("keep", { name, file });
  }

  /** The sets that the server has. */
  show(sets) {
    this.sets = sets;
    if (!sets.some(({ name }) => name === this.against)) this.stop();
    this.list.replaceChildren(
      ...sets.map(({ name, values }) =>
        element(
          "li",
          {},
          element("span", {
            className: "set-name",
            textContent: name,
            title: JSON.stringify(values),
          }),
          button("use", () => this.host.use(values), { "aria-label": `use ${name}` }),
          button("compare", () => this.compare(name), {
            "aria-label": `compare with ${name}`,
            "aria-pressed": String(name === this.against),
          }),
          button("forget", () => this.host.ask("forget", { name }), {
            "aria-label": `forget ${name}`,
          }),
        ),
      ),
    );
  }

  stop() {
    this.against = null;
    this.table.replaceChildren();
    this.host.outline(null);
  }

  async compare(name) {
    const stop = this.against === name;
    this.stop();
    if (!stop) {
      this.against = name;
      await this.obtain();
    }
    this.show(this.sets);
    this.update();
  }

  /** What a set gives, of this text and case: known, or seen by using it for a moment. */
  async obtain() {
    const { against: name, host } = this,
      found = this.snapshots.get(name),
      now = host.now();
    if (found?.bits && found.of === now.of && found.region === now.region) return;
    const { values } = this.sets.find((set) => set.name === name);
    host.use(values);
    await host.settled();
    this.snapshots.set(name, host.now());
    host.use(now.values);
    await host.settled();
  }

  /** What is set now beside what was kept, after each outcome. */
  update() {
    const then = this.snapshots.get(this.against),
      now = this.host.now();
    if (this.out.of !== this.state()) this.out.hidden = true;
    if (!this.against || !then) return;
    if (then.of !== now.of) {
      this.table.replaceChildren(
        element(
          "p",
          { className: "faint" },
          `${this.against} is of another text or case. `,
          button("see it on this one", () =>
            this.compare(this.against).then(() => this.compare(this.against)),
          ),
        ),
      );
      this.host.outline(null);
      return;
    }
    this.host.outline(`kept: ${this.against}`, then.region === now.region ? then.bits : null);
    const rows = [
      ...now.parameters.map(({ name, value }) => [
        name,
        value,
        then.parameters.find((one) => one.name === name)?.value,
      ]),
      ...now.prints.map(({ label, value }) => [
        label,
        value,
        then.prints.find((one) => one.label === label)?.value,
      ]),
      ...now.asserts.map(({ label, holds }) => [
        label,
        holds,
        then.asserts.find((one) => one.label === label)?.holds,
      ]),
    ];
    this.table.replaceChildren(
      element(
        "table",
        { className: "prints" },
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            element("td"),
            ...["now", this.against, ""].map((text) =>
              element("th", { scope: "col", textContent: text }),
            ),
          ),
        ),
        element(
          "tbody",
          {},
          ...rows.map(([label, one, other]) =>
            element(
              "tr",
              { className: JSON.stringify(one) === JSON.stringify(other) ? "" : "differs" },
              element("th", { scope: "row", textContent: label }),
              element("td", { textContent: shown(one, 5) }),
              element("td", { textContent: other === undefined ? "" : shown(other, 5) }),
              element("td", {
                className: "change",
                textContent: typeof one === "number" ? changeOf(one, other) : "",
              }),
            ),
          ),
        ),
      ),
    );
  }

  /** What a command line is of: with another text, case or value it is an old one. */
  state() {
    const { of, values } = this.host.now();
    return JSON.stringify([of, values]);
  }

  line(text, unsaved) {
    const field = element("input", {
      type: "text",
      readOnly: true,
      value: text,
      "aria-label": "the command",
      className: "wide",
    });
    const copy = button("copy", () => {
      field.select();
      navigator.clipboard?.writeText(text).then(
        () => {
          copy.textContent = "copied";
        },
        () => {},
      );
    });
    const note = unsaved
      ? "It is of the program's file, which has another text than is seen here: save that first."
      : "";
    this.out.replaceChildren(
      field,
      " ",
      copy,
      element("span", { className: "error", textContent: note }),
    );
    this.out.of = this.state();
    this.out.hidden = false;
    field.select();
  }

  report(address) {
    const link = element("a", {
      href: address,
      download: "report.html",
      textContent: "report.html",
    });
    this.out.replaceChildren("The report is ready: ", link);
    this.out.of = this.state();
    this.out.hidden = false;
    link.click();
  }
}
