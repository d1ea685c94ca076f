"""The score at every threshold, on NAB's scale, as a picture shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.downsample import bucket_extremes
from zhtm_detector.nab.costs import point_value
from zhtm_detector.nab.scoring import FileWindows, Profile, Ranking, sweep
from zhtm_detector.nab.steps import normalize

_BUCKETS = 1000


@dataclass(frozen=True, eq=False)
class Curve:
    """The score of one profile by threshold.

    Parameters
    ----------
    profile : str
    thresholds, scores : ndarray of float64, shape (shown,)
        Thresholds ascending. A score holds from the next lower threshold, without it, up to its own.
    chosen : float
        The threshold that the report stands at.
    chosen_score : float
        The score there.
    """

    profile: str
    thresholds: NDArray[np.float64]
    scores: NDArray[np.float64]
    chosen: float
    chosen_score: float


def threshold_curve(ranking: Ranking, corpus: Mapping[str, FileWindows], profile: Profile, chosen: float) -> Curve:
    """Sweep the thresholds of a profile, and keep the lowest and the highest score of each thousandth of the axis.

    Parameters
    ----------
    ranking : Ranking
        One detector's records, from `sweep.rank`.
    corpus : mapping of str to FileWindows
        The files that were ranked.
    profile : Profile
    chosen : float
        The threshold to mark.
    """
    whole = sweep(ranking, profile)
    scores = normalize(0.0, corpus, profile) + point_value(corpus, profile) * whole.scores
    at = max(int(np.searchsorted(-whole.thresholds, -chosen, side="right")) - 1, 0)
    kept = np.arange(scores.size)
    if scores.size > 2 * _BUCKETS and np.isfinite(scores).all():
        buckets = np.floor(whole.thresholds * _BUCKETS).astype(np.int64)
        kept = np.union1d(bucket_extremes(scores, buckets), [at, whole.best, scores.size - 1])
    ascending = kept[::-1]
    return Curve(profile.name, whole.thresholds[ascending], scores[ascending], chosen, float(scores[at]))
