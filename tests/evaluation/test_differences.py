"""Comparing results folders: differences by hand, missing intervals, names and spellings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from zhtm_detector.common.errors import InputError
from zhtm_detector.evaluation.difference_tables import to_compute, to_json, to_read
from zhtm_detector.evaluation.differences import Comparison, Difference, compare_folders, shared_files
from zhtm_detector.evaluation.folders import Entry, ResultsFolder, read_folder, short_names
from zhtm_detector.nab.scoring import FileWindows, Profile

STANDARD = Profile("standard", tp=1.0, fn=1.0, fp=0.11, tn=1.0)
TWO = {
    "a/one.csv": FileWindows.from_spans("a/one.csv", 80, [(20, 24)]),
    "a/two.csv": FileWindows.from_spans("a/two.csv", 80, [(20, 24)]),
}
MISSED = {"a/one.csv": -1.0, "a/two.csv": -1.0}  # final score 0
HALF = {"a/one.csv": 1.0, "a/two.csv": -1.0}  # final score 50


def entry(
    folder: str, name: str, by_file: Mapping[str, float] | None = None, final: float | None = None, n: str = "standard"
) -> Entry:
    scores = {} if by_file is None else {n: by_file}
    return Entry(folder, name, {} if final is None else {n: final}, scores)


def folder(name: str, *entries: Entry) -> ResultsFolder:
    return ResultsFolder(Path(name), name, entries)


def compared(*folders: ResultsFolder, against: str | None = None, detectors: list[str] | None = None) -> Comparison:
    return compare_folders(folders, TWO, [STANDARD], against, detectors)


def difference(comparison: Comparison, title: str) -> Difference:
    return next(row for row in comparison.rows if row.entry.title == title).differences["standard"]


def test_the_same_folder_twice_does_not_differ() -> None:
    got = compared(*(folder(name, entry(name, "zhtm", HALF, 50.0)) for name in "ab"))
    assert got.reference.title == "a:zhtm"
    assert difference(got, "b:zhtm") == Difference(0.0, 0.0, 0.0)
    assert [row.differences for row in got.rows if row.entry is got.reference] == [{}]
    assert got.notes == []


def test_one_better_file_of_two() -> None:
    got = compared(folder("a", entry("a", "zhtm", MISSED, 0.0)), folder("b", entry("b", "zhtm", HALF, 50.0)))
    # In a quarter of the draws the better file is not there, in a quarter it is there twice.
    assert difference(got, "b:zhtm") == Difference(50.0, 0.0, 100.0)
    assert [row.entry.title for row in got.rows] == ["b:zhtm", "a:zhtm"]  # best first
    back = compared(folder("a", entry("a", "zhtm", MISSED)), folder("b", entry("b", "zhtm", HALF)), against="b:zhtm")
    assert difference(back, "a:zhtm") == Difference(-50.0, -100.0, 0.0)
    assert {row.entry.title: row.scores["standard"] for row in back.rows} == {"b:zhtm": 50.0, "a:zhtm": 0.0}


def test_a_final_score_alone_has_no_interval() -> None:
    got = compared(folder("a", entry("a", "zhtm", HALF, 50.0), entry("a", "mine", None, 62.0)))
    assert difference(got, "a:mine") == Difference(12.0)
    assert got.rows[0].entry.origin == "other"
    assert got.notes == ["no interval for a:mine: no scores by file"]
    got = compared(folder("a", entry("a", "zhtm", HALF, 50.0), entry("a", "mine", None, 62.0)), against="mine")
    assert difference(got, "a:zhtm") == Difference(-12.0)
    assert got.notes == ["no interval at all, because of a:mine, the reference: no scores by file"]


def test_scores_by_file_of_another_run_are_not_used() -> None:
    got = compared(folder("a", entry("a", "zhtm", HALF, 50.0), entry("a", "old", MISSED, 33.0)))
    assert difference(got, "a:old") == Difference(-17.0)
    assert got.notes == [
        "no interval for a:old: its scores by file add up to 0.00, not to the 33.00 of final_results.json"
    ]


def test_a_leftover_of_other_files_is_noted() -> None:
    rest = [entry("a", name, HALF, 50.0) for name in ("zhtm", "null")]
    got = compared(folder("a", *rest, entry("a", "random", {"a/one.csv": 0.0}, 20.0)))
    assert got.files == 2
    assert difference(got, "a:random") == Difference(-30.0)
    assert got.notes == ["no interval for a:random: its scores are of 1 files, not of the same 2 as the others"]


def test_folders_of_other_files_are_refused() -> None:
    one = folder("a", entry("a", "zhtm", {"a/one.csv": 0.0}))
    two = folder("b", entry("b", "zhtm", HALF))
    for pair in ((one, two), (two, one)):
        with pytest.raises(InputError, match=r"expected scores of the same data files, but a/two.csv is only in b"):
            shared_files(pair, TWO)
    assert shared_files([one, folder("c", entry("c", "zhtm", None, 3.0))], TWO) == {"a/one.csv"}
    with pytest.raises(InputError, match=r"results b: a/two.csv: expected a good file of the chosen corpus"):
        shared_files([two], {"a/one.csv": TWO["a/one.csv"]})


def test_a_part_of_the_corpus_is_noted() -> None:
    got = compared(folder("a", entry("a", "partial-zhtm", {"a/one.csv": 1.0}), entry("a", "partial-null", None, 0.0)))
    assert {row.entry.name: row.scores["standard"] for row in got.rows} == {"partial-zhtm": 100.0, "partial-null": 0.0}
    assert got.notes[-1] == "1 of the corpus' 2 files: these are not scores of the whole corpus"


def test_the_default_reference_is_the_first_folders_best_of_ours() -> None:
    nab = folder("nab", entry("nab", "ARTime", HALF, 74.0))
    ours = folder("ours", entry("ours", "zhtm-seed", HALF, 40.0), entry("ours", "zhtm", HALF, 50.0))
    better = folder("better", entry("better", "zhtm", HALF, 90.0))
    assert compared(nab, ours, better).reference.title == "ours:zhtm"
    assert compared(nab, ours, better, detectors=["zhtm-seed", "ARTime"]).reference.title == "ours:zhtm-seed"
    assert compared(nab).reference.title == "nab:ARTime"  # none of ours


def test_the_reference_is_always_shown() -> None:
    ours = folder("ours", entry("ours", "zhtm", HALF, 50.0), entry("ours", "null", MISSED, 0.0))
    got = compared(ours, against="null", detectors=["zhtm"])
    assert [row.entry.name for row in got.rows] == ["zhtm", "null"]


@pytest.mark.parametrize(
    ("against", "title"),
    [("zhtm", "a:sample-zhtm"), ("sample-zhtm", "a:sample-zhtm"), ("b:zhtm", "b:sample-zhtm"), ("b:x:y", "b:x:y")],
)
def test_spellings_of_the_reference(against: str, title: str) -> None:
    got = compared(
        folder("a", entry("a", "sample-zhtm", HALF)),
        folder("b", entry("b", "sample-zhtm", HALF), entry("b", "x:y", HALF)),
        against=against,
    )
    assert got.reference.title == title


def test_unknown_names_get_the_nearest() -> None:
    ours = folder("ours", entry("ours", "zhtm", HALF), entry("ours", "nearestValue", HALF))
    with pytest.raises(InputError, match=r"--against 'nearestvalue': in no folder; the nearest names are nearestValue"):
        compared(ours, against="nearestvalue")
    with pytest.raises(InputError, match=r"--detectors 'zhtn': in no folder; the nearest names are zhtm"):
        compared(ours, detectors=["zhtn"])


def test_short_names(tmp_path: Path) -> None:
    paths = [tmp_path / "ours", tmp_path / "x" / "results", tmp_path / "y" / "results"]
    for path in paths:
        path.mkdir(parents=True)
    assert short_names(paths) == ["ours", "x/results", "y/results"]
    with pytest.raises(InputError, match="given twice"):
        short_names([paths[0], tmp_path / "x" / ".." / "ours"])
    with pytest.raises(InputError, match="expected a folder, found none"):
        short_names([tmp_path / "none"])


def test_which_results_of_a_folder_are_read(tmp_path: Path) -> None:
    final = {"zhtm": {"standard": 5.0}, "sample-zhtm": {"standard": None}, "partial-zhtm": {"standard": 1.0}}
    (tmp_path / "final_results.json").write_text(json.dumps(final))
    for prefix, expected in (
        ("", "zhtm"),
        ("sample-", "sample-zhtm"),
        ("other-", "zhtm"),
        ("partial-", "partial-zhtm"),
    ):
        got = read_folder(tmp_path, "r", prefix, ["standard"])
        assert [e.name for e in got.entries] == [expected]
        assert sorted([*got.left_out, expected]) == sorted(final)
    (tmp_path / "final_results.json").write_text(json.dumps({"sample-zhtm": {}}))
    with pytest.raises(InputError, match="expected scores of the chosen corpus, found sample-zhtm"):
        read_folder(tmp_path, "r", "", ["standard"])


def test_tables_say_the_same() -> None:
    got = compared(
        folder("a", entry("a", "zhtm", MISSED, 0.0)), folder("b", entry("b", "zhtm", HALF), entry("b", "x", None, 9.0))
    )
    read = to_read(got)
    assert read.title == "Differences to a:zhtm, with 95% bootstrap intervals over 2 files"
    assert read.rows == [
        ["b", "zhtm", "ours", 50.0, "+50.00 [0.00, +100.00]"],
        ["b", "x", "other", 9.0, "+9.00"],
        ["a", "zhtm", "ours", 0.0, "reference"],
    ]
    assert to_compute(got).csv().splitlines() == [
        "folder,detector,origin,against,standard,standard_difference,standard_low,standard_high",
        "b,zhtm,ours,a:zhtm,50.0,50.0,0.0,100.0",
        "b,x,other,a:zhtm,9.0,9.0,,",
        "a,zhtm,ours,a:zhtm,0.0,,,",
    ]
    content = to_json(got)
    assert content["against"] == {"folder": "a", "detector": "zhtm"}
    assert content["rows"][0]["differences"] == {"standard": {"difference": 50.0, "low": 0.0, "high": 100.0}}
    assert content["rows"][2]["differences"] == {}
    assert content["notes"] == ["no interval for b:x: no scores by file"]
