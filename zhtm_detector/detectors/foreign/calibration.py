"""Scores of any size as numbers in [0, 1], by the scores before them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import deque

CAPACITY = 10_000  # scores that one is compared with


class Calibration:
    """The share of the last scores and this one that are lower than it; of the last ones, an equal one counts half.

    Bounded: O(log capacity) comparisons and one move of memory for a score.

    Notes
    -----
    One minus the p-value of conformal anomaly detection, the score being the measure of nonconformity and ties shared
    half and half: R. Laxhammar, G.
    Falkman, *Conformal Prediction for Distribution-Independent Anomaly Detection in Streaming Vessel Data*, StreamKDD
    2010; E. Burnaev, V. Ishimtsev, *Conformalized Density- and Distance-Based Anomaly Detection in Time-Series Data*,
    2016, which is NAB's KNN-CAD.

    Examples
    --------
    >>> calibrate = Calibration()
    >>> [calibrate(score) for score in (5.0, 9.0, 1.0, 9.0)]
    [0.0, 0.5, 0.0, 0.625]
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._sorted: list[float] = []
        self._recent: deque[float] = deque()

    def __call__(self, score: float) -> float:
        """Return the score's place among those before it, and take it in."""
        known = self._sorted
        below, upto = bisect_left(known, score), bisect_right(known, score)
        place = (below + upto) / (2 * (len(known) + 1))
        if len(known) == self._capacity:
            del known[bisect_left(known, self._recent.popleft())]
        insort(known, score)
        self._recent.append(score)
        return place
