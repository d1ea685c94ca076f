"""Compiled kernel of the windowed Gaussian baseline.

It scores a stretch of values and keeps its state across calls in a NamedTuple of arrays, changed in place: single
records and whole files go through the same code and get the same bits.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.jit import jit


class GaussianState(NamedTuple):
    """A window that slides by whole steps, and the moments of its values."""

    window: NDArray[np.float64]  # (size,) a ring buffer once it is full
    waiting: NDArray[np.float64]  # (step,) records of the current step, not yet in the moments
    moments: NDArray[np.float64]  # (2,) mean, sum of squared deviations
    counts: NDArray[np.int64]  # (3,) values in the window, ring index of the oldest, records waiting


def gaussian_state(size: int, step: int) -> GaussianState:
    """Build the state of `windowed_gaussian`; window size and step are in records."""
    return GaussianState(np.empty(size), np.empty(step), np.zeros(2), np.zeros(3, dtype=np.int64))


@jit
def _window_moments(window: NDArray[np.float64], moments: NDArray[np.float64]) -> None:
    """Compute mean and sum of squared deviations of the whole window, in two passes.

    Sums are of offsets from one of the values, so that equal values have exactly that mean, and no deviation.
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
    """Write 1 - Q(|value - mean| / deviation), with the moments of the window before the value.

    While the window fills, every record updates the moments at once (Welford, O(1)). Then each full step replaces the
    oldest values, and the moments are recomputed: O(size / step) per record, no drift.
    """
    window, waiting, moments, counts = state.window, state.waiting, state.moments, state.counts
    for i in range(values.size):
        value = values[i]
        out[i] = 0.0
        if counts[0] > 0:
            variance = moments[1] / counts[0]
            # If the squares overflow (values beyond 1e150), the deviation is unknown: z = 0, score 0.5.
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
