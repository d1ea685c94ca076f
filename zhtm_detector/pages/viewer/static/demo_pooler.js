// The spatial pooler: what one column sees and learns, and which columns win.
import { useState } from "preact/hooks";
import { useAnswer } from "./ask.js";
import { Demo, setter } from "./demo.js";
import { AsText, Card, Choice, Facts, Legend, Slider, html, listed, number, useWidth } from "./html.js";
import { Picture, between, spot } from "./picture.js";
import { colour } from "./theme.js";

export function PoolerDemo() {
  const [settings, set] = useState({
    topology: "2-D", inhibition: "local", steps: 200, pattern: 0, noise: 0.1, column: 119, potential_radius: 4, potential_fraction: 0.8,
    active_columns: 20, boost_strength: 2,
  });
  const { answer, error } = useAnswer("pooler", settings);
  const change = setter(settings, set);
  const controls = html`
    <${Choice} label="Topology" value=${settings.topology} options=${[["2-D", "2-D: 16 × 16"], ["1-D", "1-D: 256 in a row"]]}
      onChange=${change("topology")} />
    <${Choice} label="Inhibition" value=${settings.inhibition} options=${[["local", "local"], ["global", "global"]]}
      onChange=${change("inhibition")} />
    <${Slider} label="Records learned" value=${settings.steps} min=${0} max=${1000} step=${10} onChange=${change("steps")} />
    <${Slider} label="Pattern shown" value=${settings.pattern} min=${0} max=${5} shown=${`${settings.pattern + 1} of 6`}
      onChange=${change("pattern")} />
    <${Slider} label="Noise" value=${settings.noise} min=${0} max=${0.6} step=${0.05} shown=${`${Math.round(100 * settings.noise)}%`}
      onChange=${change("noise")} />
    <${Slider} label="Boost strength" value=${settings.boost_strength} min=${0} max=${20} step=${0.5}
      onChange=${change("boost_strength")} />
    <${Slider} label="Active columns" value=${settings.active_columns} min=${1} max=${64} onChange=${change("active_columns")} />
    <${Slider} label="Potential radius" value=${settings.potential_radius} min=${1} max=${16} onChange=${change("potential_radius")} />
    <${Slider} label="Potential share" value=${settings.potential_fraction} min=${0.1} max=${1} step=${0.05}
      shown=${`${Math.round(100 * settings.potential_fraction)}%`} onChange=${change("potential_fraction")} />
    <${Slider} label="Column looked at" value=${settings.column} min=${0} max=${255} onChange=${change("column")} />`;
  return html`<${Demo} title="Spatial pooler" error=${error} controls=${controls}
    lead="Each column looks at the inputs of its potential pool. The columns that see most win, strengthen their synapses to what they saw, and inhibit the others.">
    ${answer && html`<${Answer} answer=${answer} settings=${settings} pick=${change("column")} />`}
  </${Demo}>`;
}

function Answer({ answer, settings, pick }) {
  const { before, after, potential, connected_permanence: limit } = answer;
  const input = new Set(answer.input);
  const connected = (one) => one.permanences.filter((value) => value >= limit).length;
  const winners = new Set(after.active);
  const same = before.active.filter((column) => winners.has(column)).length;
  const wins = winners.has(settings.column);
  const highest = Math.max(1, ...before.overlaps, ...after.overlaps);
  const overlapOf = (one) => (i) => between(colour("empty"), colour("score"), one.overlaps[i] / highest);
  const poolOf = (one) => {
    const strength = new Map(potential.map((place, i) => [place, one.permanences[i]]));
    return (i) => (strength.has(i) ? between(colour("low"), colour("high"), Math.min(1, strength.get(i))) : colour("empty"));
  };
  const joined = (one) => new Set(potential.filter((_, i) => one.permanences[i] >= limit));
  const boosts = answer.boost;
  const [least, most] = [Math.min(...boosts), Math.max(...boosts)];
  const grid = { pick, chosen: settings.column };
  return html`
    <${Card} id="columns" title="Columns" aside=${`${after.active.length} active of 256`}>
      <div class="grids">
        <${Grid} title="Input" text=${`${answer.input.length} active inputs`} paint=${(i) => colour(input.has(i) ? "ink" : "empty")} />
        <${Grid} ...${grid} title="Overlaps before learning" text=${`most: ${number(Math.max(...before.overlaps))}`}
          paint=${overlapOf(before)} rings=${new Set(before.active)} />
        <${Grid} ...${grid} title="Overlaps after learning" text=${`most: ${number(Math.max(...after.overlaps))}`}
          paint=${overlapOf(after)} rings=${winners} />
        <${Grid} ...${grid} title="Boost factors" text=${`${number(least, 3)} to ${number(most, 3)}`}
          paint=${(i) => between(colour("empty"), colour("other"), most > least ? (boosts[i] - least) / (most - least) : 0)} />
      </div>
      <${Legend} items=${[["ring", "active column"], ["chosen", "column looked at (press another)"]]} />
      <${Facts} rows=${[
        ["Active before and after", `${before.active.length} and ${after.active.length}, ${same} the same`],
        ["With noise", `${answer.noisy.overlap} of ${after.active.length} still active`],
        ["Columns ever active", `${answer.used} of 256`], ["Entropy", `${number(answer.entropy, 3)} bits a column`],
        ["Inhibition", answer.inhibition_radius === null ? "global" : `local, radius ${answer.inhibition_radius}`],
      ]} />
      <${AsText} text=${() => html`<p>Active before: ${listed(before.active)}</p><p>Active after: ${listed(after.active)}</p>`} />
      <p aria-live="polite" class="hidden-text">${after.active.length} active columns, ${same} of them as before learning.</p>
    </${Card}>
    <${Card} id="column" title=${`Column ${settings.column}`} aside=${wins ? "active" : "not active"}>
      <div class="grids">
        <${Grid} title="Potential pool and input"
          text=${`${potential.length} inputs, ${potential.filter((i) => input.has(i)).length} of them active`}
          paint=${poolInput(potential, input)} />
        <${Grid} title="Permanences before" text=${`${connected(before)} connected`} paint=${poolOf(before)} dots=${joined(before)} />
        <${Grid} title="Permanences after" text=${`${connected(after)} connected`} paint=${poolOf(after)} dots=${joined(after)} />
        <${Histogram} before=${before.permanences} after=${after.permanences} limit=${limit} />
      </div>
      <${Legend} items=${[["dot-mark", `connected: permanence of ${limit} or more`], ["first", "in the pool, active"], ["high", "high permanence"], ["low", "low"]]} />
      <${Facts} rows=${[
        ["Overlap before and after", `${before.overlaps[settings.column]} and ${after.overlaps[settings.column]}`],
        ["Connected before and after", `${connected(before)} and ${connected(after)} of ${potential.length}`],
        ["Boost factor", number(boosts[settings.column])], ["Active duty cycle", number(answer.duty[settings.column])],
      ]} />
    </${Card}>`;
}

function poolInput(potential, input) {
  const pool = new Set(potential);
  return (i) => colour(pool.has(i) ? (input.has(i) ? "first" : "low") : input.has(i) ? "faint" : "empty");
}

function Grid({ title, text, paint, rings, dots, pick, chosen }) {
  const size = 9;
  const picked = (event) => {
    const [x, y] = spot(event).map((place) => Math.min(15, Math.max(0, Math.floor(place / size))));
    pick(y * 16 + x);
  };
  return html`<figure class="grid"><figcaption>${title}<small>${text}</small></figcaption>
    <${Picture} width=${16 * size} height=${16 * size} label=${`${title}: ${text}.`} onClick=${pick && picked} class=${pick ? "picks" : ""}
      draw=${(context) => {
        for (let i = 0; i < 256; i++) {
          const [x, y] = [(i % 16) * size, Math.floor(i / 16) * size];
          context.fillStyle = paint(i);
          context.fillRect(x, y, size - 1, size - 1);
          if (dots?.has(i)) {
            context.fillStyle = colour("paper");
            context.fillRect(x + 3, y + 3, 2, 2);
          }
          if (rings?.has(i) || i === chosen) {
            context.strokeStyle = colour(i === chosen ? "ink" : "bursting");
            context.lineWidth = i === chosen ? 2 : 1.5;
            context.strokeRect(x + 0.5, y + 0.5, size - 2, size - 2);
          }
        }
      }} /></figure>`;
}

function Histogram({ before, after, limit }) {
  const bins = 20;
  const counted = (values) => {
    const counts = new Array(bins).fill(0);
    for (const value of values) counts[Math.min(bins - 1, Math.floor(value * bins))] += 1;
    return counts;
  };
  const [first, last] = [counted(before), counted(after)];
  const most = Math.max(1, ...first, ...last);
  const [wide, high] = [200, 128];
  return html`<figure class="grid"><figcaption>How many permanences<small>before (line), after (bars)</small></figcaption>
    <${Picture} width=${wide} height=${high + 16}
      label=${`Permanences from 0 to 1; ${after.filter((value) => value >= limit).length} at or above ${limit} after learning.`}
      draw=${(context) => {
        const wideBin = wide / bins;
        context.fillStyle = colour("score");
        last.forEach((n, i) => context.fillRect(i * wideBin, high - (n / most) * (high - 6), wideBin - 1, (n / most) * (high - 6)));
        context.strokeStyle = colour("ink");
        context.lineWidth = 1.5;
        context.beginPath();
        first.forEach((n, i) => {
          const y = high - (n / most) * (high - 6);
          context.lineTo(i * wideBin, y);
          context.lineTo((i + 1) * wideBin, y);
        });
        context.stroke();
        context.strokeStyle = colour("threshold");
        context.setLineDash([4, 3]);
        context.beginPath();
        context.moveTo(limit * wide, 0);
        context.lineTo(limit * wide, high);
        context.stroke();
        context.fillStyle = colour("faint");
        context.font = "11px system-ui, sans-serif";
        context.fillText("0", 0, high + 12);
        context.fillText("1", wide - 7, high + 12);
        context.fillText("connected", limit * wide + 3, high + 12);
      }} /></figure>`;
}
