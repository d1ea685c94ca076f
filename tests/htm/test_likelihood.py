"""Rules of the anomaly likelihood, one per test, with numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from zhtm_detector.htm.anomaly import AnomalyLikelihood, log_likelihood

RED = 1.0 - 0.99999
YELLOW = 1.0 - 0.999


def tail(x: float, mean: float, deviation: float) -> float:
    return 0.5 * math.erfc((x - mean) / deviation / 1.4142)


def moving(count: int) -> NDArray[np.float64]:
    """Return values that keep changing."""
    return np.array([i % 7 for i in range(count)], dtype=np.float64)


def feed(likelihood: AnomalyLikelihood, raws: list[float]) -> list[float]:
    """Return the likelihoods of raw scores, with a changing metric."""
    return list(likelihood.run(moving(len(raws)), np.array(raws)).tolist())


def test_one_half_until_probation_is_over() -> None:
    got = feed(AnomalyLikelihood(4, 6), [0.0] * 10 + [1.0])
    assert got[:10] == [0.5] * 10
    assert got[10] > 0.99


@pytest.mark.parametrize(("learning", "samples", "first"), [(0, 0, 0), (1, 0, 1), (0, 1, 1)])
def test_hardly_any_probation(learning: int, samples: int, first: int) -> None:
    """Without a history nothing is unlikely; a history of one value counts as a constant metric."""
    got = feed(AnomalyLikelihood(learning, samples), [1.0, 0.0, 1.0])
    assert got[:first] == [0.5] * first
    assert got[first:] == pytest.approx([0.5] * (3 - first), abs=1e-3)


def test_floors_of_mean_and_variance() -> None:
    """Scores of all zero: mean 0.03, variance 0.0003."""
    got = feed(AnomalyLikelihood(0, 20), [0.0] * 20 + [0.5])
    assert got[20] == 1.0 - tail(0.05, 0.03, math.sqrt(0.0003))


def test_mean_and_variance_of_the_averaged_scores() -> None:
    raws = [0.0, 1.0] * 10
    got = feed(AnomalyLikelihood(4, 16, averaging_window=4), [*raws, 1.0])
    averaged = [sum(raws[i - 3 : i + 1]) / 4 for i in range(4, 20)]  # without the learning period
    assert set(averaged) == {0.5}
    assert got[20] == pytest.approx(1.0 - tail(0.75, 0.5, math.sqrt(0.0003)), abs=1e-12)


def test_learning_period_is_skipped() -> None:
    high_first = [1.0] * 10 + [0.0] * 30
    got = feed(AnomalyLikelihood(20, 20), [*high_first, 0.5])
    assert got[40] == 1.0 - tail(0.05, 0.03, math.sqrt(0.0003))


def test_learning_period_slides_out_of_the_history() -> None:
    """After 80 records a history of 40 no longer has the 20 of the learning period, so nothing is skipped."""
    raws = [1.0] * 40 + [0.5] * 20 + [0.0] * 20
    likelihood = AnomalyLikelihood(20, 60, history=40)
    got = feed(likelihood, [*raws, 0.0])
    history = raws[40:]
    averaged = np.array([np.mean(history[max(0, i - 9) : i + 1]) for i in range(40)])
    assert got[80] == pytest.approx(1.0 - tail(0.0, averaged.mean(), averaged.std()), abs=1e-12)


def test_reestimation_at_multiples_of_the_period() -> None:
    """The first estimate is at record 25, the next at record 30; until then the calm history counts."""
    raws = [0.0] * 25 + [0.3] * 10
    got = feed(AnomalyLikelihood(0, 25, reestimation_period=30), raws)
    floor = math.sqrt(0.0003)
    assert got[25:27] == pytest.approx([1.0 - tail(0.03 * k, 0.03, floor) for k in (1, 2)], abs=1e-12)
    history = raws[:30]
    averaged = np.array([np.mean(history[max(0, i - 9) : i + 1]) for i in range(30)])
    assert averaged.var() > 0.0003
    assert got[30] == pytest.approx(1.0 - tail(0.18, max(0.03, averaged.mean()), averaged.std()), abs=1e-12)


@pytest.mark.parametrize("spread", [0.0, 0.003])
def test_constant_metric_uses_the_null_distribution(spread: float) -> None:
    """If the variance of the values is below 1.5e-5, mean and deviation are 0.5 and 1000."""
    values = np.array([7.0 + spread * (i % 2) for i in range(41)])
    got = AnomalyLikelihood(0, 40).run(values, np.array([0.0] * 40 + [1.0]))
    assert got[40] == 1.0 - tail(0.1, 0.5, 1000.0)


def test_metric_with_enough_variance() -> None:
    values = np.array([7.0 + 0.008 * (i % 2) for i in range(41)])  # variance 1.6e-5
    got = AnomalyLikelihood(0, 40).run(values, np.array([0.0] * 40 + [1.0]))
    assert got[40] == 1.0 - tail(0.1, 0.03, math.sqrt(0.0003))


def test_only_the_first_of_a_run_of_extremes_counts_in_full() -> None:
    got = feed(AnomalyLikelihood(0, 40), [0.0] * 40 + [1.0] * 5 + [0.0] * 20 + [1.0] * 2)
    one, two = (1.0 - tail(average, 0.03, math.sqrt(0.0003)) for average in (0.1, 0.2))
    assert one < 1.0 - RED < two
    assert got[40:42] == [one, two]
    assert got[42:53] == [1.0 - YELLOW] * 11  # while the averaging window contains two of the five
    assert got[53] == one
    assert got[54] < 0.5
    assert got[65:67] == [one, two]


def test_a_stream_that_becomes_easier_to_predict_is_not_an_anomaly() -> None:
    """Below the mean the tail probability exceeds one half (Ahmad et al. 2017, section 3.2)."""
    raws = np.random.default_rng(1).random(100).tolist()
    got = feed(AnomalyLikelihood(0, 100), [*raws, *[0.0] * 10])
    assert max(got[105:]) < 0.1


def test_history_is_bounded() -> None:
    """Records older than the history have no influence."""
    rng = np.random.default_rng(2)
    recent = rng.random(60)
    got = []
    for old in (0.0, 1.0):
        likelihood = AnomalyLikelihood(0, 10, history=50, reestimation_period=10)
        raws = np.concatenate((np.full(40, old), recent))
        got.append(likelihood.run(moving(100), raws)[90:].tolist())
    assert got[0] == pytest.approx(got[1], abs=1e-12)


def test_no_records() -> None:
    assert AnomalyLikelihood(0, 0).run(np.empty(0), np.empty(0)).shape == (0,)
    assert log_likelihood(np.empty(0)).shape == (0,)


def test_log_likelihood() -> None:
    """Each step of 0.1 is a tail ten times smaller; the scale ends at 0 and 1."""
    likelihoods = np.array([0.0, 0.5, 0.9, 0.99, 0.99999, 1.0 - YELLOW, 1.0])
    got = log_likelihood(likelihoods)
    assert got == pytest.approx([0.0, 0.0301029996, 0.1, 0.2, 0.5, 0.3, 1.0], abs=1e-6)
    assert got.min() == 0.0
    assert got.max() == 1.0


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("learning_period", -1),
        ("estimation_samples", -1),
        ("averaging_window", 0),
        ("history", 9),
        ("reestimation_period", 0),
    ],
)
def test_bad_parameters(name: str, number: int) -> None:
    with pytest.raises(ValueError, match=rf"^{name}: expected a whole number from \d+ to \d+, got {number}$"):
        AnomalyLikelihood(**({"learning_period": 10, "estimation_samples": 10} | {name: number}))
