// The temporal memory: a typed sequence; bursting columns become predicted ones, until something else comes.
import { useState } from "preact/hooks";
import { useAnswer } from "./ask.js";
import { Chart } from "./chart.js";
import { Demo, setter } from "./demo.js";
import { AsText, Card, Facts, Legend, Slider, count, html, listed, number, useWidth } from "./html.js";
import { Picture } from "./picture.js";
import { colour } from "./theme.js";

const LETTERS = /[^A-Za-z ]/g;
const EXAMPLES = [
  ["Learned", { text: "ABCD XBCY", then: "ABCD XBCY", repeat: 12 }], ["First time", { text: "ABCD XBCY", then: "ABCD XBCY", repeat: 0 }],
  ["Broken", { text: "ABCD XBCY", then: "ABXD XBCY", repeat: 12 }], ["Other start", { text: "ABCD XBCY", then: "BCD ABCY", repeat: 12 }],
];

export function MemoryDemo() {
  const [settings, set] = useState({ text: "ABCD XBCY", repeat: 12, then: "ABCD XBCY", learn_then: false, cells_per_column: 6, predicted_decrement: 0.05 });
  const [picked, pick] = useState(null);
  const { answer, error } = useAnswer("memory", settings);
  const change = setter(settings, set);
  const text = (name) => (event) => change(name)(event.target.value.replace(LETTERS, "").slice(0, 80));
  const controls = html`
    <div class="examples" role="group" aria-label="Examples">${EXAMPLES.map(([name, example]) => html`
      <button type="button" onClick=${() => set({ ...settings, ...example })}>${name}</button>`)}</div>
    <label class="text"><span>Learn</span><input type="text" value=${settings.text} maxlength="80" spellcheck="false" autocomplete="off"
      onInput=${text("text")} /></label>
    <${Slider} label="Times" value=${settings.repeat} min=${0} max=${40} onChange=${change("repeat")} />
    <label class="text"><span>Then try</span><input type="text" value=${settings.then} maxlength="80" spellcheck="false"
      autocomplete="off" onInput=${text("then")} /></label>
    <label class="check"><input type="checkbox" checked=${settings.learn_then}
      onChange=${(event) => change("learn_then")(event.target.checked)} /> learn from it, too</label>
    <${Slider} label="Cells per column" value=${settings.cells_per_column} min=${1} max=${12} onChange=${change("cells_per_column")} />
    <${Slider} label="Decrement of false predictions" value=${settings.predicted_decrement} min=${0} max=${0.2} step=${0.01}
      onChange=${change("predicted_decrement")} />
    <p class="note">A space begins a new sequence. With one cell per column the memory cannot tell BC after A from BC after X.</p>`;
  return html`<${Demo} title="Temporal memory" error=${error} controls=${controls}
    lead="Each letter has eight columns. A column that was not predicted bursts: all its cells become active. One that was predicted activates only the cell that knows the context.">
    ${answer && html`<${Answer} answer=${answer} picked=${picked} pick=${pick} />`}
  </${Demo}>`;
}

function Answer({ answer, picked, pick }) {
  const { steps } = answer;
  const tried = steps.filter((step) => step.tried);
  const shown = tried.length ? tried : steps;
  const at = Math.min(picked ?? shown.length - 1, shown.length - 1);
  const step = shown[at];
  const raw = answer.raw.map((value) => value);
  return html`
    <${Card} id="steps" title=${tried.length ? "The text that is tried" : "The last letters that were learned"} aside="press a letter">
      <ol class="letters">${shown.map((one, i) => html`<li class=${i > 0 && one.place > shown[i - 1].place + 1 ? "begins" : ""}>
        <button type="button" class=${kindOf(one)} aria-pressed=${i === at} onClick=${() => pick(i)}
          aria-label=${`${one.letter}: ${said(one)}; expects ${expected(one)} next`}>
          <b>${one.letter}</b><small>${one.raw === 0 ? "predicted" : one.raw === 1 ? "bursts" : `${number(100 * one.raw, 2)}% burst`}</small>
        </button><span class="next" aria-hidden="true">→ ${expected(one)}</span></li>`)}</ol>
    </${Card}>
    ${step && html`<${Card} id="letter-cells" title=${`Cells at ${step.letter}`} aside=${said(step)}>
      <${Cells} answer=${answer} step=${step} />
      <${Legend} items=${[["correct", "active, predicted"], ["bursting", "active, bursting"], ["winner", "winner cell"], ["missed", "predicted, did not come"], ["next", "predicts the next letter"]]} />
      <${Facts} rows=${[
        ["Active cells", number(step.active.length)], ["Raw anomaly score", number(step.raw)],
        ["Expected next", expected(step)], ["Segments", number(answer.segments)], ["Synapses", number(answer.synapses)],
      ]} />
      <${AsText} text=${() => html`<p>Active: ${listed(step.active)}</p><p>Winners: ${listed(step.winner)}</p>
        <p>Predicted before: ${listed(step.predicted)}</p><p>Predictive now: ${listed(step.predictive)}</p>`} />
      <p aria-live="polite" class="hidden-text">${step.letter}: ${said(step)}; expects ${expected(step)} next.</p>
    </${Card}>`}
    <${Card} id="lesson" title="Raw anomaly score, letter by letter"
      aside=${`${number(answer.lesson)} learned, then ${tried.length} tried`}>
      <${Chart} data=${[raw.map((_, i) => i), raw]} height=${150} lines=${[{ label: "raw", colour: "score", width: 1.5 }]}
        yRange=${[0, 1.05]}
        at=${step?.place} label=${`Raw score of each letter; the last is ${number(raw.at(-1))}.`} windows=${tried.length ? [[answer.lesson, raw.length - 1]] : []} />
      <p class="note">Shaded: the text that is tried.</p>
    </${Card}>`;
}

const kindOf = (step) => (step.raw === 0 ? "is-correct" : "is-bursting");
const expected = (step) => step.next.map(([letter]) => letter).join(" or ") || "nothing";
const said = (step) => (step.raw === 0 ? "predicted" : step.raw === 1 ? "all its columns burst" : `${number(100 * step.raw, 2)}% of its columns burst`);

function Cells({ answer, step }) {
  const [place, width] = useWidth();
  const { alphabet, columns, cells_per_column: deep } = answer;
  const total = alphabet.length * columns;
  const gap = 6; // between letters
  const perRow = Math.min(alphabet.length, Math.max(1, Math.floor(width / (columns * 9 + gap))));
  const size = Math.min(18, Math.floor((width - perRow * gap) / (perRow * columns)));
  const high = deep * size + 22;
  const sets = Object.fromEntries(["active", "winner", "predicted", "predictive"].map((name) => [name, new Set(step[name])]));
  const comes = new Set(step.active.map((cell) => Math.floor(cell / deep)));
  return html`<div ref=${place}><${Picture} width=${width} height=${Math.ceil(alphabet.length / perRow) * high}
    label=${`${total} columns of ${count(deep, "cell")}: ${step.active.length} active, ${step.predictive.length} predictive.`}
    draw=${(context) => {
      context.font = "12px system-ui, sans-serif";
      alphabet.forEach((letter, number_) => {
        const x0 = (number_ % perRow) * (columns * size + gap);
        const y0 = Math.floor(number_ / perRow) * high;
        context.fillStyle = colour(letter === step.letter ? "ink" : "faint");
        context.fillText(letter, x0, y0 + 12);
        for (let i = 0; i < columns * deep; i++) {
          const cell = number_ * columns * deep + i;
          const [x, y] = [x0 + Math.floor(i / deep) * size, y0 + 17 + (i % deep) * size];
          const missed = sets.predicted.has(cell) && !comes.has(Math.floor(cell / deep));
          const correct = sets.active.has(cell) && sets.predicted.has(cell);
          context.fillStyle = colour(correct ? "correct" : sets.active.has(cell) ? "bursting" : missed ? "missed" : "empty");
          context.fillRect(x, y, size - 1, size - 1);
          if (sets.winner.has(cell)) {
            context.fillStyle = colour("winner");
            context.fillRect(x + size / 2 - 2.5, y + size / 2 - 2.5, 4, 4);
          }
          if (sets.predictive.has(cell)) {
            context.fillStyle = colour("next");
            context.fillRect(x + Math.floor(size * 0.62), y, size - 1 - Math.floor(size * 0.62), size - 1);
          }
        }
      });
    }} /></div>`;
}
