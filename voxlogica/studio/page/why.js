// Why a voxel is in a region, or not: a tree of sentences that follows the program, what decided open
// and the rest folded; what each sentence speaks of is marked in the pictures.

import { button, element, shown } from "./elements.js";

export class Why {
  /** `host` has mark(marks), move(voxel), select(place) and closed(). */
  constructor(root, host) {
    Object.assign(this, { root, host, asked: null, serial: null });
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
    this.root.replaceChildren(
      element("div", { className: "why-head" }, element("h2", { textContent: title }), close),
    );
  }

  show(explanation) {
    const { voxel, name } = explanation;
    this.head(`Why: voxel ${voxel.join(", ")} of ${name ?? this.asked?.name ?? "the expression"}`);
    this.root.removeAttribute("aria-busy");
    this.marks = marksOf(explanation);
    this.root.append(element("ul", { className: "tree" }, this.nodeOf(explanation, true, voxel)));
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
    this.asked = this.serial = null; // an answer that is still to come is not shown
    this.root.hidden = true;
    this.root.replaceChildren();
    this.host.mark([]);
    this.host.closed();
  }

  /** A sentence, which tells its voxel where that is not the one of the sentence around. */
  nodeOf(node, open, around) {
    const { because = [], folded = [], marks = [], voxel } = node;
    const term = termOf(node, String(voxel) === String(around) ? "" : ` at ${voxel.join(", ")}`);
    const below = [...this.aboutOf(node)];
    if (because.length)
      below.push(element("ul", {}, ...because.map((one) => this.nodeOf(one, open, voxel))));
    if (folded.length) {
      const many = `${folded.length} other${folded.length > 1 ? "s" : ""} did not decide`;
      below.push(
        element(
          "details",
          { className: "others" },
          element("summary", { textContent: many }),
          element("ul", {}, ...folded.map((one) => this.nodeOf(one, false, voxel))),
        ),
      );
    }
    const item = below.length
      ? element(
          "li",
          {},
          element("details", { open }, element("summary", {}, ...term), ...below),
        )
      : element("li", { className: "leaf" }, ...term);
    if (marks.length) {
      item.addEventListener("pointerover", (event) => {
        event.stopPropagation();
        this.host.mark(marks);
      });
      item.addEventListener("pointerleave", () => this.host.mark(this.marks));
    }
    return item;
  }

  /** What is said, where the expression stands, what is to be seen of it. */
  aboutOf({ says, place, marks = [], claim }) {
    const parts = [],
      histograms = histogramsOf(claim),
      sentence = histograms ? says.split("\n")[0] : says;
    const where = place
      ? button(lineOf(place), () => this.host.select(place), { className: "place", title: place })
      : null;
    if (sentence) parts.push(element("p", { className: "says" }, `${sentence} `, where));
    if (histograms) parts.push(...histograms);
    const targets = new Map(
      marks
        .map(targetOf)
        .map(([words, voxel]) => [String(voxel), [words, voxel]])
        .reverse(),
    );
    const links = [...targets.values()].reverse().map(([words, voxel]) =>
      button(
        words,
        () => {
          this.host.mark(marks);
          this.host.move(voxel);
        },
        { className: "place" },
      ),
    );
    return links.length ? [...parts, element("p", { className: "about" }, ...links)] : parts;
  }
}

/** The expression, with the name that stands for it, and its value. */
function termOf({ name, text, value }, at) {
  const term = name && name !== text && !text.startsWith("load ") ? `${name} = ${text}` : text;
  const state = value === true ? "in" : value === false ? "out" : shown(value, 5);
  return [
    element("code", {
      textContent: term.length > 120 ? `${term.slice(0, 119)}…` : term,
      title: term,
    }),
    `${at} `,
    element("b", {
      className: `state ${value === true ? "is-in" : value === false ? "is-out" : ""}`,
      textContent: state,
    }),
  ];
}

/** "line 53" of "glioma.imgql:53:17". */
function lineOf(place) {
  const line = place.match(/:(\d+):\d+$/);
  return line ? `line ${line[1]}` : place;
}

/** The marks of the first that has some, of what decided. */
function marksOf({ marks = [], because = [] }) {
  return marks.length ? marks : (because.map(marksOf).find((found) => found.length) ?? []);
}

/** What a mark is called, and the voxel to look at. */
function targetOf(mark) {
  if (mark.kind === "path") {
    const has = mark.narrowest !== null && mark.narrowest !== undefined;
    return [
      has ? "to the narrowest place" : "along the path",
      mark.points[has ? mark.narrowest : 0],
      mark,
    ];
  }
  if (mark.kind === "ball") return [`to the ball at ${mark.at.join(", ")}`, mark.at, mark];
  if (mark.kind === "line") return [`to ${mark.to.join(", ")}`, mark.to, mark];
  return [`to ${mark.at.join(", ")}`, mark.at, mark];
}

/** Two histograms as steps in one picture, each as high as the other, with a key; null without. */
function histogramsOf(claim) {
  if (!claim || !Array.isArray(claim.around) || !Array.isArray(claim.target)) return null;
  const wide = 300,
    high = 70,
    space = "http://www.w3.org/2000/svg",
    pair = [claim.around, claim.target];
  const picture = document.createElementNS(space, "svg");
  picture.setAttribute("viewBox", `0 0 ${wide} ${high}`);
  picture.setAttribute("class", "histograms");
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", `two histograms, their correlation ${shown(claim.value, 3)}`);
  pair.forEach((bars, k) => {
    const most = Math.max(...bars) || 1,
      step = wide / bars.length;
    const path = document.createElementNS(space, "path");
    const steps = bars.map(
      (bar) => `V${(high - (bar / most) * (high - 4)).toFixed(1)}h${step.toFixed(2)}`,
    );
    path.setAttribute("d", `M0 ${high}${steps.join("")}V${high}`);
    path.setAttribute("class", `histogram-${k}`);
    picture.append(path);
  });
  const over = claim.over ? ` over ${claim.over}` : "";
  return [
    picture,
    element(
      "p",
      { className: "key" },
      element("span", { className: "ends", textContent: shown(claim.low, 4) }),
      element("span", { className: "key-0", textContent: `${claim.image} around here` }),
      element("span", { className: "key-1", textContent: `${claim.other}${over}` }),
      element("span", { className: "ends", textContent: shown(claim.high, 4) }),
    ),
  ];
}
