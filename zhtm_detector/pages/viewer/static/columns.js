// The spatial pooler's columns: the larger the square, the larger the overlap; its colour is what the memory said.
import { useEffect, useState } from "preact/hooks";
import { AsText, Card, Facts, Legend, html, listed, number, useWidth } from "./html.js";
import { Picture, between, emptyGrid } from "./picture.js";
import { colour } from "./theme.js";

// The overlaps of all columns, which the recording does not hold: the server works them out once the run rests.
function useOverlaps(trace, i, playing) {
  const [state, setState] = useState({ i: null, all: null });
  useEffect(() => {
    if (!trace.overlaps || playing) return undefined;
    const leave = new AbortController();
    const timer = setTimeout(() => trace.overlaps(i, leave.signal).then((all) => setState({ i, all }), () => {}), 350);
    return () => {
      clearTimeout(timer);
      leave.abort();
    };
  }, [trace, i, playing]);
  return state.i === i ? state.all : null;
}

export function ColumnsCard({ trace, frame, playing }) {
  const [place, width] = useWidth();
  const all = useOverlaps(trace, frame.i, playing || frame.active.length === 0); // none before the model has columns
  const { columns } = trace;
  const size = Math.max(5, Math.min(8, Math.floor(Math.sqrt((width * 260) / columns))));
  const perRow = Math.max(8, Math.floor(width / size));
  const { active, overlaps, bursting, missed } = frame;
  const burst = new Set(bursting);
  const [least, most] = overlaps.length ? [Math.min(...overlaps), Math.max(...overlaps)] : [0, 0];
  const highest = Math.max(1, ...(all ?? []));
  return html`<${Card} id="columns" title="Spatial pooler's columns" aside=${`${active.length} of ${number(columns)} active`}>
    <div ref=${place}><${Picture} width=${perRow * size} height=${Math.ceil(columns / perRow) * size}
      label=${`${active.length} active columns with overlaps from ${least} to ${most}; ${missed.length} were predicted and are not active.`}
      draw=${(context) => {
        const put = (column, share) => {
          const side = Math.max(2, Math.round((size - 1) * share));
          const inset = Math.floor((size - 1 - side) / 2);
          context.fillRect((column % perRow) * size + inset, Math.floor(column / perRow) * size + inset, side, side);
        };
        emptyGrid(context, columns, perRow, size, size);
        const [low, high] = [colour("empty"), colour("bar")];
        for (let i = 0; all && i < columns; i++) {
          context.fillStyle = between(low, high, all[i] / highest);
          put(i, 1);
        }
        active.forEach((column, k) => {
          context.fillStyle = colour(burst.has(column) ? "bursting" : "correct");
          put(column, most > least ? 0.55 + (0.45 * (overlaps[k] - least)) / (most - least) : 1);
        });
        context.strokeStyle = colour("missed");
        context.lineWidth = 1.5;
        for (const column of missed) context.strokeRect((column % perRow) * size + 1, Math.floor(column / perRow) * size + 1, size - 3, size - 3);
      }} /></div>
    <${Legend} items=${[["correct", "active, predicted"], ["bursting", "active, not predicted"], ["missed", "predicted only"], ...(all ? [["overlap", "overlap of the others"]] : [])]} />
    <${Facts} rows=${[
      ["Overlaps of active columns", `${least} to ${most}`], ["Size of an active column's square", "its overlap"],
      ...(trace.overlaps ? [["Overlaps of all columns", all ? `0 … ${highest}, mean ${number(all.reduce((sum, one) => sum + one, 0) / columns, 3)}` : "when the run rests"]] : []),
    ]} />
    <${AsText} text=${() => html`<p>${listed(Array.from(active, (column, k) => `${column} (overlap ${overlaps[k]})`), 60)}</p>`} />
  </${Card}>`;
}
