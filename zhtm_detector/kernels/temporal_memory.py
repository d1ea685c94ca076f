"""Compiled temporal memory: one record, or many, over the arrays of a `Memory`.

A segment is a row of two arrays (presynaptic cell, permanence). The way back, from a presynaptic cell to its synapses,
is the cell's fan-out: a packed list of `segment << 1 | connected`, so that finding the active segments is one scan in
sequence over the fan-outs of the active cells. Only a synapse whose permanence crosses the connected threshold
touches that list. Scratch is cleared through the list of what was touched, never whole.

The order of synapses and of fan-outs carries no meaning: whatever is chosen, is chosen by value (permanence, cell,
segment number, last use), so that the layout may change while the results do not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.kernels._jit import jit
from zhtm_detector.kernels.temporal_memory_state import FanOut, Memory, Rules, Uses

# A call that passes a Memory copies all of its arrays, so what runs once a segment takes only the arrays it needs.


@jit
def _take_block(f: FanOut, size_class: int) -> int:
    head = f.free_blocks[size_class]
    if head >= 0:
        f.free_blocks[size_class] = f.arena[head]
        return int(head)
    start = f.used[0]
    f.used[0] = start + (4 << size_class)
    return int(start)


@jit
def _move_fan_out(f: FanOut, cell: int, size_class: int) -> None:
    start = _take_block(f, size_class)
    old_class = f.size_class[cell]
    if old_class >= 0:
        old = f.start[cell]
        for i in range(f.length[cell]):
            f.arena[start + i] = f.arena[old + i]
        f.arena[old] = f.free_blocks[old_class]
        f.free_blocks[old_class] = old
    f.start[cell] = start
    f.size_class[cell] = size_class


@jit
def _link(f: FanOut, cell: int, entry: int) -> None:
    length = f.length[cell]
    size_class = f.size_class[cell]
    if size_class < 0 or length == 4 << size_class:
        _move_fan_out(f, cell, size_class + 1)
    f.arena[f.start[cell] + length] = entry
    f.length[cell] = length + 1


@jit
def _find(arena: NDArray[np.int32], start: int, segment: int) -> int:
    position = start
    while arena[position] >> 1 != segment:
        position += 1
    return int(position)


@jit
def _unlink(f: FanOut, cell: int, segment: int) -> None:
    position = _find(f.arena, f.start[cell], segment)
    length = f.length[cell] - 1
    f.arena[position] = f.arena[f.start[cell] + length]
    f.length[cell] = length
    # A list three quarters empty gives its room back, if a smaller block lies ready: what is held follows what is used.
    size_class = f.size_class[cell]
    if size_class > 0 and length <= 1 << size_class and f.free_blocks[size_class - 1] >= 0:
        _move_fan_out(f, cell, size_class - 1)


@jit
def _detach_use(u: Uses, segment: int) -> None:
    older = u.older[segment]
    newer = u.newer[segment]
    if older >= 0:
        u.newer[older] = newer
    else:
        u.ends[0] = newer
    if newer >= 0:
        u.older[newer] = older
    else:
        u.ends[1] = older


@jit
def _attach_use(u: Uses, segment: int) -> None:
    newest = u.ends[1]
    u.older[segment] = newest
    u.newer[segment] = -1
    if newest >= 0:
        u.newer[newest] = segment
    else:
        u.ends[0] = segment
    u.ends[1] = segment
    u.ends[2] += 1
    u.last[segment] = u.ends[2]


@jit
def _use(u: Uses, segment: int) -> None:
    if u.ends[1] != segment:
        _detach_use(u, segment)
        _attach_use(u, segment)


@jit
def _remove_synapse(m: Memory, segment: int, synapse: int) -> None:
    _unlink(m.fan_out, m.presynaptic[segment, synapse], segment)
    last = m.synapses[segment] - 1
    m.presynaptic[segment, synapse] = m.presynaptic[segment, last]
    m.permanence[segment, synapse] = m.permanence[segment, last]
    m.synapses[segment] = last
    m.counts[0].synapses -= 1


@jit
def _remove_segment(m: Memory, segment: int) -> None:
    for synapse in range(m.synapses[segment]):
        _unlink(m.fan_out, m.presynaptic[segment, synapse], segment)
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
    _detach_use(m.uses, segment)
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
            if m.uses.last[at] < m.uses.last[victim]:
                victim = at
            at = m.next_of_cell[at]
        _remove_segment(m, victim)
    if m.counts[0].segments >= r.segments:
        _remove_segment(m, m.uses.ends[0])
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
    _attach_use(m.uses, segment)
    return int(segment)


@jit
def add_synapse(m: Memory, r: Rules, segment: int, cell: int, permanence: np.float32) -> None:
    """Connect `segment` to a presynaptic cell that it is not connected to; it must have room."""
    synapse = m.synapses[segment]
    m.presynaptic[segment, synapse] = cell
    m.permanence[segment, synapse] = permanence
    m.synapses[segment] = synapse + 1
    m.counts[0].synapses += 1
    _link(m.fan_out, cell, segment << 1 | (1 if permanence >= r.connected else 0))


@jit
def _adapt(
    cells: NDArray[np.int32],
    permanences: NDArray[np.float32],
    count: int,
    is_active: NDArray[np.uint8],
    active_step: np.float32,
    inactive_step: np.float32,
    connected: np.float32,
    crossings: NDArray[np.int32],
) -> int:
    """Move a segment's permanences, by one step for active cells and another for the rest.

    Returns how many synapses are to be settled: their places are in `crossings`.
    """
    crossed = 0
    for synapse in range(count):
        old = permanences[synapse]
        new = min(old + (active_step if is_active[cells[synapse]] else inactive_step), np.float32(1.0))
        permanences[synapse] = new
        crossings[crossed] = synapse
        # NuPIC's epsilon: sums of float32 steps do not meet 0 exactly.
        crossed += ((old >= connected) != (new >= connected)) | (new < np.float32(1e-5))
    return crossed


@jit
def _settle(m: Memory, r: Rules, segment: int, crossed: int) -> None:
    """Remove the synapses whose permanence reached 0, flip the flags of the others, remove an empty segment."""
    # From the end, for a removal puts the last synapse in its place.
    for i in range(crossed - 1, -1, -1):
        synapse = m.crossings[i]
        if m.permanence[segment, synapse] < np.float32(1e-5):
            _remove_synapse(m, segment, synapse)
        else:
            start = m.fan_out.start[m.presynaptic[segment, synapse]]
            m.fan_out.arena[_find(m.fan_out.arena, start, segment)] ^= 1
    if m.synapses[segment] == 0:
        _remove_segment(m, segment)


@jit
def _make_room(m: Memory, segment: int, surplus: int) -> None:
    """Remove the weakest synapses to cells that did not win the last record (marked with the visit's number)."""
    cells = m.presynaptic[segment]
    permanences = m.permanence[segment]
    marks = m.marks
    mark = m.counts[0].mark
    for _ in range(surplus):
        weakest = -1
        for synapse in range(m.synapses[segment]):
            if marks[cells[synapse]] != mark and (
                weakest < 0
                or permanences[synapse] < permanences[weakest]
                or (permanences[synapse] == permanences[weakest] and cells[synapse] < cells[weakest])
            ):
                weakest = synapse
        if weakest < 0:
            return
        _remove_synapse(m, segment, weakest)


@jit
def _grow(m: Memory, r: Rules, rng: np.random.Generator, segment: int, wanted: int) -> None:
    """Connect to `wanted` winner cells of the last record, drawn without replacement."""
    counts = m.counts[0]
    winners = m.winner_cells[counts.side]
    marks = m.marks
    candidates = m.candidates
    count = 0
    counts.mark += 1
    mark = counts.mark
    for synapse in range(m.synapses[segment]):
        marks[m.presynaptic[segment, synapse]] = mark
    for i in range(counts.winner_cells):
        cell = winners[i]
        candidates[count] = cell
        count += marks[cell] != mark
    wanted = min(wanted, count)
    room = m.presynaptic.shape[1] - m.synapses[segment]
    if wanted > room:
        counts.mark += 1
        for i in range(counts.winner_cells):
            marks[winners[i]] = counts.mark
        _make_room(m, segment, wanted - room)
        wanted = min(wanted, m.presynaptic.shape[1] - m.synapses[segment])
    for i in range(wanted):
        pick = i + int(rng.random() * (count - i))
        cell = candidates[pick]
        candidates[pick] = candidates[i]
        add_synapse(m, r, segment, cell, r.initial)


@jit
def _learn(m: Memory, r: Rules, rng: np.random.Generator, segment: int, crossed: int) -> None:
    """Do what seldom follows `_adapt` in a segment that predicted well or matched best."""
    active = m.overlaps[segment] & 0xFFFF
    if crossed:
        _settle(m, r, segment, crossed)
    if m.owner[segment] >= 0 and r.new_synapses > active:
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
def _punish(m: Memory, r: Rules, start: int, first: int) -> int:
    """BAMI: weaken the synapses to active cells of the matching segments before the cell `first`, from `start` on.

    Returns the place in the list of matching segments where it stopped.
    """
    keys = m.matching_segments
    count = m.counts[0].matching_segments
    is_active = m.is_active
    at = start
    while at < count and keys[at] >> 32 < first:
        segment = keys[at] & 0xFFFFFFFF
        crossed = _adapt(
            m.presynaptic[segment],
            m.permanence[segment],
            m.synapses[segment],
            is_active,
            -r.predicted_decrement,
            np.float32(0.0),
            r.connected,
            m.crossings,
        )
        if crossed:
            _settle(m, r, segment, crossed)
        at += 1
    return at


@jit
def _activate_cells(m: Memory, r: Rules, rng: np.random.Generator, columns: NDArray[np.uint32], learn: bool) -> float:
    """Phase 1 (BAMI, "Evaluate the active columns"): cells, learning; returns the raw anomaly score."""
    counts = m.counts[0]
    active = m.active_cells[1 - counts.side]
    winners = m.winner_cells[1 - counts.side]
    active_keys = m.active_segments
    matching_keys = m.matching_segments
    active_keys_count = counts.active_segments
    matching_count = counts.matching_segments
    presynaptic = m.presynaptic
    permanence = m.permanence
    is_active = m.is_active
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
        while a < active_keys_count and active_keys[a] >> 32 < first:
            a += 1
        if punishing:
            k = _punish(m, r, k, int(first))
        else:
            while k < matching_count and matching_keys[k] >> 32 < first:
                k += 1
        if a < active_keys_count and active_keys[a] >> 32 < end:
            last_cell = np.int64(-1)
            while a < active_keys_count and active_keys[a] >> 32 < end:
                cell = active_keys[a] >> 32
                if cell != last_cell:
                    active[active_count] = cell
                    active_count += 1
                    winners[winner_count] = cell
                    winner_count += 1
                    last_cell = cell
                if learn:
                    segment = active_keys[a] & 0xFFFFFFFF
                    crossed = _adapt(
                        presynaptic[segment],
                        permanence[segment],
                        m.synapses[segment],
                        is_active,
                        r.increment,
                        -r.decrement,
                        r.connected,
                        m.crossings,
                    )
                    if crossed or r.new_synapses > m.overlaps[segment] & 0xFFFF:
                        _learn(m, r, rng, segment, crossed)
                a += 1
        else:
            bursting += 1
            for cell in range(first, end):
                active[active_count] = cell
                active_count += 1
            best = np.int64(-1)
            best_overlap = -1
            while k < matching_count and matching_keys[k] >> 32 < end:
                overlap = m.overlaps[matching_keys[k] & 0xFFFFFFFF] & 0xFFFF
                if overlap > best_overlap:
                    best = matching_keys[k]
                    best_overlap = overlap
                k += 1
            if best >= 0:
                winners[winner_count] = best >> 32
                if learn:
                    segment = int(best & 0xFFFFFFFF)
                    _use(m.uses, segment)
                    crossed = _adapt(
                        presynaptic[segment],
                        permanence[segment],
                        m.synapses[segment],
                        is_active,
                        r.increment,
                        -r.decrement,
                        r.connected,
                        m.crossings,
                    )
                    _learn(m, r, rng, segment, crossed)
            else:
                winner = _least_used_cell(m, r, rng, int(first))
                winners[winner_count] = winner
                if learn and counts.winner_cells > 0:
                    m.growing[growing] = winner
                    growing += 1
            winner_count += 1
        while k < matching_count and matching_keys[k] >> 32 < end:
            k += 1
    if punishing:
        _punish(m, r, k, len(m.first_of_cell))
    # Last, so that no number freed above and taken here is still on a list of this record.
    for i in range(growing):
        _grow(m, r, rng, add_segment(m, r, m.growing[i]), r.new_synapses)
    forget_active_cells(m)
    for i in range(active_count):
        is_active[active[i]] = 1
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
    cells = m.active_cells[counts.side]
    arena = m.fan_out.arena
    overlaps = m.overlaps
    touched = m.touched
    touched_count = 0
    for i in range(counts.active_cells):
        start = m.fan_out.start[cells[i]]
        for position in range(start, start + m.fan_out.length[cells[i]]):
            entry = arena[position]
            segment = entry >> 1
            before = overlaps[segment]
            touched[touched_count] = segment
            touched_count += before == 0
            overlaps[segment] = before + 1 + ((entry & 1) << 16)
    counts.touched = touched_count
    owner = m.owner
    active = m.active_segments
    matching = m.matching_segments
    active_count = 0
    matching_count = 0
    # With a threshold of 0 a segment needs no active synapse: all of them are looked at.
    everything = r.matching == 0
    for i in range(counts.highest if everything else touched_count):
        segment = i if everything else touched[i]
        overlap = overlaps[segment]
        if overlap & 0xFFFF >= r.matching and owner[segment] >= 0:
            key = np.int64(owner[segment]) << 32 | segment
            matching[matching_count] = key
            matching_count += 1
            if overlap >> 16 >= r.activation:
                active[active_count] = key
                active_count += 1
    matching[:matching_count].sort()
    active[:active_count].sort()
    counts.active_segments = active_count
    counts.matching_segments = matching_count
    if learn:
        uses = m.uses
        for i in range(active_count):
            _use(uses, active[i] & 0xFFFFFFFF)


@jit
def _lacks_room(m: Memory, r: Rules, columns: int) -> bool:
    """Whether one more record of so many columns could outgrow the arrays, at the very most."""
    counts = m.counts[0]
    capacity = m.owner.shape[0]
    if capacity < r.segments and counts.highest + columns > capacity:
        return True
    # A learning segment may add an entry to each winner's fan-out; a list at most doubles, and leaves its old blocks.
    learning = counts.active_segments + columns
    entries = 0
    for i in range(counts.winner_cells):
        entries += 4 * (m.fan_out.length[m.winner_cells[counts.side, i]] + learning + 4)
    return bool(m.fan_out.used[0] + entries > m.fan_out.arena.shape[0])


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
