"""The report window by window: which detectors are in it, and what its tables say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from tiny import label_corpus, write_corpus

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import write_frame
from zhtm_detector.evaluation.found_scores import found_scores
from zhtm_detector.evaluation.windows import WindowReport, window_report
from zhtm_detector.nab.choose_corpus import ChosenCorpus
from zhtm_detector.nab.corpus import Corpus
from zhtm_detector.nab.result_files import read_profiles, results_path
from zhtm_detector.nab.scoreboard import published_scores

Scores = dict[str, NDArray[np.float64]]


def scored(length: int, **at: float) -> NDArray[np.float64]:
    """Scores of 0, except for records named as in r12=0.9."""
    scores = np.zeros(length)
    for record, score in at.items():
        scores[int(record[1:])] = score
    return scores


# On the tiny corpus, with the windows one/spike [250, 270], one/steps [150, 180] and [400, 430], two/quiet none.
OURS: Scores = {
    "one/spike.csv": scored(400, r255=0.9, r260=1.0),
    "one/steps.csv": scored(500, r150=0.9, r430=0.95, r100=0.1),
    "two/quiet.csv": scored(300, r200=0.9, r10=1.0),
}


@pytest.fixture
def chosen(tmp_path: Path) -> ChosenCorpus:
    return ChosenCorpus(Corpus(write_corpus(tmp_path / "corpus")), "other-", "not NAB")


def write_ours(results: Path, label: str, scores: Scores) -> None:
    for path, column in scores.items():
        write_frame(results_path(results, label, path), pd.DataFrame({"anomaly_score": column}))


def report(chosen: ChosenCorpus, results: Path, detectors: list[str] | None = None) -> WindowReport:
    labelled = label_corpus(chosen.corpus)
    return window_report(chosen, labelled, results, read_profiles()[0], detectors)


def test_the_whole_report(chosen: ChosenCorpus, tmp_path: Path) -> None:
    write_ours(tmp_path / "results", "other-mine", OURS)
    got = report(chosen, tmp_path / "results", ["mine", "null"]).to_json()
    mine, null = got["detectors"]
    assert mine == {"detector": "mine", "origin": "other", "threshold": 0.9, "windows_caught": 3}
    assert (null["origin"], null["windows_caught"]) == ("baseline", 0)
    assert [(w["file"], w["positions"]["mine"], w["positions"]["null"]) for w in got["windows"]] == [
        ("one/spike.csv", 0.25, None),
        ("one/steps.csv", 0.0, None),
        ("one/steps.csv", 1.0, None),
    ]
    assert got["windows"][0]["start"] == "2015-03-01 20:50:00"
    assert got["windows"][0]["end"] == "2015-03-01 22:30:00"
    (noisy,) = got["false_positives"]
    assert noisy["file"] == "two/quiet.csv"
    assert noisy["detectors"]["mine"] == {"records": 1, "cost": pytest.approx(0.11)}
    assert noisy["detectors"]["null"] == {"records": 0, "cost": 0.0}


def test_tables(chosen: ChosenCorpus, tmp_path: Path) -> None:
    write_ours(tmp_path / "results", "other-mine", OURS)
    found = report(chosen, tmp_path / "results", ["mine", "null"])
    legend, window_table, false_positive_table = found.tables()
    windows = [list(row) for row in window_table.rows]
    assert windows[0] == ["spike", "2015-03-01 20:50", "2015-03-01 22:30", "25", "·"]
    assert windows[-1] == ["caught, of 3", "", "", "3", "0"]
    assert [list(row) for row in false_positive_table.rows] == [["quiet", "1", "·"], ["all", "1", "0"]]
    assert [row[:3] for row in legend.rows] == [[1, "mine", "other"], [2, "null", "baseline"]]
    assert [column.title for column in window_table.columns[3:]] == ["1", "2"]
    for table in found.tables():
        assert table.markdown().count("\n") >= len(table.rows) + 3


def test_by_default_all_that_can_be_found(chosen: ChosenCorpus, tmp_path: Path) -> None:
    results = tmp_path / "results"
    for label in ("other-mine", "sample-theirs", "numenta", "other-nearestValue"):
        write_ours(results, label, OURS)
    (results / "other-empty").mkdir()
    write_published(chosen.corpus.root, "ARTime", OURS)
    found = report(chosen, results)
    origins = {c.name: c.origin for c in found.contenders}
    baselines = ("nearestValue", "valueRange", "nearestValueRefractory", "windowedGaussian")
    assert origins == {"mine": "other", **dict.fromkeys(baselines, "baseline"), "ARTime": "published"}
    assert len(found.skipped) == len(set(published_scores()) - {"ARTime", "windowedGaussian", "null", "random"})
    assert all("no published scores by record" in line for line in found.skipped)
    assert next(c for c in found.contenders if c.name == "nearestValue").threshold == 0.9  # read, not run


def test_results_of_the_whole_corpus_have_no_prefix(tmp_path: Path) -> None:
    corpus = Corpus(write_corpus(tmp_path / "corpus"))
    for label in ("zhtm", "other-mine", "partial-zhtm"):
        write_ours(tmp_path / "results", label, OURS)
    found = report(ChosenCorpus(corpus, "", ""), tmp_path / "results")
    assert [c.name for c in found.contenders if c.origin in ("ours", "other")] == ["zhtm"]


def test_requested_detectors_must_be_there(chosen: ChosenCorpus, tmp_path: Path) -> None:
    results = tmp_path / "results"
    with pytest.raises(InputError, match="detector 'nobody': expected results under"):
        report(chosen, results, ["nobody"])
    with pytest.raises(InputError, match="ARTime: no published scores by record"):
        report(chosen, results, ["ARTime"])
    with pytest.raises(InputError, match="at least one detector"):
        report(chosen, results, [])
    write_ours(results, "other-mine", OURS)
    results_path(results, "other-mine", "two/quiet.csv").unlink()
    with pytest.raises(InputError, match="cannot be read"):
        report(chosen, results, ["mine"])
    found = report(chosen, results)  # not requested: left out, with the reason
    assert "mine" not in [c.name for c in found.contenders]
    assert "cannot be read" in found.skipped[0]


def write_published(root: Path, name: str, scores: Scores) -> None:
    (root / "published_scores").mkdir(exist_ok=True)
    np.savez(root / "published_scores" / f"{name}.npz", **scores)  # type: ignore[arg-type]


def test_published_scores_beside_results_of_another_corpus(chosen: ChosenCorpus, tmp_path: Path) -> None:
    labelled = label_corpus(chosen.corpus)
    write_published(chosen.corpus.root, "numenta", {path: np.zeros(file.length) for path, file in labelled.items()})
    for found, said in (("", []), ("numenta", ["numenta: its results in"])):
        warnings: list[str] = []
        if found:
            write_ours(tmp_path / "results", found, OURS)
        ((name, _),) = found_scores(chosen, labelled, tmp_path / "results", ["numenta"], [], warnings)
        assert name == "numenta" and [warning[: len("numenta: its results in")] for warning in warnings] == said


def test_the_published_detectors_on_nab(nab_root: Path) -> None:
    """Windows caught and false-positive records at the standard threshold."""
    corpus = Corpus(nab_root)
    labelled = label_corpus(corpus)
    names = ["ARTime", "numenta", "contextOSE"]
    try:
        found = window_report(ChosenCorpus(corpus, "", ""), labelled, Path("none"), read_profiles()[0], names)
    except InputError as error:
        pytest.skip(str(error))
    assert len(found.windows) == 116
    counts = [(c.caught, sum(map(c.false_positives, labelled))) for c in found.contenders]
    assert counts == [(106, 217), (96, 153), (92, 64)]
