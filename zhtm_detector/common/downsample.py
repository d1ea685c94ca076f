"""Downsampling of a series for a picture: few enough records to draw, and all that matter."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def even_buckets(length: int, count: int) -> NDArray[np.int64]:
    """Assign records to at most `count` buckets of equal width.

    Returns
    -------
    ndarray of int64, shape (length,)
        Each record's bucket, ascending.

    Examples
    --------
    >>> even_buckets(5, 2), even_buckets(2, 9)
    (array([0, 0, 0, 1, 1]), array([0, 4]))
    """
    return np.arange(length, dtype=np.int64) * count // max(length, 1)


def bucket_extremes(values: NDArray[np.float64], buckets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find the lowest and the highest record of each bucket.

    Parameters
    ----------
    values : ndarray of float64, shape (records,)
        Finite.
    buckets : ndarray of int64, shape (records,)
        Each record's bucket.

    Returns
    -------
    ndarray of int64, shape (kept,)
        Records, ascending; of equal ones the first is the lowest and the last the highest.

    Examples
    --------
    >>> bucket_extremes(np.array([3.0, 9.0, 1.0, 2.0, 5.0, 5.0]), np.array([0, 0, 0, 0, 1, 1]))
    array([1, 2, 4, 5])
    """
    if values.size == 0:
        return np.empty(0, dtype=np.int64)
    order = np.lexsort((values, buckets))
    edges = np.flatnonzero(np.diff(buckets[order]))
    lowest = order[np.concatenate([[0], edges + 1])]
    highest = order[np.concatenate([edges, [values.size - 1]])]
    return np.union1d(lowest, highest)


def neighbourhoods(records: Iterable[int], margin: int, length: int) -> NDArray[np.int64]:
    """Find all records at most `margin` away from one of these.

    Examples
    --------
    >>> neighbourhoods([0, 4], 1, 9)
    array([0, 1, 3, 4, 5])
    """
    centres = np.fromiter(records, dtype=np.int64)
    around = (centres[:, np.newaxis] + np.arange(-margin, margin + 1)).ravel()
    return np.unique(around[(around >= 0) & (around < length)])


def crossings(scores: NDArray[np.float64], threshold: float) -> NDArray[np.int64]:
    """Find both records of each step across a threshold, up or down.

    Examples
    --------
    >>> crossings(np.array([0.1, 0.2, 0.5, 0.7, 0.1]), 0.5)
    array([1, 2, 3, 4])
    """
    above = scores >= threshold
    before = np.flatnonzero(above[1:] != above[:-1])
    return np.union1d(before, before + 1)
