"""One data file in NAB's format: a CSV of timestamp and value, checked as it is read."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO, StringIO
from math import isfinite
from pathlib import Path

import numpy as np
import pandas as pd

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import LARGEST_VALUE, plain_number, printable, shown
from zhtm_detector.common.timestamps import EXPECTED, count_alike, parse_timestamp

COLUMNS = ["timestamp", "value"]

_HEADER = ",".join(COLUMNS).encode()
_YEAR_1 = np.datetime64("0001-01-01", "us")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, eq=False)
class DataFile:
    """One file of the corpus; it serves as NAB's `dataSet`.

    Parameters
    ----------
    relative_path : str
        Path below `data/`, with forward slashes.
    data : DataFrame
        Columns `timestamp` (datetime) and `value` (int or float, as in the file), in file order.
    """

    relative_path: str
    data: pd.DataFrame

    @property
    def length(self) -> int:
        """Number of records."""
        return len(self.data)

    @property
    def repeated(self) -> int:
        """Records that have the timestamp of the record before."""
        return int((self.data["timestamp"].diff() == pd.Timedelta(0)).sum())

    @property
    def backward(self) -> int:
        """Records that are earlier than the record before."""
        return int((self.data["timestamp"].diff() < pd.Timedelta(0)).sum())


def read_data_file(path: Path, relative_path: str, content: bytes | None = None) -> DataFile:
    """Read one data file.

    Parameters
    ----------
    path : Path
        The CSV file: a header `timestamp,value`, then at least two records.
    relative_path : str
        Its name in the corpus.
    content : bytes, optional
        What `read_bytes` read of it on another machine; the path then only names it.

    Returns
    -------
    DataFile

    Raises
    ------
    InputError
        For a file that cannot be read, other columns, fewer than two records, a timestamp that cannot be parsed,
        or a value that is no finite number of at most 1e150. It names file, row (line number) and field.
    """
    content = (read_bytes(path) if content is None else content).removeprefix(_BYTE_ORDER_MARK)
    data = _parse(content)
    if data is None:
        data = _parse_rows(path, _read_rows(path, content))
    if len(data) < 2:
        raise InputError(f"{path}: expected at least 2 records, got {len(data)}")
    return DataFile(relative_path, data)


def read_bytes(path: Path) -> bytes:
    """Read a data file without a look at what is in it.

    Raises
    ------
    InputError
        When it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected a CSV file") from None


def _parse(content: bytes) -> pd.DataFrame | None:
    """Parse a file fast; None if a row is wrong, or might be."""
    header = content[:32].partition(b"\n")[0]
    rows = count_alike(content, len(header)) if header.removesuffix(b"\r") == _HEADER else 0
    if not rows:
        return None
    try:
        data = pd.read_csv(BytesIO(content), parse_dates=[0], date_format="ISO8601", low_memory=False, na_filter=False)
    except (ValueError, OverflowError):  # a parser's complaint
        return None
    return data if len(data) == rows and _is_clean(data) else None


def _is_clean(data: pd.DataFrame) -> bool:
    if not isinstance(data.index, pd.RangeIndex):  # a third field in each row
        return False
    timestamp, value = data["timestamp"], data["value"].to_numpy()
    if timestamp.dtype.kind != "M" or value.dtype.kind not in "iuf":
        return False
    if not timestamp.to_numpy(dtype="datetime64[us]").min() >= _YEAR_1:
        return False
    return bool(value.max() <= LARGEST_VALUE and value.min() >= -LARGEST_VALUE)


def _read_rows(path: Path, content: bytes) -> list[tuple[int, str, str]]:
    """Read row by row, to name the first one that is wrong; returns line number, timestamp and value."""
    lines = split_rows(path, content)
    _, header = next(lines, (1, []))
    if header != COLUMNS:
        got = printable(",".join(header), 80) or "nothing"
        raise InputError(f"{path}: row 1: expected the columns timestamp,value, got {got}")
    rows: list[tuple[int, str, str]] = []
    zone = None
    for row, fields in lines:
        where = f"{path}: row {row}"
        if len(fields) != 2:
            raise InputError(f"{where}: expected 2 fields (timestamp,value), got {len(fields)}")
        timestamp, value = fields
        offset = _check_record(timestamp, value, where).utcoffset()
        if rows and offset != zone:
            raise InputError(
                f"{where}, field timestamp: expected one time zone in the whole file, got {shown(timestamp)}; where "
                "clocks change, write all of it in UTC"
            )
        zone = offset
        rows.append((row, timestamp, value))
    return rows


def split_rows(path: Path, content: bytes, expected: str = "timestamp,value") -> Iterator[tuple[int, list[str]]]:
    """Split a CSV file into fields, with the number of each row's first line; blank lines are skipped.

    Raises
    ------
    InputError
        For what is no CSV, or no UTF-8; it says that these fields were expected.
    """
    try:
        lines = StringIO(content.decode("utf-8"), newline=None)  # any of the three line ends
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}: row {row}: expected UTF-8 text") from None
    reader = csv.reader(lines, strict=True)
    while True:
        row = reader.line_num + 1
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise InputError(f"{path}: row {row}: not CSV ({error}); expected {expected}") from None
        if fields is None:
            return
        if len(fields) > 1 or any(map(str.strip, fields)):
            yield row, fields


def _check_record(timestamp: str, value: str, where: str) -> datetime:
    moment = parse_timestamp(timestamp)
    if moment is None:
        raise InputError(f"{where}, field timestamp: expected {EXPECTED}, got {shown(timestamp)}")
    number = plain_number(value)
    if not isfinite(number):
        raise InputError(f"{where}, field value: expected a finite number, got {shown(value)}")
    if abs(number) > LARGEST_VALUE:
        raise InputError(f"{where}, field value: expected at most {LARGEST_VALUE:g} in size, got {shown(value)}")
    return moment


def _parse_rows(path: Path, rows: list[tuple[int, str, str]]) -> pd.DataFrame:
    """Parse rows that are fine one by one as the fast way does, to the same types and the same bits."""
    numbers, timestamps, values = zip(*rows, strict=True) if rows else ((), (), ())
    times = pd.to_datetime(pd.Series(timestamps, dtype=str), errors="coerce", format="ISO8601")
    if times.isna().any():
        bad = int(times.isna().argmax())
        raise InputError(
            f"{path}: row {numbers[bad]}, field timestamp: expected at most six digits of a second, or the years "
            f"that nanoseconds reach, 1678 to 2261, got {shown(timestamps[bad])}"
        )
    value = pd.read_csv(StringIO("\n".join(["value", *values])))["value"]
    if value.dtype.kind not in "iuf":  # integers beyond 64 bits
        value = pd.Series(values, dtype=float)
    return pd.DataFrame({"timestamp": times, "value": value})
