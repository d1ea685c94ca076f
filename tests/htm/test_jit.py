"""Numba's cache on disk: a warning when it lacks a kernel, and an index from an older version."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

WARNING = "compiling the kernels, once per installation: about half a minute\n"


def run(code: str, folder: Path) -> tuple[str, str]:
    environment = os.environ | {"NUMBA_CACHE_DIR": str(folder / "cache")}
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, '.'); {code}"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout, done.stderr


def test_one_warning_before_the_first_compilation(tmp_path: Path) -> None:
    code = (
        "import numpy as np; from zhtm_detector.htm.anomaly import ValueRange;"
        "from zhtm_detector.htm.kernels import vote;"
        "ValueRange().run(np.zeros(2)); vote.moving_mean(np.ones(2), vote.mean_state(1), np.ones(2)); print('done')"
    )
    assert run(code, tmp_path) == ("done\n", WARNING)
    assert run(code, tmp_path) == ("done\n", "")


def test_workers_leave_the_warning_to_the_process_that_started_them(tmp_path: Path) -> None:
    (tmp_path / "task.py").write_text(
        "import numpy as np\n"
        "from zhtm_detector.htm.anomaly import ValueRange\n"
        "def task(number):\n"
        "    return ValueRange().run(np.zeros(number)).size\n"
    )
    code = (
        "import multiprocessing as mp; from concurrent.futures import ProcessPoolExecutor as Pool; import task;"
        "print(Pool(1, mp.get_context('spawn')).submit(task.task, 2).result())"
    )
    assert run(code, tmp_path) == ("2\n", "")


def test_an_index_that_names_a_removed_class_counts_as_empty(tmp_path: Path) -> None:
    (tmp_path / "kernel.py").write_text(
        "from zhtm_detector.htm.kernels.jit import jit\n@jit\ndef total(pair):\n    return pair[0] + pair[1]\n"
    )
    (tmp_path / "old.py").write_text("from typing import NamedTuple\nclass Pair(NamedTuple):\n    a: int\n    b: int\n")
    assert run("import kernel, old; print(kernel.total(old.Pair(1, 2)))", tmp_path) == ("3\n", WARNING)
    (tmp_path / "old.py").unlink()
    code = "import kernel; print(kernel.total((3, 4)))"
    assert run(code, tmp_path) == ("7\n", WARNING)
    assert run(code, tmp_path) == ("7\n", "")
