// The regions and images that the program names, in the viewer: which of them are shown, what of
// their voxels is here, the region that is looked at, the truth, and what differs between both.

import { fill, shown } from "./elements.js";
import { compared, fullestOf, positive } from "./bits.js";

// Names that people give to what an expert has drawn.
const TRUTHS = [/^(ground_?)?truth$/i, /truth|reference|expert|manual|gold/i];
const DRAWN = /seg|drawn|label|mask|annot|(^|_)gt($|_)/i; // and to files of labels
// The region that is looked at, the truth, and others: as in pictures, but by what they are here.
const OWN = [230, 159, 0],
  TRUTH = [86, 180, 233];
const OTHERS = [
  [0, 158, 115],
  [204, 121, 167],
  [240, 228, 66],
  [213, 94, 0],
  [0, 114, 178],
];
const MISSED = [0, 114, 178],
  MORE = [213, 94, 0],
  KEPT = [204, 121, 167];
const BETWEEN = { missed: MISSED, "too much": MORE };

const voxelsOf = (count) => `${count} voxel${count === 1 ? "" : "s"}`;

/** A scan as the viewer takes it: numbers of 16 bits, or red, green and blue. */
function scanOf({ type, components = 1, low, high, first, last, beyond, missing }, data) {
  if (type === "u8") return { values: new Uint8Array(data), components, low, high, first, last };
  // Of 17 bits a voxel, 16 are its number, and one says that it is none.
  const count = missing ? Math.floor((data.byteLength * 8) / 17) : data.byteLength / 2;
  const values = new Uint16Array(data, 0, count);
  const none = missing ? new Uint8Array(data, 2 * count) : null;
  return { values, components, low, high, first, last, beyond, missing: none };
}

export class Layers {
  /** `parts` are elements of the page; `host` has ask(what, fields), picked(voxel), changed(). */
  constructor(parts, host) {
    Object.assign(this, {
      parts,
      host,
      layers: new Map(),
      grids: [],
      scans: new Map(),
      bits: new Map(),
      drawn: new Map(),
      viewer: null,
      grid: null,
      comparing: false,
      centred: false,
      chosen: {},
      shownNames: "",
    });
    for (const what of ["scan", "region", "truth"]) {
      parts[what].addEventListener("change", () => this.choose(what, parts[what].value));
    }
    parts.compare.addEventListener("click", () => this.compare());
  }

  choose(what, name) {
    this.chosen[what] = name;
    if (what === "region") this.drawn.set(name, { drawn: "outline", opacity: 1 });
    this.arrange();
    this.host.changed();
  }

  /** Without an image there is nothing to choose. */
  tellNone() {
    this.parts.tools.hidden = !this.layers.size;
    if (this.layers.size) return;
    this.viewer?.close();
    this.viewer = this.grid = null;
    this.parts.compared.textContent = this.isWrong
      ? "There is nothing to show: an error kept it from being computed."
      : "The program names no image that could be shown.";
  }

  get all() {
    return [...this.layers.values()];
  }

  get region() {
    return this.layers.get(this.parts.region.value);
  }

  get regionBits() {
    return this.bits.get(this.region?.id);
  }

  /** Whether the voxels of the region that is looked at are here. */
  get isComplete() {
    return !this.region || Boolean(this.regionBits);
  }

  /** Layers and grids as an outcome tells them. */
  outcome({ layers, grids, diagnostics }) {
    this.isWrong = diagnostics.some(({ severity }) => severity === "error");
    this.layers = new Map(layers.map((layer) => [layer.name, layer]));
    this.grids = grids;
    const ids = new Set(layers.map(({ id }) => id));
    for (const held of [this.scans, this.bits]) {
      for (const id of held.keys()) if (!ids.has(id)) held.delete(id);
    }
    this.arrange();
  }

  /** The region is looked at where most of it is, once it is here: of another case, elsewhere. */
  recentre() {
    this.centred = false;
  }

  /** The image that all else is drawn on, as the server has it. */
  ground() {
    const over = this.all.map((layer) => layer.over).filter((name) => this.layers.has(name));
    const images = this.all.filter(({ kind }) => kind !== "region").map(({ name }) => name);
    return [...over.reverse(), ...images][0];
  }

  /** What has a name as truths have, a region first; an image of labels may be named after that. */
  truthAmong(here) {
    const of = (wanted) => here.filter(({ kind }) => kind === wanted).map(({ name }) => name);
    const [regions, labels] = [of("region"), of("labels")];
    const tries = TRUTHS.flatMap((pattern) => [
      [regions, pattern],
      [labels, pattern],
    ]);
    for (const [names, pattern] of [...tries, [labels, DRAWN]]) {
      const found = names.find((name) => pattern.test(name));
      if (found) return found;
    }
    return "";
  }

  /** Who is who, and all of it in the viewer. */
  arrange() {
    const images = this.all.filter(({ kind }) => kind !== "region").map(({ name }) => name);
    const scan = this.layers.has(this.chosen.scan) ? this.chosen.scan : this.ground();
    const grid = (this.layers.get(scan) ?? this.all.at(-1))?.grid;
    const here = this.all.filter((layer) => layer.grid === grid);
    const regions = here.filter(({ kind }) => kind === "region").map(({ name }) => name);
    const truth =
      this.chosen.truth === "" || here.some(({ name }) => name === this.chosen.truth)
        ? this.chosen.truth
        : this.truthAmong(here);
    const region = regions.includes(this.chosen.region)
      ? this.chosen.region
      : (regions.findLast((name) => name !== truth) ?? regions.at(-1));
    const named = (names) => names.map((name) => [name, name]);
    fill(this.parts.scan, named(images), scan);
    fill(this.parts.region, named(regions), region);
    const truths = here
      .filter(({ kind, name }) => kind !== "image" || name === truth)
      .map(({ name }) => name);
    fill(this.parts.truth, [["", "none"], ...named(truths)], truth);
    this.parts.compare.disabled = !truth;
    if (!truth && this.comparing) this.compare();
    this.tellNone();
    if (grid !== undefined) this.show(grid, scan, here);
  }

  show(grid, scan, here) {
    this.viewerOn(this.grids[grid]);
    const { viewer } = this,
      names = new Set(here.map(({ name }) => name));
    for (const name of viewer.layers.keys()) {
      if (!names.has(name) && !(name in BETWEEN) && name !== this.keptName) viewer.drop(name);
    }
    // What the program comes to stands at its end, and first in the legend.
    for (const layer of here.filter(({ kind }) => kind === "region").reverse())
      this.showRegion(layer);
    this.showScan(scan);
    this.tellShown();
    this.showDifference();
  }

  viewerOn(grid) {
    const now = JSON.stringify(grid);
    if (this.grid === now) return;
    this.viewer?.close();
    this.grid = now;
    this.centred = false;
    this.viewer = new Viewer(this.parts.root, {
      grid,
      onpick: (voxel) => this.host.picked(voxel),
      onlegend: (name, { drawn, opacity }) => {
        this.drawn.set(name, { drawn, opacity });
        this.tellShown();
      },
      height: () =>
        window.innerWidth >= 1000
          ? Math.max(260, window.innerHeight - 130)
          : window.innerHeight * 0.8,
    });
    window.viewer = this.viewer; // for whoever looks from the console
  }

  drawnOf(name) {
    return (
      this.drawn.get(name) ?? {
        drawn: name === this.parts.region.value ? "outline" : "off",
        opacity: 1,
      }
    );
  }

  /** What is compared differs most: orange, sky blue; all else has dashes. */
  colourOf(name) {
    const { region, truth } = this.parts;
    if (name === region.value) return { colour: OWN, dashed: false };
    if (name === truth.value) return { colour: TRUTH, dashed: false };
    const others = this.all.filter(
      (one) => one.kind === "region" && ![region.value, truth.value].includes(one.name),
    );
    const place = others.reverse().findIndex((one) => one.name === name);
    return { colour: OTHERS[place % OTHERS.length], dashed: true };
  }

  showRegion(layer) {
    const { name, id, voxels, ml } = layer,
      bits = this.bits.get(id);
    const isTruth = name === this.parts.truth.value;
    this.viewer.layer(name, {
      ...this.colourOf(name),
      ...this.drawnOf(name),
      ...(bits ? { bits } : {}),
      ...(this.comparing && isTruth ? { drawn: "outline" } : {}),
      note: ml === null ? voxelsOf(voxels) : `${shown(ml, 3)} ml`,
    });
  }

  showScan(name) {
    const layer = this.layers.get(name);
    if (!layer) return this.viewer.scan(null);
    const scan = this.scans.get(layer.id);
    if (scan) {
      if (this.viewer.shown?.values !== scan.values) this.viewer.scan({ ...scan, name });
    } else this.want(layer);
  }

  /** Asks for an image that does not come by itself. */
  want(layer) {
    if (layer.name !== this.ground()) this.host.ask("want", { ids: [layer.id] });
  }

  /** Tells the server of which regions the voxels are needed here. */
  tellShown() {
    const needed = new Set([this.parts.region.value, this.comparing ? this.parts.truth.value : ""]);
    const names = this.all.filter(
      ({ name, kind }) =>
        kind === "region" && (needed.has(name) || this.drawnOf(name).drawn !== "off"),
    );
    const now = names.map(({ name }) => name);
    if (String(now) === this.shownNames) return;
    this.shownNames = String(now);
    this.host.ask("show", { names: now });
  }

  /** Voxels have come. */
  received({ is, id, ...header }, data) {
    if (is === "bits") this.bits.set(id, new Uint8Array(data));
    else this.scans.set(id, scanOf(header, data));
    for (const layer of this.all.filter((one) => one.id === id)) {
      if (!this.viewer || this.grids[layer.grid] === undefined) continue;
      if (JSON.stringify(this.grids[layer.grid]) !== this.grid) continue;
      if (layer.kind === "region") this.showRegion(layer);
      else if (layer.name === this.parts.scan.value) this.showScan(layer.name);
    }
    if (!this.centred && this.regionBits && this.viewer) {
      const voxel = fullestOf(this.regionBits, this.viewer.grid.size);
      if (voxel) this.viewer.move(voxel);
      this.centred = true;
    }
    if ([this.region?.id, this.layers.get(this.parts.truth.value)?.id].includes(id))
      this.showDifference();
    this.host.arrived();
  }

  /** Whether what differs from the truth is shown: the other way. */
  compare() {
    if (!this.comparing && !this.parts.truth.value) return;
    this.comparing = !this.comparing;
    this.parts.compare.setAttribute("aria-pressed", String(this.comparing));
    this.arrange();
  }

  truthBits() {
    const layer = this.layers.get(this.parts.truth.value);
    if (!layer || layer.kind === "region") return this.bits.get(layer?.id);
    const scan = this.scans.get(layer.id);
    if (!scan) {
      this.host.ask("want", { ids: [layer.id] });
      return undefined;
    }
    return (scan.positive ??= positive(scan));
  }

  sizeText() {
    const { region } = this;
    if (!region) return "";
    return `${region.name}: ${voxelsOf(region.voxels)}${region.ml === null ? "" : `, ${shown(region.ml, 3)} ml`}`;
  }

  showDifference() {
    const { viewer, parts, region } = this;
    const truth = this.comparing ? this.truthBits() : undefined,
      bits = this.regionBits;
    if (!this.comparing || !truth || !bits) {
      for (const name of Object.keys(BETWEEN)) viewer.drop(name);
      parts.compared.textContent = this.comparing ? "waiting for the truth" : this.sizeText();
      return;
    }
    const found = compared(bits, truth),
      each = region.ml === null || !region.voxels ? null : region.ml / region.voxels;
    const size = (count) => (each === null ? voxelsOf(count) : `${shown(count * each, 3)} ml`);
    const first = viewer.layers.has("missed") ? {} : { drawn: "shade" }; // later as it was switched
    viewer.layer("missed", {
      bits: found.missed,
      colour: MISSED,
      note: size(found.missing),
      ...first,
    });
    viewer.layer("too much", { bits: found.more, colour: MORE, note: size(found.extra), ...first });
    parts.compared.textContent = `${region.name} against ${parts.truth.value}: Dice ${found.dice.toFixed(3)}, missed ${size(found.missing)}, too much ${size(found.extra)}`;
  }

  /** The outline of a region that was kept, or no more. */
  showKept(name, bits) {
    if (this.keptName && this.keptName !== name) this.viewer?.drop(this.keptName);
    this.keptName = name;
    if (name && bits && this.viewer) {
      this.viewer.layer(name, { bits, colour: KEPT, dashed: true, drawn: "outline", note: "kept" });
    }
  }
}
