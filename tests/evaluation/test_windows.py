"""Which window is caught, where, and what false positives cost; published scores beside the corpus."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from tiny import FILES, label_corpus, write_corpus

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import write_frame
from zhtm_detector.evaluation.windows import WindowReport, window_report
from zhtm_detector.nab.choose_corpus import ChosenCorpus
from zhtm_detector.nab.corpus import Corpus
from zhtm_detector.nab.outcomes import Marks, by_category, false_positive_cost, mark, position, window_spans
from zhtm_detector.nab.published import check_names, read_file_scores, read_record_scores
from zhtm_detector.nab.result_files import read_profiles, results_path
from zhtm_detector.nab.scoreboard import published_scores
from zhtm_detector.nab.scoring import FileWindows, Profile

STANDARD = Profile("standard", tp=1.0, fn=1.0, fp=0.11, tn=1.0)
LENGTHS = {path: length for path, (length, _) in FILES.items()}

Scores = dict[str, NDArray[np.float64]]


def scored(length: int, **at: float) -> NDArray[np.float64]:
    """Scores of 0 but for records, named r12=0.9."""
    scores = np.zeros(length)
    for record, score in at.items():
        scores[int(record[1:])] = score
    return scores


# Of the tiny corpus: one/spike [250, 270], one/steps [150, 180] and [400, 430], two/quiet none.
OURS: Scores = {
    "one/spike.csv": scored(400, r255=0.9, r260=1.0),
    "one/steps.csv": scored(500, r150=0.9, r430=0.95, r100=0.1),
    "two/quiet.csv": scored(300, r200=0.9, r10=1.0),
}


# One file


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


# By category


def test_categories_add_up(tmp_path: Path) -> None:
    corpus = Corpus(write_corpus(tmp_path / "corpus"))
    labelled = label_corpus(corpus)
    marks = {path: mark(OURS[path], file, 0.9) for path, file in labelled.items()}
    one, two, whole = by_category(marks, labelled, STANDARD)
    assert [one.category, two.category, whole.category] == ["one", "two", "all"]
    assert (one.windows, one.caught, one.false_positives, one.cost) == (3, 3, 0, 0.0)
    assert one.earliness == pytest.approx((0.25 + 0.0 + 1.0) / 3)
    assert (two.windows, two.caught, two.false_positives) == (0, 0, 1)
    assert np.isnan(two.earliness)
    assert (whole.windows, whole.caught, whole.false_positives) == (3, 3, 1)
    assert whole.cost == two.cost == pytest.approx(0.11)


# The report


@pytest.fixture
def chosen(tmp_path: Path) -> ChosenCorpus:
    return ChosenCorpus(Corpus(write_corpus(tmp_path / "corpus")), "other-", "not NAB")


def write_ours(results: Path, label: str, scores: Scores) -> None:
    for path, column in scores.items():
        write_frame(results_path(results, label, path), pd.DataFrame({"timestamp": "t", "anomaly_score": column}))


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


def test_what_was_asked_for_must_be_there(chosen: ChosenCorpus, tmp_path: Path) -> None:
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
    found = report(chosen, results)  # not asked for: told of, and left out
    assert "mine" not in [c.name for c in found.contenders]
    assert "cannot be read" in found.skipped[0]


# What is published


def write_published(root: Path, name: str, scores: Scores) -> None:
    (root / "published_scores").mkdir(exist_ok=True)
    np.savez(root / "published_scores" / f"{name}.npz", **scores)  # type: ignore[arg-type]


FILE_SCORES = "Detector,Profile,File,Threshold,Score\nx,standard,one/spike.csv,0.5,0.75\nx,standard,b.csv,0.5,-1.5\n"


@pytest.mark.parametrize("place", ["published_scores", "results/numenta"])
def test_scores_by_file(tmp_path: Path, place: str) -> None:
    (tmp_path / place).mkdir(parents=True)
    path = tmp_path / place / "numenta_standard_scores.csv"
    path.write_text(FILE_SCORES + "Totals,,,,-0.75\n")
    assert read_file_scores(tmp_path, "numenta", "standard", ["b.csv", "one/spike.csv"]) == {
        "b.csv": -1.5,
        "one/spike.csv": 0.75,
    }
    with pytest.raises(InputError, match=r"numenta: numenta_standard_scores.csv has no row for c.csv"):
        read_file_scores(tmp_path, "numenta", "standard", ["b.csv", "c.csv"])
    with pytest.raises(InputError, match="numenta: no published scores by file"):
        read_file_scores(tmp_path, "numenta", "reward_low_FP_rate", ["b.csv"])


@pytest.mark.parametrize("text", ["", "File\nb.csv\n", "File,Score\nb.csv,high\n", "File,Score\nb.csv\n"])
def test_scores_by_file_that_are_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "published_scores").mkdir()
    (tmp_path / "published_scores" / "numenta_standard_scores.csv").write_text(text)
    with pytest.raises(InputError, match=r"File and Score|has no row for|a row for each data file"):
        read_file_scores(tmp_path, "numenta", "standard", ["b.csv"])


def test_scores_by_record_of_both_layouts(tmp_path: Path) -> None:
    write_published(tmp_path, "ARTime", OURS)
    write_ours(tmp_path / "results", "numenta", OURS)
    for name in ("ARTime", "numenta"):
        got = read_record_scores(tmp_path, name, LENGTHS)
        assert list(got) == list(LENGTHS)
        for path in LENGTHS:
            np.testing.assert_array_equal(got[path], OURS[path])


def test_scores_by_record_that_are_none(tmp_path: Path) -> None:
    folder = tmp_path / "published_scores"
    with pytest.raises(InputError, match="knncad: no published scores by record"):
        read_record_scores(tmp_path, "knncad", LENGTHS)
    write_published(tmp_path, "knncad", {"one/spike.csv": OURS["one/spike.csv"]})
    with pytest.raises(InputError, match="has no scores for a data file"):
        read_record_scores(tmp_path, "knncad", LENGTHS)
    with pytest.raises(InputError, match="expected 399 published scores, got 400"):
        read_record_scores(tmp_path, "knncad", {"one/spike.csv": 399})
    (folder / "knncad.npz").write_text("no archive")
    with pytest.raises(InputError, match="expected an npz file"):
        read_record_scores(tmp_path, "knncad", LENGTHS)
    write_ours(tmp_path / "results", "skyline", {"one/spike.csv": OURS["one/spike.csv"]})
    with pytest.raises(InputError, match="expected a CSV file of scores"):
        read_record_scores(tmp_path, "skyline", LENGTHS)


def test_names_are_the_scoreboards() -> None:
    check_names(["ARTime", "numenta", "contextOSE"])
    with pytest.raises(InputError, match="published detector 'zhtm': unknown; expected one of ARTime, "):
        check_names(["numenta", "zhtm"])


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
