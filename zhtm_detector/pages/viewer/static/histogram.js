// A histogram of averaged raw scores, the normal distribution over it, and the tail from one place on.
import { html, number, useWidth } from "./html.js";
import { Picture, spot } from "./picture.js";
import { density } from "./normal.js";
import { colour } from "./theme.js";

export const BINS = 50;

// counts: of BINS bins over [0, 1]; here: an average, marked; tailFrom: where the shaded tail begins; limit: a line that onDrag moves.
export function Histogram({ counts, total, mean, deviation, here, tailFrom = here, limit, onDrag, label, height = 150 }) {
  const [place, width] = useWidth();
  const base = height - 16;
  const known = mean !== null && deviation !== null && deviation < 100;
  let most = 0;
  for (const n of counts) most = Math.max(most, n);
  const peak = Math.max(most / Math.max(total, 1), known ? density(mean, mean, deviation) / BINS : 0) || 1;
  const drag = (event) => {
    if (event.type === "pointerdown") event.currentTarget.setPointerCapture(event.pointerId);
    if (event.currentTarget.hasPointerCapture(event.pointerId)) onDrag(Math.min(1, Math.max(0, spot(event)[0] / width)));
  };
  return html`<div ref=${place}><${Picture} width=${width} height=${height} label=${label} class=${onDrag ? "drags" : ""}
    onPointerDown=${onDrag && drag} onPointerMove=${onDrag && drag}
    draw=${(context) => {
      const tall = (share) => (share / peak) * (base - 8);
      context.fillStyle = colour("bar");
      for (let i = 0; i < BINS; i++) {
        const high = tall(counts[i] / Math.max(total, 1));
        context.fillRect((i / BINS) * width, base - high, width / BINS - 1, high);
      }
      if (known) {
        const curve = (from) => {
          context.beginPath();
          for (let x = Math.floor(from * width); x <= width; x += 1) context.lineTo(x, base - tall(density(x / width, mean, deviation) / BINS));
        };
        if (tailFrom !== null && tailFrom !== undefined) {
          curve(tailFrom);
          context.lineTo(width, base);
          context.lineTo(tailFrom * width, base);
          context.fillStyle = colour("tail");
          context.fill();
        }
        curve(0);
        context.strokeStyle = colour("score");
        context.lineWidth = 1.8;
        context.stroke();
      }
      const upright = (x, name, dash) => {
        context.strokeStyle = colour(name);
        context.lineWidth = 2;
        context.setLineDash(dash);
        context.beginPath();
        context.moveTo(x * width, 0);
        context.lineTo(x * width, base);
        context.stroke();
        context.setLineDash([]);
      };
      if (limit !== null && limit !== undefined) upright(limit, "threshold", [5, 4]);
      if (here !== null && here !== undefined) upright(here, "bursting", []);
      context.fillStyle = colour("faint");
      context.font = "11px system-ui, sans-serif";
      for (const x of [0, 0.25, 0.5, 0.75, 1]) {
        context.textAlign = x === 0 ? "left" : x === 1 ? "right" : "center";
        context.fillText(number(x), x * width, height - 3);
      }
    }} /></div>`;
}
