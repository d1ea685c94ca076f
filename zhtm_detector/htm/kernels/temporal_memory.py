"""Compiled temporal memory: one record, or many, over the arrays of a `Memory`.

A segment is a row of two arrays (presynaptic cell, permanence), a synapse a slot of the row. The reverse mapping, from
a presynaptic cell to its synapses, is the cell's fan-out: a packed list of `segment << slot_bits | slot`. Finding the
active synapses is then one sequential scan over the fan-outs of the active cells, which sets one bit per synapse. The
number of a segment's active synapses is a bit count, the number of its active connected synapses a second one, and
learning reads the bits instead of the cells. A fan-out changes only when a synapse is created or removed. Bits are
cleared through the list of touched words, never as a whole.

The order of synapses and of fan-outs carries no meaning: whatever is chosen, is chosen by value (permanence, cell,
segment number, last use), so the layout may change without changing the results.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.jit import jit, jit_inline, jit_inner
from zhtm_detector.htm.kernels.temporal_memory_state import FanOut, Memory, TemporalMemoryRules, Uses

# Kinds of tasks for a segment, a winner or a cell; globals of the same file are compiled in as constants.
REINFORCE, PUNISH, USE_AND_REINFORCE, CHOOSE_WINNER, NEW_SEGMENT = range(5)

# A call that passes a Memory copies all of its array headers, so functions that take one are inlined and called from
# one or two places only.


@jit_inner
def _take_block(f: FanOut, size_class: int) -> int:
    head = f.free_blocks[size_class]
    if head >= 0:
        f.free_blocks[size_class] = f.arena[head]
        return int(head)
    start = f.used[0]
    f.used[0] = start + (4 << size_class)
    return int(start)


@jit_inner
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


@jit_inner
def _link(f: FanOut, cell: int, entry: int) -> None:
    length = f.length[cell]
    size_class = f.size_class[cell]
    if size_class < 0 or length == 4 << size_class:
        _move_fan_out(f, cell, size_class + 1)
    f.arena[f.start[cell] + length] = entry
    f.length[cell] = length + 1


@jit_inner
def _find(f: FanOut, cell: int, entry: int) -> int:
    position = f.start[cell]
    while f.arena[position] != entry:
        position += 1
    return int(position)


@jit_inner
def _unlink(f: FanOut, cell: int, entry: int) -> None:
    position = _find(f, cell, entry)
    length = f.length[cell] - 1
    f.arena[position] = f.arena[f.start[cell] + length]
    f.length[cell] = length
    # A list that is three quarters empty moves to a smaller block if one is free, so memory follows use.
    size_class = f.size_class[cell]
    if size_class > 0 and length <= 1 << size_class and f.free_blocks[size_class - 1] >= 0:
        _move_fan_out(f, cell, size_class - 1)


@jit_inner
def _detach_use(u: Uses, segment: int) -> None:
    older = u.chain[segment].older
    newer = u.chain[segment].newer
    if older >= 0:
        u.chain[older].newer = newer
    else:
        u.ends[0] = newer
    if newer >= 0:
        u.chain[newer].older = older
    else:
        u.ends[1] = older


@jit_inner
def _attach_use(u: Uses, segment: int) -> None:
    newest = u.ends[1]
    u.chain[segment].older = newest
    u.chain[segment].newer = -1
    if newest >= 0:
        u.chain[newest].newer = segment
    else:
        u.ends[0] = segment
    u.ends[1] = segment
    u.ends[2] += 1
    u.chain[segment].last = u.ends[2]


@jit_inline
def _use(u: Uses, segment: int) -> None:
    if u.ends[1] != segment:
        _detach_use(u, segment)
        _attach_use(u, segment)


@jit_inner
def _count_bits(word: np.uint64) -> int:
    # The compiler recognizes this form and emits a single instruction.
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return int((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@jit_inner
def _move_bit(bits: NDArray[np.uint64], source: int, target: int) -> None:
    """Move a bit from one position to another and clear the source; with equal positions, clear the bit."""
    bit = bits[source >> 6] >> np.uint64(source & 63) & np.uint64(1)
    bits[source >> 6] &= ~(np.uint64(1) << np.uint64(source & 63))
    bits[target >> 6] &= ~(np.uint64(1) << np.uint64(target & 63))
    if source != target:
        bits[target >> 6] |= bit << np.uint64(target & 63)


@jit_inline
def _remove_synapse(m: Memory, segment: int, slot: int) -> None:
    first = segment << m.slot_bits[0]
    _unlink(m.fan_out, int(m.presynaptic[segment, slot]), first | slot)
    last = m.synapses[segment] - 1
    if last != slot:
        cell = int(m.presynaptic[segment, last])
        m.fan_out.arena[_find(m.fan_out, cell, first | last)] = first | slot
        m.presynaptic[segment, slot] = cell
        m.permanence[segment, slot] = m.permanence[segment, last]
    _move_bit(m.active_bits, first | last, first | slot)
    _move_bit(m.connected_bits, first | last, first | slot)
    m.synapses[segment] = last
    m.counts[0].synapses -= 1


@jit_inner
def _remove_segment(m: Memory, segment: int) -> None:
    first = segment << m.slot_bits[0]
    for slot in range(m.synapses[segment]):
        _unlink(m.fan_out, int(m.presynaptic[segment, slot]), first | slot)
    for word in range(first >> 6, (segment + 1) << m.slot_bits[0] >> 6):
        m.active_bits[word] = 0
        m.connected_bits[word] = 0
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


@jit_inline
def add_segment(m: Memory, r: TemporalMemoryRules, cell: int) -> int:
    """Add an empty segment to `cell`; at a limit, evict the least recently used segment of the cell or the memory."""
    if m.segments_of_cell[cell] >= r.segments_per_cell:
        victim = m.first_of_cell[cell]
        at = m.next_of_cell[victim]
        while at >= 0:
            if m.uses.chain[at].last < m.uses.chain[victim].last:
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


@jit_inline
def add_synapse(m: Memory, r: TemporalMemoryRules, segment: int, cell: int, permanence: np.float32) -> None:
    """Add a synapse to a presynaptic cell that `segment` does not have yet; the segment must have a free slot."""
    slot = m.synapses[segment]
    m.presynaptic[segment, slot] = cell
    m.permanence[segment, slot] = permanence
    m.synapses[segment] = slot + 1
    m.counts[0].synapses += 1
    place = segment << m.slot_bits[0] | slot
    if permanence >= r.connected:
        m.connected_bits[place >> 6] |= np.uint64(1) << np.uint64(place & 63)
    _link(m.fan_out, cell, place)


@jit_inline
def _adapt(m: Memory, segment: int, active_step: np.float32, inactive_step: np.float32, connected: np.float32) -> int:
    """Change a segment's permanences, by one step for active synapses and another for the rest.

    Write the slots that crossed the connected threshold or fell to 0 to `crossings`; return their number.
    """
    count = m.synapses[segment]
    permanences = m.permanence[segment]
    activity, crossed = m.activity, m.crossed
    # Expand bits to bytes, eight at once: a branch on activity would often be mispredicted below, while bytes
    # vectorize. The first bit lands in the first byte because all machines that numba supports are little-endian.
    words = activity.view(np.uint64)
    first = segment << m.slot_bits[0] >> 6
    for word in range((count + 7) >> 3):
        eight = m.active_bits[first + (word >> 3)] >> np.uint64(8 * (word & 7)) & np.uint64(0xFF)
        words[word] = eight * np.uint64(0x0101010101010101) & np.uint64(0x8040201008040201)
    one, least = np.float32(1.0), np.float32(1e-5)
    for i in range(count):
        old = permanences[i]
        new = old + (active_step if activity[i] != 0 else inactive_step)
        new = one if new > one else new
        permanences[i] = new
        # NuPIC's epsilon: sums of float32 steps do not reach 0 exactly.
        crossed[i] = ((old >= connected) != (new >= connected)) | (new < least)
    found = 0
    words = crossed.view(np.uint64)
    for word in range((count + 7) >> 3):
        if words[word] != 0:
            for i in range(8 * word, min(8 * word + 8, count)):
                if crossed[i] != 0:
                    m.crossings[found] = i
                    found += 1
    return found


@jit_inline
def _settle(m: Memory, r: TemporalMemoryRules, segment: int, crossed: int) -> None:
    """Remove the synapses in `crossings` that fell to 0, flip the others' connected bits; remove an empty segment."""
    # From the end, because a removal moves the last synapse into the free slot.
    for i in range(crossed - 1, -1, -1):
        slot = m.crossings[i]
        if m.permanence[segment, slot] < np.float32(1e-5):
            _remove_synapse(m, segment, slot)
        else:
            place = segment << m.slot_bits[0] | slot
            m.connected_bits[place >> 6] ^= np.uint64(1) << np.uint64(place & 63)
    if m.synapses[segment] == 0:
        _remove_segment(m, segment)


@jit_inline
def _make_room(m: Memory, segment: int, surplus: int) -> None:
    """Remove the `surplus` weakest synapses, sparing those from marked cells (the last record's winners)."""
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


@jit_inline
def _grow(m: Memory, r: TemporalMemoryRules, rng: np.random.Generator, segment: int, wanted: int) -> None:
    """Grow synapses to `wanted` winner cells of the last record, drawn without replacement."""
    counts = m.counts[0]
    winners = m.winner_cells[counts.side]
    marks = m.marks
    candidates = m.candidates
    count = 0
    counts.mark += 1
    mark = counts.mark
    # Winner cells were active, so existing synapses from them are among the active ones.
    for slot in range(m.synapses[segment]):
        place = segment << m.slot_bits[0] | slot
        if m.active_bits[place >> 6] >> np.uint64(place & 63) & np.uint64(1) != 0:
            marks[m.presynaptic[segment, slot]] = mark
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


@jit_inline
def _least_used_cell(m: Memory, r: TemporalMemoryRules, rng: np.random.Generator, first: int) -> int:
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


@jit_inline
def _plan(m: Memory, r: TemporalMemoryRules, columns: NDArray[np.uint32], learn: bool) -> tuple[int, int]:
    """Walk through the active columns: write active cells, winner cells, and the learning `tasks` in order.

    Return the number of bursting columns and the number of tasks. A winner that a task has yet to choose is set to the
    first cell of its column.
    """
    counts = m.counts[0]
    active = m.active_cells[1 - counts.side]
    winners = m.winner_cells[1 - counts.side]
    active_keys = m.active_segments[: counts.active_segments]
    matching_keys = m.matching_segments[: counts.matching_segments]
    tasks = m.tasks
    active_count = 0
    winner_count = 0
    bursting = 0
    count = 0
    a = 0
    k = 0
    punishing = learn and r.predicted_decrement > np.float32(0.0)
    for c in range(len(columns) + 1):
        # One round beyond the last column handles the matching segments of the cells after it.
        first = np.int64(columns[c]) * r.cells if c < len(columns) else np.int64(len(m.first_of_cell))
        while k < len(matching_keys) and matching_keys[k] >> 32 < first:
            tasks[count] = (matching_keys[k] & 0xFFFFFFFF) << 3 | PUNISH
            count += 1 if punishing else 0
            k += 1
        if c == len(columns):
            break
        end = first + r.cells
        while a < len(active_keys) and active_keys[a] >> 32 < first:
            a += 1
        if a < len(active_keys) and active_keys[a] >> 32 < end:
            last_cell = np.int64(-1)
            while a < len(active_keys) and active_keys[a] >> 32 < end:
                cell = active_keys[a] >> 32
                if cell != last_cell:
                    active[active_count] = cell
                    active_count += 1
                    winners[winner_count] = cell
                    winner_count += 1
                    last_cell = cell
                tasks[count] = (active_keys[a] & 0xFFFFFFFF) << 3 | REINFORCE
                count += 1 if learn else 0
                a += 1
            while k < len(matching_keys) and matching_keys[k] >> 32 < end:
                k += 1
            continue
        bursting += 1
        for cell in range(first, end):
            active[active_count] = cell
            active_count += 1
        best = np.int64(-1)
        best_overlap = -1
        while k < len(matching_keys) and matching_keys[k] >> 32 < end:
            overlap = m.overlaps[np.uint32(matching_keys[k] & 0xFFFFFFFF)]
            if overlap > best_overlap:
                best = matching_keys[k]
                best_overlap = overlap
            k += 1
        if best >= 0:
            winners[winner_count] = best >> 32
            tasks[count] = (best & 0xFFFFFFFF) << 3 | USE_AND_REINFORCE
            count += 1 if learn else 0
        else:
            winners[winner_count] = first
            tasks[count] = winner_count << 3 | CHOOSE_WINNER
            count += 1
        winner_count += 1
    counts.next_active_cells = active_count
    counts.next_winner_cells = winner_count
    return bursting, count


@jit_inline
def _carry_out(m: Memory, r: TemporalMemoryRules, rng: np.random.Generator, count: int, learn: bool) -> None:
    """Execute the tasks: BAMI's learning, and the choice of winners in bursting columns without a matching segment."""
    counts = m.counts[0]
    winners = m.winner_cells[1 - counts.side]
    tasks = m.tasks
    growing = learn and counts.winner_cells > 0
    at = 0
    while at < count:
        task = tasks[at] & 7
        subject = tasks[at] >> 3
        at += 1
        if task == CHOOSE_WINNER:
            winners[subject] = _least_used_cell(m, r, rng, winners[subject])
            # New segments come last: before that, a reused segment number could still be listed for this record.
            tasks[count] = np.int64(winners[subject]) << 3 | NEW_SEGMENT
            count += 1 if growing else 0
            continue
        if task == NEW_SEGMENT:
            segment = add_segment(m, r, subject)
            wanted = r.new_synapses
        else:
            segment = int(subject)
            if task == USE_AND_REINFORCE:
                _use(m.uses, segment)
            punished = task == PUNISH
            wanted = 0 if punished else int(r.new_synapses - m.overlaps[segment])
            active_step = -r.predicted_decrement if punished else r.increment
            inactive_step = np.float32(0.0) if punished else -r.decrement
            crossed = _adapt(m, segment, active_step, inactive_step, r.connected)
            if crossed > 0:
                _settle(m, r, segment, crossed)
        if wanted > 0 and m.owner[segment] >= 0:
            _grow(m, r, rng, segment, wanted)


@jit_inline
def _activate_cells(
    m: Memory, r: TemporalMemoryRules, rng: np.random.Generator, columns: NDArray[np.uint32], learn: bool
) -> float:
    """Phase 1 (BAMI, "Evaluate the active columns"): activate cells and learn; return the raw anomaly score."""
    bursting, count = _plan(m, r, columns, learn)
    _carry_out(m, r, rng, count, learn)
    counts = m.counts[0]
    counts.side = 1 - counts.side
    # That of the record before stays known, for explanations.
    counts.active_cells, counts.next_active_cells = counts.next_active_cells, counts.active_cells
    counts.winner_cells = counts.next_winner_cells
    return bursting / len(columns) if len(columns) else 0.0


@jit_inline
def forget_activity(m: Memory) -> None:
    """Clear the active bits that the last record set."""
    word_bits = np.uint32(m.slot_bits[0] - 6)
    words = np.uint32(1) << word_bits
    for i in range(m.counts[0].touched):
        # Clear all words of the segment: a removal may since have moved a bit into an untouched word.
        first = np.uint32(m.touched[i]) >> word_bits << word_bits
        for word in range(first, first + words):
            m.active_bits[np.uint32(word)] = 0
    m.counts[0].touched = 0


@jit_inline
def _sort(
    keys: NDArray[np.int64], spare: NDArray[np.int64], count: int, cells: int, buckets: NDArray[np.int64]
) -> None:
    """Sort keys `cell << 32 | segment`: radix sort by cell, then insertion sort for the few remaining swaps."""
    shift = 32
    while (cells - 1) >> (shift - 32) > 0:
        buckets[:] = 0
        for key in keys[:count]:
            buckets[np.uint64(key >> shift & 0xFF)] += 1
        total = 0
        for bucket in range(256):
            size = buckets[bucket]
            buckets[bucket] = total
            total += size
        for key in keys[:count]:
            digit = np.uint64(key >> shift & 0xFF)
            spare[np.uint64(buckets[digit])] = key
            buckets[digit] += 1
        for i in range(count):
            keys[i] = spare[i]
        shift += 8
    for i in range(1, count):
        key = keys[i]
        at = i
        while at > 0 and keys[at - 1] > key:
            keys[at] = keys[at - 1]
            at -= 1
        keys[at] = key


@jit_inner
def _scan(f: FanOut, cells: NDArray[np.int32], active_bits: NDArray[np.uint64], touched: NDArray[np.int32]) -> int:
    """Set the bit of each active synapse; list the words touched and return their number.

    Not inlined: inside its large caller the loop would run out of registers.
    """
    count = 0
    for cell in cells:
        start = f.start[np.uint32(cell)]
        # A slice and unsigned indices spare the checks for negative indices; the scan is three times as fast.
        for entry in f.arena[start : start + f.length[np.uint32(cell)]]:
            word = np.uint32(entry >> 6)
            before = active_bits[word]
            active_bits[word] = before | np.uint64(1) << np.uint64(entry & 63)
            # Write unconditionally: a branch would be mispredicted too often.
            touched[np.uint32(count)] = word
            count += 1 if before == 0 else 0
    return count


@jit_inline
def _activate_dendrites(m: Memory, r: TemporalMemoryRules, learn: bool) -> None:
    """Phase 2 (BAMI, "Activate dendrite segments"): find the active and matching segments for the next record."""
    forget_activity(m)
    counts = m.counts[0]
    cells = m.active_cells[counts.side]
    active_bits, connected_bits = m.active_bits, m.connected_bits
    touched = m.touched
    touched_count = _scan(m.fan_out, cells[: counts.active_cells], active_bits, touched)
    counts.touched = touched_count
    owner = m.owner
    active = m.active_segments
    matching = m.matching_segments
    active_count = 0
    matching_count = 0
    word_bits = np.uint32(m.slot_bits[0] - 6)
    words = np.uint32(1) << word_bits
    # With a threshold of 0 a segment needs no active synapse, so all segments are candidates.
    everything = r.matching == 0
    for i in range(counts.highest if everything else touched_count):
        at = np.uint32(i) << word_bits if everything else np.uint32(touched[np.uint32(i)])
        segment = at >> word_bits
        first = segment << word_bits
        # Visit a segment of several words once, at its first nonzero word.
        before = np.uint64(0)
        for word in range(first, at):
            before |= active_bits[np.uint32(word)]
        if before != 0:
            continue
        overlap = 0
        for word in range(at, first + words):
            overlap += _count_bits(active_bits[np.uint32(word)])
        if overlap >= r.matching and owner[segment] >= 0:
            m.overlaps[segment] = overlap
            matching[np.uint32(matching_count)] = np.int64(owner[segment]) << 32 | np.int64(segment)
            matching_count += 1
    _sort(matching, active, matching_count, m.first_of_cell.shape[0], m.buckets)
    for key in matching[:matching_count]:
        first = np.uint32(key & 0xFFFFFFFF) << word_bits
        connected = 0
        for word in range(first, first + words):
            connected += _count_bits(active_bits[np.uint32(word)] & connected_bits[np.uint32(word)])
        if connected >= r.activation:
            active[np.uint32(active_count)] = key
            active_count += 1
    counts.active_segments = active_count
    counts.matching_segments = matching_count
    if learn:
        uses = m.uses
        for i in range(active_count):
            _use(uses, active[i] & 0xFFFFFFFF)


@jit_inline
def surprise(m: Memory, r: TemporalMemoryRules, columns: NDArray[np.uint32]) -> float:
    """Return the raw anomaly score that `run` would; nothing changes."""
    keys = m.active_segments[: m.counts[0].active_segments]
    bursting = 0
    a = 0
    for column in columns:
        first = np.int64(column) * r.cells
        while a < len(keys) and keys[a] >> 32 < first:
            a += 1
        bursting += 0 if a < len(keys) and keys[a] >> 32 < first + r.cells else 1
    return bursting / len(columns) if len(columns) else 0.0


@jit_inline
def lacks_room(m: Memory, r: TemporalMemoryRules, columns: int) -> bool:
    """Check whether one more record with `columns` active columns could, in the worst case, outgrow the arrays."""
    counts = m.counts[0]
    capacity = m.owner.shape[0]
    if capacity < r.segments and counts.highest + columns > capacity:
        return True
    # Each learning segment may link to that many winners; their lists at most double and leave their old blocks behind.
    entries = (counts.active_segments + columns) * min(r.new_synapses, counts.winner_cells)
    for cell in m.winner_cells[counts.side, : counts.winner_cells]:
        entries += m.fan_out.length[cell] + 4
    entries *= 4
    return bool(m.fan_out.used[0] + entries > m.fan_out.arena.shape[0])


@jit_inner
def run(
    m: Memory,
    r: TemporalMemoryRules,
    rng: np.random.Generator,
    columns: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    start: int,
    learn: bool,
    raw: NDArray[np.float64],
) -> int:
    """Process the records from `start` on; record i has the columns `columns[offsets[i]:offsets[i + 1]]`.

    Returns
    -------
    int
        The record before which the arrays must grow, or the number of records if all are done.
    """
    records = len(offsets) - 1
    for record in range(start, records):
        begin = offsets[record]
        end = offsets[record + 1]
        if learn and lacks_room(m, r, end - begin):
            return int(record)
        raw[record] = _activate_cells(m, r, rng, columns[begin:end], learn)
        _activate_dendrites(m, r, learn)
    return int(records)


@jit
def run_box(
    box: Any,
    columns: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    start: int,
    learn: bool,
    raw: NDArray[np.float64],
) -> int:
    """Call `run` with the state in a box: (Memory, TemporalMemoryRules, Generator)."""
    m, r, rng = box.state
    return run(m, r, rng, columns, offsets, start, learn, raw)
