// What is asked of one cell: its segments and synapses after a record, and their permanences over the run.
import { Replay, columnsFedBy } from "./memory.js";

// The key frame from which the state after record i is reached: [number, record before which it holds].
function keyframe(trace, i) {
  const starts = trace.header.memory.map((record) => record - trace.first);
  let number = -1;
  starts.forEach((start, k) => {
    if (start <= i + 1) number = k;
  });
  return [number, starts[number]];
}

async function partsBetween(trace, from, i) {
  const parts = [];
  for (let number = trace.partOf(from); number <= trace.partOf(i) && trace.startOf(number) <= i; number++) {
    const [part, learning] = await Promise.all([trace.part(number), trace.learning(number)]);
    parts.push({ part, learning, last: Math.min(i, part.start + part.records - 1) });
  }
  return parts;
}

// Segments of the cell and synapses out of it, after record i. Null before the model has segments.
export async function cellAt(trace, i, cell) {
  const [number, record] = keyframe(trace, i);
  if (number < 0) return null;
  const [memory, parts] = await Promise.all([trace.memory(number), record > i ? [] : partsBetween(trace, record, i)]);
  const columns = columnsFedBy(cell, trace.deep, memory, parts);
  columns.add(Math.floor(cell / trace.deep));
  const replay = new Replay(trace);
  replay.begin(memory, record, (column) => columns.has(column));
  for (const { part, learning, last } of parts) replay.advance(part, learning, last);
  const { activeCells } = (await trace.load(i)).frame(i);
  const active = new Set(activeCells);
  const { connected, activation, matching } = replay.rules;
  const [segments, out] = [[], []];
  for (const [segment, { owner, cells, permanences }] of replay.segments) {
    const synapses = cells.map((from, k) => ({ cell: from, permanence: permanences[k], connected: permanences[k] >= connected, active: active.has(from) }));
    synapses.sort((a, b) => b.permanence - a.permanence || a.cell - b.cell);
    const live = synapses.filter((one) => one.active && one.connected).length;
    const near = synapses.filter((one) => one.active).length;
    const state = live >= activation ? "active" : near >= matching ? "matching" : "quiet";
    if (owner === cell) segments.push({ segment, synapses, state, live });
    for (const one of synapses) if (one.cell === cell) out.push({ segment, owner, state, permanence: one.permanence, connected: one.connected });
  }
  segments.sort((a, b) => a.segment - b.segment);
  out.sort((a, b) => b.permanence - a.permanence || a.owner - b.owner);
  return { segments, out };
}

// Permanences of the synapses into the cell over the run: lines of [record, permanence], by segment and presynaptic cell.
// report(lines, share done) is called as it goes on; stop() ends it.
export async function historyOf(trace, cell, report, stop) {
  if (!trace.header.memory.length) return report([], 1);
  const start = trace.header.memory[0] - trace.first;
  const replay = new Replay(trace);
  const mine = Math.floor(cell / trace.deep);
  const lines = new Map();
  const note = (i) => {
    for (const line of lines.values()) line.seen = false;
    for (const [segment, { owner, cells, permanences }] of replay.segments) {
      if (owner !== cell) continue;
      cells.forEach((from, k) => {
        const key = `${segment} ${from}`;
        const line = lines.get(key) ?? { segment, from, points: [] };
        lines.set(key, line);
        line.seen = true;
        if (line.points.at(-1)?.[1] !== permanences[k]) line.points.push([i, permanences[k]]);
      });
    }
    for (const line of lines.values()) if (!line.seen && line.points.length && line.points.at(-1)[1] !== null) line.points.push([i, null]);
  };
  replay.begin(await trace.memory(0), start, (column) => column === mine);
  note(start);
  for (let number = trace.partOf(start); number < trace.header.frames.length; number++) {
    const [part, learning] = await Promise.all([trace.part(number), trace.learning(number)]);
    if (stop()) return undefined;
    const last = part.start + part.records - 1;
    replay.advance(part, learning, last, note);
    if (number % 16 === 15) report([...lines.values()], (last + 1) / trace.length);
  }
  return report([...lines.values()], 1);
}
