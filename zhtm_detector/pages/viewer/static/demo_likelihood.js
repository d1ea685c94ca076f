// The anomaly likelihood: how far the recent raw scores lie in the tail of their own history.
import { useMemo, useState } from "preact/hooks";
import { useAnswer } from "./ask.js";
import { Chart } from "./chart.js";
import { Demo, setter } from "./demo.js";
import { AsText, Card, Facts, Slider, count, html, listed, number } from "./html.js";
import { BINS, Histogram } from "./histogram.js";
import { logScale, quantile, tail, tailAt } from "./normal.js";

export function LikelihoodDemo() {
  const [settings, set] = useState({ records: 1200, level: 0.15, noise: 0.08, jump: 0.6, jump_at: 800, jump_length: 40, averaging_window: 10, reestimation_period: 100, seed: 42 });
  const [threshold, setThreshold] = useState(0.5);
  const { answer, error } = useAnswer("likelihood", settings);
  const change = setter(settings, set);
  const share = (name, label, max = 1) => html`<${Slider} label=${label} value=${settings[name]} min=${0} max=${max} step=${0.01}
    onChange=${change(name)} />`;
  const controls = html`
    <${Slider} label="Threshold of the score" value=${threshold} min=${0} max=${1} step=${0.01} onChange=${setThreshold} />
    ${share("level", "Usual raw score")}${share("noise", "Its noise", 0.5)}${share("jump", "Raw score in the anomaly")}
    <${Slider} label="Anomaly begins at" value=${settings.jump_at} min=${0} max=${1199} onChange=${change("jump_at")} />
    <${Slider} label="Its length" value=${settings.jump_length} min=${0} max=${300} onChange=${change("jump_length")} />
    <${Slider} label="Averaging window" value=${settings.averaging_window} min=${1} max=${100} onChange=${change("averaging_window")} />
    <${Slider} label="Records between estimates" value=${settings.reestimation_period} min=${10} max=${1000} step=${10}
      onChange=${change("reestimation_period")} />
    <button type="button" onClick=${() => change("seed")((settings.seed + 1) % 10000)}>Another draw</button>`;
  return html`<${Demo} title="Anomaly likelihood" error=${error} controls=${controls}
    lead="A raw score of 0.6 is news in a calm stream and none in a wild one. The likelihood asks how rare the recent average is among all averages so far.">
    ${answer && html`<${Answer} answer=${answer} threshold=${threshold} setThreshold=${setThreshold} />`}
  </${Demo}>`;
}

function Answer({ answer, threshold, setThreshold }) {
  const { raw, average, score, mean, deviation, jump, first } = answer;
  const x = useMemo(() => raw.map((_, i) => i), [answer]);
  const lines = useMemo(() => [x, raw, average], [answer]);
  const scores = useMemo(() => [x, score], [answer]);
  const counts = useMemo(() => {
    const found = new Array(BINS).fill(0);
    for (const value of average.slice(first)) found[Math.min(BINS - 1, Math.floor(value * BINS))] += 1;
    return found;
  }, [answer]);
  const alerts = x.filter((i) => score[i] >= threshold);
  const inside = alerts.filter((i) => i >= jump[0] && i < jump[1] + 10);
  const limit = mean === null ? null : Math.min(1, Math.max(0, quantile(tailAt(threshold), mean, deviation)));
  const marks = useMemo(() => alerts.slice(0, 200).map((i) => [i, score[i]]), [answer, threshold]);
  const windows = useMemo(() => [[jump[0], jump[1] - 1]], [answer]);
  const dragged = (place) => mean !== null && setThreshold(Math.round(100 * logScale(1 - tail(place, mean, deviation))) / 100);
  return html`
    <${Card} id="raw" title="Raw scores and their average" aside="shaded: the anomaly">
      <${Chart} data=${lines} height=${170} yRange=${[0, 1.02]} windows=${windows}
        lines=${[{ label: "raw", colour: "raw", width: 1 }, { label: "average", colour: "score", width: 2 }]} label="Raw scores, and their moving average." />
    </${Card}>
    <${Card} id="histogram" title="Averages so far" aside="drag the threshold">
      <${Histogram} counts=${counts} total=${average.length - first} mean=${mean} deviation=${deviation} limit=${limit} onDrag=${dragged}
        tailFrom=${limit}
        label=${`Histogram of averaged raw scores with a normal distribution of mean ${number(mean)} and deviation ${number(deviation)}.`} />
      <${Facts} rows=${[
        ["Normal distribution", mean === null ? "not yet known" : `mean ${number(mean, 3)}, deviation ${number(deviation, 3)}`],
        ["Threshold", `score ${number(threshold)}: a tail of ${number(tailAt(threshold), 2)}`],
        ["As an average of raw scores", number(limit, 3)],
      ]} />
    </${Card}>
    <${Card} id="scores" title="Score: the likelihood on a log scale" aside=${count(alerts.length, "record")}>
      <${Chart} data=${scores} height=${170} yRange=${[0, 1.02]} windows=${windows} threshold=${threshold} marks=${marks}
        lines=${[{ label: "score", colour: "score", width: 1.5 }]} label=${`Scores; ${alerts.length} records reach the threshold of ${threshold}.`} />
      <${Facts} rows=${[
        ["At or above the threshold", `${count(alerts.length, "record")}, ${inside.length} of them in the anomaly or within 10 records of it`],
        ["First", alerts.length ? `record ${number(alerts[0])}` : "none"],
      ]} />
      <${AsText} text=${() => html`<p>Records at or above the threshold: ${listed(alerts)}</p>`} />
      <p aria-live="polite" class="hidden-text">${count(alerts.length, "record")} at or above the threshold.</p>
    </${Card}>`;
}
