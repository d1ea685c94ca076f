"""Chosen thresholds: those of NAB's optimizer with labels; without, the lowest that keeps to the rate."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhtm_detector.common.rates import Rate
from zhtm_detector.nab import steps
from zhtm_detector.nab.scoring import NO_DETECTION, FileWindows, Profile, rank
from zhtm_detector.tuning.thresholds.curve import profile_curve
from zhtm_detector.tuning.thresholds.scored_files import ScoredStream
from zhtm_detector.tuning.thresholds.target_rate import choose

SCORE = st.one_of(st.sampled_from([0.0, 0.1, 0.1 + 0.2, 0.5, 1.0]), st.floats(0, 1))  # many ties
WEIGHT = st.sampled_from([0.0, 0.11, 1 / 3, 1.0, 2.0])


@st.composite
def corpora(draw: st.DrawFn) -> tuple[dict[str, np.ndarray], dict[str, FileWindows]]:
    scores, corpus = {}, {}
    for number in range(draw(st.integers(1, 3))):
        name = f"{number}.csv"
        values = draw(st.lists(SCORE, min_size=2, max_size=30))
        ends = sorted(draw(st.sets(st.integers(0, len(values) - 1), max_size=4)))
        spans = [(ends[i], ends[i + 1]) for i in range(0, len(ends) - 1, 2)]
        scores[name] = np.array(values)
        corpus[name] = FileWindows.from_spans(name, len(values), spans)
    return scores, corpus


@settings(deadline=None, max_examples=150)
@given(corpora(), WEIGHT, WEIGHT, WEIGHT)
def test_the_best_is_that_of_the_optimizer(
    files: tuple[dict[str, np.ndarray], dict[str, FileWindows]], tp: float, fp: float, fn: float
) -> None:
    scores, corpus = files
    profile = Profile("own", tp=tp, fp=fp if tp or fn else 1.0, fn=fn, tn=1.0)
    ranking = rank(scores, corpus)
    found = profile_curve(ranking, corpus, profile)
    assert steps.optimize(ranking, [profile])["own"] == {"threshold": found.threshold, "score": found.score}
    assert found.final == pytest.approx(steps.normalize(found.score, corpus, profile), nan_ok=True, rel=1e-12)

    flat = found.plateau()
    assert flat.contains(np.array([found.threshold, flat.up_to])).all()
    least = found.score - 0.01 * (found.score - found.sweep.scores[0])
    inside = flat.contains(found.sweep.thresholds)
    assert (found.sweep.scores[inside] >= least).all()
    for row in (int(np.flatnonzero(inside)[0]) - 1, int(np.flatnonzero(inside)[-1]) + 1):  # and it is all of it
        if 0 <= row < inside.size:
            assert found.sweep.scores[row] < least
    for threshold in (flat.up_to, found.threshold, (flat.above + found.threshold) / 2):
        total = sum(file.score for file in steps.score_files(ranking, profile, threshold))
        assert total == pytest.approx(found.sweep.scores[found.row_at(threshold)], abs=1e-9)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.tuples(st.lists(SCORE, min_size=1, max_size=20), st.integers(1, 10**15)), min_size=1, max_size=3),
    st.fractions(Fraction(1, 1000), 2000),
    st.sampled_from(["hour", "day", "week", "1000"]),
)
def test_never_more_alerts_than_the_rate(streams: list[tuple[list[float], int]], count: Fraction, unit: str) -> None:
    rate = Rate(count, unit)
    given_streams = [ScoredStream(f"{i}.csv", np.array(s), span) for i, (s, span) in enumerate(streams)]
    found = choose(given_streams, rate)
    everything = np.concatenate([stream.scores for stream in given_streams])
    wanted = count * sum(rate.amount(stream.scores.size, stream.microseconds) for stream in given_streams)
    assert found.alerts == (everything >= found.threshold).sum() <= wanted
    assert found.threshold == NO_DETECTION or found.threshold in everything
    lower = everything[everything < found.threshold]
    if lower.size:
        assert found.next_alerts == (everything >= lower.max()).sum() > wanted
    else:
        assert found.next_alerts is None
    assert sum((stream.scores >= found.threshold).sum() for stream in given_streams) == found.alerts
    assert found.busiest.alerts <= found.alerts
