"""Compiled recorder: how segments differ from what the rules say of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.jit import jit_inline, jit_inner
from zhtm_detector.htm.kernels.segment_rules import drop_weakest, place_of
from zhtm_detector.htm.kernels.tape import (
    ADDED,
    APPEND,
    CHANGED,
    GONE,
    LINKS,
    NEW,
    OWNERS,
    ROW,
    ROW_CELLS,
    ROWS,
    Before,
    Shadow,
    Tape,
)
from zhtm_detector.htm.kernels.temporal_memory_state import Memory, TemporalMemoryRules


@jit_inner
def equal(
    cells: NDArray[Any],
    others: NDArray[Any],
    permanences: NDArray[np.float32],
    other_permanences: NDArray[np.float32],
    count: int,
) -> bool:
    """Return whether two segments have the same synapses, in the same order."""
    differ = 0
    for i in range(count):
        differ |= (cells[i] != others[i]) | (permanences[i] != other_permanences[i])
    return differ == 0


@jit_inner
def sort(numbers: NDArray[Any], count: int) -> None:
    """Sort the first numbers in place; there are few."""
    for i in range(1, count):
        number = numbers[i]
        at = i
        while at > 0 and numbers[at - 1] > number:
            numbers[at] = numbers[at - 1]
            at -= 1
        numbers[at] = number


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
        place = place_of(winners, len(winners), cells[i])
        if place < 0 or permanences[i] != initial:
            return False
        links[i - first] = place
    sort(links, count - first)
    return True


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
            and equal(cells, old_cells, permanences, old_permanences, left)
            and _write_links(cells, permanences, left, count, initial, winners, links)
        ):
            return int(left)
        if count < len(cells):
            return -1
        left = drop_weakest(old_cells, old_permanences, left, winners)
    return -1


@jit_inline
def write_changes(t: Tape, s: Shadow, b: Before, m: Memory, r: TemporalMemoryRules, found: int) -> None:
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
