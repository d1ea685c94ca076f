"""The measures by hand: each rule, each edge case, and means over a corpus."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tiny import FILES, label_corpus, windows_of, write_corpus

from zhtm_detector.evaluation.measures import (
    PointCounts,
    RangeRates,
    average_precision,
    point_counts,
    range_rates,
    sliding_window,
    vus_pr,
)
from zhtm_detector.evaluation.measures.corpus import MeasuredCorpus
from zhtm_detector.evaluation.measures.tables import measures_table
from zhtm_detector.nab.corpus import Corpus

MEASURES: list[Callable[..., Any]] = [
    lambda scores, ranges: point_counts(scores, ranges, 0.5),
    lambda scores, ranges: range_rates(scores, ranges, 0.5),
    average_precision,
    vus_pr,
]


def test_points() -> None:
    counts = point_counts([0.5, 0.4, 0.9, 0.9, 0.1], [(0, 2)], 0.5)
    assert counts == PointCounts(tp=2, fp=1, fn=1)
    assert (counts.precision, counts.recall) == (2 / 3, 2 / 3)
    assert counts.f1 == pytest.approx(2 / 3)


def test_ranges_that_touch_or_overlap_are_one() -> None:
    scores = [0.0, 1.0, 0.0, 0.0, 1.0, 0.0]
    for ranges in ([(1, 2), (3, 4)], [(1, 3), (2, 4)], [(3, 4), (1, 2)]):
        assert range_rates(scores, ranges, 0.5) == range_rates(scores, [(1, 4)], 0.5)
        assert vus_pr(scores, ranges, 4) == vus_pr(scores, [(1, 4)], 4)
    assert range_rates(scores, [(1, 2), (4, 4)], 0.5) != range_rates(scores, [(1, 4)], 0.5)


def test_range_wise() -> None:
    # Range 2-5: two of four records, in two pieces. Range 8-8: missed. Detected: 2-2 and 5-6, half of it right.
    scores = np.zeros(10)
    scores[[2, 5, 6]] = 1
    got = range_rates(scores, [(2, 5), (8, 8)], 1.0)
    assert got.recall == pytest.approx((0.2 + 0.8 * 0.5 / 2) / 2)
    assert got.precision == pytest.approx((1 + 0.5) / 2)
    assert got.f1 == pytest.approx(2 * 0.2 * 0.75 / 0.95)
    assert range_rates(scores, [(2, 5), (8, 8)], 1.0, alpha=1.0).recall == 0.5
    # One detection over both ranges: each is found whole, but the detection is divided by two.
    scores[2:9] = 1
    assert range_rates(scores, [(2, 5), (8, 8)], 1.0)[:2] == (pytest.approx(5 / 7 / 2), 1.0)


def test_average_precision_takes_ties_together() -> None:
    assert average_precision([3, 2, 2, 1], [(0, 1)]) == pytest.approx(0.5 + 0.5 * 2 / 3)
    assert average_precision([2, 3, 2, 1], [(0, 1)]) == pytest.approx(0.5 + 0.5 * 2 / 3)


def test_vus_pr_by_hand() -> None:
    # One detection beside the range, then the range, then the rest, at the windows 0, 1 and 2; a threshold per record.
    scores = [0.1, 0.9, 0.8, 0.05]
    narrow = 1 / 2  # found at the second threshold, with one false record
    near = math.sqrt(1 / 2)  # label of the records beside the range at window 2
    # Recall at the thresholds: the mass is 1 and half of what tails add.
    first = near / (1 + near / 2)
    second = (1 + near) / (1 + near / 2)
    assert second > 1
    wide = first * near + (1 - first) * (1 + near) / 2
    assert vus_pr(scores, [(2, 2)], window=2, thresholds=4) == pytest.approx((2 * narrow + wide) / 3)


def test_vus_pr_needs_a_detection_in_each_range() -> None:
    far = vus_pr([1, 0, 0, 0, 0, 0, 0, 0, 0, 0.5], [(0, 0), (9, 9)], window=0, thresholds=10)
    assert far == pytest.approx(0.5 * 0.5 * 1 + 0.75)  # recall 1/2 of the records times 1/2 of the ranges
    assert vus_pr([1, 0, 0.5], [(0, 0), (2, 2)], window=0, thresholds=3) == 1.0
    assert vus_pr([1, 0, 0, 0.5], [(0, 0), (3, 3)], window=2, thresholds=4) > 0.9


def test_no_anomaly() -> None:
    counts = point_counts([0.1, 0.9], [], 0.5)
    assert (counts, counts.precision) == (PointCounts(0, 1, 0), 0.0)
    assert math.isnan(counts.recall) and math.isnan(counts.f1)
    assert range_rates([0.1, 0.9], [], 0.5).precision == 0.0
    assert math.isnan(range_rates([0.1, 0.9], [], 0.5).recall) and math.isnan(range_rates([0.1, 0.9], [], 0.5).f1)
    assert math.isnan(average_precision([0.1, 0.9], [])) and math.isnan(vus_pr([0.1, 0.9], []))
    assert math.isnan(average_precision([], [])) and math.isnan(vus_pr([], []))


def test_all_records_anomalous() -> None:
    scores = [0.1, 0.9, 0.5]
    assert point_counts(scores, [(0, 2)], 0.5) == PointCounts(2, 0, 1)
    assert range_rates(scores, [(0, 2)], 0.5)[:2] == (1.0, pytest.approx(0.2 + 0.8 * 2 / 3))
    assert average_precision(scores, [(0, 2)]) == pytest.approx(1)
    assert vus_pr(scores, [(0, 2)]) == pytest.approx(1)


def test_constant_scores() -> None:
    scores = np.full(8, 0.5)
    assert average_precision(scores, [(2, 3)]) == 0.25
    assert vus_pr(scores, [(2, 3)], window=0) == 0.25
    assert range_rates(scores, [(2, 3)], 0.5) == RangeRates(0.25, 1.0, 0.4)  # all detected: one range
    nothing = range_rates(scores, [(2, 3)], 0.6)
    assert nothing == RangeRates(0.0, 0.0, 0.0)
    assert point_counts(scores, [(2, 3)], 0.6).f1 == 0.0


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    ("scores", "ranges", "message"),
    [
        ([0.1, math.nan], [], "row 1: anomaly score: expected a finite number"),
        ([0.1, math.inf], [(0, 0)], "row 1: anomaly score: expected a finite number"),
        ([[0.1]], [(0, 0)], "anomaly score"),
        ([0.1, 0.2], [(0, 2)], "labelled range 1: last: expected a whole number from 0 to 1, got 2"),
        ([0.1, 0.2], [(0, 0), (1, 0)], "labelled range 2: last: expected a whole number from 1 to 1, got 0"),
        ([0.1, 0.2], [(-1, 0)], "labelled range 1: first: expected a whole number from 0 to 1, got -1"),
        ([0.1, 0.2], [(0.5, 1)], "labelled range 1: first: expected a whole number"),
        ([0.1, 0.2], [(0, 1, 1)], "labelled range 1: expected its first and its last record"),
    ],
)
def test_refusals(measure: Callable[..., Any], scores: Any, ranges: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        measure(scores, ranges)


def test_refused_settings() -> None:
    with pytest.raises(ValueError, match="threshold: expected a finite number"):
        point_counts([0.1], [], math.nan)
    with pytest.raises(ValueError, match="alpha: expected a finite number from 0 to 1"):
        range_rates([0.1], [], 0.5, alpha=1.5)
    with pytest.raises(ValueError, match="window: expected a whole number"):
        vus_pr([0.1], [(0, 0)], window=-1)
    with pytest.raises(ValueError, match="thresholds: expected a whole number"):
        vus_pr([0.1], [(0, 0)], thresholds=1)


def test_sliding_window() -> None:
    time = np.arange(3000)
    rng = np.random.default_rng(5)
    assert sliding_window(np.sin(time * 2 * np.pi / 100) + rng.normal(0, 0.1, time.size)) == pytest.approx(100, abs=2)
    for size in (1e150, 1e-300, 1e-320):
        assert sliding_window(size * np.sin(time * 2 * np.pi / 24)) == 24
    assert sliding_window(np.sin(time * 2 * np.pi / 350)) == 125  # longer than it looks for
    assert sliding_window(1e4 + np.sin(time * 2 * np.pi / 48)) == 48  # far from 0
    assert [sliding_window(np.sin(time * 2 * np.pi / period)) for period in (5, 6)] == [125, 6]  # the shortest
    assert sliding_window([1.0, 2.0]) == sliding_window([]) == 125
    with pytest.raises(ValueError, match="row 1: value: expected a finite number"):
        sliding_window([1.0, math.nan])


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """Windows: one/spike [250, 270], one/steps [150, 180] and [400, 430], two/quiet none; probation 60, 75, 45."""
    return Corpus(write_corpus(tmp_path / "corpus"))


def detections(records: dict[str, list[int]]) -> dict[str, NDArray[np.float64]]:
    scores = {path: np.zeros(count) for path, (count, _) in FILES.items()}
    for path, found in records.items():
        scores[path][found] = 1.0
    return scores


def test_over_a_corpus(corpus: Corpus) -> None:
    scores = detections(
        {"one/spike.csv": [3, 250, 251], "one/steps.csv": [100], "two/quiet.csv": [3, 200, 201]}
    )  # record 3 is probationary
    labelled = label_corpus(corpus)
    got = MeasuredCorpus.of(corpus, labelled, window=10).measure(scores, 1.0)
    assert got.points == PointCounts(tp=2, fp=3, fn=21 + 62 - 2)  # pooled over all files
    assert (got.with_anomalies, len(got.files)) == (2, 3)
    spike, steps, quiet = got.files
    assert spike.ranges.precision == 1.0
    assert got.ranges.f1 == spike.ranges.f1 / 2  # the mean over the files with an anomaly, of which one is missed
    assert got.auc_pr == pytest.approx((spike.auc_pr + steps.auc_pr) / 2)
    assert got.vus_pr == pytest.approx((spike.vus_pr + steps.vus_pr) / 2)
    assert math.isnan(quiet.vus_pr) and not math.isnan(got.vus_pr)
    assert spike.auc_pr == average_precision(scores["one/spike.csv"][60:], [(190, 210)])
    kept = MeasuredCorpus.of(corpus, labelled, window=10, keep_probation=True).measure(scores, 1.0)
    assert kept.points == PointCounts(tp=2, fp=5, fn=81)
    assert kept.files[0].auc_pr == average_precision(scores["one/spike.csv"], [(250, 270)])


def test_each_file_has_its_own_window(corpus: Corpus) -> None:
    measured = MeasuredCorpus.of(corpus, label_corpus(corpus))
    assert [file.window for file in measured.files.values()] == [
        sliding_window(corpus.load(path).data["value"]) for path in FILES
    ]


def test_labelled_ranges_instead_of_windows(corpus: Corpus) -> None:
    # The first range lies in the probationary period, the second begins there.
    spans = [(10, 20), (55, 64), (255, 256)]
    path = corpus.root / "labels" / "ranges.json"
    path.write_text(json.dumps({"one/spike.csv": windows_of(400, spans), "one/steps.csv": [], "two/quiet.csv": []}))
    measured = MeasuredCorpus.of(corpus, label_corpus(corpus))
    assert measured.labels == "ranges"
    assert measured.files["one/spike.csv"].ranges == [(0, 4), (195, 196)]
    assert measured.files["one/steps.csv"].ranges == []


def test_without_any_anomaly(corpus: Corpus) -> None:
    labelled = {"two/quiet.csv": label_corpus(corpus)["two/quiet.csv"]}
    got = MeasuredCorpus.of(corpus, labelled).measure({"two/quiet.csv": np.zeros(300)}, 0.5)
    assert got.with_anomalies == 0
    assert all(math.isnan(number) for number in (got.points.f1, *got.ranges, got.auc_pr, got.vus_pr))


def test_table(corpus: Corpus) -> None:
    measured = MeasuredCorpus.of(corpus, label_corpus(corpus))
    found = {"mine": measured.measure(detections({"one/spike.csv": [250]}), 1.0)}
    table = measures_table(found, measured.labels)
    (row,) = table.records()
    content = found["mine"].to_json()
    assert row["detector"] == "mine"
    assert row["point_precision"] == content["points"]["precision"] == 1.0
    assert (row["range_f1"], row["vus_pr"]) == (content["ranges"]["f1"], content["vus_pr"])
    assert [file["file"] for file in content["by_file"]] == list(FILES)
    assert "labelled windows" in table.notes[0] and "2 of 3 files" in table.notes[0]
