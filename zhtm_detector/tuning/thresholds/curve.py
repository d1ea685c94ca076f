"""The score at every threshold, as NAB's own total and on NAB's scale, and how wide its best place is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zhtm_detector.nab import steps
from zhtm_detector.nab.scoring import NO_DETECTION, FileWindows, Profile, Ranking, ThresholdCurve, sweep

PLATEAU_SHARE = 0.01
_BUCKETS = 1000  # of a picture's axis


@dataclass(frozen=True)
class Plateau:
    """The thresholds around the best one that lose next to nothing.

    Parameters
    ----------
    above, up_to : float
        Every threshold above the one, and not above the other, belongs to it. `above` is 0 where it reaches the end.
    with_zero : bool
        Whether 0 itself belongs to it, which makes every record a detection.
    """

    above: float
    up_to: float
    with_zero: bool = False

    @property
    def width(self) -> float:
        """How much a threshold may change."""
        return self.up_to - self.above

    def holds(self, thresholds: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which thresholds belong to it."""
        low = thresholds >= 0 if self.with_zero else thresholds > self.above
        return low & (thresholds <= self.up_to)


@dataclass(frozen=True, eq=False)
class ProfileCurve:
    """All thresholds of one profile, descending from 1.1 (no detection).

    Parameters
    ----------
    profile : Profile
    sweep : ThresholdCurve
        Thresholds, total scores and counts of records.
    normalized : ndarray of float64, shape (thresholds,)
        The scores on NAB's scale; NaN where there is none, as for files without any window.
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
        """The total score there."""
        return float(self.sweep.scores[self.sweep.best])

    @property
    def final(self) -> float:
        """The score there on NAB's scale."""
        return float(self.normalized[self.sweep.best])

    def row_at(self, threshold: float) -> int:
        """Find the number of the curve's point that says what a threshold gives."""
        return max(int(np.searchsorted(-self.sweep.thresholds, -threshold, side="right")) - 1, 0)

    def plateau(self, share: float = PLATEAU_SHARE) -> Plateau:
        """Find the thresholds next to the best one, without a gap, that lose at most a share of the best score.

        The share is one of the score on NAB's scale, which is what the best threshold adds to no detection at all.
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
        """Give the whole curve, a row a threshold."""
        return pd.DataFrame(
            {
                "detector": detector,
                "profile": self.profile.name,
                "threshold": self.sweep.thresholds,
                "score": self.sweep.scores,
                "normalized": self.normalized,
                "tp": self.sweep.tp,
                "tn": self.sweep.tn,
                "fp": self.sweep.fp,
                "fn": self.sweep.fn,
            }
        )

    def shown(self, low: float = 0.0, high: float = NO_DETECTION, buckets: int = _BUCKETS) -> NDArray[np.int64]:
        """Choose the points of a picture: in each part of the axis the first, the last, the lowest and the highest.

        Parameters
        ----------
        low, high : float
            Ends of the axis: of the points beyond, one on either side is shown.
        buckets : int
            Parts of the axis.

        Returns
        -------
        ndarray of int64, shape (points,)
            Numbers of points, ascending.
        """
        thresholds, scores = self.sweep.thresholds, self.sweep.scores
        inside = np.flatnonzero((thresholds >= low) & (thresholds <= high))
        ends = inside[[0, -1]] if inside.size else np.full(2, self.row_at(high))
        first, last = max(int(ends[0]) - 1, 0), min(int(ends[1]) + 1, scores.size - 1)
        if last - first < 4 * buckets:
            return np.arange(first, last + 1)
        part = np.floor((thresholds[first : last + 1] - low) / (high - low) * buckets).astype(np.int64)
        starts = first + np.flatnonzero(np.diff(part, prepend=part[0] + 1))
        ends = np.append(starts[1:], last + 1)
        kept = {*starts.tolist(), *(ends - 1).tolist()}
        for start, end in zip(starts, ends, strict=True):
            kept |= {int(start + scores[start:end].argmin()), int(start + scores[start:end].argmax())}
        return np.array(sorted(kept), dtype=np.int64)


def profile_curve(ranking: Ranking, corpus: Mapping[str, FileWindows], profile: Profile) -> ProfileCurve:
    """Sweep a profile's thresholds.

    Parameters
    ----------
    ranking : Ranking
        One detector's records, from `sweep.rank`.
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
