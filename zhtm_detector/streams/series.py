"""One series of a stream: its models, its threshold, its pace."""

from __future__ import annotations

import logging
from datetime import timedelta
from itertools import takewhile
from math import isnan, nan
from typing import Any, NamedTuple

import numpy as np

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import LONGEST, printable, shown
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.streams.input.clock import as_moment, spoken
from zhtm_detector.streams.outside import Outside
from zhtm_detector.streams.pace import Pace
from zhtm_detector.streams.record import Record, Result
from zhtm_detector.streams.settings import Settings
from zhtm_detector.streams.vote import vote_of

_FEW = 32  # records that are scored one by one: switching between `step` and `run` costs a growing model a millisecond

_logger = logging.getLogger(__name__)


class Admitted(NamedTuple):
    """A record that will be scored."""

    record: Record
    values: tuple[float, ...]  # for the models: NaN where there is none to score
    gap: int
    alarm: str  # reason of an alert that has nothing to do with the score; empty if there is none
    waiting: bool  # the models need the interval, which is being measured


class Outcome(NamedTuple):
    """What a model says of a value."""

    score: float
    silenced: bool
    unsilenced: float
    out_of_range: bool


class Series:
    """One series: scores its records in order, one by one or many at once, with the same result.

    Parameters
    ----------
    key : str
    settings : Settings
    """

    def __init__(self, key: str, settings: Settings) -> None:
        self.key = key
        self.settings = settings
        self.models: list[HTMModel] = []  # one per field, once the probation is known
        self.probation = settings.probation.records  # None until the interval is known
        self.threshold = settings.threshold(None)
        self._pace = Pace(settings.interval, settings.gap)
        self._outside = [Outside() for _ in settings.fields]
        self._records = 0
        self._scored = 0
        self._held = (nan,) * len(settings.fields)  # last values
        self._pending: list[tuple[int, tuple[float, ...]]] = []  # for models that are not built yet: clock, values
        self._told = False  # an alert was given for the gap that lasts

    @property
    def last(self) -> int | None:
        """Absolute time of the last record, in microseconds."""
        return self._pace.last

    def admit(self, record: Record) -> Admitted:
        """Take a record that is no earlier than the last one.

        Raises
        ------
        InputError
            If a value is missing and must not; nothing has changed then.
        """
        settings = self.settings
        values = record.values
        missing = any(map(isnan, values))
        if missing and settings.missing == "error":
            raise InputError("expected a value, got none (--missing skip and hold accept that)")
        if record.stamp is None and settings.interval is not None:
            clock = settings.start + self._records * settings.interval
            record = record._replace(stamp=as_moment(clock).isoformat(" "), clock_us=clock, instant=clock)
        has_value = not missing or not all(map(isnan, values))
        gap, without = self._pace.pass_to(record.instant, has_value)
        if missing:
            held = tuple(old if isnan(new) else new for old, new in zip(self._held, values, strict=True))
            values = held if settings.missing == "hold" else values
            self._held = held
        else:
            self._held = values
        self._records += 1
        if self.probation is None and not self._pace.measuring:
            self.probation = settings.probation.at(self._pace.interval)
        return Admitted(record, values, gap, self._alarm(without, has_value), self.probation is None)

    def score(self, admitted: list[Admitted]) -> list[Result]:
        """Score records that were admitted, in the same order."""
        results: list[Result] = []
        if not self.models:
            waiting = list(takewhile(lambda each: each.waiting, admitted))
            self._pending += [(each.record.clock_us, each.values) for each in waiting]
            results = [_result(each, None if all(map(isnan, each.values)) else 0.0) for each in waiting]
            admitted = admitted[len(waiting) :]
            if admitted:
                self._build()
        if self.settings.explains:
            return results + [result for each in admitted for result in self._judge([each])]
        return results + self._judge(admitted)

    def state(self) -> dict[str, Any]:
        """Return everything but the models, as JSON."""
        return {
            "probation": self.probation,
            "threshold": self.threshold.state(),
            "pace": self._pace.state(),
            "outside": [each.state() for each in self._outside],
            "records": self._records,
            "scored": self._scored,
            "held": _as_json(self._held),
            "pending": [[clock, _as_json(values)] for clock, values in self._pending],
            "told": self._told,
        }

    def restore(self, state: dict[str, Any], models: list[HTMModel]) -> None:
        """Go on as from that state, with these models.

        Raises
        ------
        ValueError
            If they are not one per field, of the stream's settings, or it has not as many as there are fields.
        """
        settings, fields = self.settings, len(self.settings.fields)
        rows = [state["held"], state["outside"], *(values for _, values in state["pending"])]
        if any(len(row) != fields for row in rows) or len(models) != (fields if models or state["scored"] else 0):
            raise ValueError(f"expected {fields} fields")
        own = (settings.params, *(settings.limits or (0.0, 0.0)), state["probation"], settings.seed)
        for model in models:
            if (model.params, model.minimum, model.maximum, model.probation, model.seed) != own:
                raise ValueError("expected models with the settings of the stream")
        self.models = models
        self.probation = state["probation"]
        self.threshold = self.settings.threshold(state["threshold"])
        self._pace.restore(state["pace"])
        for each, saved in zip(self._outside, state["outside"], strict=True):
            each.restore(saved)
        self._records, self._scored, self._told = state["records"], state["scored"], state["told"]
        self._held = _from_json(state["held"])
        self._pending = [(clock, _from_json(values)) for clock, values in state["pending"]]

    def _alarm(self, without: int, has_value: bool) -> str:
        """Return the reason of an alert for a gap, once per gap."""
        limit = self.settings.gap_alert
        told = limit is not None and without >= limit
        alarm = f"no data for {spoken(without)}" if told and not self._told else ""
        self._told = told and not has_value
        return alarm

    def _build(self) -> None:
        """Build the models; they learn the records that waited for the interval."""
        settings = self.settings
        assert self.probation is not None
        low, high = settings.limits or (0.0, 0.0)
        self.models = [HTMModel(settings.params, low, high, self.probation, settings.seed) for _ in self._outside]
        pending, self._pending = self._pending, []
        records = [Record(0, self.key, None, clock, clock, values) for clock, values in pending]
        self._judge([Admitted(record, record.values, 0, "", False) for record in records])

    def _judge(self, admitted: list[Admitted]) -> list[Result]:
        fields = [self._run(field, admitted) for field in range(len(self.models))]
        return [self._decide(*each) for each in zip(admitted, zip(*fields, strict=True), strict=True)]

    def _run(self, field: int, admitted: list[Admitted]) -> list[Outcome | None]:
        """Score the values of a field; None where there is none."""
        model = self.models[field]
        there = [(each.record.clock_us, value) for each in admitted if not isnan(value := each.values[field])]
        if len(there) < _FEW:
            steps = [model.step(as_moment(clock), value) for clock, value in there]
            found = [Outcome(step.score, step.silenced, step.unsilenced, step.out_of_range) for step in steps]
        else:
            clock, values = zip(*there, strict=True)
            run = model.run(np.array(clock, dtype=np.int64).view("datetime64[us]"), np.array(values))
            columns = (run.score, run.silenced, run.unsilenced, run.out_of_range)
            found = [Outcome(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]
        if len(there) == len(admitted):
            return list(found)
        outcomes = iter(found)
        return [None if isnan(each.values[field]) else next(outcomes) for each in admitted]

    def _decide(self, each: Admitted, outcomes: tuple[Outcome | None, ...]) -> Result:
        """Vote, and decide whether that is an alert."""
        assert self.probation is not None
        counts = self._scored >= self.probation
        scores: dict[int, float] = {}  # by field
        distances = []
        silenced = out_of_range = False
        for field, outcome in enumerate(outcomes):
            if outcome is None:
                continue
            outside = self._outside[field]
            distance = self._distance(field, each.values[field])
            score = outcome.score
            if outcome.silenced:
                # Silence hides nothing: further outside of all that was seen than the record that silences it.
                if distance > outside.alarm and counts and outcome.unsilenced >= self.threshold.value:
                    score = outcome.unsilenced
                else:
                    silenced = True
            out_of_range |= outcome.out_of_range
            scores[field] = score
            distances.append((outside, distance))
        if not scores:
            return _result(each, None)
        self._scored += 1
        score = vote_of(scores.values())
        strong = score >= self.threshold.value
        alert = counts and self.threshold.alert(score, each.record.instant)
        if strong or alert:
            for outside, distance in distances:
                outside.alarm = distance
        reason = self._reason(max(scores, key=scores.__getitem__)) if alert and self.settings.explains else ""
        return _result(each, score, alert, silenced, out_of_range, reason)

    def _distance(self, field: int, value: float) -> float:
        """Return how far a value is outside of all before it; warn, once, of one far out of the range given."""
        outside = self._outside[field]
        limits = self.settings.limits
        if limits is not None and not outside.warned:
            beyond = max(value - limits[1], limits[0] - value)
            if beyond > limits[1] - limits[0]:
                outside.warned = True
                of = f"key {shown(self.key)}: " if self.key else ""
                _logger.warning(
                    f"{of}value {value:g} is {beyond:g} out of the range given, {limits[0]:g} to {limits[1]:g}, which "
                    "is more than its width; without --minimum and --maximum the range is that of the data"
                )
        return outside.pass_to(value)

    def _reason(self, field: int) -> str:
        """Return why a field, named if there are several, is an alert; its model has scored nothing since."""
        interval = self._pace.interval
        why = self.models[field].explain(None if interval is None else timedelta(microseconds=interval)).sentence
        names = self.settings.fields
        return f"{printable(names[field], LONGEST)}: {why}" if len(names) > 1 else why


def _result(
    each: Admitted,
    score: float | None,
    alert: bool = False,
    silenced: bool = False,
    out_of_range: bool = False,
    reason: str = "",
) -> Result:
    reason = "; ".join(part for part in (each.alarm, reason) if part)
    return Result(each.record, score, alert or bool(each.alarm), silenced, out_of_range, each.gap, reason)


def _as_json(values: tuple[float, ...]) -> list[float | None]:
    return [None if isnan(value) else value for value in values]


def _from_json(values: list[float | None]) -> tuple[float, ...]:
    return tuple(nan if value is None else value for value in values)
