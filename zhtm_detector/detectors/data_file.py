"""One data file in NAB's format: a CSV of timestamp and value, checked as it is read."""

from __future__ import annotations

import csv
import warnings
from dataclasses import dataclass
from io import BytesIO
from math import isfinite
from pathlib import Path

import numpy as np
import pandas as pd

from zhtm_detector.common.errors import InputError

COLUMNS = ["timestamp", "value"]
VALUE_LIMIT = 1e150  # a value's square must not overflow a double


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
    content = read_bytes(path) if content is None else content
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pandas warns where it guesses; what it could not parse is checked
            data = pd.read_csv(BytesIO(content), header=0, parse_dates=[0])
    except ValueError:  # a parser's or decoder's complaint
        data = None
    if data is None or not _is_clean(data):
        data = _read_slowly(path, content)
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


def _is_clean(data: pd.DataFrame) -> bool:
    if list(data.columns) != COLUMNS or not isinstance(data.index, pd.RangeIndex):
        return False
    timestamp, value = data["timestamp"], data["value"]
    if not pd.api.types.is_datetime64_any_dtype(timestamp) or timestamp.isna().any():
        return False
    if value.dtype.kind not in "iuf":
        return False
    return bool((np.abs(value.to_numpy(dtype=np.float64)) <= VALUE_LIMIT).all())  # NaN fails as well


def _read_slowly(path: Path, content: bytes) -> pd.DataFrame:
    """Read line by line, to name the first row that is wrong."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start}: expected UTF-8 text") from None
    reader = csv.reader(text.splitlines())
    header = next(reader, [])
    if header != COLUMNS:
        got = ",".join(header) or "nothing"
        raise InputError(f"{path}: row 1: expected the columns timestamp,value, got {got[:80]}")
    rows: list[int] = []
    timestamps: list[str] = []
    values: list[float] = []
    try:
        for fields in reader:
            if not fields:
                continue
            rows.append(reader.line_num)
            timestamp, value = _parse_record(fields, f"{path}: row {reader.line_num}")
            timestamps.append(timestamp)
            values.append(value)
    except csv.Error as error:
        raise InputError(f"{path}: row {reader.line_num}: not CSV ({error})") from None
    return pd.DataFrame({"timestamp": _parse_column(timestamps, rows, path), "value": values})


def _parse_record(fields: list[str], where: str) -> tuple[str, float]:
    if len(fields) != 2:
        raise InputError(f"{where}: expected 2 fields (timestamp,value), got {len(fields)}")
    try:
        parsed = not pd.isna(pd.Timestamp(fields[0]))
    except (ValueError, OverflowError):
        parsed = False
    if not parsed:
        raise InputError(
            f"{where}, field timestamp: expected a date and time such as 2014-04-01 00:05:00, got {fields[0][:40]!r}"
        )
    try:
        value = float(fields[1])
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise InputError(f"{where}, field value: expected a finite number, got {fields[1][:40]!r}")
    if abs(value) > VALUE_LIMIT:
        raise InputError(f"{where}, field value: expected at most {VALUE_LIMIT:g} in size, got {fields[1][:40]!r}")
    return fields[0], value


def _parse_column(timestamps: list[str], rows: list[int], path: Path) -> pd.Series[pd.Timestamp]:
    """Parse timestamps that are fine one by one but that pandas did not take as a column of one format."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pandas 2 warns of several offsets and gives objects, pandas 3 refuses
            column = pd.Series(pd.to_datetime(timestamps, format="ISO8601"))
        if pd.api.types.is_datetime64_any_dtype(column):
            return column
    except ValueError:
        pass
    offset = pd.Timestamp(timestamps[0]).utcoffset()
    bad = 0
    for index, text in enumerate(timestamps):
        try:
            same = pd.to_datetime(text, format="ISO8601").utcoffset() == offset
        except ValueError:
            same = False
        if not same:
            bad = index
            break
    raise InputError(
        f"{path}: row {rows[bad]}, field timestamp: expected one ISO 8601 format and one time zone "
        f"in the whole file, got {timestamps[bad][:40]!r}"
    )
