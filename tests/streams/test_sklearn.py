"""The estimator in scikit-learn's style, against scikit-learn's own checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="sklearn is not installed")

from numba.core import config
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.params import load_preset
from zhtm_detector.streams.adapter import FieldModels
from zhtm_detector.streams.sklearn import HTMDetector

RECORDS = 10 if config.DISABLE_JIT else 150  # type: ignore[attr-defined]  # kernels as plain Python take their time
X = 5 + 4 * np.sin(np.arange(RECORDS) / 6).reshape(-1, 1)
# What follows from samples being the records of one stream.
ORDER = "a sample's score depends on those before it"
CONTRACT = {
    "check_methods_sample_order_invariance": ORDER,
    "check_methods_subset_invariance": ORDER,
    "check_outliers_fit_predict": "fit_predict is about the fitted samples, predict about those that follow them",
}


def make(**params: Any) -> HTMDetector:
    return HTMDetector(**({"preset": "novelty", "probation": 20, "threshold": 0.05} | params))


def name_of(check: Any) -> str:
    return str(getattr(check, "func", check).__name__)


CHECKS = [(estimator, check) for estimator, check in estimator_checks_generator(make())]


@pytest.mark.parametrize(("estimator", "check"), CHECKS, ids=lambda each: name_of(each) if callable(each) else "")
@pytest.mark.compiled
@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_check(estimator: HTMDetector, check: Callable[[HTMDetector], None]) -> None:
    if name_of(check) in CONTRACT:
        with pytest.raises(AssertionError):
            check(estimator)
    else:
        check(estimator)


def test_there_are_checks() -> None:
    assert {name_of(check) for _, check in CHECKS} > set(CONTRACT)
    assert len(CHECKS) > 40


def test_what_is_scored_follows_what_was_fitted() -> None:
    half = RECORDS // 2
    models = FieldModels(load_preset("novelty"), None, None, 20, 300.0, 42)
    expected = models.run({0: X[:, 0]}, None, RECORDS)
    detector = make().fit(X[:half])
    assert detector.fit_scores_.tolist() == expected[:half].tolist()
    for _ in range(2):
        assert (-detector.score_samples(X[half:])).tolist() == expected[half:].tolist()
    assert detector.partial_fit(X[half:]).fit_scores_.tolist() == expected[half:].tolist()
    assert make().partial_fit(X).fit_scores_.tolist() == expected.tolist()
    labels = make(threshold=float(expected[-1])).fit_predict(X)
    assert labels.tolist() == np.where(expected >= expected[-1], -1, 1).tolist()


def test_columns_for_time_and_values(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(
        FieldModels, "run", lambda self, columns, times, records: seen.append((columns, times)) or np.zeros(records)
    )
    make(timestamp=0, value=2).fit([[60.0, 1.0, 2.0], [120.0, 3.0, 4.0]])
    (columns, times) = seen[0]
    assert {number: column.tolist() for number, column in columns.items()} == {2: [2.0, 4.0]}
    assert times.tolist() == [60.0, 120.0]


def test_in_a_pipeline_and_cloned() -> None:
    pipeline = make_pipeline(StandardScaler(), clone(make(threshold=0.5)))
    assert set(pipeline.fit_predict(X).tolist()) <= {-1, 1}


def test_bad_parameters() -> None:
    with pytest.raises(InputError, match="value: expected a column below 1, got 1"):
        make(value=1).fit(X)
    with pytest.raises(ValueError, match="threshold"):
        make(threshold=2.0).fit(X)
