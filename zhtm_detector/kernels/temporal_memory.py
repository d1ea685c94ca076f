"""Compiled temporal memory: one record, or many, over the arrays of a `Memory`.

A segment is a row of two arrays (presynaptic cell, permanence). The way back, from a presynaptic cell to its synapses,
is the cell's fan-out: a packed list of `segment << 1 | connected`, so that finding the active segments is one scan in
sequence over the fan-outs of the active cells. Only a synapse whose permanence crosses the connected threshold
touches that list. Scratch is cleared through the list of what was touched, never whole.

The order of synapses and of fan-outs carries no meaning: whatever is chosen, is chosen by value (permanence, cell,
segment number, last use), so that the layout may change while the results do not.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.kernels._jit import jit

COUNTS = np.dtype(
    [
        ("side", np.int64),  # which row of active_cells and winner_cells holds the last record's
        ("active_cells", np.int64),
        ("winner_cells", np.int64),
        ("active_segments", np.int64),
        ("matching_segments", np.int64),
        ("touched", np.int64),
        ("segments", np.int64),  # alive
        ("synapses", np.int64),  # alive
        ("highest", np.int64),  # segment numbers given out so far; freed ones are reused first
        ("free_segment", np.int64),  # head of the chain of freed numbers, -1: none
        ("oldest", np.int64),  # ends of the chain of segments by last use, -1: none
        ("newest", np.int64),
        ("clock", np.int64),  # counts uses
        ("mark", np.int64),  # counts visits, for `Memory.marks`
        ("arena_used", np.int64),
    ]
)


class Rules(NamedTuple):
    """`TemporalMemoryParams` as the kernel takes them: permanences in float32, like the synapses."""

    cells: int
    activation: int
    matching: int
    initial: np.float32
    connected: np.float32
    increment: np.float32
    decrement: np.float32
    predicted_decrement: np.float32
    new_synapses: int
    segments_per_cell: int
    segments: int


class Memory(NamedTuple):
    """All state. S segments of at most K synapses, C cells, A fan-out entries."""

    counts: NDArray[Any]  # (1,) COUNTS
    owner: NDArray[np.int32]  # (S,) cell, -1: not alive
    synapses: NDArray[np.int32]  # (S,) how many
    presynaptic: NDArray[np.int32]  # (S, K) cells
    permanence: NDArray[np.float32]  # (S, K)
    next_of_cell: NDArray[np.int32]  # (S,) chain of one cell's segments, or of freed numbers; -1: end
    last_use: NDArray[np.int64]  # (S,) clock, no two the same
    older: NDArray[np.int32]  # (S,) chain by last use
    newer: NDArray[np.int32]  # (S,)
    first_of_cell: NDArray[np.int32]  # (C,) segment, -1: none
    segments_of_cell: NDArray[np.int32]  # (C,) how many
    fan_start: NDArray[np.int32]  # (C,) where in the arena
    fan_length: NDArray[np.int32]  # (C,)
    fan_class: NDArray[np.int8]  # (C,) room for 4 << class entries, -1: none
    arena: NDArray[np.int32]  # (A,) segment << 1 | connected
    free_blocks: NDArray[np.int32]  # (32,) per class: head of the chain of freed blocks, -1: none
    active_cells: NDArray[np.int32]  # (2, C) sorted; this record's and the last one's in turn
    winner_cells: NDArray[np.int32]  # (2, C) sorted
    is_active: NDArray[np.uint8]  # (C,) the last record's active cells as flags
    active_segments: NDArray[np.int64]  # (S,) cell << 32 | segment, sorted
    matching_segments: NDArray[np.int64]  # (S,) likewise
    overlaps: NDArray[np.int32]  # (S,) active synapses | connected active synapses << 16
    touched: NDArray[np.int32]  # (S + 1,) segments with overlaps other than 0; one place more, written and not kept
    marks: NDArray[np.int64]  # (C,) scratch: the visit that last met the cell
    candidates: NDArray[np.int32]  # (C,) scratch
    growing: NDArray[np.int32]  # (C,) scratch: cells that get a new segment


@jit
def _take_block(m: Memory, size_class: int) -> int:
    head = m.free_blocks[size_class]
    if head >= 0:
        m.free_blocks[size_class] = m.arena[head]
        return int(head)
    start = m.counts[0].arena_used
    m.counts[0].arena_used = start + (4 << size_class)
    return int(start)


@jit
def _move_fan_out(m: Memory, cell: int, size_class: int) -> None:
    start = _take_block(m, size_class)
    old_class = m.fan_class[cell]
    if old_class >= 0:
        old = m.fan_start[cell]
        for i in range(m.fan_length[cell]):
            m.arena[start + i] = m.arena[old + i]
        m.arena[old] = m.free_blocks[old_class]
        m.free_blocks[old_class] = old
    m.fan_start[cell] = start
    m.fan_class[cell] = size_class


@jit
def _link(m: Memory, cell: int, entry: int) -> None:
    length = m.fan_length[cell]
    size_class = m.fan_class[cell]
    if size_class < 0 or length == 4 << size_class:
        _move_fan_out(m, cell, size_class + 1)
    m.arena[m.fan_start[cell] + length] = entry
    m.fan_length[cell] = length + 1


@jit
def _find(m: Memory, cell: int, segment: int) -> int:
    position = m.fan_start[cell]
    while m.arena[position] >> 1 != segment:
        position += 1
    return int(position)


@jit
def _unlink(m: Memory, cell: int, segment: int) -> None:
    position = _find(m, cell, segment)
    length = m.fan_length[cell] - 1
    m.arena[position] = m.arena[m.fan_start[cell] + length]
    m.fan_length[cell] = length
    # A list three quarters empty gives its room back, if a smaller block lies ready: what is held follows what is used.
    size_class = m.fan_class[cell]
    if size_class > 0 and length <= 1 << size_class and m.free_blocks[size_class - 1] >= 0:
        _move_fan_out(m, cell, size_class - 1)


@jit
def _detach_use(m: Memory, segment: int) -> None:
    older = m.older[segment]
    newer = m.newer[segment]
    if older >= 0:
        m.newer[older] = newer
    else:
        m.counts[0].oldest = newer
    if newer >= 0:
        m.older[newer] = older
    else:
        m.counts[0].newest = older


@jit
def _attach_use(m: Memory, segment: int) -> None:
    newest = m.counts[0].newest
    m.older[segment] = newest
    m.newer[segment] = -1
    if newest >= 0:
        m.newer[newest] = segment
    else:
        m.counts[0].oldest = segment
    m.counts[0].newest = segment
    m.counts[0].clock += 1
    m.last_use[segment] = m.counts[0].clock


@jit
def _use(m: Memory, segment: int) -> None:
    _detach_use(m, segment)
    _attach_use(m, segment)


@jit
def _remove_synapse(m: Memory, segment: int, synapse: int) -> None:
    _unlink(m, m.presynaptic[segment, synapse], segment)
    last = m.synapses[segment] - 1
    m.presynaptic[segment, synapse] = m.presynaptic[segment, last]
    m.permanence[segment, synapse] = m.permanence[segment, last]
    m.synapses[segment] = last
    m.counts[0].synapses -= 1


@jit
def _remove_segment(m: Memory, segment: int) -> None:
    for synapse in range(m.synapses[segment]):
        _unlink(m, m.presynaptic[segment, synapse], segment)
    m.counts[0].synapses -= m.synapses[segment]
    m.synapses[segment] = 0
    cell = m.owner[segment]
    at = m.first_of_cell[cell]
    if at == segment:
        m.first_of_cell[cell] = m.next_of_cell[segment]
    else:
        while m.next_of_cell[at] != segment:
            at = m.next_of_cell[at]
        m.next_of_cell[at] = m.next_of_cell[segment]
    m.segments_of_cell[cell] -= 1
    m.owner[segment] = -1
    _detach_use(m, segment)
    m.next_of_cell[segment] = m.counts[0].free_segment
    m.counts[0].free_segment = segment
    m.counts[0].segments -= 1


@jit
def add_segment(m: Memory, r: Rules, cell: int) -> int:
    """Give `cell` a segment without synapses; its or the memory's least recently used one makes room."""
    if m.segments_of_cell[cell] >= r.segments_per_cell:
        victim = m.first_of_cell[cell]
        at = m.next_of_cell[victim]
        while at >= 0:
            if m.last_use[at] < m.last_use[victim]:
                victim = at
            at = m.next_of_cell[at]
        _remove_segment(m, victim)
    if m.counts[0].segments >= r.segments:
        _remove_segment(m, m.counts[0].oldest)
    segment = m.counts[0].free_segment
    if segment >= 0:
        m.counts[0].free_segment = m.next_of_cell[segment]
    else:
        segment = m.counts[0].highest
        m.counts[0].highest += 1
    m.owner[segment] = cell
    m.next_of_cell[segment] = m.first_of_cell[cell]
    m.first_of_cell[cell] = segment
    m.segments_of_cell[cell] += 1
    m.counts[0].segments += 1
    _attach_use(m, segment)
    return int(segment)


@jit
def add_synapse(m: Memory, r: Rules, segment: int, cell: int, permanence: np.float32) -> None:
    """Connect `segment` to a presynaptic cell that it is not connected to; it must have room."""
    synapse = m.synapses[segment]
    m.presynaptic[segment, synapse] = cell
    m.permanence[segment, synapse] = permanence
    m.synapses[segment] = synapse + 1
    m.counts[0].synapses += 1
    _link(m, cell, segment << 1 | (1 if permanence >= r.connected else 0))


@jit
def _set_permanence(m: Memory, r: Rules, segment: int, synapse: int, new: np.float32) -> bool:
    """Clip, store and keep the fan-out's flag; False when the synapse is gone (its permanence reached 0)."""
    old = m.permanence[segment, synapse]
    if new > np.float32(1.0):
        new = np.float32(1.0)
    # NuPIC's epsilon: sums of float32 steps do not meet 0 exactly.
    if new < np.float32(1e-5):
        _remove_synapse(m, segment, synapse)
        return False
    m.permanence[segment, synapse] = new
    if (old >= r.connected) != (new >= r.connected):
        m.arena[_find(m, m.presynaptic[segment, synapse], segment)] ^= 1
    return True


@jit
def _reinforce(m: Memory, r: Rules, segment: int) -> bool:
    """BAMI: strengthen the synapses to active cells, weaken the others; False when none are left."""
    # From the end, for a removal puts the last synapse in its place.
    for synapse in range(m.synapses[segment] - 1, -1, -1):
        permanence = m.permanence[segment, synapse]
        if m.is_active[m.presynaptic[segment, synapse]]:
            permanence += r.increment
        else:
            permanence -= r.decrement
        _set_permanence(m, r, segment, synapse, permanence)
    if m.synapses[segment] == 0:
        _remove_segment(m, segment)
        return False
    return True


@jit
def _punish(m: Memory, r: Rules, segment: int) -> None:
    """BAMI: weaken the synapses to active cells of a segment that predicted wrongly."""
    for synapse in range(m.synapses[segment] - 1, -1, -1):
        if m.is_active[m.presynaptic[segment, synapse]]:
            _set_permanence(m, r, segment, synapse, m.permanence[segment, synapse] - r.predicted_decrement)
    if m.synapses[segment] == 0:
        _remove_segment(m, segment)


@jit
def _make_room(m: Memory, segment: int, surplus: int) -> None:
    """Remove the weakest synapses to cells that did not win the last record (marked with the visit's number)."""
    for _ in range(surplus):
        weakest = -1
        for synapse in range(m.synapses[segment]):
            cell = m.presynaptic[segment, synapse]
            if m.marks[cell] == m.counts[0].mark:
                continue
            if (
                weakest < 0
                or m.permanence[segment, synapse] < m.permanence[segment, weakest]
                or (
                    m.permanence[segment, synapse] == m.permanence[segment, weakest]
                    and cell < m.presynaptic[segment, weakest]
                )
            ):
                weakest = synapse
        if weakest < 0:
            return
        _remove_synapse(m, segment, weakest)


@jit
def _grow(m: Memory, r: Rules, rng: np.random.Generator, segment: int, wanted: int) -> None:
    """Connect to `wanted` winner cells of the last record, drawn without replacement."""
    side = m.counts[0].side
    count = 0
    m.counts[0].mark += 1
    for synapse in range(m.synapses[segment]):
        m.marks[m.presynaptic[segment, synapse]] = m.counts[0].mark
    for i in range(m.counts[0].winner_cells):
        cell = m.winner_cells[side, i]
        if m.marks[cell] != m.counts[0].mark:
            m.candidates[count] = cell
            count += 1
    wanted = min(wanted, count)
    room = m.presynaptic.shape[1] - m.synapses[segment]
    if wanted > room:
        m.counts[0].mark += 1
        for i in range(m.counts[0].winner_cells):
            m.marks[m.winner_cells[side, i]] = m.counts[0].mark
        _make_room(m, segment, wanted - room)
        wanted = min(wanted, m.presynaptic.shape[1] - m.synapses[segment])
    for i in range(wanted):
        pick = i + int(rng.random() * (count - i))
        cell = m.candidates[pick]
        m.candidates[pick] = m.candidates[i]
        add_synapse(m, r, segment, cell, r.initial)


@jit
def _learn(m: Memory, r: Rules, rng: np.random.Generator, segment: int) -> None:
    active = m.overlaps[segment] & 0xFFFF
    if _reinforce(m, r, segment) and r.new_synapses > active:
        _grow(m, r, rng, segment, r.new_synapses - active)


@jit
def _least_used_cell(m: Memory, r: Rules, rng: np.random.Generator, first: int) -> int:
    fewest = m.segments_of_cell[first]
    count = 0
    for cell in range(first, first + r.cells):
        if m.segments_of_cell[cell] < fewest:
            fewest = m.segments_of_cell[cell]
            count = 0
        if m.segments_of_cell[cell] == fewest:
            m.candidates[count] = cell
            count += 1
    return int(m.candidates[int(rng.random() * count)])


@jit
def _activate_cells(
    m: Memory, r: Rules, rng: np.random.Generator, columns: NDArray[np.uint32], learn: bool
) -> float:
    """Phase 1 (BAMI, "Evaluate the active columns"): cells, learning; returns the raw anomaly score."""
    counts = m.counts[0]
    active = m.active_cells[1 - counts.side]
    winners = m.winner_cells[1 - counts.side]
    active_count = 0
    winner_count = 0
    growing = 0
    bursting = 0
    a = 0
    k = 0
    punishing = learn and r.predicted_decrement > np.float32(0.0)
    for column in columns:
        first = np.int64(column) * r.cells
        end = first + r.cells
        while a < counts.active_segments and m.active_segments[a] >> 32 < first:
            a += 1
        while k < counts.matching_segments and m.matching_segments[k] >> 32 < first:
            if punishing:
                _punish(m, r, m.matching_segments[k] & 0xFFFFFFFF)
            k += 1
        if a < counts.active_segments and m.active_segments[a] >> 32 < end:
            last_cell = np.int64(-1)
            while a < counts.active_segments and m.active_segments[a] >> 32 < end:
                cell = m.active_segments[a] >> 32
                if cell != last_cell:
                    active[active_count] = cell
                    active_count += 1
                    winners[winner_count] = cell
                    winner_count += 1
                    last_cell = cell
                if learn:
                    _learn(m, r, rng, m.active_segments[a] & 0xFFFFFFFF)
                a += 1
        else:
            bursting += 1
            for cell in range(first, end):
                active[active_count] = cell
                active_count += 1
            best = np.int64(-1)
            best_overlap = -1
            while k < counts.matching_segments and m.matching_segments[k] >> 32 < end:
                overlap = m.overlaps[m.matching_segments[k] & 0xFFFFFFFF] & 0xFFFF
                if overlap > best_overlap:
                    best = m.matching_segments[k]
                    best_overlap = overlap
                k += 1
            if best >= 0:
                winners[winner_count] = best >> 32
                if learn:
                    segment = best & 0xFFFFFFFF
                    _use(m, segment)
                    _learn(m, r, rng, segment)
            else:
                winner = _least_used_cell(m, r, rng, first)
                winners[winner_count] = winner
                if learn and counts.winner_cells > 0:
                    m.growing[growing] = winner
                    growing += 1
            winner_count += 1
        while k < counts.matching_segments and m.matching_segments[k] >> 32 < end:
            k += 1
    if punishing:
        while k < counts.matching_segments:
            _punish(m, r, m.matching_segments[k] & 0xFFFFFFFF)
            k += 1
    # Last, so that no number freed above and taken here is still on a list of this record.
    for i in range(growing):
        _grow(m, r, rng, add_segment(m, r, m.growing[i]), r.new_synapses)
    forget_active_cells(m)
    for i in range(active_count):
        m.is_active[active[i]] = 1
    counts.side = 1 - counts.side
    counts.active_cells = active_count
    counts.winner_cells = winner_count
    return bursting / len(columns) if len(columns) else 0.0


@jit
def forget_active_cells(m: Memory) -> None:
    """Clear the flags of the last record's active cells."""
    for i in range(m.counts[0].active_cells):
        m.is_active[m.active_cells[m.counts[0].side, i]] = 0


@jit
def forget_overlaps(m: Memory) -> None:
    """Clear what the last record left on the dendrites."""
    for i in range(m.counts[0].touched):
        m.overlaps[m.touched[i]] = 0
    m.counts[0].touched = 0


@jit
def _activate_dendrites(m: Memory, r: Rules, learn: bool) -> None:
    """Phase 2 (BAMI, "Activate dendrite segments"): active and matching segments for the next record."""
    forget_overlaps(m)
    counts = m.counts[0]
    touched = 0
    for i in range(counts.active_cells):
        cell = m.active_cells[counts.side, i]
        start = m.fan_start[cell]
        for position in range(start, start + m.fan_length[cell]):
            entry = m.arena[position]
            segment = entry >> 1
            before = m.overlaps[segment]
            m.touched[touched] = segment
            touched += before == 0
            m.overlaps[segment] = before + 1 + ((entry & 1) << 16)
    counts.touched = touched
    active = 0
    matching = 0
    # With a threshold of 0 a segment needs no active synapse: all of them are looked at.
    everything = r.matching == 0
    for i in range(counts.highest if everything else touched):
        segment = i if everything else m.touched[i]
        cell = m.owner[segment]
        overlap = m.overlaps[segment]
        if cell >= 0 and overlap & 0xFFFF >= r.matching:
            key = np.int64(cell) << 32 | segment
            m.matching_segments[matching] = key
            matching += 1
            if overlap >> 16 >= r.activation:
                m.active_segments[active] = key
                active += 1
    m.matching_segments[:matching].sort()
    m.active_segments[:active].sort()
    counts.active_segments = active
    counts.matching_segments = matching
    if learn:
        for i in range(active):
            _use(m, m.active_segments[i] & 0xFFFFFFFF)


@jit
def _lacks_room(m: Memory, r: Rules, columns: int) -> bool:
    """Whether one more record of so many columns could outgrow the arrays, at the very most."""
    counts = m.counts[0]
    capacity = m.owner.shape[0]
    if capacity < r.segments and counts.highest + columns > capacity:
        return True
    # Each learning segment may add one entry to each winner's fan-out; a list at most doubles, and leaves its old blocks.
    learning = counts.active_segments + columns
    entries = 0
    for i in range(counts.winner_cells):
        entries += 4 * (m.fan_length[m.winner_cells[counts.side, i]] + learning + 4)
    return bool(counts.arena_used + entries > m.arena.shape[0])


@jit
def run(
    m: Memory,
    r: Rules,
    rng: np.random.Generator,
    columns: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    start: int,
    learn: bool,
    raw: NDArray[np.float64],
) -> int:
    """Run records `start` on; record i has the columns `columns[offsets[i]:offsets[i + 1]]`.

    Returns
    -------
    int
        The record before which the arrays must grow, or the number of records when all are done.
    """
    records = len(offsets) - 1
    for record in range(start, records):
        begin = offsets[record]
        end = offsets[record + 1]
        if learn and _lacks_room(m, r, end - begin):
            return int(record)
        raw[record] = _activate_cells(m, r, rng, columns[begin:end], learn)
        _activate_dendrites(m, r, learn)
    return int(records)
