"use strict";
// Three planes of a 3-D grid, or the one of a 2-D grid, that show the same voxel: a scan, regions over
// it, marks; a legend. The interface is Viewer; what it draws with is in slices.js, drawing.js and
// plane.js, which stand before this file.

// Pixels of the page: between planes; of what is below a picture; where planes are stacked; that
// there have to be below a plane for the legend.
const GAP = 10,
  CAPTION = 58,
  NARROWEST_ROW = 560,
  LEAST_BELOW = 110;

class Viewer {
  /**
   * `grid` is {size, spacing, unit, planes} with x first; of `options`, `onmove(voxel)` is told that
   * the crosshair is elsewhere, `onpick(voxel)` of a click, `onlegend(name, layer)` of a switch, and
   * `height()` gives how many pixels there are for the planes, by default four fifths of the window.
   */
  constructor(container, { grid, onmove, onpick, onlegend, height }) {
    Object.assign(this, { container, grid, onmove, onpick, onlegend });
    this.height = height ?? (() => window.innerHeight * 0.8);
    this.voxel = grid.size.map((length) => Math.floor(length / 2));
    this.layers = new Map();
    this.marks = [];
    this.shown = null;
    this.greys = null;
    this.large = null;
    this.views = grid.planes.map((plane) => new PlaneView(this, plane));
    this.attended = this.views[0];
    this.build();
    this.sizes = new ResizeObserver(() => this.layout());
    this.sizes.observe(this.planes);
    this.keys = (event) => this.key(event);
    document.addEventListener("keydown", this.keys);
    Viewer.all.add(this);
    Viewer.current ??= this;
    this.layout();
  }

  build() {
    this.planes = element(
      "div",
      { className: "viewer-planes" },
      ...this.views.map((view) => view.element),
    );
    this.place = element("output", { className: "viewer-place" });
    this.ends = ["from", "to"].map((end) => {
      const field = element("input", {
        type: "number",
        step: "any",
        "aria-label": `window ${end}`,
      });
      field.addEventListener("change", () =>
        this.window(...this.ends.map((other) => Number(other.value))),
      );
      return field;
    });
    const reset = element("button", {
      type: "button",
      textContent: "reset",
      "aria-label": "reset the window",
    });
    reset.addEventListener("click", () => this.window(this.shown.first, this.shown.last));
    this.range = element(
      "span",
      { className: "viewer-window", hidden: true },
      "window ",
      this.ends[0],
      " to ",
      this.ends[1],
      " ",
      reset,
    );
    this.legend = element("ul", { className: "viewer-legend" });
    this.below = element(
      "div",
      { className: "viewer-below" },
      element("div", { className: "viewer-line" }, this.place, this.range),
      this.legend,
    );
    this.body = element("div", { className: "viewer" }, this.planes, this.below);
    this.container.append(this.body);
  }

  /**
   * Shows a scan: {name, values, low, high, first, last, components, missing, beyond}; null for
   * none. `missing` are packed bits, of what is no number; `beyond` says whether the least and the
   * greatest value stand for all that is further off, too.
   */
  scan(scan) {
    const same = this.shown && scan && this.shown.name === scan.name;
    const kept = same && this.shown.first === scan.first && this.shown.last === scan.last;
    this.shown = scan;
    if (!kept) this.limits = scan && [scan.first, scan.last];
    this.range.hidden = !scan || scan.components > 1;
    this.regrey();
  }

  /** The greys' ends, in the scan's units; sets them if they are given. */
  window(first, last) {
    if (first !== undefined && Number.isFinite(first) && Number.isFinite(last)) {
      this.limits = [Math.min(first, last), Math.max(first, last)];
      this.regrey();
    }
    return this.limits;
  }

  regrey() {
    this.greys =
      this.shown && !(this.shown.components > 1) ? greysOf(this.shown, ...this.limits) : null;
    this.limits?.forEach((end, k) => {
      this.ends[k].value = Number(end.toPrecision(4));
    });
    this.renew();
  }

  /** Right-drag from a window: to the side its width, down what is in its middle, of a sixth each. */
  dragWindow([first, last], dx, dy) {
    const width = (last - first) * Math.exp(dx / 200);
    const middle = (first + last) / 2 + ((last - first) * dy) / 300;
    this.window(middle - width / 2, middle + width / 2);
  }

  /** Adds or changes a layer: what of {bits, colour, dashed, drawn, opacity, note} is given. */
  layer(name, changes) {
    const had = this.layers.get(name);
    const layer = {
      bits: null,
      colour: [230, 159, 0],
      dashed: false,
      drawn: "outline",
      opacity: 1,
      note: "",
      ...had,
      ...changes,
    };
    if (layer.drawn !== "off") layer.whenOn = layer.drawn;
    this.layers.set(name, layer);
    if (had) this.tellLegend(name, layer);
    else this.legend.append(this.legendOf(name, layer));
    this.renew();
  }

  /** Removes a layer. */
  drop(name) {
    this.layers.get(name)?.parts.row.remove();
    this.layers.delete(name);
    for (const view of this.views) view.paths.delete(name);
    this.renew();
  }

  /** All layers off, or as they were. */
  toggleAll() {
    const all = [...this.layers],
      on = all.some(([, layer]) => layer.drawn !== "off");
    if (on) this.hidden = all.filter(([, layer]) => layer.drawn !== "off").map(([name]) => name);
    const names = new Set(this.hidden ?? all.map(([name]) => name));
    for (const [name, layer] of all) {
      if (names.has(name)) this.change(name, { drawn: on ? "off" : (layer.whenOn ?? "outline") });
    }
  }

  change(name, changes) {
    this.layer(name, changes);
    this.onlegend?.(name, this.layers.get(name));
  }

  legendOf(name, layer) {
    const swatch = element("span", { className: "viewer-swatch" });
    const on = element("input", { type: "checkbox", "aria-label": `${name}: shown` });
    on.addEventListener("change", () => {
      this.change(name, {
        drawn: on.checked ? (this.layers.get(name).whenOn ?? "outline") : "off",
      });
    });
    const note = element("span", { className: "viewer-note" });
    const fill = element("button", {
      type: "button",
      textContent: "fill",
      "aria-label": `${name}: fill`,
    });
    fill.addEventListener("click", () => {
      this.change(name, { drawn: this.layers.get(name).drawn === "fill" ? "outline" : "fill" });
    });
    const opacity = element("input", {
      type: "range",
      min: 0,
      max: 1,
      step: 0.05,
      "aria-label": `${name}: opacity`,
      title: "opacity",
    });
    opacity.addEventListener("input", () => this.change(name, { opacity: Number(opacity.value) }));
    const words = element("span", { className: "viewer-name", textContent: name, title: name });
    const row = element("li", {}, element("label", {}, on, swatch, words), note, fill, opacity);
    layer.parts = { row, on, swatch, note, fill, opacity };
    this.tellLegend(name, layer);
    return row;
  }

  tellLegend(name, { parts, drawn, colour, dashed, opacity, note }) {
    parts.on.checked = drawn !== "off";
    parts.swatch.style.borderTopColor = `rgb(${colour.join()})`;
    parts.swatch.style.borderTopStyle = dashed ? "dashed" : "solid";
    parts.fill.setAttribute("aria-pressed", String(drawn === "fill"));
    parts.opacity.value = opacity;
    parts.note.textContent = note;
    parts.row.classList.toggle("viewer-off", drawn === "off");
  }

  /** The crosshair to a voxel, the nearest of the grid. */
  move(voxel) {
    const at = this.grid.size.map((length, k) =>
      Math.min(Math.max(Math.round(voxel[k]), 0), length - 1),
    );
    if (at.every((place, k) => place === this.voxel[k])) return;
    const before = this.voxel;
    this.voxel = at;
    for (const view of this.views) {
      view.behind = true;
      const { through } = view.plane;
      if (through !== null && at[through] !== before[through]) view.stale = true;
    }
    this.plan();
    this.onmove?.([...at]);
  }

  /** So many slices of a plane further. */
  turn(view, steps) {
    if (view.plane.through === null) return;
    const voxel = [...this.voxel];
    voxel[view.plane.through] += steps;
    this.move(voxel);
  }

  picked(voxel) {
    this.onpick?.([...voxel]);
  }

  /** Shows marks, and no others: paths, points, balls and lines. */
  mark(marks) {
    this.marks = marks;
    for (const view of this.views) view.behind = true;
    this.plan();
  }

  /** What a user has set: {voxel, window, large, layers: {name: {drawn, opacity}}}. */
  state() {
    const layers = [...this.layers].map(([name, { drawn, opacity }]) => [name, { drawn, opacity }]);
    return {
      voxel: [...this.voxel],
      window: this.limits ?? null,
      layers: Object.fromEntries(layers),
      large: this.large && this.large.plane.name,
    };
  }

  /** Takes everything away that it has put into the page. */
  close() {
    this.sizes.disconnect();
    document.removeEventListener("keydown", this.keys);
    Viewer.all.delete(this);
    if (Viewer.current === this) Viewer.current = [...Viewer.all][0] ?? null;
    this.body.remove();
  }

  /** One plane alone, or again all. */
  alone(view) {
    this.large = this.large === view ? null : view;
    for (const other of this.views) {
      other.element.hidden = Boolean(this.large) && other !== this.large;
      other.enlarge.setAttribute("aria-pressed", String(other === this.large));
    }
    this.layout();
  }

  attend(view) {
    this.attended = view;
    Viewer.current = this;
  }

  /** Keys of the whole page, for the viewer that was last pointed at: A C S, o, arrows. */
  key(event) {
    const { key, target } = event;
    if (Viewer.current !== this || event.defaultPrevented) return;
    if (
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      target.closest("input,textarea,select,[contenteditable]")
    )
      return;
    const which = "acs".indexOf(key.toLowerCase());
    if (key === "o") this.toggleAll();
    else if (key.length === 1 && which >= 0 && this.views.length > which)
      this.alone(this.views[which]);
    else if (key.startsWith("Arrow") && this.planes.matches(":hover")) this.attended.key(event);
    else return;
    event.preventDefault();
  }

  /** Room for the planes: a row, the first beside the others, or stacked; whichever is largest. */
  layout() {
    const wide = this.planes.clientWidth,
      high = Math.max(this.height(), 120);
    if (!wide) return;
    const views = this.views.filter((view) => !view.element.hidden),
      pads = 2 * MARGIN;
    const widths = views.map((view) => view.extent[0]),
      heights = views.map((view) => view.extent[1]);
    const below = views[0].plane.through === null ? 0 : CAPTION;
    const sum = (lengths) => lengths.reduce((a, b) => a + b, 0);
    const scale = (across, frames, down, levels) =>
      Math.min(
        (wide - frames * pads - (frames - 1) * GAP) / across,
        (high - levels * (pads + below) - (levels - 1) * GAP) / down,
      );
    const ways = { row: scale(sum(widths), views.length, Math.max(...heights), 1) };
    if (views.length === 3) {
      const [, second, third] = heights;
      ways.split = Math.min(
        scale(widths[0] + Math.max(widths[1], widths[2]), 2, second + third, 2),
        scale(1e-9, 1, heights[0], 1),
      );
    }
    if (wide < NARROWEST_ROW) ways.stack = scale(Math.max(...widths), 1, Math.max(...heights), 1);
    const best = ways.stack ? "stack" : ways.split > ways.row * 1.15 ? "split" : "row";
    this.planes.className = `viewer-planes viewer-${best}`;
    for (const view of views) view.layout(Math.max(ways[best], 1e-6));
    this.fillUp(best, views);
    this.plan();
  }

  /** Beside the first of three planes are the others; below it, where there is room, all the rest. */
  fillUp(best, views) {
    const [first, second, third] = views.map((view) => view.room[1] + CAPTION);
    const fits = best === "split" && first > second && second + third - first > LEAST_BELOW;
    (fits ? this.planes : this.body).append(this.below);
    this.planes.style.gridTemplateRows = fits
      ? `${second}px ${first - second}px ${second + third - first}px auto`
      : "";
    this.planes.classList.toggle("viewer-filled", fits);
  }

  /** All pictures anew. */
  renew() {
    for (const view of this.views) view.stale = view.behind = true;
    this.plan();
  }

  /** Draws what has changed with the next picture of the screen. */
  plan() {
    this.planned ??= requestAnimationFrame(() => {
      this.planned = null;
      this.draw();
    });
  }

  draw() {
    for (const view of this.views) if (!view.element.hidden && view.room) view.draw();
    this.place.textContent = `voxel ${this.voxel.join(", ")}${this.valueThere()}`;
  }

  /** What the scan is at the crosshair, about: its values are as many as greys. */
  valueThere() {
    const scan = this.shown;
    if (!scan) return "";
    const [x, y, z = 0] = this.voxel,
      [nx, ny] = this.grid.size,
      at = x + nx * (y + ny * z);
    if (scan.components > 1) {
      const colour = scan.values.slice(at * scan.components, at * scan.components + 3);
      return ` · ${scan.name}: ${[...colour].join(", ")}`;
    }
    if (scan.missing && (scan.missing[at >> 3] >> (at & 7)) & 1) return ` · ${scan.name}: nan`;
    const most = scan.values instanceof Uint16Array ? 65535 : 255;
    const value = scan.low + (scan.values[at] / most) * (scan.high - scan.low);
    const ends = scan.beyond ?? [false, false];
    const [below, above] = [scan.values[at] === 0 && ends[0], scan.values[at] === most && ends[1]];
    const sign = below ? "≤" : above ? "≥" : "≈";
    return ` · ${scan.name} ${sign} ${Number(value.toPrecision(3))}`;
  }
}

Viewer.all = new Set();
Viewer.current = null;
