// Lines over a common x axis, by uPlot; windows, a threshold and alerts on it, and a cursor that is dragged.
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { html, useWidth } from "./html.js";
import { colour, useTheme } from "./theme.js";

const FONT = "11px system-ui, sans-serif";
const AXIS = 52; // pixels, the same in all charts, so that those below each other line up

function options(props, width) {
  const { lines, height, axis = true, yText, yRange, ySize = AXIS } = props;
  const grid = { stroke: colour("line"), width: 1 };
  const common = { stroke: colour("faint"), font: FONT, grid, ticks: { ...grid, size: 4 } };
  return {
    width, height, padding: [8, 16, axis ? 0 : 8, 0], legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false, points: { show: false }, x: false },
    scales: { x: { time: false, range: (u, low, high) => props.range ?? [low, Math.max(high, low + 1)] }, y: yRange ? { range: () => props.yRange } : {} },
    axes: [
      { ...common, size: axis ? 20 : 0, show: axis, space: 90, gap: 2, values: (u, at) => at.map((x) => (props.xText ? props.xText(x) : x)) },
      { ...common, size: ySize, space: 28, gap: 2, values: yText ? (u, at) => at.map(yText) : undefined },
    ],
    series: [{}, ...lines.map((line) => ({
      label: line.label, stroke: colour(line.colour), width: line.width ?? 1.2, spanGaps: false,
      points: { show: false }, dash: line.dash, fill: line.fill && colour(line.fill),
    }))],
    hooks: { drawClear: [(u) => behind(u, props)], draw: [(u) => before(u, props), props.placed] },
  };
}

function behind(u, { windows = [] }) {
  const { left, top, width, height } = u.bbox;
  u.ctx.save();
  u.ctx.fillStyle = colour("window");
  for (const [first, last] of windows) {
    const from = Math.max(left, u.valToPos(first - 0.5, "x", true));
    const to = Math.min(left + width, u.valToPos(last + 0.5, "x", true));
    if (to > left && from < left + width) u.ctx.fillRect(from, top, Math.max(to - from, 2), height);
  }
  u.ctx.restore();
}

function before(u, { threshold, marks = [] }) {
  const { left, top, width, height } = u.bbox;
  const ratio = window.devicePixelRatio || 1;
  u.ctx.save();
  u.ctx.beginPath();
  u.ctx.rect(left, top, width, height);
  u.ctx.clip();
  if (threshold !== undefined && threshold !== null) {
    const y = u.valToPos(threshold, "y", true);
    u.ctx.strokeStyle = colour("threshold");
    u.ctx.setLineDash([5 * ratio, 4 * ratio]);
    u.ctx.lineWidth = ratio;
    u.ctx.beginPath();
    u.ctx.moveTo(left, y);
    u.ctx.lineTo(left + width, y);
    u.ctx.stroke();
    u.ctx.setLineDash([]);
  }
  u.ctx.fillStyle = colour("bursting");
  for (const [x, y] of marks) {
    const [px, py] = [u.valToPos(x, "x", true), u.valToPos(y, "y", true)];
    if (px < left - 9 || px > left + width + 9) continue;
    u.ctx.beginPath(); // a triangle: alerts differ from lines by more than colour
    u.ctx.moveTo(px - 4 * ratio, py + 6 * ratio);
    u.ctx.lineTo(px + 4 * ratio, py + 6 * ratio);
    u.ctx.lineTo(px, py - 1 * ratio);
    u.ctx.fill();
  }
  u.ctx.restore();
}

function placeLine(u, line, at) {
  if (!u || !line) return;
  const x = at === undefined || at === null ? NaN : u.valToPos(at, "x");
  const inside = x >= 0 && x <= u.bbox.width / (window.devicePixelRatio || 1) + 1; // asks for no layout
  line.style.transform = inside ? `translateX(${x}px)` : "translateX(-9999px)";
}

// at: x of the cursor; onPick(x): the pointer is down at x.
export function Chart(props) {
  const { data, height, at, onPick, label, range, windows, threshold, marks } = props;
  const [place, width] = useWidth(600);
  const chart = useRef(null);
  const line = useRef(null);
  const latest = useRef(props);
  latest.current = props;
  const theme = useTheme();
  useLayoutEffect(() => {
    const live = new Proxy({ placed: () => placeLine(chart.current, line.current, latest.current.at) }, {
      get: (own, name) => own[name] ?? latest.current[name],
    });
    const u = new uPlot(options(live, Math.max(width, 120)), data, place.current);
    chart.current = u;
    line.current = document.createElement("div");
    line.current.className = "cursor-line";
    u.over.append(line.current);
    const pick = (event) => {
      if (!latest.current.onPick) return;
      const box = u.over.getBoundingClientRect();
      latest.current.onPick(u.posToVal(Math.min(Math.max(event.clientX - box.left, 0), box.width), "x"));
    };
    u.over.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      u.over.setPointerCapture(event.pointerId);
      pick(event);
    });
    u.over.addEventListener("pointermove", (event) => u.over.hasPointerCapture(event.pointerId) && pick(event));
    return () => u.destroy();
  }, [theme, data.length]);
  useEffect(() => chart.current.setSize({ width: Math.max(width, 120), height }), [width, height]);
  const first = useRef(true);
  useLayoutEffect(() => {
    if (first.current) first.current = false;
    else chart.current.setData(data);
  }, [data]);
  useLayoutEffect(() => {
    if (range) chart.current.setScale("x", { min: range[0], max: range[1] });
    else chart.current.redraw(false);
  }, [range?.[0], range?.[1], windows, threshold, marks]);
  useLayoutEffect(() => {
    placeLine(chart.current, line.current, at);
  });
  return html`<div class=${`chart ${onPick ? "scrubs" : ""}`} ref=${place} role="img" aria-label=${label}></div>`;
}
