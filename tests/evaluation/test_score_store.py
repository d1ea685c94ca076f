"""Scores that are kept on disk: found again, never stale, never half there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import FILES, write_corpus

from zhtm_detector.common.errors import InputError
from zhtm_detector.detectors import run_file
from zhtm_detector.detectors.baselines import BASELINES
from zhtm_detector.detectors.run_file import FileTask
from zhtm_detector.detectors.zhtm import ZhtmDetector
from zhtm_detector.evaluation import score_store
from zhtm_detector.evaluation.score_store import ScoreStore, Source
from zhtm_detector.htm.params import ModelParams, load_preset
from zhtm_detector.nab.corpus import Corpus

LENGTHS = {path: length for path, (length, _) in FILES.items()}
NEAREST = Source(None, baseline="nearestValue")
RANGE = Source(None, baseline="valueRange")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "corpus")


@pytest.fixture
def store(root: Path, tmp_path: Path) -> ScoreStore:
    return ScoreStore(tmp_path / "results" / "validate", Corpus(root), LENGTHS)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was computed, file by file."""
    done: list[str] = []
    real = run_file._build

    def build(task: FileTask) -> Any:
        done.append(task.data_file.relative_path)
        return real(task)

    monkeypatch.setattr(run_file, "_build", build)
    return done


def test_baselines_and_models_are_their_own(store: ScoreStore) -> None:
    model = Source(load_preset("classic"), seed=7)
    got = store.gather([NEAREST, model], workers=1)
    for path in LENGTHS:
        data_file = store.corpus.load(path)
        baseline = BASELINES["nearestValue"](data_file, 0.15)
        baseline.initialize()
        np.testing.assert_array_equal(got.scores[store.key(NEAREST)][path], baseline.run()["anomaly_score"])
        detector = ZhtmDetector(data_file, 0.15, params="classic", seed=7)
        detector.initialize()
        np.testing.assert_array_equal(got.scores[store.key(model)][path], detector.run()["anomaly_score"])
    assert (got.computed, got.cached, got.errors) == (6, 0, {})


def test_the_second_time_nothing_runs(store: ScoreStore, ran: list[str]) -> None:
    first = store.gather([NEAREST, RANGE], workers=1)
    assert len(ran) == 6
    records: list[int] = []
    second = store.gather([NEAREST, RANGE], workers=1, on_records=records.append)
    assert len(ran) == 6
    assert (second.computed, second.cached) == (0, 6)
    assert sum(records) == store.total_records([NEAREST, RANGE]) == 2 * sum(LENGTHS.values())
    for key, scores in first.scores.items():
        assert list(second.scores[key]) == list(LENGTHS)
        for path in scores:
            np.testing.assert_array_equal(scores[path], second.scores[key][path])


def test_progress_covers_all_records(store: ScoreStore) -> None:
    records: list[int] = []
    sources = [NEAREST, Source(load_preset("classic"))]
    store.gather(sources, workers=1, on_records=records.append)
    assert sum(records) == store.total_records(sources)


def test_a_cut_run_goes_on(store: ScoreStore, ran: list[str]) -> None:
    store.gather([NEAREST, RANGE], workers=1)
    ran.clear()
    (store.folder / store.key(NEAREST) / "one" / "steps.csv.npz").unlink()
    assert store.gather([NEAREST, RANGE], workers=1).computed == 1
    assert ran == ["one/steps.csv"]


@pytest.mark.parametrize("spoil", ["cut", "text", "empty", "other array", "short", "nan", "flipped"])
def test_a_corrupt_file_is_computed_again(store: ScoreStore, ran: list[str], spoil: str) -> None:
    key = store.key(NEAREST)
    good = store.gather([NEAREST], workers=1).scores[key]["one/spike.csv"]
    path = store.folder / key / "one" / "spike.csv.npz"
    whole = path.read_bytes()
    with np.load(path) as kept:
        checksum = kept["data"]
    if spoil == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif spoil == "flipped":
        middle = len(whole) // 4
        path.write_bytes(
            whole[:middle] + bytes(255 - byte for byte in whole[middle : middle + 40]) + whole[middle + 40 :]
        )
    elif spoil in ("text", "empty"):
        path.write_text("no scores" if spoil == "text" else "")
    elif spoil == "other array":
        np.savez(path, other=good)
    else:
        bad = good[:-1] if spoil == "short" else np.where(good > 0, np.nan, good)
        np.savez(path, scores=bad, data=checksum)
    ran.clear()
    again = store.gather([NEAREST], workers=1)
    assert ran == ["one/spike.csv"]
    np.testing.assert_array_equal(again.scores[key]["one/spike.csv"], good)


def test_changed_data_are_scored_again(store: ScoreStore, root: Path, tmp_path: Path, ran: list[str]) -> None:
    store.gather([NEAREST], workers=1)
    ran.clear()
    path = root / "data" / "one" / "spike.csv"
    path.write_text(path.read_text().replace("2015-03-01 00:05:00,", "2015-03-01 00:05:00,9"))
    again = ScoreStore(store.folder, Corpus(root), LENGTHS)
    again.gather([NEAREST], workers=1)
    assert ran == ["one/spike.csv"]


def test_keys(store: ScoreStore, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    classic = load_preset("classic")
    key = store.key(Source(classic, seed=1))
    assert key == store.key(Source(ModelParams.model_validate(classic.model_dump()), seed=1))
    assert key == store.key(Source(classic.model_copy(update={"description": "the same", "alert": None}), seed=1))
    assert store.key(NEAREST) == store.key(Source(None, seed=5, baseline="nearestValue"))
    others = {key, store.key(Source(classic, seed=2)), store.key(Source(load_preset("numenta"), seed=1))}
    others |= {store.key(NEAREST), store.key(RANGE)}
    assert len(others) == 5
    labels = root / "labels" / "combined_windows.json"
    labels.write_text(labels.read_text() + "\n")
    assert ScoreStore(store.folder, Corpus(root), LENGTHS).key(NEAREST) != store.key(NEAREST)
    with monkeypatch.context() as patch:
        patch.setattr(score_store, "PROBATIONARY_PERCENT", 0.2)
        assert store.key(NEAREST) not in others
    monkeypatch.setattr(score_store, "code_checksum", lambda: "other code")
    assert store.key(Source(classic, seed=1)) != key


def test_code_that_no_score_depends_on_is_not_in_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def checksum_with(name: str) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")
        score_store.code_checksum.cache_clear()
        found = score_store.code_checksum()
        path.unlink()
        return found

    monkeypatch.setattr(score_store, "PACKAGE", tmp_path)
    empty = checksum_with("cli/app.py")
    try:
        for name in ("common/cluster.py", "evaluation/folds.py", "nab/scoring.py", "streams/pool.py", "__init__.py"):
            assert checksum_with(name) == empty
        scoring = ("htm/model.py", "htm/kernels/vote.py", "htm/a_new_file.py", "detectors/base.py")
        assert len({empty, *map(checksum_with, scoring)}) == 5
    finally:
        score_store.code_checksum.cache_clear()


def test_the_same_source_twice_runs_once(store: ScoreStore, ran: list[str]) -> None:
    assert store.gather([NEAREST, NEAREST], workers=1).computed == 3
    assert store.total_records([NEAREST, NEAREST]) == sum(LENGTHS.values())


def test_a_file_that_fails_is_in_nothing(store: ScoreStore, monkeypatch: pytest.MonkeyPatch) -> None:
    real = run_file._build

    def build(task: FileTask) -> Any:
        if (task.data_file.relative_path, task.choice.name) == ("one/spike.csv", "valueRange"):
            raise MemoryError("no memory\nleft")
        return real(task)

    monkeypatch.setattr(run_file, "_build", build)
    got = store.gather([NEAREST, RANGE], workers=1)
    assert got.errors == {"one/spike.csv": "one/spike.csv: MemoryError: no memory left"}
    assert all(list(scores) == ["one/steps.csv", "two/quiet.csv"] for scores in got.scores.values())


@pytest.mark.parametrize(
    ("raised", "shown", "of_detector"),
    [
        (ValueError("no score\nof it"), "no score of it", True),
        (ZeroDivisionError("by zero"), "ZeroDivisionError: by zero", True),
        (KeyError("x"), "KeyError: 'x'", True),
        (MemoryError("none left"), "MemoryError: none left", False),
        (OSError("no such library"), "OSError: no such library", False),
        (RuntimeError("cannot cache"), "RuntimeError: cannot cache", False),
    ],
)
def test_what_is_the_detector_s_own_error(
    store: ScoreStore, monkeypatch: pytest.MonkeyPatch, raised: Exception, shown: str, of_detector: bool
) -> None:
    real = run_file._build

    def build(task: FileTask) -> Any:
        if task.data_file.relative_path == "one/spike.csv":
            raise raised
        return real(task)

    monkeypatch.setattr(run_file, "_build", build)
    got = store.collect([NEAREST], workers=1)
    message = f"one/spike.csv: {shown}"
    assert got.errors == {store.key(NEAREST): {"one/spike.csv": message}}
    assert got.faults == ([] if of_detector else [message])


def test_a_data_file_that_has_gone_is_no_detector_s_fault(store: ScoreStore, root: Path) -> None:
    (root / "data" / "one" / "spike.csv").unlink()
    (fault,) = store.collect([NEAREST], workers=1).faults
    assert "one/spike.csv: cannot be read" in fault


def test_no_file_left(store: ScoreStore, root: Path) -> None:
    for path in LENGTHS:
        (root / "data" / path).write_text("nothing\n")
    with pytest.raises(InputError, match="row 1: expected the columns timestamp,value"):
        store.gather([NEAREST], workers=1)


def test_a_folder_that_is_none(store: ScoreStore) -> None:
    store.folder.parent.mkdir(parents=True)
    store.folder.write_text("in the way")
    with pytest.raises(InputError, match="cannot be written"):
        store.gather([NEAREST], workers=1)


def test_workers_give_the_same_bytes(store: ScoreStore, root: Path, tmp_path: Path) -> None:
    source = Source(load_preset("classic"), seed=3)
    here = store.gather([source], workers=1)
    there = ScoreStore(tmp_path / "other", Corpus(root), LENGTHS).gather([source], workers=2)
    for path in LENGTHS:
        np.testing.assert_array_equal(here.scores[store.key(source)][path], there.scores[store.key(source)][path])
