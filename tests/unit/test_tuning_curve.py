"""Whole threshold curves: hand-sized plateaus, the best of every profile, what a picture shows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from zhtm_detector.nab import steps
from zhtm_detector.nab.sweep import FileWindows, Profile, ThresholdCurve, rank
from zhtm_detector.tuning.curve import Plateau, ProfileCurve, profile_curve

STANDARD = Profile("standard", tp=1.0, fn=1.0, fp=0.11, tn=1.0)


def curve_of(thresholds: list[float], scores: list[float]) -> ProfileCurve:
    nothing = np.zeros(len(scores), dtype=np.int64)
    found = ThresholdCurve(np.array(thresholds), np.array(scores), nothing, nothing, nothing, nothing)
    return ProfileCurve(STANDARD, found, np.array(scores))


def test_a_plateau_is_what_lies_next_to_the_best_without_a_gap() -> None:
    # No detection scores 0, so at most 1% of 100 may be lost: 0.8 belongs to it, 0.2 lies behind a gap.
    curve = curve_of([1.1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.2], [0.0, 50.0, 99.0, 100.0, 99.5, 90.0, 99.9])
    assert curve.plateau() == Plateau(above=0.5, up_to=0.8)
    assert curve.plateau().width == pytest.approx(0.3)
    assert curve.plateau(0.0) == Plateau(above=0.6, up_to=0.7)
    assert curve.plateau(0.5) == Plateau(above=0.0, up_to=0.9)  # no score is lower


def test_the_share_is_one_of_what_is_added_to_no_detection() -> None:
    # Raw scores from -10 to 10: 1% of the 20 that the best adds is 0.2.
    curve = curve_of([1.1, 0.9, 0.8, 0.7], [-10.0, 9.8, 10.0, 9.79])
    assert curve.plateau() == Plateau(above=0.7, up_to=0.9)


def test_no_detection_may_be_the_best() -> None:
    assert curve_of([1.1, 0.5, 0.0], [0.0, -1.0, -2.0]).plateau() == Plateau(above=0.5, up_to=1.1)
    assert curve_of([1.1, 0.5], [0.0, 0.0]).plateau() == Plateau(above=0.0, up_to=1.1)


def test_a_threshold_gives_the_score_of_the_next_one_that_is_not_lower() -> None:
    curve = curve_of([1.1, 0.9, 0.5], [0.0, 1.0, 2.0])
    assert [curve.row_at(at) for at in (1.2, 1.1, 1.0, 0.9, 0.7, 0.5, 0.1)] == [0, 0, 0, 1, 1, 2, 2]


@st.composite
def corpora(draw: st.DrawFn) -> tuple[dict[str, NDArray[np.float64]], dict[str, FileWindows]]:
    scores, corpus = {}, {}
    for number in range(draw(st.integers(1, 3))):
        path = f"a/{number}.csv"
        corpus[path] = FileWindows.from_spans(path, 40, [(12, 16), (30, 33)][: draw(st.integers(0, 2))], 0.15)
        some = st.one_of(st.sampled_from([0.0, 0.3, 1.0]), st.floats(0, 1))
        scores[path] = np.array(draw(st.lists(some, min_size=40, max_size=40)))
    return scores, corpus


WEIGHTS = st.sampled_from([0.0, 0.11, 0.22, 1.0, 2.0, 1 / 3])


@settings(deadline=None, max_examples=100)
@given(corpora(), WEIGHTS, WEIGHTS, WEIGHTS.filter(bool))
def test_the_best_is_the_optimizers(
    case: tuple[dict[str, NDArray[np.float64]], dict[str, FileWindows]], tp: float, fp: float, fn: float
) -> None:
    scores, corpus = case
    profile = Profile("own", tp=tp, fn=fn, fp=fp, tn=1.0)
    ranking = rank(scores, corpus)
    curve = profile_curve(ranking, corpus, profile)
    best = steps.optimize(ranking, [profile])["own"]
    assert {"threshold": curve.threshold, "score": curve.score} == best
    final = steps.normalize(best["score"], corpus, profile)
    assert curve.final == final or (np.isnan(final) and np.isnan(curve.final))
    flat = curve.plateau()
    assert flat.above < curve.threshold <= flat.up_to or flat.above == curve.threshold == 0
    for at in (flat.up_to, np.nextafter(flat.above, 2) if flat.above else 0.0):  # both ends lose no more than they may
        lost = curve.score - curve.sweep.scores[curve.row_at(float(at))]
        assert lost <= 0.01 * (curve.score - curve.sweep.scores[0]) + 1e-9


def test_a_picture_keeps_the_extremes() -> None:
    rng = np.random.default_rng(1)
    thresholds = np.concatenate([[1.1], np.sort(rng.random(20_000))[::-1]])
    scores = rng.normal(size=thresholds.size)
    curve = curve_of(thresholds.tolist(), scores.tolist())
    shown = curve.shown(buckets=100)
    assert (np.diff(shown) > 0).all()
    assert shown.size <= 4 * 110 + 4
    assert {0, curve.sweep.best, int(scores.argmin()), thresholds.size - 1} <= set(shown.tolist())
    close = curve.shown(0.5, 0.51, buckets=100)
    inside = np.flatnonzero((thresholds >= 0.5) & (thresholds <= 0.51))
    assert close.tolist() == list(range(inside[0] - 1, inside[-1] + 2))  # few enough to show them all
    assert curve.shown(1.01, 1.05).size  # nothing lies there: the point that says what it gives
