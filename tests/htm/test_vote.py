"""The vote: mean prediction error, noisy-OR, gate and refractory rule, one rule per test."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest
from numpy.typing import NDArray

from zhtm_detector.htm.anomaly import Vote
from zhtm_detector.htm.kernels import vote as kernel
from zhtm_detector.htm.params import GateParams, ModelParams, ValueNoveltyParams


def mean_errors(errors: list[float], window: int) -> NDArray[np.float64]:
    means = np.empty(len(errors))
    kernel.moving_mean(np.array(errors), kernel.mean_state(window), means)
    return means


def silent(period: int) -> Vote:
    """A vote with a refractory period, and nothing else that changes the evidence."""
    anomaly = ModelParams().anomaly.model_copy(
        update={"prediction_weight": 0.0, "refractory": 1.0, "value_range_tolerance": None}
    )
    return Vote(ModelParams(anomaly=anomaly, value_novelty=ValueNoveltyParams()), probation=period)


def silenced(scores: NDArray[np.float64] | list[float], period: int, rule: Vote | None = None) -> list[float]:
    evidence = np.array(scores)
    kept: list[float] = (rule or silent(period)).run(evidence[np.newaxis], evidence, evidence)[0].tolist()
    return kept


def voted(prediction: float, value: float, blocks: float, error: float = 0.0, gate: float = 0.0) -> float:
    out = np.empty(1)
    kernel.vote(np.array([[prediction], [value], [blocks]]), np.array([error]), gate, out)
    return float(out[0])


def test_mean_of_the_last_errors() -> None:
    assert mean_errors([1.0, 0.5, 0.0, 0.25, 0.5], 3).tolist() == pytest.approx([1.0, 0.75, 0.5, 0.25, 0.25])


def test_a_window_of_no_records_is_one_of_one() -> None:
    anomaly = ModelParams().anomaly.model_copy(
        update={"prediction_weight": 0.0, "gate": GateParams(weight=1.0), "value_range_tolerance": None}
    )
    gated = Vote(ModelParams(anomaly=anomaly), probation=0)
    evidence, raw = np.array([[0.0] * 3, [0.75] * 3]), np.array([1.0, 0.5, 0.0])
    assert gated.run(evidence, raw, np.zeros(3))[0].tolist() == [0.0, 0.5, 0.75]


def test_rounding_does_not_add_up() -> None:
    got = mean_errors([0.1, 0.7, 0.2] * 30_000 + [0.0] * 300, 100)
    assert (np.abs(got[:90_000:100][1:] - 1 / 3) < 0.005).all()
    assert got[-1] == 0.0


def test_a_score_must_exceed_those_of_the_period() -> None:
    assert silenced([0.5, 0.4, 0.6], 2) == [0.5, 0.0, 0.6]


def test_an_equal_score_is_silenced() -> None:
    assert silenced([0.5, 0.5], 1) == [0.5, 0.0]


def test_a_score_counts_again_after_the_period() -> None:
    assert silenced([0.5, 0.1, 0.1, 0.4], 3) == [0.5, 0.0, 0.0, 0.0]
    assert silenced([0.5, 0.1, 0.1, 0.4], 2) == [0.5, 0.0, 0.0, 0.4]


def test_a_silenced_score_silences() -> None:
    # 0.4 is silenced by 0.5; of 0.5 nothing is left when 0.3 comes, but 0.4 is
    assert silenced([0.5, 0.4, 0.3], 1) == [0.5, 0.0, 0.0]


def test_no_period_changes_nothing() -> None:
    assert silenced([0.5, 0.5, 0.1, 0.0], 0) == [0.5, 0.5, 0.1, 0.0]


def test_a_period_longer_than_the_stream() -> None:
    assert silenced([0.1, 0.3, 0.2, 0.4], 10**5) == [0.1, 0.3, 0.0, 0.4]


def test_in_parts() -> None:
    scores = np.round(np.random.default_rng(1).random(500), 1)
    rule = silent(9)
    parts = (silenced(part, 9, rule) for part in np.split(scores, [0, 1, 8, 9, 300]))
    assert [*chain(*parts)] == silenced(scores, 9)


def test_one_kind_of_evidence_is_the_score() -> None:
    assert voted(0.3, 0.0, 0.0) == voted(0.0, 0.3, 0.0) == voted(0.0, 0.0, 0.3) == 0.3


def test_doubts_are_multiplied() -> None:
    assert voted(0.5, 0.5, 0.5) == 0.875
    assert voted(1.0, 0.2, 0.0) == 1.0


def test_an_unpredictable_stream_counts_less() -> None:
    assert voted(0.0, 0.75, 0.0, error=0.0, gate=0.5) == 0.75
    assert voted(0.0, 0.75, 0.0, error=1.0, gate=0.5) == pytest.approx(0.5)  # the square root of the doubt
    assert voted(0.0, 0.75, 0.0, error=1.0, gate=1.0) == 0.0
    assert voted(0.0, 0.75, 0.0, error=1.0, gate=0.0) == 0.75
