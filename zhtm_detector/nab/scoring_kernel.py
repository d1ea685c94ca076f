"""Compiled sums of NAB scores over records ranked by descending anomaly score.

Terms are added one by one in a fixed order, so that the sums equal NAB's own bit for bit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.jit import jit


@jit
def sweep_totals(
    ends: NDArray[np.int64],
    weighted: NDArray[np.float64],
    windows: NDArray[np.int64],
    window_count: int,
    fn_weight: float,
) -> NDArray[np.float64]:
    """Sum up the total score at each threshold.

    Parameters
    ----------
    ends : ndarray of int64, shape (thresholds,)
        Number of ranked records detected at each threshold, ascending.
    weighted : ndarray of float64, shape (records,)
        Weighted score of a detection at each ranked record.
    windows : ndarray of int64, shape (records,)
        Each record's window, numbered by first occurrence in the ranking; -1 outside.
    window_count : int
        Windows with a record in the ranking.
    fn_weight : float
        Cost of a missed window.

    Returns
    -------
    ndarray of float64, shape (thresholds,)
    """
    totals = np.empty(ends.size, dtype=np.float64)
    best = np.full(window_count, -fn_weight)
    false_positives = 0.0
    record = 0
    for row in range(ends.size):
        while record < ends[row]:
            window = windows[record]
            if window < 0:
                false_positives += weighted[record]
            elif weighted[record] > best[window]:
                best[window] = weighted[record]
            record += 1
        total = 0.0 + false_positives
        for window in range(window_count):
            total += best[window]
        totals[row] = total
    return totals


@jit
def file_totals(
    detected: int,
    weighted: NDArray[np.float64],
    windows: NDArray[np.int64],
    files: NDArray[np.int64],
    window_files: NDArray[np.int64],
    file_count: int,
    fn_weight: float,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Sum up score and counts of each file; the first `detected` ranked records are detections.

    Parameters
    ----------
    detected : int
    weighted, windows, fn_weight
        As in `sweep_totals`.
    files : ndarray of int64, shape (records,)
        The file of each ranked record.
    window_files : ndarray of int64, shape (windows,)
        The file of each window.
    file_count : int

    Returns
    -------
    scores : ndarray of float64, shape (files,)
    true_positives, false_positives : ndarray of int64, shape (files,)
        Detected records inside and outside of windows.
    """
    scores = np.zeros(file_count, dtype=np.float64)
    true_positives = np.zeros(file_count, dtype=np.int64)
    false_positives = np.zeros(file_count, dtype=np.int64)
    best = np.full(window_files.size, -fn_weight)
    for record in range(detected):
        window = windows[record]
        if window < 0:
            scores[files[record]] += weighted[record]
            false_positives[files[record]] += 1
        else:
            true_positives[files[record]] += 1
            if weighted[record] > best[window]:
                best[window] = weighted[record]
    for window in range(window_files.size):
        scores[window_files[window]] += best[window]
    return scores, true_positives, false_positives
