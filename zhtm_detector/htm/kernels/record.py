"""One record through all parts of a model in one compiled call.

Called part by part from Python, each part finds the caches full of the other parts' data and of the interpreter's,
which costs as much as half of the work.

This is the only kernel that calls kernels of other files; `Buffers.sources` makes that safe (see `cache_key`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels import blocks as blocks_kernel
from zhtm_detector.htm.kernels import columns as columns_kernel
from zhtm_detector.htm.kernels import likelihood as likelihood_kernel
from zhtm_detector.htm.kernels import nearest as nearest_kernel
from zhtm_detector.htm.kernels import rows as rows_kernel
from zhtm_detector.htm.kernels import spatial_pooler, temporal_memory
from zhtm_detector.htm.kernels import vote as vote_kernel
from zhtm_detector.htm.kernels.jit import jit, jit_inline
from zhtm_detector.htm.kernels.rows import DAY, Table

# Reasons why `step` returns without a result: a memory has to grow, or a row is not cached.
ROOM, VALUE_ROW, DATE_ROW, GROUP_ROOM, GROUP_ROW = range(5)
OF_GROUP = {GROUP_ROOM: columns_kernel.ROOM, GROUP_ROW: columns_kernel.ROW}

_bucket, _date_number, _place_of = rows_kernel.bucket, rows_kernel.date_number, rows_kernel.place_of
_pool = spatial_pooler.step
_lacks_room, _remember, _surprise = temporal_memory.lacks_room, temporal_memory.run, temporal_memory.surprise
_likelihood, _log_scale = likelihood_kernel.run, likelihood_kernel.log_scale
_ready, _columns = columns_kernel.ready, columns_kernel.run
_nearest, _blocks, _judge = nearest_kernel.run, blocks_kernel.run, vote_kernel.judge


class RecordRules(NamedTuple):
    """How the parts work together."""

    prediction_weight: float  # of the prediction error's evidence in the vote
    causal: bool  # whether distances are measured by the range of the records so far
    predicting: NDArray[np.bool_]  # (groups,) whether a group's mismatch counts as prediction error
    looks: bool = False  # at a record without taking it in (htm/look.py)


class LastRecord(NamedTuple):
    """What the last record was and what became of it, for explanations; the buffers of `step` are these arrays."""

    value: NDArray[np.float64]  # (1,)
    before: NDArray[np.float64]  # (2,) lowest and highest value before the record
    raw: NDArray[np.float64]  # (1,)
    evidence: NDArray[np.float64]  # (voters, 1)
    score: NDArray[np.float64]  # (1,)
    unsilenced: NDArray[np.float64]  # (1,)


def no_record(voters: int) -> LastRecord:
    """Return arrays for the last record, as they are before the first."""
    one = (1,)
    shapes = (one, (2,), one, (voters, 1), one, one)
    return LastRecord._make(np.zeros(shape) for shape in shapes)


class Buffers(NamedTuple):
    """Values that one part passes on to the next: arrays of one record."""

    value: NDArray[np.float64]  # (1,)
    time: NDArray[np.float64]  # (1,) time of day as a fraction of the day
    span: NDArray[np.float64]  # (1,) range that distances are measured by
    bits: NDArray[np.uint32]  # (active bits,) of all fields
    before: NDArray[np.float64]  # (2,) lowest and highest value before the record
    offsets: NDArray[np.int64]  # (2,) 0, number of active columns
    raw: NDArray[np.float64]  # (1,)
    mismatch: NDArray[np.float64]  # (1,) of one group of columns
    likelihood: NDArray[np.float64]  # (1,)
    evidence: NDArray[np.float64]  # (voters, 1)
    score: NDArray[np.float64]  # (1,)
    novelty: NDArray[np.float64]  # (1,)
    leaves: NDArray[np.bool_]  # (1,)
    unsilenced: NDArray[np.float64]  # (1,)
    wanted: NDArray[np.int64]  # (2,) what is missing, and the number of the row or the group
    sources: NDArray[Any]  # (1,) SOURCES


class RecordState(NamedTuple):
    """Content of the box that `step` takes: each part's `kernel_state`, or None for a part the model lacks."""

    value_rows: Any  # a ValueRule and a Table
    date_rows: Any  # a DateRule and a Table
    spatial_pooler: Any
    temporal_memory: Any
    columns: Any  # a tuple of groups
    likelihood: Any
    value_novelty: Any
    block_novelty: Any
    vote: Any
    rules: RecordRules
    buffers: Buffers


@jit_inline
def _copy_row(table: Table, number: int, b: Buffers, first: int, kind: int) -> bool:
    """Copy the cached row of this number into the record's bits, from place `first` on; False on a cache miss."""
    place = _place_of(table, number)
    if table.numbers[place] != number:
        b.wanted[0], b.wanted[1] = kind, number
        return False
    for i in range(table.rows.shape[1]):
        b.bits[first + i] = table.rows[place, i]
    return True


@jit
def step(
    box: Any,
    predicts: Any,
    has_columns: Any,
    sees_time: Any,
    judges: Any,
    sees_values: Any,
    sees_blocks: Any,
    value: float,
    clock: int,
    weekday: int,
    day_of_year: int,
    learn: bool,
) -> tuple[float, float, float, float, bool, bool, float] | None:
    """Score one record; return what `model.Step` holds.

    Return None, with nothing changed, if something is missing: `Buffers.wanted` says what.

    Parameters
    ----------
    box : Box of RecordState
    predicts, has_columns, sees_time, judges, sees_values, sees_blocks : True or None
        Whether the model has a region, columns, encodes the time, has a likelihood, a value novelty, a block novelty.
        Code that a None guards is not compiled.
    value : float
    clock : int
        Microseconds since midnight.
    weekday, day_of_year : int
        From 0, which is Monday, and the first of January.
    learn : bool
    """
    parts = box.state
    rules, b = parts.rules, parts.buffers
    b.value[0], b.time[0] = value, clock / DAY
    voter = 0
    if predicts is not None:
        value_rule, value_table = parts.value_rows
        if not _copy_row(value_table, _bucket(value, value_rule), b, 0, VALUE_ROW):
            return None
        if sees_time is not None:
            date_rule, date_table = parts.date_rows
            number = _date_number(clock, weekday, day_of_year, date_rule)
            if not _copy_row(date_table, number, b, value_table.rows.shape[1], DATE_ROW):
                return None
        settings, state, scratch = parts.spatial_pooler
        m, r, rng = parts.temporal_memory
        # As many columns as may become active: under local inhibition nothing limits them.
        most = settings.active_columns if state.clock[2] == 1 else scratch.winners.size
        if learn and _lacks_room(m, r, most):
            b.wanted[0] = ROOM
            return None
        b.offsets[1] = _pool(settings, state, scratch, b.bits, learn)
        winners = scratch.winners[: b.offsets[1]]
        if rules.looks:
            b.raw[0] = _surprise(m, r, winners)
        else:
            # Not a literal 0, which is a type of its own: the temporal memory would be compiled once more.
            _remember(m, r, rng, winners, b.offsets, b.offsets[0], learn, b.raw)
        voter = 1
    if has_columns is not None:
        for number, group in enumerate(parts.columns):
            missing = _ready(group, value, b.time[0], learn)
            if missing != columns_kernel.DONE:
                b.wanted[0] = GROUP_ROOM if missing == columns_kernel.ROOM else GROUP_ROW
                b.wanted[1] = number
                return None
        b.raw[0] = 0.0
        voter = 1
        for group in parts.columns:
            _columns(group, b.value, b.time, 0, learn, b.mismatch, b.evidence[voter])
            if rules.predicting[voter - 1]:
                b.raw[0] += b.mismatch[0]
            voter += 1
        b.raw[0] /= max(1, rules.predicting.sum())
    if voter > 0:
        b.likelihood[0] = b.evidence[0, 0] = b.raw[0]
        if judges is not None:
            history, likelihood_rules = parts.likelihood
            _likelihood(history, likelihood_rules, b.value, b.raw, b.likelihood)
            _log_scale(b.likelihood, b.evidence[0])
        b.evidence[0, 0] *= rules.prediction_weight
    vote_rules, mean, seen, quiet, streaks = parts.vote
    b.before[0], b.before[1] = seen[0] + 0.0, seen[1] + 0.0  # of zeros the positive one, as in `HTMModel.run`
    if rules.causal:
        b.span[0] = max(seen[1], value) - min(seen[0], value)
    if sees_values is not None:
        nearest, nearest_rules = parts.value_novelty
        _nearest(b.value, b.span, nearest, nearest_rules, b.evidence[voter])
        voter += 1
    if sees_blocks is not None:
        views, block_rules = parts.block_novelty
        _blocks(views, block_rules, b.value, b.time, b.span, b.evidence[voter])
    results = (b.score, b.novelty, b.leaves, b.unsilenced)
    _judge(vote_rules, mean, seen, quiet, streaks, b.evidence, b.raw, b.value, *results)
    silenced = b.score[0] < b.unsilenced[0]
    return b.score[0], b.raw[0], b.likelihood[0], b.novelty[0], b.leaves[0], silenced, b.unsilenced[0]
