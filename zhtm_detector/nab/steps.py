"""NAB's optimize, score and normalize steps as functions over anomaly scores in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from zhtm_detector.detectors.base import PROBATIONARY_PERCENT
from zhtm_detector.nab.corpus import Corpus
from zhtm_detector.nab.labels import Window, check_windows
from zhtm_detector.nab.scoring import FileWindows, Profile, Ranking, score_files, sweep

SCORE_COLUMNS = ["Detector", "Profile", "File", "Threshold", "Score", "TP", "TN", "FP", "FN", "Total_Count"]


def label_file(
    corpus: Corpus, relative_path: str, windows: list[Window], percent: float = PROBATIONARY_PERCENT
) -> FileWindows:
    """Read a data file and lay its windows over it.

    Raises
    ------
    InputError
        When the data file is bad, or a window's ends are not in it exactly once.
    """
    data_file = corpus.load(relative_path)
    check_windows(windows, data_file, corpus.label_path)
    return FileWindows.of(data_file, windows, percent)


def label_corpus(
    corpus: Corpus, windows: Mapping[str, list[Window]], percent: float = PROBATIONARY_PERCENT
) -> dict[str, FileWindows]:
    """Read and label all files that have an entry in `windows`; raises as `label_file`."""
    return {path: label_file(corpus, path, windows[path], percent) for path in windows}


def optimize(ranking: Ranking, profiles: Sequence[Profile]) -> dict[str, dict[str, float]]:
    """Find the best threshold of each profile.

    Parameters
    ----------
    ranking : Ranking
        One detector's records, from `sweep.rank`.
    profiles : sequence of Profile

    Returns
    -------
    dict
        Profile name to ``{"threshold": …, "score": …}``, the score not normalized; of equal scores the highest
        threshold wins.
    """
    best = {}
    for profile in profiles:
        curve = sweep(ranking, profile)
        best[profile.name] = {
            "threshold": float(curve.thresholds[curve.best]),
            "score": float(curve.scores[curve.best]),
        }
    return best


def score(ranking: Ranking, detector: str, profile: Profile, threshold: float) -> pd.DataFrame:
    """Score each file at one threshold.

    Returns
    -------
    DataFrame
        NAB's columns (`SCORE_COLUMNS`), a row a file in the order of the corpus, then the row `Totals`.
    """
    rows: list[list[object]] = []
    totals: list[float] = [0, 0, 0, 0, 0, 0]
    for file in score_files(ranking, profile, threshold):
        numbers = [file.score, file.tp, file.tn, file.fp, file.fn, file.total]
        totals = [total + number for total, number in zip(totals, numbers, strict=True)]
        rows.append([detector, profile.name, file.relative_path, threshold, *numbers])
    rows.append(["Totals", None, None, None, *totals])
    return pd.DataFrame(rows, columns=SCORE_COLUMNS)


def normalize(total: float, corpus: Mapping[str, FileWindows], profile: Profile) -> float:
    """Put a total score on NAB's scale: 0 is the null detector, 100 the perfect one.

    Parameters
    ----------
    total : float
        Sum of the files' scores.
    corpus : mapping of str to FileWindows
        The files that were scored.
    profile : Profile

    Returns
    -------
    float
        ``100 * (total - base) / (perfect - base)``, base and perfect as `scale` gives them. NaN where the two are
        equal, as for files without any window.
    """
    base, perfect = scale(corpus, profile)
    if perfect == base:
        return float("nan")
    return float(100 * (total - base) / (perfect - base))


def scale(corpus: Mapping[str, FileWindows], profile: Profile) -> tuple[float, float]:
    """Give the totals that NAB's scale calls 0 and 100.

    Returns
    -------
    base : float
        The score of no detection at all, which is what NAB's null detector gets: ``-fn`` for each window with a record
        that counts.
    perfect : float
        ``tp`` for each window of the labels.
    """
    base = -profile.fn * sum(file.scored_window_count for file in corpus.values())
    perfect = profile.tp * sum(file.window_count for file in corpus.values())
    return base, perfect
