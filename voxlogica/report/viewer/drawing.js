"use strict";
// What is drawn over a scan, in pixels of the page, so that lines are as wide on every zoom: outlines
// and fills of regions; crosshair, marks and scale.

// Pixels of the page: how wide outlines are.
const LINE = 2;

/** Regions as [layer, path]: halos below all lines, and lines that coincide seen in turn. A shade is a fill without line. */
function drawLayers(context, outlines) {
  context.lineJoin = context.lineCap = "round";
  for (const [layer, path] of outlines) {
    if (layer.drawn !== "outline") {
      context.globalAlpha = layer.opacity * 0.45;
      context.fillStyle = `rgb(${layer.colour.join()})`;
      context.fill(path, "evenodd");
    }
  }
  outlines = outlines.filter(([layer]) => layer.drawn !== "shade");
  const line = ([layer, path], style, width, dash = []) => {
    context.globalAlpha = layer.opacity;
    context.strokeStyle = style;
    context.lineWidth = width;
    context.setLineDash(dash);
    context.stroke(path);
  };
  const colour = ([layer]) => `rgb(${layer.colour.join()})`;
  for (const one of outlines) line(one, HALO, LINE + 2);
  for (const one of outlines) line(one, colour(one), LINE, one[0].dashed ? [6, 5] : []);
  // Once more in pieces: not seen where a line is alone, in turn where it is below another.
  const whole = outlines.filter(([layer]) => !layer.dashed && layer.opacity === 1),
    turn = 7;
  whole
    .slice(0, -1)
    .forEach((one) => line(one, colour(one), LINE, [turn, turn * (whole.length - 1)]));
  context.setLineDash([]);
  context.globalAlpha = 1;
}

/** Crosshair, marks and scale of a plane's view. */
function drawFront(view) {
  const { front, ratio, viewer } = view,
    context = front.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, ...view.room);
  context.lineCap = context.lineJoin = "round";
  context.font = FONT;
  drawCrosshair(context, view);
  for (const mark of viewer.marks) MARKS[mark.kind]?.(context, view, mark);
  drawScale(context, view);
}

/** Strokes or fills twice: a dark halo, then what is light. */
function haloed(context, width, colour, draw) {
  for (const [style, more] of [
    [HALO, 2.5],
    [colour, 0],
  ]) {
    context.strokeStyle = context.fillStyle = style;
    context.lineWidth = width + more;
    draw(context, more > 0);
  }
}

function words(context, text, x, y) {
  haloed(context, 0.5, FRONT, (_, halo) =>
    halo ? context.strokeText(text, x, y) : context.fillText(text, x, y),
  );
}

/** Two thin lines that leave the voxel itself free. */
function drawCrosshair(context, view) {
  const [x, y] = view.seen(view.viewer.voxel),
    { scales } = view.view,
    [width, height] = view.room;
  const free = Math.max(9, ...scales.map((scale) => scale / 2 + 3));
  context.globalAlpha = 0.75;
  haloed(context, 1, FRONT, () => {
    context.beginPath();
    for (const [x0, y0, x1, y1] of [
      [MARGIN, y, x - free, y],
      [x + free, y, width - MARGIN, y],
      [x, MARGIN, x, y - free],
      [x, y + free, x, height - MARGIN],
    ]) {
      if (x1 < x0 || y1 < y0) continue;
      context.moveTo(x0, y0);
      context.lineTo(x1, y1);
    }
    context.stroke();
  });
  context.globalAlpha = 1;
}

function drawScale(context, view) {
  const { scale, zoom, room, viewer } = view,
    a = scale * zoom;
  const length = roundLength(Math.max(30, (room[0] - 2 * MARGIN) / 4) / a);
  const x = MARGIN / 2,
    y = room[1] - 6,
    wide = length * a;
  haloed(context, 2, FRONT, () => {
    context.beginPath();
    context.moveTo(x, y - 4);
    context.lineTo(x, y);
    context.lineTo(x + wide, y);
    context.lineTo(x + wide, y - 4);
    context.stroke();
  });
  const text = `${length} ${UNITS[viewer.grid.unit] ?? viewer.grid.unit}`;
  if (x + wide + 6 + context.measureText(text).width < room[0] / 2 - 12)
    words(context, text, x + wide + 6, y);
  else words(context, text, x, y - 8);
}

/** How far, in units of the grid, a voxel is from the slice shown: 0 in it. */
function fromSlice(view, voxel) {
  const { through } = view.plane;
  return through === null ? 0 : (voxel[through] - view.index) * view.viewer.grid.spacing[through];
}

/** Whether a voxel is in the slice shown or in the next one. */
function isNear(view, voxel) {
  const { through } = view.plane;
  return through === null || Math.abs(voxel[through] - view.index) <= 1;
}

/** A line through voxels: whole but faint, and strong where it is near the slice shown. */
function drawLine(context, view, points) {
  const places = points.map((point) => view.seen(point));
  for (const near of [false, true]) {
    context.globalAlpha = near ? 1 : 0.45;
    haloed(context, near ? 2.5 : 1.5, FRONT, () => {
      context.beginPath();
      for (let k = 1; k < places.length; k++) {
        if (near && !(isNear(view, points[k - 1]) && isNear(view, points[k]))) continue;
        context.moveTo(...places[k - 1]);
        context.lineTo(...places[k]);
      }
      context.stroke();
    });
  }
  context.globalAlpha = 1;
}

function drawDot(context, view, voxel, radius, colour) {
  const [x, y] = view.seen(voxel);
  context.globalAlpha = isNear(view, voxel) ? 1 : 0.5;
  haloed(context, 1, colour, (_, halo) => {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    if (halo) context.stroke();
    else context.fill();
  });
  context.globalAlpha = 1;
}

const MARKS = {
  path(context, view, { points, narrowest }) {
    drawLine(context, view, points);
    drawDot(context, view, points[0], 3.5, FRONT);
    drawDot(context, view, points[points.length - 1], 3.5, FRONT);
    if (narrowest === null || narrowest === undefined) return;
    const at = points[narrowest],
      [x, y] = view.seen(at);
    context.globalAlpha = isNear(view, at) ? 1 : 0.5;
    haloed(context, 2.5, NARROW, () => {
      context.beginPath();
      context.arc(x, y, 8, 0, 2 * Math.PI);
      context.stroke();
    });
    if (isNear(view, at)) words(context, "narrowest", x + 13, y - 9);
    context.globalAlpha = 1;
  },
  point(context, view, { at }) {
    drawDot(context, view, at, 4, NARROW);
  },
  line(context, view, { from, to }) {
    drawLine(context, view, [from, to]);
    drawDot(context, view, to, 3.5, FRONT);
  },
  ball(context, view, { at, radius }) {
    const off = fromSlice(view, at),
      here = Math.sqrt(Math.max(0, radius * radius - off * off));
    const [x, y] = view.seen(at);
    context.setLineDash(here ? [] : [2, 5]);
    context.globalAlpha = here ? 1 : 0.5;
    haloed(context, 2, FRONT, () => {
      context.beginPath();
      context.arc(x, y, (here || radius) * view.scale * view.zoom, 0, 2 * Math.PI);
      context.stroke();
    });
    context.setLineDash([]);
    context.globalAlpha = 1;
    drawDot(context, view, at, 3, FRONT);
  },
};
