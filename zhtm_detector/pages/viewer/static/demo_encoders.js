// Encoders: the bits of two values, and how much they share.
import { useState } from "preact/hooks";
import { useAnswer } from "./ask.js";
import { Chart } from "./chart.js";
import { Demo, setter } from "./demo.js";
import { AsText, Card, Choice, Facts, Legend, Slider, html, listed, number, useWidth } from "./html.js";
import { Picture } from "./picture.js";
import { colour } from "./theme.js";

// Name, what it is given, and what there is to know.
const KINDS = {
  random: ["Random distributed scalar", "value resolution", "Each bucket has random bits; neighbours share all but one."],
  scalar: ["Scalar", "value resolution", "A run of bits that moves with the value, in a range that is known."],
  periodic: ["Scalar, periodic", "value resolution", "The range is a cycle: 0 and 100 are neighbours."],
  adaptive: ["Adaptive scalar", "value before resolution", "The range is that of the values so far, here from 0 to the value before; one outside widens it, and all bits move."],
  log: ["Logarithm", "value resolution", "Values of the same ratio are equally far apart: 2 and 4 as 20 and 40."],
  delta: ["Delta", "value before resolution", "The bits are those of the difference to the value before."],
  category: ["Category, listed", "word", "Of the list sun, rain, snow; all words that are not listed share their bits."],
  sdr_category: ["Category, hashed", "word", "Random bits by the hash of the word: no list, and no two words alike."],
  date: ["Date and time", "time", "The week begins on Monday, 1 January, a holiday."],
  geospatial: ["Place on the earth", "value speed resolution", "Metres to the east of Times Square; the faster, the wider the surroundings whose bits are active."],
  grid: ["Grid cells", "value resolution", "Each module sees the place on a grid of its own; together they tell periods apart."],
  document: ["Document, SimHash", "text", "Texts with many words in common share many bits."],
  record: ["Record: value, date and time", "value time resolution", "The bits of all fields, one after the other."],
};
const CHOICES = Object.entries(KINDS).map(([key, [name]]) => [key, name]);
const START = {
  kind: "random", value: 40, other_value: 46, before: 50, time: 9, other_time: 11.5, speed: 1.5, word: "rain", other_word: "snow",
  text: "the quick brown fox jumps over the lazy dog", other_text: "the quick brown fox jumps over the lazy cat",
  active_bits: 21, resolution: 2,
};
const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Mon"];

export function hourText(hours) {
  const minutes = Math.round(hours * 60);
  const two = (part) => String(part).padStart(2, "0");
  return `${DAYS[Math.floor(minutes / 1440)]} ${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}`;
}

export function EncodersDemo() {
  const [settings, set] = useState(START);
  const { answer, error } = useAnswer("encoders", settings);
  const change = setter(settings, set);
  const [, given, note] = KINDS[settings.kind];
  const uses = (what) => given.split(" ").includes(what);
  const slider = (label, key, max, step) => html`<${Slider} label=${label} value=${settings[key]} min=${0} max=${max} step=${step}
    onChange=${change(key)} shown=${key.endsWith("time") ? hourText(settings[key]) : undefined} />`;
  const entry = (label, key) => html`<label class="text"><span>${label}</span><input type="text" value=${settings[key]} maxlength="200"
    spellcheck="false" autocomplete="off" onInput=${(event) => event.target.value && change(key)(event.target.value)} /></label>`;
  const controls = html`
    <${Choice} label="Encoder" value=${settings.kind} options=${CHOICES} onChange=${change("kind")} />
    ${uses("value") && [slider("Value A", "value", 100, 0.5), slider("Value B", "other_value", 100, 0.5)]}
    ${uses("before") && slider("Value before", "before", 100, 0.5)}
    ${uses("time") && [slider("Time A", "time", 168, 0.25), slider("Time B", "other_time", 168, 0.25)]}
    ${uses("speed") && slider("Speed, m/s", "speed", 30, 0.5)}
    ${uses("word") && [entry("Word A", "word"), entry("Word B", "other_word")]}
    ${uses("text") && [entry("Text A", "text"), entry("Text B", "other_text")]}
    <${Slider} label="Active bits" value=${settings.active_bits} min=${1} max=${41} onChange=${change("active_bits")} />
    ${uses("resolution") && html`<${Slider} label="Resolution" value=${settings.resolution} min=${0.5} max=${20} step=${0.5}
      onChange=${change("resolution")} />`}
    <p class="note">${note}</p>`;
  return html`<${Demo} title="Encoders" error=${error} controls=${controls}
    lead="An encoder turns a value into a sparse set of active bits. The closer two values are, the more bits they share.">
    ${answer && html`<${Answer} answer=${answer} settings=${settings} />`}
  </${Demo}>`;
}

function Answer({ answer, settings }) {
  const byTime = settings.kind === "date";
  const shown = { date: "time", category: "word", sdr_category: "word", document: "text" }[settings.kind] ?? "value";
  const [here, there] = [settings[shown], settings[`other_${shown}`]];
  const said = (given) => (byTime ? hourText(given) : typeof given === "string" ? given : number(given));
  const share = answer.overlap / answer.active_bits;
  return html`
    <${Card} id="bits" title="Bits"
      aside=${`${number(answer.size)} bits, ${answer.active_bits} active (${number((100 * answer.active_bits) / answer.size, 2)}%)`}>
      <${Bits} answer=${answer} />
      <${Legend} items=${[["both", `both (${answer.overlap})`], ["half-left", `A only (${answer.bits.length - answer.overlap})`], ["half-right", `B only (${answer.other_bits.length - answer.overlap})`]]} />
      <${AsText} text=${() => html`<p>A: ${listed(answer.bits, 80)}</p><p>B: ${listed(answer.other_bits, 80)}</p>`} />
    </${Card}>
    <${Card} id="overlap" title="Overlap with A" aside=${typeof here === "string" ? "" : byTime ? "over the week" : "over all values"}>
      ${typeof here !== "string" && html`<${Chart} data=${[answer.curve.at, answer.curve.overlap]} height=${190} at=${there} yRange=${[0, answer.active_bits * 1.05]}
        lines=${[{ label: "overlap", colour: "score", width: 2 }]} xText=${byTime ? (x) => hourText(Math.min(x, 168)) : undefined}
        marks=${[]} label=${`Overlap of A with every ${byTime ? "time" : "value"}; B shares ${answer.overlap} bits.`} />`}
      <${Facts} rows=${[
        ["A", said(here)], ["B", said(there)],
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
