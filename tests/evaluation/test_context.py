"""Windows that only one of two detectors catches, on scores made by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tiny import label_corpus, write_corpus

from zhtm_detector.evaluation.context import context_section
from zhtm_detector.evaluation.evidence_tables import Setting
from zhtm_detector.nab.corpus import Corpus
from zhtm_detector.nab.result_files import read_profiles
from zhtm_detector.nab.scoring import FileWindows

FILES = {
    "b/two.csv": (400, [(150, 180), (300, 320)]),
    "a/one.csv": (400, [(200, 220)]),
    "c/early.csv": (400, [(40, 80)]),  # its first 20 records are probationary
    "d/quiet.csv": (400, [(200, 220)]),
}


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus(write_corpus(tmp_path / "corpus", FILES))


def setting_of(corpus: Corpus, labelled: dict[str, FileWindows]) -> Setting:
    return Setting("mine", labelled, read_profiles()[:1], corpus.root, ())


def scored(**at: dict[int, float]) -> dict[str, np.ndarray]:
    scores = {path: np.zeros(400) for path in FILES}
    for name, found in at.items():
        path = next(path for path in FILES if name in path)
        scores[path][list(found)] = list(found.values())
    return scores


def test_windows_that_only_one_catches(corpus: Corpus) -> None:
    ours = scored(two={160: 0.9, 310: 0.3, 311: 0.4}, one={210: 0.8}, early={50: 1.0, 70: 0.9})
    theirs = scored(two={160: 0.6, 310: 0.5}, one={210: 0.2}, early={50: 0.9, 70: 0.2})
    # One record far outside keeps the thresholds above what is lower than it.
    ours["d/quiet.csv"][350:] = 0.5
    theirs["d/quiet.csv"][350:] = 0.3
    table = context_section(setting_of(corpus, label_corpus(corpus)), corpus, ours, theirs)
    assert [list(row) for row in table.rows] == [
        ["a/one.csv", 1, "2015-03-01 16:40:00", "2015-03-01 18:20:00", 0.8, 0.2, "with context"],
        ["b/two.csv", 2, "2015-03-02 01:00:00", "2015-03-02 02:40:00", 0.4, 0.5, "without"],
        ["c/early.csv", 1, "2015-03-01 03:20:00", "2015-03-01 06:40:00", 0.9, 0.2, "with context"],
    ]
    thresholds, counts = table.notes
    assert "0.8 with context, 0.5 without" in thresholds
    assert counts == "Of 5 windows, both catch 1, only with context 2, only without 1, neither 1."


def test_a_preset_without_context(corpus: Corpus) -> None:
    table = context_section(setting_of(corpus, label_corpus(corpus)), corpus, scored(), None)
    assert (table.rows, table.notes) == ([], ["left out: the preset has no columns with context"])


def test_equal_detectors_differ_nowhere(corpus: Corpus) -> None:
    same = scored(one={210: 0.8})
    table = context_section(setting_of(corpus, label_corpus(corpus)), corpus, same, same)
    assert table.rows == []
    assert table.notes[1] == "Of 5 windows, both catch 1, only with context 0, only without 0, neither 4."
