// What a benchmark measures within the studio's page: see studio.py.

const measuring = { sizes: [], seconds: [], begun: 0, shown: 0, waiting: null };

// Before the page begins: what comes over its socket is noted.
{
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...address) {
      super(...address);
      this.addEventListener("message", ({ data }) => {
        if (typeof data === "string") {
          const message = JSON.parse(data);
          if (message.is === "outcome") measuring.seconds.push(message.seconds);
          return;
        }
        const length = new DataView(data).getUint32(0, true);
        const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
        if (header.is === "bits") measuring.sizes.push(data.byteLength);
      });
    }
  };
}

/** Once the page is there: whoever waits is told when other voxels of the region are on the screen. */
function watchViewer() {
  const before = new Map(), { viewer } = window, layer = viewer.layer.bind(viewer);
  const region = document.getElementById("region");
  viewer.layer = (name, what) => {
    layer(name, what);
    if (!what.bits || name !== region.value || before.get(name) === what.bits) return;
    before.set(name, what.bits);
    afterPainting(() => {
      measuring.shown += 1;
      measuring.waiting?.(performance.now());
    });
  };
}

/** Once the region that is looked at is there. */
async function ready() {
  const region = () => document.getElementById("region")?.value;
  while (!window.viewer?.layers?.get(region())?.bits) await new Promise(requestAnimationFrame);
}

/** Calls after the next frame is drawn: its callbacks come first, then the picture, then this. */
function afterPainting(then) {
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = then;
    port2.postMessage(null);
  });
}

function move(slider, value) {
  slider.value = value;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Milliseconds from a movement of the slider to the screen, for each of these values. */
async function oneByOne(name, values) {
  const slider = document.querySelector(`input[aria-label="${name}: slider"]`), taken = [];
  for (const value of values) {
    const begin = performance.now();
    const end = await new Promise((done) => {
      measuring.waiting = done;
      move(slider, value);
    });
    measuring.waiting = null;
    taken.push(end - begin);
    await new Promise((done) => setTimeout(done, 60));
  }
  return taken;
}

/** How many pictures a second there are while the slider moves with each frame. */
async function dragged(name, values, milliseconds) {
  const slider = document.querySelector(`input[aria-label="${name}: slider"]`);
  const begin = performance.now(), before = measuring.shown;
  for (let k = 0; performance.now() - begin < milliseconds; k++) {
    move(slider, values[k % values.length]);
    await new Promise(requestAnimationFrame);
  }
  return (1000 * (measuring.shown - before)) / (performance.now() - begin);
}

/** Milliseconds of the drawing itself, and from frame to frame, while slices go by with each frame. */
async function scrolled(slices) {
  const { viewer } = window, drawing = [], frames = [], at = [...viewer.state().voxel];
  let last = null;
  for (const slice of slices) {
    viewer.move([at[0], at[1], slice]);
    const begin = await new Promise(requestAnimationFrame);
    drawing.push(performance.now() - begin);
    if (last !== null) frames.push(begin - last);
    last = begin;
  }
  viewer.move(at);
  return { drawing, frames };
}

Object.assign(window, { measuring, ready, watchViewer, oneByOne, dragged, scrolled });
