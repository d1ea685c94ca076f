// A recorded run: numbers of all records, and every layer of those whose part has been read.
import { decode, offsets } from "./decode.js";
import { Averages } from "./averages.js";
import { why } from "./why.js";

const MOST_KEPT = 96; // parts; some 300 kB each
const AHEAD = 3; // parts

export class Trace {
  // read(name): the bytes of a part, as a promise.
  constructor(header, series, read) {
    this.header = header;
    this.read = read;
    this.first = header.records[0];
    this.length = header.records[1] - header.records[0];
    this.what = header.what;
    this.threshold = header.threshold;
    this.windows = header.windows;
    this.columns = header.sizes[4];
    this.deep = header.cells_per_column;
    const voters = header.voters.length;
    this.series = { ...series, evidence: header.voters.map((_, k) => Float64Array.from({ length: this.length }, (__, i) => series.evidence[i * voters + k])) };
    this.hasRaw = header.what !== "novelty";
    this.hasDistribution = series.deviation.some((one) => one > 0);
    this.hasNovelty = header.voters.includes("value novelty");
    this.alerts = [];
    for (let i = 0; i < this.length; i++) if (this.isAlert(i)) this.alerts.push(i);
    this.averages = new Averages(this);
    this.parts = new Map(); // frames by number; the last used one is the last
    this.pending = new Map();
    this.others = { learning: new Map(), memory: new Map() };
  }

  isAlert(i) {
    return this.threshold !== null && this.series.score[i] >= this.threshold;
  }

  // The number of the part that holds a record, counted from the run's first one.
  partOf(i) {
    const starts = this.header.frames;
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (starts[middle] - this.first <= i) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  startOf(number) {
    return this.header.frames[number] - this.first;
  }

  has(i) {
    return this.parts.has(this.partOf(i));
  }

  load(i) {
    return this.part(this.partOf(i));
  }

  async part(number) {
    if (this.parts.has(number)) return this.parts.get(number);
    if (!this.pending.has(number)) {
      this.pending.set(number, this.read(name("frames", number)).then((bytes) => {
        const part = new Part(this, number, decode(this.header.layout.frames, bytes));
        this.parts.set(number, part);
        this.pending.delete(number);
        if (this.parts.size > MOST_KEPT) this.parts.delete(this.parts.keys().next().value);
        return part;
      }));
    }
    return this.pending.get(number);
  }

  prefetch(i) {
    const number = this.partOf(i);
    for (let k = number + 1; k <= Math.min(number + AHEAD, this.header.frames.length - 1); k++) this.part(k);
    if (number > 0) this.part(number - 1);
    for (let k = number - 1; this.what !== "region" && k >= Math.max(0, number - 12); k--) this.part(k); // blocks that ended long ago
  }

  // Every layer at a record whose part is there; null else.
  frame(i) {
    const part = this.parts.get(this.partOf(i));
    return part ? part.frame(i) : null;
  }

  learning(number) {
    return this.recent("learning", number, 24);
  }

  memory(number) {
    return this.recent("memory", number, 2);
  }

  // A part that is kept for a while, because the next cell or record will need it as well.
  recent(kind, number, most) {
    const key = name(kind, number);
    const kept = this.others[kind];
    const found = kept.get(key) ?? this.read(key).then((bytes) => decode(this.header.layout[kind], bytes));
    kept.delete(key);
    kept.set(key, found);
    found.catch(() => kept.delete(key));
    if (kept.size > most) kept.delete(kept.keys().next().value);
    return found;
  }

  likelihoodAt(i) {
    return this.averages.at(i);
  }

  why(frame) {
    return this.header.sentences[this.first + frame.i] ?? why(this, frame);
  }
}

const name = (kind, number) => `${kind}${String(number).padStart(5, "0")}`;

// The records of one part.
export class Part {
  constructor(trace, number, arrays) {
    this.trace = trace;
    this.start = trace.startOf(number);
    this.arrays = arrays;
    this.records = arrays.value.length;
    this.ends = {};
    for (const counts of Object.keys(arrays)) if (counts.endsWith("_counts")) this.ends[counts] = offsets(arrays[counts]);
    this.frames = new Map();
    this.live = [];
  }

  row(array, counts, j) {
    const ends = this.ends[counts];
    return this.arrays[array].subarray(ends[j], ends[j + 1]);
  }

  // Cells that are active after record j of the part, winners among them; j = -1 is the record before.
  cells(j) {
    if (j < 0) return { active: this.row("active_before", "active_before_counts", 0), winners: this.row("winners_before", "winners_before_counts", 0) };
    if (!this.live[j]) {
      const { activeCells, winners } = this.derived(this.start + j, j);
      this.live[j] = { active: Uint32Array.from(activeCells), winners: Uint32Array.from(winners) };
    }
    return this.live[j];
  }

  frame(i) {
    if (!this.frames.has(i)) {
      if (this.frames.size > 32) this.frames.clear();
      this.frames.set(i, this.derived(i, i - this.start));
    }
    return this.frames.get(i);
  }

  derived(i, j) {
    const frame = { i, views: this.arrays.view_counts ? this.views(j) : [] };
    if (this.trace.what !== "region") return frame;
    const { deep } = this.trace;
    const active = this.row("columns", "column_counts", j);
    const predicted = this.row("predictive", "predictive_counts", j); // row 0 is that of the record before the part
    const predictive = this.row("predictive", "predictive_counts", j + 1);
    const places = this.row("winners", "winner_counts", j);
    const [correct, bursting, missed, correctCells, missedCells, activeCells, winners, burstWinners] = Array.from({ length: 8 }, () => []);
    const on = new Set(active);
    let [p, burst] = [0, 0];
    for (const column of active) {
      while (p < predicted.length && predicted[p] < column * deep) p++;
      const before = correctCells.length;
      for (; p < predicted.length && predicted[p] < (column + 1) * deep; p++) correctCells.push(predicted[p]);
      if (correctCells.length > before) {
        correct.push(column);
        for (let k = before; k < correctCells.length; k++) {
          activeCells.push(correctCells[k]);
          winners.push(correctCells[k]);
        }
      } else {
        bursting.push(column);
        for (let k = 0; k < deep; k++) activeCells.push(column * deep + k);
        const winner = column * deep + places[burst];
        winners.push(winner);
        burstWinners.push(winner);
        burst += 1;
      }
    }
    for (const cell of predicted) {
      const column = Math.floor(cell / deep);
      if (on.has(column)) continue;
      missedCells.push(cell);
      if (missed.at(-1) !== column) missed.push(column);
    }
    return {
      ...frame, bits: Array.from(this.row("bits", "bit_counts", j)), active, overlaps: this.row("overlaps", "column_counts", j), predicted, predictive,
      correct, bursting, missed, correctCells, missedCells, activeCells, winners, burstWinners, nextCame: this.came(predictive, j + 1),
    };
  }

  // How many of the columns that are predicted came, if the next record is in this part.
  came(predictive, j) {
    if (j >= this.records) return null;
    const next = new Set(this.row("columns", "column_counts", j));
    return new Set(Array.from(predictive, (cell) => Math.floor(cell / this.trace.deep)).filter((column) => next.has(column))).size;
  }

  // Views whose block ended with record j.
  views(j) {
    const [from, to] = [this.ends.view_counts[j], this.ends.view_counts[j + 1]];
    const found = [];
    for (let k = from; k < to; k++) {
      const { views, view_evidence: evidence, view_mismatch: mismatch, view_unseen: unseen, view_seen: seen } = this.arrays;
      found.push({
        view: views[k], i: this.start + j, evidence: evidence[k], mismatch: mismatch[k], unseen: unseen[k], seen: seen[k],
        minicolumns: this.row("minicolumns", "minicolumn_counts", k),
      });
    }
    return found;
  }
}
