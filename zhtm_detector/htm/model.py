"""The detector's model: records in, scores in [0, 1] out, one at a time or many at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zhtm_detector.htm.anomaly import BlockNovelty, ValueNovelty, Vote
from zhtm_detector.htm.encoders import as_datetime, wall_clock
from zhtm_detector.htm.params import DateParams, ModelParams
from zhtm_detector.htm.prediction import Prediction, PredictionColumn
from zhtm_detector.htm.records import Records, Voter
from zhtm_detector.htm.region import Region
from zhtm_detector.htm.single_record import OneRecord, Parts

LARGEST_VALUE = 1e150  # the square of a larger one overflows a double
_DAY = 86_400_000_000  # microseconds


class Step(NamedTuple):
    """What the model says of one record; every number is in [0, 1]."""

    score: float  # the anomaly score, to compare with a threshold
    raw: float  # prediction error: share of the active columns not predicted; 0 where the preset predicts nothing
    likelihood: float  # that the recent prediction errors are anomalous; equal to raw where the preset uses none
    novelty: float  # evidence of the value and of the patterns of blocks, together
    out_of_range: bool  # the value left the range seen before it


@dataclass(frozen=True, slots=True)
class Steps:
    """`Step` of many records: arrays of shape (records,)."""

    score: NDArray[np.float64]
    raw: NDArray[np.float64]
    likelihood: NDArray[np.float64]
    novelty: NDArray[np.float64]
    out_of_range: NDArray[np.bool_]


class HTMModel:
    """Cortical columns that each see a stream of (timestamp, value) in their own way, and vote.

    One column predicts (encoders, spatial pooler, temporal memory); the others, where the preset has them, judge how
    new a value or a pattern of blocks is. Their evidence votes by noisy-OR; the prediction error takes part in the
    vote, or gates it, or both. The presets `classic`, `numenta` and `seed` are the case of one column.

    Parameters
    ----------
    params : ModelParams
        A preset (`params.load_preset`) or your own.
    minimum, maximum : float
        The range of values to expect, in the stream's unit; distances and the encoder's resolution are shares of it.
        Values outside are fine. Not looked at where `params.causal` is set.
    probation : int
        Records before the first score that counts. All periods are tied to it.
    seed : int
        The same seed gives the same scores, in any process.
    template : Region, optional
        For `ModelPool`: an unused column of the same parameters and seed, copied to save time.

    Attributes
    ----------
    voters : list of Voter
        The views of the stream, the one that predicts first, where there is one. In the vote its evidence has the
        weight `params.anomaly.prediction_weight`, which may be 0: then it only gates.

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
        *,
        template: Region | None = None,
    ) -> None:
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
        given = None if params.causal else (float(minimum), float(maximum))
        self._prediction: PredictionColumn | None = None
        self.voters: list[Voter] = []
        if params.predicts:
            self._prediction = PredictionColumn(Prediction(params, given, probation, seed, template), params, probation)
            self.voters.append(self._prediction)
        self._value = ValueNovelty(params.value_novelty) if params.value_novelty else None
        self._blocks = BlockNovelty(params.block_novelty, probation) if params.block_novelty else None
        self.voters += [voter for voter in (self._value, self._blocks) if voter is not None]
        self._vote = Vote(params, probation)
        # Whether the time of day is looked at, and so checked, here; else by the encoder, if it wants it.
        self._wants_times = params.block_novelty is not None or params.causal
        self._sees_time = params.predicts and params.date_encoder != DateParams()
        self._span = given[1] - given[0] if given else None
        self._seen = np.array([math.inf, -math.inf])
        self._one: OneRecord | None = None

    @property
    def region(self) -> Region | None:
        """The column that predicts; None where the preset needs none, or causal before it knows a range."""
        return self._prediction.prediction.region if self._prediction else None

    def step(self, timestamp: Any, value: float, learn: bool = True) -> Step:
        """Take one record.

        Parameters
        ----------
        timestamp : datetime, pandas.Timestamp, numpy.datetime64 or ISO string
            When; its own wall-clock time is used.
        value : float
            The metric.
        learn : bool
            Whether spatial pooler and temporal memory change. The novelty columns and all statistics always do.

        Raises
        ------
        ValueError
            For a value that is not finite or above 1e150, or a timestamp that is none; the model is unchanged then.
        """
        value = _check_value("value", value)
        moment = as_datetime(timestamp) if self._wants_times or self._sees_time else None
        one = self._one or self._one_record()
        if one is not None:
            return Step(*one.step(value, moment, learn))
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
        """Take many records: the same as `step` one by one, several times as fast.

        Parameters
        ----------
        timestamps : Series, DatetimeIndex, datetime64 array or sequence, shape (records,)
        values : array of float, shape (records,)
        """
        try:
            values = np.array(values, dtype=np.float64)  # a copy: a DataFrame's own array may be read-only
        except (TypeError, ValueError):
            raise ValueError("values: expected numbers, got something else among them") from None
        if values.ndim != 1 or len(timestamps) != len(values):
            raise ValueError(f"values: expected shape ({len(timestamps)},) as timestamps have, got {values.shape}")
        bad = ~(np.abs(values) <= LARGEST_VALUE)
        if bad.any():
            row = int(np.argmax(bad))
            _check_value(f"value of record {row}", float(values[row]))
        return self._judge(timestamps, values, self._times(timestamps), learn)

    def _one_record(self) -> OneRecord | None:
        """Make the way of streams; there is none while the column that predicts waits for a range."""
        if self._prediction is not None and self.region is None:
            return None
        parts = Parts(
            self.region,
            self._prediction.likelihood_model if self._prediction else None,
            self._value,
            self._blocks,
            self._vote,
        )
        self._one = OneRecord(parts, self.params.anomaly.prediction_weight, self._span, self._seen)
        return self._one

    def _times(self, timestamps: Any) -> NDArray[np.float64]:
        """Time of day as a share of the day; checks the timestamps before anything changes."""
        return (wall_clock(timestamps) % _DAY) / _DAY if self._wants_times else np.zeros(len(timestamps))

    def _spans(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Range of values to measure by at each record: the given one, or that of all records up to and with it."""
        if self._span is not None:
            return np.full(len(values), self._span)
        low = np.minimum.accumulate(np.concatenate(([self._seen[0]], values)))
        high = np.maximum.accumulate(np.concatenate(([self._seen[1]], values)))
        self._seen[:] = low[-1], high[-1]
        return high[1:] - low[1:]

    def _judge(self, timestamps: Any, values: NDArray[np.float64], times: NDArray[np.float64], learn: bool) -> Steps:
        none = np.zeros(len(values))
        evidence = np.zeros((len(self.voters), len(values)))
        records = Records(timestamps, values, times, self._spans(values), learn)
        # The one that predicts is first: if its encoder refuses a timestamp, nothing has changed yet.
        for number, voter in enumerate(self.voters):
            evidence[number] = voter.evidence(records)
        raw = likelihood = none
        if self._prediction is not None:
            raw, likelihood = self._prediction.raw, self._prediction.likelihood
        score, novelty, out_of_range = self._vote.run(evidence, raw, values)
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
