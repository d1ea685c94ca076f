"""NAB's scoring method: scores by position around the windows, and the sweep over all thresholds.

Source of all formulas and constants: numenta/NAB at ea702d7, nab/sweeper.py; Lavin and Ahmad, *Evaluating Real-time
Anomaly Detection Algorithms: the Numenta Anomaly Benchmark*, ICMLA 2015, section II.B (DOI 10.1109/ICMLA.2015.141).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, exp, inf, nextafter

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zhtm_detector.common.text import shown
from zhtm_detector.detectors.base import PROBATIONARY_PERCENT, probationary_period
from zhtm_detector.htm.checks import finite, finite_many, whole
from zhtm_detector.nab.scoring_kernel import file_totals, sweep_totals

_LEAST_WEIGHT = 1e-100  # above 0; so that sums over records and their quotients stay normal numbers
NO_DETECTION = 1.1  # NAB's first threshold: above every score


def scaled_sigmoid(position: float) -> float:
    """Unweighted score at a position relative to a window: in (0, 1) inside, in [-1, 0) past it.

    Position -1 is the left edge (score 0.98661), 0 the right edge (0), 1 one width past it (-0.98661); beyond 3 the
    score is -1.
    """
    if position > 3.0:
        return -1.0
    return 2 * (1 / (1 + exp(5 * position))) - 1.0


MAXIMUM = scaled_sigmoid(-1.0)  # the best unweighted score; weighted, it is the profile's true positive weight


@lru_cache(maxsize=256)
def _inside(width: int) -> NDArray[np.float64]:
    # Python's own exp: the bits of NumPy's and of a compiled one depend on the machine.
    return np.array([scaled_sigmoid(-left / float(width)) for left in range(width, 0, -1)])


@lru_cache(maxsize=256)
def _past(width: int) -> NDArray[np.float64]:
    """Scores of the records after a window, up to where they stay at -1."""
    # A window of one record has no width (NAB divides by zero there): every record after it is far past.
    return np.array([scaled_sigmoid(step / float(width - 1)) for step in range(1, 3 * (width - 1) + 1)])


@dataclass(frozen=True)
class Profile:
    """An application profile: the weights of NAB's cost matrix.

    Raises
    ------
    ValueError
        For a weight that is negative, not finite, or so large or small that scores overflow or vanish; when `tp`, `fn`
        and `fp` are all 0.
    """

    name: str
    tp: float
    fn: float
    fp: float
    tn: float  # not used by NAB's score

    def __post_init__(self) -> None:
        for field in ("tp", "fn", "fp", "tn"):
            weight = getattr(self, field)
            is_number = isinstance(weight, (int, float, np.integer, np.floating)) and not isinstance(weight, bool)
            if not (is_number and (weight == 0 or _LEAST_WEIGHT <= weight <= 1 / _LEAST_WEIGHT)):  # NaN fails as well
                raise ValueError(
                    f"profile {self.name}: {field}: expected a weight of 0 or from {_LEAST_WEIGHT:g} to "
                    f"{1 / _LEAST_WEIGHT:g}, got {shown(weight)}"
                )
        if self.tp == self.fn == self.fp == 0:
            raise ValueError(f"profile {self.name}: expected a weight of tp, fn or fp above 0, got all 0")


@dataclass(frozen=True, eq=False)
class FileWindows:
    """A labelled file, ready for scoring by any detector and profile."""

    relative_path: str
    position_scores: NDArray[np.float64]  # (records,) unweighted score of a detection at each record
    windows: NDArray[np.int64]  # (records,) each record's window, from 0; -1 outside
    window_count: int  # in the labels
    first_scored: int  # records before it are probationary and do not count

    @classmethod
    def from_spans(
        cls,
        relative_path: str,
        length: int,
        spans: Sequence[tuple[int, int]],
        percent: float = PROBATIONARY_PERCENT,
    ) -> FileWindows:
        """Label a file.

        Parameters
        ----------
        relative_path : str
        length : int
            Number of records.
        spans : sequence of (int, int)
            First and last record of each window, in order.
        percent : float
            Probationary share of the file, in [0, 1].

        Raises
        ------
        ValueError
            When windows overlap, are out of order or do not lie in the file, or `percent` is out of range.

        Examples
        --------
        >>> FileWindows.from_spans("a.csv", 6, [(1, 2)], percent=0.5).position_scores.round(2).tolist()
        [-1.0, 0.99, 0.85, -0.99, -1.0, -1.0]
        """
        length = whole(f"{relative_path}: length", length, 0, 2**62)
        first_scored = min(ceil(probationary_period(percent, length)), length)
        position_scores = np.full(length, -1.0)
        numbers = np.full(length, -1, dtype=np.int64)
        where = f"{relative_path}: window"
        spans = [(whole(where, first, 0, length), whole(where, last, 0, length)) for first, last in spans]
        for number, (first, last) in enumerate(spans):
            before = spans[number - 1][1] if number else -1
            if not before < first <= last < length:
                raise ValueError(
                    f"{relative_path}: window {number + 1}: expected records in order after {before}, below {length}, "
                    f"got {first} to {last}"
                )
            width = last - first + 1
            position_scores[first : last + 1] = _inside(width)
            numbers[first : last + 1] = number
            end = spans[number + 1][0] if number + 1 < len(spans) else length
            past = _past(width)[: max(end - last - 1, 0)]
            position_scores[last + 1 : last + 1 + past.size] = past
        return cls(relative_path, position_scores, numbers, len(spans), first_scored)

    @property
    def length(self) -> int:
        """Number of records."""
        return self.position_scores.size

    @property
    def scored_window_count(self) -> int:
        """Number of windows with at least one record that counts."""
        scored = self.windows[self.first_scored :]
        return int(np.unique(scored[scored >= 0]).size)


def weigh(position_scores: NDArray[np.float64], windows: NDArray[np.int64], profile: Profile) -> NDArray[np.float64]:
    """Weighted score of a detection at each record: NAB's S(t).

    Parameters
    ----------
    position_scores, windows
        As in `FileWindows`.
    profile : Profile

    Returns
    -------
    ndarray of float64, shape (records,)
        ``position_score * tp / MAXIMUM`` in a window, ``position_score * fp`` outside.
    """
    return np.where(windows >= 0, position_scores * profile.tp / MAXIMUM, position_scores * profile.fp)


@dataclass(frozen=True, eq=False)
class Ranking:
    """The records of a corpus that count, by descending anomaly score: sorted once, swept once per profile."""

    relative_paths: tuple[str, ...]  # the files
    thresholds: NDArray[np.float64]  # (thresholds,) 1.1, then each distinct anomaly score, descending
    ends: NDArray[np.int64]  # (thresholds,) number of records detected at each threshold
    position_scores: NDArray[np.float64]  # (records,) unweighted score of each record
    windows: NDArray[np.int64]  # (records,) its window, numbered by first occurrence; -1 outside
    files: NDArray[np.int64]  # (records,) its file
    window_files: NDArray[np.int64]  # (windows,) the file of each window


@dataclass(frozen=True, eq=False)
class ThresholdCurve:
    """Score and counts of records at each threshold, all of shape (thresholds,); probationary records do not count."""

    thresholds: NDArray[np.float64]  # descending from 1.1: no detection
    scores: NDArray[np.float64]
    tp: NDArray[np.int64]
    tn: NDArray[np.int64]
    fp: NDArray[np.int64]
    fn: NDArray[np.int64]

    @property
    def best(self) -> int:
        """Index of the highest score; of several, the one with the highest threshold."""
        return int(np.argmax(self.scores))


@dataclass(frozen=True)
class FileScore:
    """A file's score and counts of records at one threshold, without the probationary ones."""

    relative_path: str
    score: float
    tp: int
    tn: int
    fp: int
    fn: int

    @property
    def total(self) -> int:
        """Number of records that count."""
        return self.tp + self.tn + self.fp + self.fn


def rank(scores: Mapping[str, NDArray[np.float64]], corpus: Mapping[str, FileWindows]) -> Ranking:
    """Sort the records of all files by their anomaly score, once for all profiles.

    Parameters
    ----------
    scores : mapping of str to ndarray of float64, shape (records,)
        Anomaly scores by file. Any finite score below 1.1 is accepted, because NAB publishes a detector (expose) whose
        scores lie slightly outside of [0, 1].
    corpus : mapping of str to FileWindows
        The labelled files; those without scores are left out.

    Raises
    ------
    ValueError
        For scores of an unknown file, of another length than the file, not finite, or not below 1.1.
    """
    for path in scores:
        if path not in corpus:
            raise ValueError(f"{path}: expected a file of the labelled corpus")
    files = [corpus[path] for path in corpus if path in scores]
    none = np.empty(0, dtype=np.int64)  # so that no file at all can be concatenated
    all_scores, position_scores, windows, numbers = [np.empty(0)], [np.empty(0)], [none], [none]
    window_total = 0
    for number, file in enumerate(files):
        file_scores = checked_scores(scores[file.relative_path], file)
        keep = slice(file.first_scored, None)
        all_scores.append(file_scores[keep])
        position_scores.append(file.position_scores[keep])
        window = file.windows[keep]
        windows.append(np.where(window >= 0, window + window_total, -1))
        numbers.append(np.full(window.size, number, dtype=np.int64))
        window_total += file.window_count
    joined = np.concatenate(all_scores)
    order = np.argsort(-joined, kind="stable")
    ranked = joined[order]
    ranked_windows = np.concatenate(windows)[order]
    ranked_files = np.concatenate(numbers)[order]
    found, first = np.unique(ranked_windows, return_index=True)
    first = np.sort(first[found >= 0])
    renumber = np.full(window_total + 1, -1, dtype=np.int64)  # the last for -1
    renumber[ranked_windows[first]] = np.arange(first.size)
    last_of_value = np.flatnonzero(np.diff(ranked, append=-np.inf)) + 1
    return Ranking(
        relative_paths=tuple(file.relative_path for file in files),
        thresholds=np.concatenate([[NO_DETECTION], ranked[last_of_value - 1]]),
        ends=np.concatenate([np.zeros(1, dtype=np.int64), last_of_value]),
        position_scores=np.concatenate(position_scores)[order],
        windows=renumber[ranked_windows],
        files=ranked_files,
        window_files=ranked_files[first],
    )


def checked_scores(scores: ArrayLike, file: FileWindows) -> NDArray[np.float64]:
    """Return the anomaly scores of a file; ValueError unless there is one below 1.1 for each record."""
    where = f"{file.relative_path}: anomaly score"
    array = finite_many(where, scores, where, most=nextafter(NO_DETECTION, -inf))
    if len(array) != file.length:
        raise ValueError(f"{file.relative_path}: expected {file.length} scores, got {len(array)}")
    return array


def sweep(ranking: Ranking, profile: Profile) -> ThresholdCurve:
    """Score the whole corpus at every threshold.

    The score is the sum of the weighted scores of all detections outside of windows and of the best detection in each
    window, or ``-fn`` if it has none. It equals NAB's own sum over the files in their order, bit for bit.
    """
    weighted = weigh(ranking.position_scores, ranking.windows, profile)
    inside = int((ranking.windows >= 0).sum())
    detected_inside = np.concatenate([[0], np.cumsum(ranking.windows >= 0)])[ranking.ends].astype(np.int64)
    fp = ranking.ends - detected_inside
    return ThresholdCurve(
        thresholds=ranking.thresholds,
        scores=sweep_totals(ranking.ends, weighted, ranking.windows, ranking.window_files.size, float(profile.fn)),
        tp=detected_inside,
        tn=ranking.windows.size - inside - fp,
        fp=fp,
        fn=inside - detected_inside,
    )


def score_files(ranking: Ranking, profile: Profile, threshold: float) -> list[FileScore]:
    """Score each file at one threshold.

    Records with an anomaly score of at least the threshold are detections. NAB itself fails if all scores of a file lie
    above the threshold; here all of its records are detections then.

    Returns
    -------
    list of FileScore
        In the order of the corpus.
    """
    threshold = finite("threshold", threshold)
    row = int(np.searchsorted(-ranking.thresholds[1:], -threshold, side="right"))
    scores, tp, fp = file_totals(
        int(ranking.ends[row]),
        weigh(ranking.position_scores, ranking.windows, profile),
        ranking.windows,
        ranking.files,
        ranking.window_files,
        len(ranking.relative_paths),
        float(profile.fn),
    )
    count = len(ranking.relative_paths)
    inside = np.bincount(ranking.files[ranking.windows >= 0], minlength=count)
    outside = np.bincount(ranking.files[ranking.windows < 0], minlength=count)
    return [
        FileScore(path, float(scores[i]), int(tp[i]), int(outside[i] - fp[i]), int(fp[i]), int(inside[i] - tp[i]))
        for i, path in enumerate(ranking.relative_paths)
    ]
