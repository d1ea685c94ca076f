"""The model: records in, scores in [0, 1] out, one at a time or many at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zhtm_detector.htm.anomaly import BlockNovelty, ValueNovelty, Vote
from zhtm_detector.htm.checks import finite, flag, params_of, seed_of, whole
from zhtm_detector.htm.columns import Columns
from zhtm_detector.htm.encoders import as_datetime, time_of_day
from zhtm_detector.htm.growing_columns import GrowingColumns
from zhtm_detector.htm.kernels.rows import DAY
from zhtm_detector.htm.params import ModelParams
from zhtm_detector.htm.prediction import LARGEST_VALUE, Prediction, checked_records
from zhtm_detector.htm.region import Region
from zhtm_detector.htm.single_record import Parts, SingleRecord

_MOST_RECORDS = 2**24  # of a probationary period


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
        Records before the first score that counts, at most 2**24. All periods are multiples of it.
    seed : int
        From 0 to 2**32 - 1. The same seed gives the same scores, in any process.

    Raises
    ------
    ValueError
        If an argument is of another type or out of its range, or minimum is above maximum.

    Examples
    --------
    >>> from datetime import datetime, timedelta
    >>> model = HTMModel(ModelParams(), minimum=0.0, maximum=10.0, probation=100)
    >>> step = model.step(datetime(2026, 1, 1), 4.0)
    >>> step.raw
    1.0
    """

    def __init__(self, params: ModelParams, minimum: float, maximum: float, probation: int, seed: int = 42) -> None:
        params, probation, seed = checked_settings(params, probation, seed)
        minimum = finite("minimum", minimum, -LARGEST_VALUE, LARGEST_VALUE)
        maximum = finite("maximum", maximum, -LARGEST_VALUE, LARGEST_VALUE)
        if minimum > maximum:
            raise ValueError(f"minimum: expected at most the maximum ({maximum}), got {minimum}")
        self.params = params
        self.seed = seed
        limits = None if params.causal else (minimum, maximum)
        self._prediction = Prediction(params, limits, probation, seed) if params.predicts else None
        self._value = ValueNovelty(params.value_novelty) if params.value_novelty else None
        self._blocks = BlockNovelty(params.block_novelty, probation) if params.block_novelty else None
        self._vote = Vote(params, probation)
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
            For a value that is no number of Python or NumPy, not finite or beyond 1e150; an invalid timestamp; a
            `learn` that is not True or False. The model is then unchanged.
        """
        # The usual types are checked without a call.
        usual = isinstance(value, float) or (type(value) is int and -LARGEST_VALUE <= value <= LARGEST_VALUE)
        number = float(value) if usual else math.nan
        if not -LARGEST_VALUE <= number <= LARGEST_VALUE:
            number = finite("value", value, -LARGEST_VALUE, LARGEST_VALUE)
        if learn is not True:
            learn = flag("learn", learn)
        moment = as_datetime(timestamp)
        single = self._single or self._single_record()
        if single is not None:
            growing = self._growing
            if growing is None or not growing.outgrown_by(number):
                result = Step(*single.step(number, moment, learn))
                if growing is not None:
                    growing.remember(time_of_day(moment) / DAY, number, learn)
                return result
        steps = self.run([moment], [number], learn)
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
        values : array of float or sequence, shape (records,)
        learn : bool

        Raises
        ------
        ValueError
            As `step`, if the lengths differ or for anything but sequences. The model is then unchanged: no record of
            the call was scored.
        """
        records = checked_records(timestamps, values, learn)
        if self._growing is not None:
            self._single = None  # its columns may be replaced
        return self._judge(*records)

    def _single_record(self) -> SingleRecord | None:
        """Build the single-record path; None while the region waits for a range."""
        if self._prediction is not None and self._prediction.source is None:
            return None
        self._growing = self.columns if isinstance(self.columns, GrowingColumns) else None
        likelihood = self._prediction.likelihood_model if self._prediction else None
        parts = Parts(self.region, self.columns, likelihood, self._value, self._blocks, self._vote)
        self._single = SingleRecord(parts, self.params.anomaly.prediction_weight, self._span, self._seen)
        return self._single

    def _spans(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Range that distances are measured by, at each record: the given one, or that of all values up to it."""
        if self._span is not None:
            return np.full(len(values), self._span)
        low = np.minimum.accumulate(np.concatenate(([self._seen[0]], values)))
        high = np.maximum.accumulate(np.concatenate(([self._seen[1]], values)))
        self._seen[:] = low[-1], high[-1]
        return high[1:] - low[1:]

    def _judge(self, clock: NDArray[np.int64], values: NDArray[np.float64], learn: bool) -> Steps:
        spans = self._spans(values)
        raw = likelihood = np.zeros(len(values))
        evidence: list[NDArray[np.float64]] = []
        if self._prediction is not None:
            raw, likelihood, weighted = self._prediction.run_checked(clock, values, learn)
            evidence += list(weighted)
        if self._value is not None:
            evidence.append(self._value.run_checked(values, spans))
        if self._blocks is not None:
            evidence.append(self._blocks.run_checked(values, (clock % DAY) / DAY, spans))
        votes = np.array(evidence).reshape(len(evidence), len(values))
        score, novelty, out_of_range = self._vote.run_checked(votes, raw, values)
        return Steps(score, raw, likelihood, novelty, out_of_range)


def checked_settings(params: Any, probation: Any, seed: Any) -> tuple[ModelParams, int, int]:
    """Check what all models of a preset have in common; ValueError for another type or a number out of its range."""
    return params_of("params", params, ModelParams), whole("probation", probation, 0, _MOST_RECORDS), seed_of(seed)
