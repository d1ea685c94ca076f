"""VUS-PR: the volume under the surface of precision and recall over thresholds and widened labels.

Source: Paparrizos, Boniol, Palpanas, Tsay, Elmore and Franklin, *Volume Under the Surface: A New Accuracy Evaluation
Measure for Time-Series Anomaly Detection*, PVLDB 15(11), 2022, sections 4.1 and 4.2; in the details TSB-AD's
`RangeAUC_volume_opt` (version "opt" of its `generate_curve`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zhtm_detector.common.runs import runs_of
from zhtm_detector.evaluation.measures.arguments import Ranges, checked
from zhtm_detector.htm.checks import whole

WINDOW = 100  # records; TSB-AD's default of its `get_metrics`
THRESHOLDS = 250  # TSB-AD's
MOST_WINDOW = 100_000
_FAR = np.iinfo(np.int64).max // 2


def vus_pr(scores: ArrayLike, ranges: Ranges, window: int = WINDOW, thresholds: int = THRESHOLDS) -> float:
    """Compute VUS-PR, the mean area under the range-wise precision-recall curve over all windows from 0 to `window`.

    At window w the label of a record at distance d <= w // 2 from a labelled range is ``sqrt(1 - d / w)`` instead of
    0; where several ranges reach a record, their sum, at most 1. The records above a threshold, as a set D, have

        TP        = sum of the labels in D
        precision = TP / |D|
        recall    = min(TP / P', 1) * share of the widened ranges that meet D
        P'        = P + (TP - labelled records in D) / 2, with P the number of labelled records

    and the area is the sum of precision times the step of recall. The thresholds are the scores at so many equally
    spaced ranks.

    Parameters
    ----------
    scores : array-like of float, shape (n,)
    ranges : sequence of (int, int)
        First and last record of each labelled range.
    window : int
        Widest sliding window, in records; `period.sliding_window` finds the period of a series, TSB-AD's choice.
    thresholds : int
        Number of thresholds, from 2 up.

    Returns
    -------
    float
        NaN if no record is labelled.

    Raises
    ------
    ValueError
        As `arguments.checked`, and for a window or a number of thresholds out of range.

    Notes
    -----
    Two tails that meet at a record are at least sqrt(1/2) each, so their sum is above 1: a label depends on the nearest
    and the second nearest tail only, which are found once. The time is O(n log n + window * (n + thresholds)).

    Examples
    --------
    >>> vus_pr([0.0, 0.0, 1.0, 0.0], [(2, 2)], window=0), round(vus_pr([0.0, 0.0, 1.0, 0.0], [(2, 2)], window=4), 4)
    (1.0, 1.0)
    >>> round(vus_pr([0.0, 1.0, 0.0, 0.0], [(2, 2)], window=4), 4)  # beside the range: near is better than nothing
    0.5542
    """
    array, labelled = checked(scores, ranges)
    window = whole("window", window, 0, MOST_WINDOW)
    thresholds = whole("thresholds", thresholds, 2, 2**20)
    if not labelled.any():
        return float("nan")
    firsts, lasts = runs_of(labelled)
    detected, steps = _detections(array, thresholds)
    inside = np.cumsum(np.bincount(steps[labelled], minlength=thresholds))
    positives = int(labelled.sum())
    nearest, second, near = _tails(labelled, firsts, lasts, window // 2)
    near_steps = steps[near]
    total = 0.0
    for half in range(window // 2 + 1):
        reached = nearest <= half
        step, distance, both = near_steps[reached], nearest[reached], second[reached] <= half
        met = _share_met(steps, firsts, lasts, half, thresholds)
        for width in (2 * half, 2 * half + 1):
            if width > window:
                break
            labels = np.where(both, 1.0, np.sqrt(1.0 - distance / max(width, 1)))
            tails = np.cumsum(np.bincount(step, labels, minlength=thresholds))
            found = inside + tails
            recall = np.minimum(found / (positives + tails / 2), 1.0) * met
            total += float(np.dot(np.diff(recall, prepend=0.0), found / detected))
    return total / (window + 1)


def _detections(scores: NDArray[np.float64], thresholds: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Place the thresholds.

    Returns
    -------
    detected : ndarray of int64, shape (thresholds,)
        Number of records detected at each threshold, ascending.
    steps : ndarray of int64, shape (n,)
        The first threshold that detects each record; the last one detects all.
    """
    ascending = np.sort(scores)
    # TSB-AD's ranks, rounded down in floating point as there, which a whole division would not always match.
    ranks = np.linspace(0, scores.size - 1, thresholds).astype(np.int64)
    values = ascending[::-1][ranks]
    detected = scores.size - np.searchsorted(ascending, values, side="left")
    return detected, np.searchsorted(-values, -scores, side="left")


def _tails(
    labelled: NDArray[np.bool_], firsts: NDArray[np.int64], lasts: NDArray[np.int64], most: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Find the records outside of ranges that a tail reaches, at most `most` records from a range.

    Returns
    -------
    nearest, second : ndarray of int64, shape (near,)
        Distance to the nearest end of a range, and to the second nearest that points there.
    near : ndarray of int64, shape (near,)
        The records.
    """
    outside = np.flatnonzero(~labelled)
    before = np.searchsorted(lasts, outside)  # ranges before each record
    ends = np.concatenate([[-_FAR, -_FAR], lasts])
    starts = np.concatenate([firsts, [_FAR, _FAR]])
    distances = np.stack(
        [outside - ends[before + 1], outside - ends[before], starts[before] - outside, starts[before + 1] - outside]
    )
    distances.sort(axis=0)
    reached = distances[0] <= most
    return distances[0, reached], distances[1, reached], outside[reached]


def _share_met(
    steps: NDArray[np.int64], firsts: NDArray[np.int64], lasts: NDArray[np.int64], half: int, thresholds: int
) -> NDArray[np.float64]:
    """Share of the ranges, widened by so many records on both sides and merged, with a detection, by threshold."""
    apart = lasts[:-1] + half < firsts[1:] - half
    starts = np.maximum(firsts[np.concatenate([[True], apart])] - half, 0)
    stops = np.minimum(lasts[np.concatenate([apart, [True]])] + half, steps.size - 1) + 1
    # A value at the end, so that `stops` may lie behind the records; every second result is a gap between ranges.
    found = np.minimum.reduceat(np.append(steps, thresholds), np.stack([starts, stops], axis=1).ravel())[::2]
    met: NDArray[np.int64] = np.cumsum(np.bincount(found, minlength=thresholds))
    return met / float(starts.size)
