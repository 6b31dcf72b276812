// Elements of the page, made and changed without a library.

/** An element with properties (attributes where a name has a dash, or is `role`) and children. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role" || key === "for") made.setAttribute(key, value);
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made[key] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A button that does something. */
export function button(text, onclick, properties = {}) {
  return element("button", { type: "button", textContent: text, onclick, ...properties });
}

/** The options of a select: [value, text] each; what was chosen stays so if it is there. */
export function fill(select, options, chosen) {
  const now = options.map(([value, text]) => `${value}\n${text}`).join("\n\n");
  if (select.dataset.options !== now) {
    select.replaceChildren(
      ...options.map(([value, text]) => element("option", { value, textContent: text })),
    );
    select.dataset.options = now;
  }
  select.value = chosen ?? "";
}

/** A number as people read it: at most so many digits that count. */
export function shown(value, digits = 6) {
  if (typeof value === "number") return String(Number(value.toPrecision(digits)));
  if (typeof value === "string") return value;
  return JSON.stringify(value);
}

/** A number with as many places as a step has, as a program takes it. */
export function written(value, step, atLeast = 0) {
  const places = Math.max(placesOf(step), atLeast);
  return places > 12 ? String(value) : value.toFixed(places);
}

/** How many places after the point a number has. */
export function placesOf(value) {
  const [digits, exponent = "0"] = String(value).toLowerCase().split("e");
  return Math.max(0, (digits.split(".")[1] ?? "").length - Number(exponent));
}
