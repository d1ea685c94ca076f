"""A detector's scoreboard figures: each profile's score at the threshold that is best on the same corpus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.nab import steps
from zhtm_detector.nab.scoring import FileWindows, Profile, Ranking, rank, score_files


@dataclass(frozen=True, eq=False)
class BestScores:
    """Final scores of a detector under NAB's convention."""

    ranking: Ranking
    thresholds: dict[str, float]  # by profile
    scores: dict[str, float]  # by profile, on NAB's scale


def best_scores(
    scores: Mapping[str, NDArray[np.float64]], corpus: Mapping[str, FileWindows], profiles: Sequence[Profile]
) -> BestScores:
    """Optimize, score and normalize anomaly scores, shape (records,), of every file of a corpus."""
    ranking = rank({path: scores[path] for path in corpus}, corpus)
    best = steps.optimize(ranking, profiles)
    return BestScores(
        ranking,
        {profile.name: best[profile.name]["threshold"] for profile in profiles},
        {profile.name: steps.normalize(best[profile.name]["score"], corpus, profile) for profile in profiles},
    )


def score_at(ranking: Ranking, corpus: Mapping[str, FileWindows], profile: Profile, threshold: float) -> float:
    """Score and normalize a ranking of a corpus at a threshold that was chosen elsewhere."""
    total = sum(file.score for file in score_files(ranking, profile, threshold))
    return steps.normalize(total, corpus, profile)
