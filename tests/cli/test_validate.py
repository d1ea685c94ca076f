"""`zhtm validate` and `zhtm compare --windows` on a small corpus: resumed, honest about what it is, valid JSON."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import FILES, Ran, clean_environment, write_corpus

import zhtm_detector
from zhtm_detector.detectors.names import BASELINE_NAMES
from zhtm_detector.evaluation import drift, rates
from zhtm_detector.evaluation.validation_plan import SECTIONS
from zhtm_detector.nab.corpus import Corpus
from zhtm_detector.nab.result_files import read_scores

Zhtm = Callable[..., Ran]

PROFILES = ["standard", "reward_low_FP_rate", "reward_low_FN_rate"]
TINY = {
    "spatial_pooler": {"column_dimensions": [128], "active_columns": 8},
    "temporal_memory": {"cells_per_column": 4, "activation_threshold": 4, "matching_threshold": 3, "new_synapses": 6},
}


@pytest.fixture(autouse=True)
def few_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """One stream per change, and a short one."""
    monkeypatch.setattr(drift, "SEEDS", 1)
    monkeypatch.setattr(drift, "RECORDS", 2600)
    monkeypatch.setattr(rates, "RECORDS", 2600)


@pytest.fixture
def preset(tmp_path: Path) -> Path:
    path = tmp_path / "small.json"
    path.write_text(json.dumps(TINY))
    return path


@pytest.fixture
def validate(zhtm: Zhtm, corpus: Path, preset: Path, tmp_path: Path) -> Zhtm:
    def run(*args: str | Path) -> Ran:
        where = ("--nab-root", corpus, "--preset", preset, "--results", tmp_path / "results", "--workers", "1")
        return zhtm("validate", *where, *(() if "--presets" in args else ("--presets", "")), *args)

    return run


def sections_of(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.out)["sections"]
    return found


def test_everything_once_and_then_from_what_is_kept(validate: Zhtm, tmp_path: Path) -> None:
    first = validate("--seeds", "3", "--ablation-seeds", "2", "--json")
    assert first.code == 0, first.err
    assert first.warnings[0].startswith("warning: These are NOT NAB scores: ")
    content = json.loads(first.out)
    assert list(content["sections"]) == list(SECTIONS)
    assert (content["is_nab"], content["failed"], content["cached"]) == (False, [], 0)
    removed = len(content["sections"]["ablation"]["rows"]) - 1
    causal = 1 if content["sections"]["causal"]["rows"] else 0
    streams = 6 * (1 + causal) + 3
    assert content["computed"] == 3 * (3 + causal + 2 * removed + len(BASELINE_NAMES)) + streams

    again = json.loads(validate("--seeds", "3", "--ablation-seeds", "2", "--json").out)
    assert (again["computed"], again["cached"]) == (0, content["computed"])
    assert again["sections"] == content["sections"]

    lost = sorted((tmp_path / "results" / "validate").rglob("*.npz"))[::4]
    for path in lost:
        path.unlink()
    resumed = json.loads(validate("--seeds", "3", "--ablation-seeds", "2", "--json").out)
    assert resumed["computed"] == len(lost)
    assert resumed["sections"] == content["sections"]


def test_the_tables_agree_with_each_other(validate: Zhtm) -> None:
    sections = sections_of(validate("--seeds", "2", "--json"))
    score = sections["scoreboard"]["rows"][0]
    seeds = {row["what"]: row for row in sections["seeds"]["rows"]}
    baselines = {row["detector"]: row for row in sections["baselines"]["rows"]}
    whole, *removed = sections["ablation"]["rows"]
    folds = {row["profile"]: row for row in sections["folds"]["rows"]}
    assert list(baselines) == [*BASELINE_NAMES, "small"]
    for profile, title in zip(PROFILES, ["standard", "low FP", "low FN"], strict=True):
        two = [seeds["seed 42"][profile], seeds["seed 43"][profile]]
        assert two[0] == score[profile] == whole[profile] == baselines["small"][profile]
        assert seeds["mean"][profile] == pytest.approx(np.mean(two))
        assert seeds["sd"][profile] == pytest.approx(np.std(two, ddof=1))
        assert (seeds["min"][profile], seeds["max"][profile]) == (min(two), max(two))
        assert baselines["null"][profile] == 0.0
        assert folds[title]["scoreboard"] == score[profile]
        assert folds[title]["mean"] == baselines["small"][f"{profile}_cross_validated"]
        assert folds[title]["cost"] == pytest.approx(score[profile] - folds[title]["mean"])
        for row in removed:
            assert row[f"{profile}_added"] == pytest.approx(whole[profile] - row[profile])
    windows = [row for row in sections["windows"]["rows"] if row["profile"] == "standard"]
    assert [row["category"] for row in windows] == ["one", "two", "all"]
    assert [row["windows"] for row in windows] == [3, 0, 3]
    for name in ("ARTime", "numenta", "contextOSE"):  # nothing is published of this corpus
        assert any(note.startswith(f"left out: {name}: no published scores") for note in sections["folds"]["notes"])
        assert any(note.startswith(f"left out: {name}: no published scores") for note in sections["bootstrap"]["notes"])


def test_a_detector_that_has_results(zhtm: Zhtm, validate: Zhtm, corpus: Path, preset: Path, tmp_path: Path) -> None:
    """The same figures as for the preset that made the scores."""
    where = ("--nab-root", corpus, "--results", tmp_path / "results", "--workers", "1", "--json")
    assert zhtm("detect", *where, "--preset", preset, "--detectors", "zhtm").code == 0
    for folder in (tmp_path / "results").glob("other-zhtm*"):
        for path in folder.rglob("*.csv"):
            path.rename(path.with_name(path.name.replace(folder.name, "other-theirs")))
        folder.rename(folder.with_name("other-theirs"))
    ran = zhtm("validate", *where[:4], "--detectors", "theirs", "--json")
    assert ran.code == 0, ran.err
    theirs = json.loads(ran.out)
    assert theirs["detector"] == "theirs" and not theirs["is_nab"]
    assert list(theirs["sections"]) == ["scoreboard", "folds", "thresholds", "bootstrap", "windows"]
    ours = sections_of(validate("--only", "scoreboard,folds,windows", "--json"))
    rows = json.loads(json.dumps(theirs["sections"]).replace('"theirs"', '"small"'))
    for section, found in ours.items():
        assert rows[section]["rows"] == found["rows"]
    page = zhtm("validate", *where[:4], "--detectors", "theirs", "--only", "thresholds", "--markdown").out
    assert "| theirs |" in page and "recommended" not in page and "score there" not in page


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--detectors", "ghost"), "detector 'ghost': expected results under"),
        (
            ("--detectors", "null", "--only", "seeds"),
            "section 'seeds': expected one that needs only the scores",
        ),
        (("--detectors", "null", "--only", ""), "sections: expected at least one of scoreboard, folds"),
        (("--detectors", "null", "--preset", "zhtm"), "--detectors: expected no --preset beside it"),
        (("--detectors", "null", "--corpus", "sample"), "--detectors: expected no --corpus beside it"),
        (("--detectors", "null", "--seed", "42"), "--detectors: expected no --seed beside it"),
        (("--detectors", "null", "--ablation-seeds", "2"), "--detectors: expected no --ablation-seeds beside it"),
        (("--detectors", "null", "--workers", "1"), "--detectors: expected no --workers beside it"),
        (("--detectors", "null", "--against", "ghost"), "ghost"),
    ],
)
def test_results_that_cannot_be_validated(zhtm: Zhtm, corpus: Path, options: tuple[str, ...], message: str) -> None:
    ran = zhtm("validate", "--nab-root", corpus, *options)
    assert ran.code == 2 and ran.out == "" and message in ran.err.splitlines()[-1]
    assert "Traceback" not in ran.err


def test_the_scores_are_those_of_a_run(zhtm: Zhtm, validate: Zhtm, corpus: Path, preset: Path, tmp_path: Path) -> None:
    where = ("--nab-root", corpus, "--results", tmp_path / "run", "--workers", "1", "--json")
    ran = json.loads(zhtm("run", *where, "--preset", preset, "--detectors", "zhtm,nearestValue").out)["final_results"]
    sections = sections_of(validate("--only", "scoreboard,baselines", "--json"))
    baselines = {row["detector"]: row for row in sections["baselines"]["rows"]}
    for profile in PROFILES:
        assert sections["scoreboard"]["rows"][0][profile] == pytest.approx(ran["other-zhtm"][profile], abs=1e-9)
        assert baselines["nearestValue"][profile] == pytest.approx(ran["other-nearestValue"][profile], abs=1e-9)


def test_against_itself_the_difference_is_nothing(zhtm: Zhtm, validate: Zhtm, corpus: Path, preset: Path) -> None:
    # What `zhtm run` writes of our detector, published under another's name.
    checkout = corpus / "results"
    where = ("--nab-root", corpus, "--results", checkout, "--workers", "1", "--preset", preset, "--detectors", "zhtm")
    assert zhtm("run", *where).code == 0
    for path in sorted(checkout.rglob("other-zhtm*"), reverse=True):
        path.rename(path.with_name(path.name.replace("other-zhtm", "knncad")))
    sections = sections_of(validate("--only", "folds,bootstrap", "--against", "knncad", "--json"))
    assert [row["against"] for row in sections["bootstrap"]["rows"]] == ["knncad"] * 3
    for row in sections["bootstrap"]["rows"]:
        assert [row["difference"], row["low"], row["high"]] == pytest.approx([0, 0, 0], abs=1e-9)
    ours, theirs = sections["folds"]["rows"][:3], sections["folds"]["rows"][3:]
    assert [row["detector"] for row in theirs] == ["knncad"] * 3
    for mine, its in zip(ours, theirs, strict=True):
        assert its["mean"] == pytest.approx(mine["mean"])


def test_quick_checks_run_only_what_they_need(validate: Zhtm) -> None:
    found = json.loads(validate("--only", "windows,scoreboard", "--json").out)
    assert (list(found["sections"]), found["computed"]) == (["scoreboard", "windows"], 3)


def test_tables_and_markdown(validate: Zhtm) -> None:
    args = ("--only", "scoreboard,causal,baselines", "--seeds", "2")
    plain, markdown = validate(*args), validate(*args, "--markdown")
    assert plain.code == markdown.code == 0
    for title in ("Scoreboard: best threshold per profile", "Baselines: what needs no model"):
        assert title in plain.out
        assert f"**{title}**" in markdown.out
    assert "0 files scored, 24 already there" in validate(*args).out
    assert "nearestValueRefractory" in plain.out
    assert "| detector | standard | low FP | low FN |" in markdown.out


def test_the_markdown_is_a_page_that_explains_itself(validate: Zhtm) -> None:
    page = validate("--seeds", "2", "--markdown").out
    title, intro, *_ = page.split("\n\n")
    assert title == "# Evidence for the preset small"
    assert "Corpus: corpus, 3 files; seed 42, 2 seeds in the tables over seeds, 1 in the ablation." in intro
    assert "`zhtm validate --preset small --seeds 2 --presets '' --markdown`" in intro
    assert page.count("\n## ") == len(SECTIONS)
    for word in ("Cross-validated: ", "Ablation: ", "Causal: ", "Baselines: ", "Bootstrap interval: "):
        assert page.index(f"\n{word}") < page.index("|", page.index(f"\n{word}"))


def test_a_bad_file_is_a_row_and_the_others_count(validate: Zhtm, corpus: Path) -> None:
    (corpus / "data" / "one" / "spike.csv").write_text("timestamp,value\n2015-03-01 00:00:00,high\n")
    ran = validate("--only", "scoreboard,windows", "--json")
    assert ran.code == 1
    assert json.loads(ran.out)["sections"]["windows"]["rows"][0]["windows"] == 2
    (error,) = ran.errors
    assert "field value" in error
    assert "1 of 3 files failed" in ran.warnings[-1]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("--only", "speed"), "section 'speed': unknown; expected one of scoreboard, "),
        (("--only", ","), "sections: expected at least one of scoreboard"),
        (("--against", "zhtm"), "published detector 'zhtm': unknown; expected one of ARTime, "),
        (("--preset", "classy"), "preset 'classy': unknown"),
        (("--seeds", "0"), "'--seeds'"),
        (("--presets", "column,classy"), "preset 'classy': unknown"),
        (("--corpus", "other"), "--corpus 'other': expected NAME=ROOT, or sample"),
        (("--corpus", "=root"), "--corpus '=root': expected NAME=ROOT, or sample"),
        (("--corpus", "sample", "--corpus", "sample"), "expected each name once, got sample again"),
        (("--corpus", "corpus=somewhere"), "--corpus corpus: expected another name than that of the first corpus"),
        (("--corpus", "b=nowhere"), "NAB root nowhere: not found"),
    ],
)
def test_refusals(validate: Zhtm, args: tuple[str, ...], expected: str) -> None:
    ran = validate(*args)
    assert (ran.code, ran.out) == (2, "")
    assert expected in ran.errors[0]


def test_a_single_file(validate: Zhtm) -> None:
    ran = validate("--files", "one/spike.csv", "--seeds", "1", "--json")
    assert ran.code == 0, ran.err
    sections = sections_of(ran)
    assert sections["folds"]["rows"] == []
    assert sections["folds"]["notes"] == ["left out: folds need at least 2 files, and there is 1"]
    assert sections["seeds"]["rows"][1]["standard"] is None  # no spread of one


def test_killed_and_started_again(validate: Zhtm, corpus: Path, preset: Path, tmp_path: Path) -> None:
    kept = tmp_path / "results" / "validate"
    args = ["--nab-root", corpus, "--preset", preset, "--results", tmp_path / "results", "--seeds", "60"]
    command = [sys.executable, "-m", "zhtm_detector", "validate", *args, "--only", "seeds", "--workers", "1"]
    environment = clean_environment(tmp_path / "cache") | {"PYTHONPATH": str(Path(zhtm_detector.__file__).parents[1])}
    with subprocess.Popen(
        list(map(str, command)), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + 120
        while len(list(kept.rglob("*.npz"))) < 4 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert process.poll() is None
        os.kill(process.pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    there = len(list(kept.rglob("[!.]*.npz")))
    assert there >= 4
    found = json.loads(validate("--seeds", "2", "--only", "seeds", "--json").out)
    assert found["cached"] + found["computed"] == 6
    assert found["cached"] == min(there, 6)


# Several presets and corpora


@pytest.fixture
def second(tmp_path: Path) -> Path:
    files = {"x/late.csv": (420, [(300, 320)]), "x/early.csv": (380, [(120, 150)])}
    return write_corpus(tmp_path / "second", files)


def test_presets_on_two_corpora(zhtm: Zhtm, validate: Zhtm, preset: Path, second: Path, tmp_path: Path) -> None:
    args = ("--only", "presets,transfer,seeds", "--presets", "column,classic", "--seeds", "2")
    found = json.loads(validate(*args, "--corpus", f"b={second}", "--json").out)
    baselines = [name for name in BASELINE_NAMES if name != "null"]
    assert found["computed"] == (3 * 2 + len(baselines)) * (3 + 2)  # presets with two seeds, files
    sections = found["sections"]
    rows = {(row["corpus"], row["profile"], row["detector"]): row for row in sections["presets"]["rows"]}
    titles = ("standard", "low FP", "low FN")
    names = ("small", "column", "classic", *baselines)
    assert list(rows) == [(corpus, title, name) for corpus in ("corpus", "b") for title in titles for name in names]
    seeds = {row["what"]: row for row in sections["seeds"]["rows"]}
    for profile, title in zip(PROFILES, titles, strict=True):
        assert rows["corpus", title, "small"]["scoreboard"] == seeds["mean"][profile]
        assert rows["corpus", title, "small"]["scoreboard_sd"] == seeds["sd"][profile]
    # The second corpus alone has the same figures.
    where = ("--nab-root", second, "--results", tmp_path / "results", "--workers", "1", "--preset", preset)
    alone = json.loads(zhtm("validate", *where, *args, "--json").out)
    assert (alone["computed"], alone["cached"]) == (0, (3 * 2 + len(baselines)) * 2)
    for row in alone["sections"]["presets"]["rows"]:
        assert {**row, "corpus": "b"} == rows["b", row["profile"], row["detector"]]
    for row in sections["transfer"]["rows"]:
        own = rows[row["corpus"], row["profile"], row["detector"]]["scoreboard"]
        assert (row["corpus"], row["own"]) == ("b", own)
        assert row["lost"] == pytest.approx(row["own"] - row["carried"])
        assert row["lost"] >= 0
    assert len(sections["transfer"]["rows"]) == 3 * len(names)


def test_a_further_corpus_has_its_own_failed_files(validate: Zhtm, second: Path) -> None:
    (second / "data" / "x" / "late.csv").write_text("timestamp,value\n2015-03-01 00:00:00,high\n")
    ran = validate("--only", "presets", "--seeds", "1", "--corpus", f"b={second}", "--markdown")
    assert ran.code == 1
    assert "Corpora: corpus, 3 files; b, 1 files; " in ran.out
    assert "`zhtm validate --preset small --only presets --seeds 1 --presets '' --corpus b=ROOT --markdown`" in ran.out
    assert "field value" in ran.errors[0]
    assert "1 of 2 files of b failed" in ran.warnings[-1]


def test_the_sample_corpus_as_a_further_one(validate: Zhtm) -> None:
    ran = validate("--only", "transfer", "--seeds", "1", "--corpus", "sample", "--json")
    assert ran.code == 0, ran.err
    assert [row["corpus"] for row in sections_of(ran)["transfer"]["rows"]] == ["sample"] * 3 * len(BASELINE_NAMES)


def test_drift_of_presets_and_their_causal_variants(validate: Zhtm, tmp_path: Path) -> None:
    args = ("--only", "drift", "--presets", "column", "--json")
    found = json.loads(validate(*args).out)
    names = ["small", "small, causal", "column", "column, causal"]
    assert found["computed"] == len(names) * (3 + 6)  # files and streams
    rows = found["sections"]["drift"]["rows"]
    streams = list(dict.fromkeys(row["stream"] for row in rows))
    assert [(row["stream"], row["detector"]) for row in rows] == [(s, name) for s in streams for name in names]
    assert (len(streams), streams[-1]) == (7, "all")
    assert all(row["noticed"] in (0, 100) for row in rows[:-4])  # of one stream each
    again = json.loads(validate(*args).out)
    assert (again["computed"], again["cached"]) == (0, found["computed"])
    assert again["sections"] == found["sections"]
    page = validate(*args[:-1], "--markdown").out
    assert "## Learning past the probation" in page
    assert "Corpus: corpus, 3 files; seed 42." in page


def test_what_context_decides(zhtm: Zhtm, validate: Zhtm, corpus: Path, tmp_path: Path) -> None:
    table = sections_of(validate("--only", "context", "--json"))["context"]
    assert (table["rows"], table["notes"]) == ([], ["left out: the preset has no columns with context"])
    where = ("--nab-root", corpus, "--results", tmp_path / "results", "--workers", "1", "--json")
    found = json.loads(zhtm("validate", "--preset", "column", *where, "--only", "context,ablation").out)
    variants = [row["variant"] for row in found["sections"]["ablation"]["rows"]]
    assert found["computed"] == 3 * len(variants)  # without context is one of them
    assert found["sections"]["context"]["notes"][1].startswith("Of 3 windows, both catch ")
    for row in found["sections"]["context"]["rows"]:
        assert row["caught"] in ("with context", "without")


def test_the_ledger_counts_what_was_looked_at(zhtm: Zhtm, validate: Zhtm, corpus: Path, tmp_path: Path) -> None:
    assert sections_of(validate("--only", "ledger", "--json"))["ledger"]["notes"] == ["none so far"]
    where = ("--nab-root", corpus, "--preset", "column", "--results", tmp_path / "results", "--workers", "1")
    for values in ("0.1,0.2", "0.2,0.3", "0.1,0.2"):
        assert zhtm("sweep", f"anomaly.refractory={values}", *where).code == 0
    page = validate("--only", "ledger", "--markdown").out
    assert "## Configurations looked at" in page
    assert "| sweep | 3 | 1 |" in page


# Window by window


def test_windows(zhtm: Zhtm, corpus: Path, preset: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    where = ("--nab-root", corpus, "--results", results)
    assert zhtm("run", *where, "--preset", preset, "--workers", "1").code == 0
    ran = zhtm("compare", "--windows", *where, "--json")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    assert not found["is_nab"]
    names = [detector["detector"] for detector in found["detectors"]]
    assert names == ["zhtm", *(name for name in BASELINE_NAMES if name not in ("null", "random"))]
    assert [(window["file"], len(window["positions"])) for window in found["windows"]] == [
        ("one/spike.csv", len(names)),
        ("one/steps.csv", len(names)),
        ("one/steps.csv", len(names)),
    ]
    threshold = next(d["threshold"] for d in found["detectors"] if d["detector"] == "zhtm")
    written = json.loads((results / "thresholds.json").read_text())["other-zhtm"]["standard"]["threshold"]
    assert threshold == written
    scores = read_scores(results, "other-zhtm", {path: Corpus(corpus).load(path).data for path in FILES}, [])
    hits = np.flatnonzero(scores["one/steps.csv"][400:431] >= threshold)
    assert found["windows"][2]["positions"]["zhtm"] == (hits[0] / 30 if hits.size else None)

    plain = zhtm("compare", "--windows", *where, "--detectors", "zhtm,null").out
    assert "caught, of 3" in plain
    assert "False positives, in records" in plain
    markdown = zhtm("compare", "--windows", *where, "--detectors", "zhtm,null", "--markdown").out
    assert "| file | start | end | 1 | 2 |" in markdown


def test_windows_refusals(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    where = ("--nab-root", corpus, "--results", tmp_path / "results")
    ran = zhtm("compare", "--windows", *where, "--detectors", "nobody")
    assert ran.code == 2
    assert "detector 'nobody': expected results under" in ran.errors[0]
    ran = zhtm("compare", "--detectors", "zhtm")
    assert ran.code == 2
    assert "only with folders, with --windows or with --measures" in ran.errors[0]


def test_windows_need_no_results(zhtm: Zhtm, tmp_path: Path) -> None:
    root = write_corpus(tmp_path / "new")
    ran = zhtm("compare", "--windows", "--nab-root", root, "--results", tmp_path / "none", "--json")
    assert ran.code == 0, ran.err
    assert {detector["origin"] for detector in json.loads(ran.out)["detectors"]} == {"baseline"}
