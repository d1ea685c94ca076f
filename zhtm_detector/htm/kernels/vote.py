"""Compiled end of the evidence: predictability, vote, value range, refractory rule."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.jit import jit, jit_bare, jit_inner


class MeanState(NamedTuple):
    """The last values, and their sum."""

    ring: NDArray[np.float64]  # (length,)
    total: NDArray[np.float64]  # (1,)
    records: NDArray[np.int64]  # (1,) seen


class RefractoryState(NamedTuple):
    """The running maximum of the last records' scores: a queue of candidates whose scores fall."""

    scores: NDArray[np.float64]  # (period + 1,) ring of candidates
    records: NDArray[np.int64]  # (period + 1,) record number of each
    counts: NDArray[np.int64]  # (3,) ring index of the first candidate, candidates, records seen


class VoteRules(NamedTuple):
    """How `judge` goes about it."""

    gate_weight: float  # 0: no gate
    tolerance: float  # of the value range, as a share of it; negative: no such rule
    period: int  # of the refractory rule, in records; 0: no such rule
    predictions: int  # how many of the columns predict; they come first


def mean_state(length: int) -> MeanState:
    """Make the state of `moving_mean`, for so many records."""
    return MeanState(np.zeros(length), np.zeros(1), np.zeros(1, dtype=np.int64))


def refractory_state(period: int) -> RefractoryState:
    """Make the state of `refractory`, for a period in records."""
    return RefractoryState(np.empty(period + 1), np.empty(period + 1, dtype=np.int64), np.zeros(3, dtype=np.int64))


@jit_bare
def moving_mean(values: NDArray[np.float64], state: MeanState, out: NDArray[np.float64]) -> None:
    """Write the mean of the last values, each with its own; of fewer at the start. O(1) a record."""
    ring = state.ring
    length = ring.size
    for i in range(values.size):
        n = state.records[0]
        slot = n % length
        state.total[0] += values[i] - ring[slot]
        ring[slot] = values[i]
        if slot == length - 1:
            # Afresh once a round, so that no rounding error grows with the stream.
            total = 0.0
            for value in ring:
                total += value
            state.total[0] = total
        state.records[0] = n + 1
        out[i] = state.total[0] / min(n + 1, length)


@jit_bare
def vote(
    evidence: NDArray[np.float64],
    error: NDArray[np.float64],
    gate_weight: float,
    out: NDArray[np.float64],
) -> None:
    """Write the noisy-OR of all columns' evidence in [0, 1], its doubt raised to 1 - gate_weight * error.

    `evidence` has shape (columns, records).
    """
    for i in range(out.size):
        score = 0.0
        for column in range(evidence.shape[0]):
            score += evidence[column, i] * (1.0 - score)
        if gate_weight > 0.0:
            score = 1.0 - (1.0 - score) ** (1.0 - gate_weight * error[i])
        out[i] = min(max(score, 0.0), 1.0)


@jit_bare
def refractory(scores: NDArray[np.float64], period: int, state: RefractoryState, out: NDArray[np.float64]) -> None:
    """Write each score, or 0.0 where it does not exceed every score of the last `period` records.

    The scores compared with are the ones that came in, whether they were let through or not. O(1) a record: the
    queue holds only scores that no later one has reached.
    """
    kept, records, counts = state.scores, state.records, state.counts
    ring = kept.size
    for i in range(scores.size):
        score = scores[i]
        now = counts[2]
        counts[2] = now + 1
        if counts[1] > 0 and records[counts[0]] < now - period:
            counts[0] = (counts[0] + 1) % ring
            counts[1] -= 1
        out[i] = 0.0 if counts[1] > 0 and score <= kept[counts[0]] else score
        while counts[1] > 0 and kept[(counts[0] + counts[1] - 1) % ring] <= score:
            counts[1] -= 1
        end = (counts[0] + counts[1]) % ring
        kept[end] = score
        records[end] = now
        counts[1] += 1


@jit_bare
def value_range(
    values: NDArray[np.float64], tolerance: float, seen: NDArray[np.float64], out: NDArray[np.bool_]
) -> None:
    """Write whether each value leaves the range seen before it, (lowest, highest), by a share of it."""
    for i in range(values.size):
        value, low, high = values[i], seen[0], seen[1]
        out[i] = False
        if high > low:  # no range before two different values
            margin = (high - low) * tolerance
            out[i] = value > high + margin or value < low - margin
        seen[0], seen[1] = min(low, value), max(high, value)


@jit_inner
def judge(
    rules: VoteRules,
    mean: MeanState,
    seen: NDArray[np.float64],
    quiet: RefractoryState,
    evidence: NDArray[np.float64],
    raw: NDArray[np.float64],
    values: NDArray[np.float64],
    scores: NDArray[np.float64],
    novelty: NDArray[np.float64],
    leaves: NDArray[np.bool_],
) -> None:
    """Write scores, evidence of the columns that predict nothing, and who left the value range.

    `evidence` has shape (columns, records).
    """
    if rules.gate_weight > 0.0:
        moving_mean(raw, mean, novelty)  # the mean errors, for a moment
    vote(evidence, novelty, rules.gate_weight, scores)
    vote(evidence[rules.predictions :], novelty, 0.0, novelty)
    if rules.tolerance >= 0.0:
        value_range(values, rules.tolerance, seen, leaves)
        for i in range(scores.size):
            if leaves[i]:
                scores[i] = 1.0
    if rules.period > 0:
        refractory(scores, rules.period, quiet, scores)


@jit
def judge_box(
    box: Any,
    evidence: NDArray[np.float64],
    raw: NDArray[np.float64],
    values: NDArray[np.float64],
    scores: NDArray[np.float64],
    novelty: NDArray[np.float64],
    leaves: NDArray[np.bool_],
) -> None:
    """`judge` by what a box holds: rules, mean, range seen, refractory state."""
    rules, mean, seen, quiet = box.state
    judge(rules, mean, seen, quiet, evidence, raw, values, scores, novelty, leaves)
