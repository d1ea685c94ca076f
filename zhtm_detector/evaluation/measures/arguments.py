"""Checks of what the measures take: anomaly scores and labelled ranges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zhtm_detector.common.text import shown
from zhtm_detector.htm.checks import finite_many, whole

Ranges = Sequence[tuple[int, int]]


def checked(scores: ArrayLike, ranges: Ranges) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the scores, and which records are labelled.

    Parameters
    ----------
    scores : array-like of float, shape (n,)
        Any finite numbers: only their order counts.
    ranges : sequence of (int, int)
        First and last record of each, in any order.

    Returns
    -------
    scores : ndarray of float64, shape (n,)
    labelled : ndarray of bool, shape (n,)

    Raises
    ------
    ValueError
        For a score that is not finite, or a range that does not lie in the records.

    Examples
    --------
    >>> checked([0.1, 0.2, 0.3], [(1, 2)])[1].tolist()
    [False, True, True]
    >>> checked([0.1, 0.2, 0.3], [(1, 3)])
    Traceback (most recent call last):
    ValueError: labelled range 1: last: expected a whole number from 1 to 2, got 3
    """
    array = finite_many("anomaly scores", scores, "anomaly score")
    labelled = np.zeros(array.size, dtype=np.bool_)
    for number, span in enumerate(ranges, start=1):
        where = f"labelled range {number}"
        if len(span) != 2:
            raise ValueError(f"{where}: expected its first and its last record, got {shown(span)}")
        first = whole(f"{where}: first", span[0], 0, array.size - 1)
        labelled[first : whole(f"{where}: last", span[1], first, array.size - 1) + 1] = True
    return array, labelled


def f1_of(precision: float, recall: float) -> float:
    """Harmonic mean of precision and recall: 0 if both are 0, NaN if one is."""
    return 2 * precision * recall / (precision + recall) if precision + recall != 0 else 0.0
