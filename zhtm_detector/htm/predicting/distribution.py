"""A distribution over the values to come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.checks import finite


@dataclass(frozen=True, eq=False)
class Distribution:
    """Probabilities of the buckets that a value can fall into.

    Parameters
    ----------
    edges : ndarray of float64, shape (buckets + 1,)
        Ascending, in the stream's unit; bucket k is from ``edges[k]`` to ``edges[k + 1]``.
    centers : ndarray of float64, shape (buckets,)
        The mean of the values that fell into each bucket lately; in it.
    probabilities : ndarray of float64, shape (buckets,)
        Together 1.

    Examples
    --------
    >>> drawn = Distribution(np.array([0.0, 1.0, 2.0]), np.array([0.5, 1.5]), np.array([0.25, 0.75]))
    >>> drawn.mean, drawn.mode, round(drawn.median, 3), drawn.bucket(0.3)
    (1.25, 1.5, 1.333, 0)
    """

    edges: NDArray[np.float64]
    centers: NDArray[np.float64]
    probabilities: NDArray[np.float64]

    @property
    def mean(self) -> float:
        """The expected value, which minimizes the expected squared error."""
        return float(self.probabilities @ self.centers)

    @property
    def median(self) -> float:
        """The value that is exceeded with probability 0.5; it minimizes the expected absolute error."""
        return self.quantile(0.5)

    @property
    def mode(self) -> float:
        """The center of the most probable bucket."""
        return float(self.centers[int(np.argmax(self.probabilities))])

    def quantile(self, share: float) -> float:
        """Return the value that is not exceeded with probability `share`; within a bucket all values are as likely.

        Raises
        ------
        ValueError
            If the share is not in [0, 1].
        """
        share = finite("share", share, 0.0, 1.0)
        below = np.concatenate(([0.0], np.cumsum(self.probabilities)))
        return float(np.interp(share * below[-1], below, self.edges))

    def interval(self, coverage: float = 0.8) -> tuple[float, float]:
        """Return the lower and the upper end of the central interval that holds a share of the probability."""
        coverage = finite("coverage", coverage, 0.0, 1.0)
        return self.quantile((1.0 - coverage) / 2.0), self.quantile((1.0 + coverage) / 2.0)

    def bucket(self, value: float) -> int:
        """Return the bucket of a value; one beyond the edges is in the first or the last one."""
        return bucket_of(self.edges, finite("value", value))


def bucket_of(edges: NDArray[np.float64], value: float) -> int:
    """Return the bucket of a value; one beyond the edges is in the first or the last one."""
    return min(max(int(np.searchsorted(edges, value, side="right")) - 1, 0), len(edges) - 2)
