"""The cost of a file: by hand, and that all costs sum to 100 minus the score."""

from __future__ import annotations

import numpy as np
import pytest

from zhtm_detector.nab.costs import file_cost, point_value
from zhtm_detector.nab.outcomes import mark
from zhtm_detector.nab.scoring import MAXIMUM, FileWindows, Profile, rank, score_files
from zhtm_detector.nab.steps import normalize

PROFILES = [
    Profile("standard", tp=1.0, fn=1.0, fp=0.11, tn=1.0),
    Profile("reward_low_FP_rate", tp=1.0, fn=1.0, fp=0.22, tn=1.0),
    Profile("odd", tp=3.0, fn=0.5, fp=0.7, tn=0.0),
]


def corpus() -> dict[str, FileWindows]:
    """Windows in the probationary records, across their end, adjacent, of one record; and a file without any."""
    spans: dict[str, list[tuple[int, int]]] = {
        "a.csv": [(3, 9), (12, 25), (26, 60), (80, 80)],
        "b.csv": [],
        "c.csv": [(50, 70)],
    }
    return {path: FileWindows.from_spans(path, 200, of_file) for path, of_file in spans.items()}


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
@pytest.mark.parametrize("seed", range(4))
def test_lost_points_and_score_sum_to_100(profile: Profile, seed: int) -> None:
    rng = np.random.default_rng(seed)
    files = corpus()
    scores = {path: np.round(rng.random(file.length) ** 3, 2) for path, file in files.items()}
    value = point_value(files, profile)
    for threshold in (0.3, 0.8, 0.95, 1.1):
        lost = sum(
            file_cost(file, mark(scores[path], file, threshold), profile, value).lost for path, file in files.items()
        )
        total = sum(file.score for file in score_files(rank(scores, files), profile, threshold))
        assert 100 - lost == pytest.approx(normalize(total, files, profile), abs=1e-9)


def test_by_hand() -> None:
    file = FileWindows.from_spans("a.csv", 100, [(40, 49), (70, 79)])
    scores = np.zeros(100)
    scores[[5, 20, 45, 46, 60]] = 1.0  # probationary, false, late, neither, false
    value = point_value({"a.csv": file}, PROFILES[0])
    assert value == pytest.approx(25)  # two windows, each from -1 to 1
    cost = file_cost(file, mark(scores, file, 0.5), PROFILES[0], value)
    assert (cost.windows, cost.missed, cost.false_positives) == (2, 1, 2)
    assert cost.missed_cost == pytest.approx(50)
    assert cost.late_cost == pytest.approx(25 * (1 - file.position_scores[45] / MAXIMUM))
    assert cost.false_positive_cost == pytest.approx(25 * 0.11 * (1 - file.position_scores[60]))
    assert cost.lost == pytest.approx(cost.missed_cost + cost.late_cost + cost.false_positive_cost)


def test_the_perfect_detector_loses_nothing() -> None:
    file = FileWindows.from_spans("a.csv", 100, [(40, 49)])
    scores = np.zeros(100)
    scores[40:60] = [1.0] * 10 + [0.0] * 10
    cost = file_cost(file, mark(scores, file, 0.5), PROFILES[0], 25.0)
    assert cost.lost == 0
    assert str(cost.false_positive_cost) == "0.0"


def test_without_windows_there_is_no_scale() -> None:
    file = FileWindows.from_spans("b.csv", 100, [])
    value = point_value({"b.csv": file}, PROFILES[0])
    assert np.isnan(value)
    assert np.isnan(file_cost(file, mark(np.ones(100), file, 0.5), PROFILES[0], value).lost)
