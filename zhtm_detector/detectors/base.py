"""NAB's contract for a detector.

`AnomalyDetector` is NAB's own class where Numenta's NAB can be imported, else `OwnAnomalyDetector`, which keeps
the same contract. The names in camelCase are NAB's (numenta/NAB, nab/detectors/base.py).
"""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from math import floor
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import shown
from zhtm_detector.htm.checks import finite, whole

PROBATIONARY_PERCENT = 0.15  # share of a file at its start that does not count
SCORE_COLUMN = "anomaly_score"


def probationary_period(percent: float, length: int) -> int | float:
    """Index of the first record that counts, as NAB computes it.

    Parameters
    ----------
    percent : float
        Share of the file, in [0, 1]; NAB uses 0.15.
    length : int
        Records in the file.

    Returns
    -------
    int or float
        ``floor(percent * length)``, an int, but at most ``percent * 5000``, a float (750.0 for a long file).

    Raises
    ------
    ValueError
        For a share outside of [0, 1] or a negative length.

    Notes
    -----
    Source: numenta/NAB, nab/util.py and nab/sweeper.py.

    Examples
    --------
    >>> probationary_period(0.15, 4032), probationary_period(0.15, 22695)
    (604, 750.0)
    """
    percent = finite("probationary percent", percent, 0.0, 1.0)
    length = whole("length", length, 0, 2**62)
    return min(floor(percent * length), percent * 5000)


class DataSet(Protocol):
    """What NAB hands to a detector: anything with the file's records in `data`."""

    @property
    def data(self) -> pd.DataFrame:
        """The records: columns `timestamp` and `value`."""
        ...


def field_of(record: Any, name: str) -> Any:
    """Return a field of a record as NAB hands it to `handleRecord`; InputError if it has none."""
    try:
        return record[name]
    except (KeyError, TypeError, IndexError):
        raise InputError(f"inputData: expected a dict with timestamp and value, got {shown(record)}") from None


class OwnAnomalyDetector(ABC):
    """NAB's base class, for where NAB itself is not installed.

    Parameters
    ----------
    dataSet : DataSet
        The file: `data` is a DataFrame with the columns `timestamp` (datetime) and `value`.
    probationaryPercent : float
        Share of the file that is not scored, in [0, 1].

    Attributes
    ----------
    probationaryPeriod : int or float
        Index of the first scored record; a float for long files, as in NAB.
    inputMin, inputMax : number
        Least and greatest value of the WHOLE file: a look-ahead that NAB allows.
    """

    def __init__(self, dataSet: DataSet, probationaryPercent: float) -> None:
        columns = getattr(getattr(dataSet, "data", None), "columns", ())
        if not {"timestamp", "value"} <= set(columns):
            raise InputError(f"dataSet: expected `data` with columns timestamp and value, got {shown(list(columns))}")
        self.dataSet = dataSet
        self.probationaryPeriod = probationary_period(probationaryPercent, len(dataSet.data))
        self.inputMin: Any = dataSet.data["value"].min()
        self.inputMax: Any = dataSet.data["value"].max()

    def initialize(self) -> None:  # noqa: B027  (optional by NAB's contract)
        """Build the model; NAB calls it in the worker, after the detector was pickled."""

    def getAdditionalHeaders(self) -> list[str]:
        """Names of the columns that `handleRecord` returns after the score."""
        return []

    @abstractmethod
    def handleRecord(self, inputData: dict[str, Any]) -> Sequence[Any]:
        """Score one record.

        Parameters
        ----------
        inputData : dict
            `timestamp` (pandas.Timestamp) and `value` (int or float).

        Returns
        -------
        sequence
            The anomaly score in [0, 1], then one value for each additional header.
        """

    def getHeader(self) -> list[str]:
        """Columns of the results: timestamp, value, anomaly_score, then the additional ones."""
        return ["timestamp", "value", "anomaly_score", *self.getAdditionalHeaders()]

    def run(self) -> pd.DataFrame:
        """Score every record in file order.

        Returns
        -------
        DataFrame
            One row a record, with the columns of `getHeader`.

        Raises
        ------
        ValueError
            When a score is not in [0, 1], or the values do not fit the header.
        """
        return run_records(self, self.getHeader, self.dataSet.data)


def run_records(detector: Any, header: Callable[[], Sequence[str]], data: pd.DataFrame) -> pd.DataFrame:
    """Score every record as `OwnAnomalyDetector.run` does, with anything that has `handleRecord`."""
    where = f"{type(detector).__qualname__}.handleRecord"
    rows: list[list[Any]] = []
    for number, (timestamp, value) in enumerate(zip(data["timestamp"], data["value"].tolist(), strict=True), start=1):
        result = detector.handleRecord({"timestamp": timestamp, "value": value})
        try:
            score, row = result[0], [timestamp, value, *result]
        except (TypeError, KeyError, IndexError):
            raise ValueError(
                f"{where}: record {number}: expected a list of the score and of a value for each additional header, "
                f"got {shown(result)}"
            ) from None
        if not _is_score(score):
            raise ValueError(f"{where}: record {number}: expected an anomaly score in [0, 1], got {score!r}")
        rows.append(row)
    names = list(header())
    if rows and (most := max(len(row) for row in rows)) != len(names):  # a shorter one among them is filled up
        raise ValueError(f"{where}: expected a value for each of {shown(names[2:])}, got {most - 2}")
    return pd.DataFrame(rows, columns=names)


def _is_score(score: Any) -> bool:
    try:
        return bool(0 <= score <= 1)
    except (TypeError, ValueError):
        return False


def _base_class() -> Any:
    """Choose the base class; PyPI's package named `nab` is something else and has no such attribute."""
    try:
        module = importlib.import_module("nab.detectors.base")
    except ImportError:
        return OwnAnomalyDetector
    return getattr(module, "AnomalyDetector", OwnAnomalyDetector)


if TYPE_CHECKING:
    AnomalyDetector = OwnAnomalyDetector
else:
    AnomalyDetector = _base_class()
