"""Files that a search never sees, and what its best trial is worth on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.evaluation.best_scores import best_scores
from zhtm_detector.evaluation.folds import cross_validate
from zhtm_detector.nab import steps
from zhtm_detector.nab.outcomes import category_of
from zhtm_detector.nab.scoring import FileWindows, Profile, rank, score_files

Scores = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class HeldOutScore:
    """What one set of parameters is worth, on NAB's scale.

    Parameters
    ----------
    searched : float
        On the files of the search, the threshold cross-validated over them: in-sample for parameters that the search
        chose.
    held_out : float
        On the other files, at the threshold that is best on those of the search; NaN where none was held out.
    threshold : float
    """

    searched: float
    held_out: float
    threshold: float


def stratified_order(paths: Sequence[str], seed: int) -> list[str]:
    """Put files in a random order in which every beginning holds its share of each category.

    Parameters
    ----------
    paths : sequence of str
        The data files; a file's folder is its category.
    seed : int
    """
    rng = np.random.default_rng(seed)
    categories: dict[str, list[str]] = {}
    for path in sorted(paths):
        categories.setdefault(category_of(path), []).append(path)
    places = []
    for name in sorted(categories):
        count = len(categories[name])
        phase = rng.random()  # or all categories would come in at once
        for place, index in enumerate(rng.permutation(count)):
            places.append(((place + phase) / count, categories[name][index]))
    return [path for _, path in sorted(places)]


def hold_out(paths: Sequence[str], share: float, seed: int) -> tuple[list[str], list[str]]:
    """Split files in those of the search, in the order to look at them, and those that it never sees.

    Raises
    ------
    InputError
        When fewer than two are left for the search, or none is held out of a share above 0.
    """
    order = stratified_order(paths, seed)
    count = round(share * len(order))
    if share > 0 and count == 0:
        raise InputError(f"--holdout {share:g}: expected a share of at least one of {len(order)} files, got none")
    if len(order) - count < 2:
        raise InputError(f"files: expected at least 2 to search on, got {len(order) - count} of {len(order)}")
    return order[count:], order[:count]


def score_split(
    scores: Scores, searched: Mapping[str, FileWindows], held: Mapping[str, FileWindows], profile: Profile
) -> HeldOutScore:
    """Score on the files of the search and on those held out.

    Parameters
    ----------
    scores : mapping of str to ndarray of float64, shape (records,)
        Of all these files.
    searched, held : mapping of str to FileWindows
    profile : Profile
    """
    outcome = best_scores(scores, searched, [profile])
    inside = cross_validate(outcome.ranking, searched, [profile])[profile.name].mean
    threshold = outcome.thresholds[profile.name]
    outside = float("nan")
    if held:
        ranking = rank({path: scores[path] for path in held}, held)
        total = sum(file.score for file in score_files(ranking, profile, threshold))
        outside = steps.normalize(total, held, profile)
    return HeldOutScore(inside, outside, threshold)
