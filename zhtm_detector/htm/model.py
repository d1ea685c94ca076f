"""The model: records in, scores in [0, 1] out, one at a time or many at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zhtm_detector.htm.anomaly import BlockNovelty, ValueNovelty, Vote
from zhtm_detector.htm.columns import Columns
from zhtm_detector.htm.encoders import as_datetime, time_of_day, wall_clock
from zhtm_detector.htm.growing_columns import GrowingColumns
from zhtm_detector.htm.kernels.rows import DAY
from zhtm_detector.htm.params import DateParams, ModelParams
from zhtm_detector.htm.prediction import Prediction
from zhtm_detector.htm.region import Region
from zhtm_detector.htm.single_record import Parts, SingleRecord

LARGEST_VALUE = 1e150  # the square of a larger one overflows a double


class Step(NamedTuple):
    """Result of one record; every number is in [0, 1]."""

    score: float  # the anomaly score, to compare with a threshold
    raw: float  # prediction error: mean mismatch of the columns, or share of the active columns not predicted
    likelihood: float  # that the recent prediction errors are anomalous; the raw score if the preset uses none
    novelty: float  # combined evidence of all voters but the likelihood of the prediction error
    out_of_range: bool  # whether the value left the range seen before it


@dataclass(frozen=True, slots=True)
class Steps:
    """Results of many records, as in `Step`: arrays of shape (records,)."""

    score: NDArray[np.float64]
    raw: NDArray[np.float64]
    likelihood: NDArray[np.float64]
    novelty: NDArray[np.float64]
    out_of_range: NDArray[np.bool_]


class HTMModel:
    """A stream of (timestamp, value) judged by columns that vote, by a region, or by memories of patterns.

    A preset chooses which of them there are. Columns (`zhtm`, `column`): each an encoder, a spatial pooler and a
    context memory over the values or blocks of values. A region (`classic`, `numenta`, `seed`): encoders, spatial
    pooler and temporal memory over the records. Memories of values and of patterns of blocks, which a region only
    gates: `novelty`. All evidence is combined by noisy-OR; the prediction error of columns or region votes, or gates
    the vote, or both.

    Parameters
    ----------
    params : ModelParams
        A preset (`params.load_preset`) or your own.
    minimum, maximum : float
        The range of values to expect, in the stream's unit; distances and the encoder's resolution are shares of it.
        Values outside are fine. Ignored if `params.causal` is set.
    probation : int
        Records before the first score that counts. All periods are multiples of it.
    seed : int
        The same seed gives the same scores, in any process.

    Raises
    ------
    ValueError
        If the range is not finite or minimum is above maximum, or if `probation` or `seed` is negative.

    Examples
    --------
    >>> from datetime import datetime, timedelta
    >>> model = HTMModel(ModelParams(), minimum=0.0, maximum=10.0, probation=100)
    >>> step = model.step(datetime(2026, 1, 1), 4.0)
    >>> step.raw
    1.0
    """

    def __init__(self, params: ModelParams, minimum: float, maximum: float, probation: int, seed: int = 42) -> None:
        for name, limit in (("minimum", minimum), ("maximum", maximum)):
            _check_value(name, limit)
        if minimum > maximum:
            raise ValueError(f"minimum: expected at most the maximum ({maximum}), got {minimum}")
        if not isinstance(probation, int) or probation < 0:
            raise ValueError(f"probation: expected a whole number of records, at least 0, got {probation!r}")
        if seed < 0:
            raise ValueError(f"seed: expected at least 0, got {seed}")
        self.params = params
        self.seed = seed
        limits = None if params.causal else (float(minimum), float(maximum))
        self._prediction = Prediction(params, limits, probation, seed) if params.predicts else None
        self._value = ValueNovelty(params.value_novelty) if params.value_novelty else None
        self._blocks = BlockNovelty(params.block_novelty, probation) if params.block_novelty else None
        self._vote = Vote(params, probation)
        # Timestamps are checked here if the time of day is needed; else by the date encoder, if there is one.
        self._needs_times = params.block_novelty is not None or params.causal or bool(params.columns)
        self._encodes_time = params.predicts and not params.columns and params.date_encoder != DateParams()
        self._span = limits[1] - limits[0] if limits else None
        self._seen = np.array([math.inf, -math.inf])  # lowest and highest value so far; updated if `_span` is None
        self._single: SingleRecord | None = None
        self._growing: GrowingColumns | None = None  # the columns, if they grow; known with `_single`

    @property
    def region(self) -> Region | None:
        """Encoder, spatial pooler and temporal memory; None if the preset needs none, or until a range is known."""
        source = self._prediction.source if self._prediction else None
        return source if isinstance(source, Region) else None

    @property
    def columns(self) -> Columns | None:
        """The columns; None if the preset has none, or until a range is known."""
        source = self._prediction.source if self._prediction else None
        return source if isinstance(source, Columns) else None

    def step(self, timestamp: Any, value: float, learn: bool = True) -> Step:
        """Score one record.

        Parameters
        ----------
        timestamp : datetime, pandas.Timestamp, numpy.datetime64 or ISO string
            Its own wall-clock time counts, whatever its time zone.
        value : float
            The metric.
        learn : bool
            Whether spatial pooler and temporal memory change. Novelty and all statistics always do.

        Raises
        ------
        ValueError
            For a value that is not finite or beyond 1e150, or an invalid timestamp; the model is then unchanged.
        """
        value = _check_value("value", value)
        moment = as_datetime(timestamp) if self._needs_times or self._encodes_time else None
        single = self._single or self._single_record()
        if single is not None:
            growing = self._growing
            if growing is None or not growing.outgrown_by(value):
                result = Step(*single.step(value, moment, learn))
                if growing is not None and moment is not None:  # there is a moment, because `_needs_times`
                    growing.remember(time_of_day(moment) / DAY, value, learn)
                return result
            self._single = None  # its columns are about to be replaced
        timestamps = [timestamp if moment is None else moment]
        steps = self._judge(timestamps, np.array([value]), self._times(timestamps), learn)
        return Step(
            float(steps.score[0]),
            float(steps.raw[0]),
            float(steps.likelihood[0]),
            float(steps.novelty[0]),
            bool(steps.out_of_range[0]),
        )

    def run(self, timestamps: Any, values: ArrayLike, learn: bool = True) -> Steps:
        """Score many records: the same as `step` one by one, a little faster.

        Parameters
        ----------
        timestamps : Series, DatetimeIndex, datetime64 array or sequence, shape (records,)
        values : array of float, shape (records,)
        """
        try:
            values = np.array(values, dtype=np.float64)  # a copy, because a DataFrame's own array may be read-only
        except (TypeError, ValueError):
            raise ValueError("values: expected numbers, got something else among them") from None
        if values.ndim != 1 or len(timestamps) != len(values):
            raise ValueError(f"values: expected shape ({len(timestamps)},) as timestamps have, got {values.shape}")
        bad = ~(np.abs(values) <= LARGEST_VALUE)
        if bad.any():
            row = int(np.argmax(bad))
            _check_value(f"value of record {row}", float(values[row]))
        return self._judge(timestamps, values, self._times(timestamps), learn)

    def _single_record(self) -> SingleRecord | None:
        """Build the single-record path; None while the region waits for a range."""
        if self._prediction is not None and self._prediction.source is None:
            return None
        self._growing = self.columns if isinstance(self.columns, GrowingColumns) else None
        likelihood = self._prediction.likelihood_model if self._prediction else None
        parts = Parts(self.region, self.columns, likelihood, self._value, self._blocks, self._vote)
        self._single = SingleRecord(parts, self.params.anomaly.prediction_weight, self._span, self._seen)
        return self._single

    def _times(self, timestamps: Any) -> NDArray[np.float64]:
        """Time of day as a fraction of the day; checks the timestamps before anything changes."""
        return (wall_clock(timestamps) % DAY) / DAY if self._needs_times else np.zeros(len(timestamps))

    def _spans(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Range that distances are measured by, at each record: the given one, or that of all values up to it."""
        if self._span is not None:
            return np.full(len(values), self._span)
        low = np.minimum.accumulate(np.concatenate(([self._seen[0]], values)))
        high = np.maximum.accumulate(np.concatenate(([self._seen[1]], values)))
        self._seen[:] = low[-1], high[-1]
        return high[1:] - low[1:]

    def _judge(self, timestamps: Any, values: NDArray[np.float64], times: NDArray[np.float64], learn: bool) -> Steps:
        spans = self._spans(values)
        raw = likelihood = np.zeros(len(values))
        evidence: list[NDArray[np.float64]] = []
        # The prediction comes first: if its encoder refuses a timestamp, nothing has changed yet.
        if self._prediction is not None:
            raw, likelihood, weighted = self._prediction.run(timestamps, values, learn)
            evidence += list(weighted)
        if self._value is not None:
            evidence.append(self._value.run(values, spans))
        if self._blocks is not None:
            evidence.append(self._blocks.run(values, times, spans))
        votes = np.array(evidence).reshape(len(evidence), len(values))
        score, novelty, out_of_range = self._vote.run(votes, raw, values)
        return Steps(score, raw, likelihood, novelty, out_of_range)


def _check_value(name: str, value: Any) -> float:
    try:
        number = math.nan if isinstance(value, str) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not abs(number) <= LARGEST_VALUE:  # also catches NaN
        shown = " ".join(repr(value).split())[:40]
        raise ValueError(f"{name}: expected a finite number of at most 1e150 in size, got {shown}")
    return number
