"""True and false positives at one threshold: the windows that a detector catches, and its false alarms."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.checks import finite
from zhtm_detector.nab.scoring import FileWindows, Profile, checked_scores


@dataclass(frozen=True, eq=False)
class Marks:
    """The detections of a file that NAB counts at one threshold. Probationary records detect nothing.

    Parameters
    ----------
    first : tuple of int or None
        The first detection in each window of the labels, its true positive; None if the window is missed. Later
        detections in the window count neither way.
    false_positives : ndarray of int64, shape (false positives,)
        Detected records outside of windows.
    """

    first: tuple[int | None, ...]
    false_positives: NDArray[np.int64]


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


def mark(scores: NDArray[np.float64], file: FileWindows, threshold: float) -> Marks:
    """Find the true and the false positives of a file: records with a score of at least the threshold are detections.

    Examples
    --------
    >>> file = FileWindows.from_spans("a.csv", 6, [(1, 2), (4, 4)], percent=0.0)
    >>> mark(np.array([0.9, 0.9, 0.9, 0.1, 0.1, 0.5]), file, 0.5)
    Marks(first=(1, None), false_positives=array([0, 5]))
    """
    detected = checked_scores(scores, file) >= finite("threshold", threshold)
    detected[: file.first_scored] = False
    first: list[int | None] = []
    for start, end in window_spans(file):
        hits = np.flatnonzero(detected[start : end + 1])
        first.append(start + int(hits[0]) if hits.size else None)
    return Marks(tuple(first), np.flatnonzero(detected & (file.windows < 0)))


def position(record: int | None, span: tuple[int, int]) -> float | None:
    """Position of a detection in its window: 0 at the left edge, 1 at the right edge, None if there is none.

    Examples
    --------
    >>> position(25, (20, 30)), position(7, (7, 7)), position(None, (20, 30))
    (0.5, 0.0, None)
    """
    first, last = span
    return None if record is None else (record - first) / max(last - first, 1)


def false_positive_cost(marks: Marks, file: FileWindows, profile: Profile) -> float:
    """Points that false positives take from the score before it is normalized, as a positive number."""
    outside = marks.false_positives
    return float(-(file.position_scores[outside] * profile.fp).sum()) if outside.size else 0.0


def category_of(relative_path: str) -> str:
    """Category of a data file: the folder that it is in.

    Examples
    --------
    >>> category_of("realTweets/Twitter_volume_FB.csv"), category_of("a.csv")
    ('realTweets', '.')
    """
    return str(PurePosixPath(relative_path).parent)
