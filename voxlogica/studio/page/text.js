// The program's text: edited in a field that lies over a coloured copy of it, in which numbers can be
// dragged and errors are underlined; the messages of `check` below.

import { button, element, placesOf, written } from "./elements.js";

const TOKENS =
  /(?<comment>\/\/[^\n]*)|(?<string>"[^"\n]*"?)|(?<keyword>\b(?:let|load|import|save|print|assert|param|from|to|for|in|filter|fold)\b)/g;
// Pixels that a hand moves before it drags; for a whole range; at most, for a step.
const STILL = 3,
  WHOLE = 240,
  STEP = 8;

export class Text {
  /** `change(text, moving)` is told what a hand does, `save()` that it is to be saved. */
  constructor(root, change, save) {
    Object.assign(this, { change, numbers: [], problems: [], dragged: null });
    this.code = element("pre", { className: "code", "aria-hidden": "true" });
    this.field = element("textarea", {
      className: "field",
      spellcheck: false,
      "aria-label": "the program's text",
      autocapitalize: "off",
      autocomplete: "off",
    });
    this.below = element("ul", { className: "problems", "aria-live": "polite" });
    this.saving = button("save", save, { title: "Ctrl S" });
    this.state = element("span", { className: "faint" });
    this.editor = element(
      "div",
      { className: "editor" },
      element("div", { className: "stack" }, this.code, this.field),
    );
    root.append(
      this.editor,
      this.below,
      element("p", { className: "text-line" }, this.saving, this.state),
    );
    this.listen();
  }

  get text() {
    return this.field.value;
  }

  /** Another text, as the server has it. */
  set(text) {
    if (this.field.value === text) return;
    const { selectionStart, selectionEnd } = this.field;
    this.field.value = text;
    this.field.setSelectionRange(selectionStart, selectionEnd);
    this.numbers = this.problems = [];
    this.told = null;
    this.paint();
  }

  /** What an outcome says of this very text: numbers that may be dragged, and what is wrong. */
  tell(numbers, diagnostics) {
    // While a slider moves, all this stays: to paint it anew took as long as to draw the planes.
    const now = this.dragged ? null : JSON.stringify([this.text, numbers, diagnostics]);
    if (now !== null && now === this.told) return;
    this.told = now;
    const place = unitsOf(this.text);
    if (!this.dragged)
      this.numbers = numbers.map((one) => ({
        ...one,
        start: place(one.start),
        end: place(one.end),
      }));
    this.problems = diagnostics.map((one) => ({
      ...one,
      start: place(one.start),
      end: place(one.end),
    }));
    this.paint();
    this.begin();
    this.below.replaceChildren(...this.problems.map((one) => this.problemOf(one)));
  }

  /** The messages of what is wrong come into sight, wherever they are. */
  showProblems() {
    this.below.closest("details").open = true;
    this.below.scrollIntoView({ block: "nearest" });
  }

  saved(isSaved, writable) {
    this.saving.disabled = isSaved || !writable;
    this.state.textContent = writable
      ? isSaved
        ? "as in the file"
        : "not saved"
      : "the file cannot be written";
  }

  /** Selects a part of the text, and shows it. */
  select(start, end) {
    this.field.focus();
    this.field.setSelectionRange(start, end);
    this.code.querySelector(`[data-start="${start}"]`)?.scrollIntoView({ block: "nearest" });
  }

  /** Where a line and column, from 1, are in the text. */
  offsetOf(line, column) {
    const lines = this.text.split("\n");
    return lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
  }

  /** Once, to where there is something to change: before it are comments, often. */
  begin() {
    const number = this.code.querySelector(".number");
    if (this.begun || !number) return;
    this.begun = true;
    this.editor.scrollTop = number.offsetTop - this.code.offsetTop - 60;
  }

  paint() {
    const { text } = this,
      marks = [];
    for (const match of text.matchAll(TOKENS)) {
      const kind = Object.keys(match.groups).find((name) => match.groups[name] !== undefined);
      marks.push([match.index, match.index + match[0].length, kind]);
    }
    for (const { start, end } of this.numbers) marks.push([start, end, "number"]);
    for (const { start, end, severity } of this.problems) {
      if (start !== null)
        marks.push([start, Math.max(end, start + 1), severity === "error" ? "wrong" : "doubtful"]);
    }
    const cuts = [
      ...new Set([0, text.length, ...marks.flatMap(([start, end]) => [start, end])]),
    ].sort((a, b) => a - b);
    const classes = new Map(cuts.map((cut) => [cut, []]));
    for (const [start, end, kind] of marks) {
      for (let k = cuts.indexOf(start); cuts[k] < end; k++) classes.get(cuts[k])?.push(kind);
    }
    const parts = cuts.slice(0, -1).map((cut, k) => {
      const kinds = classes.get(cut),
        piece = text.slice(cut, cuts[k + 1]);
      if (!kinds.length) return piece;
      const made = element("span", { className: kinds.join(" "), textContent: piece });
      made.dataset.start = cut;
      return made;
    });
    this.code.replaceChildren(...parts, "\n ");
  }

  problemOf({ severity, message, label, hint, notes, place, start, end, line, column }) {
    const where = line
      ? button(`${line}:${column}`, () => this.select(start, end), { className: "place" })
      : null;
    const frame = line
      ? this.frameOf(line, start, end, label)
      : place
        ? element("div", { className: "faint", textContent: place })
        : null;
    return element(
      "li",
      { className: severity },
      element("div", {}, element("b", { textContent: `${severity}: ` }), message, " ", where),
      frame,
      ...(notes ?? []).map((note) => element("div", { textContent: note })),
      hint ? element("div", { className: "hint", textContent: hint }) : null,
    );
  }

  frameOf(line, start, end, label) {
    const from = this.offsetOf(line, 1),
      row = this.text.split("\n")[line - 1] ?? "";
    const wide = Math.max(1, Math.min(end, from + row.length) - start);
    const gap = row.slice(0, start - from).replace(/[^\t]/g, " ");
    return element("pre", {
      className: "frame",
      textContent: `${row}\n${gap}${"^".repeat(wide)}${label ? ` ${label}` : ""}`,
    });
  }

  listen() {
    const { field } = this;
    field.addEventListener("input", () => {
      this.numbers = [];
      this.paint();
      this.change(field.value, false);
    });
    field.addEventListener("keydown", (event) => {
      const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      const at = this.numbers.find(
        ({ start, end }) => start <= field.selectionStart && field.selectionStart <= end,
      );
      if (!event.altKey || !step || !at) return;
      event.preventDefault();
      this.replace(at, at.value + step * at.step);
      field.setSelectionRange(at.start, at.start);
      this.change(field.value, false);
    });
    field.addEventListener("pointermove", (event) =>
      this.dragged ? this.drag(event) : this.hover(event),
    );
    field.addEventListener("pointerdown", (event) => this.press(event));
    field.addEventListener("pointerup", (event) => this.release(event));
    field.addEventListener("pointercancel", (event) => this.release(event));
  }

  /** The number under a place of the page. */
  numberAt({ clientX, clientY }) {
    const under = document.elementsFromPoint(clientX, clientY);
    const found = under.find((one) => one.classList.contains("number") && this.code.contains(one));
    return found && this.numbers.find(({ start }) => start === Number(found.dataset.start));
  }

  hover(event) {
    const number = this.numberAt(event);
    this.field.classList.toggle("over-number", Boolean(number));
    this.field.title = number ? `drag to change${number.name ? ` ${number.name}` : ""}` : "";
  }

  press(event) {
    const number = event.button === 0 ? this.numberAt(event) : undefined;
    if (!number) return;
    event.preventDefault();
    this.field.setPointerCapture(event.pointerId);
    const places = placesOf(this.text.slice(number.start, number.end));
    this.dragged = { number, from: number.value, x: event.clientX, moved: false, places };
  }

  drag({ clientX }) {
    const { number, from, x, places } = this.dragged,
      { low, high, step } = number;
    const pixels = Math.min(STEP, (WHOLE * step) / (high - low || 1));
    if (!this.dragged.moved && Math.abs(clientX - x) < STILL) return;
    this.dragged.moved = true;
    const value = Math.min(high, Math.max(low, from + Math.round((clientX - x) / pixels) * step));
    if (value === number.value) return;
    this.replace(number, value, places);
    this.change(this.field.value, true);
  }

  release() {
    const { dragged } = this;
    this.dragged = null;
    if (!dragged) return;
    if (dragged.moved) return this.change(this.field.value, false);
    this.field.focus();
    this.field.setSelectionRange(dragged.number.end, dragged.number.end);
  }

  /** Another value for a number of the text. */
  replace(number, value, places = placesOf(this.text.slice(number.start, number.end))) {
    const { field } = this,
      { start, end, step } = number,
      words = written(value, step, places);
    const scroll = [field.selectionStart, field.selectionEnd];
    field.value = field.value.slice(0, start) + words + field.value.slice(end);
    field.setSelectionRange(...scroll);
    const by = words.length - (end - start);
    number.value = Number(words);
    number.end += by;
    for (const one of [...this.numbers, ...this.problems]) {
      if (one !== number && one.start > start) {
        one.start += by;
        one.end += by;
      }
    }
    this.paint();
  }
}

/** From places in characters to places in JavaScript's units, two for what is beyond the first plane. */
function unitsOf(text) {
  if (!/[\ud800-\udbff]/.test(text)) return (place) => place;
  const starts = [];
  let at = 0;
  for (const letter of text) {
    starts.push(at);
    at += letter.length;
  }
  return (place) => (place === null ? null : (starts[place] ?? at));
}
