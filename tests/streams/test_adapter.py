"""The core of the adapters: a model per field, one score."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from numba.core import config

from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import ModelParams, load_preset
from zhtm_detector.streams.adapter import FieldModels
from zhtm_detector.streams.vote import vote_of

RECORDS = 20 if config.DISABLE_JIT else 200  # type: ignore[attr-defined]  # kernels as plain Python take their time


def make(probation: int = 30, interval: float = 600.0) -> FieldModels:
    return FieldModels(load_preset("zhtm"), 0.0, 10.0, probation, interval, 42)


def records() -> list[dict[str, float]]:
    """The second field emerges, and is missing now and then."""
    rng = np.random.default_rng(1)
    found = []
    for number in range(RECORDS):
        record: dict[str, Any] = {"load": 5 + 4 * math.sin(number / 6) + rng.normal(0, 0.2)}
        if number >= 5 and number % 7 > 0:
            record["heat"] = rng.choice([math.nan, 2.0, 3.0]) if number % 3 else rng.normal(3, 1)
        found.append(record)
    return found


def test_one_by_one_many_at_once_and_by_hand() -> None:
    """Models of their own, at the times that are counted, and the vote."""
    start, params = datetime(1970, 1, 1), load_preset("zhtm")
    by_hand = {name: HTMModel(params, 0.0, 10.0, 30) for name in ("load", "heat")}
    models, expected, looks = make(), [], []
    for number, record in enumerate(records()):
        there = {name: value for name, value in record.items() if not math.isnan(value)}
        moment = start + number * timedelta(minutes=10)
        expected.append(vote_of(by_hand[name].step(moment, value).score for name, value in there.items()))
        looks.append(models.score(record))
        assert models.learn(record) == looks[-1]
    assert looks == expected
    assert max(looks) > 0.2
    columns = {name: np.array([record.get(name, math.nan) for record in records()]) for name in ("load", "heat")}
    assert make().run(columns, None, RECORDS).tolist() == expected


def test_a_new_field_is_judged_by_a_new_model() -> None:
    models = make()
    assert models.score({"load": 1.0}) == models.score({"heat": 1.0}) == models.learn({"load": 1.0})
    assert models.score({"heat": 1.0}) == models.learn({"heat": 1.0})


def test_nothing_to_judge() -> None:
    models = make()
    assert models.score({}) == models.learn({}) == models.learn({"load": None, "heat": math.nan}) == 0.0


def test_without_a_range_the_models_are_causal() -> None:
    params = load_preset("zhtm")
    causal = HTMModel(params.model_copy(update={"causal": True}), 0.0, 0.0, 30)
    models = FieldModels(params, None, None, 30, 600.0, 42)
    for number, record in enumerate(records()):
        moment = datetime(1970, 1, 1) + number * timedelta(minutes=10)
        assert models.learn({"load": record["load"]}) == causal.step(moment, record["load"]).score


@pytest.mark.parametrize(
    "time", [86400 * 365.25, datetime(1970, 12, 31, 6), "1970-12-31T06:00", np.datetime64("1970-12-31T06")]
)
def test_a_time_is_a_moment_or_seconds_since_1970(time: object) -> None:
    assert make()._moments(time, 1)[0] in (datetime(1971, 1, 1, 6), datetime(1970, 12, 31, 6), time)


def test_counting_never_ends() -> None:
    """After 400 years the calendar repeats, to the weekday."""
    models = make(interval=86400.0)
    models._records = 146_097 * 50 + 3
    assert models._moments(None, 1) == [datetime(1970, 1, 4)]


@pytest.mark.parametrize(
    ("fields", "time", "message"),
    [
        ({"load": 1.0, "heat": "warm"}, None, "field 'heat': expected a finite number from -1e"),
        ({"load": math.inf}, None, "field 'load': expected a finite number"),
        ({"load": True}, None, "field 'load': expected a finite number"),
        ({"load": 1.0}, 1e300, "timestamp: expected seconds since 1970"),
        ({"load": 1.0}, math.nan, "timestamp: expected seconds since 1970"),
        ({"load": 1.0}, "noon", "timestamp: expected a datetime"),
    ],
)
def test_a_bad_record_changes_nothing(fields: dict[str, Any], time: Any, message: str) -> None:
    models = make()
    models.learn({"load": 1.0})
    for method in (models.learn, models.score):
        with pytest.raises(ValueError, match=message):
            method(fields, time)
    assert models._records == 1
    assert list(models._models) == ["load"]


def test_half_a_range_is_refused() -> None:
    with pytest.raises(InputError, match=r"minimum, maximum: expected both or none, got 1\.0, None"):
        FieldModels(ModelParams(), 1.0, None, 30, 600.0, 42)
    with pytest.raises(ValueError, match="interval"):
        make(interval=0.0)
