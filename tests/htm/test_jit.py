"""Numba's cache on disk: a warning when it lacks a kernel, and an index from an older version."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.compiled
WARNING = "compiling the kernels, once per installation: about half a minute\n"
NOT_KEPT = (
    "compiling the kernels, at every start, because they cannot be kept "
    "(expected NUMBA_CACHE_DIR to name a writable folder): about half a minute\n"
)


def run(code: str, folder: Path, **variables: str) -> tuple[str, str]:
    environment = os.environ | {"NUMBA_CACHE_DIR": str(folder / "cache")} | variables
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


@pytest.fixture
def kernel(tmp_path: Path) -> Path:
    """A folder with a module of one kernel."""
    (tmp_path / "kernel.py").write_text(
        "from zhtm_detector.htm.kernels.jit import jit\n@jit\ndef add(a, b):\n    return a + b\n"
    )
    return tmp_path


ADD = "import kernel; print(kernel.add(1, 2))"


def test_without_a_folder_that_can_be_written(kernel: Path) -> None:
    (kernel / "__pycache__").write_text("")
    (kernel / "file").write_text("")
    nowhere = {"NUMBA_CACHE_DIR": "", "HOME": str(kernel / "file"), "XDG_CACHE_HOME": str(kernel / "file")}
    assert run(ADD, kernel, **nowhere) == ("3\n", NOT_KEPT)


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
def test_processes_that_compile_at_the_same_time_write_no_code_under_one_name(kernel: Path) -> None:
    # As forked processes, which inherit the compiled function's cache; they see no index but their own.
    code = (
        "import os, kernel; from glob import glob\n"
        "for argument in (1, 1.0):\n"
        "    if os.fork() == 0:\n"
        "        kernel.add(argument, argument); os._exit(0)\n"
        "    os.wait(); [os.unlink(index) for index in glob('cache/*/*.nbi')]\n"
        "print(len(glob('cache/*/*.nbc')))"
    )
    assert run(code, kernel)[0] == "2\n"


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of file sizes")
def test_a_cache_that_takes_no_more_bytes(kernel: Path) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200)); "
    assert run(limit + ADD, kernel, COVERAGE_PROCESS_CONFIG="") == ("3\n", NOT_KEPT)  # which would write as well
    assert not list((kernel / "cache").rglob("*.tmp.*"))
    assert run(ADD, kernel) == ("3\n", WARNING)


def test_a_damaged_file_is_written_again(kernel: Path) -> None:
    assert run(ADD, kernel) == ("3\n", WARNING)
    for kind, damage in (
        ("nbi", lambda content: b""),
        ("nbi", lambda content: content[:-9]),
        ("nbc", lambda content: b"garbage" * len(content)),
        ("nbc", lambda content: content[:2000] + bytes([content[2000] ^ 1]) + content[2001:]),
    ):
        for file in (kernel / "cache").rglob(f"*.{kind}"):
            file.write_bytes(damage(file.read_bytes()))
        out, err = run(ADD, kernel)
        assert out == "3\n"
        assert err.startswith("compiling the kernels, because ") and err.endswith("is damaged: about half a minute\n")
    assert run(ADD, kernel) == ("3\n", "")
