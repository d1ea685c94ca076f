"use strict";
// Light and dark, a choice that figures share, figures that are drawn when they come near the window, tables that are sorted and copied.
const page = (() => {
  const root = document.documentElement;
  const colour = (name) => getComputedStyle(root).getPropertyValue("--" + name).trim();

  // "$ink" is a colour of the style sheet where a colour stands (see Figure in figure.py): names elsewhere may begin so.
  function coloured(value, place = "") {
    if (typeof value === "string") return value.startsWith("$") && /color(scale)?$/.test(place) ? colour(value.slice(1)) : value;
    if (Array.isArray(value)) return value.map((inner) => coloured(inner, place));
    if (value !== null && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, coloured(inner, key)]));
    }
    return value;
  }

  // "@times" is a shared array where it is the whole of a trace's x or y.
  function filled(trace, arrays = {}) {
    const whole = { ...trace };
    for (const axis of ["x", "y"]) {
      if (typeof trace[axis] === "string" && trace[axis].startsWith("@")) whole[axis] = arrays[trace[axis].slice(1)];
    }
    return whole;
  }

  function layoutOf(layout) {
    const axis = { gridcolor: colour("line"), zerolinecolor: colour("line"), linecolor: colour("line"), automargin: true };
    const whole = {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: colour("ink"), size: 12 },
      uirevision: "keep", // a zoom outlives another colour or choice
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom", // a finger scrolls the page
      margin: { l: 55, r: 15, t: 25, b: 40 }, legend: { orientation: "h", y: 1.12 },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: colour("faint"), activecolor: colour("ink") },
      hoverlabel: { bgcolor: colour("panel"), font: { color: colour("ink") } }, xaxis: {}, yaxis: {},
      ...coloured(layout),
    };
    for (const key of Object.keys(whole)) {
      if (/^[xy]axis\d*$/.test(key)) whole[key] = { ...axis, ...whole[key] };
    }
    return whole;
  }

  const drawn = new Map();
  let chosen = "";
  function draw(div, figure) {
    drawn.set(div, figure);
    const choices = figure.choices ?? {};
    const extra = choices[chosen] ?? Object.values(choices)[0] ?? { data: [], shapes: [] };
    const layout = { ...figure.layout, shapes: [...(figure.layout.shapes ?? []), ...extra.shapes] };
    const config = { responsive: true, displaylogo: false, scrollZoom: false };
    const traces = coloured([...figure.data, ...extra.data]).map((trace) => filled(trace, figure.arrays));
    return Plotly.react(div, traces, layoutOf(layout), config);
  }

  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      near.unobserve(entry.target);
      const source = document.querySelector(`script[data-figure="${entry.target.id}"]`);
      draw(entry.target, JSON.parse(source.textContent));
    }
  }, { rootMargin: "300px" });

  // A figure that is not to be seen is given up, and drawn anew once it is.
  function forget(div) {
    if (!drawn.delete(div)) return;
    Plotly.purge(div);
    near.observe(div);
  }

  function redraw() {
    for (const [div, figure] of [...drawn]) {
      if (!div.isConnected) drawn.delete(div);
      else if (div.getClientRects().length) draw(div, figure);
      else forget(div);
    }
  }

  function choose(name) {
    chosen = name;
    redraw();
  }

  function theme(name) {
    root.dataset.theme = name;
    document.getElementById("theme").textContent = name === "dark" ? "Light" : "Dark";
    redraw();
  }

  function sort(head) {
    const row = head.parentElement;
    const column = [...row.children].indexOf(head);
    const body = head.closest("table").tBodies[0];
    const number = head.classList.contains("number");
    // Numbers from the highest, texts from A; once more turns it round.
    const before = head.getAttribute("aria-sort");
    const ascending = before ? before === "descending" : !number;
    for (const other of row.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    const key = (line) => line.cells[column].dataset.value;
    const isNumber = (text) => number && !Number.isNaN(Number(text));
    // A column of numbers may hold other choices: "[2, 4]", "null". They stand above all numbers.
    const rise = (a, b) => isNumber(a) && isNumber(b) ? Number(a) - Number(b)
      : isNumber(b) - isNumber(a) || a.localeCompare(b);
    const compare = (a, b) => rise(a, b) * (ascending ? 1 : -1);
    const lines = [...body.rows];
    const full = lines.filter((line) => key(line) !== "");
    full.sort((a, b) => compare(key(a), key(b)));
    body.append(...full, ...lines.filter((line) => key(line) === "")); // what has no value stands last
  }

  async function copy(button) {
    const rows = [...button.closest(".table").querySelectorAll("tr")].filter((row) => !row.hidden);
    const text = rows.map((row) => [...row.cells].map((c) => c.dataset.value ?? c.textContent.trim()).join("\t")).join("\n");
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // A page from disk may have no clipboard: select the table, so that the reader's own copy takes it.
      const range = document.createRange();
      range.selectNode(button.closest(".table").querySelector("table"));
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      document.execCommand("copy");
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  }

  document.addEventListener("click", (event) => {
    const head = event.target.closest("table.sortable th");
    if (head) sort(head);
    const button = event.target.closest("button.copy");
    if (button) copy(button);
  });
  document.getElementById("theme").addEventListener("click", () => theme(root.dataset.theme === "dark" ? "light" : "dark"));
  theme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

  // Plotly takes a second or two to start: tables and boxes are there, and work, before it does.
  function start() {
    const plotly = document.createElement("script");
    plotly.textContent = document.getElementById("plotly").textContent;
    document.body.append(plotly);
    for (const div of document.querySelectorAll(".figure")) {
      if (document.querySelector(`script[data-figure="${div.id}"]`)) near.observe(div);
    }
  }
  requestAnimationFrame(() => setTimeout(start));
  return { draw, coloured, colour, near, choose, forget };
})();
