"""The command on a small corpus: what its steps write and print, and that the same seed gives the same bytes."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny import (
    FILES,
    Ran,
    data_text,
    read_labels,
    read_tree,
    refused,
    registry_of,
    wave,
    windows_of,
    write_corpus,
    write_labels,
    zhtm_process,
)

from zhtm_detector.common.config import config_path
from zhtm_detector.common.text import shown
from zhtm_detector.detectors import run_file
from zhtm_detector.detectors.names import BASELINE_NAMES
from zhtm_detector.detectors.run_file import FileTask
from zhtm_detector.nab import choose_corpus as nab_roots
from zhtm_detector.nab.steps import SCORE_COLUMNS

Zhtm = Callable[..., Ran]

PROFILES = ["standard", "reward_low_FP_rate", "reward_low_FN_rate"]
NOTICE = "warning: These are NOT NAB scores: "


@pytest.fixture(scope="module")
def tiny_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("tiny") / "corpus")


@pytest.fixture(scope="module")
def base(tiny_corpus: Path) -> tuple[Ran, Path]:
    """One `zhtm run` in a process of its own: what it printed, and its results folder."""
    results = tiny_corpus.parent / "results"
    ran = zhtm_process(
        tiny_corpus.parent / "cache", "run", "--nab-root", tiny_corpus, "--results", results, "--workers", "1", "--json"
    )
    assert ran.code == 0, ran.err
    return ran, results


def header(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()[0].split(",")


# What is written


def test_files_and_columns_are_nabs(base: tuple[Ran, Path]) -> None:
    _, results = base
    detectors = ["other-zhtm", "other-null"]
    expected = {"final_results.json", "thresholds.json", "report-other-zhtm.html"}
    for detector in detectors:
        expected |= {f"{detector}/{detector}_{profile}_scores.csv" for profile in PROFILES}
        expected |= {f"{detector}/{path.replace('/', f'/{detector}_')}" for path in FILES}
    assert set(read_tree(results)) == expected

    sweep_columns = [f"S(t)_{profile}" for profile in json.loads((config_path() / "profiles.json").read_text())]
    zhtm_file = results / "other-zhtm" / "one" / "other-zhtm_spike.csv"
    assert header(zhtm_file) == ["timestamp", "value", "anomaly_score", "raw_score", "label", *sweep_columns]
    null_file = results / "other-null" / "two" / "other-null_quiet.csv"
    assert header(null_file) == ["timestamp", "value", "anomaly_score", "label", *sweep_columns]

    with (results / "other-zhtm" / "other-zhtm_standard_scores.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == SCORE_COLUMNS
    assert [row[2] for row in rows[1:-1]] == sorted(FILES)
    assert rows[-1][0] == "Totals"


def test_records_are_kept_and_labelled(base: tuple[Ran, Path]) -> None:
    _, results = base
    for path, (count, spans) in FILES.items():
        with (results / "other-null" / path.replace("/", "/other-null_")).open(newline="") as file:
            rows = list(csv.DictReader(file))
        labelled = {record for first, last in spans for record in range(first, last + 1)}
        assert [int(row["label"]) for row in rows] == [int(record in labelled) for record in range(count)]
        seed = list(FILES).index(path)
        assert [float(row["value"]) for row in rows] == wave(count, spans, seed).tolist()


def test_json_files_have_nabs_shape(base: tuple[Ran, Path]) -> None:
    ran, results = base
    thresholds = json.loads((results / "thresholds.json").read_text())
    final = json.loads((results / "final_results.json").read_text())
    assert set(thresholds) == set(final) == {"other-zhtm", "other-null"}
    for detector in final:
        assert set(final[detector]) == set(PROFILES)
        assert {name: set(entry) for name, entry in thresholds[detector].items()} == {
            profile: {"threshold", "score"} for profile in PROFILES
        }
    assert set(final["other-null"].values()) == {0.0}
    assert json.loads(ran.out)["final_results"] == final


def test_other_detectors_entries_stay(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    results.mkdir()
    entry = {"threshold": 0.5, "score": 70.1, "note": [1, None, "a"]}
    others = {
        "final_results.json": {"numenta": {"standard": 70.1}, "mine": {"other": None}},
        "thresholds.json": {"numenta": {"standard": entry}, "mine": {"other": entry}},
    }
    for name, content in others.items():
        (results / name).write_text(json.dumps(content))
    assert zhtm("run", "--nab-root", corpus, "--detectors", "null", "--results", results, "--workers", "1").code == 0
    assert zhtm("run", "--nab-root", corpus, "--detectors", "random", "--results", results, "--workers", "1").code == 0
    for name, before in others.items():
        content = json.loads((results / name).read_text())
        assert set(content) == {"numenta", "mine", "other-null", "other-random"}
        assert {detector: content[detector] for detector in before} == before


def test_thresholds_of_ones_own(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    own = tmp_path / "elsewhere" / "mine.json"
    args = ("--nab-root", corpus, "--detectors", "null", "--results", tmp_path / "r", "--thresholds", own)
    assert zhtm("run", *args, "--workers", "1").code == 0
    assert set(json.loads(own.read_text())) == {"other-null"}
    assert not (tmp_path / "r" / "thresholds.json").exists()


def test_thresholds_that_cannot_be_written_are_refused_first(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    args = ("--nab-root", corpus, "--detectors", "null", "--results", tmp_path / "r", "--workers", "1")
    ran = zhtm("run", *args, "--thresholds", tmp_path / "file" / "x")
    assert ran.code == 2
    assert f"error: thresholds {tmp_path / 'file' / 'x'}: cannot be written; expected a file" in ran.err
    assert not [path for path in (tmp_path / "r").rglob("*") if path.suffix in (".csv", ".json")]


def test_missing_thresholds_are_refused_before_any_score(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    where = ("--nab-root", corpus, "--results", tmp_path / "results", "--detectors")
    assert zhtm("detect", *where, "null,random", "--workers", "1").code == 0
    assert zhtm("optimize", *where, "null").code == 0
    before = read_tree(tmp_path / "results")
    refused(zhtm("score", *where, "null,random"), "other-random: standard: expected a threshold, got none")
    assert read_tree(tmp_path / "results") == before


def test_profiles_of_ones_own(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    weights = {"tpWeight": 1.0, "fnWeight": 1.0, "fpWeight": 0.5, "tnWeight": 1.0}
    own = tmp_path / "profiles.json"
    own.write_text(json.dumps({"mine": {"CostMatrix": weights}}))
    args = ("--nab-root", corpus, "--detectors", "null", "--results", tmp_path / "r", "--profiles", own)
    ran = zhtm("run", *args, "--workers", "1", "--json")
    assert json.loads(ran.out)["final_results"] == {"other-null": {"mine": 0.0}}


# The same bytes


def test_run_equals_its_four_steps(zhtm: Zhtm, tiny_corpus: Path, base: tuple[Ran, Path], tmp_path: Path) -> None:
    results = tmp_path / "steps"
    common = ("--nab-root", tiny_corpus, "--results", results)
    for step in (("detect", "--workers", "1"), ("optimize",), ("score",), ("normalize",)):
        ran = zhtm(*step, *common)
        assert (ran.code, ran.errors) == (0, [])
    whole = read_tree(base[1])
    report = "report-other-zhtm.html"
    assert read_tree(results) | {report: whole[report]} == whole
    for step in (("optimize",), ("score",), ("score",), ("normalize",), ("report",)):  # again: nothing piles up
        assert zhtm(*step, *common).code == 0
    assert read_tree(results) == whole


def test_two_workers_give_the_bytes_of_one(tiny_corpus: Path, base: tuple[Ran, Path], tmp_path: Path) -> None:
    results = tmp_path / "two"
    ran = zhtm_process(
        tmp_path / "cache", "run", "--nab-root", tiny_corpus, "--results", results, "--workers", "2", "--seed", "42"
    )
    assert (ran.code, ran.errors) == (0, [])
    assert read_tree(results) == read_tree(base[1])


def test_another_seed_gives_other_scores(zhtm: Zhtm, tiny_corpus: Path, base: tuple[Ran, Path], tmp_path: Path) -> None:
    results = tmp_path / "seed"
    assert zhtm("detect", "--nab-root", tiny_corpus, "--results", results, "--workers", "1", "--seed", "43").code == 0
    ours, theirs = read_tree(results), read_tree(base[1])
    path = "other-zhtm/one/other-zhtm_steps.csv"
    raw = [[row["raw_score"] for row in csv.DictReader(tree[path].decode().splitlines())] for tree in (ours, theirs)]
    assert raw[0] != raw[1]


# What is printed


def test_json_alone_is_on_standard_output(base: tuple[Ran, Path]) -> None:
    ran, _ = base
    content = json.loads(ran.out)
    assert content["is_nab"] is False
    assert content["failed"] == []
    assert content["report"] == str(base[1] / "report-other-zhtm.html")
    assert content["records"] == 2 * sum(count for count, _ in FILES.values())


def test_progress_is_for_terminals_only(base: tuple[Ran, Path]) -> None:
    ran, _ = base
    assert ran.err.splitlines() == ran.warnings
    assert len(ran.warnings) == 1
    assert ran.warnings[0].startswith(NOTICE)
    assert "labels" in ran.warnings[0]


def test_every_json_is_json(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    common = ("--nab-root", corpus, "--results", tmp_path / "r", "--detectors", "null,valueRange", "--json")
    rows = json.loads(zhtm("detect", *common, "--workers", "1").out)["rows"]
    assert [(row["detector"], row["file"], row["error"]) for row in rows] == [
        (detector, path, "") for detector in ("other-null", "other-valueRange") for path in sorted(FILES)
    ]
    assert set(json.loads(zhtm("optimize", *common).out)) == {"other-null", "other-valueRange"}
    scored = json.loads(zhtm("score", *common).out)
    thresholds = json.loads((tmp_path / "r" / "thresholds.json").read_text())
    assert set(scored) == set(thresholds)
    for label, entries in scored.items():
        assert set(entries) == set(PROFILES)
        for profile, entry in entries.items():
            best = thresholds[label][profile]
            assert (entry["threshold"], entry["score"]) == (best["threshold"], pytest.approx(best["score"]))
    assert set(json.loads(zhtm("normalize", *common).out)) == {"other-null", "other-valueRange"}
    compared = json.loads(zhtm("compare", "--results", tmp_path / "r", "--json").out)
    assert {row["origin"] for row in compared} == {"published", "baseline"}


def test_measures_beside_the_scores(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    common = ("--nab-root", corpus, "--results", tmp_path / "r", "--detectors", "null,valueRange")
    assert zhtm("run", *common, "--workers", "1", "--no-report").code == 0
    scored = json.loads(zhtm("score", *common, "--json").out)
    got = json.loads(zhtm("score", *common, "--measures", "--json").out)
    assert got["scores"] == scored
    null, ranged = (got["measures"][name] for name in ("other-null", "other-valueRange"))
    for name, entry in got["measures"].items():
        assert entry["threshold"] == scored[name]["standard"]["threshold"]
        assert (entry["files"], entry["files_with_anomalies"]) == (3, 2)
    assert ranged["points"]["tp"] + ranged["points"]["fn"] == 21 + 31 + 31  # the records of all windows
    assert 0 < null["vus_pr"] < ranged["vus_pr"] <= 1
    assert null["by_file"][2]["vus_pr"] is None  # no anomaly
    text = zhtm("score", *common, "--measures", "--markdown").out
    assert "| detector | profile | threshold | score before scaling |" in text
    assert "| detector | threshold | precision | recall | F1 | range F1 | AUC-PR | VUS-PR |" in text
    (first, second) = csv.DictReader(io.StringIO(zhtm("score", *common, "--measures", "--csv").out))
    assert (first["detector"], float(second["vus_pr"])) == ("other-null", ranged["vus_pr"])
    # Labelled ranges instead of windows, and bad ones.
    ranges = corpus / "labels" / "ranges.json"
    ranges.write_text(json.dumps({path: [] for path in FILES} | {"one/steps.csv": windows_of(500, [(300, 309)])}))
    ran = zhtm("score", *common, "--measures", "--json")
    assert json.loads(ran.out)["measures"]["other-valueRange"]["files_with_anomalies"] == 1
    ranges.write_text("[]")
    before = read_tree(tmp_path / "r")
    refused(zhtm("score", *common, "--measures"), "ranges.json", "expected a JSON object")
    assert read_tree(tmp_path / "r") == before
    assert zhtm("score", *common).code == 0  # nobody asked for them


def test_csv_and_markdown(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    common = ("--nab-root", corpus, "--results", tmp_path / "r", "--detectors", "null,valueRange")
    final = json.loads(zhtm("run", *common, "--workers", "1", "--no-report", "--json").out)["final_results"]
    for verb in (("run", "--workers", "1", "--no-report"), ("normalize",)):
        rows = list(csv.DictReader(io.StringIO(zhtm(*verb, *common, "--csv").out)))
        assert {row["detector"]: {name: float(row[name]) for name in PROFILES} for row in rows} == final
        markdown = zhtm(*verb, *common, "--markdown").out
        assert markdown.startswith("**These are NOT NAB scores: ")
        assert "|  | detector | standard | low FP | low FN |" in markdown
        assert "| 1 | *other-valueRange* | " in markdown
    for step in ("optimize", "score"):
        entries = json.loads(zhtm(step, *common, "--json").out)
        rows = list(csv.DictReader(io.StringIO(zhtm(step, *common, "--csv").out)))
        assert len(rows) == 6
        for row in rows:
            entry = entries[row["detector"]][row["profile"]]
            assert (float(row["threshold"]), float(row["score"])) == (entry["threshold"], entry["score"])
        assert "| detector | profile | threshold | score before scaling |" in zhtm(step, *common, "--markdown").out
    rows = list(csv.DictReader(io.StringIO(zhtm("detect", *common, "--workers", "1", "--csv").out)))
    assert [(row["detector"], row["files"], row["records"]) for row in rows] == [
        ("other-null", "3", "1200"),
        ("other-valueRange", "3", "1200"),
    ]


def test_scores_that_are_none_are_null(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    # Without a window there is no scale.
    common = ("--nab-root", corpus, "--results", tmp_path / "r", "--files", "two/*", "--detectors", "null")
    ran = zhtm("run", *common, "--workers", "1", "--json")

    def refuse(constant: str) -> float:
        raise AssertionError(f"{constant} is no JSON")

    nothing = dict.fromkeys(PROFILES)
    assert json.loads(ran.out, parse_constant=refuse)["final_results"] == {"other-null": nothing}
    assert json.loads((tmp_path / "r" / "final_results.json").read_text()) == {"other-null": nothing}
    assert zhtm("run", *common, "--workers", "1").code == 0


def test_tables_without_json(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    ran = zhtm("run", "--nab-root", corpus, "--results", tmp_path / "r", "--detectors", "null", "--workers", "1")
    assert "NOT NAB scores" in ran.out
    assert "other-null" in ran.out
    assert "numenta" not in ran.out  # nothing to compare with
    assert "1,200 records" in ran.out
    assert str(tmp_path / "r" / "final_results.json") in ran.out


def test_names_are_shown_as_they_are(zhtm: Zhtm, tmp_path: Path) -> None:
    # Neither as markup nor as emoji of the terminal library.
    write_corpus(tmp_path / "[bold]:x:", {"a:bug:b.csv": (300, [(200, 220)]), "[/i].csv": (300, [])})
    common = ("--nab-root", tmp_path / "[bold]:x:", "--results", tmp_path / "r", "--detectors", "null")
    ran = zhtm("detect", *common, "--workers", "1", "--json")
    assert [row["file"] for row in json.loads(ran.out)["rows"]] == ["[/i].csv", "a:bug:b.csv"]
    assert str(tmp_path / "[bold]:x:") in ran.warnings[0]


def test_compare_puts_nab_scores_beside_the_published(zhtm: Zhtm, tmp_path: Path) -> None:
    final = {"zhtm": dict.fromkeys(PROFILES, 99.0), "null": dict.fromkeys(PROFILES), "partial-zhtm": {}}
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "final_results.json").write_text(json.dumps(final))
    ran = zhtm("compare", "--json")
    rows = json.loads(ran.out)
    assert (rows[0]["detector"], rows[0]["origin"]) == ("zhtm", "ours")
    assert (rows[-1]["detector"], rows[-1]["origin"]) == ("null", "baseline")  # without a score: last
    assert len(rows) > 10
    assert ran.warnings == ["warning: left out, because they are not NAB scores: partial-zhtm"]
    assert "99.00" in zhtm("compare").out


def test_repeated_timestamps_are_counted_once(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    path = corpus / "data" / "two" / "quiet.csv"
    lines = path.read_text().splitlines()
    lines[21] = lines[20]
    lines[31], lines[32] = lines[32], lines[31]
    path.write_text("\n".join([*lines, ""]))
    ran = zhtm("run", "--nab-root", corpus, "--results", tmp_path / "r", "--detectors", "null,random", "--workers", "1")
    about = [line for line in ran.warnings if "two/quiet.csv" in line]
    assert ran.code == 0
    assert len(about) == 1
    assert "1 repeated timestamps and 1 steps backwards" in about[0]


# Options


def test_files_glob(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    ran = zhtm(
        *("detect", "--nab-root", corpus, "--results", tmp_path / "r", "--detectors", "null", "--workers", "1"),
        *("--files", "one/*", "--json"),
    )
    assert [row["file"] for row in json.loads(ran.out)["rows"]] == ["one/spike.csv", "one/steps.csv"]


def test_presets(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.json"
    own.write_text(json.dumps({"anomaly": {"likelihood": False}, "spatial_pooler": {"column_dimensions": [256]}}))
    common = ("--nab-root", corpus, "--files", "one/spike.csv", "--workers", "1")
    scores = {}
    for preset in ("seed", "zhtm", str(own)):
        results = tmp_path / Path(preset).stem
        assert zhtm("detect", *common, "--results", results, "--detectors", "zhtm", "--preset", preset).code == 0
        scores[preset] = read_tree(results)["other-zhtm/one/other-zhtm_spike.csv"]
    assert len(set(scores.values())) == 3
    assert zhtm("detect", *common, "--results", tmp_path / "named", "--detectors", "zhtm-seed,zhtm").code == 0
    named = read_tree(tmp_path / "named")
    assert named["other-zhtm-seed/one/other-zhtm-seed_spike.csv"] == scores["seed"]
    assert named["other-zhtm/one/other-zhtm_spike.csv"] == scores["zhtm"]  # the default


def test_causal(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    """By option and by name; the whole file's range then decides nothing."""
    common = ("--nab-root", corpus, "--files", "one/spike.csv", "--workers", "1")
    for results, args in (
        ("option", ("--causal", "--detectors", "zhtm,null")),
        ("name", ("--detectors", "zhtm-causal,zhtm,null")),
    ):
        assert zhtm("detect", *common, "--results", tmp_path / results, *args).code == 0
    option, name = read_tree(tmp_path / "option"), read_tree(tmp_path / "name")
    table = "other-zhtm-causal/one/other-zhtm-causal_spike.csv"
    assert option[table] == name[table] != name["other-zhtm/one/other-zhtm_spike.csv"]
    assert not any("other-zhtm/" in path for path in option)
    assert "other-null/one/other-null_spike.csv" in option


def test_all_detectors(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    common = ("--nab-root", corpus, "--results", tmp_path / "r", "--files", "one/spike.csv", "--detectors", "all")
    final = json.loads(zhtm("run", *common, "--workers", "1", "--json").out)["final_results"]
    presets = ["zhtm-classic", "zhtm-column", "zhtm-novelty", "zhtm-numenta", "zhtm-seed", "zhtm-novelty-causal"]
    assert list(final) == [f"other-{name}" for name in ("zhtm", "zhtm-causal", *presets, *BASELINE_NAMES)]
    assert set(json.loads((tmp_path / "r" / "final_results.json").read_text())) == set(final)


# Which corpus


def test_the_sample_corpus_is_the_default(tmp_path: Path) -> None:
    ran = zhtm_process(
        tmp_path / "cache", "run", "--files", "*/spikes.csv", "--detectors", "null", "--json", cwd=tmp_path
    )
    assert ran.code == 0
    assert list(json.loads(ran.out)["final_results"]) == ["sample-null"]
    assert len(ran.warnings) == 1
    assert "sample corpus" in ran.warnings[0]
    assert "sample-null" in json.loads((tmp_path / "results" / "final_results.json").read_text())


def test_nab_root_from_the_environment(
    zhtm: Zhtm, corpus: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NAB_ROOT", str(corpus))
    ran = zhtm("run", "--detectors", "null", "--workers", "1", "--json")
    assert list(json.loads(ran.out)["final_results"]) == ["other-null"]
    assert str(corpus) in ran.warnings[0]


@pytest.fixture
def as_nab(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the small corpus pass for the whole of NAB."""
    registry = registry_of(corpus)
    monkeypatch.setattr(nab_roots, "read_registry", lambda: registry)
    return corpus


def test_only_the_whole_of_nab_has_plain_names(zhtm: Zhtm, as_nab: Path) -> None:
    common = ("run", "--nab-root", as_nab, "--detectors", "null", "--workers", "1")
    whole = zhtm(*common, "--json")
    assert whole.err == ""
    assert json.loads(whole.out)["is_nab"] is True
    assert list(json.loads(whole.out)["final_results"]) == ["null"]
    assert "numenta" in zhtm(*common).out
    part = zhtm(*common, "--files", "one/*", "--json")
    assert list(json.loads(part.out)["final_results"]) == ["partial-null"]
    assert part.err == f"{NOTICE}only 2 of 3 files were chosen.\n"


def test_a_bad_file_makes_a_part_of_nab(
    zhtm: Zhtm, corpus: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (corpus / "data" / "two" / "quiet.csv").write_text("nothing\n")
    monkeypatch.setattr(nab_roots, "read_registry", lambda: registry_of(corpus))
    common = ("--nab-root", corpus, "--results", tmp_path / "r", "--detectors", "null")
    ran = zhtm("run", *common, "--workers", "1", "--json")
    assert ran.code == 1
    assert list(json.loads(ran.out)["final_results"]) == ["partial-null"]
    assert f"{NOTICE}1 of 3 files failed." in ran.warnings
    together = read_tree(tmp_path / "r")
    assert "report-partial-null.html" in together
    for step in (("optimize",), ("score",), ("normalize",)):
        assert zhtm(*step, *common).code == 1
    assert read_tree(tmp_path / "r") == together


@pytest.mark.parametrize(("name", "labelled"), [(b"bad\xff.csv", False), (b"a\nb.csv", False), (b"a\nb.csv", True)])
def test_a_file_whose_name_is_no_text_is_a_row(
    zhtm: Zhtm, corpus: Path, tmp_path: Path, name: bytes, labelled: bool
) -> None:
    path = corpus / "data" / "two" / os.fsdecode(name)
    try:
        path.write_bytes((corpus / "data" / "two" / "quiet.csv").read_bytes())
    except OSError:
        pytest.skip("the file system has no such names")
    if labelled:
        write_labels(corpus, read_labels(corpus) | {f"two/{path.name}": []})
    common = ("--nab-root", corpus, "--results", tmp_path / "r", "--detectors", "null", "--json")
    ran = zhtm("run", *common, "--workers", "1")
    assert ran.code == 1
    assert len(json.loads(ran.out)["failed"]) == 1
    assert [line for line in ran.errors if f"{shown(f'two/{path.name}')} under" in line] == ran.errors
    assert zhtm("score", *common).code == 1
    assert len(list((tmp_path / "r" / "other-null").rglob("other-null_*.csv"))) == 6  # 3 files, 3 profiles


def test_altered_data_is_nowhere_nab(zhtm: Zhtm, as_nab: Path, tmp_path: Path) -> None:
    common = ("--nab-root", as_nab, "--results", tmp_path / "r", "--detectors", "null", "--json")
    assert list(json.loads(zhtm("run", *common, "--workers", "1").out)["final_results"]) == ["null"]
    (as_nab / "data" / "two" / "quiet.csv").write_text(data_text(wave(300)))
    for step in ("detect", "optimize", "score", "normalize"):
        ran = zhtm(step, *common)
        assert ran.err == f"{NOTICE}data/two/quiet.csv in {as_nab} is not that of NAB v1.1.\n"
        assert "other-null" in ran.out
    assert zhtm("score", *common[:4], "--detectors", "other-null").code == 2  # on NAB: results on another as_nab


def test_other_weights_are_not_nab(zhtm: Zhtm, as_nab: Path, tmp_path: Path) -> None:
    profiles = json.loads((config_path() / "profiles.json").read_text())
    profiles["standard"]["CostMatrix"]["fpWeight"] = 0.0
    (tmp_path / "p.json").write_text(json.dumps(profiles))
    ran = zhtm("detect", "--nab-root", as_nab, "--detectors", "null", "--workers", "1")
    ran = zhtm("optimize", "--nab-root", as_nab, "--detectors", "null", "--profiles", tmp_path / "p.json")
    assert f"{NOTICE}profile standard has other weights than NAB's." in ran.warnings


@pytest.mark.parametrize("whole_nab", [True, False])
def test_a_detector_that_fails_on_a_file(
    zhtm: Zhtm, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, whole_nab: bool
) -> None:
    # For no fault of the file's: others keep their scores, and part of NAB is never called NAB.
    root = request.getfixturevalue("as_nab" if whole_nab else "corpus")

    real = run_file._build

    def build(task: FileTask) -> Any:
        if (task.choice.name, task.data_file.relative_path) == ("random", "two/quiet.csv"):
            raise MemoryError("no room\nfor it")
        return real(task)

    monkeypatch.setattr(run_file, "_build", build)
    common = ("--nab-root", root, "--results", tmp_path / "r", "--detectors", "random,null")
    ran = zhtm("run", *common, "--workers", "1", "--json")
    prefix = "" if whole_nab else "other-"
    scored = ["null"] if whole_nab else ["other-random", "other-null"]
    assert ran.code == 1
    assert ran.errors == [f"error: two/quiet.csv: {prefix}random: MemoryError: no room for it"]
    assert list(json.loads(ran.out)["final_results"]) == scored
    assert set(json.loads((tmp_path / "r" / "final_results.json").read_text())) == set(scored)
    assert ("warning: random: has no final score, because it failed on some files" in ran.warnings) == whole_nab
    assert f"{prefix}random/one/{prefix}random_spike.csv" in read_tree(tmp_path / "r")


def test_part_of_the_real_nab(zhtm: Zhtm, nab_root: Path) -> None:
    ran = zhtm(
        *("run", "--nab-root", nab_root, "--files", "artificialWithAnomaly/*", "--detectors", "null"),
        *("--workers", "1", "--json"),
    )
    assert ran.code == 0
    assert list(json.loads(ran.out)["final_results"]) == ["partial-null"]
    assert ran.warnings == [f"{NOTICE}only 6 of 58 files were chosen."]


def test_a_run_reads_each_data_file_once_and_no_results(zhtm: Zhtm, as_nab: Path, tmp_path: Path) -> None:
    read: list[str] = []
    written: set[str] = set()
    read_back: list[str] = []
    watching = True

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if watching and event == "os.rename":
            written.add(str(arguments[1]))
        elif watching and event == "open" and arguments[1] in ("r", "rb"):
            read.append(str(arguments[0]))
            if str(arguments[0]) in written:
                read_back.append(str(arguments[0]))

    sys.addaudithook(watch)  # it cannot be taken off again, hence the flag
    results = tmp_path / "r"
    ran = zhtm("run", "--nab-root", as_nab, "--detectors", "nearestValue,null", "--workers", "1", "--results", results)
    watching = False
    assert ran.code == 0
    assert any(name.endswith("nearestValue_spike.csv") for name in written)
    assert read_back == []
    data = [name for name in read if name.startswith(str(as_nab / "data"))]
    assert len(data) == len(set(data)) == 3
