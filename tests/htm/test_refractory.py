"""MeanError, the refractory rule and the vote: one rule a test."""

from __future__ import annotations

import numpy as np
import pytest

from zhtm_detector.htm.anomaly import MeanError, Refractory
from zhtm_detector.htm.kernels.vote import vote


def silenced(scores: list[float], period: int) -> list[float]:
    kept: list[float] = Refractory(period).run(np.array(scores)).tolist()
    return kept


def voted(prediction: float, value: float, blocks: float, error: float = 0.0, gate: float = 0.0) -> float:
    out = np.empty(1)
    vote(np.array([[prediction], [value], [blocks]]), np.array([error]), gate, out)
    return float(out[0])


def test_mean_of_the_last_errors() -> None:
    got = MeanError(3).run(np.array([1.0, 0.5, 0.0, 0.25, 0.5]))
    assert got.tolist() == pytest.approx([1.0, 0.75, 0.5, 0.25, 0.25])


def test_a_window_of_no_records_is_one_of_one() -> None:
    assert MeanError(0).run(np.array([1.0, 0.5, 0.0])).tolist() == [1.0, 0.5, 0.0]


def test_rounding_does_not_add_up() -> None:
    errors = np.tile([0.1, 0.7, 0.2], 30_000)
    got = MeanError(100).run(np.concatenate((errors, np.zeros(300))))
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
    expected = Refractory(9).run(scores).tolist()
    rule = Refractory(9)
    assert np.concatenate([rule.run(part) for part in np.split(scores, [0, 1, 8, 9, 300])]).tolist() == expected


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
