"""Presets over seeds and corpora, and thresholds carried between corpora, on scores made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from zhtm_detector.evaluation.best_scores import best_scores, score_at
from zhtm_detector.evaluation.evidence_tables import Scores
from zhtm_detector.evaluation.preset_tables import ScoredCorpus, presets_section, score_detectors, transfer_section
from zhtm_detector.nab.scoring import FileWindows, Profile

STANDARD = Profile("standard", tp=1.0, fn=1.0, fp=0.11, tn=1.0)
FILES = {name: FileWindows.from_spans(name, 100, [(50, 60)], 0.15) for name in ("one/a.csv", "one/b.csv")}


def scores(*found: float) -> Scores:
    """Each file's window holds one of these scores, and a record outside of it scores 0.5."""
    made = {path: np.zeros(100) for path in FILES}
    for path, score in zip(FILES, found, strict=True):
        made[path][50], made[path][80] = score, 0.5
    return made


FIRST = {("a", 0): scores(0.9, 0.8), ("a", 1): scores(0.9, 0.7), ("b", 0): scores(0.9, 0.9), ("b", 1): scores(0.9, 0.9)}
OTHER = {("a", 0): scores(0.9, 0.7), ("a", 1): scores(0.9, 0.7), ("b", 0): scores(0.9, 0.9), ("b", 1): scores(0.9, 0.9)}
CORPORA = [
    ScoredCorpus("first", FILES, lambda preset, seed: FIRST[preset, seed]),
    ScoredCorpus("other", FILES, lambda preset, seed: OTHER[preset, seed]),
]


def test_thresholds_are_carried_seed_by_seed() -> None:
    found = score_detectors({"a": 2, "b": 2}, CORPORA, [STANDARD])
    assert [by["standard"] for by in found["first", "a"].thresholds] == [0.8, 0.7]
    a, b = transfer_section(found, [STANDARD], 2).records()
    best = best_scores(OTHER["a", 0], FILES, [STANDARD])
    at_first = score_at(best.ranking, FILES, STANDARD, 0.8)  # misses the window of the second file
    lost = best.scores["standard"] - at_first
    assert lost == pytest.approx(50)
    assert (a["corpus"], a["detector"], b["detector"]) == ("other", "a", "b")
    assert (a["own"], a["carried"]) == (best.scores["standard"], pytest.approx(best.scores["standard"] - lost / 2))
    assert (a["lost"], a["lost_sd"]) == (pytest.approx(lost / 2), pytest.approx(lost / 2**0.5))
    assert (b["lost"], b["lost_sd"]) == (0.0, 0.0)


def test_presets_stand_side_by_side_in_each_corpus() -> None:
    rows = presets_section(score_detectors({"a": 2, "b": 2}, CORPORA, [STANDARD]), [STANDARD], 2).records()
    assert [(row["corpus"], row["detector"]) for row in rows] == [
        *(("first", "a"), ("first", "b")),
        *(("other", "a"), ("other", "b")),
    ]
    assert rows[1]["scoreboard"] == pytest.approx(100)
    assert rows[1]["scoreboard_sd"] == 0.0
    assert float(rows[0]["cross_validated"] or 0) < float(rows[0]["scoreboard"] or 0)


def test_a_baseline_has_one_seed_beside_presets_with_several() -> None:
    found = score_detectors({"a": 2, "b": 1}, CORPORA, [STANDARD])
    rows = presets_section(found, [STANDARD], 2).records()
    assert [(row["detector"], row["scoreboard_sd"] is None) for row in rows[:2]] == [("a", False), ("b", True)]
    assert [row["lost_sd"] is None for row in transfer_section(found, [STANDARD], 2).records()] == [False, True]


def test_what_one_seed_and_one_file_do_not_have() -> None:
    alone = {"one/a.csv": FILES["one/a.csv"]}
    found = score_detectors(
        {"a": 1}, [ScoredCorpus("first", alone, lambda preset, seed: FIRST[preset, seed])], [STANDARD]
    )
    (row,) = presets_section(found, [STANDARD], 1).records()
    assert [row[key] for key in ("scoreboard_sd", "cross_validated", "cross_validated_sd")] == [None] * 3
    table = transfer_section(found, [STANDARD], 1)
    assert (table.rows, table.notes) == ([], ["left out: there is one corpus only; give --corpus NAME=ROOT"])
