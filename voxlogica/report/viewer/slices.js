"use strict";
// Slices of a grid as plain data: pixels of a scan, voxels of a region, outlines. Nothing here
// knows the page. Arrays over the grid have shape (z, y, x); packed bits begin with the lowest.

// Violet, as 0xAABBGGRR: the colour of what is no number in all pictures.
const MISSING = 0xff8c3c5e;

/** Which voxels a plane shows at a slice: where it begins in an array over the grid, two strides. */
function sliceOf(grid, plane, index) {
  const strides = [1, grid.size[0], grid.size[0] * (grid.size[1] ?? 1)];
  const width = grid.size[plane.across],
    height = grid.size[plane.down];
  let start = plane.through === null ? 0 : index * strides[plane.through];
  let right = strides[plane.across],
    down = strides[plane.down];
  if (plane.backwards[0]) {
    start += (width - 1) * right;
    right = -right;
  }
  if (plane.backwards[1]) {
    start += (height - 1) * down;
    down = -down;
  }
  return { width, height, start, right, down };
}

/** For each stored value of a scan its grey as a pixel, black at `first`, white at `last`. */
function greysOf(scan, first, last) {
  const most = scan.values instanceof Uint16Array ? 65535 : 255;
  const greys = new Uint32Array(most + 1);
  const step = (scan.high - scan.low) / most,
    width = last - first || Number.MIN_VALUE;
  for (let value = 0; value <= most; value++) {
    const share = (scan.low + value * step - first) / width;
    const grey = share <= 0 ? 0 : share >= 1 ? 255 : Math.round(share * 255);
    greys[value] = 0xff000000 | (grey << 16) | (grey << 8) | grey;
  }
  return greys;
}

/** A slice of a scan into pixels (0xAABBGGRR, by row). */
function paintSlice(values, greys, slice, pixels) {
  const { width, height, start, right, down } = slice;
  for (let y = 0, pixel = 0, row = start; y < height; y++, row += down) {
    for (let x = 0, at = row; x < width; x++, at += right) pixels[pixel++] = greys[values[at]];
  }
}

/** The voxels of a slice that are no numbers, a region's packed bits, into pixels. */
function paintMissing(bits, slice, pixels) {
  const { width, height, start, right, down } = slice;
  for (let y = 0, pixel = 0, row = start; y < height; y++, row += down) {
    for (let x = 0, at = row; x < width; x++, at += right, pixel++) {
      if ((bits[at >> 3] >> (at & 7)) & 1) pixels[pixel] = MISSING;
    }
  }
}

/** A slice of a scan whose voxels are red, green, blue (and more, not shown) into pixels. */
function paintColours(values, components, slice, pixels) {
  const { width, height, start, right, down } = slice;
  for (let y = 0, pixel = 0, row = start; y < height; y++, row += down) {
    for (let x = 0, at = row; x < width; x++, at += right) {
      const c = at * components;
      pixels[pixel++] = 0xff000000 | (values[c + 2] << 16) | (values[c + 1] << 8) | values[c];
    }
  }
}

/** A slice of a region, a byte a voxel, with one voxel of nothing around; null if it is empty. */
function maskOf(bits, slice) {
  const { width, height, start, right, down } = slice;
  const mask = new Uint8Array((width + 2) * (height + 2));
  let any = 0;
  for (let y = 0, row = start; y < height; y++, row += down) {
    let to = (y + 1) * (width + 2) + 1;
    for (let x = 0, at = row; x < width; x++, at += right) {
      any |= mask[to++] = (bits[at >> 3] >> (at & 7)) & 1;
    }
  }
  return any ? mask : null;
}

/**
 * The outlines of a slice of a region: closed lines [x0, y0, x1, y1, …] of the corners at which the
 * sides between voxels in and out turn, the region at the right hand. Voxel (x, y) spans x to x + 1,
 * y to y + 1; voxels that touch at a corner are joined. O(pixels).
 */
function outlinesOf(mask, width, height) {
  const wide = width + 2,
    seen = new Uint8Array(mask.length),
    lines = [];
  for (let y = 1; y <= height; y++) {
    for (let x = 1; x <= width; x++) {
      const at = y * wide + x;
      if (mask[at] && !mask[at - wide] && !seen[at]) lines.push(followed(mask, wide, seen, x, y));
    }
  }
  return lines;
}

/** The closed line that has the upper side of voxel (x, y). */
function followed(mask, wide, seen, x, y) {
  const line = [],
    fromX = x,
    fromY = y;
  let way = 0; // 0 to the right, 1 down, 2 to the left, 3 up
  do {
    if (way === 0) seen[y * wide + x] = 1;
    x += way === 0 ? 1 : way === 2 ? -1 : 0;
    y += way === 1 ? 1 : way === 3 ? -1 : 0;
    // The two voxels ahead of the corner that is reached.
    const corner = y * wide + x;
    const left = mask[corner - (way === 0 ? wide : way === 1 ? 0 : way === 2 ? 1 : wide + 1)];
    const right = mask[corner - (way === 0 ? 0 : way === 1 ? 1 : way === 2 ? wide + 1 : wide)];
    if (right && !left) continue;
    line.push(x - 1, y - 1);
    way = left ? (way + 3) % 4 : (way + 1) % 4;
  } while (x !== fromX || y !== fromY || way !== 0);
  return line;
}

// Of a true corner, in voxels: how far inside the line passes; how far from it the line is straight.
const CUT = 0.35,
  STRAIGHT = 1.5;

/**
 * A line without the stairs that voxels make of slopes: through the middle of each straight piece,
 * where a slope and its stairs meet; at a height or depth along a half of it. Where pieces longer
 * than a voxel meet is a true corner, and the line passes near it. No voxel's middle changes sides.
 * O(corners).
 */
function unstaired(line) {
  const length = line.length,
    nodes = [];
  for (let k = 0; k < length; k += 2) {
    const before = (k + length - 2) % length,
      after = (k + 2) % length,
      next = (k + 4) % length;
    const x = line[k],
      y = line[k + 1];
    const inX = line[before] - x,
      inY = line[before + 1] - y,
      outX = line[after] - x,
      outY = line[after + 1] - y;
    const came = Math.abs(inX + inY),
      goes = Math.abs(outX + outY); // one of both is 0
    if (came > 1 && goes > 1) {
      const cut = [Math.min(CUT, came / 4) / came, Math.min(CUT, goes / 4) / goes];
      if (came > 2 * STRAIGHT) nodes.push(x + (inX / came) * STRAIGHT, y + (inY / came) * STRAIGHT);
      nodes.push(x + inX * cut[0] + outX * cut[1], y + inY * cut[0] + outY * cut[1]);
      if (goes > 2 * STRAIGHT)
        nodes.push(x + (outX / goes) * STRAIGHT, y + (outY / goes) * STRAIGHT);
    }
    // The piece that comes and the one after this one on the same side of it.
    const same = inX * (line[next] - line[after]) + inY * (line[next + 1] - line[after + 1]) > 0;
    if (same && goes > 2)
      nodes.push(x + outX / 4, y + outY / 4, x + (outX * 3) / 4, y + (outY * 3) / 4);
    else nodes.push(x + outX / 2, y + outY / 2);
  }
  return nodes;
}

/** Closed lines as one path: curves from the middle of each side to that of the next. */
function curvedPath(lines) {
  const path = new Path2D();
  for (const line of lines) {
    let x = line[line.length - 2],
      y = line[line.length - 1];
    path.moveTo((x + line[0]) / 2, (y + line[1]) / 2);
    for (let k = 0; k < line.length; k += 2) {
      const next = (k + 2) % line.length;
      [x, y] = [line[k], line[k + 1]];
      path.quadraticCurveTo(x, y, (x + line[next]) / 2, (y + line[next + 1]) / 2);
    }
    path.closePath();
  }
  return path;
}

/** The outline of a region in a slice of a plane, in voxels of the slice; null if nothing is there. */
function outlinePath(bits, slice) {
  const mask = maskOf(bits, slice);
  return mask && curvedPath(outlinesOf(mask, slice.width, slice.height).map(unstaired));
}

/** A length of 1, 2 or 5 times a power of ten, the longest that is at most `most`. */
function roundLength(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return power * ([5, 2].find((factor) => factor * power <= most) ?? 1);
}
