"""What the picture of one file shows: its records, its windows, and what detectors do there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
class FileSeries:
    """The records of a file with their scores.

    Parameters
    ----------
    name : str
        The file's relative path.
    times : ndarray of float64, shape (records,)
        Milliseconds since 1970, by the file's own clock.
    values, scores : ndarray of float64, shape (records,)
    raw : ndarray of float64, shape (records,), optional
        The raw score, where the detector has one.
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

    def around(self, window: int) -> slice:
        """Return the records of a window, by its number from 0, with a margin on both sides."""
        first, last = self.spans[window]
        margin = max((last - first) // 2, MARGIN)
        return slice(max(first - margin, 0), last + margin + 1)

    @classmethod
    def of(cls, file: FileWindows, data: pd.DataFrame, scores: Floats, raw: Floats | None = None) -> FileSeries:
        """Build it from a labelled file, its data and its results."""
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
    """A detector on a file at one threshold; in a stream without labels no detection is called false."""

    threshold: float
    marks: Marks
    labelled: bool = True


@dataclass(frozen=True, eq=False)
class Overlay:
    """A second detector on a file: its name, its scores, and its view at its own threshold of each profile."""

    name: str
    scores: Floats
    views: Mapping[str, View]


@dataclass(frozen=True, eq=False)
class FileView:
    """A file as its picture shows it: its records, a view by profile, and perhaps a second detector.

    `reasons` are sentences on why the reported detector alerts, by record.
    """

    series: FileSeries
    views: Mapping[str, View]
    overlay: Overlay | None = None
    reasons: Mapping[int, str] = field(default_factory=dict)


def views_of(file: FileWindows, scores: Floats, thresholds: Mapping[str, float]) -> dict[str, View]:
    """Find what a detector does at each profile's threshold."""
    return {profile: View(threshold, mark(scores, file, threshold)) for profile, threshold in thresholds.items()}


def milliseconds(timestamps: pd.Series[pd.Timestamp]) -> Floats:
    """Convert timestamps for a page's time axis, by the clock that the file is written in."""
    naive = timestamps.dt.tz_localize(None).to_numpy(dtype="datetime64[ms]")
    return np.asarray(naive.astype(np.int64), dtype=np.float64)


def shown_records(file: FileView, buckets: int = PAGE_BUCKETS) -> NDArray[np.int64]:
    """Choose the records to draw.

    Parameters
    ----------
    file : FileView
    buckets : int
        Of each of this many stretches the lowest and the highest record is shown, for values and scores alike. A file
        of at most twice as many records is shown whole.

    Returns
    -------
    ndarray of int64, shape (shown,)
        Ascending. They include all records near a detection or a window's border, the detections of the overlay, both
        sides of each crossing of a threshold, the file's first and last record and the end of the probationary period.
    """
    series = file.series
    length = series.values.size
    if length <= 2 * buckets:
        return np.arange(length)
    stretches = even_buckets(length, buckets)
    columns = [series.values, series.scores, series.raw, file.overlay.scores if file.overlay else None]
    shown = [bucket_extremes(column, stretches) for column in columns if column is not None]
    borders = [record for span in series.spans for record in span]
    for view in file.views.values():
        borders += detections(view.marks)
        shown.append(crossings(series.scores, view.threshold))
    shown.append(neighbourhoods(borders, MARGIN, length))
    shown.append(neighbourhoods([0, series.first_scored, length - 1], 1, length))
    for view in file.overlay.views.values() if file.overlay else ():
        shown.append(np.array(detections(view.marks), dtype=np.int64))
    return np.unique(np.concatenate(shown))


def detections(marks: Marks) -> list[int]:
    """List the records of true and false positives."""
    return [*(record for record in marks.first if record is not None), *marks.false_positives.tolist()]
