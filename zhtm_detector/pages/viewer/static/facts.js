// The record under the cursor in numbers and words: score, prediction, evidence, and why.
import { AsText, Card, Facts, Legend, count, html, listed, number } from "./html.js";
import { timeText } from "./times.js";

export function RecordCard({ trace, frame, playing }) {
  const { i } = frame;
  const { series, threshold } = trace;
  const alert = trace.isAlert(i);
  const record = trace.first + i;
  const why = trace.why(frame);
  const said = `Record ${record}, ${timeText(series.time[i])}: value ${number(series.value[i])}, score ${number(series.score[i])}${alert ? ", alert" : ""}. ${why}`;
  return html`<${Card} id="record-card" wide=${trace.what === "region" ? "third stretch" : "half stretch"}
    title=${`Record ${number(record)}`} aside=${timeText(series.time[i])}>
    <div class="now">
      <div><span>value</span><b>${number(series.value[i])}</b></div>
      <div><span>score</span><b>${series.score[i].toFixed(4)}</b></div>
      <div>${alert ? html`<span class="badge">▲ alert</span>` : html`<span class="badge calm">below the threshold</span>`}</div>
    </div>
    <p class="why">${why}</p>
    <${Facts} rows=${[
      ...(trace.hasRaw ? [["Raw score", number(series.raw[i])], ["Likelihood", number(series.likelihood[i], 6)]] : []),
      ...(trace.hasNovelty ? [["Novelty of the value", number(series.novelty[i])]] : []),
      ["Before silencing", number(series.unsilenced[i])],
      ["Silenced", series.silenced[i] ? "yes" : "no"], ["Outside the range so far", series.out_of_range[i] ? "yes" : "no"],
      ["Threshold", threshold === null ? "none" : number(threshold)],
    ]} />
    <p aria-live=${playing ? "off" : "polite"} class="hidden-text" id="said">${playing ? "Playing" : said}</p>
  </${Card}>`;
}

export function PredictionCard({ trace, frame }) {
  const { correct, bursting, missed, predictive } = frame;
  const total = correct.length + bursting.length + missed.length;
  const part = (columns) => ({ width: `${(100 * columns.length) / Math.max(total, 1)}%` });
  const deep = trace.deep;
  const next = new Set(Array.from(predictive, (cell) => Math.floor(cell / deep)));
  return html`<${Card} id="prediction" wide="third stretch" title="Predicted, and came"
    aside=${`${number(frame.active.length)} active columns`}>
    <div class="stack" role="img"
      aria-label=${`${correct.length} columns predicted and came, ${bursting.length} came unpredicted, ${missed.length} were predicted and did not come.`}>
      <i class="correct" style=${part(correct)}></i><i class="bursting" style=${part(bursting)}></i>
        <i class="missed" style=${part(missed)}></i></div>
    <${Legend} items=${[["correct", `came as predicted: ${correct.length}`], ["bursting", `burst: ${bursting.length}`], ["missed", `did not come: ${missed.length}`]]} />
    <${Facts} rows=${[
      ["Predicted columns", number(correct.length + missed.length)],
      ["Raw score: share that burst", number(frame.active.length ? bursting.length / frame.active.length : 0)],
      ["Active cells", number(frame.activeCells.length)],
      ["For the next record", `${count(predictive.length, "cell")} in ${count(next.size, "column")}`],
      ["Came of them", frame.nextCame === null ? "not known yet" : `${frame.nextCame} of ${next.size}`],
    ]} />
    <${AsText} name="Columns as text" text=${() => html`<p>Came as predicted: ${listed(correct)}</p><p>Burst: ${listed(bursting)}</p>
      <p>Did not come: ${listed(missed)}</p>`} />
  </${Card}>`;
}

export function EvidenceCard({ trace, frame }) {
  const rows = trace.header.voters.map((name, k) => [name, trace.series.evidence[k][frame.i]]);
  return html`<${Card} id="evidence" wide=${trace.what === "region" ? "third stretch" : "half stretch"} title="Evidence of each voter"
    aside="0 to 1">
    <${Bars} rows=${rows} head="Voter" />
    <p class="note">The vote combines the evidence into the score; out of the range seen so far, and soon after another alert, other rules apply.</p>
  </${Card}>`;
}

export function Bars({ rows, head }) {
  return html`<table class="evidence"><thead><tr><th scope="col">${head}</th><th scope="col" class="bar">
    <span class="hidden-text">Bar</span></th><th scope="col" class="number">Evidence</th></tr></thead>
    <tbody>${rows.map(([name, value]) => html`<tr><th scope="row">${name}</th>
      <td class="bar"><i style=${{ width: `${100 * Math.min(1, Math.max(0, value || 0))}%` }}></i></td>
        <td class="number">${number(value, 3)}</td></tr>`)}</tbody></table>`;
}
