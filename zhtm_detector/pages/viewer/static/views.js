// Columns of presets that look at blocks of the stream: each view's mismatch and evidence, and its minicolumns.
import { AsText, Card, html, listed, number, useWidth } from "./html.js";
import { Picture } from "./picture.js";
import { colour } from "./theme.js";

// The last word of each view up to a record, as far as its parts are there.
export function lastWords(trace, i) {
  const found = new Map();
  for (let part = trace.partOf(i); part >= 0 && found.size < trace.header.views.length; part--) {
    const there = trace.parts.get(part);
    if (!there) break;
    for (let j = Math.min(i, there.start + there.records - 1); j >= there.start; j--) {
      if (there.ends.view_counts[j - there.start] === there.ends.view_counts[j - there.start + 1]) continue;
      for (const word of there.views(j - there.start)) if (!found.has(word.view)) found.set(word.view, word);
    }
  }
  return [...found.values()].sort((a, b) => a.view - b.view);
}

export function ViewsCard({ trace, frame }) {
  const words = lastWords(trace, frame.i);
  const now = words.filter((word) => word.i === frame.i).length;
  const hasCodes = words.some((word) => word.minicolumns.length > 0);
  return html`<${Card} id="views" title="Views of the stream"
    aside=${`${words.length} of ${trace.header.views.length} views; the blocks of ${now} ended with this record`}>
    <div class="scroll views"><table class="evidence"><thead><tr><th scope="col">View</th><th scope="col" class="bar">Evidence</th>
      <th class="number"></th><th scope="col" class="number">Mismatch</th>
      <th scope="col" class="number">Unseen</th><th scope="col" class="number">Seen</th>${hasCodes && html`<th
        scope="col">Minicolumns</th>`}<th scope="col" class="number">Block ended</th></tr></thead>
      <tbody>${words.map((word) => html`<tr class=${word.i === frame.i ? "just-now" : ""}>
        <th scope="row">${trace.header.views[word.view]}</th>
        <td class="bar"><i style=${{ width: `${100 * Math.min(1, Math.max(0, word.evidence))}%` }}></i></td>
          <td class="number">${number(word.evidence, 3)}</td>
        <td class="number">${number(word.mismatch, 3)}</td><td class="number">${number(word.unseen, 3)}</td>
          <td class="number">${number(word.seen)}</td>
        ${hasCodes && html`<td><${Code} word=${word} name=${trace.header.views[word.view]} /></td>`}
        <td class="number">${word.i === frame.i ? "now" : `${number(frame.i - word.i)} ago`}</td></tr>`)}</tbody></table></div>
    ${hasCodes && html`<${AsText} name="Minicolumns as text"
      text=${() => html`${words.map((word) => html`<p>${trace.header.views[word.view]}: ${listed(word.minicolumns)}</p>`)}`} />`}
  </${Card}>`;
}

// A strip: each active minicolumn at its place.
function Code({ word, name }) {
  const [place, width] = useWidth(200);
  const most = Math.max(256, ...word.minicolumns) + 1;
  return html`<div ref=${place} class="strip"><${Picture} width=${width} height=12
    label=${`${name}: ${word.minicolumns.length} active minicolumns.`}
    draw=${(context) => {
      context.fillStyle = colour("empty");
      context.fillRect(0, 0, width, 12);
      context.fillStyle = colour("first");
      for (const one of word.minicolumns) context.fillRect(Math.floor((one / most) * (width - 2)), 0, 2, 12);
    }} /></div>`;
}
