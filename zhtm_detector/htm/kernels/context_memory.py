"""Compiled context memory: a temporal memory of one cell per minicolumn, for many columns with the same rules.

A segment's synapses lead to minicolumns that were active 1 to K steps ago: presynaptic index ``lag * minicolumns +
minicolumn`` with lag 0 for the last step. A column keeps one byte per presynaptic index, so counting a segment's
active synapses is one load each. Only the segments of active minicolumns are looked at. Their numbers stand in a row
per minicolumn, the most recently matched first, so the last is the one to evict.

Numbers stored in few bits are read as int64: with a plain int, numba would make a float of them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.jit import jit, jit_inline, jit_inner

UNIT = 255  # of stored permanences: 1.0


class ContextRules(NamedTuple):
    """Parameters of the kernel, from `ContextMemoryParams`; permanences in units of 1 / 255."""

    minicolumns: int  # of each column
    context: int  # steps; 0: none, a minicolumn is predicted once it has been active
    new_synapses: int
    match: float  # share of a segment's connected synapses
    segments_per_minicolumn: int
    segments: int  # limit of all columns together
    initial: int
    connected: int
    increment: int
    decrement: int
    graded: bool  # readout: the best share; else whether it matches
    looks: bool = False  # at a record without taking it in (htm/look.py)


COUNTS = np.dtype(
    (
        np.record,
        [
            ("segments", np.int64),  # numbers assigned so far
            ("hand", np.int64),  # next segment to consider for eviction
        ],
    )
)


class ContextState(NamedTuple):
    """State of C columns of M minicolumns; capacity for P segments of at most S synapses."""

    counts: NDArray[Any]  # (1,) COUNTS
    active: NDArray[np.uint8]  # (C, K M) by presynaptic index
    context: NDArray[np.uint16]  # (C, K A) active presynaptic indices, in no order
    context_sizes: NDArray[np.int64]  # (C,)
    segments: NDArray[np.int32]  # (C M, Q) each minicolumn's segments, the most recently matched first
    owned: NDArray[np.int32]  # (C M,) number of them
    owner: NDArray[np.int32]  # (P,) column * M + minicolumn
    recent: NDArray[np.uint8]  # (P,) 1 if matched since the hand last passed; + 2 if evicted in this look (`look`)
    synapses: NDArray[np.uint8]  # (P,) number of them
    connected: NDArray[np.uint8]  # (P,) number of connected ones; they come first
    presynaptic: NDArray[np.uint16]  # (P, S)
    permanence: NDArray[np.uint8]  # (P, S)


@jit_inline
def lacks_room(m: ContextState, r: ContextRules, new: int) -> bool:
    """Check whether the arrays have to grow before as many as `new` segments are added."""
    return bool(r.context > 0 and m.counts[0].segments + new > m.owner.size < r.segments)


@jit_inline
def may_evict(m: ContextState, r: ContextRules, new: int) -> bool:
    """Check whether as many as `new` segments more would exceed the limit, so that others may have to go."""
    return bool(r.context > 0 and m.counts[0].segments + new > r.segments)


@jit_inner
def _to_front(segments: NDArray[np.int32], place: int, segment: int) -> None:
    """Put a segment at the front of a row, and move those before `place` up by one."""
    for i in range(place, 0, -1):
        segments[i] = segments[i - 1]
    segments[0] = segment


@jit_inline
def _new_segment(m: ContextState, r: ContextRules, owner: np.int64) -> int:
    """Return a segment for a new pattern of a minicolumn, at the front of its row: an unused one, else an evicted one.

    A minicolumn at its limit gives up its least recently matched segment. With all segments in use, the hand passes
    over them and takes the first that has not matched since it last came by (the clock algorithm, an LRU in O(1)).
    """
    if m.owned[owner] == r.segments_per_minicolumn:
        segment = int(m.segments[owner, r.segments_per_minicolumn - 1])
        _to_front(m.segments[owner], r.segments_per_minicolumn - 1, segment)
        return segment
    if m.counts[0].segments < m.owner.size:
        segment = int(m.counts[0].segments)
        m.counts[0].segments += 1
    else:
        segment = int(m.counts[0].hand)
        while m.recent[segment] == 1:
            m.recent[segment] = 0
            segment = (segment + 1) % m.owner.size
        m.counts[0].hand = (segment + 1) % m.owner.size
        robbed = m.owner[segment]
        place = 0
        while m.segments[robbed, place] != segment:
            place += 1
        m.owned[robbed] -= 1
        for i in range(place, m.owned[robbed]):
            m.segments[robbed, i] = m.segments[robbed, i + 1]
    _to_front(m.segments[owner], m.owned[owner], segment)
    m.owned[owner] += 1
    m.owner[segment] = owner
    return segment


@jit_inner
def _matched(presynaptic: NDArray[np.uint16], count: np.int64, active: NDArray[np.uint8]) -> np.int64:
    """Count the active ones of a segment's first `count` synapses."""
    matched = np.int64(0)
    for i in range(count):
        matched += np.int64(active[presynaptic[i]])
    return matched


@jit_inner
def _adapt(
    presynaptic: NDArray[np.uint16],
    permanence: NDArray[np.uint8],
    count: np.int64,
    active: NDArray[np.uint8],
    increment: int,
    decrement: int,
    threshold: int,
) -> tuple[np.int64, int]:
    """Strengthen a segment's active synapses and weaken the others; return its synapses and its connected ones.

    A synapse at permanence 0 is removed. Connected ones stay in front; their order has no meaning.
    """
    kept = count
    at = 0
    while at < kept:
        if active[presynaptic[at]] == 1:
            permanence[at] = min(int(permanence[at]) + increment, UNIT)  # NumPy's sum of a uint8 would overflow
        elif permanence[at] > decrement:
            permanence[at] -= decrement
        else:
            kept -= 1
            presynaptic[at], permanence[at] = presynaptic[kept], permanence[kept]
            continue
        at += 1
    connected = 0
    for i in range(kept):
        if permanence[i] >= threshold:
            presynaptic[i], presynaptic[connected] = presynaptic[connected], presynaptic[i]
            permanence[i], permanence[connected] = permanence[connected], permanence[i]
            connected += 1
    return kept, connected


@jit_inner
def _sample(
    context: NDArray[np.uint16], size: int, wanted: int, rng: np.random.Generator, presynaptic: NDArray[np.uint16]
) -> int:
    """Draw distinct presynaptic indices from the context (a partial shuffle of it); return their number."""
    count = min(size, wanted)
    for i in range(count):
        pick = i + int(rng.random() * (size - i))
        context[i], context[pick] = context[pick], context[i]
        presynaptic[i] = context[i]
    return count


@jit_inner
def _advance(
    active: NDArray[np.uint8], context: NDArray[np.uint16], size: int, row: NDArray[np.uint16], minicolumns: int
) -> int:
    """Move the context on by one step, of which `row` are the active minicolumns; return its new size."""
    kept = 0
    for i in range(size):
        index = np.int64(context[i])
        active[index] = 0
        if index + minicolumns < active.size:
            context[kept] = index + minicolumns
            kept += 1
    for i in range(row.size):
        context[kept] = row[i]
        kept += 1
    for i in range(kept):
        active[context[i]] = 1
    return kept


@jit_inner
def _best_match(
    segments: NDArray[np.int32],
    count: int,
    connected: NDArray[np.uint8],
    presynaptic: NDArray[np.uint16],
    active: NDArray[np.uint8],
) -> tuple[int, float]:
    """Compare the first `count` segments of a row; return the place of the best and its share of active synapses."""
    place = -1
    best_matched, best_count = np.int64(0), np.int64(1)
    for i in range(count):
        segment = segments[i]
        synapses = np.int64(connected[segment])
        matched = _matched(presynaptic[segment], synapses, active)
        if matched * best_count > best_matched * synapses:  # exact: the first of equals is the best
            best_matched, best_count, place = matched, synapses, i
            if matched == synapses:
                break
    return place, best_matched / best_count


@jit_inner
def _rehearse(m: ContextState, r: ContextRules, owner: np.int64, held: int, last: int) -> None:
    """Evict what a new segment of a minicolumn would, of which it has `held`: it is gone for those that come later."""
    if held == r.segments_per_minicolumn:
        m.recent[last] = 1
    elif m.counts[0].segments < m.owner.size:
        m.recent[m.counts[0].segments] = 1
        m.counts[0].segments += 1
    else:
        segment = int(m.counts[0].hand)
        while m.recent[segment] & 1:
            m.recent[segment] &= 2
            segment = (segment + 1) % m.owner.size
        m.counts[0].hand = (segment + 1) % m.owner.size
        m.recent[segment] = 3
        m.connected[segment] = 0  # it matches nothing


@jit_inner
def look(m: ContextState, r: ContextRules, column: int, row: NDArray[np.uint16]) -> tuple[float, float]:
    """Return what `step` would while it learns.

    Only `counts`, `recent` and `connected` change, which a look has of its own (htm/look.py), and these only where
    `may_evict`: a new segment may then take the place of one that belongs to a minicolumn later in the same record.
    """
    total = 0.0
    unseen = 0
    full = r.context > 0 and may_evict(m, r, m.context.size // r.context)  # as many as a record may add
    for j in range(row.size):
        owner = column * r.minicolumns + np.int64(row[j])
        held, last = np.int64(m.owned[owner]), 0
        for i in range(m.owned[owner] if full else 0):
            if m.recent[m.segments[owner, i]] < 2:
                last = m.segments[owner, i]
            else:
                held -= 1
        if held == 0:
            unseen += 1
        elif r.context == 0:
            total += 1.0
        place, share = -1, 0.0
        if r.context > 0:
            place, share = _best_match(m.segments[owner], m.owned[owner], m.connected, m.presynaptic, m.active[column])
        matches = place >= 0 and share >= r.match
        total += share if r.graded else (1.0 if matches else 0.0)
        if full and matches:
            m.recent[m.segments[owner, place]] |= 1
        elif full and m.context_sizes[column] > 0:
            _rehearse(m, r, owner, int(held), int(last))
    return (1.0 - total / row.size, unseen / row.size) if row.size > 0 else (0.0, 0.0)


@jit_inline
def step(
    m: ContextState, r: ContextRules, rng: np.random.Generator, column: int, row: NDArray[np.uint16], learn: bool
) -> tuple[float, float]:
    """Process the active minicolumns of one column; return how unexpected and how new they are.

    Returns
    -------
    mismatch : float
        1 - mean over the active minicolumns of the best segment's share of active synapses (0 without a segment); with
        a readout that is not graded, of whether it matches.
    unseen : float
        Share of the active minicolumns that own no segment.
    """
    if row.size == 0:
        return 0.0, 0.0
    total = 0.0
    unseen = 0
    active = m.active[column]
    context = m.context[column]
    size = m.context_sizes[column]
    for j in range(row.size):
        owner = column * r.minicolumns + np.int64(row[j])
        if m.owned[owner] == 0:
            unseen += 1
        elif r.context == 0:
            total += 1.0
        place, share = -1, 0.0
        if r.context > 0:
            place, share = _best_match(m.segments[owner], m.owned[owner], m.connected, m.presynaptic, active)
        matches = place >= 0 and share >= r.match
        total += share if r.graded else (1.0 if matches else 0.0)
        if not learn:
            continue
        if r.context == 0:
            m.owned[owner] = 1
        elif matches:
            best = m.segments[owner, place]
            m.recent[best] = 1
            _to_front(m.segments[owner], place, best)
            if r.increment > 0 or r.decrement > 0:
                m.synapses[best], m.connected[best] = _adapt(
                    m.presynaptic[best],
                    m.permanence[best],
                    np.int64(m.synapses[best]),
                    active,
                    r.increment,
                    r.decrement,
                    r.connected,
                )
        elif size > 0:
            new = _new_segment(m, r, owner)
            sampled = _sample(context, size, r.new_synapses, rng, m.presynaptic[new])
            m.permanence[new] = r.initial
            m.synapses[new] = sampled
            m.connected[new] = sampled
            m.recent[new] = 1
    if r.context > 0:
        m.context_sizes[column] = _advance(active, context, size, row, r.minicolumns)
    return 1.0 - total / row.size, unseen / row.size


@jit
def run_box(
    box: Any,
    columns: NDArray[np.uint16],
    offsets: NDArray[np.int64],
    start: int,
    learn: bool,
    mismatch: NDArray[np.float64],
    unseen: NDArray[np.float64],
) -> int:
    """Process many steps of the first column from `start` on; return the number of steps done.

    It stops early when the arrays have to grow. The box holds (ContextState, ContextRules, Generator).
    """
    m, r, rng = box.state
    for i in range(start, mismatch.size):
        row = columns[offsets[i] : offsets[i + 1]]
        if learn and lacks_room(m, r, row.size):
            return i
        mismatch[i], unseen[i] = step(m, r, rng, 0, row, learn)
    return int(mismatch.size)
