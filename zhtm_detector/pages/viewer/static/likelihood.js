// The likelihood of the record: where its average lies among those before it.
import { Card, Facts, Legend, html, number } from "./html.js";
import { Histogram } from "./histogram.js";

// A model whose raw score is its evidence has no normal distribution.
function facts(trace, { average, mean, deviation, tail, total }) {
  const rows = [["Average of the last raw scores", number(average, 3)], [trace.first > 0 ? "Averages so far, in this trace" : "Averages so far", number(total)]];
  if (!trace.hasDistribution) return [...rows, ["Normal distribution", "none: this model weighs the raw score itself"]];
  const normal = mean === null ? "not known yet" : `mean ${number(mean, 3)}, deviation ${number(deviation, 3)}`;
  return [...rows, ["Normal distribution", normal], ["Tail beyond the average", number(tail, 3)]];
}

export function LikelihoodCard({ trace, frame }) {
  const { i } = frame;
  const found = trace.likelihoodAt(i);
  const { counts, total, mean, deviation, average, tail } = found;
  const given = trace.series.likelihood[i];
  return html`<${Card} id="likelihood" title="Likelihood" aside=${number(given, 6)}>
    <${Histogram} counts=${counts} total=${total} mean=${mean} deviation=${deviation} here=${average}
      label=${`Histogram of ${number(total)} averages of raw scores; the present one, ${number(average, 3)}, has a tail of ${number(tail, 3)}.`} />
    <${Legend} items=${[["bursting", "this record's average"], ...(trace.hasDistribution ? [["line-score", "normal distribution"], ["tail", "its tail"]] : [])]} />
    <${Facts} rows=${facts(trace, found)} />
  </${Card}>`;
}
