"""Bad input: one line on standard error that says what, where and what was expected; an exit code; no half files."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny import (
    Ran,
    data_text,
    read_labels,
    read_tree,
    refused,
    timestamps,
    wave,
    write_corpus,
    write_labels,
    zhtm_process,
)

Zhtm = Callable[..., Ran]

NULL = ("--detectors", "null", "--workers", "1")


def no_files(folder: Path) -> bool:
    return not folder.is_dir() or read_tree(folder) == {}


# Data files

GOOD = data_text(wave(300)).splitlines()


def with_row(row: int, line: str) -> str:
    """A good file with another line at a row, counted as an editor does."""
    lines = list(GOOD)
    lines[row - 1] = line
    return "\n".join([*lines, ""])


BAD_DATA: dict[str, tuple[str | bytes, tuple[str, ...]]] = {
    "empty file": ("", ("row 1", "expected the columns timestamp,value", "got nothing")),
    "no rows": ("timestamp,value\n", ("expected at least 2 records", "got 0")),
    "one row": ("timestamp,value\n2015-03-01 00:00:00,1\n", ("expected at least 2 records", "got 1")),
    "no header": ("\n".join(GOOD[1:]), ("row 1", "expected the columns timestamp,value")),
    "other columns": ("time,value\n" + "\n".join(GOOD[1:]), ("row 1", "expected the columns", "got time,value")),
    "a column more": (
        "timestamp,value,x\n" + "".join(f"{line},1\n" for line in GOOD[1:]),
        ("row 1", "expected the columns timestamp,value", "got timestamp,value,x"),
    ),
    "a field more": (with_row(7, GOOD[6] + ",3"), ("row 7", "expected 2 fields", "got 3")),
    "a field less": (with_row(7, "2015-03-01 00:25:00"), ("row 7", "expected 2 fields", "got 1")),
    "no timestamp": (with_row(9, "yesterday,1"), ("row 9", "timestamp", "expected a date and time", "'yesterday'")),
    "no such day": (with_row(9, "2015-02-30 00:00:00,1"), ("row 9", "timestamp", "expected a date and time")),
    "empty timestamp": (with_row(9, ",1"), ("row 9", "timestamp", "expected a date and time")),
    "mixed zones": (with_row(9, "2015-03-01 00:35:00+02:00,1"), ("row 9", "timestamp", "one time zone")),
    "no number": (with_row(12, "2015-03-01 00:50:00,high"), ("row 12", "value", "expected a finite number", "'high'")),
    "empty value": (with_row(12, "2015-03-01 00:50:00,"), ("row 12", "value", "expected a finite number")),
    "NaN": (with_row(12, "2015-03-01 00:50:00,NaN"), ("row 12", "value", "expected a finite number", "'NaN'")),
    "infinite": (with_row(12, "2015-03-01 00:50:00,-inf"), ("row 12", "value", "expected a finite number", "'-inf'")),
    "beyond a double": (with_row(12, "2015-03-01 00:50:00,1e400"), ("row 12", "value", "finite number", "1e400")),
    "too large": (with_row(12, "2015-03-01 00:50:00,1e300"), ("row 12", "value", "at most 1e+150", "'1e300'")),
    "no text": (b"timestamp,value\n\xff\xfe\x00\x01", ("expected UTF-8",)),
}


@pytest.fixture
def with_bad_file(request: pytest.FixtureRequest, corpus: Path) -> tuple[Path, tuple[str, ...]]:
    content, expected = BAD_DATA[request.param]
    path = corpus / "data" / "two" / "quiet.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return corpus, (str(path), *expected)


@pytest.mark.parametrize("with_bad_file", BAD_DATA, indirect=True)
def test_a_bad_data_file_alone(zhtm: Zhtm, with_bad_file: tuple[Path, tuple[str, ...]], tmp_path: Path) -> None:
    root, expected = with_bad_file
    refused(zhtm("run", "--nab-root", root, "--files", "two/*", "--results", tmp_path / "r"), *expected)
    assert no_files(tmp_path / "r")


@pytest.mark.parametrize("with_bad_file", BAD_DATA, indirect=True)
def test_a_bad_data_file_among_others(zhtm: Zhtm, with_bad_file: tuple[Path, tuple[str, ...]], tmp_path: Path) -> None:
    root, expected = with_bad_file
    ran = zhtm(
        "run", "--nab-root", root, "--results", tmp_path / "r", "--detectors", "null,random", "--workers", "1", "--json"
    )
    check_row(ran, tmp_path / "r", expected)


def check_row(ran: Ran, results: Path, expected: tuple[str, ...]) -> None:
    """Exit code 1, one line of error, a row in the JSON, and the other two files' results as if there were no third."""
    assert ran.code == 1
    assert len(ran.errors) == 1, ran.err
    assert ran.err.splitlines() == [ran.warnings[0], ran.errors[0], ran.warnings[-1]]
    assert ran.warnings[-1] == "warning: 1 of 3 files failed and are in no figure above"
    content = json.loads(ran.out)
    assert {(row["detector"], row["file"]) for row in content["failed"]} == {
        ("other-null", "two/quiet.csv"),
        ("other-random", "two/quiet.csv"),
    }
    for text in expected:
        assert text in ran.errors[0], ran.errors[0]
        assert text in content["failed"][0]["error"]
    assert set(content["final_results"]) == {"other-null", "other-random"}
    written = read_tree(results)
    assert {path for path in written if path.startswith("other-null/")} == {
        "other-null/one/other-null_spike.csv",
        "other-null/one/other-null_steps.csv",
        "other-null/other-null_reward_low_FN_rate_scores.csv",
        "other-null/other-null_reward_low_FP_rate_scores.csv",
        "other-null/other-null_standard_scores.csv",
    }
    assert not [path for path in written if "tmp" in path or path.split("/")[-1].startswith(".")]


FINE_DATA = {
    "constant": [5.0] * 300,
    "constant zero": [0.0] * 300,
    "constant and large": [1e150] * 300,
    "large both ways": [1e150, -1e150] * 150,
    "tiny": [5e-324, 0.0] * 150,
    "two records": [1.0, 2.0],
    "almost constant": [1e17, 1e17 + 16] * 150,
}


@pytest.mark.parametrize("values", FINE_DATA.values(), ids=FINE_DATA)
@pytest.mark.filterwarnings("error")
def test_unusual_values_run(zhtm: Zhtm, corpus: Path, tmp_path: Path, values: list[float]) -> None:
    (corpus / "data" / "two" / "quiet.csv").write_text(data_text(values))
    ran = zhtm(
        *("run", "--nab-root", corpus, "--results", tmp_path / "r", "--workers", "1", "--json"),
        *("--detectors", "all", "--files", "two/*"),
    )
    assert (ran.code, ran.errors) == (0, [])
    constant = [line for line in ran.warnings if "all values are the same" in line]
    assert len(constant) == (len(set(values)) == 1)
    assert ran.err.splitlines() == ran.warnings


# Corpus and labels


def test_no_root(zhtm: Zhtm, tmp_path: Path) -> None:
    refused(zhtm("run", "--nab-root", tmp_path / "none", *NULL), str(tmp_path / "none"), "expected a folder with data/")


def test_no_root_in_the_environment(zhtm: Zhtm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAB_ROOT", "/none/such")
    refused(zhtm("run", *NULL), "/none/such", "expected a folder with data/")


def test_no_data_folder(zhtm: Zhtm, tmp_path: Path) -> None:
    refused(zhtm("run", "--nab-root", tmp_path, *NULL), str(tmp_path), "data/", "expected the CSV files")


def test_no_data_files(zhtm: Zhtm, corpus: Path) -> None:
    for path in list((corpus / "data").rglob("*.csv")):
        path.unlink()
    refused(zhtm("run", "--nab-root", corpus, *NULL), "expected at least one CSV file", "got none")


def test_no_label_file(zhtm: Zhtm, corpus: Path) -> None:
    (corpus / "labels" / "combined_windows.json").unlink()
    refused(zhtm("run", "--nab-root", corpus, *NULL), "label file", "combined_windows.json", "expected anomaly windows")


def test_no_file_matches(zhtm: Zhtm, corpus: Path) -> None:
    refused(zhtm("run", "--nab-root", corpus, "--files", "three/*"), "'three/*'", "expected a match among the 3")


def test_no_labels_for_the_chosen_files(zhtm: Zhtm, corpus: Path) -> None:
    write_labels(corpus, {"one/spike.csv": []})
    ran = zhtm("run", "--nab-root", corpus, "--files", "two/*", *NULL)
    refused(ran, "combined_windows.json", "expected labels for the chosen files")


MOMENT = timestamps(500)

BAD_LABELS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "a list": ([], ("expected a JSON object", "got []")),
    "an absent file": ({"three/none.csv": []}, ("three/none.csv", "expected a file under")),
    "windows that are none": ({"one/steps.csv": {"a": 1}}, ("one/steps.csv", "expected a list of windows")),
    "one end": ({"one/steps.csv": [[MOMENT[200]]]}, ("one/steps.csv", "window 1", "expected [start, end]")),
    "no times": ({"one/steps.csv": [["a", "b"]]}, ("one/steps.csv", "window 1", "expected a date and time", "'a'")),
    "upside down": (
        {"one/steps.csv": [[MOMENT[250], MOMENT[200]]]},
        ("one/steps.csv", "window 1", "expected its start before its end"),
    ),
    "overlapping": (
        {"one/steps.csv": [[MOMENT[200], MOMENT[300]], [MOMENT[290], MOMENT[350]]]},
        ("one/steps.csv", "window 2", "expected it after the end of the one before"),
    ),
}


@pytest.mark.parametrize(("labels", "expected"), BAD_LABELS.values(), ids=BAD_LABELS)
def test_bad_labels(zhtm: Zhtm, corpus: Path, tmp_path: Path, labels: Any, expected: tuple[str, ...]) -> None:
    if isinstance(labels, dict):
        labels = {**read_labels(corpus), **labels}
    write_labels(corpus, labels)
    refused(
        zhtm("run", "--nab-root", corpus, "--results", tmp_path / "r", *NULL),
        str(corpus / "labels" / "combined_windows.json"),
        *expected,
    )
    assert no_files(tmp_path / "r")


def test_labels_that_are_no_json(zhtm: Zhtm, corpus: Path) -> None:
    (corpus / "labels" / "combined_windows.json").write_text('{"one/spike.csv": [')
    refused(zhtm("run", "--nab-root", corpus, *NULL), "combined_windows.json", "not JSON", "line 1 column")


@pytest.mark.parametrize("end", ["start", "end"])
def test_a_window_whose_end_is_not_in_the_data(zhtm: Zhtm, corpus: Path, tmp_path: Path, end: str) -> None:
    window = [MOMENT[200], MOMENT[220]]
    window[end == "end"] = window[end == "end"].replace(":00", ":01")
    write_labels(corpus, read_labels(corpus) | {"two/quiet.csv": [window]})
    common = ("run", "--nab-root", corpus, "--workers", "1")
    expected = ("two/quiet.csv", "window 1", f"expected its {end} in the data exactly once, found 0 times")
    refused(zhtm(*common, "--results", tmp_path / "alone", "--files", "two/*"), *expected)
    assert no_files(tmp_path / "alone")
    ran = zhtm(*common, "--results", tmp_path / "r", "--detectors", "null,random", "--json")
    check_row(ran, tmp_path / "r", expected)


# The results folder


@pytest.mark.parametrize("below", [(), ("deep", "er")])
@pytest.mark.parametrize("step", ["run", "detect"])
def test_results_where_a_file_is(zhtm: Zhtm, corpus: Path, tmp_path: Path, step: str, below: tuple[str, ...]) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    ran = zhtm(step, "--nab-root", corpus, "--results", file.joinpath(*below), *NULL)
    refused(ran, f"results {file.joinpath(*below)}", "cannot be written", "expected a folder")
    assert file.read_text() == "mine"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions bind users other than root")
def test_results_in_a_read_only_folder(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    ran = zhtm("run", "--nab-root", corpus, "--results", folder, *NULL)
    refused(ran, f"results {folder}", "cannot be written", "expected a folder")


@pytest.mark.parametrize("name", ["final_results.json", "thresholds.json"])
@pytest.mark.parametrize("content", ['{"numenta": {"standard": 7', "[]", "\x00"])
def test_corrupt_results_are_not_overwritten(zhtm: Zhtm, corpus: Path, tmp_path: Path, name: str, content: str) -> None:
    results = tmp_path / "r"
    results.mkdir()
    (results / name).write_text(content)
    refused(zhtm("run", "--nab-root", corpus, "--results", results, *NULL), str(results / name), "left as it is")
    assert read_tree(results) == {name: content.encode()}  # refused before the work


def test_corrupt_results_and_single_steps(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    results = tmp_path / "r"
    common = ("--nab-root", corpus, "--results", results, "--detectors", "null")
    assert zhtm("run", *common, "--workers", "1").code == 0
    for name, steps in (("final_results.json", ["normalize"]), ("thresholds.json", ["optimize", "score"])):
        whole = (results / name).read_bytes()
        (results / name).write_bytes(whole[:-5])
        before = read_tree(results)
        for step in steps:
            refused(zhtm(step, *common), str(results / name), "not JSON", "left as it is")
            assert read_tree(results) == before
        (results / name).write_bytes(whole)


def test_steps_out_of_order(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    common = ("--nab-root", corpus, "--results", tmp_path / "r", "--detectors", "null")
    refused(zhtm("optimize", *common), "other-null_spike.csv", "expected a CSV file of scores")
    assert zhtm("detect", *common, "--workers", "1").code == 0
    refused(zhtm("score", *common), "thresholds.json", "other-null", "run the optimize step first")
    refused(zhtm("normalize", *common), "other-null_standard_scores.csv", "run the score step first")


def test_results_of_another_corpus(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    common = ("--nab-root", corpus, "--results", tmp_path / "r", "--detectors", "null")
    assert zhtm("detect", *common, "--workers", "1").code == 0
    (corpus / "data" / "two" / "quiet.csv").write_text(data_text(wave(200)))
    refused(zhtm("optimize", *common), "other-null_quiet.csv", "expected 200 records", "got 300")


def test_compare_without_results(zhtm: Zhtm, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    refused(zhtm("compare", "--results", tmp_path / "empty"), "final_results.json", "run `zhtm run` first")
    assert no_files(tmp_path / "empty")


@pytest.mark.parametrize(
    ("content", "expected"),
    [("{", "not JSON"), ("[1]", "expected a JSON object"), ('{"zhtm": 5}', "zhtm: expected an object of scores")],
)
def test_compare_with_corrupt_results(zhtm: Zhtm, tmp_path: Path, content: str, expected: str) -> None:
    (tmp_path / "final_results.json").write_text(content)
    refused(zhtm("compare", "--results", tmp_path), "final_results.json", expected)


# Options


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("--workers", "0"), ("--workers", "1")),
        (("--workers", "many"), ("--workers", "integer")),
        (("--workers", "1.5"), ("--workers", "integer")),
        (("--seed", "-1"), ("--seed", "0")),
        (("--seed", "4294967296"), ("--seed", "4294967295")),
        (("--seed", "x"), ("--seed", "integer")),
        (("--detectors", "numenta"), ("'numenta'", "expected one of zhtm", "windowedGaussian", "or all")),
        (("--detectors", " , "), ("expected at least one of zhtm",)),
        (("--preset", "best"), ("'best'", "expected one of classic, column, novelty, numenta, seed, zhtm")),
        (
            ("--preset", "best", "--detectors", "null"),
            ("'best'", "expected one of classic, column, novelty, numenta, seed, zhtm"),
        ),
        (("--preset", "none.json"), ("none.json", "not found", "expected a JSON file")),
        (("--profiles", "none.json"), ("none.json", "not found", "expected a JSON file")),
        (("--sead", "1"), ("--sead",)),
        (("--workers",), ("--workers",)),
        (("more",), ("more",)),
    ],
    ids=" ".join,
)
def test_bad_options(
    zhtm: Zhtm, corpus: Path, tmp_path: Path, args: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    refused(zhtm("run", "--nab-root", corpus, "--results", tmp_path / "r", *args), *expected)
    assert no_files(tmp_path / "r")


def test_no_such_verb(zhtm: Zhtm) -> None:
    refused(zhtm("walk"), "'walk'", "--help")


def test_no_verb_shows_the_help(zhtm: Zhtm) -> None:
    ran = zhtm()
    assert (ran.code, ran.err) == (2, "")
    assert "Exit codes" in ran.out


def test_inside_of_no_checkout(zhtm: Zhtm, tmp_path: Path) -> None:
    refused(zhtm("inside", tmp_path), str(tmp_path), "expected a clone of numenta/NAB")


# In a process of its own


def test_a_process_and_its_workers_show_no_traceback(tmp_path: Path) -> None:
    root = write_corpus(tmp_path / "corpus")
    (root / "data" / "two" / "quiet.csv").write_text(with_row(12, "2015-03-01 00:50:00,inf"))
    results = tmp_path / "r"
    common = ("run", "--nab-root", root, "--results", results, "--detectors", "null,random", "--workers", "2", "--json")
    ran = zhtm_process(tmp_path / "cache", *common)
    check_row(ran, results, ("quiet.csv", "row 12", "value", "expected a finite number", "'inf'"))
    ran = zhtm_process(tmp_path / "cache", *common, "--files", "two/*")
    refused(ran, "quiet.csv", "row 12")
