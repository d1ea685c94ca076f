"""NAB's optimize, score and normalize steps as functions over anomaly scores in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from zhtm_detector.nab.corpus import Corpus
from zhtm_detector.nab.labels import Window, check_windows
from zhtm_detector.nab.scoring import FileWindows, Profile, Ranking, score_files, sweep

SCORE_COLUMNS = ["Detector", "Profile", "File", "Threshold", "Score", "TP", "TN", "FP", "FN", "Total_Count"]


def label_file(corpus: Corpus, relative_path: str, windows: list[Window]) -> FileWindows:
    """Read a data file and label its records.

    Raises
    ------
    InputError
        When the data file is bad, or a window's ends are not in it exactly once.
    """
    data_file = corpus.load(relative_path)
    return FileWindows.from_spans(relative_path, data_file.length, check_windows(windows, data_file, corpus.label_path))


def optimize(ranking: Ranking, profiles: Sequence[Profile]) -> dict[str, dict[str, float]]:
    """Find the best threshold of each profile.

    Returns
    -------
    dict
        Profile name to ``{"threshold": …, "score": …}``, the score not normalized. Of equal scores the highest
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
        NAB's columns (`SCORE_COLUMNS`): one row per file in the order of the corpus, then the row `Totals`.
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
    """Convert a sum of file scores to NAB's scale: 0 is the null detector, 100 the perfect one.

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
        ``100 * (total - base) / (perfect - base)`` with the base and perfect totals of `scale`; NaN if the two are
        equal, as for files without any window.
    """
    base, perfect = scale(corpus, profile)
    if perfect == base:
        return float("nan")
    return float(100 * (total - base) / (perfect - base))


def scale(corpus: Mapping[str, FileWindows], profile: Profile) -> tuple[float, float]:
    """Compute the totals that are 0 and 100 on NAB's scale.

    Returns
    -------
    base : float
        Total without any detection, as of NAB's null detector: ``-fn`` per window with a record that counts.
    perfect : float
        ``tp`` per window of the labels.
    """
    base = -profile.fn * sum(file.scored_window_count for file in corpus.values())
    perfect = profile.tp * sum(file.window_count for file in corpus.values())
    return base, perfect
