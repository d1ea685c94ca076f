"""Compiled recorder: what a region did with a record, and how its segments changed.

The recorder keeps a copy of all segments, the shadow. After each record it applies to the shadow what the learning
rules say, and compares: a segment that is as the rule says needs no byte in the recording, any other one is written
down. So the recording is exact whatever the temporal memory does, and small as long as it follows its rules. What the
rules leave open is which cells a segment grows synapses to; these are winner cells of the record before, so a synapse
takes one byte.

`kernels/replay.py` goes the other way.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.capture_changes import equal, sort, write_changes
from zhtm_detector.htm.kernels.jit import jit, jit_inline, jit_inner
from zhtm_detector.htm.kernels.segment_rules import apply_rule
from zhtm_detector.htm.kernels.spatial_pooler_state import Scratch, State
from zhtm_detector.htm.kernels.tape import (
    BITS,
    CHANGED,
    COLUMNS,
    DONE,
    FOREIGN,
    LINKS,
    PREDICTIVE,
    RAISED,
    RECORDS,
    ROOM,
    ROW_CELLS,
    WINNERS,
    Before,
    Shadow,
    Tape,
)
from zhtm_detector.htm.kernels.temporal_memory_state import Memory, TemporalMemoryRules


@jit_inline
def _apply(s: Shadow, segment: Any, is_active: NDArray[np.uint8], step: np.float32, other: np.float32) -> None:
    count = s.synapses[segment]
    left = apply_rule(s.presynaptic[segment], s.permanence[segment], count, is_active, step, other)
    s.synapses[segment] = left
    if left == 0 and count > 0:
        s.owner[segment] = -1


@jit_inline
def _expect(s: Shadow, b: Before, r: TemporalMemoryRules, columns: NDArray[np.uint32]) -> int:
    """Apply to the shadow what the rules say of each segment that matched before (BAMI, "Activate columns").

    Returns the number of segments that they change; `s.expected` lists them.
    """
    cells = np.int64(r.cells)
    active, matching = b.counts[0], b.counts[1]
    zero = np.float32(0.0)
    found = 0
    a = 0
    c = 0
    k = 0
    while k < matching:
        column = (b.matching_segments[k] >> 32) // cells
        end = (column + 1) * cells
        while c < len(columns) and np.int64(columns[c]) < column:
            c += 1
        while a < active and b.active_segments[a] >> 32 < end - cells:
            a += 1
        if c == len(columns) or np.int64(columns[c]) != column:
            if r.predicted_decrement > zero:
                segment = b.matching_segments[k] & 0xFFFFFFFF
                _apply(s, segment, b.is_active, -r.predicted_decrement, zero)
                s.expected[found] = segment
                found += 1
            k += 1
            continue
        bursts = a == active or b.active_segments[a] >> 32 >= end
        best = np.int64(-1)
        highest = -1
        while k < matching and b.matching_segments[k] >> 32 < end:
            chosen = np.int64(-1)
            if bursts:
                if b.overlaps[k] > highest:
                    highest = b.overlaps[k]
                    best = b.matching_segments[k] & 0xFFFFFFFF
            elif a < active and b.active_segments[a] == b.matching_segments[k]:
                chosen = b.matching_segments[k] & 0xFFFFFFFF
                a += 1
            k += 1
            if bursts and (k == matching or b.matching_segments[k] >> 32 >= end):
                chosen = best
            if chosen >= 0:
                _apply(s, chosen, b.is_active, r.increment, -r.decrement)
                s.expected[found] = chosen
                found += 1
    return found


@jit_inline
def _compare(s: Shadow, m: Memory, segment: Any, number: int, found: int) -> int:
    """List a segment if it is not what the rules say; return how many are listed."""
    if s.compared[segment] == number:
        return found
    s.compared[segment] = number
    owner = m.owner[segment]
    count = m.synapses[segment]
    if owner == s.owner[segment] and (
        owner < 0
        or (
            count == s.synapses[segment]
            and equal(
                m.presynaptic[segment], s.presynaptic[segment], m.permanence[segment], s.permanence[segment], count
            )
        )
    ):
        return found
    s.changed[found] = segment
    return found + 1


@jit_inline
def _write_cells(t: Tape, b: Before, m: Memory, r: TemporalMemoryRules, columns: NDArray[np.uint32]) -> bool:
    """Write the winner of each bursting column; False if other cells are active than were predicted in the columns."""
    counts = m.counts[0]
    winners = m.winner_cells[counts.side]
    expected = 0
    a = 0
    w = 0
    for column in columns:
        first = np.int64(column) * r.cells
        end = first + r.cells
        while a < b.counts[0] and b.active_segments[a] >> 32 < first:
            a += 1
        while w < counts.winner_cells and winners[w] < first:
            w += 1
        if a == b.counts[0] or b.active_segments[a] >> 32 >= end:
            expected += r.cells
            if w == counts.winner_cells or winners[w] >= end:
                return False
            t.winners[t.used[WINNERS]] = winners[w] - first
            t.used[WINNERS] += 1
            continue
        last = np.int64(-1)
        while a < b.counts[0] and b.active_segments[a] >> 32 < end:
            expected += 1 if b.active_segments[a] >> 32 != last else 0
            last = b.active_segments[a] >> 32
            a += 1
    return bool(expected == counts.active_cells)


@jit_inline
def _write_raised(t: Tape, b: Before, state: State, columns: NDArray[np.uint32]) -> None:
    """Write the columns whose pool the rule for weak columns has raised."""
    minimum, duty = b.minimum_duty, state.overlap_duty
    weak, one, none = np.int32(0), np.int32(1), np.int32(0)
    for c in range(duty.size):
        weak = np.int32(weak + (one if duty[c] < minimum[c] else none))
    w = 0
    for c in range(duty.size if weak > 0 else 0):
        while w < len(columns) and columns[w] < c:
            w += 1
        wins = w < len(columns) and columns[w] == c
        if duty[c] < minimum[c] and (wins or b.saturated[c] == 0 or state.saturated[c] == 0):
            t.raised[t.used[RAISED]] = c
            t.used[RAISED] += 1


@jit_inline
def remember(b: Before, m: Memory, state: State) -> None:
    """Keep what holds now for the next record."""
    counts = m.counts[0]
    for i in range(b.counts[3]):
        b.is_active[b.active_cells[i]] = 0
    b.counts[0], b.counts[1] = counts.active_segments, counts.matching_segments
    b.counts[2], b.counts[3], b.counts[4] = counts.winner_cells, counts.active_cells, m.uses.ends[2]
    for i in range(counts.active_segments):
        b.active_segments[i] = m.active_segments[i]
    for i in range(counts.matching_segments):
        b.matching_segments[i] = m.matching_segments[i]
        b.overlaps[i] = m.overlaps[m.matching_segments[i] & 0xFFFFFFFF]
    for i in range(counts.winner_cells):
        b.winner_cells[i] = m.winner_cells[counts.side, i]
    for i in range(counts.active_cells):
        cell = m.active_cells[counts.side, i]
        b.active_cells[i] = cell
        b.is_active[cell] = 1
    for c in range(b.minimum_duty.size):
        b.minimum_duty[c] = state.minimum_duty[c]
        b.saturated[c] = state.saturated[c]


@jit
def remember_box(box: Any) -> None:
    """Call `remember` with a box of (Before, Memory, State)."""
    b, m, state = box.state
    remember(b, m, state)


@jit
def capture(box: Any, learn: bool) -> int:
    """Write down the last record; return DONE, ROOM if the tape is too short (nothing has changed then), or FOREIGN.

    The box holds (bits, offsets, State, Scratch, Memory, TemporalMemoryRules, Shadow, Before, Tape): the active bits,
    shape (active,), and 0 and the number of active columns.
    """
    bits, offsets, state, scratch, m, r, s, b, t = box.state
    return _capture(bits, offsets, state, scratch, m, r, s, b, t, learn)


@jit_inner
def _capture(
    bits: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    state: State,
    scratch: Scratch,
    m: Memory,
    r: TemporalMemoryRules,
    s: Shadow,
    b: Before,
    t: Tape,
    learn: bool,
) -> int:
    columns = scratch.winners[: offsets[1]]
    counts = m.counts[0]
    used = t.used
    record = used[RECORDS]
    most = b.counts[1] + counts.active_segments + 2 * len(columns)
    width = m.presynaptic.shape[1]
    if (
        record == t.counts.shape[0]
        or used[BITS] + len(bits) > t.bits.size
        or used[COLUMNS] + len(columns) > t.columns.size
        or used[PREDICTIVE] + counts.active_segments > t.predictive.size
        or used[RAISED] + state.overlap_duty.size > t.raised.size
        or used[CHANGED] + most > t.segments.size
        or used[LINKS] + most * width > t.links.size
        or used[ROW_CELLS] + most * width > t.row_cells.size
    ):
        return ROOM
    start = t.counts[record]
    for i in range(used.size):
        start[i] = used[i]
    for i in range(len(bits)):
        t.bits[used[BITS] + i] = bits[i]
    used[BITS] += len(bits)
    for i in range(len(columns)):
        t.columns[used[COLUMNS] + i] = columns[i]
        t.overlaps[used[COLUMNS] + i] = scratch.overlaps[columns[i]]
    used[COLUMNS] += len(columns)
    if not _write_cells(t, b, m, r, columns):
        for i in range(used.size):
            used[i] = start[i]
        return FOREIGN
    last = np.int64(-1)
    for i in range(counts.active_segments):
        cell = m.active_segments[i] >> 32
        if cell != last:
            t.predictive[used[PREDICTIVE]] = cell
            used[PREDICTIVE] += 1
            last = cell
    if learn:
        _write_raised(t, b, state, columns)
        expected = _expect(s, b, r, columns)
        b.counts[5] += 1
        number = b.counts[5]
        found = 0
        for i in range(expected):
            found = _compare(s, m, s.expected[i], number, found)
        segment = np.int64(m.uses.ends[1])
        while segment >= 0 and m.uses.chain[segment].last > b.counts[4]:
            found = _compare(s, m, segment, number, found)
            segment = np.int64(m.uses.chain[segment].older)
        sort(s.changed, found)
        write_changes(t, s, b, m, r, found)
    remember(b, m, state)
    for i in range(start.size):
        start[i] = used[i] - start[i]
    used[RECORDS] += 1
    return DONE
