"""`zhtm --scheduler` on a real Dask cluster of two worker processes: the bytes of one process, whatever happens."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import cloudpickle
import distributed
import pytest
import tasks
from clusters import local_cluster
from tiny import PATIENCE, Ran, read_tree, refused, until, write_corpus, zhtm_process, zhtm_started

from zhtm_detector.common import cluster as zhtm_cluster
from zhtm_detector.common.cluster import connect
from zhtm_detector.common.errors import InputError
from zhtm_detector.common.workers import RemoteWorkers, run_tasks
from zhtm_detector.detectors.names import choose_detectors
from zhtm_detector.evaluation.score_store import Source
from zhtm_detector.evaluation.validation import store_of
from zhtm_detector.htm.params import load_preset
from zhtm_detector.nab.benchmark import Benchmark
from zhtm_detector.nab.choose_corpus import choose_corpus

Zhtm = Callable[..., Ran]

# Files that keep a worker busy for a while. Their relative paths lead to nothing from where the workers run.
FILES = {f"one/long{number}.csv": (6000, [(4000, 4100), (5000 + number, 5050)]) for number in range(4)}
LONG = ("run", "--nab-root", "corpus", "--results", "results", "--detectors", "zhtm,valueRange")


@pytest.fixture
def dask_cluster() -> Iterator[distributed.LocalCluster]:
    """Two workers for each test: on a busy machine Dask may give up to start a killed one again."""
    with local_cluster(2) as started:
        yield started


@pytest.fixture
def scheduler(dask_cluster: distributed.LocalCluster) -> str:
    """The address, with both workers there."""
    until(lambda: len(dask_cluster.scheduler.workers) == 2, "two workers")
    return str(dask_cluster.scheduler_address)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What one process writes."""
    folder = tmp_path_factory.mktemp("base")
    write_corpus(folder / "corpus", FILES)
    ran = zhtm_process(folder / "cache", *LONG, "--workers", "1", cwd=folder)
    assert ran.code == 0, ran.err
    return read_tree(folder / "results")


@pytest.fixture
def started(scheduler: str, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The long run, on the cluster."""
    write_corpus(tmp_path / "corpus", FILES)
    with zhtm_started(tmp_path, *LONG, "--scheduler", scheduler, cwd=tmp_path) as process:
        yield process
        process.kill()


@contextmanager
def frozen_worker(dask_cluster: distributed.LocalCluster, results: Path) -> Iterator[int]:
    """A worker that holds a task of the run and cannot finish it, while the other one delivers; yields its process id.

    Frozen, so that the run is in its middle for sure when the test goes on.
    """
    nanny = next(iter(dask_cluster.workers.values()))
    pid, worker = nanny.pid, dask_cluster.scheduler.workers[nanny.worker_address]
    until(lambda: worker.processing, "a task on the worker")
    os.kill(pid, signal.SIGSTOP)
    try:
        until(lambda: worker.processing, "a task on the frozen worker")
        until(lambda: list(results.rglob("*_long*.csv")), "a first file")
        yield pid
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def test_the_bytes_of_one_process(scheduler: str, base: dict[str, bytes], tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", FILES)
    ran = zhtm_process(tmp_path / "cache", *LONG, "--scheduler", scheduler, cwd=tmp_path)
    assert (ran.code, ran.errors) == (0, [])
    assert ran.err.splitlines() == ran.warnings  # nothing of Dask's
    assert "largest process" not in ran.out
    assert read_tree(tmp_path / "results") == base


def test_tasks_carry_no_path_of_this_machine(corpus: Path, tmp_path: Path) -> None:
    preset = tmp_path / "own.json"
    preset.write_text(json.dumps(load_preset("zhtm").model_dump(mode="json")))
    choices = choose_detectors(f"null,{preset}", str(preset))
    benchmark = Benchmark(choose_corpus(corpus), tmp_path / "r")
    carried = [cloudpickle.dumps(task) for task in benchmark.tasks(choices, 1)]
    assert len(carried) == 6
    store = store_of(benchmark.chosen.corpus, benchmark.labelled, tmp_path / "r")

    class Watched(Executor):
        def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
            carried.append(cloudpickle.dumps((function, args, kwargs)))
            raise ConnectionError("enough")

    store.collect([Source(choices[-1].params)], RemoteWorkers(Watched(), lambda: 1))
    assert len(carried) == 9
    assert not [text for text in carried if os.fsencode(tmp_path) in text or os.fsencode(Path.home()) in text]


def test_a_killed_worker_changes_no_byte(
    dask_cluster: distributed.LocalCluster, started: subprocess.Popen[str], base: dict[str, bytes], tmp_path: Path
) -> None:
    with frozen_worker(dask_cluster, tmp_path / "results") as pid:
        assert started.poll() is None
        os.kill(pid, signal.SIGKILL)
        _, err = started.communicate(timeout=PATIENCE)
    assert started.returncode == 0, err
    assert all(line.startswith("warning: ") for line in err.splitlines()), err
    assert read_tree(tmp_path / "results") == base


def test_interrupted(
    dask_cluster: distributed.LocalCluster, started: subprocess.Popen[str], base: dict[str, bytes], tmp_path: Path
) -> None:
    with frozen_worker(dask_cluster, tmp_path / "results"):
        started.send_signal(signal.SIGINT)
        out, err = started.communicate(timeout=PATIENCE)
    assert (started.returncode, out) == (130, "")
    assert all(line.startswith("warning: ") for line in err.splitlines()), err
    until(lambda: not dask_cluster.scheduler.tasks, "an empty scheduler")
    written = read_tree(tmp_path / "results")
    assert not any(name.endswith((".tmp", ".json")) for name in written)
    assert len(written) < len(base)


def test_a_task_that_kills_its_workers_is_a_failure(dask_cluster: distributed.LocalCluster, scheduler: str) -> None:
    allowed = dask_cluster.scheduler.allowed_failures
    dask_cluster.scheduler.allowed_failures = 0  # the first death, then alone the second
    failures = []

    def failed(task: int, error: BaseException) -> int:
        failures.append((task, type(error).__name__))
        return -1

    try:
        with connect(scheduler) as workers:
            results = list(run_tasks(tasks.killed_at_three, range(6), workers=workers, on_failure=failed))
    finally:
        dask_cluster.scheduler.allowed_failures = allowed
    assert sorted(results) == [-1, 0, 1, 4, 16, 25]
    assert failures == [(3, "KilledWorker")]


def test_a_lost_scheduler_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zhtm_cluster, "CONNECT_SECONDS", 3.0)  # it is called again for so long

    with local_cluster(1) as lost:
        address = lost.scheduler_address
        message = f"scheduler {address}: expected it to last for the run, lost the connection"
        with pytest.raises(InputError, match=f"^{message}$"), connect(address) as workers:
            for number, _ in enumerate(run_tasks(tasks.square, range(99), workers=workers, on_failure=lambda *_: 0)):
                if number == 2:
                    lost.close()


def test_validate(zhtm: Zhtm, scheduler: str, corpus: Path, tmp_path: Path) -> None:
    preset = tmp_path / "small.json"
    preset.write_text('{"spatial_pooler": {"column_dimensions": [128], "active_columns": 8}}')
    args = (
        "validate",
        "--nab-root",
        corpus,
        "--preset",
        preset,
        "--only",
        "scoreboard,baselines,seeds",
        "--seeds",
        "2",
    )
    here = zhtm(*args, "--results", tmp_path / "here", "--workers", "1", "--markdown")
    there = zhtm(*args, "--results", tmp_path / "there", "--scheduler", scheduler, "--markdown")
    assert (there.code, there.errors) == (0, [])
    assert there.out == here.out
    kept = read_tree(tmp_path / "there")
    assert len([name for name in kept if name.endswith(".npz")]) == 3 * (2 + 6)
    assert kept == read_tree(tmp_path / "here")


def test_a_bad_file_is_the_same_row(zhtm: Zhtm, scheduler: str, corpus: Path, tmp_path: Path) -> None:
    (corpus / "data" / "two" / "quiet.csv").write_text("timestamp,value\n2015-03-01 00:00:00,high\n")
    args = ("detect", "--nab-root", corpus, "--detectors", "null,random")
    here = zhtm(*args, "--results", tmp_path / "here", "--workers", "1")
    there = zhtm(*args, "--results", tmp_path / "there", "--scheduler", scheduler)
    assert (there.code, there.err) == (here.code, here.err)
    assert there.code == 1
    assert "row 2, field value" in there.errors[0]
    assert read_tree(tmp_path / "there") == read_tree(tmp_path / "here")


@pytest.mark.parametrize("verb", ["run", "detect", "validate"])
def test_not_both(zhtm: Zhtm, corpus: Path, tmp_path: Path, verb: str) -> None:
    args = (verb, "--nab-root", corpus, "--results", tmp_path / "r", "--scheduler", "tcp://h:1", "--workers", "2")
    refused(zhtm(*args), "--scheduler: expected no --workers beside it, got --workers 2")
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("verb", ["run", "detect", "validate"])
def test_a_malformed_address(zhtm: Zhtm, corpus: Path, tmp_path: Path, verb: str) -> None:
    ran = zhtm(verb, "--nab-root", corpus, "--results", tmp_path / "r", "--scheduler", "host:8786")
    refused(ran, "scheduler: expected an address such as tcp://host:8786, got 'host:8786'")
    assert not (tmp_path / "r").exists()


def test_a_scheduler_without_workers(zhtm: Zhtm, monkeypatch: pytest.MonkeyPatch, corpus: Path, tmp_path: Path) -> None:
    with local_cluster(0) as empty:
        monkeypatch.setattr(zhtm_cluster, "CONNECT_SECONDS", 3.0)
        ran = zhtm("run", "--nab-root", corpus, "--results", tmp_path / "r", "--scheduler", empty.scheduler_address)
    refused(ran, "expected at least one worker, got none")
    assert not (tmp_path / "r").exists()
