"""The score at every threshold, raw and on NAB's scale, and the plateau around the best one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zhtm_detector.common.downsample import bucket_extremes
from zhtm_detector.nab import steps
from zhtm_detector.nab.scoring import NO_DETECTION, FileWindows, Profile, Ranking, ThresholdCurve, sweep

PLATEAU_SHARE = 0.01
_BUCKETS = 1000  # of a figure's axis


@dataclass(frozen=True)
class Plateau:
    """The thresholds around the best one at which hardly anything is lost.

    Parameters
    ----------
    above, up_to : float
        The half-open interval (above, up_to]; `above` is 0 if the plateau reaches the end of the curve.
    with_zero : bool
        Whether 0 itself, at which every record is a detection, belongs to it.
    """

    above: float
    up_to: float
    with_zero: bool = False

    @property
    def width(self) -> float:
        """Length of the interval."""
        return self.up_to - self.above

    def contains(self, thresholds: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Check which thresholds belong to it."""
        low = thresholds >= 0 if self.with_zero else thresholds > self.above
        return low & (thresholds <= self.up_to)


@dataclass(frozen=True, eq=False)
class ProfileCurve:
    """The score of one profile at every threshold, descending from 1.1 (no detection).

    Parameters
    ----------
    profile : Profile
    sweep : ThresholdCurve
        Thresholds, raw scores and counts of records.
    normalized : ndarray of float64, shape (thresholds,)
        The scores on NAB's scale; NaN if there is no scale, as without any window.
    """

    profile: Profile
    sweep: ThresholdCurve
    normalized: NDArray[np.float64]

    @property
    def threshold(self) -> float:
        """The best threshold; of several, the highest."""
        return float(self.sweep.thresholds[self.sweep.best])

    @property
    def score(self) -> float:
        """The raw score at the best threshold."""
        return float(self.sweep.scores[self.sweep.best])

    @property
    def final(self) -> float:
        """The score at the best threshold on NAB's scale."""
        return float(self.normalized[self.sweep.best])

    def row_at(self, threshold: float) -> int:
        """Find the point of the curve that holds at a threshold, which need not be a score of any record."""
        return max(int(np.searchsorted(-self.sweep.thresholds, -threshold, side="right")) - 1, 0)

    def final_at(self, threshold: float) -> float:
        """Return the score at any threshold on NAB's scale."""
        return float(self.normalized[self.row_at(threshold)])

    def plateau(self, share: float = PLATEAU_SHARE) -> Plateau:
        """Find the thresholds connected to the best one that lose at most a share of its score.

        The share is taken on NAB's scale, that is of what the best threshold gains over no detection at all.
        """
        scores = self.sweep.scores
        best = self.sweep.best
        least = scores[best] - share * (scores[best] - scores[0])
        outside = np.flatnonzero(scores < least)
        before, after = outside[outside < best], outside[outside > best]
        first = int(before[-1]) + 1 if before.size else 0
        above = float(self.sweep.thresholds[after[0]]) if after.size else 0.0
        return Plateau(above, float(self.sweep.thresholds[first]), with_zero=not after.size)

    def table(self, detector: str) -> pd.DataFrame:
        """Return the whole curve as a table, one row per threshold."""
        counts = {name: getattr(self.sweep, name) for name in ("tp", "tn", "fp", "fn")}
        scores = {"threshold": self.sweep.thresholds, "score": self.sweep.scores, "normalized": self.normalized}
        return pd.DataFrame({"detector": detector, "profile": self.profile.name, **scores, **counts})

    def shown(self, low: float = 0.0, high: float = NO_DETECTION, buckets: int = _BUCKETS) -> NDArray[np.int64]:
        """Choose the points to draw: the lowest and the highest of each part of the axis, and the best.

        Parameters
        ----------
        low, high : float
            Ends of the axis; one point beyond each is included.
        buckets : int
            Parts of the axis.

        Returns
        -------
        ndarray of int64, shape (points,)
            Indices into the curve, ascending.
        """
        thresholds, best = self.sweep.thresholds, self.sweep.best
        inside = np.flatnonzero((thresholds >= low) & (thresholds <= high))
        ends = inside[[0, -1]] if inside.size else np.full(2, self.row_at(high))
        first, last = max(int(ends[0]) - 1, 0), min(int(ends[1]) + 1, thresholds.size - 1)
        points = np.arange(first, last + 1)
        if points.size <= 2 * buckets:
            return points
        parts = np.floor((thresholds[points] - low) / (high - low) * buckets).astype(np.int64)
        extremes = first + bucket_extremes(self.sweep.scores[points], parts)
        return np.union1d(extremes, [first, last, *([best] if first <= best <= last else [])])


def profile_curve(ranking: Ranking, corpus: Mapping[str, FileWindows], profile: Profile) -> ProfileCurve:
    """Score a profile at every threshold.

    Parameters
    ----------
    ranking : Ranking
        One detector's records, from `scoring.rank`.
    corpus : mapping of str to FileWindows
        The files that were ranked.
    profile : Profile
    """
    found = sweep(ranking, profile)
    base, perfect = steps.scale(corpus, profile)
    normalized = np.full(found.scores.shape, np.nan)
    if perfect != base:
        normalized = 100 * (found.scores - base) / (perfect - base)
    return ProfileCurve(profile, found, normalized)
