"""From a prediction of minicolumns to a band of values: which values' minicolumns were predicted."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.explaining.explanation import HIGH, Band
from zhtm_detector.htm.kernels.columns import LARGEST_BUCKET

MOST_CANDIDATES = 512  # values that are asked for
_LEAST = 0.5  # support of the best value, for anything to be expected at all
_NEARLY = 0.9  # of the best support: as good as the best


def bucket_of(value: float, origin: float, unit: float) -> int:
    """Return the bucket of a value, as the columns' kernel does; bucket 0 has its centre at `origin`."""
    return math.floor(min(max((value - origin) / unit + 0.5, -LARGEST_BUCKET), LARGEST_BUCKET))


def candidates(low: float, high: float, origin: float, unit: float) -> tuple[NDArray[np.int64], int]:
    """Return the buckets of a range of values, thinned to at most `MOST_CANDIDATES`, and their distance."""
    if not low <= high:
        return np.empty(0, dtype=np.int64), 1
    first, last = bucket_of(low, origin, unit), bucket_of(high, origin, unit)
    step = -(-(last - first + 1) // MOST_CANDIDATES)
    return np.arange(first, last + 1, step), step


def expected_band(
    centres: NDArray[np.float64], support: NDArray[np.float64], width: float, seen: float, own: float
) -> Band | None:
    """Return the band of the best supported values: around the one seen if that is nearly the best, else without it.

    Parameters
    ----------
    centres, support : ndarray of float64, shape (values,)
        Candidates, ascending, and the share of each one's minicolumns that was predicted.
    width : float
        Of a candidate.
    seen, own : float
        The value seen, and its support.
    """
    if not len(centres) or max(own, support.max()) < _LEAST:
        return None
    limit = _NEARLY * max(own, support.max())
    at = int(np.abs(centres - seen).argmin())
    good = support >= limit
    if own >= limit:
        good[at], start = True, at
    else:
        good[at] = False
        if not good.any():
            return None
        best = np.flatnonzero(good & (support >= support[good].max()))
        start = int(best[np.abs(centres[best] - seen).argmin()])
    low, high = start, start
    while low > 0 and good[low - 1]:
        low -= 1
    while high < len(good) - 1 and good[high + 1]:
        high += 1
    return float(centres[low] - width / 2), float(centres[high] + width / 2)


def known_stretch(start: int, step: int, last: int, is_known: Callable[[int], bool]) -> tuple[int, int] | None:
    """Return the first stretch of known buckets from `start` on towards `last`: its near and its far end."""
    most = MOST_CANDIDATES
    at = start
    while (last - at) * step >= 0 and most > 0 and not is_known(at):
        at, most = at + step, most - 1
    if (last - at) * step < 0 or most == 0:
        return None
    end = at
    while (last - end) * step > 0 and most > 0 and is_known(end + step):
        end, most = end + step, most - 1
    return at, end


def unless_within(band: Band | None, seen: float, evidence: float) -> Band | None:
    """Return the band, or None if a value within it is high evidence: then it is not the value that is unusual."""
    return None if evidence >= HIGH and band and band[0] <= seen <= band[1] else band


def within(band: Band, low: float, high: float) -> Band:
    """Cut a band to a range that it overlaps or touches."""
    return min(max(band[0], low), high), max(min(band[1], high), low)
