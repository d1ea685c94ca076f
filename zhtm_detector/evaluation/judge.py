"""A detector's scoreboard figure, and how much each record's detection adds to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.nab import steps
from zhtm_detector.nab.scoring import FileWindows, Profile, Ranking, rank, weigh


@dataclass(frozen=True, eq=False)
class Outcome:
    """A detector under NAB's convention: each profile's threshold is the best on the corpus that it is scored on.

    Parameters
    ----------
    ranking : Ranking
        Its scored records by descending anomaly score.
    thresholds, scores : dict
        Profile name to threshold, and to score on NAB's scale.
    """

    ranking: Ranking
    thresholds: dict[str, float]
    scores: dict[str, float]


def judge(
    scores: Mapping[str, NDArray[np.float64]], corpus: Mapping[str, FileWindows], profiles: Sequence[Profile]
) -> Outcome:
    """Optimize, score and normalize a detector's anomaly scores.

    Parameters
    ----------
    scores : mapping of str to ndarray of float64, shape (records,)
        Anomaly scores by data file, of every file of `corpus`.
    corpus : mapping of str to FileWindows
    profiles : sequence of Profile
    """
    ranking = rank({path: scores[path] for path in corpus}, corpus)
    best = steps.optimize(ranking, profiles)
    return Outcome(
        ranking,
        {profile.name: best[profile.name]["threshold"] for profile in profiles},
        {profile.name: steps.normalize(best[profile.name]["score"], corpus, profile) for profile in profiles},
    )


def gains(ranking: Ranking, profile: Profile) -> NDArray[np.float64]:
    """Tell what each ranked record adds to the score of its file when the threshold falls to it.

    Parameters
    ----------
    ranking : Ranking
    profile : Profile

    Returns
    -------
    ndarray of float64, shape (records,)
        A false positive's weight outside of windows; in a window what the record is better than all that were ranked
        before it, the miss (``-fn``) included, and 0 where it is not better. The sum over the records of a file down
        to a threshold, plus ``-fn`` for each of its scored windows, is the file's score at that threshold.
    """
    gained = weigh(ranking.position_scores, ranking.windows, profile)
    inside = np.flatnonzero(ranking.windows >= 0)
    grouped = inside[np.argsort(ranking.windows[inside], kind="stable")]
    edges = np.flatnonzero(np.diff(ranking.windows[grouped])) + 1
    for records in np.split(grouped, edges):
        best = np.maximum.accumulate(np.concatenate([[-profile.fn], gained[records]]))
        gained[records] = np.diff(best)
    return gained
