"use strict";
// Light and dark, a choice that figures share, figures that are drawn when they come near the window, tables that are sorted and copied.
const page = (() => {
  const root = document.documentElement;
  const colour = (name) => getComputedStyle(root).getPropertyValue("--" + name).trim();
  const narrow = matchMedia("(pointer: coarse), (max-width: 600px)").matches;

  // References to the colours of the style sheet and to a figure's arrays (see Figure in figure.py).
  function resolved(value, arrays) {
    if (Array.isArray(value)) return value.map((inner) => resolved(inner, arrays));
    if (value === null || typeof value !== "object") return value;
    if ("$colour" in value) return colour(value.$colour);
    if ("$array" in value) return arrays[value.$array];
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner, arrays)]));
  }

  const config = {
    responsive: true, displaylogo: false, scrollZoom: false, displayModeBar: narrow ? false : "hover",
    showSendToCloud: false, plotlyServerURL: "", modeBarButtonsToRemove: ["sendChartToCloud", "select2d", "lasso2d"],
  };
  const drawn = new Map();
  const zooms = new Map();
  let chosen = "";
  function draw(div, figure) {
    drawn.set(div, figure);
    const choices = figure.choices ?? {};
    const extra = choices[chosen] ?? Object.values(choices)[0] ?? { data: [], shapes: [] };
    const zoomed = zooms.get(div);
    const layout = {
      ...figure.layout, shapes: [...(figure.layout.shapes ?? []), ...extra.shapes],
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom", // a finger scrolls the page
      uirevision: zoomed?.number ?? "keep", // the reader's own zoom outlives another colour or choice
    };
    if (zoomed?.range) layout.xaxis = { ...layout.xaxis, range: zoomed.range };
    const traces = resolved([...figure.data, ...extra.data], figure.arrays);
    return Plotly.react(div, traces, resolved(layout, figure.arrays), config);
  }

  // Show a stretch of a figure's x axis; without a range, all of it.
  function zoom(div, range) {
    zooms.set(div, { range, number: (zooms.get(div)?.number ?? 0) + 1 });
    if (drawn.has(div)) draw(div, drawn.get(div));
  }

  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      near.unobserve(entry.target);
      const source = document.querySelector(`script[data-figure="${entry.target.id}"]`);
      draw(entry.target, JSON.parse(source.textContent));
    }
  }, { rootMargin: "300px" });

  // Free a figure that is out of sight; it is drawn again once it is near the window.
  function forget(div) {
    if (!drawn.delete(div)) return;
    Plotly.purge(div);
    near.observe(div);
  }

  function redraw() {
    for (const [div, figure] of [...drawn]) {
      if (div.getClientRects().length) draw(div, figure);
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
    // Numbers descend and texts ascend at first; the next click reverses the order.
    const before = head.getAttribute("aria-sort");
    const ascending = before ? before === "descending" : !number;
    for (const other of row.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    const key = (line) => line.cells[column].dataset.value;
    const isNumber = (text) => number && !Number.isNaN(Number(text));
    // A numeric column may hold other choices: "[2, 4]", "null". They rank above all numbers.
    const rise = (a, b) => isNumber(a) && isNumber(b) ? Number(a) - Number(b)
      : isNumber(b) - isNumber(a) || a.localeCompare(b);
    const compare = (a, b) => rise(a, b) * (ascending ? 1 : -1);
    const lines = [...body.rows];
    const full = lines.filter((line) => key(line) !== "");
    full.sort((a, b) => compare(key(a), key(b)));
    body.append(...full, ...lines.filter((line) => key(line) === "")); // empty cells last
  }

  async function copy(button) {
    const rows = [...button.closest(".table").querySelectorAll("tr")].filter((row) => !row.hidden);
    const text = rows.map((row) => [...row.cells].map((c) => c.dataset.value ?? c.textContent.trim()).join("\t")).join("\n");
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // A page from disk may have no clipboard: select the table and copy the selection.
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

  // Plotly takes a second or two to start; tables and boxes work before that.
  function start() {
    const plotly = document.createElement("script");
    plotly.textContent = document.getElementById("plotly").textContent;
    document.body.append(plotly);
    for (const div of document.querySelectorAll(".figure")) {
      if (document.querySelector(`script[data-figure="${div.id}"]`)) near.observe(div);
    }
  }
  requestAnimationFrame(() => setTimeout(start));
  return { choose, forget, zoom };
})();
