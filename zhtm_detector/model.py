"""The detector's model: records in, scores in [0, 1] out, one at a time or many at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zhtm_detector.anomaly import AnomalyLikelihood, ValueRange, log_likelihood
from zhtm_detector.column import CorticalColumn
from zhtm_detector.encoders import (
    DateEncoder,
    Encoder,
    MultiEncoder,
    RandomDistributedScalarEncoder,
    ScalarEncoder,
)
from zhtm_detector.params import DateParams, ModelParams, ScalarParams, ValueEncoderParams

LARGEST_VALUE = 1e150  # the square of a larger one overflows a double


@dataclass(frozen=True, slots=True)
class Step:
    """What the model says of one record; every number is in [0, 1]."""

    score: float  # the anomaly score, to compare with a threshold
    raw: float  # share of the active columns that were not predicted
    likelihood: float  # that the recent raw scores are anomalous; equal to raw where the preset uses none
    out_of_range: bool  # the value left the range seen before it


@dataclass(frozen=True, slots=True)
class Steps:
    """`Step` of many records: arrays of shape (records,)."""

    score: NDArray[np.float64]
    raw: NDArray[np.float64]
    likelihood: NDArray[np.float64]
    out_of_range: NDArray[np.bool_]


class HTMModel:
    """Encoders, spatial pooler, temporal memory and anomaly stage for one stream of (timestamp, value).

    Parameters
    ----------
    params : ModelParams
        A preset (`params.load_preset`) or your own.
    minimum, maximum : float
        The range of values to expect, in the stream's unit; it sets the encoder's resolution. Values outside are fine.
    probation : int
        Records before the first score that counts: the likelihood learns from them.
    seed : int
        The same seed gives the same scores, in any process.

    Raises
    ------
    ValueError
        When the range is not finite or upside down, or a value or timestamp cannot be encoded.

    Examples
    --------
    >>> from datetime import datetime, timedelta
    >>> model = HTMModel(ModelParams(), minimum=0.0, maximum=10.0, probation=100)
    >>> step = model.step(datetime(2026, 1, 1), 4.0)
    >>> step.raw
    1.0
    """

    def __init__(
        self,
        params: ModelParams,
        minimum: float,
        maximum: float,
        probation: int,
        seed: int = 42,
    ) -> None:
        for name, limit in (("minimum", minimum), ("maximum", maximum)):
            _check_value(name, limit)
        if minimum > maximum:
            raise ValueError(f"minimum: expected at most the maximum ({maximum}), got {minimum}")
        if probation < 0:
            raise ValueError(f"probation: expected at least 0 records, got {probation}")
        if seed < 0:
            raise ValueError(f"seed: expected at least 0, got {seed}")
        self.params = params
        self.seed = seed
        parts: dict[str, Encoder] = {"value": _value_encoder(params.value_encoder, minimum, maximum, seed)}
        if params.date_encoder != DateParams():
            parts["timestamp"] = _date_encoder(params.date_encoder)
        self._fields = tuple(parts)
        self.column = CorticalColumn(
            MultiEncoder(parts), params.spatial_pooler, params.temporal_memory, np.random.default_rng(seed)
        )
        anomaly = params.anomaly
        learning_period = probation // 2
        self._likelihood = (
            AnomalyLikelihood(
                learning_period,
                probation - learning_period,
                anomaly.averaging_window,
                anomaly.history,
                anomaly.reestimation_period,
            )
            if anomaly.likelihood
            else None
        )
        tolerance = anomaly.value_range_tolerance
        self._value_range = ValueRange(tolerance) if tolerance is not None else None

    def step(self, timestamp: Any, value: float, learn: bool = True) -> Step:
        """Take one record.

        Parameters
        ----------
        timestamp : datetime, pandas.Timestamp, numpy.datetime64 or ISO string
            When; its own wall-clock time is used.
        value : float
            The metric.
        learn : bool
            Whether spatial pooler and temporal memory change.

        Raises
        ------
        ValueError
            For a value that is not finite or above 1e150, or a timestamp that is none; the model is unchanged then.
        """
        value = _check_value("value", value)
        fields = {"value": value, "timestamp": timestamp}
        raw = self.column.step({name: fields[name] for name in self._fields}, learn)
        steps = self._judge(np.array([value]), np.array([raw]))
        return Step(float(steps.score[0]), raw, float(steps.likelihood[0]), bool(steps.out_of_range[0]))

    def run(self, timestamps: Any, values: ArrayLike, learn: bool = True) -> Steps:
        """Take many records: the same as `step` one by one, several times as fast.

        Parameters
        ----------
        timestamps : Series, DatetimeIndex, datetime64 array or sequence, shape (records,)
        values : array of float, shape (records,)
        """
        values = np.array(values, dtype=np.float64)  # a copy: a DataFrame's own array may be read-only
        if values.ndim != 1 or len(timestamps) != len(values):
            raise ValueError(f"values: expected shape ({len(timestamps)},) as timestamps have, got {values.shape}")
        bad = ~(np.abs(values) <= LARGEST_VALUE)
        if bad.any():
            row = int(np.argmax(bad))
            _check_value(f"value of record {row}", float(values[row]))
        fields = {"value": values, "timestamp": timestamps}
        raw = self.column.run({name: fields[name] for name in self._fields}, learn)
        return self._judge(values, raw)

    def _judge(self, values: NDArray[np.float64], raw: NDArray[np.float64]) -> Steps:
        if self._likelihood is not None:
            likelihood = self._likelihood.run(values, raw)
            score = log_likelihood(likelihood)
        else:
            likelihood = raw
            score = raw
        if self._value_range is not None:
            out_of_range = self._value_range.run(values)
            score = np.where(out_of_range, 1.0, score)
        else:
            out_of_range = np.zeros(len(values), dtype=np.bool_)
        return Steps(score, raw, likelihood, out_of_range)


def _check_value(name: str, value: Any) -> float:
    try:
        number = math.nan if isinstance(value, str) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not abs(number) <= LARGEST_VALUE:  # also catches NaN
        shown = " ".join(repr(value).split())[:40]
        raise ValueError(f"{name}: expected a finite number of at most 1e150 in size, got {shown}")
    return number


def _value_encoder(params: ValueEncoderParams, minimum: float, maximum: float, seed: int) -> Encoder:
    span = maximum - minimum
    if isinstance(params, ScalarParams):
        # One bucket a unit, within limits; a stream that stands still still needs a range.
        buckets = min(max(math.ceil(span), params.minimum_buckets), params.maximum_buckets)
        upper = maximum if span > 0 else minimum + max(1.0, abs(minimum))
        return ScalarEncoder(active_bits=params.active_bits, buckets=buckets, minimum=minimum, maximum=upper)
    padded = span * (1.0 + 2.0 * params.range_padding)
    resolution = max(params.minimum_resolution, padded / params.buckets)
    return RandomDistributedScalarEncoder(
        size=params.size, active_bits=params.active_bits, resolution=resolution, offset=minimum, seed=seed
    )


def _date_encoder(params: DateParams) -> Encoder:
    return DateEncoder(
        time_of_day=params.time_of_day,
        day_of_week=params.day_of_week,
        season=params.season,
        weekend_bits=params.weekend_bits,
    )
