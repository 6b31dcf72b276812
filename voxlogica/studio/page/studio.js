// The studio's page: what the server tells goes to the parts of the page, what a hand does to the
// server. All state of the program is the server's; here is what is shown of it.

import { Controls } from "./controls.js";
import { element, fill, button } from "./elements.js";
import { Kept } from "./kept.js";
import { Layers } from "./layers.js";
import { Link } from "./link.js";
import { showResults } from "./results.js";
import { Text } from "./text.js";
import { Why } from "./why.js";

const part = (id) => document.getElementById(id);
const state = { opened: null, outcome: null, file: "", over: false, behind: false, waiting: [], whys: new Set() };

const layers = new Layers(
  {
    root: part("viewer"),
    ...Object.fromEntries(
      ["scan", "region", "truth", "compare", "compared", "tools"].map((id) => [id, part(id)]),
    ),
  },
  {
    ask: (what, fields) => link.ask(what, fields),
    picked: (voxel) => askWhy(voxel),
    changed: () => {
      if (why.asked) askWhy(why.asked.voxel);
      kept.update();
    },
    arrived: () => settle(),
  },
);
const controls = new Controls(part("controls"), (name, value, moving) =>
  link.change({ values: { [name]: value } }, moving),
);
const text = new Text(
  part("text"),
  (words, moving) => {
    link.change({ text: words }, moving);
    tellSaved();
  },
  () => save(),
);
const why = new Why(part("why"), {
  mark: (marks) => layers.viewer?.mark(marks),
  move: (voxel) => layers.viewer?.move(voxel),
  select: (place) => selectPlace(place),
  closed: () => {},
});
const kept = new Kept(part("kept"), {
  ask: (what, fields) => link.ask(what, fields),
  now: () => ({
    of: JSON.stringify([state.case, text.text]),
    values: state.outcome?.set ?? {},
    region: layers.region?.name,
    bits: layers.regionBits,
    parameters: state.outcome?.parameters ?? [],
    prints: state.outcome?.prints ?? [],
    asserts: state.outcome?.asserts ?? [],
  }),
  use: (values) => {
    const all = (state.outcome?.parameters ?? []).map(({ name }) => [name, values[name] ?? null]);
    link.change({ values: Object.fromEntries(all) });
  },
  settled: () => new Promise((done) => state.waiting.push(done)),
  outline: (name, bits) => layers.showKept(name, bits),
});

const told = {
  opened(message) {
    const again = state.opened !== null,
      words = text.text,
      values = state.outcome?.set ?? {};
    state.opened = message;
    state.file = message.text ?? "";
    part("program").textContent = message.file.name;
    part("program").title = message.program;
    document.title = `${message.file.name} · VoxLogicA studio`;
    kept.show(message.kept ?? []);
    notice(null);
    if (!again) part("status").textContent = "computing …";
    showCases(message.cases ?? [], again ? (state.case ?? message.case) : message.case);
    layers.shownNames = "";
    if (!again) text.set(state.file);
    else {
      if (state.case !== message.case) link.ask("case", { case: state.case });
      link.change({ text: words, values });
    }
    tellSaved();
  },
  outcome(message) {
    state.outcome = message;
    part("said").textContent = "";
    const latest = link.isLatest(message.serial);
    const errors = message.diagnostics.filter(({ severity }) => severity === "error").length;
    if (latest) {
      text.set(message.text);
      controls.show(message.parameters);
      tellSaved();
    }
    if (message.text === text.text) text.tell(message.numbers, message.diagnostics);
    showResults(part("results"), message);
    layers.outcome(message);
    document.body.classList.toggle("old", errors > 0);
    document.body.classList.toggle("other", message.case !== state.case);
    document.body.classList.remove("busy");
    tellStatus(message, errors);
    if (latest && why.asked && !link.moving) askWhy(why.asked.voxel);
    kept.update();
    settle();
  },
  case({ case: name }) {
    state.case = name;
    part("case").value = name;
    part("status").textContent = `computing ${name} …`;
    document.body.classList.add("other");
    layers.recentre();
    why.close();
  },
  changed({ text: words, adopted }) {
    state.file = words;
    state.over = false;
    state.behind = !adopted && text.text !== words;
    if (adopted) {
      text.set(words);
      notice(null);
    } else if (text.text !== words) {
      notice(
        "The program's file was changed outside, and so was the text here.",
        button("take the file's", () => {
          state.behind = false;
          text.set(words);
          link.change({ text: words });
          notice(null);
          tellSaved();
        }),
        button("keep this one", () => {
          state.over = true;
          notice(null);
        }),
      );
    }
    tellSaved();
  },
  written({ text: words }) {
    state.file = words;
    state.over = state.behind = false;
    notice(null);
    tellSaved();
  },
  kept: ({ kept: sets }) => kept.show(sets),
  line: ({ line, unsaved }) => kept.line(line, unsaved),
  report: ({ address }) => kept.report(address),
  why: ({ serial, explanation }) => {
    if (serial === why.serial) why.show(explanation);
  },
  said({ serial, message, problem }) {
    if (problem && serial !== undefined && serial === why.serial) why.failed(message);
    else if (problem && !state.whys.has(serial)) {
      const over = state.behind && serial !== undefined && serial === state.write;
      notice(
        message,
        ...(over ? [button("save over it", () => save(true))] : []),
        button("close", () => notice(null)),
      );
      part("notice").classList.add("problem");
    } else if (!problem) part("said").textContent = message;
  },
  busy({ done, of, operator }) {
    document.body.classList.add("busy");
    part("status").textContent =
      `computing … ${done} of ${of} operations${operator ? `, now ${operator}` : ""}`;
  },
};

const link = new Link(
  new URL("live", location.href.replace(/^http/, "ws")),
  told,
  (header, data) => layers.received(header, data),
  () => {
    notice(
      "The studio does not answer: it has ended, or the line is broken.",
      button("try again", () => link.open()),
    );
    part("notice").classList.add("problem");
  },
);

function askWhy(voxel) {
  const { region } = layers;
  if (!region) return;
  why.ask(region.name, voxel);
  why.serial = link.ask("why", { name: region.name, voxel });
  state.whys.add(why.serial);
}

/** Tells who waits that all that was asked for is shown. */
function settle() {
  if (!state.waiting.length || !link.isLatest(state.outcome?.serial) || !layers.isComplete) return;
  state.waiting.splice(0).forEach((done) => done());
}

function notice(message, ...buttons) {
  const place = part("notice");
  place.hidden = message === null;
  place.classList.remove("problem");
  place.replaceChildren(
    ...(message === null ? [] : [element("span", { textContent: message }), ...buttons]),
  );
}

/** How long it took, or what is wrong, which leads to where that is told. */
function tellStatus({ seconds, layers: known, diagnostics }, errors) {
  if (!errors) return part("status").replaceChildren(`computed in ${took(seconds)}`);
  const many = `${errors} error${errors > 1 ? "s" : ""}`;
  const first = diagnostics.find(({ severity }) => severity === "error").message;
  part("status").replaceChildren(
    button(many, () => text.showProblems(), { title: first }),
    known.length ? ": what is shown is from before" : ": nothing is computed",
  );
}

function took(seconds) {
  return seconds < 1 ? `${(seconds * 1000).toFixed(0)} ms` : `${seconds.toFixed(1)} s`;
}

/** The text into the program's file; over another text than it was, only if a hand said so. */
function save(over = state.over) {
  state.over = over;
  state.write = link.ask("write", { over });
}

function tellSaved() {
  text.saved(text.text === state.file, state.opened?.file.writable ?? true);
}

function selectPlace(place) {
  const found = place.match(/^(.*?):(\d+):(\d+)$/);
  if (!found || !found[1].endsWith(state.opened?.file.name ?? "")) return;
  const start = text.offsetOf(Number(found[2]), Number(found[3]));
  const rest = text.text.slice(start).match(/^[\w.]+|^./)?.[0] ?? "";
  text.select(start, start + rest.length);
}

function showCases(names, chosen) {
  state.case = chosen ?? null;
  part("cases").hidden = names.length < 2;
  fill(
    part("case"),
    names.map((name) => [name, name]),
    chosen,
  );
}

function turnCase(by) {
  const select = part("case"),
    next = select.selectedIndex + by;
  if (next < 0 || next >= select.options.length) return;
  select.selectedIndex = next;
  link.ask("case", { case: select.value });
}

part("case").addEventListener("change", (event) => link.ask("case", { case: event.target.value }));
part("case-before").addEventListener("click", () => turnCase(-1));
part("case-after").addEventListener("click", () => turnCase(1));
part("help-open").addEventListener("click", () => part("help").showModal());
part("theme").addEventListener("click", () => {
  const root = document.documentElement,
    dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = root.dataset.theme ?? (dark ? "dark" : "light");
  root.dataset.theme = now === "dark" ? "light" : "dark";
});
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
    event.preventDefault();
    if (!text.saving.disabled) save();
  } else if (
    event.key === " " &&
    !event.ctrlKey &&
    !event.altKey &&
    !event.target.closest("input:not([type=range]),textarea,select,button,summary,a")
  ) {
    event.preventDefault();
    layers.compare();
  } else if (event.key === "?" && !event.target.closest("input,textarea")) part("help").showModal();
});
