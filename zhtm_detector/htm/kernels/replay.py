"""Compiled reader of recordings: from a key frame over the records after it, see kernels/capture.py."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.jit import jit, jit_inline, jit_inner
from zhtm_detector.htm.kernels.segment_rules import apply_rule, drop_weakest
from zhtm_detector.htm.kernels.spatial_pooler_state import Settings
from zhtm_detector.htm.kernels.tape import APPEND, GONE, ROW
from zhtm_detector.htm.kernels.temporal_memory_state import TemporalMemoryRules


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
