"""Compiled anomaly likelihood: O(1) per record, plus one pass over the history at each re-estimation."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.jit import jit, jit_bare

# A np.record, so that `state[0].records` works both compiled and interpreted.
STATE = np.dtype(
    (
        np.record,
        [
            ("records", np.int64),
            ("center", np.float64),  # the mean; `mean` is a method of np.record
            ("deviation", np.float64),
            ("known", np.bool_),  # whether a distribution has been estimated
            ("total", np.float64),  # sum of the averaging window
            ("last_tail", np.float64),  # tail probability of the last record, before the filter for repeated extremes
        ],
    )
)


class LikelihoodRules(NamedTuple):
    """Parameters of the kernel: periods, in records."""

    learning_period: int
    probation: int  # learning period plus estimation samples
    averaging_window: int
    reestimation_period: int
    looks: bool = False  # at a record without taking it in (htm/look.py)


class History(NamedTuple):
    """State of the likelihood; ring buffers hold record i at index i modulo their length."""

    state: NDArray[Any]  # (1,) STATE
    raw: NDArray[np.float64]  # (history,)
    value: NDArray[np.float64]  # (history,)
    window: NDArray[np.float64]  # (averaging window,) raw scores


@jit_bare
def _tail_probability(x: float, mean: float, deviation: float) -> float:
    """Return the Gaussian probability of exceeding x, with NuPIC's constant for the square root of 2.

    Below the mean it exceeds one half: a stream that became easier to predict is not an anomaly. This is the paper's
    formula and the one behind NAB's published scores; NuPIC uses the distance from the mean since 0.6.0.
    """
    return 0.5 * math.erfc((x - mean) / deviation / 1.4142)


@jit_bare
def _estimate(h: History, r: LikelihoodRules) -> None:
    """Estimate mean and deviation of the averaged raw scores in the history; refill the averaging window from it."""
    s = h.state[0]
    length = h.raw.shape[0]
    kept = min(s.records, length)
    first = s.records - kept
    # Records of the learning period leave the history first, so the part to skip shrinks as it slides.
    skip = min(kept, max(0, r.learning_period - max(0, s.records - length)))
    h.window[:] = 0.0
    total = 0.0
    average = 0.0
    count = 0
    mean = 0.0
    squares = 0.0
    value_mean = 0.0
    value_squares = 0.0
    for i in range(kept):
        raw = h.raw[(first + i) % length]
        slot = (first + i) % r.averaging_window  # as in `run`: record n lies at n modulo the length
        total += raw - h.window[slot]
        h.window[slot] = raw
        average = total / min(i + 1, r.averaging_window)
        if i >= skip:
            # Welford's running mean and sum of squared deviations.
            count += 1
            step = average - mean
            mean += step / count
            squares += step * (average - mean)
            value = h.value[(first + i) % length]
            step = value - value_mean
            value_mean += step / count
            value_squares += step * (value - value_mean)
    s.total = total
    # As in NuPIC: without samples, or for a constant metric, use a distribution under which nothing is unlikely.
    if count == 0 or value_squares / count < 1.5e-5:
        s.center = 0.5
        s.deviation = 1e3
    else:
        s.center = max(mean, 0.03)
        s.deviation = math.sqrt(max(squares / count, 0.0003))
    s.known = True
    s.last_tail = _tail_probability(average, s.center, s.deviation)


@jit_bare
def run(
    h: History,
    r: LikelihoodRules,
    values: NDArray[np.float64],
    raws: NDArray[np.float64],
    likelihoods: NDArray[np.float64],
) -> None:
    """Write the likelihood of each record, in order."""
    s = h.state[0]
    length = h.raw.shape[0]
    for i in range(len(raws)):
        raw = raws[i]
        n = s.records
        slot = n % r.averaging_window
        if n < r.probation:
            likelihood = 0.5
        else:
            if not s.known or n % r.reestimation_period == 0:
                _estimate(h, r)
            s.total += raw - h.window[slot]
            h.window[slot] = raw
            average = s.total / min(n + 1, r.averaging_window)
            tail = _tail_probability(average, s.center, s.deviation)
            # NuPIC's filter: only the first of a run of extremes counts in full.
            repeated = tail <= 1.0 - 0.99999 and s.last_tail <= 1.0 - 0.99999
            likelihood = 1.0 - (1.0 - 0.999 if repeated else tail)
            s.last_tail = tail
        if not r.looks:
            h.raw[n % length] = raw
            h.value[n % length] = values[i]
        s.records = n + 1
        likelihoods[i] = likelihood


@jit_bare
def log_scale(likelihoods: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Write the likelihoods on a log scale, from 0 to 1: each step of 0.1 is a tail ten times smaller."""
    full = math.log(1.0 - 0.9999999999)
    for i in range(likelihoods.size):
        out[i] = min(max(math.log(1.0000000001 - likelihoods[i]) / full, 0.0), 1.0)


@jit
def run_box(box: Any, values: NDArray[np.float64], raws: NDArray[np.float64], likelihoods: NDArray[np.float64]) -> None:
    """Call `run` with the state in a box: (History, LikelihoodRules)."""
    h, r = box.state
    run(h, r, values, raws, likelihoods)
