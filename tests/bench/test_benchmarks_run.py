"""Every benchmark of tests/benchmarks runs, untimed; plain `pytest` does not collect them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiny import clean_environment

PROJECT = Path(__file__).parents[2]


@pytest.mark.skipif("ALL_TESTS" not in os.environ, reason="takes a minute: set ALL_TESTS")
def test_every_benchmark_runs_once(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "tests/benchmarks",
        "-n0",
        "--benchmark-disable",
        "-q",
        "-p",
        "no:cacheprovider",
    ]
    environment = {
        name: value for name, value in clean_environment(tmp_path).items() if not name.startswith(("PYTEST_", "COV_"))
    }
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout
    assert "skipped" not in done.stdout


def test_plain_pytest_does_not_collect_them() -> None:
    others = [f"--ignore={room}" for room in sorted((PROJECT / "tests").iterdir()) if not room.name.startswith("bench")]
    command = [sys.executable, "-m", "pytest", "-n0", "--collect-only", "-q", "-p", "no:cacheprovider", *others]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=600, check=False)
    assert "tests/bench/test_benchmarks_run.py::" in done.stdout, done.stdout + done.stderr
    assert "tests/benchmarks/" not in done.stdout
