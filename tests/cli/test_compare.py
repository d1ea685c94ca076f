"""`zhtm compare` with results folders, on a small corpus: tables that agree, and refusals."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny import FILES, Ran, read_tree, refused

Zhtm = Callable[..., Ran]

PROFILES = ("standard", "reward_low_FP_rate", "reward_low_FN_rate")


@pytest.fixture
def ours(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> Path:
    """A results folder of three quick detectors."""
    where = ("--nab-root", corpus, "--results", tmp_path / "ours", "--no-report", "--workers", "1")
    assert zhtm("run", *where, "--detectors", "null,valueRange,nearestValue").code == 0
    return tmp_path / "ours"


@pytest.fixture
def nab(ours: Path, tmp_path: Path) -> Path:
    """Two of them as NAB's own runner would have written them, and a detector that nobody knows."""
    results = tmp_path / "NAB" / "results"
    for name in ("null", "valueRange"):
        for profile in PROFILES:
            path = results / name / f"{name}_{profile}_scores.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            text = (ours / f"other-{name}" / f"other-{name}_{profile}_scores.csv").read_text()
            path.write_text(text.replace(f"other-{name},", f"{name},").replace("\n", "\r\n"))
    final = json.loads((ours / "final_results.json").read_text())
    mine = {"mine": dict.fromkeys(PROFILES, 12.5)}
    (results / "final_results.json").write_text(
        json.dumps({name: final[f"other-{name}"] for name in ("null", "valueRange")} | mine)
    )
    return results


def test_a_nab_checkout_beside_ours(zhtm: Zhtm, corpus: Path, ours: Path, nab: Path) -> None:
    common = ("compare", ours, nab, "--nab-root", corpus, "--against", "ours:valueRange")
    before = read_tree(ours.parent)
    got = json.loads(zhtm(*common, "--json").out)
    assert got["against"] == {"folder": "ours", "detector": "other-valueRange"}
    assert (got["is_nab"], got["files"], got["draws"], got["level"]) == (False, len(FILES), 2000, 0.95)
    rows = {(row["folder"], row["detector"]): row for row in got["rows"]}
    assert set(rows) == {
        *(("ours", f"other-{name}") for name in ("null", "valueRange", "nearestValue")),
        *(("results", name) for name in ("null", "valueRange", "mine")),
    }
    final = json.loads((ours / "final_results.json").read_text())
    assert rows["ours", "other-null"]["scores"] == final["other-null"]
    assert rows["results", "valueRange"]["differences"] == {
        profile: {"difference": 0.0, "low": 0.0, "high": 0.0} for profile in PROFILES
    }
    assert rows["results", "mine"]["origin"] == "other"
    lost = rows["ours", "other-null"]["differences"]["standard"]
    assert lost["difference"] == pytest.approx(-final["other-valueRange"]["standard"])
    assert lost["low"] <= lost["difference"] <= lost["high"]
    assert lost == rows["results", "null"]["differences"]["standard"]
    assert got["notes"] == ["no interval for results:mine: no scores by file"]

    ran = zhtm(*common, "--csv")
    table = list(csv.DictReader(io.StringIO(ran.out)))
    assert [(row["folder"], row["detector"]) for row in table] == list(rows)
    for row in table:
        same = rows[row["folder"], row["detector"]]
        assert row["against"] == "ours:other-valueRange"
        for profile in PROFILES:
            assert float(row[profile]) == same["scores"][profile]
            for key in ("difference", "low", "high"):
                number = same["differences"].get(profile, {}).get(key)
                assert row[f"{profile}_{key}"] == ("" if number is None else repr(number))
    assert "note: no interval for results:mine: no scores by file" in ran.err.splitlines()

    plain, markdown = zhtm(*common).out, zhtm(*common, "--markdown").out
    for text in (plain, markdown):
        assert "Differences to ours:other-valueRange, with 95% bootstrap intervals over 3 files" in text
        assert "0.00 [0.00, 0.00]" in text
        assert "no interval for results:mine: no scores by file" in text
    assert "| folder | detector | origin | standard | low FP | low FN | diff. standard |" in markdown
    assert read_tree(ours.parent) == before


def test_detectors_that_are_asked_for(zhtm: Zhtm, corpus: Path, ours: Path, nab: Path) -> None:
    common = ("compare", ours, nab, "--nab-root", corpus, "--detectors", "null,nearestValue", "--json")
    got = json.loads(zhtm(*common).out)
    assert {row["detector"] for row in got["rows"]} == {"other-null", "null", "other-nearestValue"}
    # None is ours: the best of the first folder.
    assert got["against"]["folder"] == "ours"


def test_names_that_clash(zhtm: Zhtm, corpus: Path, ours: Path, tmp_path: Path) -> None:
    for name in "xy":
        shutil.copytree(ours, tmp_path / name / "results")
    got = json.loads(zhtm("compare", tmp_path / "x/results", "y/results", "--nab-root", corpus, "--json").out)
    assert {row["folder"] for row in got["rows"]} == {"x/results", "y/results"}


def test_a_part_of_nab_needs_its_corpus(zhtm: Zhtm, corpus: Path, ours: Path, nab: Path) -> None:
    refused(zhtm("compare", nab), "one/spike.csv: expected a good file of the chosen corpus", "--nab-root")
    refused(zhtm("compare", ours), "expected scores of the chosen corpus, found other-", "--nab-root")


def test_folders_of_other_files(zhtm: Zhtm, corpus: Path, ours: Path, tmp_path: Path) -> None:
    where = ("--nab-root", corpus, "--files", "one/*", "--results", tmp_path / "few", "--no-report", "--workers", "1")
    assert zhtm("run", *where, "--detectors", "null").code == 0
    ran = zhtm("compare", ours, tmp_path / "few", "--nab-root", corpus)
    refused(ran, str(ours), str(tmp_path / "few"), "two/quiet.csv is only in", "(3 and 2 files)")
    got = json.loads(zhtm("compare", tmp_path / "few", "--nab-root", corpus, "--json").out)
    assert got["files"] == 2
    assert "2 of the corpus' 3 files" in got["notes"][-1]


def test_refusals(zhtm: Zhtm, corpus: Path, ours: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    root = ("--nab-root", corpus)
    before = read_tree(tmp_path)
    refused(zhtm("compare", ours, tmp_path / "empty", *root), f"results {tmp_path / 'empty'}", "run `zhtm run` first")
    refused(zhtm("compare", ours, "nowhere", *root), "results nowhere: expected a folder, found none")
    refused(zhtm("compare", ours / "final_results.json", *root), "expected a folder, found a file")
    refused(zhtm("compare", ours, "ours/.", *root), "given twice")
    refused(zhtm("compare", ours, *root, "--against", "valuerange"), "in no folder", "valueRange")
    refused(zhtm("compare", ours, *root, "--detectors", "nul"), "in no folder", "null")
    refused(zhtm("compare", ours, *root, "--detectors", ","), "expected at least one name")
    refused(zhtm("compare", ours, *root, "--csv", "--json"), "expected at most one of them")
    refused(zhtm("compare", "--markdown", "--csv"), "expected at most one of them")
    refused(zhtm("compare", ours, "--windows"), "expected them without folders")
    refused(zhtm("compare", ours, "--measures", "--against", "zhtm"), "expected no --measures")
    refused(zhtm("compare", ours, "nowhere", "--measures"), "results nowhere: expected a folder, found none")
    refused(zhtm("compare", "--windows", "--measures"), "expected at most one of them")
    refused(zhtm("compare", ours, "--results", ours), "expected them without folders")
    refused(zhtm("compare", "--against", "zhtm"), "expected it with results folders only")
    assert read_tree(tmp_path) == before


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Detector,Profile,File\nx,standard,one/spike.csv\n", "'Score'"),
        ("Detector,Profile,File,Score\nx,standard,one/spike.csv,much\n", "'much'"),
        ("Detector,Profile,File,Score\nx,standard,one/spike.csv,nan\n", "expected a finite number, got 'nan'"),
        ("Detector,Profile,File,Score\nTotals,,,5\n", "expected a row for each data file"),
        ("", "expected a row for each data file"),
    ],
)
def test_bad_scores_by_file(zhtm: Zhtm, corpus: Path, ours: Path, text: str, expected: str) -> None:
    (ours / "other-null" / "other-null_standard_scores.csv").write_text(text)
    refused(zhtm("compare", ours, "--nab-root", corpus), "other-null_standard_scores.csv", expected)


def test_the_scoreboard_as_csv(zhtm: Zhtm, tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    final = {"zhtm": dict.fromkeys(PROFILES, 99.0), "null": dict.fromkeys(PROFILES)}
    (tmp_path / "results" / "final_results.json").write_text(json.dumps(final))
    rows = list(csv.DictReader(io.StringIO(zhtm("compare", "--csv").out)))
    assert rows[0] == {"place": "1", "detector": "zhtm", "origin": "ours", **dict.fromkeys(PROFILES, "99.0")}
    assert rows[-1] == {
        "place": str(len(rows)),
        "detector": "null",
        "origin": "baseline",
        **dict.fromkeys(PROFILES, ""),
    }


def test_measures_of_detectors_with_results_and_baselines(zhtm: Zhtm, corpus: Path, ours: Path) -> None:
    common = ("compare", "--measures", "--nab-root", corpus, "--results", ours)
    got = json.loads(zhtm(*common, "--detectors", "null,windowedGaussian,valueRange", "--json").out)
    assert got["is_nab"] is False
    areas = [entry["vus_pr"] for entry in got["measures"].values()]
    assert set(got["measures"]) == {"null", "windowedGaussian", "valueRange"}
    assert areas == sorted(areas, reverse=True)
    scored = json.loads(
        zhtm("score", "--nab-root", corpus, "--results", ours, "--detectors", "valueRange", "--measures", "--json").out
    )
    assert got["measures"]["valueRange"] == scored["measures"]["other-valueRange"]
    ran = zhtm(*common)
    assert "VUS-PR" in ran.out and "nearestValue" in ran.out
    assert "numenta: no published scores by record" in ran.out  # a reason, not a silent gap
    refused(zhtm(*common, "--detectors", "nobody"), "detector 'nobody'", "a baseline or a published detector")


def test_measures_of_detectors_in_folders(zhtm: Zhtm, corpus: Path, ours: Path, tmp_path: Path) -> None:
    """As in each folder alone, by folder and detector."""
    common = ("compare", "--measures", "--nab-root", corpus)
    theirs = shutil.copytree(ours, tmp_path / "theirs")
    alone = json.loads(zhtm(*common, "--results", ours, "--detectors", "valueRange,null", "--json").out)["measures"]
    both = json.loads(zhtm(*common, ours, theirs, "--detectors", "valueRange,null", "--json").out)["measures"]
    expected = {f"{folder.name}:{name}": found for folder in (ours, theirs) for name, found in alone.items()}
    assert both == expected
    for path in (theirs / "other-valueRange").glob("*/*.csv"):
        path.unlink()
        break
    ran = zhtm(*common, ours, theirs)
    assert ran.code == 0 and "other-valueRange" in ran.out  # the reason why it is left out
    refused(zhtm(*common, ours, theirs, "--detectors", "valueRange"), "other-valueRange")
    refused(zhtm(*common, ours, "--detectors", "ghost"), "detector 'ghost'", "in one of the folders")
    (tmp_path / "empty").mkdir()
    refused(zhtm(*common, tmp_path / "empty"), "expected the results of at least one detector, found none")
