"""What the estimators for other libraries share: their parameters, a model per field, one score per record."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import datetime, timedelta
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import shown
from zhtm_detector.htm.checks import LARGEST_VALUE, finite, params_of
from zhtm_detector.htm.encoders import as_datetime
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import DEFAULT_PRESET, ModelParams, load_preset
from zhtm_detector.streams.vote import vote_of

_EPOCH = datetime(1970, 1, 1)
_CYCLE = 146_097 * 86_400  # seconds of 400 years, after which dates and weekdays repeat
_LONGEST = 366 * 86_400.0


class Adapter:
    """The parameters of the estimators, and their models.

    Parameters
    ----------
    preset : str or ModelParams
        A preset's name, a preset file, or parameters of your own.
    value : name or int, optional
        The field, or the column of an array, that is scored. By default all but the timestamp: a model for each, and
        one vote (`streams.vote`).
    timestamp : name or int, optional
        The field or column that holds the time: a datetime, an ISO string, or seconds since 1970. By default the
        records are counted.
    interval : float
        Seconds from one record to the next, where there is no timestamp.
    minimum, maximum : float, optional
        The range of values to expect; by default the models learn it (the causal variant).
    probation : int
        Records before the first score that counts.
    seed : int
    """

    def __init__(
        self,
        preset: str | ModelParams = DEFAULT_PRESET,
        value: Hashable | None = None,
        timestamp: Hashable | None = None,
        interval: float = 300.0,
        minimum: float | None = None,
        maximum: float | None = None,
        probation: int = 288,
        seed: int = 42,
    ) -> None:
        # As scikit-learn wants it: nothing but the parameters themselves, checked at the first use.
        self.preset = preset
        self.value = value
        self.timestamp = timestamp
        self.interval = interval
        self.minimum = minimum
        self.maximum = maximum
        self.probation = probation
        self.seed = seed

    def _started(self) -> FieldModels:
        """Return the models of a stream that begins."""
        return FieldModels(_params(self.preset), self.minimum, self.maximum, self.probation, self.interval, self.seed)

    def _split(self, record: Mapping[Any, Any]) -> tuple[dict[Any, Any], Any]:
        """Return a record's fields to score, and its time, None if records are counted."""
        time = None
        if self.timestamp is not None:
            time = record.get(self.timestamp)
            if time is None:
                raise InputError(f"timestamp: expected a field {shown(self.timestamp)}, got {shown(list(record))}")
        if self.value is not None:
            return ({self.value: record[self.value]} if self.value in record else {}), time
        return {name: value for name, value in record.items() if name != self.timestamp}, time


class Online(Adapter):
    """An adapter to which records come one by one."""

    _stream: FieldModels | None = None

    @property
    def _models(self) -> FieldModels:
        if self._stream is None:
            self._stream = self._started()
        return self._stream


class FieldModels:
    """A model for each field of a stream, and the vote of their scores.

    A field gets a model when it is first seen; a field that is missing, None or NaN leaves its model as it is.

    Parameters
    ----------
    params : ModelParams
    minimum, maximum : float, optional
        Of all fields; None: the causal variant.
    probation, seed : int
        As in `HTMModel`.
    interval : float
        Seconds from one record to the next, where no time is given.

    Examples
    --------
    >>> models = FieldModels(load_preset("zhtm"), 0.0, 24.0, probation=100, interval=300.0, seed=42)
    >>> scores = models.run({"load": np.arange(400.0) % 24}, times=None, records=400)
    >>> models.score({"load": 16.0}) < models.score({"load": 17.0}) < models.score({"load": 30.0})
    True
    >>> models.score({"load": 30.0}) == models.learn({"load": 30.0})
    True
    """

    def __init__(
        self,
        params: ModelParams,
        minimum: float | None,
        maximum: float | None,
        probation: int,
        interval: float,
        seed: int,
    ) -> None:
        if (minimum is None) != (maximum is None):
            raise InputError(f"minimum, maximum: expected both or none, got {shown(minimum)}, {shown(maximum)}")
        if minimum is None or maximum is None:
            params, minimum, maximum = params.model_copy(update={"causal": True}), 0.0, 0.0
        self._interval = finite("interval", interval, 1e-6, _LONGEST)
        self._arguments = params, minimum, maximum, probation, seed
        self._models: dict[Hashable, HTMModel] = {}
        self._unused: HTMModel | None = HTMModel(*self._arguments)  # for the next new field
        self._records = 0

    def score(self, fields: Mapping[Any, Any], time: Any = None) -> float:
        """Return what `learn` would, in [0, 1]; nothing changes."""
        moment = self._moments(time, 1)[0]
        return vote_of(self._of(name).score(moment, value).score for name, value in _numbers(fields).items())

    def learn(self, fields: Mapping[Any, Any], time: Any = None) -> float:
        """Take in a record and return its score, in [0, 1]: 0 without any field.

        Raises
        ------
        InputError, ValueError
            For a field that is no finite number, or no time; nothing has changed then.
        """
        moment = self._moments(time, 1)[0]
        numbers = _numbers(fields)
        self._records += 1
        return vote_of(self._kept(name).step(moment, value).score for name, value in numbers.items())

    def run(self, columns: Mapping[Any, NDArray[np.float64]], times: Any, records: int) -> NDArray[np.float64]:
        """Take in many records, with the same scores as by `learn`, shape (records,).

        Parameters
        ----------
        columns : mapping of ndarray of float64, shape (records,)
            Values by field; NaN where there is none.
        times : sequence, optional
        records : int
        """
        moments = np.array(self._moments(times, records), dtype="datetime64[us]")
        self._records += records
        scores = np.zeros((records, len(columns)))
        for column, (name, values) in enumerate(columns.items()):
            there = ~np.isnan(values)
            if there.any():
                scores[there, column] = self._kept(name).run(moments[there], values[there]).score
        return np.array([vote_of(row) for row in scores.tolist()])

    def _of(self, name: Hashable) -> HTMModel:
        if name in self._models:
            return self._models[name]
        if self._unused is None:
            self._unused = HTMModel(*self._arguments)
        return self._unused

    def _kept(self, name: Hashable) -> HTMModel:
        if name not in self._models:
            self._models[name], self._unused = self._of(name), None
        return self._models[name]

    def _moments(self, times: Any, records: int) -> list[datetime]:
        if times is None:
            seconds = [number * self._interval % _CYCLE for number in range(self._records, self._records + records)]
            return [_EPOCH + timedelta(seconds=each) for each in seconds]
        return [_moment(time) for time in (times if isinstance(times, (list, np.ndarray)) else [times])]


def _params(preset: str | ModelParams) -> ModelParams:
    return load_preset(preset) if isinstance(preset, str) else params_of("preset", preset, ModelParams)


def _numbers(fields: Mapping[Any, Any]) -> dict[Any, float]:
    """Return the fields that are there, each a finite number."""
    there = {name: value for name, value in fields.items() if not _is_missing(value)}
    return {name: finite(f"field {shown(name)}", value, -LARGEST_VALUE, LARGEST_VALUE) for name, value in there.items()}


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, (float, np.floating)) and isnan(value))


def _moment(time: Any) -> datetime:
    if isinstance(time, (int, float, np.integer, np.floating)) and not isinstance(time, (bool, np.timedelta64)):
        seconds = float(time)
        if isnan(seconds) or not -6e10 < seconds < 2.5e11:
            raise InputError(f"timestamp: expected seconds since 1970 in the years 1 to 9999, got {shown(time)}")
        return _EPOCH + timedelta(seconds=seconds)
    return as_datetime(time)
