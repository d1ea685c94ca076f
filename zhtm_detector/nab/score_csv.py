"""Reading CSV files of anomaly scores: our results, NAB's, and a user's own."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.detectors.base import SCORE_COLUMN

TIME, VALUE, RAW, LABEL = "timestamp", "value", "raw_score", "label"


def read_score_csv(
    path: Path,
    columns: Sequence[str] = (SCORE_COLUMN,),
    optional: Sequence[str] = (),
    *,
    length: int | None = None,
    exact: bool = False,
) -> pd.DataFrame:
    """Read some columns of a file of scores, unchecked: see `score_column`, `number_column` and `time_column`.

    Parameters
    ----------
    path : Path
    columns : sequence of str
        The file must have them.
    optional : sequence of str
        Read as well where the file has them.
    length : int, optional
        Number of records to expect, as in the data file.
    exact : bool
        Whether numbers are read to the last bit. NAB reads with the parser's default precision instead, and its
        thresholds depend on the last bit.

    Raises
    ------
    InputError
        When the file cannot be read, lacks a column, or has another number of records.
    """
    wanted = {*columns, *optional}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # a newer pandas reads so by default
            frame = pd.read_csv(
                path, usecols=lambda name: name in wanted, float_precision="round_trip" if exact else None
            )
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected a CSV file of scores") from None
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path}: expected a CSV file with the columns {', '.join(columns)} ({reason})") from None
    if missing := [name for name in columns if name not in frame]:
        raise InputError(f"{path}: expected a CSV file with the columns {', '.join(columns)}, got no {missing[0]}")
    if length is not None and len(frame) != length:
        raise InputError(f"{path}: expected {length} records as in the data file, got {len(frame)}")
    return frame


def number_column(path: Path, frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Column of finite numbers, shape (records,).

    Raises
    ------
    InputError
        For the first cell that is not one; it names file, row (line number) and field.
    """
    numbers = _numbers(frame[name])
    _refuse(path, frame, name, ~np.isfinite(numbers), "a finite number")
    return numbers


def score_column(path: Path, frame: pd.DataFrame) -> NDArray[np.float64]:
    """Anomaly scores, shape (records,).

    Raises
    ------
    InputError
        For the first one that is not a number in [0, 1]; it names file, row (line number) and field.
    """
    scores = _numbers(frame[SCORE_COLUMN])
    _refuse(path, frame, SCORE_COLUMN, ~((scores >= 0) & (scores <= 1)), "a number in [0, 1]")
    return scores


def raw_column(frame: pd.DataFrame) -> NDArray[np.float64] | None:
    """Raw scores, shape (records,); None without the column, or where not all of it are finite numbers."""
    if RAW not in frame:
        return None
    raw = _numbers(frame[RAW])
    return raw if np.isfinite(raw).all() else None


def time_column(path: Path, frame: pd.DataFrame, utc: bool = False) -> pd.Series[pd.Timestamp]:
    """Timestamps, in UTC or in the time zone of the file.

    Raises
    ------
    InputError
        For the first one that is not an ISO 8601 time; it names file, row (line number) and field. Without `utc` also
        for times of several time zones.
    """
    texts = frame[TIME].astype(str)  # a number is not a date, nor nanoseconds
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas warns where it guesses; what it could not parse is checked
        times = pd.to_datetime(texts, errors="coerce", format="ISO8601", utc=True)
        _refuse(path, frame, TIME, times.isna().to_numpy(), "a date and time such as 2014-04-01 00:05:00")
        if utc:
            return times
        try:
            zoned = pd.to_datetime(texts, format="ISO8601")
        except ValueError:  # pandas 3 refuses several offsets, pandas 2 returns objects
            zoned = None
    if zoned is None or not pd.api.types.is_datetime64_any_dtype(zoned):
        raise InputError(f"{path}: field {TIME}: expected times of one time zone")
    return zoned


def _numbers(column: pd.Series[Any]) -> NDArray[np.float64]:
    if column.dtype.kind in "iuf":
        return column.to_numpy(dtype=np.float64)
    numbers = pd.to_numeric(column, errors="coerce")
    return numbers.to_numpy(dtype=np.float64, na_value=np.nan)


def _refuse(path: Path, frame: pd.DataFrame, name: str, bad: NDArray[np.bool_], expected: str) -> None:
    if bad.any():
        row = int(np.argmax(bad))
        got = str(frame[name].iloc[row])[:40]
        raise InputError(f"{path}: row {row + 2}, field {name}: expected {expected}, got {got}")
