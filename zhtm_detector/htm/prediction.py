"""The column that predicts: encoders for value and time, a spatial pooler, a temporal memory."""

from __future__ import annotations

import math
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.anomaly.likelihood import AnomalyLikelihood, log_likelihood
from zhtm_detector.htm.encoders import (
    DateEncoder,
    Encoder,
    MultiEncoder,
    RandomDistributedScalarEncoder,
    ScalarEncoder,
)
from zhtm_detector.htm.params import DateParams, ModelParams, ScalarParams, ValueEncoderParams
from zhtm_detector.htm.records import Records
from zhtm_detector.htm.region import Region


class Prediction:
    """Prediction error of a stream of (timestamp, value).

    Where no range is given the column waits: the first `probation` records are kept, their range sets the encoder's
    resolution, and the column then learns from them at once. Until then the error is 0.

    Parameters
    ----------
    params : ModelParams
    limits : tuple of float, or None
        The range of values to expect; None: that of the first records.
    probation : int
        How many records to wait for a range; at least one.
    seed : int
    template : Region, optional
        A column built with the same parameters and seed that has seen nothing: copied where it fits, to save time.
    """

    def __init__(
        self,
        params: ModelParams,
        limits: tuple[float, float] | None,
        probation: int,
        seed: int,
        template: Region | None = None,
    ) -> None:
        self._params = params
        self._template = template
        self._seed = seed
        self._wait = max(1, probation)
        self._waiting: list[tuple[Any, float, bool]] = []
        self._waited = 0
        self._late = (np.zeros(0), np.zeros(0))
        self.region: Region | None = None
        if limits is not None:
            self._build(*limits)

    def run(self, timestamps: Any, values: NDArray[np.float64], learn: bool) -> NDArray[np.float64]:
        """Raw anomaly scores of records, shape (records,)."""
        start = 0
        if self.region is None:
            start = min(self._wait - len(self._waiting), len(values))
            kept = zip(list(timestamps[:start]), values[:start].tolist(), strict=True)
            self._waiting += [(timestamp, value, learn) for timestamp, value in kept]
            self._waited = start
            if len(self._waiting) == self._wait:
                self._catch_up()
        raw = np.zeros(len(values))
        if self.region is not None and start < len(values):
            fields = self._fields({"value": values[start:], "timestamp": timestamps[start:]})
            raw[start:] = self.region.run(fields, learn)
        return raw

    def take_late(self) -> tuple[int, NDArray[np.float64], NDArray[np.float64]]:
        """How many of the last call's records waited, and the values and scores of those that wait no more."""
        waited, late = self._waited, self._late
        self._waited, self._late = 0, (np.zeros(0), np.zeros(0))
        return waited, *late

    def _catch_up(self) -> None:
        values = np.array([value for _, value, _ in self._waiting])
        column = self._build(float(values.min()), float(values.max()))
        parts = []
        for learn, records in groupby(self._waiting, key=itemgetter(2)):
            timestamps, some, _ = zip(*records, strict=True)
            fields = self._fields({"value": np.array(some), "timestamp": list(timestamps)})
            parts.append(column.run(fields, learn))
        self._late = (values, np.concatenate(parts))
        self._waiting = []

    def _build(self, minimum: float, maximum: float) -> Region:
        params = self._params
        parts: dict[str, Encoder] = {"value": _value_encoder(params.value_encoder, minimum, maximum, self._seed)}
        if params.date_encoder != DateParams():
            parts["timestamp"] = _date_encoder(params.date_encoder)
        self._names = tuple(parts)
        encoder = MultiEncoder(parts)
        if self._template is not None and self._template.encoder.size == encoder.size:
            self.region = self._template.fresh_copy(encoder)
        else:
            rng = np.random.default_rng(self._seed)
            self.region = Region(encoder, params.spatial_pooler, params.temporal_memory, rng)
        self._template = None
        return self.region

    def _fields(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {name: fields[name] for name in self._names}


class PredictionColumn:
    """Evidence of the prediction error: its anomaly likelihood on a log scale, or the error itself.

    Parameters
    ----------
    prediction : Prediction
    params : ModelParams
    probation : int
        Records: half of them the likelihood does not learn from.

    Attributes
    ----------
    raw, likelihood : ndarray of float64, shape (records,)
        Raw anomaly scores of the last records, and their likelihoods: the same where the preset has none.
    likelihood_model : AnomalyLikelihood, or None
        The likelihood, where the preset has one.
    """

    def __init__(self, prediction: Prediction, params: ModelParams, probation: int) -> None:
        anomaly = params.anomaly
        self.prediction = prediction
        self.raw = self.likelihood = np.zeros(0)
        self._weight = anomaly.prediction_weight
        learning_period = probation // 2
        self.likelihood_model = (
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

    def evidence(self, records: Records) -> NDArray[np.float64]:
        """Weigh the evidence of each record."""
        values = records.values
        self.raw = self.prediction.run(records.timestamps, values, records.learn)
        self.likelihood = self.raw
        evidence = self.raw
        waited, late_values, late_raw = self.prediction.take_late()
        if self.likelihood_model is not None:
            # Causal the first records had no raw score when they came; the likelihood learns from what they got later.
            if len(late_raw):
                self.likelihood_model.run(late_values, late_raw)
            self.likelihood = self.likelihood_model.run(values[waited:], self.raw[waited:])
            if waited:
                self.likelihood = np.concatenate((np.full(waited, 0.5), self.likelihood))
            evidence = log_likelihood(self.likelihood)
        return evidence if self._weight == 1.0 else self._weight * evidence


def _value_encoder(params: ValueEncoderParams, minimum: float, maximum: float, seed: int) -> Encoder:
    span = maximum - minimum
    if isinstance(params, ScalarParams):
        # One bucket a unit, within limits; a stream that stands still still needs a range.
        buckets = min(max(math.ceil(span), params.minimum_buckets), params.maximum_buckets)
        upper = maximum if span > 0 else minimum + max(1.0, abs(minimum))
        return ScalarEncoder(active_bits=params.active_bits, buckets=buckets, minimum=minimum, maximum=upper)
    padded = span * (1.0 + 2.0 * params.range_padding)
    return RandomDistributedScalarEncoder(
        size=params.size,
        active_bits=params.active_bits,
        resolution=max(params.minimum_resolution, padded / params.buckets),
        offset=minimum,
        seed=seed,
    )


def _date_encoder(params: DateParams) -> Encoder:
    return DateEncoder(
        time_of_day=params.time_of_day,
        day_of_week=params.day_of_week,
        season=params.season,
        weekend_bits=params.weekend_bits,
    )
