"""NAB's scoring method in plain Python, record by record: the slow twin of `zhtm_detector.nab.scoring`.

Source: numenta/NAB at ea702d7, nab/sweeper.py; the same rules, reimplemented.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass
class Weights:
    tp: float
    fn: float
    fp: float


@dataclass
class Point:
    """One record: anomaly score, scoring weight of a detection there, and position."""

    score: float
    weight: float
    place: Any  # a window's name, None outside, "probation" before scoring starts


@dataclass
class Row:
    threshold: float
    score: float
    tp: int
    tn: int
    fp: int
    fn: int


def sigmoid_score(position: float) -> float:
    if position > 3.0:
        return -1.0
    return 2 * (1 / (1 + math.exp(-(-5 * position)))) - 1.0


def points_of_file(
    name: str,
    timestamps: Sequence[Any],
    scores: Sequence[float],
    windows: Sequence[tuple[Any, Any]],
    percent: float,
    weights: Weights,
) -> list[Point]:
    """Walk through a file; a window opens at its first timestamp and closes at its last."""
    timestamps = list(timestamps)
    waiting = list(windows)
    probation = min(math.floor(percent * len(timestamps)), percent * 5000)
    points = []
    current = None  # (name, right index, width) of the open window
    passed = None  # (right index, width) of the last closed window
    closes_at = None
    for i, (timestamp, score) in enumerate(zip(timestamps, scores, strict=True)):
        if waiting and timestamp == waiting[0][0]:
            opens_at, closes_at = waiting.pop(0)
            left, right = timestamps.index(opens_at), timestamps.index(closes_at)
            current = ((name, opens_at), right, right - left + 1)
        if current is not None:
            _, right, width = current
            weight = sigmoid_score(-(right - i + 1) / width) * weights.tp / sigmoid_score(-1.0)
        elif passed is None:
            weight = -1.0 * weights.fp
        else:
            right, width = passed
            # after a window of one record, where NAB would divide by zero, everything is far past it
            position = (i - right) / (width - 1) if width > 1 else math.inf
            weight = sigmoid_score(position) * weights.fp
        place = "probation" if i < probation else current and current[0]
        points.append(Point(score, weight, place))
        if current is not None and timestamp == closes_at:
            passed = (i, current[2])
            current = None
    return points


def threshold_rows(points: Sequence[Point], weights: Weights) -> list[Row]:
    """Lower the threshold from 1.1 through every score and total the detections."""
    counted = [point for point in points if point.place != "probation"]
    ranked = sorted(counted, key=lambda point: point.score, reverse=True)
    outside = 0.0
    best = {point.place: -weights.fn for point in ranked if point.place is not None}
    tp = fp = 0
    fn = sum(point.place is not None for point in ranked)
    tn = len(ranked) - fn
    rows = []

    def note(threshold: float) -> None:
        total = 0.0 + outside
        for part in best.values():  # not sum(): since Python 3.12 it compensates rounding errors
            total += part
        rows.append(Row(threshold, total, tp, tn, fp, fn))

    threshold = 1.1
    for point in ranked:
        if point.score != threshold:
            note(threshold)
            threshold = point.score
        if point.place is None:
            outside += point.weight
            fp, tn = fp + 1, tn - 1
        else:
            best[point.place] = max(best[point.place], point.weight)
            tp, fn = tp + 1, fn - 1
    note(threshold)
    return rows


def best_row(rows: Sequence[Row]) -> Row:
    """Return the row with the highest score; of several, the one with the highest threshold."""
    return sorted(rows, key=lambda row: row.score, reverse=True)[0]


def row_at(rows: Sequence[Row], threshold: float) -> Row:
    """Return a file's row at a threshold that need not be one of its scores."""
    before = rows[0]
    for row in rows:
        if row.threshold == threshold:
            return row
        if row.threshold < threshold:
            return before
        before = row
    return rows[-1]  # NAB fails here
