"""The likelihood and the value-range rule equal their slow twins on various streams."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import likelihood as naive
from numpy.typing import NDArray

from zhtm_detector.htm.anomaly import AnomalyLikelihood, ValueRange, log_likelihood

KINDS = ("calm", "noisy", "constant metric", "nearly constant metric", "extremes", "all zero", "late change")


def stream(kind: str, length: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return values and raw scores."""
    rng = np.random.default_rng(seed)
    values = rng.normal(50.0, 5.0, length)
    raws = np.round(rng.beta(0.5, 4.0, length) * 40) / 40  # shares of 40 columns, as in a model
    if kind == "calm":
        raws = raws / 20
    elif kind == "constant metric":
        values[:] = 0.1
    elif kind == "nearly constant metric":
        values = 0.1 + rng.choice([0.001, 0.01, 0.02]) * rng.random(length)
    elif kind == "extremes":  # long runs, so that the filter takes effect
        raws = np.where((np.arange(length) // 15) % 9 == 8, 1.0, raws / 20)
    elif kind == "all zero":
        raws[:] = 0.0
    elif kind == "late change":
        values[: length // 2] = 3.0
        raws[: length // 2] = 0.0
    return values, raws


def likelihood(periods: naive.Periods) -> AnomalyLikelihood:
    return AnomalyLikelihood(
        periods.learning_period,
        periods.estimation_samples,
        periods.averaging_window,
        periods.history,
        periods.reestimation_period,
    )


PERIODS = st.builds(
    naive.Periods,
    learning_period=st.sampled_from([0, 1, 7, 40]),
    estimation_samples=st.sampled_from([0, 1, 20, 60]),
    averaging_window=st.sampled_from([1, 3, 10]),
    history=st.sampled_from([10, 30, 31, 100, 8640]),
    reestimation_period=st.sampled_from([1, 7, 100]),
)


@settings(max_examples=120, deadline=None)
@given(kind=st.sampled_from(KINDS), periods=PERIODS, length=st.integers(0, 300), seed=st.integers(0, 2**32 - 1))
def test_equals_twin(kind: str, periods: naive.Periods, length: int, seed: int) -> None:
    values, raws = stream(kind, length, seed)
    expected = naive.likelihoods(values.tolist(), raws.tolist(), periods)
    got = likelihood(periods).run(values, raws)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(log_likelihood(got), [naive.log_score(x) for x in got], rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("learning", "samples"), [(0, 0), (0, 1), (1, 0), (20, 20)])
def test_short_history(kind: str, learning: int, samples: int) -> None:
    """Overfill the history many times."""
    periods = naive.Periods(learning, samples, averaging_window=10, history=30, reestimation_period=100)
    values, raws = stream(kind, 700, seed=learning)
    expected = naive.likelihoods(values.tolist(), raws.tolist(), periods)
    np.testing.assert_allclose(likelihood(periods).run(values, raws), expected, rtol=0, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    periods=PERIODS,
    cuts=st.lists(st.integers(0, 250), max_size=5),
    seed=st.integers(0, 2**32 - 1),
)
def test_one_by_one_and_in_parts(kind: str, periods: naive.Periods, cuts: list[int], seed: int) -> None:
    values, raws = stream(kind, 250, seed)
    whole = likelihood(periods).run(values, raws).tolist()
    one = likelihood(periods)
    assert [one.update(value, raw) for value, raw in zip(values.tolist(), raws.tolist(), strict=True)] == whole
    parts = likelihood(periods)
    edges = [0, *sorted(cuts), 250]
    spans = [slice(a, b) for a, b in pairwise(edges)]
    assert [x for span in spans for x in parts.run(values[span], raws[span]).tolist()] == whole


VALUES = st.lists(st.one_of(st.sampled_from([0.0, 1.0, 1.05, -0.05, 5.0]), st.floats(-1e150, 1e150)), max_size=60)


@settings(max_examples=200, deadline=None)
@given(values=VALUES, tolerance=st.sampled_from([0.0, 0.05, 1.0]), cut=st.integers(0, 60))
def test_value_range(values: list[float], tolerance: float, cut: int) -> None:
    expected = naive.out_of_range(values, tolerance)
    array = np.array(values, dtype=np.float64)
    assert ValueRange(tolerance).run(array).tolist() == expected
    one = ValueRange(tolerance)
    assert [one.update(value) for value in values] == expected
    parts = ValueRange(tolerance)
    assert parts.run(array[:cut]).tolist() + parts.run(array[cut:]).tolist() == expected
