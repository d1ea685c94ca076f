"""`zhtm stream --scheduler` on a real Dask cluster of two worker processes: the bytes of one process."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import distributed
import numpy as np
import pytest
from clusters import local_cluster
from tiny import PATIENCE, Ran, read_tree, refused, until, zhtm_started

Zhtm = Callable[..., Ran]
HEAD = "timestamp,sensor,value\n"
OPTIONS = ("--key", "sensor", "--preset", "column", "--probation", "40", "--threshold", "0.5")


@pytest.fixture(scope="module")
def dask_cluster() -> Iterator[distributed.LocalCluster]:
    with local_cluster(2) as started:
        yield started


@pytest.fixture
def scheduler(dask_cluster: distributed.LocalCluster) -> str:
    until(lambda: len(dask_cluster.scheduler.workers) == 2, "two workers")
    return str(dask_cluster.scheduler_address)


def lines(first: int, last: int) -> str:
    """Seven keys in turns, a minute apart."""
    values = 50 + 20 * np.sin(np.arange(last) / 50) + np.arange(last) % 7 + 200 * (np.arange(last) % 400 > 390)
    return "".join(
        f"2026-01-01T{row // 60:02}:{row % 60:02},s{row % 7},{values[row]:.3f}\n" for row in range(first, last)
    )


@pytest.fixture
def metric(tmp_path: Path) -> Path:
    path = tmp_path / "in.csv"
    path.write_text(HEAD + lines(0, 700))
    return path


def test_the_bytes_of_one_process(zhtm: Zhtm, scheduler: str, metric: Path) -> None:
    options = ("stream", metric, *OPTIONS, "--explain", "--minimum", "0", "--maximum", "60")
    here, there = zhtm(*options), zhtm(*options, "--scheduler", scheduler, "--shards", "3")
    assert "note: 700 records, 7 alerts, " in there.err
    assert len(there.warnings) == 7
    assert sorted(there.warnings) == sorted(here.warnings)
    assert (there.code, there.out, there.errors) == (0, here.out, [])
    counts = [ran.err.split("note: ")[-1].split(" keys, ")[0] for ran in (here, there)]
    assert counts[0] == counts[1]


def test_a_late_record_is_the_same_line(zhtm: Zhtm, scheduler: str, metric: Path) -> None:
    with metric.open("a") as file:
        file.write("2026-01-01T00:01,s3,1\n2026-01-01T00:01,s4,1\n")
    options = ("stream", metric, *OPTIONS)
    here, there = zhtm(*options), zhtm(*options, "--scheduler", scheduler)
    assert (there.code, there.out, there.err) == (here.code, here.out, here.err)
    assert there.code == 2
    assert "line 702, key 's3'" in there.errors[0]


def test_state(zhtm: Zhtm, scheduler: str, metric: Path, dask_cluster: distributed.LocalCluster) -> None:
    """Resumed in the middle, with a process that was killed before it saved what it wrote."""
    whole = metric.read_text()
    trees = []
    for name, more in (("here", ()), ("there", ("--scheduler", scheduler))):
        folder = metric.parent / name
        options = ("--output", folder / "out.csv", "--state", folder / "state", *more)
        folder.mkdir()
        for last in (400, 701) if more else (701,):
            metric.write_text("".join(whole.splitlines(keepends=True)[:last]))
            assert zhtm("stream", metric, *OPTIONS, *options).code == 0
            with (folder / "out.csv").open("a") as file:
                file.write("2026-01-01T00:00,s1,half a li")
        trees.append(read_tree(folder))
    assert trees[0] == trees[1]
    until(lambda: not dask_cluster.scheduler.tasks, "an empty scheduler")


def started(scheduler: str, folder: Path) -> subprocess.Popen[str]:
    """A stream of standard input, in a process of its own."""
    options = (*OPTIONS, "--output", folder / "out.csv", "--state", folder / "state", "--save-records", "1")
    options += ("--input-again",)
    return zhtm_started(folder, "stream", *options, "--scheduler", scheduler, stdin=subprocess.PIPE)


def feed(process: subprocess.Popen[str], records: int, folder: Path) -> None:
    """Write lines from the start, and wait until their results are written."""
    assert process.stdin is not None
    process.stdin.write(HEAD + lines(0, records))
    process.stdin.flush()
    path = folder / "out.csv"
    until(lambda: path.exists() and path.read_bytes().count(b"\n") == records + 1, "results")


def test_whatever_dies_the_same_command_goes_on(
    zhtm: Zhtm, scheduler: str, metric: Path, tmp_path: Path, dask_cluster: distributed.LocalCluster
) -> None:
    expected = zhtm("stream", metric, *OPTIONS).out

    with started(scheduler, tmp_path) as killed:
        feed(killed, 200, tmp_path)
        killed.kill()
    until(lambda: not dask_cluster.scheduler.tasks, "an empty scheduler")

    with started(scheduler, tmp_path) as lost:
        feed(lost, 400, tmp_path)
        nanny = next(iter(dask_cluster.workers.values()))
        address = nanny.worker_address
        os.kill(nanny.pid, signal.SIGKILL)
        until(lambda: address not in dask_cluster.scheduler.workers, "the death of a worker")
        _, err = lost.communicate(lines(400, 500), timeout=PATIENCE)
        assert lost.returncode == 2
        assert err.splitlines()[-1] == (
            f"error: scheduler {scheduler}: expected worker {address} to last, lost it and what it held"
        )

    until(lambda: len(dask_cluster.scheduler.workers) == 2, "two workers")
    with started(scheduler, tmp_path) as stopped:
        feed(stopped, 700, tmp_path)
        stopped.send_signal(signal.SIGTERM)
        _, err = stopped.communicate(timeout=PATIENCE)
        assert stopped.returncode == 143
        assert "note: 700 records" in err
    assert (tmp_path / "out.csv").read_text() == expected


def test_options_that_need_others(zhtm: Zhtm, metric: Path) -> None:
    output = metric.parent / "out.csv"
    scheduler = ("--scheduler", "tcp://h:1")
    refused(zhtm("stream", metric, *scheduler), "--scheduler: expected --key")
    refused(zhtm("stream", metric, "--key", "sensor", "--shards", "2"), "--shards: expected --scheduler")
    refused(zhtm("stream", metric, "--key", "sensor", *scheduler, "--idle", "1h"), "expected no --idle beside it")
    ran = zhtm("stream", metric, "--key", "sensor", "--scheduler", "h:1", "--output", output)
    refused(ran, "scheduler: expected an address such as tcp://host:8786, got 'h:1'")
    assert not output.exists()
