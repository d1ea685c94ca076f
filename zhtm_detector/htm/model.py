"""The model: records in, scores in [0, 1] out, one at a time or many at once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zhtm_detector.htm.anomaly import BlockNovelty, ValueNovelty, Vote
from zhtm_detector.htm.checks import LARGEST_VALUE, finite, flag, params_of, seed_of, whole
from zhtm_detector.htm.columns import Columns
from zhtm_detector.htm.encoders import as_datetime, time_of_day, wall_clock
from zhtm_detector.htm.growing_columns import GrowingColumns
from zhtm_detector.htm.kernels.record import no_record
from zhtm_detector.htm.kernels.rows import DAY
from zhtm_detector.htm.look import look_at
from zhtm_detector.htm.params import ModelParams
from zhtm_detector.htm.predicting import Distribution, Predictor
from zhtm_detector.htm.predicting.source import active_bits, predictor_of
from zhtm_detector.htm.prediction import CLOCK_LIMITS, Prediction, checked_records
from zhtm_detector.htm.region import Region
from zhtm_detector.htm.saved import Arrays, Given, Saved, named, seen_range
from zhtm_detector.htm.single_record import Parts, SingleRecord

if TYPE_CHECKING:
    from zhtm_detector.htm.explaining import Explanation

MOST_PROBATION = 2**24  # records of a probationary period


class Step(NamedTuple):
    """Result of one record; every number is in [0, 1].

    No value is out of range before two different ones were seen.
    """

    score: float  # the anomaly score, to compare with a threshold
    raw: float  # prediction error: mean mismatch of the columns, or share of the active columns not predicted
    likelihood: float  # that the recent prediction errors are anomalous; the raw score if the preset uses none
    novelty: float  # combined evidence of all voters but the likelihood of the prediction error
    out_of_range: bool  # whether the value left that of all values before it by more than the preset's tolerance, or 0
    silenced: bool  # whether the refractory rule set the score to 0
    unsilenced: float  # the score before that rule


@dataclass(frozen=True, slots=True)
class Steps:
    """Results of many records, as in `Step`: arrays of shape (records,)."""

    score: NDArray[np.float64]
    raw: NDArray[np.float64]
    likelihood: NDArray[np.float64]
    novelty: NDArray[np.float64]
    out_of_range: NDArray[np.bool_]
    silenced: NDArray[np.bool_]
    unsilenced: NDArray[np.float64]


class HTMModel(Saved):
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
    predict_steps : iterable of int, default ()
        How many steps ahead `predict` looks, as (1, 5): ascending, at most 16. It costs time with each record, and
        changes no score.

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

    PARAMS: ClassVar = {"params": ModelParams}

    def __init__(
        self,
        params: ModelParams,
        minimum: float,
        maximum: float,
        probation: int,
        seed: int = 42,
        predict_steps: Iterable[int] = (),
    ) -> None:
        params, probation, seed = checked_settings(params, probation, seed)
        minimum = finite("minimum", minimum, -LARGEST_VALUE, LARGEST_VALUE)
        maximum = finite("maximum", maximum, -LARGEST_VALUE, LARGEST_VALUE)
        if minimum > maximum:
            raise ValueError(f"minimum: expected at most the maximum ({maximum}), got {minimum}")
        self.params = params
        self.minimum, self.maximum = minimum, maximum
        self.probation = probation
        self.seed = seed
        self._predictor = predictor_of(params, predict_steps)
        self.predict_steps = self._predictor.steps if self._predictor else ()
        self.changes = 0  # calls of `step` and `run`, to know later whether there were any
        limits = None if params.causal else (minimum, maximum)
        self._prediction = Prediction(params, limits, probation, seed) if params.predicts else None
        self._value = ValueNovelty(params.value_novelty) if params.value_novelty else None
        self._blocks = BlockNovelty(params.block_novelty, probation) if params.block_novelty else None
        self._vote = Vote(params, probation)
        self._span = limits[1] - limits[0] if limits else None
        self._last = no_record(params.voters)
        self._moment: Any = None  # of the last record
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

    @property
    def seen_range(self) -> tuple[float, float] | None:
        """The lowest and the highest value scored so far; None before the first."""
        low, high = self._vote.seen.tolist()
        return (low, high) if low <= high else None

    def __repr__(self) -> str:
        params, memories = self.params, {"value novelty": self._value, "block novelty": self._blocks}
        predicting = [f"{len(params.columns)} columns" if params.columns else "region"] if params.predicts else []
        voters = ", ".join([*predicting, *(name for name, memory in memories.items() if memory)])
        limits = "causal" if params.causal else f"minimum={self.minimum:g}, maximum={self.maximum:g}"
        return f"HTMModel({voters}; {limits}, probation={self.probation}, seed={self.seed})"

    def settings(self) -> dict[str, Any]:
        """Return the arguments of the constructor; those of a model that predicts nothing are as they ever were."""
        settings = super().settings()
        steps = list(settings.pop("predict_steps"))
        return settings | ({"predict_steps": steps} if steps else {})

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Call the constructor; ValueError unless the settings are what it takes."""
        return super().from_settings({"predict_steps": (), **settings})

    def _parts(self) -> dict[str, Prediction | ValueNovelty | BlockNovelty | Vote | Predictor]:
        parts = {
            "prediction": self._prediction,
            "value": self._value,
            "blocks": self._blocks,
            "vote": self._vote,
            "predictor": self._predictor,
        }
        return {name: part for name, part in parts.items() if part is not None}

    def state_arrays(self) -> Arrays:
        """Return the arrays that are saved: the last record's, for explanations, and those of all parts."""
        moments = [] if self._moment is None else [np.datetime64(self._moment, "us")]
        arrays = {"moment": np.array(moments, dtype="datetime64[us]").view(np.int64)}
        arrays |= named("last", self._last._asdict())
        for name, part in self._parts().items():
            arrays |= named(name, part.state_arrays())
        return arrays

    def restore(self, given: Given) -> None:
        """Restore all parts from arrays as `state_arrays` returns them."""
        moment = given.take("moment", np.int64, (None,), *CLOCK_LIMITS)
        given.check(len(moment) < 2, "moment", "at most one")
        self._moment = moment.view("datetime64[us]")[0] if len(moment) else None
        last = self._last._asdict()
        seen_range(given, last.pop("before"), "last.before", LARGEST_VALUE)
        given.fill(last.pop("value"), "last.value", -LARGEST_VALUE, LARGEST_VALUE)
        for name, array in last.items():
            given.fill(array, f"last.{name}", 0.0, 1.0)
        for name, part in self._parts().items():
            given.within(name, part.restore)

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
        self.changes += 1
        single = self._single or self._single_record()
        if single is not None:
            growing = self._growing
            if growing is None or not growing.outgrown_by(number):
                result = Step(*single.step(number, moment, learn))
                self._moment = _wall_moment(moment)
                if growing is not None:
                    growing.remember(time_of_day(moment) / DAY, number, learn)
                if self._predictor is not None:
                    self._predictor.take(int(wall_clock([moment])[0]), number, active_bits(self._prediction), learn)
                return result
        return _first(self.run([moment], [number], learn))

    def score(self, timestamp: Any, value: float) -> Step:
        """Score a record without taking it in: what `step` would return for it. Nothing changes but caches.

        It takes less time than the step.

        Parameters
        ----------
        timestamp, value
            As in `step`.

        Raises
        ------
        ValueError
            As `step`.
        """
        number = finite("value", value, -LARGEST_VALUE, LARGEST_VALUE)
        moment = as_datetime(timestamp)
        single = self._single or self._single_record()
        if single is not None:  # a record by which columns are outgrown is judged by those before
            return Step(*single.step(number, moment, learn=False, looks=True))
        clock, values, _ = checked_records([moment], [number], False)
        return _first(self._looked_at()._judge(clock, values, False))

    def explain(self, interval: timedelta | None = None) -> Explanation:
        """Say why the last record has its score: which views spoke up, what they saw and what they expected.

        Nothing is computed for it before, and nothing changes by it.

        Parameters
        ----------
        interval : timedelta, optional
            Between two records; the sentence then says "the last 40 min" instead of "the last 8 records".

        Raises
        ------
        ValueError
            Before the first record.
        """
        if self._moment is None:
            raise ValueError("explain: expected a record first")
        from zhtm_detector.htm.explaining.explain import Explained  # only who asks for it waits for it

        low, high = self._vote.seen.tolist()
        span = high - low if self._span is None else self._span
        source = self._prediction.source if self._prediction else None
        parts = (source, self._value, self._blocks, self._vote)
        return Explained(self.params, *parts, span, self._last, self._moment).explanation(interval)

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
        self.changes += 1
        if self._growing is not None:
            self._single = None  # its columns may be replaced
        return self._judge(*records) if self._predictor is None else self._judge_and_predict(*records)

    def predict(self) -> dict[int, Distribution]:
        """Return what is expected after the last record: for each of `predict_steps` the distribution of that value.

        Raises
        ------
        ValueError
            Before the first record, or if the model was built without `predict_steps`.
        """
        if self._predictor is None:
            raise ValueError("predict: expected a model with predict_steps, as HTMModel(…, predict_steps=(1, 5))")
        return self._predictor.predict()

    def _judge_and_predict(self, clock: NDArray[np.int64], values: NDArray[np.float64], learn: bool) -> Steps:
        """Run record by record, because the predictor needs the state after each."""
        assert self._predictor is not None
        judged = []
        for row, (moment, value) in enumerate(zip(clock.tolist(), values.tolist(), strict=True)):
            judged.append(self._judge(clock[row : row + 1], values[row : row + 1], learn))
            self._predictor.take(moment, value, active_bits(self._prediction), learn)
        if not judged:
            return self._judge(clock, values, learn)
        names = [field.name for field in fields(Steps)]
        return Steps(*(np.concatenate([getattr(one, name) for one in judged]) for name in names))

    def _single_record(self) -> SingleRecord | None:
        """Build the single-record path; None while the region waits for a range."""
        if self._prediction is not None and self._prediction.source is None:
            return None
        self._growing = self.columns if isinstance(self.columns, GrowingColumns) else None
        likelihood = self._prediction.likelihood_model if self._prediction else None
        parts = Parts(self.region, self.columns, likelihood, self._value, self._blocks, self._vote)
        self._single = SingleRecord(parts, self.params.anomaly.prediction_weight, self._span, self._last)
        return self._single

    def _looked_at(self) -> HTMModel:
        """Return a twin for one record of a stream whose range is not known yet."""
        twin = copy(self)
        twin._last = no_record(self.params.voters)
        twin._prediction = self._prediction.waiting() if self._prediction else None
        for name in ("_value", "_blocks", "_vote"):
            part = getattr(self, name)
            setattr(twin, name, look_at(part) if part else None)
        return twin

    def _spans(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Range that distances are measured by, at each record: the given one, or that of all values up to it."""
        if self._span is not None:
            return np.full(len(values), self._span)
        low, high = self._vote.seen
        spans: NDArray[np.float64] = np.maximum.accumulate(np.maximum(values, high))
        spans -= np.minimum.accumulate(np.minimum(values, low))
        return spans

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
        seen = self._vote.seen.copy()
        score, novelty, out_of_range, unsilenced = self._vote.run_checked(votes, raw, values)
        if len(values):
            # Which of two zeros NumPy takes for the lowest is its affair; 0.0 more makes it the positive one.
            before = values[:-1].min(initial=seen[0]) + 0.0, values[:-1].max(initial=seen[1]) + 0.0
            results = (values[-1], before, raw[-1], votes[:, -1:], score[-1], unsilenced[-1])
            for array, result in zip(self._last, results, strict=True):
                array[:] = result
            self._moment = clock.view("datetime64[us]")[-1]
        return Steps(score, raw, likelihood, novelty, out_of_range, score < unsilenced, unsilenced)


def _wall_moment(moment: datetime) -> datetime:
    """Return a timestamp without its time zone: what was scored is its own wall-clock time."""
    return moment if moment.tzinfo is None else moment.replace(tzinfo=None)


def _first(steps: Steps) -> Step:
    return Step(*(getattr(steps, name)[0].item() for name in Step._fields))


def checked_settings(params: Any, probation: Any, seed: Any) -> tuple[ModelParams, int, int]:
    """Check what all models of a preset have in common; ValueError for another type or a number out of its range."""
    return params_of("params", params, ModelParams), whole("probation", probation, 0, MOST_PROBATION), seed_of(seed)
