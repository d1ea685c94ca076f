"""Seeded anomaly scores and labelled ranges, for the measures: a dozen small files of every kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SEED = 20181203


@dataclass(frozen=True, eq=False)
class Case:
    name: str
    scores: NDArray[np.float64]
    ranges: list[tuple[int, int]]  # apart from each other
    threshold: float
    window: int

    @property
    def labels(self) -> NDArray[np.int64]:
        labels = np.zeros(self.scores.size, dtype=np.int64)
        for first, last in self.ranges:
            labels[first : last + 1] = 1
        return labels


# Records, ranges, threshold, window, and what the scores are like.
KINDS: list[tuple[int, list[tuple[int, int]], float, int, str]] = [
    (400, [(100, 120)], 0.8, 20, "random"),
    (400, [(100, 120), (300, 310)], 0.5, 33, "near"),
    (400, [(100, 120), (123, 124), (126, 126), (300, 380)], 0.7, 40, "near"),  # tails that meet
    (300, [(0, 10), (295, 299)], 0.6, 24, "near"),  # at both ends
    (300, [(7, 7)], 0.9, 16, "late"),
    (300, [(50, 52), (55, 55), (58, 60), (63, 63)], 0.5, 11, "ties"),  # more than two tails at a record
    (250, [(100, 149)], 0.5, 0, "near"),  # no window
    (250, [(100, 149)], 0.5, 1, "ties"),
    (100, [(40, 60)], 0.4, 125, "random"),  # a window longer than the file, and fewer records than thresholds
    (500, [(200, 260)], 0.6, 30, "constant"),
    (500, [(200, 260), (400, 410)], 2.0, 30, "random"),  # nothing is detected
    (1200, [(5 * i, 5 * i + 1) for i in range(20, 100)], 0.6, 50, "near"),
    (777, [(0, 400)], 0.3, 60, "late"),  # more labelled records than others
]


def cases() -> list[Case]:
    rng = np.random.default_rng(SEED)
    found = []
    for number, (records, ranges, threshold, window, kind) in enumerate(KINDS):
        scores = rng.random(records)
        centre = np.zeros(records)
        for first, last in ranges:
            shift = 6 if kind == "late" else 0
            centre[first + shift : last + 1 + shift] = 0.3
        if kind in ("near", "late"):
            scores = scores + centre
        if kind == "ties":
            scores = np.round(scores + centre, 1)
        if kind == "constant":
            scores = np.full(records, 0.5)
        found.append(Case(f"{number}-{kind}", scores, ranges, threshold, window))
    return found
