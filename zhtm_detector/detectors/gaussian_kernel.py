"""Compiled steps of the baseline detectors: each takes a stretch of values and carries its state across calls.

A state is a NamedTuple of arrays, changed in place, so that one record at a time and the whole file at once go through
the same code and give the same bits.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.jit import jit


class GaussianState(NamedTuple):
    """A window that slides by whole steps, and the moments of what it holds."""

    window: NDArray[np.float64]  # (size,) a ring once it is full
    waiting: NDArray[np.float64]  # (step,) records of the step under way, not in the moments yet
    moments: NDArray[np.float64]  # (2,) mean, sum of squared deviations
    counts: NDArray[np.int64]  # (3,) values in the window, ring index of the oldest, records waiting


def gaussian_state(size: int, step: int) -> GaussianState:
    """Make the state of `windowed_gaussian`, for a window and a step in records."""
    return GaussianState(np.empty(size), np.empty(step), np.zeros(2), np.zeros(3, dtype=np.int64))


@jit
def _window_moments(window: NDArray[np.float64], moments: NDArray[np.float64]) -> None:
    """Mean and sum of squared deviations of the whole window, in two passes.

    Offsets from one of the values: a window of equal values has a mean of that value, and no deviation.
    """
    origin = window[0]
    total = 0.0
    for value in window:
        total += value - origin
    mean = origin + total / window.size
    squares = 0.0
    for value in window:
        squares += (value - mean) * (value - mean)
    moments[0] = mean
    moments[1] = squares


@jit
def windowed_gaussian(
    values: NDArray[np.float64], least_deviation: float, state: GaussianState, out: NDArray[np.float64]
) -> None:
    """Write 1 - Q(|value - mean| / deviation), with the moments of the window as it stood before the value.

    While the window fills, every record enters the moments at once (Welford's update, O(1)); then each full step
    replaces the oldest values and the moments are taken anew (O(size / step) a record, no drift).
    """
    window, waiting, moments, counts = state.window, state.waiting, state.moments, state.counts
    for i in range(values.size):
        value = values[i]
        out[i] = 0.0
        if counts[0] > 0:
            variance = moments[1] / counts[0]
            # Where the squares overflow (values beyond 1e150) nothing can be said: z = 0, score 0.5.
            z = 0.0
            if 0.0 <= variance < math.inf:
                deviation = math.sqrt(variance)
                z = abs(value - moments[0]) / (deviation if deviation > 0.0 else least_deviation)
            out[i] = 1.0 - 0.5 * math.erfc(z / math.sqrt(2.0))
        if counts[0] < window.size:
            window[counts[0]] = value
            counts[0] += 1
            offset = value - moments[0]
            moments[0] += offset / counts[0]
            moments[1] += offset * (value - moments[0])
        else:
            waiting[counts[2]] = value
            counts[2] += 1
            if counts[2] == waiting.size:
                for waited in waiting:
                    window[counts[1]] = waited
                    counts[1] = (counts[1] + 1) % window.size
                counts[2] = 0
                _window_moments(window, moments)
