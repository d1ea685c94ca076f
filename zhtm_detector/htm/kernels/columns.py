"""Compiled columns of a group: views of one stream that share encoder, spatial pooler and rules.

Each combination of scale and kind of block value is a column with a context memory of its own. Work is done only at the
end of a block; block sizes double from scale to scale, so a coarse block always ends together with the finer ones. The
pooler does not learn, so a block value's active minicolumns depend on its bucket alone: they come from a table of rows.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels import context_memory
from zhtm_detector.htm.kernels.context_memory import ContextRules, ContextState
from zhtm_detector.htm.kernels.jit import jit, jit_inline, jit_inner
from zhtm_detector.htm.kernels.rows import DAY, Table, place_of

MEAN, HIGH, LOW, MEAN_AT_TIME, CHANGE = range(5)  # kinds of block values
TIMES = 4096  # a row's number is bucket * TIMES, plus 1 + the time's bucket if the time is encoded
LARGEST_BUCKET = float(2**40)
DONE, ROOM, ROW = range(3)  # why `run` returned

_lacks_room, _may_evict, _place_of = context_memory.lacks_room, context_memory.may_evict, place_of
_look, _remember = context_memory.look, context_memory.step


class GroupRules(NamedTuple):
    """Parameters of a group, from `ColumnParams` and the stream's range."""

    block: int  # records in a block of the finest scale; doubles with each scale
    probation: int  # records before calibration begins
    lowest: float  # centre of bucket 0; of CHANGE it is 0
    unit: float  # width of a bucket
    time_buckets: int
    memory: float  # blocks averaged
    least_deviation: float
    prior_deviation: float  # before the first mismatch
    prior_blocks: float  # that it counts as
    half: float  # deviations for evidence 0.5
    weight: float  # of a column's evidence; 0: no calibration
    exponent: float  # of each column's doubt (1 - evidence) in the vote
    unseen_weight: float  # of the share of active minicolumns that own no segment


class GroupState(NamedTuple):
    """State of a group: J scales, K kinds."""

    kinds: NDArray[np.int64]  # (K,)
    sums: NDArray[np.float64]  # (J,) of the current block's values
    highs: NDArray[np.float64]  # (J,)
    lows: NDArray[np.float64]  # (J,)
    filled: NDArray[np.int64]  # (J,) records in the current block
    blocks: NDArray[np.int64]  # (J,) complete blocks so far
    last: NDArray[np.float64]  # (J,) mean of the last block
    mismatch: NDArray[np.float64]  # (J, K) of the last block, 1 before the first
    mean: NDArray[np.float64]  # (J, K) mean mismatch, for calibration
    variance: NDArray[np.float64]  # (J, K) of the mismatch
    samples: NDArray[np.int64]  # (J, K) mismatches in these
    change: NDArray[np.float64]  # (J,) mean of the last block less that of the one before; kept for explanations
    evidence: NDArray[np.float64]  # (J, K) of the last block's mismatch, before its weight
    unseen: NDArray[np.float64]  # (J, K) share of the last block's minicolumns that own no segment
    streak: NDArray[np.int64]  # (J, K) last blocks in a row with evidence of at least 0.5
    places: NDArray[np.int64]  # (J, K) scratch: the current blocks' rows in the table
    wanted: NDArray[np.int64]  # (1,) number of the missing row
    sources: NDArray[Any]  # (1,) cache_key.SOURCES, because this file calls kernels of others


@jit_inline
def _bucket(value: float, lowest: float, unit: float) -> int:
    scaled = (value - lowest) / unit + 0.5
    return math.floor(min(max(scaled, -LARGEST_BUCKET), LARGEST_BUCKET))


@jit_inline
def _block_values(g: GroupState, scale: int, value: float) -> tuple[float, float, float]:
    """Return sum, highest and lowest of the current block, with this value."""
    if g.filled[scale] == 0:
        return value, value, value
    return g.sums[scale] + value, max(g.highs[scale], value), min(g.lows[scale], value)


@jit_inline
def _find_rows(g: GroupState, r: GroupRules, table: Table, value: float, time: float) -> bool:
    """Find the rows of all blocks that end with this value; False if one is missing. Nothing else changes."""
    for scale in range(g.sums.size):
        size = r.block << scale
        if g.filled[scale] + 1 < size:
            break  # then no coarser block ends either
        total, high, low = _block_values(g, scale, value)
        mean = total / size
        for k in range(g.kinds.size):
            kind = g.kinds[k]
            if kind == CHANGE:
                change = mean - g.last[scale] if g.blocks[scale] > 0 else 0.0
                bucket = _bucket(change, 0.0, r.unit)
            else:
                bucket = _bucket(high if kind == HIGH else low if kind == LOW else mean, r.lowest, r.unit)
            number = bucket * TIMES
            if kind == MEAN_AT_TIME:
                # In whole microseconds, because a share of the day may lie just below its bucket.
                number += 1 + math.floor(time * DAY + 0.5) * r.time_buckets // DAY
            place = _place_of(table, number)
            if table.numbers[place] != number:
                g.wanted[0] = number
                return False
            g.places[scale, k] = place
    return True


@jit_inner
def _calibrate(
    mean: NDArray[np.float64],
    variance: NDArray[np.float64],
    samples: NDArray[np.int64],
    k: int,
    r: GroupRules,
    mismatch: float,
) -> float:
    """Return evidence in [0, 1): how many deviations a mismatch exceeds its own mean by; `half` of them give 0.5."""
    samples[k] += 1
    if samples[k] == 1:
        mean[k], variance[k] = mismatch, r.prior_deviation * r.prior_deviation
        return 0.0
    evidence = 0.0
    z = (mismatch - mean[k]) / (math.sqrt(max(variance[k], 0.0)) + r.least_deviation)
    if z > 0.0:
        evidence = 1.0 - 1.0 / (1.0 + z / r.half)
    # A plain mean at first, the prior included, then an exponential moving average.
    rate = max(1.0 / (samples[k] + r.prior_blocks), 1.0 / r.memory)
    step = mismatch - mean[k]
    mean[k] += rate * step
    variance[k] = (1.0 - rate) * (variance[k] + rate * step * step)
    return evidence


@jit_inline
def _close_blocks(
    g: GroupState,
    r: GroupRules,
    table: Table,
    m: ContextState,
    c: ContextRules,
    rng: np.random.Generator,
    value: float,
    learn: bool,
) -> float:
    """Add a record to the blocks of all scales; return the doubt (1 - evidence) of those that end with it."""
    doubt = 1.0
    total = 0.0
    for scale in range(g.sums.size):
        size = r.block << scale
        g.sums[scale], g.highs[scale], g.lows[scale] = _block_values(g, scale, value)
        g.filled[scale] += 1
        if g.filled[scale] < size:
            continue
        g.filled[scale] = 0
        for k in range(g.kinds.size):
            row = table.rows[g.places[scale, k]]
            column = scale * g.kinds.size + k
            if c.looks:
                mismatch, unseen = _look(m, c, column, row[1 : 1 + row[0]])
            else:
                mismatch, unseen = _remember(m, c, rng, column, row[1 : 1 + row[0]], learn)
            g.mismatch[scale, k] = mismatch
            evidence = 0.0
            if g.blocks[scale] > 0:  # the first block of a stream is no news
                doubt *= 1.0 - r.unseen_weight * unseen
            else:
                unseen = 0.0
            if r.weight > 0.0 and g.blocks[scale] >= r.probation // size:
                evidence = _calibrate(g.mean[scale], g.variance[scale], g.samples[scale], k, r, mismatch)
                total += math.log(1.0 - r.weight * evidence)
            g.evidence[scale, k], g.unseen[scale, k] = evidence, unseen
            high = (1.0 - evidence) * (1.0 - r.unseen_weight * unseen) <= 0.5
            g.streak[scale, k] = g.streak[scale, k] + 1 if high else 0
        mean = g.sums[scale] / size
        g.change[scale] = mean - g.last[scale] if g.blocks[scale] > 0 else 0.0
        g.last[scale] = mean
        g.blocks[scale] += 1
    return doubt * math.exp(r.exponent * total)


@jit_inner
def mean_mismatch(g: GroupState) -> float:
    """Return the mean of all columns' last mismatches."""
    total = 0.0
    for scale in range(g.mismatch.shape[0]):
        for k in range(g.mismatch.shape[1]):
            total += g.mismatch[scale, k]
    return total / g.mismatch.size


@jit_inline
def ready(group: Any, value: float, time: float, learn: bool) -> int:
    """Find the rows that a record needs; return DONE, or ROOM or ROW, which is missing. Nothing else changes.

    A look needs room only where it has to tell what would be evicted.
    """
    g, r, table, m, c, _ = group
    if not _find_rows(g, r, table, value, time):
        return ROW
    new = g.mismatch.size * (table.rows.shape[1] - 1)
    if (learn or (c.looks and _may_evict(m, c, new))) and _lacks_room(m, c, new):
        return ROOM
    return DONE


@jit_inline
def run(
    group: Any,
    values: NDArray[np.float64],
    times: NDArray[np.float64],
    start: int,
    learn: bool,
    raw: NDArray[np.float64],
    evidence: NDArray[np.float64],
) -> tuple[int, int]:
    """Process records from `start` on; write mean mismatch and evidence, both in [0, 1].

    It stops at a record that needs room in the context memory, or a row that is not in the table.

    Parameters
    ----------
    group : tuple of (GroupState, GroupRules, Table, ContextState, ContextRules, Generator)
    values : ndarray of float64, shape (records,)
    times : ndarray of float64, shape (records,)
        Time of day as a fraction of the day.
    start : int
    learn : bool
        Whether context memories change.
    raw, evidence : ndarray of float64, shape (records,)
        Outputs. `raw` is the mean of the columns' last mismatches.

    Returns
    -------
    records : int
        Number of the first record that is not done.
    reason : int
        DONE, ROOM, or ROW, whose number is then in `GroupState.wanted`.
    """
    g, r, table, m, c, rng = group
    for i in range(start, values.size):
        missing = ready(group, values[i], times[i], learn)
        if missing != DONE:
            return i, missing
        ends = g.filled[0] + 1 == r.block
        evidence[i] = 1.0 - _close_blocks(g, r, table, m, c, rng, values[i], learn)
        if ends or i == start:
            raw[i] = mean_mismatch(g)
        else:
            raw[i] = raw[i - 1]
    return int(values.size), DONE


@jit
def run_box(
    box: Any,
    values: NDArray[np.float64],
    times: NDArray[np.float64],
    start: int,
    learn: bool,
    raw: NDArray[np.float64],
    evidence: NDArray[np.float64],
) -> tuple[int, int]:
    """Call `run` with the group in a box."""
    return run(box.state, values, times, start, learn, raw, evidence)
