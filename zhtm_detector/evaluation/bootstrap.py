"""Uncertainty of the difference between two detectors: a bootstrap interval over the files of the corpus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.nab.scoring import FileWindows, Profile

DRAWS = 2000
LEVEL = 0.95
SEED = 42


@dataclass(frozen=True)
class BootstrapDifference:
    """One detector's final score minus another's, with its interval."""

    other: float  # the other detector's score, from its scores by file
    difference: float  # on the whole corpus
    low: float  # ends of the interval
    high: float
    share_above: float  # share of the draws in which the first detector is better, in [0, 1]


def file_counts(files: int, draws: int = DRAWS, seed: int = SEED) -> NDArray[np.int64]:
    """Draw as many files as there are, with replacement.

    Returns
    -------
    ndarray of int64, shape (draws, files)
        How many times each file is in each draw.
    """
    rng = np.random.default_rng(seed)
    picked = rng.integers(0, files, size=(draws, files))
    cells = picked + files * np.arange(draws)[:, np.newaxis]
    return np.bincount(cells.ravel(), minlength=draws * files).reshape(draws, files)


def normalize_draws(
    counts: NDArray[np.int64],
    scores: Mapping[str, float],
    corpus: Mapping[str, FileWindows],
    profile: Profile,
) -> NDArray[np.float64]:
    """Normalize the total of each draw by the windows of the files that were drawn.

    Parameters
    ----------
    counts : ndarray of int64, shape (draws, files)
        From `file_counts`, in the order of `corpus`.
    scores : mapping of str to float
        Each file's score, not normalized.

    Returns
    -------
    ndarray of float64, shape (draws,)
        On NAB's scale, as `steps.normalize`; NaN for a draw without any window.
    """
    totals = counts @ np.array([scores[path] for path in corpus])
    base = counts @ np.array([-profile.fn * file.scored_window_count for file in corpus.values()])
    perfect = counts @ np.array([profile.tp * file.window_count for file in corpus.values()])
    span = perfect - base
    result = np.full(totals.shape, np.nan)
    np.divide(100 * (totals - base), span, out=result, where=span != 0)
    return result


def compare(
    ours: Mapping[str, float],
    theirs: Mapping[str, float],
    corpus: Mapping[str, FileWindows],
    profile: Profile,
    draws: int = DRAWS,
    level: float = LEVEL,
    seed: int = SEED,
) -> BootstrapDifference:
    """Compute the difference of two final scores with its percentile interval; draws are paired.

    Parameters
    ----------
    ours, theirs : mapping of str to float
        Each file's score, not normalized, at each detector's own threshold.
    level : float
        Share of the draws inside the interval.

    Returns
    -------
    BootstrapDifference
        All NaN if no file has a window. Draws without any window are left out.

    Notes
    -----
    Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, section 13.3. The thresholds stay as they were
    chosen on the whole corpus: the interval covers the choice of files, not the choice of thresholds.
    """
    whole = np.ones((1, len(corpus)), dtype=np.int64)
    other = float(normalize_draws(whole, theirs, corpus, profile)[0])
    difference = float(normalize_draws(whole, ours, corpus, profile)[0]) - other
    counts = file_counts(len(corpus), draws, seed)
    drawn = normalize_draws(counts, ours, corpus, profile) - normalize_draws(counts, theirs, corpus, profile)
    drawn = drawn[np.isfinite(drawn)]
    if not drawn.size:
        return BootstrapDifference(other, difference, float("nan"), float("nan"), float("nan"))
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return BootstrapDifference(other, difference, float(low), float(high), float((drawn > 0).mean()))
