// Canvases: sharp on any screen, drawn again when size, theme or content change.
import { useLayoutEffect, useRef } from "preact/hooks";
import { html } from "./html.js";
import { colour, useTheme } from "./theme.js";

// draw(context, width, height) in CSS pixels.
export function Picture({ width, height, label, draw, ...events }) {
  const place = useRef(null);
  useTheme();
  useLayoutEffect(() => {
    const canvas = place.current;
    const ratio = window.devicePixelRatio || 1;
    const [wide, high] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
    if (canvas.width !== wide) canvas.width = wide;
    if (canvas.height !== high) canvas.height = high;
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    draw(context, width, height);
  });
  return html`<canvas ref=${place} role="img" aria-label=${label}
    style=${{ width: `${width}px`, height: `${height}px` }} ...${events}></canvas>`;
}

// Where a pointer is on a canvas, in CSS pixels.
export function spot(event) {
  const box = event.currentTarget.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

// An empty grid, drawn once for each size and theme: most of a picture is empty, and it is drawn for every record.
const grids = new Map();

export function emptyGrid(context, total, perRow, wide, tall, top = 0) {
  const ratio = window.devicePixelRatio || 1;
  const key = [total, perRow, wide, tall, ratio, colour("empty")].join(" ");
  if (!grids.has(key)) {
    if (grids.size > 40) grids.clear();
    const canvas = document.createElement("canvas");
    canvas.width = Math.ceil(perRow * wide * ratio);
    canvas.height = Math.ceil(Math.ceil(total / perRow) * tall * ratio);
    const own = canvas.getContext("2d");
    own.setTransform(ratio, 0, 0, ratio, 0, 0);
    own.fillStyle = colour("empty");
    for (let i = 0; i < total; i++) own.fillRect((i % perRow) * wide, Math.floor(i / perRow) * tall, wide - 1, tall - 1);
    grids.set(key, canvas);
  }
  const canvas = grids.get(key);
  context.drawImage(canvas, 0, top, canvas.width / ratio, canvas.height / ratio);
}

// A colour between two, both #rrggbb; share in [0, 1].
export function between(low, high, share) {
  const part = (text, from) => parseInt(text.slice(from, from + 2), 16);
  const mixed = [1, 3, 5].map((from) => Math.round(part(low, from) + (part(high, from) - part(low, from)) * share));
  return `rgb(${mixed.join(",")})`;
}
