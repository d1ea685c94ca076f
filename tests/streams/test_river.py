"""The River estimator against River's own checks."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("river", reason="river is not installed")

from numba.core import config
from river import base, checks, compose, datasets

from zhtm_detector.common.errors import InputError
from zhtm_detector.streams.river import HTMDetector

RECORDS = 10 if config.DISABLE_JIT else 60  # type: ignore[attr-defined]  # kernels as plain Python take their time


class StandIn:
    """For the credit cards' transactions, which River would download: five numbers, a few frauds."""

    def take(self, records: int) -> list[tuple[dict[str, float], int]]:
        return [(self._features(number), int(number % 20 == 19)) for number in range(min(records, RECORDS))]

    @staticmethod
    def _features(number: int) -> dict[str, float]:
        fraud = 9.0 if number % 20 == 19 else 0.0
        return {f"V{column}": math.sin(number * column / 4) + fraud for column in range(1, 6)}


def all_checks() -> list[Callable[[Any], None]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets, "CreditCard", StandIn)
        return list(checks.yield_checks(HTMDetector(probation=20)))


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.__name__)
def test_rivers_check(check: Callable[[Any], None]) -> None:
    assert check.__name__ not in HTMDetector()._unit_test_skips()
    check(HTMDetector(probation=20))


def test_there_are_checks() -> None:
    names = {check.__name__ for check in all_checks()}
    assert {"check_predict_one_pure", "check_clone_is_independent", "check_emerging_features"} <= names
    assert len(names) >= 26


def test_it_is_an_anomaly_detector() -> None:
    assert isinstance(HTMDetector(), base.AnomalyDetector)


def test_a_score_is_that_of_learning_and_pure() -> None:
    """Also after a copy by pickle; the time is a field, the other text is ignored because one value was named."""
    detector = HTMDetector(preset="column", value="load", timestamp="at", probation=20)
    for number in range(RECORDS):
        x = {"load": math.sin(number), "at": f"2026-01-01T{number // 60:02}:{number % 60:02}", "host": "a"}
        scores = {detector.score_one(x), detector.score_one(x), pickle.loads(pickle.dumps(detector)).score_one(x)}
        assert scores == {detector._models.learn(*detector._split(x))}


def test_in_a_pipeline() -> None:
    pipeline = compose.Select("V1", "V2") | HTMDetector(probation=20)
    for x, _ in StandIn().take(RECORDS):
        pipeline.learn_one(x)
    assert 0.0 <= pipeline.score_one({"V1": 0.0, "V2": 0.5, "V3": 1.0}) <= 1.0


def test_bad_records() -> None:
    with pytest.raises(InputError, match=r"timestamp: expected a field 'at', got \['load'\]"):
        HTMDetector(timestamp="at").learn_one({"load": 1.0})
    with pytest.raises(ValueError, match="field 'host': expected a finite number"):
        HTMDetector().learn_one({"host": "a"})
    with pytest.raises(InputError, match="preset"):
        HTMDetector(preset="none such").learn_one({"load": 1.0})
