// The socket to the server: what is asked, what is told, voxels as they come. Of changes only the
// latest waits in the page, and no more than thirty a second leave it.

import { inflated } from "./inflate.js";

const BETWEEN = 1000 / 30;

export class Link {
  /** `told` has a function for each kind of message; `voxels(header, data)` gets voxels. */
  constructor(address, told, voxels, lost) {
    Object.assign(this, {
      address,
      told,
      voxels,
      lost,
      serial: 0,
      last: 0,
      waiting: null,
      timer: null,
    });
    this.open();
  }

  open() {
    this.socket = new WebSocket(this.address);
    this.socket.binaryType = "arraybuffer";
    this.socket.addEventListener("message", ({ data }) => {
      if (typeof data !== "string") return this.unpack(data);
      const message = JSON.parse(data);
      this.told[message.is]?.(message);
    });
    this.socket.addEventListener("close", () => this.lost());
  }

  get isOpen() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** Asks for something; gives the number that its answer has. */
  ask(what, fields = {}) {
    if (!this.isOpen) return null;
    this.flush();
    return this.send(what, fields);
  }

  send(what, fields) {
    this.serial += 1;
    this.socket.send(JSON.stringify({ do: what, serial: this.serial, ...fields }));
    return this.serial;
  }

  /** Another text, other values; `moving` while a hand still moves a number. */
  change({ text, values }, moving = false) {
    this.moving = moving;
    this.waiting = {
      ...(this.waiting ?? {}),
      ...(text === undefined ? {} : { text }),
      ...(values === undefined ? {} : { values: { ...this.waiting?.values, ...values } }),
      ...(moving ? { moving } : { moving: false }),
    };
    if (!moving) this.flush();
    else if (this.timer === null) this.sendInTime();
  }

  sendInTime() {
    const left = this.last + BETWEEN - performance.now();
    const busy = this.isOpen && this.socket.bufferedAmount > 0; // a slow line takes its time
    if (left <= 0 && !busy) return this.flush();
    this.timer = setTimeout(
      () => {
        this.timer = null;
        if (this.waiting) this.sendInTime();
      },
      Math.max(left, busy ? BETWEEN : 0),
    );
  }

  flush() {
    clearTimeout(this.timer);
    this.timer = null;
    if (!this.waiting || !this.isOpen) return;
    const fields = this.waiting;
    this.waiting = null;
    this.last = performance.now();
    this.latest = this.send("set", fields);
  }

  /** Whether an outcome answers the last change that was made here. */
  isLatest(serial) {
    return (
      this.waiting === null &&
      (this.latest === undefined || serial === undefined || serial >= this.latest)
    );
  }

  unpack(buffer) {
    const length = new DataView(buffer).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
    const packed = new Uint8Array(buffer, 4 + length);
    if (header.is === "bits") this.voxels(header, inflated(packed, header.bytes).buffer);
    else this.unpackMuch(header, packed);
  }

  async unpackMuch(header, packed) {
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    this.voxels(header, await new Response(stream).arrayBuffer());
  }
}
