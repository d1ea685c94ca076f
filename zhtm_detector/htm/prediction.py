"""The voters that predict: a region or columns, and what their prediction error is worth as evidence."""

from __future__ import annotations

import math
from copy import copy
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.anomaly.likelihood import AnomalyLikelihood, log_likelihood
from zhtm_detector.htm.checks import LARGEST_VALUE, finite_many, flag
from zhtm_detector.htm.columns import Columns
from zhtm_detector.htm.encoders import (
    AdaptiveScalarEncoder,
    DateEncoder,
    DeltaEncoder,
    Encoder,
    LogEncoder,
    MultiEncoder,
    RandomDistributedScalarEncoder,
    ScalarEncoder,
    wall_clock,
)
from zhtm_detector.htm.encoders.log import decades
from zhtm_detector.htm.growing_columns import GrowingColumns
from zhtm_detector.htm.params import (
    AdaptiveParams,
    DateParams,
    DeltaParams,
    LogParams,
    ModelParams,
    RandomDistributedScalarParams,
    ScalarParams,
    ValueEncoderParams,
)
from zhtm_detector.htm.region import Region
from zhtm_detector.htm.replay import Replay
from zhtm_detector.htm.saved import Arrays, Given, named, seen_range

CLOCK_LIMITS = -62_135_596_800_000_000, 253_402_300_799_999_999  # microseconds since 1970 in the years 1 to 9999


class Predicted(NamedTuple):
    """Results of many records: arrays of shape (records,) unless it is said, in [0, 1]."""

    raw: NDArray[np.float64]  # raw anomaly score: share of the active columns not predicted, or mean mismatch
    likelihood: NDArray[np.float64]  # anomaly likelihood; the raw score if the preset has none
    # (voters, records): likelihood on a log scale, or raw score, times `prediction_weight`; then each group's evidence
    evidence: NDArray[np.float64]


class Prediction:
    """Prediction error of a stream of (timestamp, value), as evidence of an anomaly.

    Without a given range, the first `probation` records are buffered: their range sets the encoder's resolution, and
    what predicts and the likelihood then learn from them at once. Until then the raw score is 0 and the likelihood 0.5.
    Columns then grow with the range (`GrowingColumns`); a region keeps its own.

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
    source : Region, Columns or None
        What predicts: columns if the preset has any, else a region; None until the range is known.
    likelihood_model : AnomalyLikelihood or None
        None if the preset uses the raw score itself.
    """

    def __init__(self, params: ModelParams, limits: tuple[float, float] | None, probation: int, seed: int) -> None:
        self._params = params
        self._seed = seed
        self._buffer_size = max(1, probation)
        self._buffer = Replay(self._buffer_size)  # times in microseconds
        self._probation = probation
        self._limits = limits  # that the source was built for
        self.source = None if limits is None else self._build(Columns, *limits)
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
        """Predict records of shape (records,); `learn` is whether spatial pooler and temporal memory change.

        Raises
        ------
        ValueError
            As `checked_records`; nothing has changed then.
        """
        return self.run_checked(*checked_records(timestamps, values, learn))

    def run_checked(self, clock: NDArray[np.int64], values: NDArray[np.float64], learn: bool) -> Predicted:
        """As `run`, for what `checked_records` returned."""
        start = 0  # of the records that are not buffered
        if self.source is None:
            start = min(self._buffer_size - len(self._buffer), len(values))
            self._buffer.extend(clock[:start], values[:start], learn)
            if len(self._buffer) == self._buffer_size:
                self.source = self._learn_buffer()
        raw = np.zeros(len(values))
        evidence = np.zeros((1 + len(self._params.columns), len(values)))
        if self.source is not None and start < len(values):
            raw[start:], evidence[1:, start:] = _run(self.source, clock[start:], values[start:], learn)
        likelihood = error = raw
        if self.likelihood_model is not None:
            likelihood = np.full(len(values), 0.5)
            likelihood[start:] = self.likelihood_model.run_checked(values[start:], raw[start:])
            error = log_likelihood(likelihood)
        evidence[0] = self._params.anomaly.prediction_weight * error
        return Predicted(raw, likelihood, evidence)

    def state_arrays(self) -> Arrays:
        """Return the arrays that are saved: of the buffer, or of the source and the range that it was built for."""
        arrays = named("likelihood", self.likelihood_model.state_arrays()) if self.likelihood_model else {}
        if self.source is None:
            return arrays | named("buffer", self._buffer.arrays(np.int64))
        limits = self.source.limits if isinstance(self.source, Columns) else self._limits
        return arrays | named("source", self.source.state_arrays()) | {"limits": np.array(limits)}

    def restore(self, given: Given) -> None:
        """Build the source if there was one, and restore all parts from arrays as `state_arrays` returns them."""
        if self.likelihood_model is not None:
            given.within("likelihood", self.likelihood_model.restore)
        if self.source is None and not given.has("limits"):
            given.within("buffer", lambda buffer: self._buffer.restore(buffer, np.int64, *CLOCK_LIMITS, LARGEST_VALUE))
            given.check(len(self._buffer) < self._buffer_size, "buffer.times", "less than are buffered")
            return
        limits = np.zeros(2)
        seen_range(given, limits, "limits", LARGEST_VALUE)
        given.check(bool(np.isfinite(limits).all()), "limits", "finite numbers")
        if self.source is None:
            self._limits = float(limits[0]), float(limits[1])
            self.source, self._buffer = self._build(GrowingColumns, *self._limits), Replay(0)
        given.check(tuple(limits.tolist()) == self._limits, "limits", "those of the settings")
        given.within("source", self.source.restore)

    def waiting(self) -> Prediction:
        """Return a twin that keeps no record and says of the next one what this one does while no range is known."""
        twin = copy(self)
        twin._buffer, twin._buffer_size = Replay(0), 2
        return twin

    def _build(self, columns: type[Columns], minimum: float, maximum: float) -> Region | Columns:
        if self._params.columns:
            return columns(self._params.columns, minimum, maximum, self._probation, self._seed)
        return _build_region(self._params, minimum, maximum, self._seed)

    def _learn_buffer(self) -> Region | Columns:
        stretches = list(self._buffer.stretches())
        values = np.concatenate([some for _, some, _ in stretches])
        self._limits = float(values.min()), float(values.max())
        source = self._build(GrowingColumns, *self._limits)
        raw = np.concatenate([_run(source, *stretch)[0] for stretch in stretches])
        if self.likelihood_model is not None:
            self.likelihood_model.run_checked(values, raw)
        self._buffer = Replay(0)
        return source


def checked_records(timestamps: Any, values: Any, learn: Any) -> tuple[NDArray[np.int64], NDArray[np.float64], bool]:
    """Check many records before anything changes.

    Returns
    -------
    clock : ndarray of int64, shape (records,)
        Microseconds since 1970 on the timestamps' own wall clock.
    values : ndarray of float64, shape (records,)
        A copy, because a DataFrame's own array may be read-only.
    learn : bool

    Raises
    ------
    ValueError
        For anything but one-dimensional sequences of the same length; an invalid timestamp; a value that is no number
        of Python or NumPy, not finite or beyond 1e150; a `learn` that is not True or False.
    """
    clock = wall_clock(timestamps, "timestamps")
    numbers = finite_many("values", values, "value", -LARGEST_VALUE, LARGEST_VALUE)
    if len(numbers) != len(clock):
        raise ValueError(f"values: expected {len(clock)} of them, one for each timestamp, got {len(numbers)}")
    return clock, numbers, flag("learn", learn)


def _build_region(params: ModelParams, minimum: float, maximum: float, seed: int) -> Region:
    parts: dict[str, Encoder] = {"value": _value_encoder(params.value_encoder, minimum, maximum, seed)}
    if params.date_encoder != DateParams():
        parts["timestamp"] = _date_encoder(params.date_encoder)
    return Region(MultiEncoder(parts), params.spatial_pooler, params.temporal_memory, seed)


def _run(
    source: Region | Columns, clock: NDArray[np.int64], values: NDArray[np.float64], learn: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return raw scores, shape (records,), and the evidence of column groups, shape (groups, records)."""
    timestamps = clock.view("datetime64[us]")
    if isinstance(source, Columns):
        return source.run(timestamps, values, learn)
    fields = {"value": values, "timestamp": timestamps}
    raw = source.run({name: fields[name] for name in source.encoder.parts}, learn)
    return raw, np.empty((0, len(values)))


def _value_encoder(params: ValueEncoderParams, minimum: float, maximum: float, seed: int) -> Encoder:
    span = maximum - minimum
    if isinstance(params, ScalarParams):
        # One bucket per unit of value, within limits; even a constant stream needs a range.
        buckets = min(max(math.ceil(span), params.minimum_buckets), params.maximum_buckets)
        upper = maximum if span > 0 else minimum + max(1.0, abs(minimum))
        return ScalarEncoder(active_bits=params.active_bits, buckets=buckets, minimum=minimum, maximum=upper)
    if isinstance(params, AdaptiveParams):
        return AdaptiveScalarEncoder(params.active_bits, params.buckets, params.padding)
    if isinstance(params, LogParams):
        scale = params.linear * max(abs(minimum), abs(maximum)) or 1.0  # all values may be 0
        low, high = decades(minimum, scale), decades(maximum, scale)
        return LogEncoder(_random_encoder(params, low, high - low, seed), scale)
    if isinstance(params, DeltaParams):
        return DeltaEncoder(_random_encoder(params, 0.0, span, seed))
    return _random_encoder(params, minimum, span, seed)


def _random_encoder(
    params: RandomDistributedScalarParams | LogParams | DeltaParams, offset: float, span: float, seed: int
) -> RandomDistributedScalarEncoder:
    padded = span * (1.0 + 2.0 * params.range_padding)
    return RandomDistributedScalarEncoder(
        size=params.size,
        active_bits=params.active_bits,
        resolution=max(params.minimum_resolution, padded / params.buckets),
        offset=offset,
        seed=seed,
    )


def _date_encoder(params: DateParams) -> Encoder:
    return DateEncoder(
        time_of_day=params.time_of_day,
        day_of_week=params.day_of_week,
        season=params.season,
        weekend_bits=params.weekend_bits,
    )
