// What the program says: asserts, prints with their change, and the other values that have names.

import { element, shown } from "./elements.js";

export function showResults(root, { asserts, prints, values: all, parameters, saves = [], diagnostics }) {
  const set = new Set(parameters.map(({ name }) => name)),
    values = all.filter(({ name }) => !set.has(name));
  const parts = [];
  if (asserts.length) parts.push(element("ul", { className: "asserts" }, ...asserts.map(assertOf)));
  if (prints.length)
    parts.push(
      element("table", { className: "prints" }, element("tbody", {}, ...prints.map(printOf))),
    );
  if (values.length) {
    const rows = values.map(({ name, value }) => rowOf(name, value, ""));
    parts.push(
      element(
        "details",
        { open: root.querySelector(".named")?.open ?? false, className: "named" },
        element("summary", {
          textContent: `${values.length} named value${values.length > 1 ? "s" : ""}`,
        }),
        element("table", { className: "prints" }, element("tbody", {}, ...rows)),
      ),
    );
  }
  if (saves.length) {
    parts.push(
      element("p", {
        className: "faint",
        textContent: `A run would write ${saves.length} file${saves.length > 1 ? "s" : ""}; the studio writes none of them.`,
      }),
    );
  }
  const isWrong = diagnostics.some(({ severity }) => severity === "error");
  const nothing = isWrong ? "Nothing is computed: there is an error." : "The program prints nothing.";
  if (!parts.length) parts.push(element("p", { className: "faint", textContent: nothing }));
  root.replaceChildren(...parts);
}

function assertOf({ label, holds, why }) {
  return element(
    "li",
    { className: holds ? "holds" : "fails" },
    element("span", { className: "mark", "aria-hidden": "true", textContent: holds ? "✓" : "✗" }),
    element("span", { textContent: `${label}${holds ? "" : ": does not hold"}`, title: why ?? "" }),
  );
}

function printOf({ label, value, before }) {
  return rowOf(label, value, changeOf(value, before));
}

function rowOf(label, value, change) {
  const text = shown(value);
  return element(
    "tr",
    {},
    element("th", { scope: "row", textContent: label }),
    element("td", {
      textContent: text.length > 24 ? `${text.slice(0, 23)}…` : text,
      title: text.length > 24 ? text.slice(0, 2000) : "",
    }),
    element("td", { className: "change", textContent: change }),
  );
}

/** "+0.012", "was true", or nothing. */
export function changeOf(value, before) {
  if (before === null || before === undefined || JSON.stringify(value) === JSON.stringify(before))
    return "";
  if (typeof value !== "number" || typeof before !== "number")
    return `was ${shown(before).slice(0, 20)}`;
  const by = value - before;
  return `${by > 0 ? "▲ +" : "▼ −"}${shown(Math.abs(by), 3)}`;
}
