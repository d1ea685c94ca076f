// The segments after any record: a key frame, and the learning rules from there on.
// The rules are those of htm/kernels/replay.py, `replay_memory`, and so are the bits: permanences are 32-bit floats.
import { offsets } from "./decode.js";

const [APPEND, NEW, ROW, GONE] = [0, 1, 2, 3];
const LEAST = Math.fround(1e-5); // a synapse below it is removed

// Segments of some columns: {owner, cells, permanences} by number.
export class Replay {
  constructor(trace) {
    const params = trace.header.model.params.temporal_memory;
    this.trace = trace;
    this.deep = trace.deep;
    this.most = trace.header.sizes[7]; // synapses of a segment
    this.rules = {
      initial: Math.fround(params.initial_permanence), connected: Math.fround(params.connected_permanence),
      increment: Math.fround(params.permanence_increment), decrement: Math.fround(-Math.fround(params.permanence_decrement)),
      predicted: Math.fround(-Math.fround(params.predicted_decrement)), matching: params.matching_threshold, activation: params.activation_threshold,
    };
    this.active = new Uint8Array(trace.columns * trace.deep);
    this.segments = new Map();
    this.at = 0; // records that are done
  }

  // Begin at a key frame with the segments of some columns: wanted(column).
  begin(memory, record, wanted) {
    this.at = record;
    this.wanted = wanted;
    this.segments = new Map();
    const ends = offsets(memory.synapses);
    for (let segment = 0; segment < memory.owner.length; segment++) {
      const owner = memory.owner[segment] - 1;
      if (owner < 0 || !wanted(Math.floor(owner / this.deep))) continue;
      this.segments.set(segment, {
        owner, cells: Array.from(memory.presynaptic.subarray(ends[segment], ends[segment + 1])), permanences: Array.from(memory.permanence.subarray(ends[segment], ends[segment + 1])),
      });
    }
  }

  // Go on to the state after record `last` of a part.
  advance(part, learning, last, each) {
    const ends = learningEnds(learning);
    for (let j = this.at - part.start; j <= last - part.start; j++) {
      if (part.arrays.learned[j]) this.record(part, learning, ends, j);
      this.at = part.start + j + 1;
      each?.(part.start + j);
    }
  }

  record(part, learning, ends, j) {
    const { rules, deep, active } = this;
    const before = part.cells(j - 1);
    for (const cell of before.active) active[cell] = 1;
    const phase = new Map(Array.from(part.row("columns", "column_counts", j), (column) => [column, 2]));
    for (const cell of part.row("predictive", "predictive_counts", j)) {
      const column = Math.floor(cell / deep);
      if (phase.has(column)) phase.set(column, 1);
    }
    const best = new Map();
    for (const [number, segment] of this.segments) {
      const { owner, cells, permanences } = segment;
      let [overlap, connected] = [0, 0];
      for (let k = 0; k < cells.length; k++) {
        if (!active[cells[k]]) continue;
        overlap += 1;
        connected += permanences[k] >= rules.connected ? 1 : 0;
      }
      if (overlap < rules.matching) continue;
      const column = Math.floor(owner / deep);
      const state = phase.get(column);
      if (state === 2) {
        const other = best.get(column);
        // The highest overlap; among equals the lower cell, then the lower segment.
        const order = other ? overlap - other.overlap || other.segment.owner - owner || other.number - number : 1;
        if (order > 0) best.set(column, { number, segment, overlap });
      } else if (state === 1) {
        if (connected >= rules.activation) this.apply(number, segment, rules.increment, rules.decrement);
      } else if (rules.predicted < 0) {
        this.apply(number, segment, rules.predicted, 0);
      }
    }
    for (const { number, segment } of best.values()) this.apply(number, segment, rules.increment, rules.decrement);
    for (const cell of before.active) active[cell] = 0;
    this.change(learning, ends, j, before.winners);
  }

  apply(number, segment, step, other) {
    const { cells, permanences } = segment;
    for (let k = cells.length - 1; k >= 0; k--) {
      const next = Math.min(1, Math.fround(permanences[k] + (this.active[cells[k]] ? step : other)));
      permanences[k] = next;
      if (next < LEAST) {
        cells.splice(k, 1);
        permanences.splice(k, 1);
      }
    }
    if (cells.length === 0) this.segments.delete(number);
  }

  // The weakest synapses, of cells that were no winners, leave a segment that gets so many new ones.
  makeRoom({ cells, permanences }, added, winners) {
    const kept = new Set(winners);
    while (cells.length + added > this.most) {
      let weakest = -1;
      for (let k = 0; k < cells.length; k++) {
        if (kept.has(cells[k])) continue;
        const less = weakest < 0 ? -1 : permanences[k] - permanences[weakest] || cells[k] - cells[weakest];
        if (less < 0) weakest = k;
      }
      if (weakest < 0) return;
      cells.splice(weakest, 1);
      permanences.splice(weakest, 1);
    }
  }

  // What no rule explains, as it was written down.
  change(learning, ends, j, winners) {
    for (let k = ends.changes[j]; k < ends.changes[j + 1]; k++) {
      const [number, kind] = [learning.segments[k], learning.kinds[k]];
      const place = ends.places[k];
      if (kind === GONE) {
        this.segments.delete(number);
        continue;
      }
      let segment = this.segments.get(number);
      if (kind === NEW || kind === ROW) {
        const owner = learning.owners[place.owner];
        this.segments.delete(number);
        if (!this.wanted(Math.floor(owner / this.deep))) continue;
        segment = { owner, cells: [], permanences: [] };
        this.segments.set(number, segment);
      }
      if (!segment) continue; // of another column
      if (kind === ROW) {
        for (let at = ends.rows[place.row]; at < ends.rows[place.row + 1]; at++) {
          segment.cells.push(learning.row_cells[at]);
          segment.permanences.push(learning.row_permanences[at]);
        }
      } else {
        this.makeRoom(segment, learning.added[place.added], winners);
        for (let at = ends.added[place.added]; at < ends.added[place.added + 1]; at++) {
          segment.cells.push(winners[learning.links[at]]);
          segment.permanences.push(this.rules.initial);
        }
      }
    }
  }
}

// Where the changes of each record are, and where each change's numbers are.
export function learningEnds(learning) {
  if (learning.ends) return learning.ends;
  const places = [];
  let [owner, added, row] = [0, 0, 0];
  for (const kind of learning.kinds) {
    places.push({ owner, added, row });
    if (kind === NEW || kind === ROW) owner += 1;
    if (kind === NEW || kind === APPEND) added += 1;
    if (kind === ROW) row += 1;
  }
  learning.ends = { changes: offsets(learning.segment_counts), places, added: offsets(learning.added), rows: offsets(learning.rows) };
  return learning.ends;
}

// Columns with a segment that has a synapse from the cell, at the key frame or since.
export function columnsFedBy(cell, deep, memory, parts) {
  const columns = new Set();
  const owners = new Map();
  const ends = offsets(memory.synapses);
  for (let segment = 0; segment < memory.owner.length; segment++) {
    if (!memory.owner[segment]) continue;
    owners.set(segment, memory.owner[segment] - 1);
    if (memory.presynaptic.subarray(ends[segment], ends[segment + 1]).includes(cell)) columns.add(Math.floor((memory.owner[segment] - 1) / deep));
  }
  for (const { part, learning, last } of parts) {
    const { changes, places, added, rows } = learningEnds(learning);
    for (let j = 0; j <= last - part.start; j++) {
      const { winners } = part.cells(j - 1);
      for (let k = changes[j]; k < changes[j + 1]; k++) {
        const kind = learning.kinds[k];
        const number = learning.segments[k];
        if (kind === NEW || kind === ROW) owners.set(number, learning.owners[places[k].owner]);
        if (kind === GONE) continue;
        const has = kind === ROW ? learning.row_cells.subarray(rows[places[k].row], rows[places[k].row + 1]).includes(cell)
          : learning.links.subarray(added[places[k].added], added[places[k].added + 1]).some((link) => winners[link] === cell);
        if (has && owners.has(number)) columns.add(Math.floor(owners.get(number) / deep));
      }
    }
  }
  return columns;
}
