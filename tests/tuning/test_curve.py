"""Curves of thresholds: points, plateaus and pictures, on hand-sized sweeps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from zhtm_detector.nab.scoring import FileWindows, Profile, ThresholdCurve, rank
from zhtm_detector.pages.thresholds_page import page_name
from zhtm_detector.tuning.thresholds.choose import TunedThresholds
from zhtm_detector.tuning.thresholds.curve import Plateau, ProfileCurve, profile_curve

STANDARD = Profile("standard", tp=1.0, fn=1.0, fp=0.11, tn=1.0)


def curve(thresholds: Sequence[float], scores: Sequence[float]) -> ProfileCurve:
    none = np.zeros(len(scores), dtype=np.int64)
    found = ThresholdCurve(np.array(thresholds), np.array(scores, dtype=np.float64), none, none, none, none)
    return ProfileCurve(STANDARD, found, np.array(scores, dtype=np.float64))


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        # No detection scores 0, the best 100: 99 and more belong to the plateau.
        ([0, 50, 99.5, 100, 99, 98.9, 99.5], Plateau(0.4, 0.8)),
        ([0, 98, 100, 98, 100, 99.9, 0], Plateau(0.6, 0.8)),  # as high again behind a gap: not part of it
        ([0, 0, 0, 0, 0, 0, 100], Plateau(0.0, 0.2, with_zero=True)),  # the best at the end of the curve
        ([0, 0, 0, 0, 100, 99.5, 99.2], Plateau(0.0, 0.5, with_zero=True)),  # a plateau that reaches the end
        ([0, -1, -1, -1, -1, -1, -1], Plateau(0.9, 1.1)),  # no detection is the best
        ([0, 0, 0, -1, -1, -1, -1], Plateau(0.6, 1.1)),
        ([0, 0, 0, 0, 0, 0, 0], Plateau(0.0, 1.1, with_zero=True)),
        # The share is one of what the best adds to no detection.
        ([-50, 0, 49.5, 50, 49, 48.9, 0], Plateau(0.4, 0.8)),
    ],
)
def test_plateau(scores: list[float], expected: Plateau) -> None:
    found = curve([1.1, 0.9, 0.8, 0.6, 0.5, 0.4, 0.2], scores).plateau()
    assert found == expected
    assert found.width == expected.up_to - expected.above


def test_what_a_plateau_contains() -> None:
    asked = np.array([1.0, 0.8, 0.5, 0.2, 0.0])
    assert Plateau(0.2, 0.8).contains(asked).tolist() == [False, True, True, False, False]
    assert Plateau(0.0, 0.8).contains(asked).tolist() == [False, True, True, True, False]  # zero is lower than it
    assert Plateau(0.0, 0.8, with_zero=True).contains(asked).tolist() == [False, True, True, True, True]


def test_row_at() -> None:
    some = curve([1.1, 0.9, 0.5, 0.2], [0, 1, 2, 3])
    asked = [2.0, 1.1, 1.0, 0.9, 0.89, 0.5, 0.3, 0.2, 0.1, -1.0]
    assert [some.row_at(threshold) for threshold in asked] == [0, 0, 0, 1, 1, 2, 2, 3, 3, 3]
    assert some.final_at(0.3) == 2.0


def test_of_several_best_the_highest_threshold() -> None:
    some = curve([1.1, 0.9, 0.5, 0.2], [0, 7, 7, 3])
    assert (some.threshold, some.score, some.final) == (0.9, 7.0, 7.0)


def test_a_figure_keeps_ends_and_extremes() -> None:
    rng = np.random.default_rng(3)
    thresholds = np.concatenate([[1.1], np.sort(rng.random(20_000))[::-1]])
    many = curve(list(thresholds), list(np.concatenate([[0.0], rng.normal(size=20_000)])))
    shown = many.shown(buckets=50)
    assert shown.size <= 2 * 55 + 3  # 1.1 ends the axis
    assert (np.diff(shown) > 0).all()
    assert {0, 20_000, many.sweep.best, int(many.sweep.scores.argmin())} <= set(shown.tolist())
    part = many.shown(0.4, 0.6, buckets=50)
    assert thresholds[part[1:-1]].min() >= 0.4 and thresholds[part[1:-1]].max() <= 0.6
    assert thresholds[part[-1]] < 0.4 and thresholds[part[0]] > 0.6  # one beyond either end
    few = curve([1.1, 0.9, 0.2], [0, 1, 2])
    assert {1, 2} <= set(few.shown(0.4, 0.6).tolist())  # nothing inside: the points on either side
    assert few.shown().tolist() == [0, 1, 2]


FILE = FileWindows.from_spans("a.csv", 6, [(2, 3)], percent=0.0)
SCORES = np.array([0.1, 0.1, 0.2, 0.9, 0.5, 0.1])


def test_a_profile_on_a_file() -> None:
    found = profile_curve(rank({"a.csv": SCORES}, {"a.csv": FILE}), {"a.csv": FILE}, STANDARD)
    assert found.sweep.thresholds.tolist() == [1.1, 0.9, 0.5, 0.2, 0.1]
    assert found.normalized[0] == 0.0
    assert found.threshold == 0.2  # the left edge earns more than the false positive at 0.5 costs
    table = found.table("mine")
    assert table["threshold"].tolist() == found.sweep.thresholds.tolist()
    assert table[["tp", "fp"]].to_numpy().tolist() == [[0, 0], [1, 0], [1, 1], [2, 1], [2, 4]]
    assert set(table["detector"]) == {"mine"} and set(table["profile"]) == {"standard"}


@pytest.mark.parametrize(
    ("weights", "threshold", "plateau", "final"),
    [
        (
            {"tp": 1.0, "fn": 0.0, "fp": 0.0},
            0.2,
            Plateau(0.0, 0.2, with_zero=True),
            100.0,
        ),  # of equals the highest
        ({"tp": 0.0, "fn": 1.0, "fp": 0.0}, 0.9, Plateau(0.0, 0.9, with_zero=True), 100.0),
        ({"tp": 0.0, "fn": 1.0, "fp": 1.0}, 0.9, Plateau(0.5, 0.9), 100.0),
        ({"tp": 0.0, "fn": 0.0, "fp": 1.0}, 1.1, Plateau(0.5, 1.1), None),  # nothing to gain: no scale
    ],
)
def test_weights_of_zero(weights: dict[str, float], threshold: float, plateau: Plateau, final: float | None) -> None:
    corpus = {"a.csv": FILE}
    found = profile_curve(rank({"a.csv": SCORES}, corpus), corpus, Profile("own", tn=1.0, **weights))
    assert found.threshold == threshold
    assert found.plateau() == plateau
    assert np.isnan(found.normalized).all() if final is None else found.final == pytest.approx(final)


def test_a_page_is_named_after_its_detectors() -> None:
    def named(*names: str) -> str:
        return page_name([TunedThresholds(name, f"sample-{name}", [], {}) for name in names])

    assert named("zhtm") == "thresholds-sample-zhtm.html"
    assert named("zhtm", "null") == "thresholds-sample-zhtm_null.html"
    many = [f"detector-{number}" for number in range(20)]
    assert len(named(*many)) < 120
    assert named(*many) != named(*many[:-1])
