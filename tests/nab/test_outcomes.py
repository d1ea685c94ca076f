"""True and false positives at a threshold: windows caught, positions in them, costs."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from zhtm_detector.nab.outcomes import Marks, false_positive_cost, mark, position, window_spans
from zhtm_detector.nab.scoring import FileWindows, Profile

STANDARD = Profile("standard", tp=1.0, fn=1.0, fp=0.11, tn=1.0)


def scored(length: int, **at: float) -> NDArray[np.float64]:
    """Scores of 0, except for records named as in r12=0.9."""
    scores = np.zeros(length)
    for record, score in at.items():
        scores[int(record[1:])] = score
    return scores


def positions(marks: Marks, file: FileWindows) -> list[float | None]:
    return [position(record, span) for record, span in zip(marks.first, window_spans(file), strict=True)]


def test_positions_run_from_the_left_edge_to_the_right() -> None:
    file = FileWindows.from_spans("a.csv", 100, [(20, 30), (40, 44), (60, 62), (80, 80)], 0.0)
    scores = scored(100, r20=1.0, r29=1.0, r44=1.0, r61=0.4, r80=0.5)
    got = mark(scores, file, 0.5)
    assert positions(got, file) == [0.0, 1.0, None, 0.0]
    assert (got.false_positives.tolist(), false_positive_cost(got, file, STANDARD)) == ([], 0.0)
    assert positions(mark(scores, file, 0.4), file) == [0.0, 1.0, 0.5, 0.0]


def test_false_positives_cost_what_they_take_from_the_score() -> None:
    file = FileWindows.from_spans("a.csv", 100, [(20, 24)], 0.1)
    scores = scored(100, r9=1.0, r10=1.0, r22=1.0, r26=1.0, r99=1.0)
    got = mark(scores, file, 1.0)
    assert got.false_positives.tolist() == [10, 26, 99]  # record 9 is probationary
    cost = false_positive_cost(got, file, STANDARD)
    assert cost == pytest.approx(0.11 * (2 - file.position_scores[26]))
    assert cost < 0.33  # just past a window it costs less


def test_probationary_records_catch_nothing() -> None:
    file = FileWindows.from_spans("a.csv", 100, [(5, 9), (12, 22)], 0.15)
    assert mark(scored(100, r6=1.0, r17=1.0, r20=1.0), file, 0.5).first == (None, 17)


def test_spans() -> None:
    assert window_spans(FileWindows.from_spans("a.csv", 10, [])) == []
    assert window_spans(FileWindows.from_spans("a.csv", 10, [(0, 3), (4, 9)])) == [(0, 3), (4, 9)]
