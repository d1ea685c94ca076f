"""Reading CSV files of anomaly scores: our results, NAB's, and a user's own."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import printable
from zhtm_detector.common.timestamps import EXPECTED, count_alike, parse_timestamp
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
        When the file cannot be read, lacks a column or has it twice, has another number of records, or a row has
        another number of fields than the header.
    """
    wanted = {*columns, *optional}
    try:
        content = path.read_bytes()
        content.decode()  # the parser looks at the chosen columns alone
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # a newer pandas reads so by default
            frame = pd.read_csv(
                BytesIO(content), usecols=lambda name: name in wanted, float_precision="round_trip" if exact else None
            )
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected a CSV file of scores") from None
    except ValueError as error:
        reason = printable(str(error), 200)
        raise InputError(f"{path}: expected a CSV file with the columns {', '.join(columns)} ({reason})") from None
    if missing := [name for name in columns if name not in frame]:
        raise InputError(f"{path}: expected a CSV file with the columns {', '.join(columns)}, got no {missing[0]}")
    _check_shape(path, frame, content)
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


def score_column(path: Path, frame: pd.DataFrame, detector: str = "") -> NDArray[np.float64]:
    """Anomaly scores, shape (records,).

    Raises
    ------
    InputError
        For the first one that is not a number in [0, 1]; it names file, row (line number) and field. Of NAB's own
        `expose`, whose published scores reach from -0.0081 to 1.0109, any finite number is taken.
    """
    if detector == "expose":
        return number_column(path, frame, SCORE_COLUMN)
    scores = _numbers(frame[SCORE_COLUMN])
    _refuse(path, frame, SCORE_COLUMN, ~((scores >= 0) & (scores <= 1)), "a number in [0, 1]")
    return scores


def other_row(frame: pd.DataFrame, data: pd.DataFrame) -> tuple[int, str, bool] | None:
    """Compare the records of a file of scores with those of its data file, as far as it has them.

    Returns
    -------
    tuple of int, str and bool, or None
        The first row that differs, the field, and whether both have the same records in another order; None if all
        are equal.
    """
    ours = {TIME: _utc(data[TIME]), VALUE: data[VALUE].to_numpy(dtype=np.float64)}
    theirs: dict[str, NDArray[np.float64]] = {}
    if TIME in frame:
        theirs[TIME] = _utc(frame[TIME])
    if VALUE in frame:
        theirs[VALUE] = _numbers(frame[VALUE])
    differ = {TIME: theirs[TIME] != ours[TIME]} if TIME in theirs else {}
    if VALUE in theirs:
        differ[VALUE] = ~np.isclose(theirs[VALUE], ours[VALUE], rtol=1e-9, atol=0)
    found = [(int(np.argmax(rows)), name) for name, rows in differ.items() if rows.any()]
    if not found:
        return None
    orders = [np.lexsort([columns[name] for name in theirs]) for columns in (theirs, ours)]
    tolerance = {TIME: 0.0, VALUE: 1e-9}
    same = all(
        np.allclose(theirs[name][orders[0]], ours[name][orders[1]], rtol=tolerance[name], atol=0) for name in theirs
    )
    return (*min(found), same)


def _utc(times: pd.Series[Any]) -> NDArray[np.float64]:
    """Return microseconds, which doubles hold until the year 2255; what is no time becomes a number far below."""
    parsed = pd.to_datetime(times, errors="coerce", format="ISO8601", utc=True).dt.as_unit("us")
    return parsed.dt.tz_localize(None).to_numpy().astype(np.int64).astype(np.float64)


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
    texts = frame[TIME].astype(str).fillna("").tolist()  # a number is not a date, nor nanoseconds
    if count_alike(("\n" + ",\n".join(texts) + ",").encode()) != len(texts):
        _refuse(path, frame, TIME, np.array([parse_timestamp(text) is None for text in texts]), EXPECTED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas warns where it guesses; what it could not parse is checked
        times = pd.to_datetime(frame[TIME], errors="coerce", format="ISO8601", utc=True)
        _refuse(path, frame, TIME, (times.isna() | (times.dt.year < 1)).to_numpy(), EXPECTED)
        if utc:
            return times
        try:
            zoned = pd.to_datetime(frame[TIME], format="ISO8601")
        except ValueError:  # pandas 3 refuses several offsets, pandas 2 returns objects
            zoned = None
    if zoned is None or not pd.api.types.is_datetime64_any_dtype(zoned):
        raise InputError(f"{path}: field {TIME}: expected times of one time zone")
    return zoned


def _numbers(column: pd.Series[Any]) -> NDArray[np.float64]:
    if column.dtype.kind in "iuf":
        return column.to_numpy(dtype=np.float64)
    texts = column.astype(str)  # True is no number
    numbers = pd.to_numeric(texts.where(texts.str.len() < 309), errors="coerce")  # a double has no more digits
    return numbers.to_numpy(dtype=np.float64, na_value=np.nan)


def _check_shape(path: Path, frame: pd.DataFrame, content: bytes) -> None:
    """Refuse what pandas takes without a word: columns of one name, and fields that may belong to other columns."""
    content = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    header = content[: content.find(b"\n")].splitlines()[0]
    names = header.decode("utf-8", "replace").split(",")
    if repeated := [name for name in map(str, frame) if names.count(name) > 1]:
        raise InputError(f"{path}: expected one column {repeated[0]}, got {names.count(repeated[0])}")
    commas = header.count(b",")
    if b'"' not in content and content.count(b",") != commas * (len(frame) + 1):
        for row, line in enumerate(content.splitlines(), start=1):
            if line.strip() and line.count(b",") != commas:
                raise InputError(f"{path}: row {row}: expected {commas + 1} fields, got {line.count(b',') + 1}")
    if not isinstance(frame.index, pd.RangeIndex):
        raise InputError(f"{path}: expected as many fields in a row as columns, got more")


def _refuse(path: Path, frame: pd.DataFrame, name: str, bad: NDArray[np.bool_], expected: str) -> None:
    if bad.any():
        row = int(np.argmax(bad))
        got = printable(str(frame[name].iloc[row]), 40)
        raise InputError(f"{path}: row {row + 2}, field {name}: expected {expected}, got {got}")
