"""What the picture of one file shows: its records, what the labels say of them, and what a detector does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zhtm_detector.common.downsample import bucket_extremes, crossings, even_buckets, neighbourhoods
from zhtm_detector.nab.outcomes import Marks, mark, window_spans
from zhtm_detector.nab.scoring import FileWindows

PAGE_BUCKETS = 1000  # of a file in a page of many
MARGIN = 30  # records on each side of a detection or a window's border that are all shown

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Series:
    """The records of a file with their scores.

    Parameters
    ----------
    name : str
        The file's relative path.
    times : ndarray of float64, shape (records,)
        Milliseconds since 1970, by the file's own clock.
    values, scores : ndarray of float64, shape (records,)
    raw : ndarray of float64, shape (records,), optional
        The raw score, where the detector gives one.
    spans : tuple of (int, int)
        First and last record of each window.
    first_scored : int
        Records before it are probationary.
    """

    name: str
    times: Floats
    values: Floats
    scores: Floats
    raw: Floats | None = None
    spans: tuple[tuple[int, int], ...] = ()
    first_scored: int = 0

    @classmethod
    def of(cls, file: FileWindows, data: pd.DataFrame, scores: Floats, raw: Floats | None = None) -> Series:
        """Take them from a labelled file, its data and its results."""
        return cls(
            file.relative_path,
            milliseconds(data["timestamp"]),
            data["value"].to_numpy(dtype=np.float64),
            scores,
            raw,
            tuple(window_spans(file)),
            file.first_scored,
        )


@dataclass(frozen=True, eq=False)
class View:
    """A detector on a file at the threshold of one profile; of a stream without labels no detection is false."""

    threshold: float
    marks: Marks
    labelled: bool = True


def views(file: FileWindows, scores: Floats, thresholds: Mapping[str, float]) -> dict[str, View]:
    """See what a detector does at each profile's threshold."""
    return {profile: View(threshold, mark(scores, file, threshold)) for profile, threshold in thresholds.items()}


def milliseconds(timestamps: pd.Series[pd.Timestamp]) -> Floats:
    """Give timestamps as a page's time axis takes them, by the clock that the file is written in."""
    naive = timestamps.dt.tz_localize(None).to_numpy(dtype="datetime64[ms]")
    return np.asarray(naive.astype(np.int64), dtype=np.float64)


def shown_records(series: Series, shown: Mapping[str, View], buckets: int = PAGE_BUCKETS) -> NDArray[np.int64]:
    """Choose the records to draw.

    Parameters
    ----------
    series : Series
    shown : mapping of str to View
    buckets : int
        The lowest and the highest record of each of so many stretches is kept, for values and scores alike. A file of
        at most twice as many records is kept whole.

    Returns
    -------
    ndarray of int64, shape (kept,)
        Ascending. In it are also all records near a detection or a window's border, both sides of each crossing of a
        threshold, the file's first and last record and the end of the probationary ones.
    """
    length = series.values.size
    if length <= 2 * buckets:
        return np.arange(length)
    dealt = even_buckets(length, buckets)
    kept = [
        bucket_extremes(column, dealt) for column in (series.values, series.scores, series.raw) if column is not None
    ]
    borders = [record for span in series.spans for record in span]
    for view in shown.values():
        borders += [record for record in view.marks.first if record is not None]
        borders += view.marks.false_positives.tolist()
        kept.append(crossings(series.scores, view.threshold))
    kept.append(neighbourhoods(borders, MARGIN, length))
    kept.append(neighbourhoods([0, series.first_scored, length - 1], 1, length))
    return np.unique(np.concatenate(kept))
