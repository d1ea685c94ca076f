"""Compiled vote: gate by the mean prediction error, noisy-OR of all evidence, value range, refractory rule."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.jit import jit, jit_bare, jit_inner


class MeanState(NamedTuple):
    """The last values and their sum."""

    ring: NDArray[np.float64]  # (length,)
    total: NDArray[np.float64]  # (1,)
    records: NDArray[np.int64]  # (1,) records seen


class RefractoryState(NamedTuple):
    """Running maximum of the last scores: a monotonic queue of candidates with strictly falling scores."""

    scores: NDArray[np.float64]  # (period + 1,) candidates, a ring buffer
    records: NDArray[np.int64]  # (period + 1,) record number of each
    counts: NDArray[np.int64]  # (3,) ring index of the first candidate, number of candidates, records seen


class VoteRules(NamedTuple):
    """Parameters of `judge`."""

    gate_weight: float  # 0: no gate
    tolerance: float  # outside of the range seen that is still in it, as a share of it
    range_rule: bool  # whether a value out of range scores 1
    period: int  # of the refractory rule, in records; 0: rule off
    predictions: int  # number of voters that predict; they come first
    looks: bool = False  # at a record without taking it in (htm/look.py)


def mean_state(length: int) -> MeanState:
    """Return the initial state of `moving_mean` over `length` records."""
    return MeanState(np.zeros(length), np.zeros(1), np.zeros(1, dtype=np.int64))


def refractory_state(period: int) -> RefractoryState:
    """Return the initial state of `refractory` for a period in records."""
    return RefractoryState(np.zeros(period + 1), np.zeros(period + 1, dtype=np.int64), np.zeros(3, dtype=np.int64))


@jit_bare
def moving_mean(values: NDArray[np.float64], state: MeanState, out: NDArray[np.float64]) -> None:
    """Write the moving mean, current value included; at the start it averages fewer values. O(1) per record."""
    ring = state.ring
    length = ring.size
    for i in range(values.size):
        n = state.records[0]
        slot = n % length
        state.total[0] += values[i] - ring[slot]
        ring[slot] = values[i]
        if slot == length - 1:
            # Sum afresh once per round, so that rounding errors do not accumulate.
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
    """Write the noisy-OR of all voters' evidence: 1 - product(1 - evidence) ** (1 - gate_weight * error), in [0, 1].

    `evidence` has shape (voters, records).
    """
    for i in range(out.size):
        score = 0.0
        for voter in range(evidence.shape[0]):
            score += evidence[voter, i] * (1.0 - score)
        if gate_weight > 0.0:
            score = 1.0 - (1.0 - score) ** (1.0 - gate_weight * error[i])
        out[i] = min(max(score, 0.0), 1.0)


@jit_bare
def refractory(
    scores: NDArray[np.float64], period: int, state: RefractoryState, out: NDArray[np.float64], looks: bool = False
) -> None:
    """Write each score, or 0.0 if it does not exceed every score of the last `period` records.

    Comparisons are with the input scores, suppressed or not. Amortized O(1) per record: the queue holds only scores
    that no later score has reached.
    """
    queue, records, counts = state.scores, state.records, state.counts
    ring = queue.size
    for i in range(scores.size):
        score = scores[i]
        now = counts[2]
        counts[2] = now + 1
        if counts[1] > 0 and records[counts[0]] < now - period:
            counts[0] = (counts[0] + 1) % ring
            counts[1] -= 1
        out[i] = 0.0 if counts[1] > 0 and score <= queue[counts[0]] else score
        if looks:
            continue
        while counts[1] > 0 and queue[(counts[0] + counts[1] - 1) % ring] <= score:
            counts[1] -= 1
        end = (counts[0] + counts[1]) % ring
        queue[end] = score
        records[end] = now
        counts[1] += 1


@jit_bare
def value_range(
    values: NDArray[np.float64], tolerance: float, seen: NDArray[np.float64], out: NDArray[np.bool_]
) -> None:
    """Write whether each value leaves the range seen before it by more than `tolerance` of that range.

    `seen` is (lowest, highest) value so far.
    """
    for i in range(values.size):
        value, low, high = values[i], seen[0], seen[1]
        out[i] = False
        if high > low:  # no range until two different values were seen
            margin = (high - low) * tolerance
            out[i] = value > high + margin or value < low - margin
        seen[0], seen[1] = min(low, value), max(high, value)


@jit_inner
def judge(
    rules: VoteRules,
    mean: MeanState,
    seen: NDArray[np.float64],
    quiet: RefractoryState,
    streaks: NDArray[np.int64],
    evidence: NDArray[np.float64],
    raw: NDArray[np.float64],
    values: NDArray[np.float64],
    scores: NDArray[np.float64],
    novelty: NDArray[np.float64],
    leaves: NDArray[np.bool_],
    unsilenced: NDArray[np.float64],
) -> None:
    """Write the scores, the vote of the voters that do not predict, which values left the range, the scores unsilenced.

    `evidence` has shape (voters, records). `streaks` counts each voter's last records in a row with evidence of at
    least 0.5.
    """
    for voter in range(min(evidence.shape[0], streaks.size)):
        for share in evidence[voter]:
            streaks[voter] = streaks[voter] + 1 if share >= 0.5 else 0
    if rules.gate_weight > 0.0:
        slot = mean.records[0] % mean.ring.size
        before = mean.ring[slot]
        moving_mean(raw, mean, novelty)  # `novelty` is scratch here: the mean errors
        if rules.looks:
            mean.ring[slot] = before
    vote(evidence, novelty, rules.gate_weight, unsilenced)
    vote(evidence[rules.predictions :], novelty, 0.0, novelty)
    value_range(values, rules.tolerance, seen, leaves)
    for i in range(scores.size):
        if rules.range_rule and leaves[i]:
            unsilenced[i] = 1.0
        scores[i] = unsilenced[i]
    if rules.period > 0:
        refractory(unsilenced, rules.period, quiet, scores, rules.looks)


@jit
def judge_box(
    box: Any,
    evidence: NDArray[np.float64],
    raw: NDArray[np.float64],
    values: NDArray[np.float64],
    scores: NDArray[np.float64],
    novelty: NDArray[np.float64],
    leaves: NDArray[np.bool_],
    unsilenced: NDArray[np.float64],
) -> None:
    """Call `judge` with the state in a box: (VoteRules, MeanState, range seen, RefractoryState, streaks)."""
    rules, mean, seen, quiet, streaks = box.state
    judge(rules, mean, seen, quiet, streaks, evidence, raw, values, scores, novelty, leaves, unsilenced)
