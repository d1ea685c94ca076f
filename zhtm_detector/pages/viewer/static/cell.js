// One cell: its segments, the synapses into and out of it, and how they changed over the run.
import { useEffect, useState } from "preact/hooks";
import { AsText, Card, Facts, count, html, number, useWidth } from "./html.js";
import { cellAt, historyOf } from "./one_cell.js";
import { Picture } from "./picture.js";
import { colour } from "./theme.js";

const MOST_ROWS = 300;

export function CellCard({ trace, frame, cell, setCell, playing }) {
  const { deep, columns } = trace;
  const [state, setState] = useState({ found: null, cell: null, i: null, error: "" });
  const { i } = frame;
  useEffect(() => {
    if (cell === null || playing) return undefined;
    let here = true;
    cellAt(trace, i, cell).then(
      (found) => here && setState({ found, cell, i, error: "" }),
      (error) => here && setState({ found: null, cell, i, error: error.message }),
    );
    return () => { here = false; };
  }, [trace, i, cell, playing]);
  const chosen = cell !== null && cell < columns * deep;
  const fresh = chosen && state.cell === cell && state.found;
  const pick = (event) => {
    const value = Number(event.target.value);
    if (event.target.value !== "" && Number.isInteger(value) && value >= 0 && value < columns * deep) setCell(value);
  };
  return html`<${Card} id="cell" title=${chosen ? `Cell ${number(cell)}` : "One cell"}
    aside=${chosen ? `column ${Math.floor(cell / deep)}, place ${cell % deep}` : ""}>
    <div class="pick"><label>Cell <input type="number" id="cell-number" min="0" max=${columns * deep - 1} value=${chosen ? cell : ""}
      placeholder="number" onChange=${pick} /></label>
      ${frame.winners.length > 0 && html`<button type="button"
        onClick=${() => setCell(frame.winners[(frame.winners.indexOf(cell) + 1) % frame.winners.length])}>Next winner</button>`}
      ${chosen && html`<button type="button" onClick=${() => setCell(null)}>Clear</button>`}</div>
    ${!chosen && html`<p class="note">Press a cell in the picture, or type its number, to see its segments and synapses. With the picture of columns focused, the arrow keys move.</p>`}
    ${chosen && state.error && html`<p class="warning" role="alert">${state.error}</p>`}
    ${chosen && !state.error && !fresh && html`<p
      class="note">${state.cell === cell && state.found === null && state.i === i ? "The model has no segments yet." : "Reading …"}</p>`}
    ${fresh && html`<${Found} trace=${trace} frame=${frame} cell=${cell} found=${state.found} stale=${state.i !== i} setCell=${setCell} />`}
    ${chosen && html`<${History} trace=${trace} cell=${cell} at=${i} />`}
  </${Card}>`;
}

function stateOf(frame, cell) {
  const said = [];
  if (frame.correctCells.includes(cell)) said.push("active, as predicted");
  else if (frame.activeCells.includes(cell)) said.push("active, its column bursts");
  else said.push("not active");
  if (frame.burstWinners.includes(cell)) said.push("winner");
  if (frame.missedCells.includes(cell)) said.push("was predicted");
  if (frame.predictive.includes(cell)) said.push("predicts the next record");
  return said.join("; ");
}

function Found({ trace, frame, cell, found, stale, setCell }) {
  const { segments, out } = found;
  const link = (other) => html`<button type="button" class="linkish" onClick=${() => setCell(other)}>${other}</button>`;
  const incoming = segments.flatMap(({ segment, synapses }) => synapses.map((one) => ({ segment, ...one })));
  return html`<${Facts} rows=${[
      ["At this record", stateOf(frame, cell)], ["Segments", `${segments.length}${segments.length ? ` (${segments.filter((one) => one.state === "active").length} active)` : ""}`],
      ["Synapses in", `${incoming.length}, ${incoming.filter((one) => one.connected).length} connected`],
      ["Synapses out", `${out.length}, ${out.filter((one) => one.connected).length} connected`],
    ]} />
    ${stale && html`<p class="note">As of the last record that was stopped at.</p>`}
    ${segments.length > 0 && html`<h3>In: segments of this cell</h3><${SegmentBars} segments=${segments}
      connected=${trace.header.model.params.temporal_memory.connected_permanence} />
      <div class="synapses" tabindex="0" role="region" aria-label="Synapses into this cell"><table><thead><tr>
        <th class="number">Segment</th><th class="number">From cell</th><th class="number">Permanence</th>
        <th class="text">State</th></tr></thead>
        <tbody>${incoming.slice(0, MOST_ROWS).map((one) => html`<tr><td class="number">${one.segment}</td>
          <td class="number">${link(one.cell)}</td><td class="number">${one.permanence.toFixed(3)}</td>
          <td class="text">${one.connected ? "connected" : "potential"}${one.active ? ", active" : ""}</td></tr>`)}</tbody></table></div>`}
    ${out.length > 0 && html`<h3>Out: segments that this cell feeds</h3>
      <div class="synapses" tabindex="0" role="region" aria-label="Synapses out of this cell"><table><thead><tr>
        <th class="number">Segment</th><th class="number">Of cell</th><th class="number">Permanence</th>
        <th class="text">State</th></tr></thead>
        <tbody>${out.slice(0, MOST_ROWS).map((one) => html`<tr><td class="number">${one.segment}</td>
          <td class="number">${link(one.owner)}</td><td class="number">${one.permanence.toFixed(3)}</td>
          <td class="text">${one.connected ? "connected" : "potential"}, segment ${one.state}</td></tr>`)}</tbody></table></div>`}
    <p aria-live="polite" class="hidden-text"
      id="cell-said">Cell ${cell}: ${stateOf(frame, cell)}; ${count(segments.length, "segment")}, ${incoming.length} synapses in, ${out.length} out.</p>`;
}

// A row of squares for each segment: a synapse's height is its permanence.
function SegmentBars({ segments, connected }) {
  const [place, width] = useWidth();
  const high = 26;
  const shown = segments.slice(0, 24);
  const most = Math.max(...shown.map((one) => one.synapses.length));
  const wide = Math.max(2, Math.min(8, Math.floor((width - 4) / Math.max(most, 1))));
  return html`<div ref=${place}><${Picture} width=${width} height=${shown.length * (high + 5)}
    label=${`${count(segments.length, "segment")}; the bars are permanences, those of connected synapses reach ${connected}.`}
    draw=${(context) => shown.forEach(({ synapses }, row) => {
      const base = row * (high + 5) + high;
      context.fillStyle = colour("empty");
      context.fillRect(0, base - high, width, high);
      synapses.forEach((one, k) => {
        const tall = Math.max(1, one.permanence * high);
        context.fillStyle = colour(one.active ? "correct" : one.connected ? "active" : "faint");
        context.fillRect(k * wide, base - tall, wide - 1, tall);
      });
      context.strokeStyle = colour("threshold");
      context.setLineDash([4, 3]);
      context.beginPath();
      context.moveTo(0, base - connected * high + 0.5);
      context.lineTo(width, base - connected * high + 0.5);
      context.stroke();
    })} /></div>
    <p class="note">Each row is a segment, each bar a synapse: green if its cell is active now; the line is the permanence from which it is connected.</p>`;
}

function History({ trace, cell, at }) {
  const [open, setOpen] = useState(false);
  const [state, setState] = useState({ cell: null, lines: [], done: 0 });
  const [place, width] = useWidth();
  useEffect(() => {
    if (!open) return undefined;
    let stopped = false;
    historyOf(trace, cell, (lines, done) => stopped || setState({ cell, lines, done }), () => stopped);
    return () => { stopped = true; };
  }, [trace, cell, open]);
  const height = 130;
  const mine = state.cell === cell ? state : { lines: [], done: 0 };
  const points = mine.lines.reduce((sum, line) => sum + line.points.length, 0);
  const connected = trace.header.model.params.temporal_memory.connected_permanence;
  return html`<details class="as-text history" open=${open} onToggle=${(event) => setOpen(event.currentTarget.open)}>
    <summary>History over the run</summary><div ref=${place}>
    ${open && html`<${Picture} width=${width} height=${height}
      label=${`Permanences of ${mine.lines.length} synapses into cell ${cell} over the run, ${points} changes.`}
      draw=${(context) => {
        context.fillStyle = colour("empty");
        context.fillRect(0, 0, width, height);
        const x = (i) => (i / Math.max(1, trace.length - 1)) * width;
        const y = (permanence) => height - 2 - permanence * (height - 4);
        context.strokeStyle = colour("score");
        context.globalAlpha = Math.max(0.12, Math.min(0.8, 20 / Math.max(1, mine.lines.length)));
        for (const { points: line } of mine.lines) {
          context.beginPath();
          let before = null;
          for (const [i, permanence] of line) {
            if (before !== null) context.lineTo(x(i), y(before));
            if (permanence !== null) {
              if (before === null) context.moveTo(x(i), y(permanence));
              context.lineTo(x(i), y(permanence));
            }
            before = permanence;
          }
          if (before !== null) context.lineTo(width * mine.done, y(before));
          context.stroke();
        }
        context.globalAlpha = 1;
        context.strokeStyle = colour("threshold");
        context.setLineDash([4, 3]);
        context.beginPath();
        context.moveTo(0, y(connected));
        context.lineTo(width, y(connected));
        context.stroke();
        context.setLineDash([]);
        context.strokeStyle = colour("ink");
        context.beginPath();
        context.moveTo(x(at), 0);
        context.lineTo(x(at), height);
        context.stroke();
      }} />
      <p class="note" id="history-said">${mine.done < 1 ? `Reading … ${Math.round(100 * mine.done)}%` : `${count(mine.lines.length, "synapse")} into this cell over the run, with ${number(points)} changes; dashed: connected.`}</p>
      ${mine.done === 1 && mine.lines.length > 0 && html`<${AsText} name="History as text" text=${() => html`<table><thead><tr>
        <th class="number">Segment</th><th class="number">From cell</th><th class="number">First at</th><th class="number">Changes</th>
        <th class="number">Last permanence</th></tr></thead>
        <tbody>${mine.lines.slice(0, MOST_ROWS).map(({ segment, from, points: line }) => html`<tr><td class="number">${segment}</td>
          <td class="number">${from}</td><td class="number">${trace.first + line[0][0]}</td>
          <td class="number">${line.length}</td><td
            class="number">${line.at(-1)[1] === null ? "removed" : line.at(-1)[1].toFixed(3)}</td></tr>`)}</tbody></table>`} />`}`}
  </div></details>`;
}
