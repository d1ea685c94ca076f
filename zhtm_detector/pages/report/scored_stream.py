"""A scored stream that has no labels, from a CSV file with `timestamp,value,anomaly_score`."""

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
from zhtm_detector.pages.report.series import Series, View, milliseconds


def read_scored_stream(path: Path) -> Series:
    """Read a scored stream; a column `raw_score` is taken where there is one.

    Raises
    ------
    InputError
        When the file cannot be read, lacks a column, has no records, or holds what is no time or no number.
    """
    frame = read_score_csv(path, (TIME, VALUE, SCORE_COLUMN), (RAW,))
    if frame.empty:
        raise InputError(f"{path}: expected at least one record, got none")
    times = milliseconds(time_column(path, frame))
    return Series(path.name, times, number_column(path, frame, VALUE), score_column(path, frame), raw_column(frame))


def stream_view(series: Series, threshold: float) -> View:
    """Take each record at or above a threshold as a detection."""
    return View(threshold, Marks((), np.flatnonzero(series.scores >= threshold)), labelled=False)
