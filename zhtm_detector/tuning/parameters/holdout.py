"""Files that a search never sees, and the scores of parameters on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.evaluation.best_scores import best_scores, score_at
from zhtm_detector.evaluation.folds import cross_validate
from zhtm_detector.nab.outcomes import category_of
from zhtm_detector.nab.scoring import FileWindows, Profile, rank


@dataclass(frozen=True)
class HeldOutScore:
    """The scores of one set of parameters, on NAB's scale.

    Parameters
    ----------
    searched : float
        On the files of the search, with the threshold cross-validated over them. In-sample if the search chose the
        parameters.
    held_out : float
        On the files held out, at the threshold that is best on those of the search; NaN if there are none.
    threshold : float
    """

    searched: float
    held_out: float
    threshold: float


def stratified_order(paths: Sequence[str], seed: int) -> list[str]:
    """Shuffle files so that every prefix is stratified by category.

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
        phase = rng.random()  # so that not all categories start at the same place
        for place, index in enumerate(rng.permutation(count)):
            places.append(((place + phase) / count, categories[name][index]))
    return [path for _, path in sorted(places)]


def split_holdout(paths: Sequence[str], share: float, seed: int) -> tuple[list[str], list[str]]:
    """Split files into those of the search, in stratified order, and those held out.

    Raises
    ------
    InputError
        When fewer than two are left for the search, or a share above 0 holds none out.
    """
    order = stratified_order(paths, seed)
    count = round(share * len(order))
    if share > 0 and count == 0:
        raise InputError(f"--holdout {share:g}: expected a share of at least one of {len(order)} files, got none")
    if len(order) - count < 2:
        raise InputError(f"files: expected at least 2 to search on, got {len(order) - count} of {len(order)}")
    return order[count:], order[:count]


def score_split(
    scores: Mapping[str, NDArray[np.float64]],
    searched: Mapping[str, FileWindows],
    held_out: Mapping[str, FileWindows],
    profile: Profile,
) -> HeldOutScore:
    """Score parameters on the files of the search and on those held out.

    Parameters
    ----------
    scores : mapping of str to ndarray of float64, shape (records,)
        Anomaly scores of all these files.
    searched, held_out : mapping of str to FileWindows
    profile : Profile
    """
    outcome = best_scores(scores, searched, [profile])
    inside = cross_validate(outcome.ranking, searched, [profile])[profile.name].mean
    threshold = outcome.thresholds[profile.name]
    outside = float("nan")
    if held_out:
        ranking = rank({path: scores[path] for path in held_out}, held_out)
        outside = score_at(ranking, held_out, profile, threshold)
    return HeldOutScore(inside, outside, threshold)
