"""Compiled spatial pooler. For the rules and the order of the phases see `zhtm_detector.htm.spatial_pooler`.

Permanences are stored by column, so that learning walks a few contiguous rows; connected bits are stored by input, so
that computing overlaps sums a few contiguous rows. A one-dimensional topology is a two-dimensional one with one row.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.jit import jit, jit_bare, jit_inner
from zhtm_detector.htm.kernels.spatial_pooler_state import Scratch, Settings, State

# Arguments of `adapt`: permanences, connected, connected_counts, before, crossed, crossed as bytes, the threshold.
Synapses: TypeAlias = tuple[
    NDArray[Any],
    NDArray[np.uint8],
    NDArray[np.int32],
    NDArray[np.float32],
    NDArray[np.uint64],
    NDArray[np.uint8],
    np.float32,
]


@jit_bare
def window(centre: int, radius: int, extent: int, wrap_around: bool) -> tuple[int, int, int, int]:
    """Return the positions within `radius` of the centre as two ascending ranges [w0, w1) and [w2, w3)."""
    low, high = centre - radius, centre + radius + 1
    if not wrap_around:
        return max(low, 0), min(high, extent), 0, 0
    if high - low >= extent:
        return 0, extent, 0, 0
    if low < 0:
        return 0, high, low + extent, extent
    if high > extent:
        return 0, high - extent, low, extent
    return low, high, 0, 0


@jit_inner
def area(settings: Settings, radius: int, column: int) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    """Return a column's inhibition area: its window of rows, its window within a row, its size."""
    rows, columns = settings.shape
    across = window(column // columns, radius, rows, settings.wrap_around)
    along = window(column % columns, radius, columns, settings.wrap_around)
    size = (across[1] - across[0] + across[3] - across[2]) * (along[1] - along[0] + along[3] - along[2])
    return across, along, size


@jit_bare
def update_inhibition_radius(settings: Settings, state: State) -> None:
    """Set the radius of local inhibition to half the mean connected span, in columns."""
    rows, columns = settings.shape
    input_rows, input_columns = settings.input_shape
    total = row_shift = column_shift = 0
    for c in range(rows * columns):
        if settings.wrap_around:
            # Rotate the input until the column's centre is in the middle, so that a span across the border stays short.
            row_shift = input_rows // 2 - ((2 * (c // columns) + 1) * input_rows) // (2 * rows)
            column_shift = input_columns // 2 - ((2 * (c % columns) + 1) * input_columns) // (2 * columns)
        top, bottom, left, right = input_rows, -1, input_columns, -1
        for i in range(input_rows):
            first, last, start = input_columns, -1, i * input_columns
            for j in range(input_columns):
                is_connected = state.permanences[c, start + j] >= settings.connected
                x = j + column_shift
                x += input_columns if x < 0 else (-input_columns if x >= input_columns else 0)
                first = x if is_connected and x < first else first
                last = x if is_connected and x > last else last
            if last >= 0:
                y = (i + row_shift) % input_rows
                top, bottom, left, right = min(top, y), max(bottom, y), min(left, first), max(right, last)
        if right >= 0:
            total += right - left + 1 + (bottom - top + 1 if settings.dimensions == 2 else 0)
    ratio = columns / input_columns
    if settings.dimensions == 2:
        ratio = (rows / input_rows + ratio) / 2.0
    diameter = total / (rows * columns * settings.dimensions) * ratio
    radius = int(np.floor(max(1.0, (diameter - 1.0) / 2.0) + 0.5))
    reach = 2 * radius + 1 if settings.wrap_around else radius + 1  # of the column with the smallest area
    state.clock[1], state.clock[2] = radius, (1 if reach >= max(rows, columns) else 0)


@jit_inner
def fill_overlaps(
    bits: NDArray[np.uint32], connected: NDArray[np.uint8], part: NDArray[np.uint8], overlaps: NDArray[Any]
) -> None:
    """Count each column's connected active inputs.

    Up to 252 rows are summed in bytes, 32 columns per instruction; four rows per pass halve the memory traffic.
    """
    for c in range(overlaps.size):
        overlaps[c] = 0
    for begin in range(0, bits.size, 252):
        end = min(begin + 252, bits.size)
        for c in range(part.size):
            part[c] = 0
        i = begin
        while i + 4 <= end:
            row0, row1 = connected[bits[i]], connected[bits[i + 1]]
            row2, row3 = connected[bits[i + 2]], connected[bits[i + 3]]
            for c in range(part.size):
                part[c] += row0[c] + row1[c] + row2[c] + row3[c]
            i += 4
        while i < end:
            row = connected[bits[i]]
            for c in range(part.size):
                part[c] += row[c]
            i += 1
        for c in range(part.size):
            overlaps[c] += part[c]


@jit_inner
def fill_keys(settings: Settings, state: State, scratch: Scratch) -> None:
    """Write int32 keys that rank the columns: the overlap, or the bits of the boosted overlap (which sort like it)."""
    overlaps, keys, boosted = scratch.overlaps, scratch.keys, scratch.boosted
    if settings.boost_strength > 0.0:
        for c in range(keys.size):
            boosted[c] = np.float32(overlaps[c]) * state.boost[c]
        bits = boosted.view(np.int32)
        for c in range(keys.size):
            keys[c] = bits[c]
    else:
        for c in range(keys.size):
            keys[c] = overlaps[c]
    if settings.stimulus_threshold > 0:
        for c in range(keys.size):
            keys[c] = keys[c] if overlaps[c] >= settings.stimulus_threshold else -1


@jit_inner
def count_at_least(keys: NDArray[np.int32], start: int, stop: int, bound: int) -> int:
    """Count the keys[start:stop] that are at least `bound`."""
    # Numba adds in 64 bits by default; forced to 32 bits, the width of the keys, the loop is five times as fast.
    count, least, one, zero = np.int32(0), np.int32(bound), np.int32(1), np.int32(0)
    for i in range(start, stop):
        count = np.int32(count + (one if keys[i] >= least else zero))
    return int(count)


@jit_inner
def select_global(keys: NDArray[np.int32], wanted: int, winners: NDArray[np.uint32]) -> int:
    """Write the `wanted` best columns in ascending order, ties to the lower index; return their number."""
    bound, ties = 0, keys.size
    if count_at_least(keys, 0, keys.size, 0) > wanted:
        # Bisect for the largest bound that enough columns reach; this needs no sort.
        highest = np.int32(0)
        for c in range(keys.size):
            highest = max(highest, keys[c])
        above = int(highest) + 1
        while above - bound > 1:
            middle = (bound + above) // 2
            if count_at_least(keys, 0, keys.size, middle) >= wanted:
                bound = middle
            else:
                above = middle
        ties = wanted - count_at_least(keys, 0, keys.size, above)
    count = 0
    for c in range(keys.size):
        if keys[c] >= bound and (keys[c] > bound or ties > 0):
            ties -= 1 if keys[c] == bound else 0
            winners[count] = c
            count += 1
    return count


@jit_inner
def select_local(settings: Settings, state: State, keys: NDArray[np.int32], winners: NDArray[np.uint32]) -> int:
    """Write, in ascending order, the columns outranked by fewer than k of their area; return their number."""
    rows, columns = settings.shape
    density = settings.active_columns / (rows * columns)
    count = 0
    for c in range(keys.size):
        key = keys[c]
        if key < 0:
            continue
        across, along, size = area(settings, state.clock[1], c)
        wanted = max(1, int(np.floor(density * size + 0.5)))
        above = 0
        for p in (0, 2):
            for row in range(across[p], across[p + 1]):
                for q in (0, 2):
                    start, stop = row * columns + along[q], row * columns + along[q + 1]
                    above += count_at_least(keys, start, min(stop, c), key)
                    above += count_at_least(keys, max(start, c + 1), stop, key + 1)
        if above < wanted:
            winners[count] = c
            count += 1
    return count


@jit_inner
def adapt(column: int, deltas: NDArray[np.float32], trim: np.float32, synapses: Synapses) -> None:
    """Change one column's permanences; only crossings of the connected threshold touch the connected matrix.

    `synapses` is a small tuple because arguments are copied at each call: copying all of State and Scratch would cost
    more than the work.
    """
    permanences, connected, counts, before, words, crossed, threshold = synapses
    zero, one, no, yes = np.float32(0.0), np.float32(1.0), np.int32(0), np.int32(1)
    row = permanences[column]
    any_crossed = no
    for i in range(row.size):  # without branches and all in 32 bits, so that it vectorizes
        old = row[i]
        new = old + deltas[i]
        new = zero if new < trim else new
        # Outside the pool the limit is the -1 stored there. A plain `old if old < zero else new` would become a masked
        # store, which is ten times as slow on some processors.
        limit = old if old < zero else one
        new = limit if new > limit else new
        row[i] = new
        before[i] = old
        any_crossed = np.int32(any_crossed | (yes if (old >= threshold) != (new >= threshold) else no))
    if any_crossed == 0:  # true for 19 of 20 columns
        return
    for i in range(row.size):
        crossed[i] = (before[i] >= threshold) != (row[i] >= threshold)
    for word in range(words.size):
        if words[word] != 0:
            for i in range(8 * word, min(8 * word + 8, row.size)):
                if crossed[i] != 0:
                    bit = 1 if row[i] >= threshold else 0
                    connected[i, column] = bit
                    counts[column] += 2 * bit - 1


@jit_inner
def learn_winners(settings: Settings, state: State, scratch: Scratch, bits: NDArray[np.uint32], count: int) -> None:
    """Move the winners' permanences towards the input."""
    deltas, counts = scratch.deltas, state.connected_counts
    words, crossed = scratch.crossed, scratch.crossed.view(np.uint8)
    synapses = (state.permanences, state.connected, counts, scratch.before, words, crossed, settings.connected)
    for bit in bits:
        deltas[bit] = settings.increment
    for i in range(count):
        column = scratch.winners[i]
        adapt(column, deltas, settings.trim, synapses)
        state.saturated[column] = 0
    for bit in bits:
        deltas[bit] = -settings.decrement


@jit_inner
def update_duty_cycles(settings: Settings, state: State, scratch: Scratch, count: int) -> int:
    """Update the moving averages over min(period, records so far); return the number of weak columns."""
    weak, one, none = np.int32(0), np.int32(1), np.int32(0)
    period = min(settings.duty_period, state.clock[0])
    keep, gain, zero = np.float32((period - 1) / period), np.float32(1.0 / period), np.float32(0.0)
    active, overlap, overlaps, minimum = state.active_duty, state.overlap_duty, scratch.overlaps, state.minimum_duty
    for c in range(active.size):
        active[c] *= keep
    for i in range(count):
        active[scratch.winners[i]] += gain
    for c in range(overlap.size):
        duty = overlap[c] * keep + (gain if overlaps[c] > settings.stimulus_threshold else zero)
        overlap[c] = duty
        weak = np.int32(weak + (one if duty < minimum[c] else none))
    return int(weak)


@jit_inner
def update_boost(settings: Settings, state: State, sums: NDArray[np.int64]) -> None:
    """Set the boost factors to exp(-strength * (active duty - target)); the limit of 60 keeps boosted overlaps finite.

    Means of areas come from a summed-area table in units of 2**-40: sums of integers are exact in any order.
    """
    rows, columns = settings.shape
    target, unit, duty = settings.active_columns / (rows * columns), 2.0**-40, state.active_duty
    if not settings.global_inhibition:
        for row in range(rows):
            line = 0
            for column in range(columns):
                line += int(duty[row * columns + column] / unit)
                sums[row + 1, column + 1] = sums[row, column + 1] + line
    for c in range(duty.size):
        if not settings.global_inhibition:
            across, along, size = area(settings, state.clock[1], c)
            total = 0
            for p in (0, 2):
                for q in (0, 2):
                    top, bottom, left, right = across[p], across[p + 1], along[q], along[q + 1]
                    total += sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
            target = total * unit / size
        exponent = -settings.boost_strength * (np.float64(duty[c]) - target)
        state.boost[c] = np.float32(math.exp(min(60.0, exponent)))


@jit_inner
def raise_weak_columns(settings: Settings, state: State, scratch: Scratch) -> None:
    """Raise the whole pool of each column whose overlap duty cycle is below its minimum."""
    counts, zero, one = state.connected_counts, np.float32(0.0), np.float32(1.0)
    words, crossed = scratch.crossed, scratch.crossed.view(np.uint8)
    synapses = (state.permanences, state.connected, counts, scratch.before, words, crossed, settings.connected)
    for c in range(state.overlap_duty.size):
        if state.overlap_duty[c] < state.minimum_duty[c] and state.saturated[c] == 0:
            adapt(c, scratch.raises, zero, synapses)
            below = 0
            for permanence in state.permanences[c]:
                below += 1 if (permanence >= zero) & (permanence < one) else 0
            state.saturated[c] = below == 0


@jit_inner
def update_minimum_duty(settings: Settings, state: State) -> None:
    """Set each column's minimum to a share of the largest overlap duty cycle in its area."""
    columns = settings.shape[1]
    # Non-negative floats sort like their bits, and a maximum of integers vectorizes.
    duty, best = state.overlap_duty.view(np.int32), state.minimum_duty.view(np.int32)
    if state.clock[2] == 1:
        largest = np.int32(0)
        for c in range(duty.size):
            largest = max(largest, duty[c])
        for c in range(best.size):
            best[c] = largest
    else:
        for c in range(duty.size):
            across, along, _ = area(settings, state.clock[1], c)
            largest = duty[c]
            for p in (0, 2):
                for row in range(across[p], across[p + 1]):
                    for q in (0, 2):
                        for i in range(row * columns + along[q], row * columns + along[q + 1]):
                            largest = max(largest, duty[i])
            best[c] = largest
    for c in range(best.size):
        state.minimum_duty[c] *= settings.minimum_duty


@jit_inner
def step(settings: Settings, state: State, scratch: Scratch, bits: NDArray[np.uint32], learn: bool) -> int:
    """Process one record: write the winners to `scratch.winners`; return their number."""
    fill_overlaps(bits, state.connected, scratch.part, scratch.overlaps)
    fill_keys(settings, state, scratch)
    if state.clock[2] == 1:
        count = select_global(scratch.keys, settings.active_columns, scratch.winners)
    else:
        count = select_local(settings, state, scratch.keys, scratch.winners)
    if not learn:
        return count
    state.clock[0] += 1
    learn_winners(settings, state, scratch, bits, count)
    weak = update_duty_cycles(settings, state, scratch, count)
    if settings.boost_strength > 0.0:
        update_boost(settings, state, scratch.sums)
    if weak > 0:
        raise_weak_columns(settings, state, scratch)
    if state.clock[0] % settings.update_period == 0:
        if not settings.global_inhibition:
            update_inhibition_radius(settings, state)
        update_minimum_duty(settings, state)
    return count


@jit_inner
def first_bad_row(rows: NDArray[np.uint32], inputs: int) -> int:
    """Return the first row that is not strictly ascending or not below `inputs`; -1 if all are valid."""
    for row in range(rows.shape[0]):
        for i in range(rows.shape[1]):
            if rows[row, i] >= inputs or (i > 0 and rows[row, i] <= rows[row, i - 1]):
                return row
    return -1


@jit
def run(box: Any, rows: NDArray[np.uint32], learn: bool) -> tuple[NDArray[np.uint32], NDArray[np.int64], int]:
    """Process all rows; return the concatenated active columns, offsets (n + 1,), and the first bad row or -1.

    The box holds (Settings, State, Scratch).
    """
    settings, state, scratch = box.state
    offsets = np.zeros(rows.shape[0] + 1, np.int64)
    active = np.empty(rows.shape[0] * settings.active_columns, np.uint32)
    bad = first_bad_row(rows, state.permanences.shape[1])
    if bad >= 0:
        return active, offsets, bad
    for i in range(rows.shape[0]):
        count = step(settings, state, scratch, rows[i], learn)
        start = offsets[i]
        if start + count > active.size:  # local inhibition may exceed the density
            larger = np.empty(2 * active.size + count, np.uint32)
            larger[:start] = active[:start]
            active = larger
        active[start : start + count] = scratch.winners[:count]
        offsets[i + 1] = start + count
    return active[: offsets[-1]].copy(), offsets, -1
