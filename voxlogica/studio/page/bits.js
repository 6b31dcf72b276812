// Regions as packed bits, the first voxel in the lowest bit of the first byte.

const COUNTS = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0;
  for (let rest = byte; rest; rest >>= 1) count += rest & 1;
  return count;
});

/** How many voxels are in a region. O(bytes). */
export function countOf(bits) {
  let count = 0;
  for (let k = 0; k < bits.length; k++) count += COUNTS[bits[k]];
  return count;
}

/** What is in one region and not in the other. */
export function without(bits, others) {
  const left = new Uint8Array(bits.length);
  for (let k = 0; k < bits.length; k++) left[k] = bits[k] & ~others[k];
  return left;
}

/** Where an image is above 0: one number a voxel, which run from `low` to `high`, as the viewer's scans. */
export function positive({ values, low, high, missing }) {
  const bits = new Uint8Array((values.length + 7) >> 3);
  const least = ((0 - low) / (high - low)) * 65535 + 0.5;
  for (let k = 0; k < values.length; k++) if (values[k] >= least) bits[k >> 3] |= 1 << (k & 7);
  return missing ? without(bits, missing) : bits;
}

/** How alike two regions are: Dice's score, and what is missed and too much of the second. */
export function compared(bits, truth) {
  const missed = without(truth, bits),
    more = without(bits, truth);
  const all = countOf(bits) + countOf(truth);
  const missing = countOf(missed),
    extra = countOf(more);
  return { missed, more, missing, extra, dice: all ? (all - missing - extra) / all : 1 };
}

/** Along each axis, x first, the slice in which most of a region is, of several the middle; null if it is empty. */
export function fullestOf(bits, size) {
  const [nx, ny, nz = 1] = size,
    counts = size.map((length) => new Uint32Array(length));
  let any = false;
  for (let byte = 0; byte < bits.length; byte++) {
    for (let rest = bits[byte], bit = 0; rest; rest >>= 1, bit++) {
      if (!(rest & 1)) continue;
      const at = byte * 8 + bit;
      any = true;
      counts[0][at % nx]++;
      counts[1][Math.floor(at / nx) % ny]++;
      if (nz > 1) counts[2][Math.floor(at / (nx * ny))]++;
    }
  }
  return any ? counts.map(middleOfMost) : null;
}

/** Of the places with the greatest count the one in the middle. */
function middleOfMost(counts) {
  const most = Math.max(...counts),
    places = [...counts.keys()].filter((place) => counts[place] === most);
  return places[places.length >> 1];
}
