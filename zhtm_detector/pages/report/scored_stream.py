"""A scored stream without labels, from a CSV file with `timestamp,value,anomaly_score`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from zhtm_detector.common.errors import InputError
from zhtm_detector.detectors.base import SCORE_COLUMN
from zhtm_detector.nab.outcomes import Marks
from zhtm_detector.nab.score_csv import (
    RAW,
    TIME,
    VALUE,
    number_column,
    raw_column,
    read_score_csv,
    score_column,
    time_column,
)
from zhtm_detector.pages.report.series import FileSeries, View, milliseconds


def read_scored_stream(path: Path) -> FileSeries:
    """Read a scored stream, with the column `raw_score` if there is one.

    Raises
    ------
    InputError
        When the file cannot be read, lacks a column, has no records, or a field is not a time or not a number.
    """
    frame = read_score_csv(path, (TIME, VALUE, SCORE_COLUMN), (RAW,))
    if frame.empty:
        raise InputError(f"{path}: expected at least one record, got none")
    times = milliseconds(time_column(path, frame))
    return FileSeries(path.name, times, number_column(path, frame, VALUE), score_column(path, frame), raw_column(frame))


def stream_view(series: FileSeries, threshold: float) -> View:
    """Find the detections of a stream without labels: all records at or above a threshold."""
    return View(threshold, Marks((), np.flatnonzero(series.scores >= threshold)), labelled=False)
