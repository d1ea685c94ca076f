"""`zhtm tune params`: the same trials with any workers and after a kill, their held-out score, and refusals."""

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

import pytest
from tiny import Ran, Spans, clean_environment, read_tree, refused, write_corpus

import zhtm_detector
from zhtm_detector.detectors import run_file
from zhtm_detector.detectors.run_file import FileTask
from zhtm_detector.evaluation.ledger import Ledger
from zhtm_detector.htm.params import load_preset
from zhtm_detector.tuning.parameters import search
from zhtm_detector.tuning.parameters.holdout import split_holdout

pytest.importorskip("optuna")

Zhtm = Callable[..., Ran]

FILES: dict[str, tuple[int, Spans]] = {
    f"{category}/{number}.csv": (300 + 20 * number, [(150 + 10 * number, 170 + 10 * number)])
    for category, count in (("one", 4), ("two", 2))
    for number in range(count)
}
BLOCKS = {
    "value_novelty": {},
    "block_novelty": {"blocks": 20, "scales": 2, "windows": [2, 4], "kinds": ["mean", "high"]},
    "anomaly": {"prediction_weight": 0.0, "refractory": 0.2, "likelihood": False, "value_range_tolerance": None},
}
SPACE = "block_novelty.weight,block_novelty.windows,block_novelty.half_evidence,value_novelty"
CREATE_TRIAL = 4  # in Optuna's journal
TRIALS = ("--trials", "22", "--space", SPACE)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "corpus", FILES)


@pytest.fixture
def preset(tmp_path: Path) -> Path:
    path = tmp_path / "blocks.json"
    path.write_text(json.dumps(BLOCKS))
    return path


@pytest.fixture
def tune(zhtm: Zhtm, root: Path, preset: Path, tmp_path: Path) -> Zhtm:
    def run(*args: str | Path, results: str = "results", workers: int = 1) -> Ran:
        where = ("--nab-root", root, "--preset", preset, "--results", tmp_path / results, "--workers", str(workers))
        return zhtm("tune", "params", *where, *args)

    return run


def content(ran: Ran) -> dict[str, Any]:
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


def same(one: dict[str, Any], other: dict[str, Any]) -> None:
    for key in ("trials", "best", "scores", "importances", "searched", "held_out", "warning"):
        assert one[key] == other[key], key


def test_any_number_of_workers_and_any_kill(tune: Zhtm, root: Path, preset: Path, tmp_path: Path) -> None:
    whole = content(tune(*TRIALS, "--json"))
    assert [trial["trial"] for trial in whole["trials"]] == list(range(22))
    assert (len(whole["searched"]), len(whole["held_out"])) == (4, 2)
    assert {trial["state"] for trial in whole["trials"]} == {"complete", "pruned"}
    assert {trial["files"] for trial in whole["trials"]} > {4}
    same(content(tune(*TRIALS, "--json", results="two", workers=2)), whole)

    cut = tmp_path / "cut" / "tune" / "blocks.jsonl"
    args = ["tune", "params", "--nab-root", root, "--preset", preset, "--results", tmp_path / "cut", *TRIALS]
    command = [sys.executable, "-m", "zhtm_detector", *args, "--workers", "1"]
    environment = clean_environment(tmp_path / "cache") | {"PYTHONPATH": str(Path(zhtm_detector.__file__).parents[1])}
    with subprocess.Popen(
        list(map(str, command)), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + 120
        while len(states(cut)) < 9 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        assert process.poll() is None
        os.kill(process.pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    there = len(states(cut))
    assert 9 <= there < 22
    resumed = content(tune(*TRIALS, "--json", results="cut"))
    assert resumed["added"] == 22 - there
    same(resumed, whole)

    again = content(tune(*TRIALS, "--json"))  # nothing is left to do
    assert again["added"] == 0
    same(again, whole)


def states(path: Path) -> list[str]:
    """Return the states of the trials in the file."""
    from optuna.trial import TrialState

    if not path.exists():
        return []
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [TrialState(line["state"]).name for line in lines if line["op_code"] == CREATE_TRIAL]


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (OSError(28, "No space left on device"), "OSError: [Errno 28] No space left on device"),
        (MemoryError("none left"), "MemoryError: none left"),
        (RuntimeError("the worker process died"), "RuntimeError: the worker process died"),
    ],
)
@pytest.mark.parametrize("batch", ["1", "4"])
def test_a_fault_of_the_machine_is_never_in_a_study(
    tune: Zhtm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: Exception, expected: str, batch: str
) -> None:
    args = ("--trials", "5", "--space", "value_novelty", "--batch", batch)
    whole = content(tune(*args, "--json", results="whole"))
    real, run = run_file._build, list[str]()

    def build(task: FileTask) -> Any:
        run.append(task.key)
        if len(run) == 15:  # in the third or fourth trial: others of its batch have all that they need
            raise raised
        return real(task)

    monkeypatch.setattr(run_file, "_build", build)
    refused(tune(*args), expected)
    study = tmp_path / "results" / "tune" / "blocks.jsonl"
    there = states(study)
    assert "FAIL" not in there
    assert len(there) == {"1": 3, "4": 0}[batch]
    resumed = content(tune(*args, "--json"))
    assert resumed["added"] == 5 - len(there)
    same(resumed, whole)


def test_trials_are_in_the_ledger_once(tune: Zhtm, tmp_path: Path) -> None:
    args = ("--space", "value_novelty", "--batch", "2")
    found = content(tune("--trials", "3", *args, "--json"))
    (tmp_path / "results" / "tune" / "blocks.jsonl").unlink()  # as if it had been stopped before it was written
    tune("--trials", "4", *args)
    looks = Ledger.of(tmp_path / "results").read()
    assert [(look.tool, look.seeds) for look in looks] == [("tune params", 1)] * 4
    assert len({look.params for look in looks}) == 4
    assert len({look.corpus for look in looks}) == 1
    assert [look.files for look in looks[:3]] == [trial["files"] for trial in found["trials"]]


def test_a_fault_of_the_parameters_stays(tune: Zhtm, monkeypatch: pytest.MonkeyPatch) -> None:
    real, built = run_file._build, list[float]()

    def build(task: FileTask) -> Any:
        assert task.choice.params is not None and task.choice.params.value_novelty is not None
        built.append(task.choice.params.value_novelty.weight)
        if built[-1] < 0.5:
            raise ValueError("too light")
        return real(task)

    monkeypatch.setattr(run_file, "_build", build)
    args = ("--trials", "5", "--param", "value_novelty.weight=0.1,0.2,0.6,0.7", "--batch", "1")
    found = content(tune(*args, "--json"))
    failed = [trial for trial in found["trials"] if trial["state"] == "failed"]
    assert failed
    assert all(trial["error"].endswith("too light") for trial in failed)
    built.clear()
    same(content(tune(*args, "--json")), found)
    assert not any(weight < 0.5 for weight in built)
    refused(
        tune("--trials", "2", "--param", "value_novelty.weight=0.1,0.2", "--study", "light"),
        "expected a complete trial, got none (the first error: ",
    )


def test_what_it_shows_and_writes(tune: Zhtm, zhtm: Zhtm, root: Path, tmp_path: Path) -> None:
    args = ("--trials", "12", "--space", "value_novelty", "--study", "mine")
    ran = tune(*args, "--save-preset", "better")
    assert ran.code == 0, ran.err
    assert any("on the 4 files" in line for line in ran.warnings)
    for text in ("4 files of the search", "2 files held out", "value_novelty.scale", "12 trials added, 12 in all"):
        assert text in ran.out
    assert "Preset: better.json; use it with --preset better.json" in ran.out
    found = content(tune(*args, "--json"))
    best = load_preset(str(tmp_path / "better.json"))
    assert best.value_novelty is not None and best.alert is None  # a recommended threshold is of other parameters
    assert {"value_novelty.scale": best.value_novelty.scale, "value_novelty.weight": best.value_novelty.weight} == (
        found["best"]["values"]
    )
    assert found["best"]["score"] == max(t["score"] for t in found["trials"] if t["state"] == "complete")
    before, after, gain = found["scores"]
    assert after["searched"] == pytest.approx(found["best"]["score"])
    assert before["searched"] == pytest.approx(found["trials"][0]["score"])  # the preset is the first trial
    assert gain["held_out"] == pytest.approx(after["held_out"] - before["held_out"])
    page = (tmp_path / "results" / "tune" / "mine.html").read_text(encoding="utf-8")
    for key in (
        "held-out-table",
        "values-table",
        "history-figure",
        "parallel-figure",
        "trials-table",
        'class="warning"',
    ):
        assert key in page
    # Of the trials' scores only those of the preset and of the best are kept.
    assert len(list((tmp_path / "results" / "tune" / "mine.scores").iterdir())) <= 2
    assert "| gain |" in tune(*args, "--markdown").out
    run = zhtm("run", "--nab-root", root, "--preset", "better.json", "--detectors", "zhtm", "--workers", "1")
    assert run.code == 0, run.err
    refused(tune(*args, "--save-preset", "better"), "--save-preset 'better': expected a new name")


def test_no_file_held_out_is_said(tune: Zhtm) -> None:
    found = content(tune("--trials", "3", "--space", "value_novelty", "--holdout", "0", "--json"))
    assert found["held_out"] == []
    assert found["scores"][0]["held_out"] is None
    assert "no file was held out" in found["warning"] or "nothing to gain" in found["warning"]


@pytest.mark.parametrize("holdout", ["0", "0.3"])
def test_nothing_to_gain_is_said(tune: Zhtm, holdout: str) -> None:
    found = content(tune("--trials", "1", "--space", "value_novelty", "--holdout", holdout, "--json"))
    assert found["warning"].startswith("None of 1 trials was better than the preset")
    assert found["warning"].endswith("there is nothing to gain here.")


def test_a_first_trial_that_is_not_the_preset_may_gain(tune: Zhtm) -> None:
    # The preset's own value, 0.2, is not among the choices; null is.
    found = content(tune("--trials", "1", "--param", "anomaly.refractory=null,0.1", "--json"))
    assert "The best score is in-sample" in found["warning"]


def test_parameters_that_do_not_fit_together_are_pruned(tune: Zhtm) -> None:
    own = ("--param", "anomaly.averaging_window=5,20", "--param", "anomaly.history=10,100", "--trials", "12")
    found = content(tune(*own, "--json"))
    bad = [trial for trial in found["trials"] if trial["error"]]
    assert bad
    for trial in bad:
        assert (trial["state"], trial["score"], trial["files"]) == ("pruned", None, 0)
        assert "anomaly.averaging_window: expected at most history (10), got 20" in trial["error"]


def test_a_study_of_something_else(tune: Zhtm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ("--trials", "2", "--space", "value_novelty")
    assert tune(*first).code == 0
    before = read_tree(tmp_path)
    other = tmp_path / "other.json"
    refused(
        tune("--trials", "2", "--space", "block_novelty"), "was begun with another search space (value_novelty.scale"
    )
    refused(tune(*first, "--seed", "1"), "another --seed (42, not 1)")
    refused(tune(*first, "--batch", "4"), "another --batch (8, not 4)")
    refused(tune(*first, "--holdout", "0.2"), "another --holdout")
    refused(tune(*first, "--profile", "reward_low_FP_rate"), "another profile")
    refused(tune(*first, "--files", "one/*"), "another files or labels")
    with monkeypatch.context() as patch:  # another version's choice of the same number of files
        patch.setattr(search, "split_holdout", lambda *given: tuple(part[::-1] for part in split_holdout(*given)))
        refused(tune(*first), "another choice of the files that are searched")
    with monkeypatch.context() as patch:
        patch.setattr(search, "scoring_checksum", lambda: "another")
        refused(tune(*first), "another code that scores a trial")
    assert read_tree(tmp_path) == before
    other.write_text(json.dumps({**BLOCKS, "causal": True}))
    refused(tune(*first, "--preset", other, "--study", "blocks"), "another preset")
    other.unlink()
    assert read_tree(tmp_path) == before


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("--space", "value_novelty.wieght"), "the nearest known one is value_novelty.weight"),
        (
            ("--param", "value_novelty.weight=0.5..1.5"),
            "value_novelty.weight: expected less than or equal to 1, got 1.5",
        ),
        (("--param", "value_novelty.wait=0..1"), "the nearest known one is value_novelty.weight"),
        (("--profile", "standart"), "--profile 'standart': unknown; expected one of standard, "),
        (("--holdout", "0.95"), "'--holdout'"),
        (("--holdout", "0.01"), "expected a share of at least one of 6 files"),
        (("--files", "two/0.csv", "--holdout", "0"), "expected at least 2 to search on, got 1"),
        (("--study", "../x"), "--study: expected a name of letters"),
        (("--save-preset", "zhtm"), "--save-preset 'zhtm': expected a new name"),
        (("--save-preset", "a_b"), "--save-preset: expected a name of letters, digits and hyphens"),
        (("--trials", "0"), "'--trials'"),
        (("--preset", "classy"), "preset 'classy': unknown"),
    ],
)
def test_refusals(tune: Zhtm, tmp_path: Path, args: tuple[str, ...], expected: str) -> None:
    before = read_tree(tmp_path)
    refused(tune(*args), expected)
    assert read_tree(tmp_path) == before
    assert not (tmp_path / "results").exists()


def test_without_optuna(tune: Zhtm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    refused(tune(), "expected the package optuna, got none; pip install 'zhtm-detector[tune]'")
    assert not (tmp_path / "results").exists()
    assert tune("--show-space").code == 0


def test_the_space_is_shown(tune: Zhtm, tmp_path: Path) -> None:
    rows = json.loads(tune("--show-space", "--json", "--space", "anomaly").out)
    assert rows == [{"parameter": "anomaly.refractory", "searched": "0.05 to 1, log", "preset": "0.2"}]
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("verb", [("tune", "params"), ("sweep",)])
def test_help_has_an_example(zhtm: Zhtm, verb: tuple[str, ...]) -> None:
    ran = zhtm(*verb, "--help")
    assert ran.code == 0
    assert ran.out.count("Example: zhtm") == 1
