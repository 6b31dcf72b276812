"use strict";
// One plane of a grid: a frame with two canvases, the picture (scan, regions) and what lies in front
// (crosshair, marks, scale), drawn anew each for its own reasons; a slider for its slices.

// Pixels of the page: around the picture, where letters and scale are; that a click may move.
const MARGIN = 20,
  STILL = 4;
const HALO = "rgba(0,0,0,.75)",
  FRONT = "#fff",
  NARROW = "#f0e442";
const FONT = "600 12px system-ui,sans-serif";
const UNITS = { mm: "mm", um: "µm", px: "px" };

/** An element with properties, classes and children. */
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role") made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children);
  return made;
}

class PlaneView {
  /** `viewer` has the grid, the scan, the layers, the marks, and the voxel that all planes show. */
  constructor(viewer, plane) {
    const { size, spacing } = viewer.grid;
    Object.assign(this, {
      viewer,
      plane,
      zoom: 1,
      pan: [0, 0],
      scale: 1,
      stale: true,
      behind: true,
    });
    this.size = [size[plane.across], size[plane.down]];
    this.spacing = [spacing[plane.across], spacing[plane.down]];
    this.extent = [this.size[0] * this.spacing[0], this.size[1] * this.spacing[1]];
    this.paths = new Map(); // of layers: {bits, index, path}
    this.source = element("canvas", { width: this.size[0], height: this.size[1] });
    this.pixels = new ImageData(this.size[0], this.size[1]);
    this.pointers = new Map();
    this.turned = 0;
    this.build();
    this.listen();
  }

  build() {
    const { plane } = this,
      sides = plane.sides ?? {},
      named = plane.name || "picture";
    this.picture = element("canvas", { className: "viewer-picture" });
    this.front = element("canvas", { className: "viewer-front" });
    this.frame = element(
      "div",
      { className: "viewer-frame", tabIndex: 0, role: "group", "aria-roledescription": "plane" },
      this.picture,
      this.front,
      ...Object.entries(sides).map(([side, letter]) =>
        element("span", { className: `viewer-side viewer-${side}`, textContent: letter }),
      ),
    );
    this.title = element("span", { className: "viewer-title" });
    this.slider = element("input", {
      type: "range",
      min: 0,
      step: 1,
      "aria-label": `${named}: slice`,
    });
    this.enlarge = element("button", {
      type: "button",
      className: "viewer-enlarge",
      textContent: "⤢",
      title: `${named} alone, or all planes`,
      "aria-label": `${named} alone`,
      "aria-pressed": "false",
    });
    const parts = plane.through === null ? [] : [this.title, this.enlarge, this.slider];
    if (plane.through !== null) this.slider.max = this.viewer.grid.size[plane.through] - 1;
    this.element = element(
      "figure",
      { className: "viewer-plane" },
      this.frame,
      ...(parts.length ? [element("figcaption", {}, ...parts)] : []),
    );
  }

  /** Which slice is shown. */
  get index() {
    return this.plane.through === null ? 0 : this.viewer.voxel[this.plane.through];
  }

  /** "axial, z = 77". */
  get text() {
    const { name, through } = this.plane;
    return through === null ? name : `${name ? `${name}, ` : ""}${"xyz"[through]} = ${this.index}`;
  }

  /** Takes its room: `scale` is pixels of the page a unit of the grid. */
  layout(scale) {
    this.scale = scale;
    const [width, height] = this.extent.map((extent) => Math.floor(extent * scale) + 2 * MARGIN);
    const ratio = window.devicePixelRatio || 1;
    this.frame.style.width = `${width}px`;
    this.frame.style.height = `${height}px`;
    this.element.style.width = `${width}px`;
    for (const canvas of [this.picture, this.front]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    this.room = [width, height];
    this.ratio = ratio;
    this.stale = this.behind = true;
  }

  /** Pixels of the page a voxel, and where the slice's first voxel begins, zoomed and moved. */
  get view() {
    const scales = this.spacing.map((spacing) => spacing * this.scale * this.zoom);
    const middle = this.room.map((room) => room / 2);
    return {
      scales,
      from: [0, 1].map((k) => middle[k] + this.pan[k] - (this.size[k] * scales[k]) / 2),
    };
  }

  /** Where, in pixels of the page, a voxel's middle is. */
  seen(voxel) {
    const { plane, size } = this,
      { scales, from } = this.view;
    return [plane.across, plane.down].map((axis, k) => {
      const at = plane.backwards[k] ? size[k] - 1 - voxel[axis] : voxel[axis];
      return from[k] + (at + 0.5) * scales[k];
    });
  }

  /** The voxel of the slice at a place in pixels of the page, the nearest one. */
  voxelAt(x, y) {
    const { plane, size } = this,
      { scales, from } = this.view,
      voxel = [...this.viewer.voxel];
    [x, y].forEach((place, k) => {
      const at = Math.floor((place - from[k]) / scales[k]);
      const within = Math.min(Math.max(at, 0), size[k] - 1);
      voxel[[plane.across, plane.down][k]] = plane.backwards[k] ? size[k] - 1 - within : within;
    });
    return voxel;
  }

  draw() {
    if (this.stale) this.drawPicture();
    if (this.behind) drawFront(this);
    if (this.stale || this.behind) this.tell();
    this.stale = this.behind = false;
  }

  tell() {
    this.title.textContent = this.text;
    this.slider.value = this.index;
    this.slider.setAttribute("aria-valuetext", this.text);
    this.frame.setAttribute("aria-label", this.text || "picture");
    this.frame.classList.toggle("viewer-zoomed", this.zoom > 1);
  }

  drawPicture() {
    const { viewer, plane, index, picture, ratio } = this;
    const slice = sliceOf(viewer.grid, plane, index),
      context = picture.getContext("2d", { alpha: false });
    const { scales, from } = this.view;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, picture.width, picture.height);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (viewer.shown) {
      this.paint(slice);
      context.imageSmoothingEnabled = Math.min(...scales) < 12; // larger voxels are seen as such
      context.drawImage(this.source, ...from, this.size[0] * scales[0], this.size[1] * scales[1]);
    }
    const placed = new DOMMatrix([scales[0], 0, 0, scales[1], ...from]),
      outlines = [];
    for (const [name, layer] of viewer.layers) {
      const path =
        layer.drawn === "off" || !layer.bits ? null : this.pathOf(name, layer, slice, index);
      if (!path) continue;
      const here = new Path2D();
      here.addPath(path, placed);
      outlines.push([layer, here]);
    }
    drawLayers(context, outlines);
  }

  /** The scan's slice into the source, unless it is there. */
  paint(slice) {
    const { viewer, index } = this,
      scan = viewer.shown;
    if (
      this.painted?.greys === viewer.greys &&
      this.painted.scan === scan &&
      this.painted.index === index
    )
      return;
    const pixels = new Uint32Array(this.pixels.data.buffer);
    if (scan.components > 1) paintColours(scan.values, scan.components, slice, pixels);
    else paintSlice(scan.values, viewer.greys, slice, pixels);
    if (scan.missing) paintMissing(scan.missing, slice, pixels);
    this.source.getContext("2d").putImageData(this.pixels, 0, 0);
    this.painted = { greys: viewer.greys, scan, index };
  }

  pathOf(name, layer, slice, index) {
    const had = this.paths.get(name);
    if (had?.bits === layer.bits && had.index === index) return had.path;
    const path = outlinePath(layer.bits, slice);
    this.paths.set(name, { bits: layer.bits, index, path });
    return path;
  }

  listen() {
    const { front, frame, viewer, slider } = this;
    slider.addEventListener("input", () => viewer.turn(this, Number(slider.value) - this.index));
    this.enlarge.addEventListener("click", () => viewer.alone(this));
    frame.addEventListener("keydown", (event) => this.key(event));
    for (const name of ["pointerenter", "focusin"]) {
      this.element.addEventListener(name, () => viewer.attend(this));
    }
    front.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    front.addEventListener("contextmenu", (event) => event.preventDefault());
    front.addEventListener("dblclick", () => this.zoomTo(1, [0, 0]));
    front.addEventListener("pointerdown", (event) => this.press(event));
    front.addEventListener("pointermove", (event) => this.drag(event));
    front.addEventListener("pointerup", (event) => this.release(event));
    front.addEventListener("pointercancel", (event) => this.pointers.delete(event.pointerId));
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const last = this.plane.through === null ? 0 : this.viewer.grid.size[this.plane.through] - 1;
    const steps = {
      ArrowUp: 1,
      ArrowRight: 1,
      ArrowDown: -1,
      ArrowLeft: -1,
      PageUp: 10,
      PageDown: -10,
      Home: -this.index,
      End: last - this.index,
    };
    if (event.key in steps) this.viewer.turn(this, steps[event.key]);
    else if (event.key === "Enter") this.viewer.picked(this.viewer.voxel);
    else if (event.key === "+")
      this.zoomTo(
        this.zoom * 1.25,
        this.pan.map((pan) => pan * 1.25),
      );
    else if (event.key === "-")
      this.zoomTo(
        this.zoom / 1.25,
        this.pan.map((pan) => pan / 1.25),
      );
    else return;
    event.preventDefault();
  }

  wheel(event) {
    event.preventDefault();
    const delta = event.deltaY * (event.deltaMode === 0 ? 1 : 50);
    if (event.ctrlKey) return this.zoomAbout(event.offsetX, event.offsetY, Math.exp(-delta / 300));
    this.turned -= Math.abs(delta) >= 40 ? Math.sign(delta) : delta / 40;
    const steps = Math.trunc(this.turned);
    this.turned -= steps;
    if (steps) this.viewer.turn(this, steps);
  }

  /** Zooms by a factor so that what is at a place of the frame stays there. */
  zoomAbout(x, y, factor) {
    const zoom = Math.min(Math.max(this.zoom * factor, 1), 16),
      by = zoom / this.zoom;
    const from = [x, y].map((place, k) => place - this.room[k] / 2);
    this.zoomTo(
      zoom,
      this.pan.map((pan, k) => from[k] + (pan - from[k]) * by),
    );
  }

  zoomTo(zoom, pan) {
    this.zoom = Math.min(Math.max(zoom, 1), 16);
    this.pan = pan.map((moved, k) => {
      const most = (this.extent[k] * this.scale * (this.zoom - 1)) / 2;
      return Math.min(Math.max(moved, -most), most);
    });
    this.refresh();
  }

  refresh() {
    this.stale = this.behind = true;
    this.viewer.plan();
  }

  press(event) {
    const { offsetX: x, offsetY: y, pointerType, button, shiftKey } = event;
    const touch = pointerType === "touch";
    let what = touch
      ? this.zoom > 1
        ? "pan"
        : "slices"
      : shiftKey || button === 1
        ? "pan"
        : "move";
    if (button === 2) what = "window";
    this.frame.focus({ preventScroll: true });
    event.preventDefault();
    this.front.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, {
      x,
      y,
      fromX: x,
      fromY: y,
      what,
      pan: this.pan,
      index: this.index,
      moved: false,
      window: this.viewer.window(),
    });
    if (what === "move") this.viewer.move(this.voxelAt(x, y));
  }

  drag(event) {
    const pointer = this.pointers.get(event.pointerId);
    if (!pointer) return;
    const before = [...this.pointers.values()].map(({ x, y }) => [x, y]);
    [pointer.x, pointer.y] = [event.offsetX, event.offsetY];
    const dx = pointer.x - pointer.fromX,
      dy = pointer.y - pointer.fromY;
    pointer.moved ||= Math.hypot(dx, dy) >= STILL;
    if (this.pointers.size === 2) return this.pinch(before);
    if (!pointer.moved) return;
    if (pointer.what === "move") this.viewer.move(this.voxelAt(pointer.x, pointer.y));
    if (pointer.what === "pan") this.zoomTo(this.zoom, [pointer.pan[0] + dx, pointer.pan[1] + dy]);
    if (pointer.what === "window") this.viewer.dragWindow(pointer.window, dx, dy);
    if (pointer.what === "slices") {
      this.viewer.turn(this, pointer.index + Math.round(dx / 6) - this.index);
    }
  }

  pinch(before) {
    const now = [...this.pointers.values()];
    now.forEach((pointer) => {
      pointer.moved = true;
      pointer.what = "pinch";
    });
    const apart = ([[x0, y0], [x1, y1]]) => Math.hypot(x0 - x1, y0 - y1) || 1;
    const places = now.map(({ x, y }) => [x, y]);
    const middle = [0, 1].map((k) => (places[0][k] + places[1][k]) / 2);
    this.zoomAbout(...middle, apart(places) / apart(before));
  }

  release(event) {
    const pointer = this.pointers.get(event.pointerId);
    this.pointers.delete(event.pointerId);
    if (!pointer || pointer.moved || pointer.what === "window" || event.button === 1) return;
    const voxel = this.voxelAt(event.offsetX, event.offsetY);
    this.viewer.move(voxel);
    this.viewer.picked(voxel);
  }
}
