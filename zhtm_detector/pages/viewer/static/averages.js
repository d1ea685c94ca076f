// Moving averages of the raw scores, and how often each was seen; htm/anomaly/likelihood.py weighs them.
import { BINS } from "./histogram.js";
import { tail } from "./normal.js";

const STEP = 512; // records between two kept histograms

export class Averages {
  constructor(trace) {
    const { raw } = trace.series;
    const params = trace.header.model.params.anomaly;
    const window = params.averaging_window;
    this.trace = trace;
    this.history = params.history;
    // The likelihood does not learn from the first half of the probationary period; a recording may begin later.
    this.skipped = Math.max(0, Math.floor(trace.header.model.probation / 2) - trace.first);
    this.average = new Float64Array(raw.length);
    this.kept = [];
    const counts = new Uint32Array(BINS);
    let total = 0;
    for (let i = 0; i < raw.length; i++) {
      if (i % STEP === 0) this.kept.push(counts.slice());
      total += raw[i] - (i >= window ? raw[i - window] : 0);
      this.average[i] = Math.min(1, Math.max(0, total / Math.min(i + 1, window)));
      if (i >= this.skipped) counts[bin(this.average[i])] += 1;
    }
  }

  // How often each bin was seen before record i.
  before(i) {
    const place = Math.floor(i / STEP);
    const counts = (this.kept[place] ?? this.kept.at(-1)).slice();
    for (let k = place * STEP; k < i; k++) if (k >= this.skipped) counts[bin(this.average[k])] += 1;
    return counts;
  }

  at(i) {
    const [counts, early] = [this.before(i), this.before(Math.max(0, i - this.history))];
    let total = 0;
    for (let k = 0; k < BINS; k++) {
      counts[k] -= early[k];
      total += counts[k];
    }
    const { center, deviation } = this.trace.series;
    const known = deviation[i] > 0;
    const [mean, spread] = known ? [center[i], deviation[i]] : [null, null];
    return { counts, total, average: this.average[i], mean, deviation: spread, tail: known ? tail(this.average[i], mean, spread) : null };
  }
}

const bin = (value) => Math.min(BINS - 1, Math.floor(value * BINS));
