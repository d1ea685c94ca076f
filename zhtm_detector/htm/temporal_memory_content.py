"""What of a temporal memory is saved, and how the rest is built from it.

Saved: the segments with their synapses, in what order segments were used and numbers became free, the cells and
segments that are active, and the cells that were active before. Fan-outs, lists of a cell's segments, bits and overlaps
follow. Their order may differ from the saved memory's, which changes nothing (`kernels/temporal_memory.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.temporal_memory_state import FanOut, Memory, Uses
from zhtm_detector.htm.saved import Arrays, Given, ascends, used

_NUMBER = 0xFFFFFFFF  # of a segment, in a key


def content_of(m: Memory) -> Arrays:
    """Return the arrays to save: H segment numbers, N segments, T synapses."""
    counts = m.counts[0]
    side, highest = counts["side"], int(counts["highest"])
    owner, synapses = m.owner[:highest], m.synapses[:highest]
    alive = np.flatnonzero(owner >= 0)
    filled = used(m.presynaptic[:highest], synapses)
    return {
        "owner": owner,  # (H,) cell, -1: a free number
        "synapses": synapses,  # (H,) number of them
        "presynaptic": m.presynaptic[:highest][filled],  # (T,)
        "permanence": m.permanence[:highest][filled],  # (T,)
        "order": alive[np.argsort(m.uses.chain["last"][alive])].astype(np.int32),  # (N,) the longest unused first
        "free": np.array(_chain(m, int(counts["free_segment"])), dtype=np.int32),  # (H - N,) the next to assign first
        "active_cells": m.active_cells[side, : counts["active_cells"]],
        "winner_cells": m.winner_cells[side, : counts["winner_cells"]],
        "cells_before": m.active_cells[1 - side, : counts["next_active_cells"]],  # what an explanation asks for
        "active_segments": (m.active_segments[: counts["active_segments"]] & _NUMBER).astype(np.int32),
        "matching_segments": (m.matching_segments[: counts["matching_segments"]] & _NUMBER).astype(np.int32),
    }


def _chain(m: Memory, first: int) -> list[int]:
    found = []
    while first >= 0:
        found.append(first)
        first = int(m.next_of_cell[first])
    return found


def memory_of(given: Given, most_segments: int, most_of_cell: int, connected: np.float32, empty: Any) -> Memory:
    """Check arrays as `content_of` returns them, and build the memory.

    Parameters
    ----------
    given : Given
    most_segments, most_of_cell : int
        Limits, of the memory and of a cell.
    connected : np.float32
        Permanence at which a synapse is connected.
    empty : callable
        Returns an empty memory that has room for a number of segments.
    """
    owner = given.take("owner", np.int32, (None,), -1)
    m = _with_segments(given, owner, most_segments, connected, empty)
    _link_cells(m, given, owner, most_of_cell)
    _link_uses(m, given, owner)
    _activate(m, given, owner)
    return m


def _with_segments(
    given: Given, owner: NDArray[Any], most: int, connected: np.float32, empty: Callable[[int], Memory]
) -> Memory:
    highest = len(owner)
    given.check(highest <= most, "owner", f"at most {most} segments")
    m = empty(highest)
    cells, room = len(m.first_of_cell), m.presynaptic.shape[1]
    given.check(bool(np.all(owner < cells)), "owner", f"cells below {cells}")
    synapses = given.take("synapses", np.int32, (highest,), 0, room)
    given.check(not synapses[owner < 0].any(), "synapses", "none of a free number")
    total = int(synapses.sum())
    presynaptic = given.take("presynaptic", m.presynaptic.dtype, (total,), 0, cells - 1)
    permanence = given.take("permanence", np.float32, (total,), 0.0, 1.0)
    segment = np.repeat(np.arange(highest), synapses)
    pairs = np.sort(segment * cells + presynaptic)
    given.check(ascends(pairs), "presynaptic", "different cells of each segment")
    filled = used(m.presynaptic[:highest], synapses)
    m.presynaptic[:highest][filled], m.permanence[:highest][filled] = presynaptic, permanence
    m.owner[:highest], m.synapses[:highest] = owner, synapses
    m.counts["highest"], m.counts["synapses"] = highest, total
    _set_bits(m, m.connected_bits, m.permanence[:highest] >= connected, filled)
    slot = np.arange(total) - np.repeat(np.cumsum(synapses) - synapses, synapses)
    return m._replace(fan_out=_fan_out(m.fan_out, presynaptic, segment << m.slot_bits[0] | slot))


def _fan_out(empty: FanOut, cells: NDArray[Any], entries: NDArray[np.int64]) -> FanOut:
    """Pack the entries of each presynaptic cell into a block of the least size that holds them."""
    lengths = np.bincount(cells, minlength=len(empty.start))
    capacities = np.int64(4) << np.arange(30)
    size_class = np.where(lengths > 0, np.searchsorted(capacities, lengths), -1)
    sizes = np.where(lengths > 0, capacities[size_class], 0)
    start = np.cumsum(sizes) - sizes
    taken, room = int(sizes.sum()), len(empty.arena)
    while room < taken:
        room *= 2
    arena = np.zeros(room, dtype=np.int32)
    by_cell = np.argsort(cells, kind="stable")
    place = np.arange(len(cells)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    arena[start[cells[by_cell]] + place] = entries[by_cell]
    empty.start[:], empty.length[:], empty.size_class[:], empty.used[0] = start, lengths, size_class, taken
    return empty._replace(arena=arena)


def _link_cells(m: Memory, given: Given, owner: NDArray[Any], most_of_cell: int) -> None:
    alive = np.flatnonzero(owner >= 0)
    by_cell = alive[np.argsort(owner[alive], kind="stable")]
    cells = owner[by_cell]
    m.segments_of_cell[:] = np.bincount(cells, minlength=len(m.first_of_cell))
    given.check(bool(np.all(m.segments_of_cell <= most_of_cell)), "owner", f"at most {most_of_cell} segments of a cell")
    goes_on = np.append(cells[1:] == cells[:-1], False)[: len(cells)]
    m.next_of_cell[by_cell] = np.where(goes_on, np.append(by_cell[1:], -1)[: len(cells)], -1)
    first = np.append(True, ~goes_on[:-1])[: len(cells)]
    m.first_of_cell[cells[first]] = by_cell[first]
    free = given.take("free", np.int32, (len(owner) - len(alive),))
    given.check(bool(np.array_equal(np.sort(free), np.flatnonzero(owner < 0))), "free", "each free number once")
    chain = np.append(free, np.int32(-1))
    m.next_of_cell[free], m.counts["free_segment"] = chain[1:], chain[0]
    m.counts["segments"] = len(alive)


def _link_uses(m: Memory, given: Given, owner: NDArray[Any]) -> None:
    alive = np.flatnonzero(owner >= 0)
    order = given.take("order", np.int32, (len(alive),))
    given.check(bool(np.array_equal(np.sort(order), alive)), "order", "each segment once")
    if not len(order):
        return
    uses: Uses = m.uses
    uses.chain["last"][order] = np.arange(1, len(order) + 1)
    uses.chain["older"][order] = np.append(np.int32(-1), order[:-1])
    uses.chain["newer"][order] = np.append(order[1:], np.int32(-1))
    uses.ends[:] = order[0], order[-1], len(order)


def _activate(m: Memory, given: Given, owner: NDArray[Any]) -> None:
    highest, cells = len(owner), len(m.first_of_cell)
    for name in ("active_cells", "winner_cells"):
        found = given.take(name, np.int32, (None,), 0, cells - 1)
        given.check(ascends(found), name, "ascending numbers")
        getattr(m, name)[0, : len(found)] = found
        m.counts[name] = len(found)
    before = given.take("cells_before", np.int32, (None,), 0, cells - 1)
    given.check(ascends(before), "cells_before", "ascending numbers")
    m.active_cells[1, : len(before)], m.counts["next_active_cells"] = before, len(before)
    is_active = np.zeros(cells, dtype=np.bool_)
    is_active[m.active_cells[0, : m.counts["active_cells"][0]]] = True
    winners = m.winner_cells[0, : m.counts["winner_cells"][0]]
    given.check(bool(is_active[winners].all()), "winner_cells", "active cells")
    filled = used(m.presynaptic[:highest], m.synapses[:highest])
    active = is_active[m.presynaptic[:highest]] & filled
    m.overlaps[:highest] = active.sum(axis=1)
    _set_bits(m, m.active_bits, active, filled)
    touched = np.flatnonzero(m.active_bits)
    m.touched[: len(touched)], m.counts["touched"] = touched, len(touched)
    for name in ("active_segments", "matching_segments"):
        found = given.take(name, np.int32, (None,), 0, highest - 1)
        keys = owner[found].astype(np.int64) << 32 | found
        given.check(ascends(keys) and bool(np.all(keys >= 0)), name, "segments in the order of their cells")
        getattr(m, name)[: len(keys)] = keys
        m.counts[name] = len(keys)


def _set_bits(m: Memory, words: NDArray[np.uint64], flags: NDArray[np.bool_], filled: NDArray[np.bool_]) -> None:
    """Write a flag for each slot, shape (segments, slots), as bits; those of slots not filled are 0."""
    wide = np.zeros((len(flags), 1 << int(m.slot_bits[0])), dtype=np.bool_)
    wide[:, : flags.shape[1]] = flags & filled
    packed = np.packbits(wide, axis=1, bitorder="little").view(np.uint64).ravel()
    words[: len(packed)] = packed
