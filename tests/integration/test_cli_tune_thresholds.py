"""`zhtm tune thresholds`: the optimizer's thresholds digit for digit, own profiles, rates, and refusals."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from tiny import FILES, Ran, read_labels, read_tree, refused, write_labels

from zhtm_detector.choices import BASELINE_NAMES
from zhtm_detector.nab.files import results_path
from zhtm_detector.nab.published import read_record_scores
from zhtm_detector.nab.root import choose_corpus
from zhtm_detector.nab.runner import Benchmark
from zhtm_detector.nab.scoreboard import PROFILES

Zhtm = Callable[..., Ran]

DETECTORS = ("nearestValue", "random")


@pytest.fixture
def results(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> Path:
    """Results of two baselines on the small corpus."""
    folder = tmp_path / "r"
    ran = zhtm(
        *("run", "--nab-root", corpus, "--results", folder, "--workers", "1", "--no-report"),
        *("--detectors", ",".join(DETECTORS)),
    )
    assert ran.code == 0, ran.err
    return folder


def arguments(corpus: Path, results: Path) -> tuple[str | Path, ...]:
    return ("tune", "thresholds", "--nab-root", corpus, "--results", results, "--detectors", ",".join(DETECTORS))


def test_the_same_as_the_optimizer(zhtm: Zhtm, corpus: Path, results: Path) -> None:
    before = read_tree(results)
    shutil.move(results / "thresholds.json", results / "old.json")
    (results / "final_results.json").unlink()
    ran = zhtm(*arguments(corpus, results), "--apply")
    assert ran.code == 0, ran.err
    assert str(results / "thresholds.json") in ran.out
    assert str(results / "thresholds.html") in ran.out
    after = read_tree(results)
    assert {path: after[path] for path in before} == before  # final scores, scores by file, S(t) columns
    assert set(after) - set(before) == {"old.json", "thresholds.html"}


def test_the_same_as_the_optimizer_on_the_sample_corpus(zhtm: Zhtm, tmp_path: Path) -> None:
    names = ",".join(BASELINE_NAMES)
    common = ("--results", tmp_path / "r", "--detectors", names)
    assert zhtm("run", *common, "--workers", "1", "--no-report").code == 0
    before = read_tree(tmp_path / "r")
    assert zhtm("tune", "thresholds", *common, "--apply", "--thresholds", tmp_path / "new.json").code == 0
    assert (tmp_path / "new.json").read_bytes() == before["thresholds.json"]
    assert (tmp_path / "r" / "final_results.json").read_bytes() == before["final_results.json"]


def test_the_same_as_the_optimizer_on_nab(zhtm: Zhtm, tmp_path: Path, nab_root: Path) -> None:
    folder = tmp_path / "r"
    benchmark = Benchmark(choose_corpus(nab_root), folder)
    lengths = {path: windows.length for path, windows in benchmark.labelled.items()}
    for path, scores in read_record_scores(nab_root, "numenta", lengths).items():
        target = results_path(folder, "numenta", path)
        target.parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame({"anomaly_score": scores}).to_csv(target, index=False)
    ran = zhtm(
        *("tune", "thresholds", "--nab-root", nab_root, "--results", folder, "--detectors", "numenta"),
        *("--apply", "--json"),
    )
    assert ran.code == 0, ran.err
    final = json.loads(ran.out)["final_results"]["numenta"]
    written = {name: (folder / name).read_bytes() for name in ("thresholds.json", "final_results.json")}
    for name in written:
        (folder / name).unlink()
    benchmark.optimize(["numenta"])
    benchmark.score(["numenta"])
    assert benchmark.normalize(["numenta"])["numenta"] == final
    assert {name: (folder / name).read_bytes() for name in written} == written
    published = json.loads((nab_root / "results" / "final_results.json").read_text())["numenta"]
    assert final["standard"] == pytest.approx(published["standard"], abs=1e-9)
    assert final["reward_low_FN_rate"] == pytest.approx(published["reward_low_FN_rate"], abs=1e-9)
    assert final["reward_low_FP_rate"] >= published["reward_low_FP_rate"]  # was published with another threshold


def test_own_profiles(zhtm: Zhtm, corpus: Path, results: Path, tmp_path: Path) -> None:
    before = json.loads((results / "final_results.json").read_text())
    quiet = {"CostMatrix": {"tpWeight": 1.0, "fnWeight": 1.0, "fpWeight": 50.0, "tnWeight": 1.0}}
    (tmp_path / "p.json").write_text(json.dumps({"quiet": quiet}))
    own = ("--weights", "tp=1,fp=0.3,fn=1", "--profiles", tmp_path / "p.json")
    ran = zhtm(*arguments(corpus, results), *own, "--apply", "--json", "--curves", tmp_path / "curves.csv")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    first = found["detectors"][0]
    assert first["detector"] == "other-nearestValue"
    assert list(first["profiles"]) == [*PROFILES, "quiet", "own"]
    for entry in first["profiles"].values():
        assert entry["plateau"]["above"] < entry["threshold"] <= entry["plateau"]["up_to"]
        chosen = entry["cross_validated"]
        assert chosen["lowest"] <= chosen["threshold"] <= chosen["highest"]
    for label, scores in before.items():  # NAB's profiles stay what they were
        assert {profile: found["final_results"][label][profile] for profile in scores} == scores
        assert set(found["final_results"][label]) == {*PROFILES, "quiet", "own"}
    curves = pd.read_csv(tmp_path / "curves.csv")
    one = curves[(curves.detector == "other-random") & (curves.profile == "own")]
    best = one.loc[one.score.idxmax()]
    assert best.threshold == found["detectors"][1]["profiles"]["own"]["threshold"]
    assert (one.tp + one.tn + one.fp + one.fn == sum(length for length, _ in FILES.values()) * 0.85).all()


def test_a_configuration_folder_takes_the_thresholds(zhtm: Zhtm, corpus: Path, results: Path, tmp_path: Path) -> None:
    (tmp_path / "nab_config").mkdir()  # commands run in tmp_path
    before = (results / "thresholds.json").read_bytes()
    (results / "thresholds.json").write_text("{}")
    ran = zhtm(*arguments(corpus, results))
    assert "nab_config/thresholds.json" in ran.out.replace("\\", "/")
    assert (tmp_path / "nab_config" / "thresholds.json").read_bytes() == before
    assert (results / "thresholds.json").read_text() == "{}"


def test_tables(zhtm: Zhtm, corpus: Path, results: Path) -> None:
    ran = zhtm(*arguments(corpus, results), "--markdown")
    assert "| other-nearestValue | low FP |" in ran.out
    assert "Cross-validated over files: 3 folds, 20 shuffles" in ran.out
    alone = zhtm(*arguments(corpus, results), "--files", "one/steps.csv")
    assert alone.code == 0, alone.err
    assert "folds need at least 2 files, and there is 1" in alone.out
    page = (results / "thresholds.html").read_text(encoding="utf-8")
    assert "These are NOT NAB scores" in page


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("--weights", "tp=-1,fp=1,fn=1"), ("weights", "tp: expected a finite weight >= 0")),
        (("--weights", "tp=0,fp=0,fn=0"), ("weights", "got all 0")),
        (("--weights", "tp=a,fp=1,fn=1"), ("weights", "tp: expected a number, got 'a'")),
        (("--weights", "tp=1,fp=1,fx=1"), ("weights", "'fx': unknown; expected tp, fp, fn")),
        (("--profiles", "none.json"), ("none.json", "not found")),
        (("--detectors", "nobody"), ("expected a folder other-nobody", "other-nearestValue")),
        (("--detectors", ","), ("detectors: expected at least one",)),
        (("--json", "--markdown"), ("expected one of them",)),
        (("more.csv",), ("more.csv", "--target-rate only")),
        (("--target-rate", "1/day"), ("uses no labels", "--nab-root")),
    ],
    ids=str,
)
def test_refusals(zhtm: Zhtm, corpus: Path, results: Path, args: tuple[str, ...], expected: tuple[str, ...]) -> None:
    before = read_tree(results)
    refused(zhtm(*arguments(corpus, results), *args), *expected)
    assert read_tree(results) == before


def test_results_that_are_not_there(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    for folder in (tmp_path / "none", tmp_path / "empty"):
        refused(zhtm(*arguments(corpus, folder)), str(folder), "found none; run `zhtm run` first")
        assert not folder.exists() or not read_tree(folder)
        (tmp_path / "empty").mkdir(exist_ok=True)
    refused(zhtm("tune", "thresholds", "--target-rate", "1/day", "--results", tmp_path / "empty"), "found none")


def test_results_of_other_files(zhtm: Zhtm, corpus: Path, results: Path) -> None:
    labels = read_labels(corpus)
    quiet = corpus / "data" / "two" / "quiet.csv"
    quiet.rename(quiet.with_name("other.csv"))
    write_labels(corpus, {**{k: v for k, v in labels.items() if "quiet" not in k}, "two/other.csv": []})
    before = read_tree(results)
    refused(zhtm(*arguments(corpus, results)), "expected results of the 3 labelled files", "missing: two/other.csv")
    write_labels(corpus, {k: v for k, v in labels.items() if "quiet" not in k})
    refused(zhtm(*arguments(corpus, results)), "alone, got 1 of other files", "quiet.csv")
    assert read_tree(results) == before


# Without labels


@pytest.mark.parametrize(("rate", "expected"), [("0/day", "above 0"), ("-1/day", "above 0"), ("2/month", "'month'")])
def test_bad_rates(zhtm: Zhtm, results: Path, rate: str, expected: str) -> None:
    refused(zhtm("tune", "thresholds", "--results", results, "--target-rate", rate), f"{rate!r}", expected)


def test_a_rate_needs_no_labels(zhtm: Zhtm, corpus: Path, results: Path) -> None:
    shutil.rmtree(corpus)
    before = read_tree(results)
    ran = zhtm(
        *("tune", "thresholds", "--results", results, "--detectors", ",".join(DETECTORS)),
        *("--target-rate", "5/1000", "--json"),
    )
    assert ran.code == 0, ran.err
    assert ran.warnings == []
    records = sum(length for length, _ in FILES.values()) * 0.85
    for choice, name in zip(json.loads(ran.out)["choices"], DETECTORS, strict=True):
        assert choice["name"] == f"other-{name}"
        assert choice["records"] == records
        assert choice["alerts"] <= choice["allowed"] == 5
        scores = [
            pd.read_csv(path)["anomaly_score"][
                int(0.15 * FILES[f"{path.parent.name}/{path.stem.split('_')[1]}.csv"][0]) :
            ]
            for path in (results / f"other-{name}").glob("*/*.csv")
        ]
        assert (pd.concat(scores) >= choice["threshold"]).sum() == choice["alerts"]
    assert read_tree(results) == before


def test_a_rate_over_files_of_ones_own(zhtm: Zhtm, results: Path, tmp_path: Path) -> None:
    for number in (1, 2):
        frame = pd.DataFrame({"timestamp": pd.date_range("2020-01-01", periods=24 * 10, freq="1h")})
        frame["anomaly_score"] = [0.5 if hour % 24 else number / 10 for hour in range(24 * 10)]
        frame.to_csv(tmp_path / f"{number}.csv", index=False)
    rate = ("tune", "thresholds", "--target-rate", "2/day", "--scores", "1.csv", "2.csv")
    ran = zhtm(*rate)
    assert ran.code == 0, ran.err
    assert "2 files" in ran.out
    assert "no alert is possible" in ran.out  # all but one hour a day are equal
    found = json.loads(zhtm(*rate, "--json").out)
    assert not found["choices"][0]["possible"]
    assert found["choices"][0]["units"] == 17.0  # days, without the probationary 15%
    refused(zhtm(*rate, "--scores", "1.csv"), "expected each file once")
    refused(zhtm(*rate, "3.csv"), "3.csv", "cannot be read")
