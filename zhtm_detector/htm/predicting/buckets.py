"""Buckets of values: laid over the values seen, finer where many of them lie."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.predicting.distribution import bucket_of
from zhtm_detector.htm.saved import Arrays, Given, ascends

_UNIFORM = 0.5  # share of the buckets that are laid over the range, the others over the ranks of the values
_LEAST_SPAN = 1e-9  # of the largest value: less is a constant with rounding errors
_MARGIN = 0.05  # of the range: the outermost buckets are still fine enough for values so far beyond
_UNUSED = 0.05  # factor of the probability of a bucket that no value fell into yet
_SLOWEST = 0.02  # rate of the mean of a bucket's values
_MOST = 4e150  # of an edge: beyond every value


class Buckets:
    """Buckets of values, laid by `fit`; the outermost ones grow with the range of values.

    Half of the buckets are of equal width, half hold equally many of the values: with heavy tails, equal widths would
    put nearly all values into one bucket, and equal counts would make one of the whole tail.

    Parameters
    ----------
    count : int

    Attributes
    ----------
    edges : ndarray of float64, shape (count + 1,)
    centers : ndarray of float64, shape (count,)
        Mean of the values of each bucket, the latest fifty or so.
    outside : int
        Values since `fit` that were beyond the range that it laid, by more than a twentieth of it.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.edges = np.linspace(0.0, 1.0, count + 1)
        self.centers = (self.edges[1:] + self.edges[:-1]) / 2.0
        self.outside = 0
        self._fitted = np.zeros(2)  # the outermost edges as `fit` laid them
        self._values = np.zeros(count, dtype=np.int64)  # values in each bucket

    def fit(self, values: NDArray[np.float64]) -> None:
        """Lay the buckets over these values, shape (n,), at least one."""
        sorted_values = np.sort(values)
        least = max(_LEAST_SPAN * float(np.abs(sorted_values[[0, -1]]).max()), 1e-300)
        low, high = float(sorted_values[0]), float(sorted_values[-1])
        if high - low <= least:
            least = max(abs(low), abs(high), 1.0)
            low, high = low - least / 2.0, high + least / 2.0
        places, ranks = np.unique(np.concatenate(([low], sorted_values, [high])), return_counts=True)
        share = np.cumsum(ranks) - ranks[0]
        position = _UNIFORM * (places - low) / (high - low) + (1.0 - _UNIFORM) * share / share[-1]
        edges = np.interp(np.linspace(0.0, 1.0, self.count + 1), position / position[-1], places)
        if not ascends(edges):  # too close for doubles
            edges = np.linspace(low, high, self.count + 1)
        self.edges, self.centers = edges, (edges[1:] + edges[:-1]) / 2.0
        self.outside = 0
        self._fitted = edges[[0, -1]]
        self._values[:] = 0

    def take(self, value: float) -> int:
        """Take in a value and return its bucket."""
        low, high = self._fitted
        if not low <= value <= high:
            self.outside += not low - _MARGIN * (high - low) <= value <= high + _MARGIN * (high - low)
            self.edges = self.edges.copy()  # a distribution may refer to them
            self.edges[0], self.edges[-1] = min(self.edges[0], value), max(self.edges[-1], value)
        bucket = bucket_of(self.edges, value)
        self._values[bucket] += 1
        self.centers = self.centers.copy()
        center = self.centers[bucket]
        center += (value - center) * max(1.0 / self._values[bucket], _SLOWEST)
        self.centers[bucket] = min(max(center, self.edges[bucket]), self.edges[bucket + 1])  # despite rounding
        return bucket

    @property
    def used(self) -> NDArray[np.float64]:
        """How far each bucket is known to hold values, shape (count,): near 0 if none yet, 1 after many.

        Where values are whole numbers, say, some buckets lie between two of them; what is taught of a bucket's
        neighbours would give these a share.
        """
        used: NDArray[np.float64] = (self._values + _UNUSED) / (self._values + 1.0)
        return used

    def state_arrays(self) -> Arrays:
        """Return the arrays that are saved."""
        counts = np.array([self.outside], dtype=np.int64)
        return {"edges": self.edges, "fitted": self._fitted, "centers": self.centers, "values": self._values} | {
            "outside": counts
        }

    def restore(self, given: Given) -> None:
        """Restore the buckets from arrays as `state_arrays` returns them."""
        self.edges = given.take("edges", np.float64, (self.count + 1,), -_MOST, _MOST)
        given.check(ascends(self.edges), "edges", "ascending numbers")
        self.centers = given.take("centers", np.float64, (self.count,), -_MOST, _MOST)
        inside = (self.centers >= self.edges[:-1]) & (self.centers <= self.edges[1:])
        given.check(bool(inside.all()), "centers", "numbers between the edges")
        given.fill(self._fitted, "fitted", float(self.edges[0]), float(self.edges[-1]))
        given.fill(self._values, "values", 0, 2**62)
        self.outside = given.count("outside")
