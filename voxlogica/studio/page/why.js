// Why a voxel is in a region, or not: a tree of sentences that follows the program, what decided open
// and the rest folded; what each sentence speaks of is marked in the pictures.

import { button, element, shown } from "./elements.js";

export class Why {
  /** `host` has mark(marks), move(voxel), select(place) and closed(). */
  constructor(root, host) {
    Object.assign(this, { root, host, asked: null });
  }

  /** A question is under way. */
  ask(name, voxel) {
    this.asked = { name, voxel };
    this.root.hidden = false;
    this.root.setAttribute("aria-busy", "true");
    if (!this.root.childElementCount) this.head(`voxel ${voxel.join(", ")} of ${name}`);
  }

  head(title) {
    const close = button("close", () => this.close(), { "aria-label": "close the explanation" });
    this.root.replaceChildren(element("div", { className: "why-head" }, element("h2", { textContent: title }), close));
  }

  show(explanation) {
    const { voxel, name } = explanation;
    this.head(`Why: voxel ${voxel.join(", ")} of ${name ?? this.asked?.name ?? "the expression"}`);
    this.root.removeAttribute("aria-busy");
    this.marks = marksOf(explanation);
    this.root.append(element("ul", { className: "tree" }, this.nodeOf(explanation, true)));
    this.root.scrollTop = 0;
    this.host.mark(this.marks);
  }

  failed(message) {
    if (!this.asked) return;
    this.head("Why");
    this.root.removeAttribute("aria-busy");
    this.root.append(element("p", { className: "error", textContent: message }));
    this.host.mark([]);
  }

  close() {
    this.asked = null;
    this.root.hidden = true;
    this.root.replaceChildren();
    this.host.mark([]);
    this.host.closed();
  }

  nodeOf(node, open) {
    const { says, because = [], folded = [], marks = [] } = node;
    const below = [];
    if (because.length) below.push(element("ul", {}, ...because.map((one) => this.nodeOf(one, open))));
    if (folded.length) {
      const many = `${folded.length} other${folded.length > 1 ? "s" : ""} did not decide`;
      below.push(element("details", { className: "others" }, element("summary", { textContent: many }),
        element("ul", {}, ...folded.map((one) => this.nodeOf(one, false)))));
    }
    const sentence = element("span", { className: "says", textContent: says });
    const about = this.aboutOf(node);
    const item = below.length
      ? element("li", {}, element("details", { open }, element("summary", {}, sentence), about, ...below))
      : element("li", {}, element("div", { className: "leaf" }, sentence, about));
    if (marks.length) {
      const head = item.querySelector("summary, .leaf");
      head.classList.add("marked");
      head.addEventListener("pointerenter", () => this.host.mark(marks));
      head.addEventListener("pointerleave", () => this.host.mark(this.marks));
    }
    return item;
  }

  /** The expression, where it stands, what is to be seen of it, histograms. */
  aboutOf({ text, place, marks = [], claim }) {
    const parts = [];
    if (text) parts.push(element("code", { textContent: text.length > 160 ? `${text.slice(0, 159)}…` : text, title: text }));
    if (place) parts.push(button(place, () => this.host.select(place), { className: "place" }));
    for (const [words, voxel, mark] of marks.map(targetOf)) {
      parts.push(button(words, () => {
        this.host.mark([mark]);
        this.host.move(voxel);
      }, { className: "place" }));
    }
    const drawn = histogramsOf(claim);
    return element("div", { className: "about" }, ...parts, drawn);
  }
}

/** All marks of what decided. */
function marksOf({ marks = [], because = [] }) {
  return [...marks, ...because.flatMap(marksOf)];
}

/** What a mark is called, and the voxel to look at. */
function targetOf(mark) {
  if (mark.kind === "path") {
    const has = mark.narrowest !== null && mark.narrowest !== undefined;
    return [has ? "to the narrowest place" : "along the path", mark.points[has ? mark.narrowest : 0], mark];
  }
  if (mark.kind === "ball") return [`to the ball at ${mark.at.join(", ")}`, mark.at, mark];
  if (mark.kind === "line") return [`to ${mark.to.join(", ")}`, mark.to, mark];
  return [`to ${mark.at.join(", ")}`, mark.at, mark];
}

/** Two histograms as steps in one picture, if a claim has them. */
function histogramsOf(claim) {
  const pair = claim?.histograms;
  if (!Array.isArray(pair) || !pair.every(Array.isArray)) return null;
  const wide = 240, high = 60, space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  picture.setAttribute("viewBox", `0 0 ${wide} ${high}`);
  picture.setAttribute("class", "histograms");
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", `histograms: ${pair.map((bars) => bars.map((bar) => shown(bar, 3)).join(" ")).join("; ")}`);
  pair.forEach((bars, k) => {
    const most = Math.max(...bars) || 1, step = wide / bars.length;
    const path = document.createElementNS(space, "path");
    const steps = bars.map((bar) => `V${(high - (bar / most) * (high - 4)).toFixed(1)}h${step.toFixed(2)}`);
    path.setAttribute("d", `M0 ${high}${steps.join("")}V${high}`);
    path.setAttribute("class", `histogram-${k}`);
    picture.append(path);
  });
  return picture;
}
