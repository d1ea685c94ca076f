"""Precision, recall and F1 that count ranges instead of records.

Source: Tatbul, Lee, Zdonik, Alam and Gottschlich, *Precision and Recall for Time Series*, NeurIPS 2018, section 4, with
the choices of TSB-AD: existence reward alpha = 0.2 in the recall and 0 in the precision, flat positional bias, overlap
cardinality factor 1 / x.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zhtm_detector.common.runs import runs_of
from zhtm_detector.evaluation.measures.arguments import Ranges, checked, f1_of
from zhtm_detector.htm.checks import finite

ALPHA = 0.2  # TSB-AD's; the paper's alpha, the weight of finding a range at all


class RangeRates(NamedTuple):
    """Range-wise precision, recall and F1."""

    precision: float
    recall: float
    f1: float


def range_rates(scores: ArrayLike, ranges: Ranges, threshold: float, alpha: float = ALPHA) -> RangeRates:
    """Compute range-wise precision, recall and F1.

    Detected ranges are unbroken runs of detected records. The overlap reward of a range is the share of its records
    that lie in ranges of the other kind, divided by the number of those that it meets. Recall is the mean over
    labelled ranges of ``alpha * (is it met?) + (1 - alpha) * overlap reward``, precision the mean overlap reward of the
    detected ranges.

    Parameters
    ----------
    scores : array-like of float, shape (n,)
    ranges : sequence of (int, int)
        First and last record of each labelled range.
    threshold : float
        Records with a score of at least this are detected.
    alpha : float
        Weight of the existence reward in the recall, in [0, 1].

    Returns
    -------
    RangeRates
        Precision is 0 if nothing is detected; recall and F1 are NaN if nothing is labelled.

    Raises
    ------
    ValueError
        As `arguments.checked`, for a threshold that is not finite, or an alpha out of range.

    Examples
    --------
    Half of the labelled range is found, by two detected ranges; one more is false.

    >>> range_rates([0, 1, 0, 1, 0, 1], [(1, 4)], 0.5, alpha=0.0)
    RangeRates(precision=0.6666666666666666, recall=0.25, f1=0.36363636363636365)
    """
    array, labelled = checked(scores, ranges)
    detected = array >= finite("threshold", threshold)
    alpha = finite("alpha", alpha, 0.0, 1.0)
    met, overlap = _overlaps(labelled, detected)
    _, back = _overlaps(detected, labelled)
    recall = float(np.mean(alpha * met + (1 - alpha) * overlap)) if met.size else float("nan")
    precision = float(np.mean(back)) if back.size else 0.0
    return RangeRates(precision, recall, f1_of(precision, recall))


def _overlaps(mask: NDArray[np.bool_], other: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return for each run of a mask whether it meets one of the other mask, and its overlap reward."""
    firsts, lasts = runs_of(mask)
    other_firsts, other_lasts = runs_of(other)
    covered = np.concatenate([[0], np.cumsum(other)])
    share = (covered[lasts + 1] - covered[firsts]) / (lasts - firsts + 1)
    count = np.searchsorted(other_firsts, lasts, side="right") - np.searchsorted(other_lasts, firsts, side="left")
    return count > 0, share / np.maximum(count, 1)
