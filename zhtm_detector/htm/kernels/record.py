"""One record through all parts of a model in one compiled call, for streams.

Part by part from Python, each part finds the caches full of the others' data and of Python's; that costs as much as
half of the work. Here nothing but the parts themselves lies between one and the next.

The only kernel that calls those of other files: `Buffers.sources` is what makes that safe.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels import blocks as blocks_kernel
from zhtm_detector.htm.kernels import likelihood as likelihood_kernel
from zhtm_detector.htm.kernels import nearest as nearest_kernel
from zhtm_detector.htm.kernels import rows as rows_kernel
from zhtm_detector.htm.kernels import spatial_pooler, temporal_memory
from zhtm_detector.htm.kernels import vote as evidence_kernel
from zhtm_detector.htm.kernels.jit import jit, jit_inline
from zhtm_detector.htm.kernels.rows import DAY, Table

# What a record may have to wait for.
ROOM, VALUE_ROW, DATE_ROW = range(3)

_bucket, _date_number, _place_of = rows_kernel.bucket, rows_kernel.date_number, rows_kernel.place_of
_pool = spatial_pooler.step
_lacks_room, _remember = temporal_memory.lacks_room, temporal_memory.run
_likelihood, _log_scale = likelihood_kernel.run, likelihood_kernel.log_scale
_nearest, _blocks, _judge = nearest_kernel.run, blocks_kernel.run, evidence_kernel.judge


class RecordRules(NamedTuple):
    """How the parts work together."""

    prediction_weight: float  # of the prediction error's evidence in the vote
    causal: bool  # whether the range to measure by is that of the records so far


class Buffers(NamedTuple):
    """What one part hands on to the next: arrays of one record."""

    value: NDArray[np.float64]  # (1,)
    time: NDArray[np.float64]  # (1,) time of day as a fraction of the day
    span: NDArray[np.float64]  # (1,) range of values to measure distances by
    seen: NDArray[np.float64]  # (2,) lowest and highest value so far, kept where `causal`
    bits: NDArray[np.uint32]  # (active bits,) of all fields
    offsets: NDArray[np.int64]  # (2,) 0, number of active columns
    raw: NDArray[np.float64]  # (1,)
    likelihood: NDArray[np.float64]  # (1,)
    evidence: NDArray[np.float64]  # (columns, 1)
    score: NDArray[np.float64]  # (1,)
    novelty: NDArray[np.float64]  # (1,)
    leaves: NDArray[np.bool_]  # (1,)
    wanted: NDArray[np.int64]  # (2,) what the record waits for, and the number of the row that is missing
    sources: NDArray[Any]  # (1,) SOURCES


@jit_inline
def _lay(table: Table, number: int, b: Buffers, first: int, kind: int) -> bool:
    """Lay a row from the table into the record's bits, from place `first` on; False if the table has it not."""
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
    sees_time: Any,
    judges: Any,
    sees_values: Any,
    sees_blocks: Any,
    value: float,
    clock: int,
    weekday: int,
    day_of_year: int,
    learn: bool,
) -> tuple[float, float, float, float, bool] | None:
    """Take one record; returns its score, raw score, likelihood, novelty, and whether it is out of range.

    Or None, with nothing changed, where it has to wait: `Buffers.wanted` tells for what.

    The box holds value rows and date rows (a rule and a `Table` each), spatial pooler, temporal memory, likelihood,
    nearest values, blocks, vote, each as its own kernel takes it, `RecordRules` and `Buffers`. A part the model lacks
    is None, and None is then the argument that stands for it: `predicts`, `sees_time`, `judges` (the likelihood),
    `sees_values`, `sees_blocks`; else True. What a None guards is not even compiled. `clock` is in microseconds since
    midnight, `weekday` counts from Monday, `day_of_year` from 0.
    """
    value_rows, date_rows, pooler, memory, likelihood, nearest, blocks, vote, rules, b = box.state
    b.value[0], b.time[0] = value, clock / DAY
    column = 0
    if predicts is not None:
        value_rule, value_table = value_rows
        if not _lay(value_table, _bucket(value, value_rule), b, 0, VALUE_ROW):
            return None
        if sees_time is not None:
            date_rule, date_table = date_rows
            number = _date_number(clock, weekday, day_of_year, date_rule)
            if not _lay(date_table, number, b, value_table.rows.shape[1], DATE_ROW):
                return None
        settings, state, scratch = pooler
        m, r, rng = memory
        # As many columns as may become active: under local inhibition nothing limits them.
        most = settings.active_columns if state.clock[2] == 1 else scratch.winners.size
        if learn and _lacks_room(m, r, most):
            b.wanted[0] = ROOM
            return None
        b.offsets[1] = _pool(settings, state, scratch, b.bits, learn)
        # Not a literal 0: that is a type of its own, and the temporal memory would be compiled once more.
        _remember(m, r, rng, scratch.winners[: b.offsets[1]], b.offsets, b.offsets[0], learn, b.raw)
        b.likelihood[0] = b.evidence[0, 0] = b.raw[0]
        if judges is not None:
            history, likelihood_rules = likelihood
            _likelihood(history, likelihood_rules, b.value, b.raw, b.likelihood)
            _log_scale(b.likelihood, b.evidence[0])
        b.evidence[0, 0] *= rules.prediction_weight
        column = 1
    if rules.causal:
        b.seen[0], b.seen[1] = min(b.seen[0], value), max(b.seen[1], value)
        b.span[0] = b.seen[1] - b.seen[0]
    if sees_values is not None:
        values_seen, nearest_rules = nearest
        _nearest(b.value, b.span, values_seen, nearest_rules, b.evidence[column])
        column += 1
    if sees_blocks is not None:
        views, block_rules = blocks
        _blocks(views, block_rules, b.value, b.time, b.span, b.evidence[column])
    vote_rules, mean, value_range, quiet = vote
    _judge(vote_rules, mean, value_range, quiet, b.evidence, b.raw, b.value, b.score, b.novelty, b.leaves)
    return b.score[0], b.raw[0], b.likelihood[0], b.novelty[0], b.leaves[0]
