"""The small version of `kills.py`: workers do not outlive the command, and it leaves nothing when a signal ends it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tiny import write_corpus

from hostile import kills

PROJECT = Path(__file__).parents[2]
IDLE_WORKERS = (
    "import sys, time, tasks; from pathlib import Path;"
    "from zhtm_detector.common.workers import KeptWorkers, run_tasks;"
    "kept = KeptWorkers(2); folder = Path(sys.argv[1]);"
    "list(run_tasks(tasks.meet, [folder] * 2, workers=kept, on_failure=print));"
    "print('ready', flush=True); time.sleep(600)"
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no signals and process groups")


def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", IDLE_WORKERS, tmp_path],
        env={"PYTHONPATH": f"{PROJECT}:{PROJECT / 'tests'}"},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert parent.stdout is not None and parent.stdout.readline() == b"ready\n"
    assert len(kills.living(parent.pid)) >= 3
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 20  # the machine may be busy
    while left := kills.living(parent.pid):
        assert time.monotonic() < deadline, left
        time.sleep(0.02)


def test_ended_at_any_moment(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", kills.FILES)
    command = ("run", "--detectors", "null", "--no-report", "--workers", "2", *kills.CORPUS)
    outcome = kills.Outcome("run")
    for share, name in enumerate(("SIGINT", "SIGTERM", "SIGKILL"), 1):
        folder, number = tmp_path / name, signal.Signals[name]
        folder.mkdir()
        kills.end(outcome, folder, command, number, 0.4 * share)
    kills.repeat(outcome, folder, command, {})
    assert not (outcome.wrong or outcome.orphans or outcome.temporary), outcome
