"""The voter that predicts: a region, and what its prediction error is worth as evidence."""

from __future__ import annotations

import math
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

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
from zhtm_detector.htm.region import Region


class Predicted(NamedTuple):
    """Results of many records: arrays of shape (records,), in [0, 1]."""

    raw: NDArray[np.float64]  # raw anomaly score: share of the active columns not predicted
    likelihood: NDArray[np.float64]  # anomaly likelihood; the raw score if the preset has none
    evidence: NDArray[np.float64]  # likelihood on a log scale, or the raw score, times `prediction_weight`


class Prediction:
    """Prediction error of a stream of (timestamp, value), as evidence of an anomaly.

    Without a given range, the first `probation` records are buffered: their range sets the encoder's resolution, and
    the region and the likelihood then learn from them at once. Until then the raw score is 0 and the likelihood 0.5.

    Parameters
    ----------
    params : ModelParams
    limits : tuple of float, or None
        The range of values to expect; None: that of the first records.
    probation : int
        Records to buffer for a range, at least one. The likelihood does not learn from the first half of them.
    seed : int

    Attributes
    ----------
    region : Region or None
        None until the range is known.
    likelihood_model : AnomalyLikelihood or None
        None if the preset uses the raw score itself.
    """

    def __init__(self, params: ModelParams, limits: tuple[float, float] | None, probation: int, seed: int) -> None:
        self._params = params
        self._seed = seed
        self._buffer_size = max(1, probation)
        self._buffer: list[tuple[Any, float, bool]] = []  # timestamp, value, learn
        self.region = None if limits is None else _build_region(params, *limits, seed)
        self.likelihood_model: AnomalyLikelihood | None = None
        anomaly = params.anomaly
        if anomaly.likelihood:
            learning_period = probation // 2
            self.likelihood_model = AnomalyLikelihood(
                learning_period,
                probation - learning_period,
                anomaly.averaging_window,
                anomaly.history,
                anomaly.reestimation_period,
            )

    def run(self, timestamps: Any, values: NDArray[np.float64], learn: bool) -> Predicted:
        """Predict records of shape (records,); `learn` is whether spatial pooler and temporal memory change."""
        start = 0  # of the records that are not buffered
        if self.region is None:
            start = min(self._buffer_size - len(self._buffer), len(values))
            records = zip(list(timestamps[:start]), values[:start].tolist(), strict=True)
            self._buffer += [(timestamp, value, learn) for timestamp, value in records]
            if len(self._buffer) == self._buffer_size:
                self.region = self._learn_buffer()
        raw = np.zeros(len(values))
        if self.region is not None and start < len(values):
            raw[start:] = _run_region(self.region, timestamps[start:], values[start:], learn)
        likelihood = evidence = raw
        if self.likelihood_model is not None:
            likelihood = np.full(len(values), 0.5)
            likelihood[start:] = self.likelihood_model.run(values[start:], raw[start:])
            evidence = log_likelihood(likelihood)
        return Predicted(raw, likelihood, self._params.anomaly.prediction_weight * evidence)

    def _learn_buffer(self) -> Region:
        values = np.array([value for _, value, _ in self._buffer])
        region = _build_region(self._params, float(values.min()), float(values.max()), self._seed)
        raw = []
        for learn, records in groupby(self._buffer, key=itemgetter(2)):
            timestamps, some, _ = zip(*records, strict=True)
            raw.append(_run_region(region, list(timestamps), np.array(some), learn))
        if self.likelihood_model is not None:
            self.likelihood_model.run(values, np.concatenate(raw))
        self._buffer = []
        return region


def _build_region(params: ModelParams, minimum: float, maximum: float, seed: int) -> Region:
    parts: dict[str, Encoder] = {"value": _value_encoder(params.value_encoder, minimum, maximum, seed)}
    if params.date_encoder != DateParams():
        parts["timestamp"] = _date_encoder(params.date_encoder)
    return Region(MultiEncoder(parts), params.spatial_pooler, params.temporal_memory, seed)


def _run_region(region: Region, timestamps: Any, values: NDArray[np.float64], learn: bool) -> NDArray[np.float64]:
    fields = {"value": values, "timestamp": timestamps}
    return region.run({name: fields[name] for name in region.encoder.parts}, learn)


def _value_encoder(params: ValueEncoderParams, minimum: float, maximum: float, seed: int) -> Encoder:
    span = maximum - minimum
    if isinstance(params, ScalarParams):
        # One bucket per unit of value, within limits; even a constant stream needs a range.
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
