// The series of a run: values and scores, one cursor through both, and what moves it.
import { useEffect, useMemo, useState } from "preact/hooks";
import { Chart } from "./chart.js";
import { Card, Choice, Legend, html, number } from "./html.js";
import { SPEEDS } from "./player.js";
import { timeText } from "./times.js";

const WIDTHS = [["0", "whole run"], ["2000", "2,000 records"], ["400", "400 records"], ["100", "100 records"]];

export function SeriesCard({ trace, at, setAt, player, jumps }) {
  const [width, setWidth] = useState(0);
  const [from, setFrom] = useState(0);
  const { series, threshold, windows } = trace;
  const x = useMemo(() => Float64Array.from(series.value, (_, i) => i), [trace]);
  const values = useMemo(() => [x, series.value], [trace]);
  const scores = useMemo(() => [x, series.score, series.raw], [trace]);
  const marks = useMemo(() => Array.from(trace.alerts, (i) => [i, series.score[i]]), [trace]);
  // A view that is narrower than the run turns the page when the cursor leaves it.
  useEffect(() => {
    if (width && (at < from || at >= from + width)) setFrom(Math.max(0, Math.min(Math.floor(at - width * 0.15), trace.length - width)));
  }, [at, width]);
  const range = useMemo(() => (width && width < trace.length ? [from, from + width - 1] : [0, trace.length - 1]), [width, from, trace]);
  const days = (series.time[range[1]] - series.time[range[0]]) / 864e5;
  const xText = (i) => (Number.isInteger(i) && i >= 0 && i < trace.length ? timeText(series.time[i]).slice(...(days > 12 ? [0, 10] : [5, 16])) : "");
  const pick = (place) => setAt(Math.max(0, Math.min(trace.length - 1, Math.round(place))));
  const { playing, setPlaying, speed, setSpeed } = player;
  const common = { at, onPick: pick, range, windows };
  const record = trace.first + at;
  return html`<${Card} id="series" title="Values and scores"
    aside=${`${number(trace.length)} records, ${trace.alerts.length} at or above the threshold`}>
    <${Chart} ...${common} data=${values} height=${150} axis=${false} lines=${[{ label: "value", colour: "series" }]}
      yText=${(y) => number(y, 3)}
      label=${`Values of ${number(trace.length)} records; the cursor is at record ${record}, value ${number(series.value[at])}.`} />
    <${Chart} ...${common} data=${scores} height=${150} threshold=${threshold} marks=${marks} yRange=${[0, 1.05]} xText=${xText}
      lines=${[{ label: "score", colour: "score", width: 1.5 }, ...(trace.hasRaw ? [{ label: "raw", colour: "raw", width: 0.6 }] : [])]}
      label=${`Scores; ${trace.alerts.length} records reach the threshold of ${number(threshold)}. The cursor is at a score of ${number(series.score[at])}.`} />
    <div class="transport" role="group" aria-label="Move through the run">
      <button type="button" title="First record (Home)" aria-label="First record" onClick=${jumps.first}>⇤</button>
      <button type="button" title="Alert before this (p)" onClick=${jumps.previous}>‹ Alert</button>
      <button type="button" title="Back one record (←)" aria-label="Back one record" onClick=${jumps.back}>‹</button>
      <button type="button" class="play" title="Play or pause (Space)" aria-pressed=${playing}
        onClick=${() => setPlaying(!playing)}>${playing ? "Pause" : "Play"}</button>
      <button type="button" title="On one record (→)" aria-label="On one record" onClick=${jumps.on}>›</button>
      <button type="button" title="Next alert (n)" onClick=${jumps.next}>Alert ›</button>
      <button type="button" title="Last record (End)" aria-label="Last record" onClick=${jumps.last}>⇥</button>
      <input type="range" aria-label="Record" min="0" max=${trace.length - 1} value=${at}
        aria-valuetext=${`record ${record}, ${timeText(series.time[at])}`} onInput=${(event) => setAt(Number(event.target.value))} />
      <label>Record <input type="number" id="record" min=${trace.first} max=${trace.first + trace.length - 1} value=${record}
        onChange=${(event) => event.target.value !== "" && pick(Number(event.target.value) - trace.first)} /></label>
      <${Choice} label="Speed" value=${String(speed)} options=${SPEEDS.map(([key, name]) => [String(key), name])}
        onChange=${(value) => setSpeed(Number(value))} />
      <${Choice} label="Show" value=${String(width)} options=${WIDTHS.filter(([key]) => Number(key) < trace.length)}
        onChange=${(value) => setWidth(Number(value))} />
    </div>
    <${Legend} items=${[["line-value", "value"], ["line-score", "score"], ...(trace.hasRaw ? [["line-raw", "raw score"]] : []),
      ...(threshold === null ? [] : [["line-threshold", `threshold ${number(threshold)}`], ["alert", "alert"]]), ...(windows.length ? [["window", "labelled window"]] : [])]} />
    <p class="keys-help">Drag in the pictures, or use <kbd>←</kbd> <kbd>→</kbd> (with Shift: 10), <kbd>Home</kbd> <kbd>End</kbd>, <kbd>Space</kbd> to play, <kbd>n</kbd> <kbd>p</kbd> for alerts.</p>
  </${Card}>`;
}
