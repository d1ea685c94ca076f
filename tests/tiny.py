"""Small corpora in NAB's layout, and the `zhtm` command on them, in this process or in one of its own."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

import zhtm_detector
from zhtm_detector.nab.corpus import Corpus
from zhtm_detector.nab.labels import read_windows
from zhtm_detector.nab.scoring import FileWindows
from zhtm_detector.nab.steps import label_file

PATIENCE = 60.0  # seconds to wait for another process
Spans = Sequence[tuple[int, int]]

FILES: dict[str, tuple[int, Spans]] = {
    "one/spike.csv": (400, [(250, 270)]),
    "one/steps.csv": (500, [(150, 180), (400, 430)]),
    "two/quiet.csv": (300, []),
}


def timestamps(count: int) -> list[str]:
    """Every five minutes."""
    return [str(moment) for moment in pd.date_range("2015-03-01", periods=count, freq="5min")]


def data_text(values: Sequence[float] | np.ndarray) -> str:
    """A data file."""
    rows = zip(timestamps(len(values)), values, strict=True)
    return "".join(["timestamp,value\n", *(f"{moment},{float(value)!r}\n" for moment, value in rows)])


def wave(count: int, spans: Spans = (), seed: int = 1) -> np.ndarray:
    """A cycle with noise, and other values within the spans."""
    rng = np.random.default_rng(seed)
    values = np.round(50 + 20 * np.sin(np.arange(count) / 8) + rng.normal(0, 2, count), 3)
    for first, last in spans:
        values[first : last + 1] += 60
    return values


def windows_of(count: int, spans: Spans) -> list[list[str]]:
    """The spans as NAB writes them."""
    moments = timestamps(count)
    return [[f"{moments[first]}.000000", f"{moments[last]}.000000"] for first, last in spans]


def write_corpus(root: Path, files: Mapping[str, tuple[int, Spans]] = FILES) -> Path:
    """Write a corpus and return its root."""
    labels = {}
    for number, (relative_path, (count, spans)) in enumerate(files.items()):
        path = root / "data" / relative_path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(data_text(wave(count, spans, seed=number)), encoding="utf-8")
        labels[relative_path] = windows_of(count, spans)
    (root / "labels").mkdir()
    write_labels(root, labels)
    return root


def write_labels(root: Path, labels: object) -> None:
    (root / "labels" / "combined_windows.json").write_text(json.dumps(labels), encoding="utf-8")


def registry_of(root: Path) -> dict[str, str]:
    """The checksums that let a small corpus pass for the whole of NAB."""
    return {
        name: hashlib.sha256(content).hexdigest()
        for name, content in read_tree(root).items()
        if name.startswith(("data/", "labels/"))
    }


def read_labels(root: Path) -> dict[str, list[list[str]]]:
    labels: dict[str, list[list[str]]] = json.loads((root / "labels" / "combined_windows.json").read_text("utf-8"))
    return labels


def label_corpus(corpus: Corpus) -> dict[str, FileWindows]:
    """Read and label all files of a corpus."""
    return {path: label_file(corpus, path, windows) for path, windows in read_windows(corpus).items()}


def read_tree(folder: Path) -> dict[str, bytes]:
    """All files below a folder, hidden ones as well."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@dataclass(frozen=True)
class Ran:
    """What became of a command."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        return [line for line in self.err.splitlines() if line.startswith("error: ")]

    @property
    def warnings(self) -> list[str]:
        return [line for line in self.err.splitlines() if line.startswith("warning: ")]


def refused(ran: Ran, *expected: str) -> None:
    """Check: exit code 2 and one line of error with these texts in it, at most after warnings."""
    assert ran.code == 2
    assert ran.out == ""
    assert len(ran.errors) == 1, ran.err
    assert ran.err.splitlines() == [*ran.warnings, *ran.errors]
    for text in expected:
        assert text in ran.errors[0], ran.errors[0]


def clean_environment(cache: Path) -> dict[str, str]:
    """An environment without any NAB corpus."""
    kept = {name: value for name, value in os.environ.items() if name not in ("NAB_ROOT", "FORCE_COLOR")}
    # pooch's cache on Linux, macOS and Windows; numba's stays where it is, beside the kernels.
    return {**kept, "XDG_CACHE_HOME": str(cache), "COLUMNS": "200"}


def hear_signals() -> None:
    """Undo, in a new process, what `nohup` or a shell's `&` has done to signals."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def until(happened: Callable[[], Any], what: str) -> None:
    """Wait for what another process does."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)


def zhtm_started(
    folder: Path,
    *args: str | Path,
    cwd: Path | None = None,
    stdin: int | None = subprocess.DEVNULL,
    stdout: int | BinaryIO = subprocess.PIPE,
) -> subprocess.Popen[str]:
    """Start `zhtm` in a process of its own, with a cache in the folder, that hears signals as in a terminal."""
    return subprocess.Popen(
        [sys.executable, "-m", "zhtm_detector", *map(str, args)],
        env={**clean_environment(folder / "cache"), "PYTHONPATH": str(Path(zhtm_detector.__file__).parents[1])},
        cwd=cwd,
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        preexec_fn=None if os.name == "nt" else hear_signals,
    )


def zhtm_process(
    cache: Path, *args: str | Path, cwd: Path | None = None, stdin: str | None = None, packages: Sequence[Path] = ()
) -> Ran:
    """Run `zhtm` in a process of its own, where these folders are searched for packages; its output is no terminal."""
    searched = [*packages, Path(zhtm_detector.__file__).parents[1]]
    command = [sys.executable, "-W", "always", "-m", "zhtm_detector", *map(str, args)]
    done = subprocess.run(
        command,
        env={**clean_environment(cache), "PYTHONPATH": os.pathsep.join(map(str, searched))},
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    # Whether numba's cache is cold must not decide what a test finds on standard error.
    lines = [line for line in done.stderr.splitlines(keepends=True) if "compiling the kernels" not in line]
    return Ran(done.returncode, done.stdout, "".join(lines))
