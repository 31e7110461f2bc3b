"use strict";
(() => {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
  root.classList.add("ready");

  // ---- light and dark: the system decides until somebody presses the button -------------------
  const dark = matchMedia("(prefers-color-scheme: dark)");
  byId("theme").addEventListener("click", () => {
    const now = root.dataset.theme ?? (dark.matches ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
  });

  // ---- what a mark of a chart says, as text and nothing else -----------------------------------
  const tooltip = document.createElement("div");
  tooltip.id = "tooltip";
  tooltip.hidden = true;
  tooltip.setAttribute("aria-hidden", "true");
  document.body.append(tooltip);
  const tell = (_handler, event, _item, value) => {
    tooltip.hidden = value === null || value === undefined || value === "";
    if (tooltip.hidden) return;
    const list = document.createElement("dl");
    for (const [name, text] of Object.entries(Object(value) === value ? value : { "": value })) {
      const term = document.createElement("dt");
      const said = document.createElement("dd");
      term.textContent = name;
      said.textContent = text;
      list.append(term, said);
    }
    tooltip.replaceChildren(list);
    const { offsetWidth: width, offsetHeight: height } = tooltip;
    tooltip.style.left = `${Math.max(8, Math.min(event.clientX + 14, innerWidth - width - 8))}px`;
    tooltip.style.top = `${Math.max(8, Math.min(event.clientY + 14, innerHeight - height - 8))}px`;
  };

  // ---- charts: unpacked once, drawn when they come into view, all of them for paper -------------
  const places = all(".drawing[data-chart]");
  const { config, charts } = places.length ? JSON.parse(document.querySelector("script#charts").textContent) : {};
  const waiting = new Set(places);
  let library = null;

  // base 85, with letters that are no markup: four bytes in five letters
  const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%.()*+-;[=]?@^_`{|}~";
  const bytesOf = (text) => {
    const digits = new Map([...LETTERS].map((letter, value) => [letter, value]));
    const whole = text.padEnd(Math.ceil(text.length / 5) * 5, "~");
    const view = new DataView(new ArrayBuffer((whole.length / 5) * 4));
    for (let i = 0; i < whole.length; i += 5) {
      let value = 0;
      for (let k = 0; k < 5; k += 1) value = value * 85 + digits.get(whole[i + k]);
      view.setUint32((i / 5) * 4, value);
    }
    return view.buffer.slice(0, Math.floor((text.length * 4) / 5));
  };

  const unpack = async () => {
    const packed = bytesOf(document.querySelector("script#vega").textContent);
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script); // runs at once, because the policy names its digest
    library = window.drawChart;
  };

  // rows come without their names, which would be most of what they weigh
  const named = ({ data, ...spec }) => {
    const row = (values) => Object.fromEntries(values.map((value, i) => [data.names[i], value]));
    return data?.rows ? { ...spec, data: { values: data.rows.map(row) } } : { ...spec, data };
  };

  const drawOne = async (place) => {
    if (!library || !waiting.delete(place)) return;
    await library(place, named(charts[place.dataset.chart]), { config, tooltip: tell });
    place.closest("figure").classList.add("drawn");
  };

  const later = window.requestIdleCallback ?? ((task) => setTimeout(task, 30));
  const drawRest = () => {
    const [next] = waiting;
    if (next) later(() => drawOne(next).then(drawRest));
    else root.dataset.charts = "drawn";
  };

  const start = async () => {
    for (const place of places) {
      const { height } = charts[place.dataset.chart];
      if (typeof height === "number") place.style.minHeight = `${height + 50}px`;
    }
    await unpack();
    const seen = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) {
          if (isIntersecting) {
            seen.unobserve(target);
            drawOne(target);
          }
        }
      },
      { rootMargin: "300px" },
    );
    for (const place of places) seen.observe(place);
    later(drawRest);
  };
  if (places.length) start();
  addEventListener("beforeprint", () => {
    search(""); // paper has all of it
    for (const place of waiting) drawOne(place);
  });
  addEventListener("afterprint", () => search(field.value));

  // ---- search: rows, messages and sections that do not match are put away -----------------------
  const field = byId("search");
  const found = byId("found");
  const leaves = all("main section, main tbody tr, main .callout, main .points > li");
  const texts = new Map(leaves.map((leaf) => [leaf, leaf.textContent.toLowerCase()]));
  const search = (words) => {
    const wanted = words.toLowerCase().trim().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const leaf of leaves) {
      const heading = leaf.closest("section.level-3")?.querySelector("h3")?.textContent ?? "";
      const inside = `${heading.toLowerCase()} ${texts.get(leaf)}`;
      const matches = wanted.every((word) => inside.includes(word));
      leaf.hidden = !matches;
      count += matches && leaf.tagName !== "SECTION";
    }
    for (const link of all("nav a")) {
      link.parentElement.hidden = byId(link.hash.slice(1))?.hidden ?? false;
    }
    found.textContent = wanted.length ? `${count} ${count === 1 ? "place" : "places"}` : "";
  };
  field.addEventListener("input", () => search(field.value));
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      field.value = "";
      search("");
      field.blur();
    } else if (event.key === "Enter") {
      const first = leaves.find((leaf) => leaf.tagName !== "SECTION" && leaf.offsetParent);
      first?.scrollIntoView({ block: "center" });
    }
  });
  addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      field.focus();
      field.select();
    }
  });

  // ---- tables: a click on a head sorts, numbers as numbers --------------------------------------
  const sortBy = (head) => {
    const table = head.closest("table");
    const body = table.tBodies[0];
    const order = head.getAttribute("aria-sort") === "descending" ? "ascending" : "descending";
    const sign = order === "descending" ? -1 : 1;
    const key = (row) => {
      const cell = row.cells[head.cellIndex];
      return "value" in cell.dataset ? Number(cell.dataset.value) : cell.textContent;
    };
    const compare = (a, b) => {
      if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1; // what is missing comes last
      return sign * (typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true }));
    };
    for (const other of all("th[aria-sort]", table)) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", order);
    body.append(...[...body.rows].sort((a, b) => compare(key(a), key(b))));
  };
  for (const head of all(".sortable thead th")) {
    head.tabIndex = 0;
    head.addEventListener("click", () => sortBy(head));
    head.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        sortBy(head);
      }
    });
  }

  // ---- contents: where the reader is -----------------------------------------------------------
  const links = new Map(all("nav a").map((link) => [link.hash.slice(1), link]));
  const here = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (isIntersecting) {
          for (const link of links.values()) link.removeAttribute("aria-current");
          links.get(target.id)?.setAttribute("aria-current", "true");
        }
      }
    },
    { rootMargin: "-10% 0px -80% 0px" },
  );
  for (const id of links.keys()) here.observe(byId(id));
})();
