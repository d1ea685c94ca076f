"""The measures equal their slow twins on random small files, to rounding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import measures as naive

from zhtm_detector.common.runs import runs_of
from zhtm_detector.evaluation.measures import average_precision, point_counts, range_rates, vus_pr


@st.composite
def files(draw: st.DrawFn) -> tuple[list[float], list[tuple[int, int]]]:
    length = draw(st.integers(1, 40))
    ranges = []
    for _ in range(draw(st.integers(0, 4))):
        first = draw(st.integers(0, length - 1))
        ranges.append((first, min(first + draw(st.integers(0, 6)), length - 1)))
    some = st.sampled_from([0.0, 0.1, 0.5, 1.0])  # many ties
    scores = draw(st.lists(st.one_of(some, st.floats(-1, 1)), min_size=length, max_size=length))
    return scores, ranges


THRESHOLDS = st.sampled_from([-1.0, 0.1, 0.5, 1.0, 1.1])


def same(got: Any, expected: Any) -> bool:
    return bool(got == pytest.approx(expected, abs=1e-12, nan_ok=True))


@settings(deadline=None, max_examples=100)
@given(files(), st.integers(0, 25), st.sampled_from([2, 3, 10, 50]))
def test_vus_pr(file: tuple[list[float], list[tuple[int, int]]], window: int, thresholds: int) -> None:
    got = vus_pr(*file, window=window, thresholds=thresholds)
    assert same(got, naive.vus_pr(*file, window=window, thresholds=thresholds))


@settings(deadline=None, max_examples=200)
@given(files(), THRESHOLDS, st.sampled_from([0.0, 0.2, 1.0]))
def test_range_rates(file: tuple[list[float], list[tuple[int, int]]], threshold: float, alpha: float) -> None:
    assert same(range_rates(*file, threshold, alpha), naive.range_rates(*file, threshold, alpha))


@settings(deadline=None, max_examples=200)
@given(files())
def test_average_precision_from_the_counts(file: tuple[list[float], list[tuple[int, int]]]) -> None:
    area = before = 0.0
    for threshold in sorted(set(file[0]), reverse=True):
        counts = point_counts(*file, threshold)
        area += (counts.recall - before) * counts.precision
        before = counts.recall
    assert same(average_precision(*file), area)


@settings(deadline=None, max_examples=100)
@given(files(), st.integers(0, 25), THRESHOLDS)
def test_only_the_order_of_scores_counts(
    file: tuple[list[float], list[tuple[int, int]]], window: int, threshold: float
) -> None:
    scores, ranges = file
    shifted = [float(np.searchsorted(np.unique(scores), score)) for score in scores]
    assert vus_pr(shifted, ranges, window) == vus_pr(scores, ranges, window) or not ranges
    assert same(average_precision(shifted, ranges), average_precision(scores, ranges))
    level = float(np.searchsorted(np.unique(scores), threshold))
    assert same(range_rates(shifted, ranges, level), range_rates(scores, ranges, threshold))


@given(st.lists(st.booleans(), max_size=30))
def test_runs(flags: list[bool]) -> None:
    firsts, lasts = runs_of(np.array(flags, dtype=bool))
    assert list(zip(firsts.tolist(), lasts.tolist(), strict=True)) == naive.runs(flags)
