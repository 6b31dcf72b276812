// What zlib has deflated, at once (RFC 1950 and 1951): the browser's own stream hands over piece by
// piece, which takes longer than a region of a dozen kilobytes does here. Not for megabytes.

const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
// How many bits stand behind the codes of lengths and distances, and from where these count.
const LENGTH_BITS = Array.from({ length: 29 }, (_, k) => (k < 8 || k === 28 ? 0 : (k >> 2) - 1));
const DISTANCE_BITS = Array.from({ length: 30 }, (_, k) => (k < 2 ? 0 : (k >> 1) - 1));
const LENGTHS = [...sums(LENGTH_BITS, 3).slice(0, 28), 258];
const DISTANCES = sums(DISTANCE_BITS, 1);
// Shorter pieces are copied byte by byte.
const SHORT = 24;

function sums(bits, first) {
  let next = first;
  return bits.map((count) => (next += 1 << count) - (1 << count));
}

/** A table of all that may stand next in the stream: symbol and length of the code that does. */
function codes(lengths) {
  const width = Math.max(1, ...lengths);
  const table = new Uint16Array(1 << width);
  let code = 0;
  for (let length = 1; length <= width; length++, code <<= 1) {
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] !== length) continue;
      let turned = 0; // codes begin with their highest bit
      for (let k = 0; k < length; k++) turned |= ((code >> k) & 1) << (length - 1 - k);
      for (let k = turned; k < table.length; k += 1 << length) table[k] = (symbol << 4) | length;
      code++;
    }
  }
  return { table, width };
}

const FIXED = [
  codes(Array.from({ length: 288 }, (_, k) => (k < 144 ? 8 : k < 256 ? 9 : k < 280 ? 7 : 8))),
  codes(new Array(30).fill(5)),
];

class Stream {
  constructor(packed) {
    Object.assign(this, { packed, at: 2, hold: 0, held: 0 });
  }

  fill(count) {
    while (this.held < count) {
      if (this.at > this.packed.length + 4) throw new Error("voxels are cut off");
      this.hold |= (this.packed[this.at++] ?? 0) << this.held;
      this.held += 8;
    }
  }

  take(count) {
    this.fill(count);
    const found = this.hold & ((1 << count) - 1);
    this.drop(count);
    return found;
  }

  drop(count) {
    this.hold >>>= count;
    this.held -= count;
  }

  symbol({ table, width }) {
    this.fill(width);
    const found = table[this.hold & ((1 << width) - 1)];
    if (!found) throw new Error("voxels are damaged");
    this.drop(found & 15);
    return found >> 4;
  }

  /** The codes that a block begins with. */
  codes() {
    const literals = this.take(5) + 257,
      distances = this.take(5) + 1,
      given = this.take(4) + 4;
    const own = new Array(19).fill(0);
    for (let k = 0; k < given; k++) own[ORDER[k]] = this.take(3);
    const first = codes(own),
      lengths = [];
    while (lengths.length < literals + distances) {
      const symbol = this.symbol(first);
      if (symbol < 16) lengths.push(symbol);
      else {
        const value = symbol === 16 ? lengths.at(-1) : 0;
        const times = symbol === 16 ? 3 + this.take(2) : symbol === 17 ? 3 + this.take(3) : 11 + this.take(7);
        for (let k = 0; k < times; k++) lengths.push(value);
      }
    }
    return [codes(lengths.slice(0, literals)), codes(lengths.slice(literals))];
  }

  /** Copies a block that is stored as it is; gives where it ends. */
  stored(out, to) {
    this.at -= this.held >> 3;
    this.hold = this.held = 0;
    const length = this.packed[this.at] | (this.packed[this.at + 1] << 8);
    const begin = this.at + 4;
    if (!(begin + length <= this.packed.length)) throw new Error("voxels are cut off");
    out.set(this.packed.subarray(begin, begin + length), to);
    this.at = begin + length;
    return to + length;
  }
}

/** The `size` bytes that were deflated. Throws where these are others in number. */
export function inflated(packed, size) {
  const out = new Uint8Array(size),
    stream = new Stream(packed);
  let to = 0,
    isLast = 0;
  while (!isLast) {
    isLast = stream.take(1);
    const kind = stream.take(2);
    if (kind === 3) throw new Error("voxels are damaged");
    if (kind === 0) to = stream.stored(out, to);
    else {
      const [literals, distances] = kind === 1 ? FIXED : stream.codes();
      to = block(stream, literals, distances, out, to);
    }
  }
  if (to !== size) throw new Error(`there are ${to} bytes of voxels, not ${size}`);
  return out;
}

function block(stream, literals, distances, out, begin) {
  let to = begin;
  for (;;) {
    const symbol = stream.symbol(literals);
    if (symbol < 256) out[to++] = symbol;
    else if (symbol === 256) return to;
    else {
      const length = LENGTHS[symbol - 257] + stream.take(LENGTH_BITS[symbol - 257]);
      const code = stream.symbol(distances);
      const from = to - DISTANCES[code] - stream.take(DISTANCE_BITS[code]);
      if (from < 0 || to + length > out.length) throw new Error("voxels are damaged");
      if (from === to - 1) out.fill(out[from], to, to + length);
      else if (length < SHORT || from + length > to)
        for (let k = 0; k < length; k++) out[to + k] = out[from + k];
      else out.copyWithin(to, from, from + length);
      to += length;
    }
  }
}
