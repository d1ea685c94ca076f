"""`zhtm tune thresholds`: the thresholds of the optimizer, own profiles, wanted rates without labels, and refusals."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import Ran, data_text, read_labels, read_tree, refused, registry_of, timestamps, wave, write_labels

from zhtm_detector.nab import choose_corpus as nab_roots

Zhtm = Callable[..., Ran]
NAB = {"standard", "reward_low_FP_rate", "reward_low_FN_rate"}
NAMES = "nearestValue,windowedGaussian"
PAGE = "thresholds-other-nearestValue_windowedGaussian.html"
RUN = ("--detectors", NAMES, "--workers", "1", "--no-report")


@pytest.fixture
def results(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> Path:
    """Results of two baselines on three small files."""
    folder = tmp_path / "results"
    ran = zhtm("run", "--nab-root", corpus, "--results", folder, *RUN)
    assert ran.code == 0, ran.err
    return folder


@pytest.fixture
def tune(zhtm: Zhtm, corpus: Path, results: Path) -> Zhtm:
    def run(*args: str | Path, detectors: str = NAMES) -> Ran:
        where = ("--nab-root", corpus, "--results", results, "--detectors", detectors)
        return zhtm("tune", "thresholds", *where, *args)

    return run


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def content(ran: Ran) -> dict[str, Any]:
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


def scored(folder: Path) -> dict[str, bytes]:
    """Everything but the page, which `run` does not write."""
    return {name: text for name, text in read_tree(folder).items() if not name.startswith("thresholds-")}


def test_the_thresholds_of_the_optimizer(tune: Zhtm, results: Path) -> None:
    before = read_tree(results)
    ran = tune()
    assert ran.code == 0, ran.err
    for text in (
        "Best threshold per profile",
        "plateau above",
        "Cross-validated over files: 3 folds, 20 shuffles",
        "other-nearestValue",
        "low FP",
        f"Thresholds: {results / 'thresholds.json'}",
        f"Curves: {results / PAGE}",
    ):
        assert text in ran.out
    assert any("NOT NAB scores" in line for line in ran.warnings)
    assert scored(results) == before  # the same thresholds file too, byte for byte
    page = (results / PAGE).read_text(encoding="utf-8")
    for key in ("curves-1", "close-1", "curves-2", "best", "cross-validated", "NOT NAB scores"):
        assert key in page
    assert "| other-nearestValue | standard |" in tune("--markdown").out
    written = read_tree(results)
    one = tune(detectors="nearestValue")
    assert f"Curves: {results / 'thresholds-other-nearestValue.html'}" in one.out
    assert written.items() <= read_tree(results).items()  # another detector's page replaces none


@pytest.mark.parametrize("files", [None, "one/*", "one/spike.csv"])
def test_apply_is_optimize_score_normalize(zhtm: Zhtm, corpus: Path, tmp_path: Path, files: str | None) -> None:
    part = ("--files", files) if files else ()
    where = ("--nab-root", corpus, *part)
    one, other = tmp_path / "one", tmp_path / "other"
    assert zhtm("run", *where, "--results", one, *RUN).code == 0
    for path in [one / "thresholds.json", one / "final_results.json", *one.glob("*/*_scores.csv")]:
        path.unlink()
    shutil.copytree(one, other)
    for step in ("optimize", "score", "normalize"):
        ran = zhtm(step, *where, "--results", one, "--detectors", NAMES)
        assert ran.code == 0, ran.err
    found = content(zhtm("tune", "thresholds", *where, "--results", other, "--detectors", NAMES, "--apply", "--json"))
    assert scored(other) == scored(one)  # every file, digit for digit
    assert found["final_results"] == read(one / "final_results.json")
    thresholds = read(one / "thresholds.json")
    for detector in found["detectors"]:
        for profile, entry in detector["profiles"].items():
            assert entry["threshold"] == thresholds[detector["detector"]][profile]["threshold"]
            final = found["final_results"][detector["detector"]][profile]
            assert entry["normalized"] == pytest.approx(final, rel=1e-12)
            assert (entry["cross_validated"] is None) == (files == "one/spike.csv")  # one file: nothing to hold out


def test_one_file_says_why_nothing_is_held_out(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    where = ("--nab-root", corpus, "--files", "one/spike.csv", "--results", tmp_path / "one")
    assert zhtm("run", *where, *RUN).code == 0
    ran = zhtm("tune", "thresholds", *where, "--detectors", "nearestValue")
    assert ran.code == 0, ran.err
    assert "left out: folds need at least 2 files, and there is 1" in ran.out


def test_on_nab(zhtm: Zhtm, nab_root: Path, tmp_path: Path) -> None:
    """The whole of NAB, from its data files: needs the corpus, skips without."""
    one, other = tmp_path / "one", tmp_path / "other"
    run = ("run", "--nab-root", nab_root, "--results", one, "--detectors", "valueRange", "--no-report")
    assert zhtm(*run).code == 0
    shutil.copytree(one, other)
    (other / "final_results.json").unlink()
    (other / "thresholds.json").unlink()
    ran = zhtm(
        *("tune", "thresholds", "--nab-root", nab_root, "--results", other, "--detectors", "valueRange"),
        *("--apply", "--weights", "tp=1,fp=0.5,fn=1", "--json"),
    )
    found = content(ran)
    assert found["is_nab"] and found["notice"] == ""
    final = read(other / "final_results.json")["valueRange"]
    assert {name: final[name] for name in NAB} == read(one / "final_results.json")["valueRange"]
    assert set(final) == NAB | {"own"}
    expected = read(one / "thresholds.json")["valueRange"]
    assert {name: read(other / "thresholds.json")["valueRange"][name] for name in NAB} == expected


def test_own_profiles_leave_those_of_nab_alone(tune: Zhtm, zhtm: Zhtm, corpus: Path, results: Path) -> None:
    profiles = results.parent / "own.json"
    profiles.write_text(
        json.dumps({"night": {"CostMatrix": {"tpWeight": 1, "fnWeight": 3, "fpWeight": 0.01, "tnWeight": 1}}})
    )
    before = read(results / "final_results.json")
    thresholds = read(results / "thresholds.json")
    own = ("--weights", "tp=1,fp=0.9,fn=0.5", "--profiles", profiles)
    found = content(tune(*own, "--apply", "--json", detectors="nearestValue"))
    profile = found["detectors"][0]["profiles"]
    assert set(profile) == NAB | {"own", "night"}
    assert profile["own"]["weights"] == {"tp": 1.0, "fp": 0.9, "fn": 0.5, "tn": 1.0}
    assert profile["night"]["threshold"] <= profile["own"]["threshold"]  # false alarms cost less there

    after = read(results / "final_results.json")["other-nearestValue"]
    assert {name: after[name] for name in NAB} == before["other-nearestValue"]
    assert set(after) == NAB | {"own", "night"}
    assert read(results / "final_results.json")["other-windowedGaussian"] == before["other-windowedGaussian"]
    entries = read(results / "thresholds.json")
    assert {name: entries["other-nearestValue"][name] for name in NAB} == thresholds["other-nearestValue"]
    assert entries["other-windowedGaussian"] == thresholds["other-windowedGaussian"]
    with (results / "other-nearestValue" / "other-nearestValue_own_scores.csv").open() as file:
        total = float(list(csv.DictReader(file))[-1]["Score"])
    assert total == pytest.approx(profile["own"]["score"])

    where = ("--nab-root", corpus, "--results", results)
    for verb in ("report", "score", "normalize"):
        ran = zhtm(verb, *where, "--detectors", "nearestValue")  # they go on with NAB's three
        assert ran.code == 0, ran.err
    ran = tune("--apply", detectors="nearestValue")
    assert ran.code == 0, ran.err
    assert read(results / "final_results.json") == before


def test_curves(tune: Zhtm, tmp_path: Path) -> None:
    path = tmp_path / "new" / "curves.csv"
    found = content(tune("--curves", path, "--json"))
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["detector", "profile", "threshold", "score", "normalized", "tp", "tn", "fp", "fn"]
    for detector in found["detectors"]:
        for name, profile in detector["profiles"].items():
            mine = [row for row in rows if (row["detector"], row["profile"]) == (detector["detector"], name)]
            assert float(mine[0]["threshold"]) == 1.1
            assert float(mine[0]["normalized"]) == 0.0
            best = max(mine, key=lambda row: float(row["score"]))
            assert (float(best["threshold"]), float(best["score"])) == (profile["threshold"], profile["score"])
            assert len({sum(int(row[kind]) for kind in ("tp", "tn", "fp", "fn")) for row in mine}) == 1


def test_which_thresholds_file(
    tune: Zhtm, corpus: Path, results: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    best = read(results / "thresholds.json")
    assert tune("--thresholds", tmp_path / "mine.json").code == 0
    assert read(tmp_path / "mine.json") == best
    (results / "thresholds.json").unlink()
    config = tmp_path / "nab_config"  # the current folder is tmp_path
    config.mkdir()
    theirs = {"theirs": {"standard": {"threshold": 0.5, "score": 1.0}}}
    (config / "thresholds.json").write_text(json.dumps(theirs))
    found = content(tune("--json"))
    assert found["thresholds"] == [str(results / "thresholds.json")]  # the other one is for NAB scores
    assert read(results / "thresholds.json") == best
    assert read(config / "thresholds.json") == theirs
    registry = registry_of(corpus)
    monkeypatch.setattr(nab_roots, "read_registry", lambda: registry)
    for name in NAMES.split(","):
        shutil.copytree(results / f"other-{name}", results / name)
        for path in (results / name).rglob("*.csv"):
            path.rename(path.with_name(path.name.removeprefix("other-")))
    found = content(tune("--json"))
    assert found["thresholds"] == [str(results / "thresholds.json"), str(config / "thresholds.json")]
    plain = {name.removeprefix("other-"): entry for name, entry in best.items()}
    assert read(results / "thresholds.json") == best | plain
    assert read(config / "thresholds.json") == plain | theirs
    assert content(tune("--json", "--thresholds", results / "mine.json"))["thresholds"] == [str(results / "mine.json")]


def test_nothing_to_gain(tune: Zhtm, zhtm: Zhtm, corpus: Path, results: Path) -> None:
    found = content(tune("--weights", "tp=0,fp=1,fn=0", "--apply", "--json", detectors="nearestValue"))
    own = found["detectors"][0]["profiles"]["own"]
    assert (own["threshold"], own["score"], own["normalized"]) == (1.1, 0.0, None)
    assert found["final_results"]["other-nearestValue"]["own"] is None
    write_labels(corpus, {path: [] for path in read_labels(corpus)})  # no window at all
    found = content(tune("--json", detectors="nearestValue"))
    assert {entry["threshold"] for entry in found["detectors"][0]["profiles"].values()} == {1.1}
    assert "1.10000" in tune(detectors="nearestValue").out


def test_a_file_that_cannot_be_read(tune: Zhtm, corpus: Path) -> None:
    (corpus / "data" / "two" / "quiet.csv").write_text("timestamp,value\nnever,1\n")
    ran = tune("--json")
    assert ran.code == 1
    assert len(ran.errors) == 1 and "quiet.csv" in ran.errors[0]


def scores_file(path: Path, scores: list[float]) -> Path:
    rows = zip(timestamps(len(scores)), scores, strict=True)
    path.write_text("".join(["timestamp,anomaly_score\n", *(f"{moment},{score!r}\n" for moment, score in rows)]))
    return path


def test_target_rate_on_own_files(zhtm: Zhtm, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    numbers = rng.permutation(2000) / 2000
    one, other = scores_file(tmp_path / "a.csv", numbers[:1000].tolist()), scores_file(tmp_path / "b.csv", [0.5] * 200)
    before = read_tree(tmp_path)
    found = content(zhtm("tune", "thresholds", "--target-rate", "10/1000", "--scores", one, "--json"))
    choice = found["choices"][0]
    counted = numbers[150:1000]  # 15% are probationary
    assert (choice["alerts"], choice["allowed"], choice["records"]) == (8, 8, 850)
    assert choice["threshold"] == np.sort(counted)[-8]
    assert choice["next_alerts"] == 9
    day = content(zhtm("tune", "thresholds", "--target-rate", "2/day", "--json", one, other))["choices"][0]
    assert day["units"] == pytest.approx((850 + 170) * 5 / 1440)
    assert day["allowed"] == 7
    ran = zhtm("tune", "thresholds", "--target-rate", "2/day", one, other)
    assert ran.code == 0, ran.err
    assert ran.err == ""
    assert "Alerts: at most 2 per day, over all files together" in ran.out and "2 files" in ran.out
    assert "| a.csv |" in zhtm("tune", "thresholds", "--target-rate", "2/day", "--markdown", one).out
    rare = zhtm("tune", "thresholds", "--target-rate", "100/1000", other)
    assert rare.code == 0
    assert "no alert is possible: the 170 highest scores are equal, and the rate allows 17 alerts" in rare.out
    assert read_tree(tmp_path) == before


def test_target_rate_on_results(zhtm: Zhtm, results: Path, corpus: Path) -> None:
    shutil.rmtree(corpus)  # no labels, no data
    before = read_tree(results)
    args = ("tune", "thresholds", "--target-rate", "5/1000", "--results", results, "--detectors", NAMES)
    found = content(zhtm(*args, "--json"))
    assert [choice["name"] for choice in found["choices"]] == [f"other-{name}" for name in NAMES.split(",")]
    assert {choice["records"] for choice in found["choices"]} == {340 + 425 + 255}
    assert all(choice["alerts"] <= choice["allowed"] == 5 for choice in found["choices"])
    assert "| other-nearestValue |" in zhtm(*args, "--markdown").out
    assert read_tree(results) == before


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("--weights", "tp=1,fp=-1,fn=1"), "fp: expected a weight of 0 or from 1e-100 to 1e+100, got -1.0"),
        (("--weights", "tp=0,fp=0,fn=0"), "got all 0"),
        (("--weights", "tp=one,fp=0,fn=0"), "tp: expected a number, got 'one'"),
        (("--weights", "tp=1,fpr=1,fn=1"), "'fpr': unknown; expected tp, fp, fn, tn"),
        (("--weights", ""), "expected NAME=NUMBER"),
        (("--profiles", "absent.json"), "profiles absent.json: not found"),
        (("--profiles", "spoilt.json"), "profiles spoilt.json: standard: expected NAB's own weights"),
        (("--json", "--markdown"), "expected at most one of them"),
        (("--detectors", ","), "detectors: expected at least one"),
        (("--detectors", "zhtm"), "expected a folder other-zhtm, found only other-nearestValue"),
        (("--detectors", "nearestValue,null"), "expected a folder other-null"),
        (("--curves", "taken"), "taken: cannot be written; expected a file in a writable folder"),
        (("--thresholds", "taken"), "taken: cannot be written"),
        (("--thresholds", "spoilt.json/x.json", "--curves", "new.csv"), "cannot be written"),
        (("--thresholds", "odd.json", "--curves", "new.csv"), "other-nearestValue: expected an object of profiles"),
        (("--thresholds", "broken.json", "--curves", "new.csv"), "broken.json: not JSON"),
        (("--scores", "a.csv"), "scores a.csv: have no labels; expected them with --target-rate only"),
        (("--target-rate", "2/day"), "--target-rate: uses no labels and writes nothing; expected no --nab-root"),
    ],
)
def test_bad_input(tune: Zhtm, tmp_path: Path, args: tuple[str, ...], expected: str) -> None:
    (tmp_path / "taken").mkdir()
    kinds = ("tpWeight", "fnWeight", "fpWeight", "tnWeight")
    (tmp_path / "spoilt.json").write_text(json.dumps({"standard": {"CostMatrix": dict.fromkeys(kinds, 1)}}))
    (tmp_path / "odd.json").write_text(json.dumps({"other-nearestValue": [1]}))
    (tmp_path / "broken.json").write_text("{")
    before = read_tree(tmp_path)
    refused(tune(*args), expected)
    assert read_tree(tmp_path) == before


def test_results_that_do_not_fit(tune: Zhtm, zhtm: Zhtm, corpus: Path, results: Path, tmp_path: Path) -> None:
    folder = results / "other-nearestValue"
    path = folder / "one" / "other-nearestValue_spike.csv"
    text = path.read_text()

    def check(expected: str) -> None:
        before = read_tree(tmp_path)
        refused(tune("--apply", "--curves", "c.csv"), expected)
        assert read_tree(tmp_path) == before

    strange = folder / "one" / "other-nearestValue_more.csv"
    strange.write_text(text)
    check(f"expected results of the files of {corpus} alone, got 1 of other files: one/other-nearestValue_more.csv")
    strange.unlink()
    path.unlink()
    check("expected results of the 3 labelled files, 1 missing: one/spike.csv")
    path.write_text(text.replace("\n", "\n2015-03-01 00:00:00,1,0.5,0,0,0,0\n", 1))
    check("other-nearestValue_spike.csv: expected 400 records as in the data file, got 401")
    lines = text.splitlines()
    for bad in ("nan", "", "2.0"):
        fields = lines[7].split(",")
        fields[lines[0].split(",").index("anomaly_score")] = bad
        path.write_text("\n".join([*lines[:7], ",".join(fields), *lines[8:]]) + "\n")
        check("row 8, field anomaly_score: expected a number in [0, 1]")
    path.write_text(text)
    for folder in ("empty", "absent"):
        if folder == "empty":
            (tmp_path / folder).mkdir()
        before = read_tree(tmp_path)
        for more in (("--nab-root", corpus), ("--target-rate", "1/day")):
            args = ("tune", "thresholds", "--results", tmp_path / folder, "--detectors", "nearestValue", *more)
            refused(zhtm(*args), f"results {tmp_path / folder}: expected", "found none; run `zhtm run` first")
        assert read_tree(tmp_path) == before
        assert not (tmp_path / "absent").exists()


def test_a_data_file_named_like_scores(zhtm: Zhtm, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "data").mkdir(parents=True)
    (root / "labels").mkdir()
    moments = timestamps(200)
    for name in ("plain.csv", "exam_scores.csv"):
        (root / "data" / name).write_text(data_text(wave(200, [(100, 110)])))
    windows = [[f"{moments[100]}.000000", f"{moments[110]}.000000"]]
    write_labels(root, {"plain.csv": windows, "exam_scores.csv": windows})
    results = tmp_path / "results"
    assert zhtm("run", "--nab-root", root, "--results", results, *RUN).code == 0
    args = ("tune", "thresholds", "--results", results, "--detectors", "nearestValue", "--json")
    assert zhtm(*args, "--nab-root", root).code == 0
    assert content(zhtm(*args, "--target-rate", "5/1000"))["choices"][0]["records"] == 340


@pytest.mark.parametrize("rate", ["", "2", "0/day", "-1/day", "x/day", "2/month", "inf/1000", "1e999999999/day"])
def test_bad_rates(zhtm: Zhtm, tmp_path: Path, rate: str) -> None:
    path = scores_file(tmp_path / "a.csv", [0.1, 0.2, 0.3])
    before = read_tree(tmp_path)
    refused(zhtm("tune", "thresholds", "--target-rate", rate, path), f"target rate {rate!r}: ")
    assert read_tree(tmp_path) == before


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "expected a CSV file with the columns timestamp, anomaly_score"),
        ("timestamp,score\n2024-01-01,1\n", "expected a CSV file with the columns timestamp, anomaly_score"),
        ("timestamp,anomaly_score\n2024-01-01,0.1\n2024-01-02,7\n", "row 3, field anomaly_score"),
        ("timestamp,anomaly_score\n2024-01-01,0.1\nlater,0.7\n", "row 3, field timestamp"),
        ("timestamp,anomaly_score\n2024-01-01,0.1\n", "expected at least 2 records, got 1"),
        ("timestamp,anomaly_score\n2024-01-01,0.1\n2024-01-01,0.1\n", "expected timestamps that span some time"),
        ("\xff\xfe\x00", "expected a CSV file"),
    ],
)
def test_bad_score_files(zhtm: Zhtm, tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode("latin-1"))
    refused(zhtm("tune", "thresholds", "--target-rate", "2/day", path), "a.csv: ", expected)
    refused(zhtm("tune", "thresholds", "--target-rate", "2/day", tmp_path / "absent.csv"), "absent.csv: cannot be read")
    refused(zhtm("tune", "thresholds", "--target-rate", "2/day", tmp_path), "cannot be read")
