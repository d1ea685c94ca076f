"""The thresholds of a stream: what a wanted rate promises on any sequence of scores, and what survives a restart."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhtm_detector.common.errors import InputError
from zhtm_detector.streams.thresholds import FixedThreshold, TargetRate

HOUR = 3600 * 10**6
PER_HOUR = 1 / 3600
BOUND = 13
SCORES = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.5, 0.98, 1.0]))
WAITS = st.one_of(st.integers(0, HOUR), st.sampled_from([0, HOUR // 10, HOUR, 100 * HOUR]))
RECORDS = st.lists(st.tuples(SCORES, WAITS), min_size=1, max_size=60)


def alerts(threshold: TargetRate, scores: Any, step: int = HOUR // 10, start: int = 0) -> list[bool]:
    return [threshold.alert(float(score), start + number * step) for number, score in enumerate(scores)]


def clocks(records: list[tuple[float, int]]) -> list[tuple[float, int]]:
    now, found = 0, []
    for score, wait in records:
        now += wait
        found.append((score, now))
    return found


@settings(deadline=None, max_examples=50)
@given(RECORDS, st.floats(0, 1))
def test_it_is_what_exact_numbers_say(records: list[tuple[float, int]], start: float) -> None:
    """The twin keeps the level as a fraction, with no state but the last record."""
    threshold = TargetRate(PER_HOUR, start)
    level, before = Fraction(threshold.state()["level"] or 0), records[0][1]
    for score, now in clocks(records):
        level = max(level - Fraction(PER_HOUR) * (now - before) / 10**6, Fraction(-1))
        before = now
        threshold.alert(0.0, now)
        assert threshold.state()["level"] == pytest.approx(float(level), abs=1e-9)
        hit = score > 0 and score >= threshold.value
        assert threshold.alert(score, now) == hit
        level += hit


@settings(deadline=None, max_examples=50)
@given(RECORDS, st.floats(0, 1))
def test_never_many_more_alerts_than_wanted_in_any_stretch(records: list[tuple[float, int]], start: float) -> None:
    threshold = TargetRate(PER_HOUR, start)
    times = [now for score, now in clocks(records) if threshold.alert(score, now)]
    for first, begin in enumerate(times):
        for last in range(first, len(times)):
            assert last - first + 1 <= (times[last] - begin) / HOUR + BOUND + 1e-6


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.floats(1e-6, 1), st.integers(1, HOUR)), min_size=30, max_size=60), st.floats(0, 1))
def test_never_many_fewer_where_every_record_has_a_score(records: list[tuple[float, int]], start: float) -> None:
    threshold = TargetRate(PER_HOUR, start)
    number = sum(threshold.alert(score, now) for score, now in clocks(records))
    assert number >= sum(wait for _, wait in records[1:]) / HOUR - BOUND


@settings(deadline=None, max_examples=50)
@given(RECORDS, st.floats(0.1, 10), st.floats(1, 10))
def test_a_higher_rate_is_at_most_one_step_stricter(
    records: list[tuple[float, int]], rate: float, times: float
) -> None:
    low, high = TargetRate(rate * PER_HOUR), TargetRate(rate * times * PER_HOUR)
    for score, now in clocks(records):
        low.alert(score, now)
        high.alert(score, now)
        assert (high.state()["level"] or 0) <= (low.state()["level"] or 0) + 1 + 1e-9


@settings(deadline=None, max_examples=50)
@given(RECORDS, st.integers(0, 80))
def test_restored_in_the_middle_it_goes_on_the_same(records: list[tuple[float, int]], at: int) -> None:
    whole, part = TargetRate(PER_HOUR, 0.6), TargetRate(PER_HOUR, 0.6)
    for number, (score, now) in enumerate(clocks(records)):
        if number == at:
            part = TargetRate.restore(json.loads(json.dumps(part.state())))
        assert part.alert(score, now) == whole.alert(score, now)
        assert part.state() == whole.state()
    assert len(json.dumps(part.state())) < 120


SHAPES: dict[str, Callable[[np.random.Generator, int], Any]] = {
    "any score": lambda rng, size: rng.random(size),
    "peaks among zeros": lambda rng, size: np.where(rng.random(size) < 0.2, rng.beta(4, 2, size), 0.0),
    "close to 1": lambda rng, size: 1 - rng.random(size) ** 4 / 100,
    "small": lambda rng, size: rng.random(size) / 1000,
    "one score": lambda rng, size: np.full(size, 0.7),
    "only 1": lambda rng, size: np.ones(size),
    "two scores": lambda rng, size: np.where(rng.random(size) < 0.5, 1.0, 0.3),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("start", [0.0, 0.6, 1.0])
def test_the_rate_on_stationary_streams(shape: str, start: float) -> None:
    scores = SHAPES[shape](np.random.default_rng(1), 3000)
    raised = alerts(TargetRate(PER_HOUR, start), scores)
    counted = raised[40 * 10 :]  # after a warm-up of 40 wanted alerts
    assert sum(counted) == pytest.approx(260, rel=0.05)


@pytest.mark.parametrize("length", [100, 5000])
def test_a_flood_is_bounded_and_over_after_twelve_wanted_alerts(length: int) -> None:
    usual = SHAPES["peaks among zeros"](np.random.default_rng(2), 4000)
    threshold = TargetRate(PER_HOUR, 0.6)
    before = alerts(threshold, usual)
    flood = alerts(threshold, np.ones(length), start=400 * HOUR)
    assert 1 <= sum(flood[:10]) <= BOUND  # it is an alert, but not at each record
    assert length // 10 - BOUND <= sum(flood) <= length // 10 + BOUND
    after = alerts(threshold, usual, start=400 * HOUR + length * HOUR // 10)
    assert threshold.value < 0.9
    assert sum(after[120:]) == pytest.approx(sum(before[120:]), rel=0.05)
    assert not sum(after[:20])


def test_scores_too_few_are_all_alerts() -> None:
    raised = alerts(TargetRate(PER_HOUR, 1.0), [0.0] * 200 + ([0.001] + [0.0] * 19) * 10)
    assert sum(raised) == 10


def test_what_is_no_alert() -> None:
    threshold = TargetRate(PER_HOUR, 0.0)
    assert not threshold.alert(0.0, 10 * HOUR)
    assert not threshold.alert(float("nan"), 10 * HOUR)
    level = threshold.state()["level"]
    assert threshold.alert(1e-9, 0)  # backwards: no time has passed
    assert threshold.state() == {"rate": PER_HOUR, "level": (level or 0) + 1, "clock": 10 * HOUR}


def test_above_every_score_after_too_many() -> None:
    threshold = TargetRate(PER_HOUR, 0.5)
    assert threshold.value == pytest.approx(0.5)
    number = 0
    while threshold.alert(1.0, 0):
        number += 1
    assert (number, threshold.value) == (10, 1.1)


def test_a_fixed_threshold() -> None:
    threshold = FixedThreshold.restore(json.loads(json.dumps(FixedThreshold(0.25).state())))
    assert [threshold.alert(score, 0) for score in (0.0, 0.24, 0.25, 1.0)] == [False, False, True, True]
    assert threshold.value == 0.25


@pytest.mark.parametrize("rate", [0, -1.0, float("nan"), float("inf"), True, "2/day", None])
def test_bad_rates(rate: Any) -> None:
    with pytest.raises(InputError, match=r"^target rate: expected a number .*got "):
        TargetRate(rate)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), "0.5", None])
def test_bad_thresholds(value: Any) -> None:
    with pytest.raises(InputError, match=r"^threshold: expected a number from 0 to 1, got "):
        FixedThreshold(value)
    with pytest.raises(InputError, match=r"^start: expected a number from 0 to 1, got "):
        TargetRate(1.0, value)


@pytest.mark.parametrize(
    "change",
    [{"level": 13}, {"level": "1"}, {"level": float("nan")}, {"clock": 1.5}, {"clock": True}, {"rate": 0}, {"more": 1}],
)
def test_bad_states(change: dict[str, Any]) -> None:
    state = TargetRate(PER_HOUR).state()
    for bad in (state | change, {}, None, [1]):
        with pytest.raises(InputError):
            TargetRate.restore(bad)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"^threshold's state: expected the fields value, got "):
        FixedThreshold.restore(state)
