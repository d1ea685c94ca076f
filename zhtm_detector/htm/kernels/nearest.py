"""Compiled nearest-value novelty: the distance of a value to the closest earlier value."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.jit import jit_bare


class NearestState(NamedTuple):
    """The distinct values seen, at most `capacity` of them."""

    ordered: NDArray[np.float64]  # (capacity,) ascending; the first `counts[0]` are in use
    arrived: NDArray[np.float64]  # (capacity,) the same values in order of arrival, a ring buffer
    counts: NDArray[np.int64]  # (2,) values in use, ring index of the oldest


class NearestRules(NamedTuple):
    """Parameters of the kernel: evidence is ``weight * min(1, distance / scale)``."""

    scale: float  # as a share of the range
    weight: float
    looks: bool = False  # at a record without taking it in (htm/look.py)


def nearest_state(capacity: int) -> NearestState:
    """Return an empty state for at most `capacity` distinct values."""
    return NearestState(np.zeros(capacity), np.zeros(capacity), np.zeros(2, dtype=np.int64))


@jit_bare
def _first_not_below(ordered: NDArray[np.float64], used: int, value: float) -> int:
    """Return the index of the first of the `used` ascending values that is >= value, or `used` (binary search)."""
    low, high = 0, used
    while low < high:
        middle = (low + high) // 2
        if ordered[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@jit_bare
def _distance(value: float, half_span: float, state: NearestState, looks: bool) -> float:
    """Return a value's distance to the closest earlier one, as a share of the range, at most 1; store it, or `looks`.

    The range is passed as `half_span` because the difference of two finite numbers can overflow; the difference of
    their halves cannot. The search is O(log n), an insertion one contiguous move. At capacity the oldest value is
    evicted.
    """
    ordered, arrived, counts = state.ordered, state.arrived, state.counts
    used = counts[0]
    at = _first_not_below(ordered, used, value)
    share = 0.0
    if used > 0 and half_span > 0.0:
        distance = np.inf
        if at < used:
            distance = 0.5 * ordered[at] - 0.5 * value
        if at > 0:
            distance = min(distance, 0.5 * value - 0.5 * ordered[at - 1])
        # Compare before dividing: with a tiny span the quotient could overflow.
        share = 1.0 if distance >= half_span else distance / half_span
    if looks or (at < used and ordered[at] == value):
        return share
    if used < ordered.size:
        arrived[used] = value
        counts[0] = used + 1
        for j in range(used, at, -1):
            ordered[j] = ordered[j - 1]
        ordered[at] = value
        return share
    evicted = _first_not_below(ordered, used, arrived[counts[1]])
    arrived[counts[1]] = value
    counts[1] = (counts[1] + 1) % ordered.size
    if evicted < at:
        for j in range(evicted, at - 1):
            ordered[j] = ordered[j + 1]
        ordered[at - 1] = value
    else:
        for j in range(evicted, at, -1):
            ordered[j] = ordered[j - 1]
        ordered[at] = value
    return share


@jit_bare
def nearest_value(
    values: NDArray[np.float64], half_spans: NDArray[np.float64], state: NearestState, out: NDArray[np.float64]
) -> None:
    """Write each value's distance to the closest earlier one, as a share of its record's range, at most 1."""
    for i in range(values.size):
        out[i] = _distance(values[i], half_spans[i], state, False)


@jit_bare
def run(
    values: NDArray[np.float64],
    spans: NDArray[np.float64],
    state: NearestState,
    rules: NearestRules,
    out: NDArray[np.float64],
) -> None:
    """Write the evidence of each value; `spans` holds the range of values at each record."""
    for i in range(values.size):
        distance = _distance(values[i], 0.5 * spans[i], state, rules.looks)
        out[i] = rules.weight * min(1.0, distance / rules.scale)
