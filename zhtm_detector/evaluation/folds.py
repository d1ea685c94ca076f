"""Thresholds cross-validated over files: each file is scored at a threshold that was chosen without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.nab import steps
from zhtm_detector.nab.outcomes import category_of
from zhtm_detector.nab.scoring import FileWindows, Profile, Ranking, weigh

FOLDS = 5
SHUFFLES = 20
SEED = 42


@dataclass(frozen=True, eq=False)
class CrossValidated:
    """Cross-validated scores of one profile."""

    scores: NDArray[np.float64]  # (shuffles,) on NAB's scale
    thresholds: NDArray[np.float64]  # (shuffles, folds) chosen without the fold

    @property
    def mean(self) -> float:
        """Mean over the shuffles."""
        return float(self.scores.mean())

    @property
    def threshold(self) -> float:
        """Median over all folds; the higher of two in the middle, so that it is one that a fold chose."""
        return float(np.quantile(self.thresholds, 0.5, method="higher"))

    @property
    def sd(self) -> float:
        """Standard deviation over the shuffles; NaN if there is only one."""
        return float(self.scores.std(ddof=1)) if self.scores.size > 1 else float("nan")


def deal_folds(paths: Sequence[str], folds: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Deal files to folds at random, stratified by category.

    The categories, and the files of each, come in random order and are dealt to the folds in turn; each category goes
    on where the one before stopped. Two folds differ by at most one file, in each category and in total.

    Parameters
    ----------
    paths : sequence of str
        The data files; a file's folder is its category.
    folds : int
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int64, shape (files,)
        The fold of each file, from 0.
    """
    categories: dict[str, list[int]] = {}
    for index, path in enumerate(paths):
        categories.setdefault(category_of(path), []).append(index)
    names = sorted(categories)
    turn = rng.permutation(folds)
    dealt = np.empty(len(paths), dtype=np.int64)
    at = 0
    for number in rng.permutation(len(names)):
        for index in rng.permutation(np.array(categories[names[number]], dtype=np.int64)):
            dealt[index] = turn[at % folds]
            at += 1
    return dealt


def cross_validate(
    ranking: Ranking,
    corpus: Mapping[str, FileWindows],
    profiles: Sequence[Profile],
    folds: int = FOLDS,
    shuffles: int = SHUFFLES,
    seed: int = SEED,
) -> dict[str, CrossValidated]:
    """Score a corpus with thresholds cross-validated over its files.

    Each fold is scored at the best threshold of the other folds: of several, the highest, as in NAB's optimizer. The
    total over all folds is normalized on the scale of the whole corpus.

    Parameters
    ----------
    ranking : Ranking
        One detector's records, from `scoring.rank`.
    corpus : mapping of str to FileWindows
        The files of `ranking`, in its order.
    profiles : sequence of Profile
    folds, shuffles, seed : int
        There are at most as many folds as files. All detectors with the same files get the same shuffles.

    Raises
    ------
    ValueError
        For fewer than two files, folds or shuffles out of range, or a corpus that is not the ranking's.
    """
    paths = ranking.relative_paths
    if tuple(corpus) != paths:
        raise ValueError("corpus: expected the files of the ranking in its order")
    if len(paths) < 2 or folds < 2 or shuffles < 1:
        raise ValueError(f"expected at least 2 files, 2 folds and 1 shuffle, got {len(paths)}, {folds} and {shuffles}")
    folds = min(folds, len(paths))
    rng = np.random.default_rng(seed)
    deals = [deal_folds(paths, folds, rng)[ranking.files] for _ in range(shuffles)]
    scored_windows = sum(file.scored_window_count for file in corpus.values())
    result = {}
    for profile in profiles:
        gained = gains(ranking, profile)
        base = -profile.fn * scored_windows
        held_out = [[_held_out(gained, deal == fold, ranking.ends) for fold in range(folds)] for deal in deals]
        totals = [base + sum(gain for gain, _ in deal) for deal in held_out]
        result[profile.name] = CrossValidated(
            np.array([steps.normalize(float(total), corpus, profile) for total in totals]),
            np.array([[ranking.thresholds[row] for _, row in deal] for deal in held_out], dtype=np.float64),
        )
    return result


def _held_out(gained: NDArray[np.float64], held: NDArray[np.bool_], ends: NDArray[np.int64]) -> tuple[float, int]:
    """Find the best threshold of the other files; return the gain of the held-out files there, and its index."""
    # A held-out record adds exactly 0.0: the others' curve is flat there, so its first maximum is at a score of theirs.
    others = np.cumsum(np.where(held, 0.0, gained))
    at_thresholds = np.concatenate([[0.0], others])[ends]
    row = int(np.argmax(at_thresholds))
    detected = ends[row]
    return float(gained[:detected][held[:detected]].sum()), row


def gains(ranking: Ranking, profile: Profile) -> NDArray[np.float64]:
    """Compute what each ranked record adds to the score of its file once the threshold falls to it.

    Returns
    -------
    ndarray of float64, shape (records,)
        Outside of windows the weight of a false positive. In a window the improvement over the best record ranked
        before it, or over a miss (``-fn``); 0 if there is none. The sum over a file's records down to a threshold, plus
        ``-fn`` for each of its scored windows, is the file's score at that threshold.
    """
    gained = weigh(ranking.position_scores, ranking.windows, profile)
    inside = np.flatnonzero(ranking.windows >= 0)
    grouped = inside[np.argsort(ranking.windows[inside], kind="stable")]
    edges = np.flatnonzero(np.diff(ranking.windows[grouped])) + 1
    for records in np.split(grouped, edges):
        best = np.maximum.accumulate(np.concatenate([[-profile.fn], gained[records]]))
        gained[records] = np.diff(best)
    return gained
