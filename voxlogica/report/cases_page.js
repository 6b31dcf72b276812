"use strict";
// The table of cases: sorted by any column, filtered, a case opened in place.
(() => {
  const table = document.getElementById("cases");
  const head = [...table.tHead.rows[0].cells];
  const names = head.map((cell) => cell.textContent);
  const bodies = [...table.tBodies];
  const cells = (body) => body.rows[0].cells;
  const shown = (cell) => cell.dataset.v ?? cell.textContent;
  const number = (text) =>
    /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text)
      : text === "inf" ? Infinity : text === "-inf" ? -Infinity : NaN;

  // Sorting: numbers by their size, before texts; what is empty comes last either way.
  const collator = new Intl.Collator(undefined, { numeric: true });
  const compare = (one, other, a = number(one), b = number(other)) => {
    if (!Number.isNaN(a) && !Number.isNaN(b)) return a < b ? -1 : a > b ? 1 : 0;
    if (Number.isNaN(a) !== Number.isNaN(b)) return Number.isNaN(a) ? 1 : -1;
    return collator.compare(one, other);
  };
  const sort = (column) => {
    const descends = head[column].getAttribute("aria-sort") === "ascending";
    for (const cell of head) cell.removeAttribute("aria-sort");
    head[column].setAttribute("aria-sort", descends ? "descending" : "ascending");
    const keyed = bodies.map((body, place) => {
      const text = shown(cells(body)[column]);
      return { body, place, text, number: number(text) };
    });
    keyed.sort((a, b) => {
      if ((a.text === "") !== (b.text === "")) return a.text === "" ? 1 : -1;
      const sign = compare(a.text, b.text, a.number, b.number);
      return (descends ? -sign : sign) || a.place - b.place;
    });
    table.append(...keyed.map((one) => one.body));
  };
  head.forEach((cell, column) => {
    if (cell.classList.contains("still")) return;
    // No button: browsers leave these out where a page's head is repeated on paper.
    const name = document.createElement("span");
    name.setAttribute("role", "button");
    name.tabIndex = 0;
    name.textContent = cell.textContent;
    cell.replaceChildren(name);
    name.addEventListener("click", () => sort(column));
    name.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      sort(column);
    });
  });

  // Filtering: words that are in any cell, `dice < 0.8`, and how cases ended.
  const field = document.getElementById("filter");
  const count = document.getElementById("shown");
  const chips = [...document.querySelectorAll(".choose button")];
  const TESTS = {
    "<": (d) => d < 0, "<=": (d) => d <= 0, ">": (d) => d > 0, ">=": (d) => d >= 0,
    "=": (d) => d === 0, "!=": (d) => d !== 0,
  };
  const column = (name) => {
    const wanted = name.trim().toLowerCase();
    const lower = names.map((own) => own.toLowerCase());
    const exact = lower.indexOf(wanted);
    return exact >= 0 ? exact : lower.findIndex((own) => own.startsWith(wanted));
  };
  const condition = (text) => {
    const found = /^(.+?)\s*(<=|>=|!=|<|>|=)\s*(.+)$/.exec(text.trim());
    const at = found ? column(found[1]) : -1;
    if (at < 0) {
      const words = text.toLowerCase().split(/\s+/).filter(Boolean);
      return (body) => {
        const all = [...cells(body)].map((cell) => shown(cell).toLowerCase()).join("\n");
        return words.every((word) => all.includes(word));
      };
    }
    return (body) => {
      const value = shown(cells(body)[at]);
      if (value === "") return false;
      const wanted = found[3].trim();
      const numbers = !Number.isNaN(number(value)) && !Number.isNaN(number(wanted));
      if ("<>".includes(found[2][0]) && !numbers) return false;
      const sign = numbers ? compare(value, wanted) : value === wanted ? 0 : 1;
      return TESTS[found[2]](sign);
    };
  };
  let ended = "";
  const filter = () => {
    const holds = condition(field.value);
    let number = 0;
    for (const body of bodies) {
      const is = (!ended || body.classList.contains(ended)) && holds(body);
      body.hidden = !is;
      number += is;
    }
    for (const chip of chips) chip.setAttribute("aria-pressed", chip.dataset.end === ended);
    count.textContent = number === bodies.length ? "" : `${number} of ${bodies.length} shown`;
  };
  field.addEventListener("input", filter);
  for (const chip of chips) {
    chip.addEventListener("click", () => { ended = chip.dataset.end; filter(); });
  }
  document.querySelector(".choose").hidden = false;

  // Opening: pictures as large as they are, and every value in full.
  const element = (name, parts, of) => {
    const made = document.createElement(name);
    if (of) made.className = of;
    made.append(...parts);
    return made;
  };
  // Where there are no large pictures, the small ones are shown in twice their size.
  const enlarged = (image) => {
    const large = image.cloneNode();
    large.width = 2 * Number(image.getAttribute("width"));
    large.height = 2 * Number(image.getAttribute("height"));
    return element("figure", [large, element("figcaption", [image.alt])]);
  };
  const fill = (body) => {
    const opened = body.querySelector(".opened");
    if (opened.dataset.filled) return opened;
    opened.dataset.filled = "1";
    const values = element("dl", [], "values");
    names.forEach((name, at) => {
      const value = shown(cells(body)[at]);
      if (head[at].classList.contains("still") || at < 2 || value === "") return;
      values.append(element("div", [element("dt", [name]), element("dd", [value])]));
    });
    const panels = opened.querySelector(".panels");
    if (panels && !opened.querySelector(".panels img")) {
      panels.append(...[...body.querySelectorAll(".thumbs img")].map(enlarged));
    }
    const pictures = [...opened.querySelectorAll(".keys, .panels")].pop();
    if (pictures) pictures.after(values);
    else opened.prepend(values);
    return opened;
  };
  const open = (body, is = body.querySelector(".more").hidden) => {
    if (is) fill(body);
    body.querySelector(".more").hidden = !is;
    body.querySelector("th a").setAttribute("aria-expanded", is);
  };
  for (const body of bodies) body.querySelector("th a").setAttribute("aria-expanded", "false");
  table.addEventListener("click", (event) => {
    const row = event.target.closest("tbody > tr:not(.more)");
    if (!row || !getSelection().isCollapsed) return;
    event.preventDefault();
    open(row.parentElement);
  });

  // A point of a distribution, or an address, leads to the row of its case.
  let here;
  const go = () => {
    const body = document.getElementById(location.hash.slice(1));
    if (!body || body.parentElement !== table) return;
    if (body.hidden) {
      field.value = ended = "";
      filter();
    }
    here?.classList.remove("here");
    here = body;
    here.classList.add("here");
    open(body, true);
    body.scrollIntoView({ block: "center" });
  };
  addEventListener("hashchange", go);
  // The same address once more changes nothing, and is meant all the same.
  for (const part of document.querySelectorAll(".strips, .went")) {
    part.addEventListener("click", (event) => {
      const link = event.target.closest("a");
      if (link && link.getAttribute("href") === location.hash) go();
    });
  }
  go();
})();
