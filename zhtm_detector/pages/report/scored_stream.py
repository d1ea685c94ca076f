"""A scored stream without labels, from a CSV file with `timestamp,value,anomaly_score`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from zhtm_detector.common.errors import InputError
from zhtm_detector.nab.outcomes import Marks
from zhtm_detector.nab.result_files import read_score_column
from zhtm_detector.pages.report.series import FileSeries, View, milliseconds

_COLUMNS = ["timestamp", "value", "anomaly_score"]


def read_scored_stream(path: Path) -> FileSeries:
    """Read a scored stream, with the column `raw_score` if there is one.

    Raises
    ------
    InputError
        When the file cannot be read, lacks a column, has no records, or a field is not a time or not a number.
    """
    try:
        frame = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: expected a CSV file of scores ({str(error).splitlines()[0]})") from None
    if missing := [name for name in _COLUMNS if name not in frame]:
        raise InputError(f"{path}: expected the columns {','.join(_COLUMNS)}, got no {missing[0]}")
    if frame.empty:
        raise InputError(f"{path}: expected at least one record, got none")
    try:
        timestamps = pd.Series(pd.to_datetime(frame["timestamp"], format="ISO8601"))
        times = milliseconds(timestamps)
    except (ValueError, AttributeError, OverflowError) as error:
        reason = str(error).splitlines()[0][:120]
        raise InputError(f"{path}: field timestamp: expected ISO 8601 times of one time zone ({reason})") from None
    if timestamps.isna().any():
        raise InputError(
            f"{path}: row {int(timestamps.isna().argmax()) + 2}, field timestamp: expected a time, got none"
        )
    values = pd.to_numeric(frame["value"], errors="coerce").to_numpy(np.float64)
    if not np.isfinite(values).all():
        row = int(np.argmin(np.isfinite(values)))
        raise InputError(f"{path}: row {row + 2}, field value: expected a number, got {frame['value'].iloc[row]}")
    raw = None
    if "raw_score" in frame:
        raw = pd.to_numeric(frame["raw_score"], errors="coerce").to_numpy(np.float64)
    scores = read_score_column(path, len(frame))
    return FileSeries(path.name, times, values, scores, raw if raw is not None and np.isfinite(raw).all() else None)


def stream_view(series: FileSeries, threshold: float) -> View:
    """Find the detections of a stream without labels: all records at or above a threshold."""
    return View(threshold, Marks((), np.flatnonzero(series.scores >= threshold)), labelled=False)
