"""A picture shows few records, and all that matter."""

from __future__ import annotations

import numpy as np
import pytest

from zhtm_detector.common.downsample import bucket_extremes, crossings, even_buckets, neighbourhoods
from zhtm_detector.nab.outcomes import Marks
from zhtm_detector.pages.report.series import MARGIN, FileSeries, FileView, Overlay, View, shown_records


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("length", "count"), [(1, 1), (7, 3), (1000, 10), (1001, 10), (50, 80)])
def test_every_extreme_is_kept(seed: int, length: int, count: int) -> None:
    values = np.random.default_rng(seed).choice([0.0, 1.0, 2.5, -3.0, 8.0], length)
    buckets = even_buckets(length, count)
    kept = bucket_extremes(values, buckets)
    assert set(buckets[kept]) == set(buckets)
    for bucket in set(buckets):
        inside = values[buckets == bucket]
        shown = values[kept][buckets[kept] == bucket]
        assert (shown.min(), shown.max()) == (inside.min(), inside.max())
    assert (values[kept].min(), values[kept].max()) == (values.min(), values.max())
    assert kept.size <= 2 * count
    assert (np.diff(kept) > 0).all()


def test_buckets_are_even_and_in_order() -> None:
    buckets = even_buckets(1003, 10)
    assert (np.diff(buckets) >= 0).all()
    sizes = np.bincount(buckets)
    assert sizes.size == 10
    assert sizes.max() - sizes.min() <= 1


def test_nothing_of_nothing() -> None:
    assert bucket_extremes(np.empty(0), even_buckets(0, 5)).size == 0
    assert neighbourhoods([], 3, 10).size == 0
    assert crossings(np.empty(0), 0.5).size == 0
    assert crossings(np.full(5, 0.9), 0.5).size == 0


def test_neighbourhoods_end_at_the_ends() -> None:
    assert neighbourhoods([1, 8], 2, 10).tolist() == [0, 1, 2, 3, 6, 7, 8, 9]


def series(length: int = 50_000, seed: int = 3) -> FileSeries:
    rng = np.random.default_rng(seed)
    raw = rng.random(length)
    scores = np.round(rng.random(length) ** 40, 3)
    return FileSeries("a.csv", np.arange(length) * 1e3, rng.normal(size=length), scores, raw, ((9_000, 9_500),), 7_501)


def test_a_picture_shows_what_matters() -> None:
    whole = series()
    marks = Marks((9_123,), np.array([20_000, 49_999]))
    kept = shown_records(FileView(whole, {"standard": View(0.9, marks)}), buckets=100)
    assert kept.size < 12_000
    for column in (whole.values, whole.scores, whole.raw):
        assert column is not None
        assert (column[kept].min(), column[kept].max()) == (column.min(), column.max())
    for centre in (9_000, 9_123, 9_500, 20_000, 49_999):
        around = range(centre - MARGIN, min(centre + MARGIN + 1, 50_000))
        assert set(around) <= set(kept)
    # Between two shown records the line never crosses the threshold where the scores did not.
    above = whole.scores >= 0.9
    changes = np.flatnonzero(above[1:] != above[:-1])
    assert changes.size > 100
    assert {*changes, *(changes + 1)} <= set(kept)
    assert {0, 7_500, 7_501, 49_999} <= set(kept)


def test_a_short_file_is_shown_whole() -> None:
    assert shown_records(FileView(series(200), {}), buckets=100).tolist() == list(range(200))
    assert shown_records(FileView(series(20_000), {}), buckets=100).size < 800


def test_an_overlay_keeps_its_extremes_and_detections() -> None:
    whole = series(20_000)
    scores = np.zeros(20_000)
    scores[[5_000, 12_345]] = 1.0
    overlay = Overlay("second", scores, {"standard": View(1.0, Marks((5_000,), np.array([15_001])))})
    shown = shown_records(FileView(whole, {}, overlay), buckets=100)
    assert {5_000, 12_345, 15_001} <= set(shown)
    assert shown.size < 1000
