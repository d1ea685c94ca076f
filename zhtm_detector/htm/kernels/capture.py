"""Compiled recorder: what a region did with a record, and how its segments changed.

The recorder keeps a copy of all segments, the shadow. After each record it applies to the shadow what the learning
rules say, and compares: a segment that is as the rule says needs no byte in the recording, any other one is written
down. So the recording is exact whatever the temporal memory does, and small as long as it follows its rules. What the
rules leave open is which cells a segment grows synapses to; these are winner cells of the record before, so a synapse
takes one byte.

`replay_memory` and `replay_pooler` go the other way: from a key frame over the records after it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.jit import jit, jit_inline, jit_inner
from zhtm_detector.htm.kernels.spatial_pooler_state import Scratch, Settings, State
from zhtm_detector.htm.kernels.temporal_memory_state import Memory, TemporalMemoryRules

DONE, ROOM, FOREIGN = range(3)  # results of `capture`: FOREIGN is a change that no record made
# Kinds of changes that no rule explains. APPEND: first the rule, then the
# weakest synapses make room if there is none, then new ones; NEW: an empty segment of a cell,
# then new synapses; ROW: all synapses follow; GONE: removed.
APPEND, NEW, ROW, GONE = range(4)
# Places in `Tape.used`, and in a row of `Tape.counts`.
RECORDS, BITS, COLUMNS, PREDICTIVE, WINNERS, RAISED, CHANGED, OWNERS, ADDED, LINKS, ROWS, ROW_CELLS = range(12)


class Shadow(NamedTuple):
    """Copy of the segments, as far as the rules explain them. S segments of at most K synapses."""

    owner: NDArray[np.int32]  # (S,) cell, -1: not in use
    synapses: NDArray[np.int32]  # (S,)
    presynaptic: NDArray[Any]  # (S, K) cells
    permanence: NDArray[np.float32]  # (S, K)
    compared: NDArray[np.int64]  # (S,) scratch: number of the last record at which it was compared
    changed: NDArray[np.int64]  # (S,) scratch: segments to write down


class Before(NamedTuple):
    """What held after the record before. C cells, N columns."""

    counts: NDArray[np.int64]  # (6,) active segments, matching ones, winner cells, active cells, uses, records
    active_segments: NDArray[np.int64]  # (S,) cell << 32 | segment
    matching_segments: NDArray[np.int64]  # (S,)
    overlaps: NDArray[np.int32]  # (S,) of the matching segments
    is_active: NDArray[np.uint8]  # (C,)
    active_cells: NDArray[np.int32]  # (C,)
    winner_cells: NDArray[np.int32]  # (C,)
    minimum_duty: NDArray[np.float32]  # (N,)
    saturated: NDArray[np.uint8]  # (N,)


class Tape(NamedTuple):
    """What was written down of the records of a chunk: arrays without gaps, and how much of each is a record's."""

    used: NDArray[np.int64]  # (12,)
    counts: NDArray[np.int64]  # (records, 12) per record
    bits: NDArray[np.uint32]
    columns: NDArray[np.uint32]
    overlaps: NDArray[np.uint32]  # of the columns
    predictive: NDArray[np.uint32]  # cells
    winners: NDArray[np.uint32]  # of bursting columns: place in the column
    raised: NDArray[np.uint32]  # columns
    segments: NDArray[np.uint32]  # changed ones
    kinds: NDArray[np.uint32]  # of the changes
    owners: NDArray[np.uint32]  # cells, for NEW and ROW
    added: NDArray[np.uint32]  # number of synapses, for APPEND and NEW
    links: NDArray[np.uint32]  # places among the winner cells of the record before, for APPEND and NEW
    rows: NDArray[np.uint32]  # number of synapses, for ROW
    row_cells: NDArray[np.uint32]
    row_permanences: NDArray[np.float32]


@jit_inner
def apply_rule(
    cells: NDArray[Any],
    permanences: NDArray[np.float32],
    count: int,
    is_active: NDArray[np.uint8],
    active_step: np.float32,
    inactive_step: np.float32,
) -> int:
    """Change a segment's permanences, drop the synapses that fell to 0; return the number of those left."""
    one, least = np.float32(1.0), np.float32(1e-5)
    lowest = one
    for i in range(count):
        new = permanences[i] + (active_step if is_active[cells[i]] != 0 else inactive_step)
        new = one if new > one else new
        permanences[i] = new
        lowest = min(lowest, new)
    if lowest < least:
        for i in range(count - 1, -1, -1):
            if permanences[i] < least:
                count -= 1
                cells[i] = cells[count]
                permanences[i] = permanences[count]
    return count


@jit_inline
def _apply(s: Shadow, segment: Any, is_active: NDArray[np.uint8], step: np.float32, other: np.float32) -> None:
    count = s.synapses[segment]
    left = apply_rule(s.presynaptic[segment], s.permanence[segment], count, is_active, step, other)
    s.synapses[segment] = left
    if left == 0 and count > 0:
        s.owner[segment] = -1


@jit_inline
def _expect(s: Shadow, b: Before, r: TemporalMemoryRules, columns: NDArray[np.uint32]) -> None:
    """Apply to the shadow what the rules say of each segment that matched before (BAMI, "Activate columns")."""
    cells = np.int64(r.cells)
    active, matching = b.counts[0], b.counts[1]
    zero = np.float32(0.0)
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


@jit_inner
def _equal(
    cells: NDArray[Any],
    others: NDArray[Any],
    permanences: NDArray[np.float32],
    other_permanences: NDArray[np.float32],
    count: int,
) -> bool:
    differ = 0
    for i in range(count):
        differ |= (cells[i] != others[i]) | (permanences[i] != other_permanences[i])
    return differ == 0


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
            and _equal(
                m.presynaptic[segment], s.presynaptic[segment], m.permanence[segment], s.permanence[segment], count
            )
        )
    ):
        return found
    s.changed[found] = segment
    return found + 1


@jit_inner
def _sort(numbers: NDArray[Any], count: int) -> None:
    for i in range(1, count):
        number = numbers[i]
        at = i
        while at > 0 and numbers[at - 1] > number:
            numbers[at] = numbers[at - 1]
            at -= 1
        numbers[at] = number


@jit_inner
def _place(sorted_cells: NDArray[np.int32], count: int, cell: int) -> int:
    """Return the place of a cell among sorted ones; -1 if it is none of them."""
    low = 0
    high = count
    while low < high:
        middle = (low + high) // 2
        if sorted_cells[middle] < cell:
            low = middle + 1
        else:
            high = middle
    return low if low < count and sorted_cells[low] == cell else -1


@jit_inner
def _write_links(
    cells: NDArray[Any],
    permanences: NDArray[np.float32],
    first: Any,
    count: Any,
    initial: np.float32,
    winners: NDArray[np.int32],
    links: NDArray[np.uint32],
) -> bool:
    """Write the synapses from slot `first` on as places among the winner cells; False if they are no new ones."""
    for i in range(first, count):
        place = _place(winners, len(winners), cells[i])
        if place < 0 or permanences[i] != initial:
            return False
        links[i - first] = place
    _sort(links, count - first)
    return True


@jit_inner
def drop_weakest(cells: NDArray[Any], permanences: NDArray[np.float32], count: Any, winners: NDArray[np.int32]) -> int:
    """Drop the weakest synapse that is from no winner cell; return the number of those left, or -1 if there is none."""
    weakest = -1
    for i in range(count):
        if (
            weakest < 0
            or permanences[i] < permanences[weakest]
            or (permanences[i] == permanences[weakest] and cells[i] < cells[weakest])
        ) and _place(winners, len(winners), cells[i]) < 0:
            weakest = i
    if weakest < 0:
        return -1
    cells[weakest] = cells[count - 1]
    permanences[weakest] = permanences[count - 1]
    return int(count - 1)


@jit_inner
def _kept(
    old_cells: NDArray[Any],
    old_permanences: NDArray[np.float32],
    left: Any,
    cells: NDArray[Any],
    permanences: NDArray[np.float32],
    count: Any,
    initial: np.float32,
    winners: NDArray[np.int32],
    links: NDArray[np.uint32],
) -> int:
    """Return how many synapses a segment kept before it grew the rest; -1 if that does not explain it.

    A segment at its limit drops its weakest synapses for new ones.
    """
    while left >= 0:
        if (
            left < count
            and _equal(cells, old_cells, permanences, old_permanences, left)
            and _write_links(cells, permanences, left, count, initial, winners, links)
        ):
            return int(left)
        if count < len(cells):
            return -1
        left = drop_weakest(old_cells, old_permanences, left, winners)
    return -1


@jit_inline
def _write_changes(t: Tape, s: Shadow, b: Before, m: Memory, r: TemporalMemoryRules, found: int) -> None:
    """Write down the listed segments, and correct the shadow."""
    used = t.used
    winners = b.winner_cells[: b.counts[2]]
    for i in range(found):
        segment = s.changed[i]
        owner, count = m.owner[segment], np.int64(m.synapses[segment])
        cells, permanences = m.presynaptic[segment], m.permanence[segment]
        old_cells, old_permanences = s.presynaptic[segment], s.permanence[segment]
        links = t.links[used[LINKS] :]
        kind = ROW
        first = np.int64(-1)
        if owner < 0:
            kind = GONE
        else:
            if owner == s.owner[segment]:
                left = np.int64(s.synapses[segment])
                first = np.int64(
                    _kept(old_cells, old_permanences, left, cells, permanences, count, r.initial, winners, links)
                )
            if first >= 0:
                kind = APPEND
            elif _write_links(cells, permanences, 0, count, r.initial, winners, links):
                kind = NEW
                first = np.int64(0)
        t.segments[used[CHANGED]], t.kinds[used[CHANGED]] = segment, kind
        used[CHANGED] += 1
        if kind in (NEW, ROW):
            t.owners[used[OWNERS]] = owner
            used[OWNERS] += 1
        if kind in (NEW, APPEND):
            t.added[used[ADDED]] = count - first
            used[ADDED] += 1
            used[LINKS] += count - first
        elif kind == ROW:
            t.rows[used[ROWS]] = count
            used[ROWS] += 1
            for j in range(count):
                t.row_cells[used[ROW_CELLS] + j] = cells[j]
                t.row_permanences[used[ROW_CELLS] + j] = permanences[j]
            used[ROW_CELLS] += count
        s.owner[segment], s.synapses[segment] = owner, count
        for j in range(count):
            old_cells[j] = cells[j]
            old_permanences[j] = permanences[j]


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
        _expect(s, b, r, columns)
        b.counts[5] += 1
        number = b.counts[5]
        found = 0
        for i in range(b.counts[1]):
            found = _compare(s, m, b.matching_segments[i] & 0xFFFFFFFF, number, found)
        segment = np.int64(m.uses.ends[1])
        while segment >= 0 and m.uses.chain[segment].last > b.counts[4]:
            found = _compare(s, m, segment, number, found)
            segment = np.int64(m.uses.chain[segment].older)
        _sort(s.changed, found)
        _write_changes(t, s, b, m, r, found)
    remember(b, m, state)
    for i in range(start.size):
        start[i] = used[i] - start[i]
    used[RECORDS] += 1
    return DONE


class Rows(NamedTuple):
    """Segments of a memory as a trace has them."""

    owner: NDArray[np.int32]  # (S,) cell, -1: not in use
    synapses: NDArray[np.int32]  # (S,)
    presynaptic: NDArray[np.int32]  # (S, K)
    permanence: NDArray[np.float32]  # (S, K)


class Learning(NamedTuple):
    """The records of a chunk, for `replay_memory`: n records; row j of `ends` is where record j begins."""

    learned: NDArray[np.bool_]  # (n,)
    columns: NDArray[np.int64]
    column_ends: NDArray[np.int64]  # (n + 1,)
    predicted: NDArray[np.int64]  # cells predicted for each record
    predicted_ends: NDArray[np.int64]  # (n + 2,) one record more: what the last one predicts
    active: NDArray[np.int64]  # cells, of the record before each
    active_ends: NDArray[np.int64]  # (n + 2,)
    winners: NDArray[np.int32]  # cells, of the record before each
    winner_ends: NDArray[np.int64]  # (n + 2,)
    segments: NDArray[np.int64]
    segment_ends: NDArray[np.int64]  # (n + 1,)
    kinds: NDArray[np.int64]
    owners: NDArray[np.int64]  # (changes,) -1 if there is none
    synapses: NDArray[np.int64]  # (changes,) number of synapses that follow
    firsts: NDArray[np.int64]  # (changes,) the first of them in `links` or `row_cells`
    links: NDArray[np.int64]
    row_cells: NDArray[np.int64]
    row_permanences: NDArray[np.float32]


@jit_inline
def _change(s: Rows, x: Learning, r: TemporalMemoryRules, record: int, only: int) -> bool:
    """Apply the changes that no rule explains; False if a segment would have too many synapses."""
    width = s.presynaptic.shape[1]
    winners = x.winners[x.winner_ends[record] : x.winner_ends[record + 1]]
    for i in range(x.segment_ends[record], x.segment_ends[record + 1]):
        segment, kind, owner = x.segments[i], x.kinds[i], x.owners[i]
        if kind == GONE:
            s.owner[segment] = -1
            s.synapses[segment] = 0
            continue
        if kind == APPEND:
            if s.owner[segment] < 0:  # of another column than the one asked for
                continue
        else:
            mine = only < 0 or owner // r.cells == only
            s.owner[segment] = owner if mine else -1
            s.synapses[segment] = 0
            if not mine:
                continue
        count = np.int64(s.synapses[segment])
        cells, permanences = s.presynaptic[segment], s.permanence[segment]
        while count >= 0 and count + x.synapses[i] > width:
            count = np.int64(drop_weakest(cells, permanences, count, winners))
        if count < 0:
            return False
        for j in range(x.firsts[i], x.firsts[i] + x.synapses[i]):
            cells[count] = x.row_cells[j] if kind == ROW else winners[x.links[j]]
            permanences[count] = x.row_permanences[j] if kind == ROW else r.initial
            count += 1
        s.synapses[segment] = count
    return True


@jit
def replay_memory(
    s: Rows,
    x: Learning,
    r: TemporalMemoryRules,
    first: int,
    last: int,
    only: int,
    is_active: NDArray[np.uint8],
    phase: NDArray[np.uint8],
    best: NDArray[np.int64],
) -> bool:
    """Go on from the segments before record `first` to those after record `last - 1`; False if they do not fit.

    Parameters
    ----------
    s : Rows
        With room for what follows: the reader has checked it.
    x : Learning
    r : TemporalMemoryRules
    first, last : int
        Records of the chunk.
    only : int
        A column: the segments of all other ones are dropped. -1: all.
    is_active : ndarray of uint8, shape (cells,)
        Scratch, all 0.
    phase : ndarray of uint8, shape (columns,)
        Scratch, all 0.
    best : ndarray of int64, shape (columns, 2)
        Scratch.
    """
    for record in range(first, last):
        if not x.learned[record]:
            continue
        for cell in x.active[x.active_ends[record] : x.active_ends[record + 1]]:
            is_active[cell] = 1
        columns = x.columns[x.column_ends[record] : x.column_ends[record + 1]]
        for column in columns:
            phase[column], best[column, 0] = 2, -1
        for cell in x.predicted[x.predicted_ends[record] : x.predicted_ends[record + 1]]:
            if phase[cell // r.cells] == 2:
                phase[cell // r.cells] = 1
        for segment in range(s.owner.size):
            owner = s.owner[segment]
            if owner < 0:
                continue
            overlap, connected, count = np.int64(0), np.int64(0), s.synapses[segment]
            for i in range(count):
                is_on = np.int64(is_active[s.presynaptic[segment, i]])
                overlap += is_on
                connected += is_on if s.permanence[segment, i] >= r.connected else 0
            if overlap < r.matching:
                continue
            column = owner // r.cells
            if phase[column] == 2:
                # The highest overlap; among equals the lower cell, then the lower segment.
                other = best[column, 0]
                if other < 0 or overlap > best[column, 1] or (overlap == best[column, 1] and owner < s.owner[other]):
                    best[column, 0], best[column, 1] = segment, overlap
            elif phase[column] == 1:
                if connected >= r.activation:
                    _replay_rule(s, segment, is_active, r.increment, -r.decrement)
            elif r.predicted_decrement > np.float32(0.0):
                _replay_rule(s, segment, is_active, -r.predicted_decrement, np.float32(0.0))
        for column in columns:
            if phase[column] == 2 and best[column, 0] >= 0:
                _replay_rule(s, best[column, 0], is_active, r.increment, -r.decrement)
            phase[column] = 0
        for cell in x.active[x.active_ends[record] : x.active_ends[record + 1]]:
            is_active[cell] = 0
        if not _change(s, x, r, record, only):
            return False
    return True


@jit_inline
def _replay_rule(s: Rows, segment: int, is_active: NDArray[np.uint8], step: np.float32, other: np.float32) -> None:
    count = s.synapses[segment]
    left = apply_rule(s.presynaptic[segment], s.permanence[segment], count, is_active, step, other)
    s.synapses[segment] = left
    if left == 0 and count > 0:
        s.owner[segment] = -1


@jit_inner
def _move(row: NDArray[np.float32], deltas: NDArray[np.float32], trim: np.float32) -> None:
    """Change a column's permanences within [0, 1]; those below `trim` become 0, those outside the pool stay -1."""
    zero, one = np.float32(0.0), np.float32(1.0)
    for i in range(row.size):
        old = row[i]
        new = old + deltas[i]
        new = zero if new < trim else new
        limit = old if old < zero else one
        row[i] = limit if new > limit else new


@jit
def replay_pooler(
    permanences: NDArray[np.float32],
    settings: Settings,
    raises: NDArray[np.float32],
    learned: NDArray[np.bool_],
    bits: NDArray[np.int64],
    bit_ends: NDArray[np.int64],
    columns: NDArray[np.int64],
    column_ends: NDArray[np.int64],
    raised: NDArray[np.int64],
    raised_ends: NDArray[np.int64],
    first: int,
    last: int,
) -> None:
    """Go on from the permanences before record `first` to those after record `last - 1`; see `replay_memory`."""
    deltas = np.full(permanences.shape[1], -settings.decrement, np.float32)
    for record in range(first, last):
        if not learned[record]:
            continue
        some = bits[bit_ends[record] : bit_ends[record + 1]]
        for bit in some:
            deltas[bit] = settings.increment
        for column in columns[column_ends[record] : column_ends[record + 1]]:
            _move(permanences[column], deltas, settings.trim)
        for column in raised[raised_ends[record] : raised_ends[record + 1]]:
            _move(permanences[column], raises, np.float32(0.0))
        for bit in some:
            deltas[bit] = -settings.decrement
