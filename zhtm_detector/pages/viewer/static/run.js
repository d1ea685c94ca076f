// A recorded run: the series, and beside it every layer at the record under the cursor.
import { useEffect, useRef, useState } from "preact/hooks";
import { BitsCard } from "./bits.js";
import { CellCard } from "./cell.js";
import { CellsCard } from "./cells.js";
import { ColumnsCard } from "./columns.js";
import { EvidenceCard, PredictionCard, RecordCard } from "./facts.js";
import { LikelihoodCard } from "./likelihood.js";
import { html } from "./html.js";
import { useKeys, usePlayer } from "./player.js";
import { SeriesCard } from "./series.js";
import { ViewsCard } from "./views.js";

export function RunView({ trace, place, setPlace }) {
  const inside = (i) => Math.max(0, Math.min(trace.length - 1, i));
  const at = inside((place.record ?? trace.first) - trace.first);
  const [, redraw] = useState(0);
  const latest = useRef(place);
  latest.current = place;
  const setAt = (i) => setPlace({ ...latest.current, view: "run", record: trace.first + inside(i) });
  const setCell = (cell) => setPlace({ ...latest.current, view: "run", record: trace.first + at, cell });
  const player = usePlayer(trace, at, setAt);
  const alert = (step) => {
    const found = step > 0 ? trace.alerts.find((i) => i > at) : trace.alerts.findLast((i) => i < at);
    if (found !== undefined) setAt(found);
  };
  const jumps = {
    first: () => setAt(0), last: () => setAt(trace.length - 1), back: () => setAt(at - 1), on: () => setAt(at + 1),
    next: () => alert(1), previous: () => alert(-1),
  };
  useKeys({
    ArrowLeft: jumps.back, ArrowRight: jumps.on, "Shift+ArrowLeft": () => setAt(at - 10), "Shift+ArrowRight": () => setAt(at + 10),
    PageUp: () => setAt(at - 100), PageDown: () => setAt(at + 100), Home: jumps.first, End: jumps.last,
    n: jumps.next, p: jumps.previous, " ": () => player.setPlaying(!player.playing),
  });
  const shown = useRef(null);
  if (trace.has(at)) shown.current = trace.frame(at);
  useEffect(() => {
    let here = true;
    if (!trace.has(at)) trace.load(at).then(() => here && redraw((n) => n + 1));
    trace.prefetch(at);
    return () => { here = false; };
  }, [trace, at]);
  const frame = shown.current;
  const region = trace.what === "region";
  const rest = frame && { trace, frame };
  return html`<div class="run">
    <${SeriesCard} trace=${trace} at=${at} setAt=${setAt} player=${player} jumps=${jumps} />
    ${frame && html`
      <${RecordCard} ...${rest} playing=${player.playing} />
      ${region && html`<${PredictionCard} ...${rest} />`}
      <${EvidenceCard} ...${rest} />
      ${region && html`<div class="stack-of most">
        <${CellsCard} ...${rest} cell=${place.cell} setCell=${setCell} />
        <div class="pair"><${ColumnsCard} ...${rest} playing=${player.playing} /><${BitsCard} ...${rest} /></div>
      </div>`}
      ${!region && trace.header.views.length > 0 && html`<div class="stack-of most"><${ViewsCard} ...${rest} /></div>`}
      <div class="stack-of third">
        ${region && html`<${CellCard} ...${rest} cell=${place.cell} setCell=${setCell} playing=${player.playing} />`}
        ${trace.hasRaw && html`<${LikelihoodCard} ...${rest} />`}
      </div>
    `}
  </div>`;
}
