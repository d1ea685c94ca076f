// One sentence on a record that has none in the recording: what the numbers say.
import { count, number } from "./html.js";

export function why(trace, frame) {
  const { i } = frame;
  const { series, threshold } = trace;
  const parts = [];
  if (series.out_of_range[i]) parts.push(`the value ${number(series.value[i])} is outside the range seen before`);
  if (trace.what === "region" && frame.active.length) {
    parts.push(`${frame.correct.length} of ${count(frame.active.length, "active column")} were predicted, so the raw score is ${number(series.raw[i], 3)}`);
    const { average, mean } = trace.likelihoodAt(i);
    if (mean !== null) parts.push(`the average of the last raw scores is ${number(average, 3)}, usually ${number(mean, 3)}`);
  } else if (trace.what === "region") {
    parts.push("the model gathers the range of values, and has no columns yet");
  } else {
    let best = -1;
    series.evidence.forEach((one, k) => {
      if (one[i] > 0 && (best < 0 || one[i] > series.evidence[best][i])) best = k;
    });
    parts.push(best < 0 ? "no voter has evidence" : `the most evidence, ${number(series.evidence[best][i], 3)}, comes from ${trace.header.voters[best]}`);
  }
  if (series.silenced[i]) parts.push("it is silenced, because an alert came shortly before");
  const text = parts.join("; ");
  const end = threshold === null ? "" : series.score[i] >= threshold ? " That is an alert." : " That is no alert.";
  return `${text[0].toUpperCase()}${text.slice(1)}.${end}`;
}
