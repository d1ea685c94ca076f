// Encoders: the bits of two values, and how much they share.
import { useState } from "preact/hooks";
import { useAnswer } from "./ask.js";
import { Chart } from "./chart.js";
import { Demo, setter } from "./demo.js";
import { AsText, Card, Choice, Facts, Legend, Slider, html, listed, number, useWidth } from "./html.js";
import { Picture } from "./picture.js";
import { colour } from "./theme.js";

const KINDS = [
  ["random", "Random distributed scalar"], ["scalar", "Scalar"], ["periodic", "Scalar, periodic"],
  ["date", "Date and time"], ["record", "Record: value, date and time"],
];
const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Mon"];

export function hourText(hours) {
  const minutes = Math.round(hours * 60);
  const two = (part) => String(part).padStart(2, "0");
  return `${DAYS[Math.floor(minutes / 1440)]} ${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}`;
}

export function EncodersDemo() {
  const [settings, set] = useState({ kind: "random", value: 40, other: 46, time: 9, other_time: 11.5, active_bits: 21, resolution: 2 });
  const { answer, error } = useAnswer("encoders", settings);
  const change = setter(settings, set);
  const { kind } = settings;
  const [usesValue, usesTime] = [kind !== "date", kind === "date" || kind === "record"];
  const controls = html`
    <${Choice} label="Encoder" value=${kind} options=${KINDS} onChange=${change("kind")} />
    ${usesValue && html`<${Slider} label="Value A" value=${settings.value} min=${0} max=${100} step=${0.5} onChange=${change("value")} />
      <${Slider} label="Value B" value=${settings.other} min=${0} max=${100} step=${0.5} onChange=${change("other")} />`}
    ${usesTime && html`<${Slider} label="Time A" value=${settings.time} min=${0} max=${168} step=${0.25} shown=${hourText(settings.time)}
      onChange=${change("time")} />
      <${Slider} label="Time B" value=${settings.other_time} min=${0} max=${168} step=${0.25} shown=${hourText(settings.other_time)}
        onChange=${change("other_time")} />`}
    <${Slider} label="Active bits" value=${settings.active_bits} min=${1} max=${41} onChange=${change("active_bits")} />
    ${usesValue && html`<${Slider} label="Resolution" value=${settings.resolution} min=${0.5} max=${20} step=${0.5}
      onChange=${change("resolution")} />`}`;
  return html`<${Demo} title="Encoders" error=${error} controls=${controls}
    lead="An encoder turns a value into a sparse set of active bits. The closer two values are, the more bits they share.">
    ${answer && html`<${Answer} answer=${answer} settings=${settings} />`}
  </${Demo}>`;
}

function Answer({ answer, settings }) {
  const byTime = settings.kind === "date";
  const [here, there] = byTime ? [settings.time, settings.other_time] : [settings.value, settings.other];
  const share = answer.overlap / answer.active_bits;
  return html`
    <${Card} id="bits" title="Bits"
      aside=${`${number(answer.size)} bits, ${answer.active_bits} active (${number((100 * answer.active_bits) / answer.size, 2)}%)`}>
      <${Bits} answer=${answer} />
      <${Legend} items=${[["both", `both (${answer.overlap})`], ["half-left", `A only (${answer.bits.length - answer.overlap})`], ["half-right", `B only (${answer.other_bits.length - answer.overlap})`]]} />
      <${AsText} text=${() => html`<p>A: ${listed(answer.bits, 80)}</p><p>B: ${listed(answer.other_bits, 80)}</p>`} />
    </${Card}>
    <${Card} id="overlap" title="Overlap with A" aside=${byTime ? "over the week" : "over all values"}>
      <${Chart} data=${[answer.curve.at, answer.curve.overlap]} height=${190} at=${there} yRange=${[0, answer.active_bits * 1.05]}
        lines=${[{ label: "overlap", colour: "score", width: 2 }]} xText=${byTime ? (x) => hourText(Math.min(x, 168)) : undefined}
        marks=${[]} label=${`Overlap of A with every ${byTime ? "time" : "value"}; B shares ${answer.overlap} bits.`} />
      <${Facts} rows=${[
        ["A", byTime ? hourText(here) : number(here)], ["B", byTime ? hourText(there) : number(there)],
        ["Shared bits", `${answer.overlap} of ${answer.active_bits} (${number(100 * share, 3)}%)`],
      ]} />
      <p aria-live="polite" class="hidden-text">A and B share ${answer.overlap} of ${answer.active_bits} bits.</p>
    </${Card}>`;
}

// One block of squares for each field.
function Bits({ answer }) {
  const [place, width] = useWidth();
  const size = width < 500 ? 9 : 12;
  const perRow = Math.max(8, Math.floor(width / size));
  const [a, b] = [new Set(answer.bits), new Set(answer.other_bits)];
  let first = 0;
  const blocks = answer.fields.map(([name, total]) => {
    const block = { name, total, first };
    first += total;
    return block;
  });
  return html`<div ref=${place}>${blocks.map(({ name, total, first: from }) => html`
    ${blocks.length > 1 && html`<p class="field-name">${name} (${number(total)} bits)</p>`}
    <${Picture} width=${perRow * size} height=${Math.ceil(total / perRow) * size}
      label=${`Bits of ${name}: ${[...a].filter((i) => i >= from && i < from + total).length} active for A, ${[...b].filter((i) => i >= from && i < from + total).length} for B.`}
      draw=${(context) => {
        for (let i = 0; i < total; i++) {
          const [x, y] = [(i % perRow) * size, Math.floor(i / perRow) * size];
          const [inA, inB] = [a.has(from + i), b.has(from + i)];
          context.fillStyle = colour(inA && inB ? "correct" : "empty");
          context.fillRect(x, y, size - 1, size - 1);
          context.fillStyle = colour(inA ? "first" : "bursting");
          if (inA !== inB) context.fillRect(x + (inA ? 0 : (size - 1) / 2), y, (size - 1) / 2, size - 1);
        }
      }} />`)}</div>`;
}
