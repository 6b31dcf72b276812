"use strict";
// Makes viewers of the still pictures of a page, each when it comes into sight: until then, and where
// a browser cannot, they stay as they are. All that is shown is in the page, beside the pictures.
(() => {
  const bytesOf = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

  async function inflated(base64) {
    const stream = new Blob([bytesOf(base64)]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  // All slices of a scan, tile by tile of its picture: a byte a voxel, or three of a colour.
  async function decoded(scan, size) {
    const picture = new Image();
    picture.src = `data:image/jpeg;base64,${scan.jpeg}`;
    await picture.decode();
    const [width, height] = size, count = size[2] ?? 1, [wide, high] = scan.tile;
    const { columns, coarse, step, components } = scan;
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width, height });
    const pen = canvas.getContext("2d", { willReadFrequently: true, alpha: false });
    const values = new Uint8Array(width * height * count * components);
    for (let z = 0, at = 0; z < count; z++) {
      const left = (z % columns) * step[0], top = Math.floor(z / columns) * step[1];
      pen.drawImage(picture, left, top, wide, high, 0, 0, wide * coarse, high * coarse);
      const { data } = pen.getImageData(0, 0, width, height);
      for (let pixel = 0; pixel < data.length; pixel += 4) {
        for (let c = 0; c < components; c++) values[at++] = data[pixel + c];
      }
    }
    return values;
  }

  class Views {
    constructor(container) {
      this.data = JSON.parse(container.querySelector("script.volumes").textContent);
      this.bits = [];
      this.viewers = new Map();
      const seen = new IntersectionObserver((entries) => {
        for (const { isIntersecting, target } of entries) {
          if (!isIntersecting) continue;
          seen.unobserve(target);
          this.show(target).catch((problem) => console.warn(problem));
        }
      }, { rootMargin: "300px" });
      for (const place of container.querySelectorAll(".view")) seen.observe(place);
    }

    bitsOf(k) {
      return (this.bits[k] ??= inflated(this.data.bits[k]));
    }

    async show(place) {
      const told = this.data.views[Number(place.dataset.view)];
      if (!told) return;
      const grid = this.data.grids[told.grid];
      const values = told.scan && (await decoded(told.scan, grid.size));
      const layers = await Promise.all(
        told.layers.map(async ({ bits, ...look }) => [look.name, { ...look, bits: await this.bitsOf(bits) }]),
      );
      const missing = values && told.scan.missing && (await inflated(told.scan.missing));
      const scan = values && { ...told.scan, values, missing };
      const made = { place, told, grid, scan, layers, planes: grid.planes };
      this.viewers.set(place, made);
      if (grid.stored) place.querySelector("h3").after(this.ways(made));
      this.build(made);
      place.querySelector(".still").hidden = true;
    }

    // A viewer in one of the ways to look at a grid; what was set in the one before it stays.
    build(made) {
      const before = made.viewer?.state(), { grid, planes } = made;
      made.viewer?.close();
      made.viewer = new Viewer(made.place, {
        grid: { ...grid, planes },
        onmove: (voxel) => this.follow(made, voxel),
      });
      if (made.scan) made.viewer.scan(made.scan);
      for (const [name, look] of made.layers) {
        made.viewer.layer(name, { ...look, ...before?.layers[name] });
      }
      if (before?.window) made.viewer.window(...before.window);
      made.viewer.move(before?.voxel ?? made.told.at);
    }

    // Views of one grid show the same voxel.
    follow(moved, voxel) {
      for (const made of this.viewers.values()) {
        if (made !== moved && made.told.grid === moved.told.grid) made.viewer.move(voxel);
      }
    }

    ways(made) {
      const bar = document.createElement("div");
      Object.assign(bar, { className: "ways" });
      bar.setAttribute("role", "group");
      bar.setAttribute("aria-label", "orientation");
      for (const [name, planes] of [["radiological", made.grid.planes], ["as the file has it", made.grid.stored]]) {
        const button = document.createElement("button");
        Object.assign(button, { type: "button", textContent: name });
        button.setAttribute("aria-pressed", String(planes === made.planes));
        button.addEventListener("click", () => {
          made.planes = planes;
          for (const other of bar.children) other.setAttribute("aria-pressed", String(other === button));
          this.build(made);
        });
        bar.append(button);
      }
      return bar;
    }
  }

  if (typeof DecompressionStream === "undefined" || typeof IntersectionObserver === "undefined") return;
  for (const container of document.querySelectorAll(".views")) {
    if (container.querySelector("script.volumes")) new Views(container);
  }
})();
