"""Measures that count records one by one: precision, recall and F1 at a threshold, and AUC-PR without one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from zhtm_detector.evaluation.measures.arguments import Ranges, checked, f1_of
from zhtm_detector.htm.checks import finite


class PointCounts(NamedTuple):
    """Records by label and detection; the counts of several files can be added up."""

    tp: int  # labelled and detected
    fp: int  # detected only
    fn: int  # labelled only

    @property
    def precision(self) -> float:
        """Share of the detected records that are labelled; 0 if none is detected."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 0.0

    @property
    def recall(self) -> float:
        """Share of the labelled records that are detected; NaN if none is labelled."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else float("nan")

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; NaN if no record is labelled."""
        return f1_of(self.precision, self.recall)


def point_counts(scores: ArrayLike, ranges: Ranges, threshold: float) -> PointCounts:
    """Count true and false positives and false negatives, in records.

    Parameters
    ----------
    scores : array-like of float, shape (n,)
    ranges : sequence of (int, int)
        First and last record of each labelled range.
    threshold : float
        Records with a score of at least this are detected.

    Raises
    ------
    ValueError
        As `arguments.checked`, and for a threshold that is not finite.

    Examples
    --------
    >>> counts = point_counts([0.1, 0.9, 0.2, 0.9], [(0, 1)], 0.9)
    >>> counts, counts.precision, counts.recall, counts.f1
    (PointCounts(tp=1, fp=1, fn=1), 0.5, 0.5, 0.5)
    """
    array, labelled = checked(scores, ranges)
    detected = array >= finite("threshold", threshold)
    tp = int((detected & labelled).sum())
    return PointCounts(tp, int(detected.sum()) - tp, int(labelled.sum()) - tp)


def average_precision(scores: ArrayLike, ranges: Ranges) -> float:
    """Area under the precision-recall curve of records, AUC-PR, as average precision.

    It is the sum of ``(R[i] - R[i - 1]) * P[i]`` over the distinct scores as thresholds, from the highest down: a step
    function, for straight lines between points of this curve would promise too much (Davis and Goadrich, *The
    Relationship Between Precision-Recall and ROC Curves*, ICML 2006, section 4).

    Parameters
    ----------
    scores : array-like of float, shape (n,)
    ranges : sequence of (int, int)
        First and last record of each labelled range.

    Returns
    -------
    float
        In (0, 1]; NaN if no record is labelled.

    Raises
    ------
    ValueError
        As `arguments.checked`.

    Examples
    --------
    >>> average_precision([0.1, 0.9, 0.2, 0.8], [(0, 1)])
    0.75
    """
    array, labelled = checked(scores, ranges)
    if not labelled.any():
        return float("nan")
    order = np.argsort(-array, kind="stable")
    ranked = array[order]
    ends = np.flatnonzero(np.diff(ranked, append=-np.inf))  # the last record of each score
    found = np.cumsum(labelled[order])[ends]
    recall = found / labelled.sum()
    return float(np.sum(np.diff(recall, prepend=0.0) * (found / (ends + 1))))
