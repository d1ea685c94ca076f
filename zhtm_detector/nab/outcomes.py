"""What a detector does at one threshold: which windows it catches, where in them, and what its false positives cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.nab.scoring import FileWindows, Profile


@dataclass(frozen=True)
class FileDetections:
    """A detector on one file at one threshold.

    Parameters
    ----------
    positions : tuple of float or None
        For each window of the labels the place of its first detection: 0 at the left edge, 1 at the right edge, None
        where there is none. Probationary records detect nothing, as in NAB's score.
    false_positives : int
        Detected records outside of windows.
    cost : float
        What they take from the unnormalized score, as a positive number.
    """

    positions: tuple[float | None, ...]
    false_positives: int
    cost: float


@dataclass(frozen=True, eq=False)
class Marks:
    """The records of a file that count at one threshold; NAB's rule.

    Parameters
    ----------
    first : tuple of int or None
        For each window of the labels its first detection, the true positive; later ones in it are neither. None where
        the window is missed. Probationary records detect nothing.
    false_positives : ndarray of int64, shape (false positives,)
        Detected records outside of windows.
    """

    first: tuple[int | None, ...]
    false_positives: NDArray[np.int64]


@dataclass(frozen=True)
class CategorySummary:
    """A detector on one category of files.

    Parameters
    ----------
    category : str
    windows, caught : int
        Windows in the labels, and those with a detection.
    earliness : float
        Mean place of the first detection in the caught windows: 0 at the left edge, 1 at the right edge. NaN for none.
    false_positives : int
    cost : float
        As in `FileDetections`.
    """

    category: str
    windows: int
    caught: int
    earliness: float
    false_positives: int
    cost: float


def window_spans(file: FileWindows) -> list[tuple[int, int]]:
    """First and last record of each window.

    Examples
    --------
    >>> window_spans(FileWindows.from_spans("a.csv", 9, [(1, 2), (5, 8)]))
    [(1, 2), (5, 8)]
    """
    spans = []
    for number in range(file.window_count):
        records = np.flatnonzero(file.windows == number)
        spans.append((int(records[0]), int(records[-1])))
    return spans


def detections(scores: NDArray[np.float64], file: FileWindows, threshold: float, profile: Profile) -> FileDetections:
    """See what a detector does on a file.

    Parameters
    ----------
    scores : ndarray of float64, shape (records,)
    file : FileWindows
    threshold : float
        Records with at least this score are detections.
    profile : Profile
        What a false positive weighs.
    """
    marks = mark(scores, file, threshold)
    positions = tuple(
        None if record is None else (record - first) / max(last - first, 1)
        for record, (first, last) in zip(marks.first, window_spans(file), strict=True)
    )
    outside = marks.false_positives
    cost = float(-(file.position_scores[outside] * profile.fp).sum()) if outside.size else 0.0
    return FileDetections(positions, outside.size, cost)


def mark(scores: NDArray[np.float64], file: FileWindows, threshold: float) -> Marks:
    """Find the true and the false positives of a file at a threshold.

    Examples
    --------
    >>> file = FileWindows.from_spans("a.csv", 6, [(1, 2), (4, 4)], percent=0.0)
    >>> mark(np.array([0.9, 0.9, 0.9, 0.1, 0.1, 0.5]), file, 0.5)
    Marks(first=(1, None), false_positives=array([0, 5]))
    """
    detected = scores >= threshold
    detected[: file.first_scored] = False
    first: list[int | None] = []
    for start, end in window_spans(file):
        hits = np.flatnonzero(detected[start : end + 1])
        first.append(start + int(hits[0]) if hits.size else None)
    return Marks(tuple(first), np.flatnonzero(detected & (file.windows < 0)))


def detect_all(
    scores: Mapping[str, NDArray[np.float64]],
    corpus: Mapping[str, FileWindows],
    threshold: float,
    profile: Profile,
) -> dict[str, FileDetections]:
    """As `detections`, for each file of the corpus."""
    return {path: detections(scores[path], file, threshold, profile) for path, file in corpus.items()}


def category_of(relative_path: str) -> str:
    """Category of a data file: the folder that it is in.

    Examples
    --------
    >>> category_of("realTweets/Twitter_volume_FB.csv"), category_of("a.csv")
    ('realTweets', '.')
    """
    return str(PurePosixPath(relative_path).parent)


def by_category(found: Mapping[str, FileDetections]) -> list[CategorySummary]:
    """Sum up by category, in the order of the files; the last row, `all`, is the whole."""
    groups: dict[str, list[FileDetections]] = {}
    for path, file in found.items():
        groups.setdefault(category_of(path), []).append(file)
    return [_summary(name, files) for name, files in [*groups.items(), ("all", list(found.values()))]]


def _summary(category: str, files: Sequence[FileDetections]) -> CategorySummary:
    positions = [position for file in files for position in file.positions]
    caught = [position for position in positions if position is not None]
    return CategorySummary(
        category,
        windows=len(positions),
        caught=len(caught),
        earliness=float(np.mean(caught)) if caught else float("nan"),
        false_positives=sum(file.false_positives for file in files),
        cost=sum(file.cost for file in files),
    )
