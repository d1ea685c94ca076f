"""The baselines: one rule per test, and each kernel against its slow twin."""

from __future__ import annotations

import math
import pickle
import random
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from naive import baselines as naive
from naive.likelihood import out_of_range

from zhtm_detector.detectors import gaussian_kernel as kernels
from zhtm_detector.detectors.baselines import (
    BASELINES,
    Baseline,
    NearestValueDetector,
    NearestValueRefractoryDetector,
    RandomDetector,
    WindowedGaussianDetector,
)
from zhtm_detector.htm.anomaly import ValueRange
from zhtm_detector.htm.kernels import nearest
from zhtm_detector.htm.kernels import vote as evidence


@dataclass
class DataSet:
    data: pd.DataFrame


def make(name: str, values: list[float] | np.ndarray) -> Baseline:
    times = pd.date_range("2024-01-01", periods=len(values), freq="5min")
    detector = BASELINES[name](DataSet(pd.DataFrame({"timestamp": times, "value": values})), 0.15)
    detector.initialize()
    return detector


def scores(name: str, values: list[float]) -> list[float]:
    return make(name, values).scores(values).tolist()


def samples(seed: int, count: int = 160) -> np.ndarray:
    """Values of all kinds: smooth, with ties, constant, far apart."""
    rng = np.random.default_rng(seed)
    kind = seed % 5
    values = [
        np.cumsum(rng.random(count) - 0.5),
        np.floor(rng.random(count) * 12) - 6,
        np.full(count, rng.random()),
        10.0 ** (rng.random(count) * 40 - 20) * np.where(rng.random(count) < 0.5, -1, 1),
        np.where(rng.random(count) < 0.7, 0.1, rng.random(count)),
    ][kind]
    return np.asarray(values, dtype=np.float64)


def test_names() -> None:
    assert list(BASELINES) == [
        "null",
        "random",
        "valueRange",
        "nearestValue",
        "nearestValueRefractory",
        "windowedGaussian",
    ]
    assert not any("_" in name for name in BASELINES)


def test_null() -> None:
    assert scores("null", [1.0, 5.0]) == [0.5, 0.5]


def test_random_starts_anew_for_each_file() -> None:
    random.seed(42)
    expected = [random.uniform(0, 1) for _ in range(50)]
    detector = make("random", [0.0] * 50)
    assert isinstance(detector, RandomDetector)
    assert detector.scores(np.zeros(50)).tolist() == expected
    detector.initialize()
    assert [detector.handleRecord({"value": 0.0})[0] for _ in range(50)] == expected


def test_value_range() -> None:
    # no rule before two distinct values; the margin is 5% of the range before the record, on both sides
    assert scores("valueRange", [10, 10, 30, 30.9, 32.1, 31, 9.1, 7.9]) == [0, 0, 0, 0, 1, 0, 0, 1]


def test_nearest_value() -> None:
    assert scores("nearestValue", [0, 10, 4, 5, 5, 8]) == [0, 1, 0.4, 0.1, 0, 0.2]


def test_nearest_value_of_a_constant_file() -> None:
    assert scores("nearestValue", [3, 3, 3]) == [0, 0, 0]


def test_nearest_value_beyond_the_range_is_clipped() -> None:
    detector = make("nearestValue", [0, 1])
    assert detector.scores([0, 1, 7, -1e300]).tolist() == [0, 1, 1, 1]


def test_nearest_value_of_extreme_values() -> None:
    assert scores("nearestValue", [-1.7e308, 1.7e308, 0.0]) == [0, 1, 0.5]


def test_nearest_value_forgets_the_oldest_value() -> None:
    class Small(NearestValueDetector):
        capacity = 3

    detector = Small(DataSet(pd.DataFrame({"timestamp": range(2), "value": [0, 10]})), 0.15)
    detector.initialize()
    # 0, 4 and 10 fill the store (0 again is not stored twice); 8 evicts 0, so 0 is 4 away, and evicts 4
    assert detector.scores([0, 4, 10, 0, 8, 0, 4]).tolist() == [0, 0.4, 0.6, 0, 0.2, 0.4, 0.4]


def test_refractory_period() -> None:
    values = np.zeros(4032)
    detector = make("nearestValueRefractory", values)
    assert isinstance(detector, NearestValueRefractoryDetector)
    assert detector._period == 181  # 0.3 x 604
    detector = make("nearestValueRefractory", np.zeros(22695))
    assert detector._period == 225  # type: ignore[attr-defined]  # 0.3 x 750


def test_refractory() -> None:
    def run(period: int, raw: list[float]) -> list[float]:
        out = np.empty(len(raw))
        evidence.refractory(np.array(raw), period, evidence.refractory_state(period), out)
        return out.tolist()

    # the third is not above the first, the fourth is; a silenced 0.5 silences the equal one after it
    assert run(2, [0.5, 0.1, 0.5, 0.6, 0.1, 0.2, 0.3]) == [0.5, 0, 0, 0.6, 0, 0, 0.3]
    assert run(2, [0.6, 0.5, 0.1, 0.2, 0.2]) == [0.6, 0, 0, 0, 0]
    assert run(0, [0.5, 0.5, 0.1]) == [0.5, 0.5, 0.1]


def test_windowed_gaussian_at_the_start() -> None:
    assert scores("windowedGaussian", [5, 5, 5.1])[:2] == [0, 0.5]
    assert scores("windowedGaussian", [5, 5, 5.1])[2] == 1.0  # the deviation of equal values counts as 1e-6


@pytest.mark.parametrize("constant", [0.1, 1e9 / 3, -7.7])
def test_windowed_gaussian_of_a_constant_file(constant: float) -> None:
    assert scores("windowedGaussian", [constant] * 6700)[1:] == [0.5] * 6699


def test_windowed_gaussian_is_nabs_rule() -> None:
    values = np.concatenate([samples(0, 6500) * 40 + 1000, samples(1, 700)])
    got = make("windowedGaussian", values).scores(values)
    window: list[float] = []
    waiting: list[float] = []
    for i, value in enumerate(values.tolist()):
        # NAB recomputes the moments for each record; some records are enough here
        if window and (i < 300 or i % 37 == 0):
            z = abs(value - np.mean(window)) / (np.std(window) or 1e-6)
            expected = 1 - 0.5 * math.erfc(z / 2**0.5)
            assert got[i] == pytest.approx(expected, abs=1e-11)
        if len(window) < 6400:
            window.append(value)
        else:
            waiting.append(value)
            if len(waiting) == 100:
                window, waiting = window[100:] + waiting, []


def test_windowed_gaussian_where_squares_overflow() -> None:
    got = scores("windowedGaussian", [0.0, 1e300, -1.7e308, 1.7e308, 0.0])
    assert got[1] == 1.0
    assert got[2:] == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("seed", range(60))
def test_twins(seed: int) -> None:
    values = samples(seed)
    plain = values.tolist()
    out = np.empty_like(values)

    assert ValueRange(0.05).run(values).tolist() == out_of_range(plain, 0.05)

    for capacity in (1, 7, 1000):
        half_spans = np.full(values.size, 0.5 * max(plain) - 0.5 * min(plain))
        nearest.nearest_value(values, half_spans, nearest.nearest_state(capacity), out)
        assert out.tolist() == naive.nearest_value(plain, min(plain), max(plain), capacity)

    for period in (0, 1, 9, 400):
        silenced = np.empty_like(out)
        evidence.refractory(out, period, evidence.refractory_state(period), silenced)
        assert silenced.tolist() == naive.refractory(out.tolist(), period)

    for size, step in ((40, 8), (30, 7), (1, 1), (200, 10)):
        kernels.windowed_gaussian(values, 1e-6, kernels.gaussian_state(size, step), out)
        assert out.tolist() == naive.windowed_gaussian(plain, size, step, 1e-6)


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("seed", range(5))
def test_single_records_stretches_and_the_whole_file_score_alike(name: str, seed: int) -> None:
    values = samples(seed, 900)
    detector = make(name, values)
    whole = detector.scores(values).tolist()
    assert all(0 <= score <= 1 for score in whole)
    detector.initialize()
    assert [detector.handleRecord({"timestamp": None, "value": value})[0] for value in values] == whole
    detector = pickle.loads(pickle.dumps(make(name, values)))
    detector.initialize()
    pieces = [detector.scores(piece) for piece in np.split(values, [1, 1, 130, 700])]
    assert np.concatenate(pieces).tolist() == whole
    detector.initialize()
    table = detector.run()
    assert list(table.columns) == ["timestamp", "value", "anomaly_score"] == detector.getHeader()
    assert table["anomaly_score"].tolist() == whole
    assert table["value"].tolist() == values.tolist()


def test_windowed_gaussian_slides_in_single_records_too() -> None:
    class Small(WindowedGaussianDetector):
        window = 50
        step = 7

    values = samples(0, 300)
    detector = Small(DataSet(pd.DataFrame({"timestamp": range(300), "value": values})), 0.15)
    detector.initialize()
    whole = detector.scores(values).tolist()
    detector.initialize()
    assert [detector.handleRecord({"value": value})[0] for value in values] == whole


@pytest.mark.parametrize("name", BASELINES)
def test_no_records(name: str) -> None:
    assert make(name, [1.0, 2.0]).scores([]).size == 0


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_values_must_be_finite(bad: float) -> None:
    detector = make("nearestValue", [1.0, 2.0])
    with pytest.raises(ValueError, match=r"^row 1: value: expected a finite number"):
        detector.scores([1.0, bad])
    with pytest.raises(ValueError, match=r"^row 0: value: expected a finite number"):
        detector.scores([[1.0]])
