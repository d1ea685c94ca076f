"""Faults of the machine around one `zhtm run` or `zhtm stream`: no room, no rights, no memory, no files, no reader.

    python tests/hostile/faults.py

prints a table of fault, exit code, and the last line on standard error. A fault that cannot be made here says why.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tiny import clean_environment, write_corpus

PROJECT = Path(__file__).parents[2]
FILES = {f"one/{name}.csv": (400, [(250, 270)]) for name in ("a", "b")}
RUN = ("run", "--nab-root", "corpus", "--workers", "1")
STREAM = ("stream", "--preset", "column", "--probation", "10")
METRIC = "corpus/data/one/a.csv"
# A state of some records, and then the rest of them, under the fault: the state before it must be intact.
TWO_STREAMS = f"""head -n 200 {METRIC} > metric; stream metric --output out --state "$1" 2> first || exit 9
    cp -r "$1" before; cat {METRIC} > metric; (eval "$2"; stream metric --output "$3" --state "$1"); code=$?
    diff -r before "$1" >&2 && exit $code"""
TIMEOUT = 300.0


@dataclass(frozen=True)
class Ended:
    """What became of a command under a fault; a fault that could not be made has only a reason."""

    fault: str
    code: int | None
    out: str
    lines: tuple[str, ...]  # on standard error, without the notice that these are no NAB scores
    expected: tuple[int, ...]
    reason: str = ""

    @property
    def good(self) -> bool:
        return bool(self.reason) or (self.code in self.expected and len(self.lines) <= 1)

    def row(self) -> str:
        last = self.reason or (self.lines[-1] if self.lines else "(nothing)")
        shown = "skipped" if self.code is None else self.code
        return f"| {self.fault} | {shown} | {len(self.lines)} | {last.replace('|', '/')[:200]} |"


HEAD = "| fault | exit code | lines | the line |\n|---|---|---|---|"


class SkippedError(Exception):
    """This machine does not allow the fault."""


@dataclass(frozen=True)
class Place:
    """A folder with a corpus, where commands run."""

    folder: Path

    def shell(
        self,
        fault: str,
        line: str,
        *,
        expected: Sequence[int] = (2,),
        install: Path = PROJECT,
        without: Sequence[str] = (),
        **variables: str,
    ) -> Ended:
        """Run a line of shell, in which `zhtm` is the command, `run` a run of it and `stream` one over a file."""
        python = shlex.quote(sys.executable)
        environment = {
            **clean_environment(self.folder / "cache"),
            "COVERAGE_PROCESS_CONFIG": "",  # it would write where nothing can be written
            "PYTHONPATH": str(install),
            **variables,
        }
        functions = "; ".join(
            f'{name}() {{ {command} "$@"; }}'
            for name, command in (
                ("zhtm", f"{python} -m zhtm_detector"),
                ("run", f"zhtm {' '.join(RUN)}"),
                ("stream", f"zhtm {' '.join(STREAM)}"),
            )
        )
        done = subprocess.run(
            ["bash", "-c", f"{functions}; {line}"],
            cwd=self.folder,
            env={name: value for name, value in environment.items() if name not in without},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT,
            check=False,
        )
        lines = tuple(text for text in done.stderr.splitlines() if "These are NOT NAB scores" not in text)
        return Ended(fault, done.returncode, done.stdout, lines, tuple(expected))


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """Mount a file system in memory, which only root may."""
    folder.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except OSError as error:
        raise SkippedError(f"mount: {error.strerror}") from None
    if done.returncode:
        raise SkippedError(" ".join(done.stderr.split()))
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def full_disk(place: Place) -> Ended:
    with mounted(place.folder / "full", "size=64k") as full:
        with (full / "filler").open("wb", buffering=0) as file:
            while file.write(bytes(4096)) == 4096:
                if shutil.disk_usage(full).free < 4096:
                    break
        return place.shell("full disk", "run --results full/results")


def full_disk_for_a_state(place: Place) -> Ended:
    with mounted(place.folder / "full", "size=256k"):
        filled = "head -c 1M /dev/zero > full/filler 2> ignored"
        return place.shell("full disk, stream --state", f"set -- full/state '{filled}' out; {TWO_STREAMS}")


def read_only_results(place: Place) -> Ended:
    with mounted(place.folder / "read_only", "ro"):
        return place.shell("read-only results", "run --results read_only/results")


def file_for_results(place: Place) -> Ended:
    (place.folder / "file").touch()
    return place.shell("a file where the results should be", "run --results file")


def full_cache(place: Place) -> Ended:
    with mounted(place.folder / "small", "size=64k") as small:
        return place.shell("NUMBA_CACHE_DIR on a full disk", "run", expected=[0], NUMBA_CACHE_DIR=str(small))


def copied(place: Place) -> Path:
    """Copy the package with its compiled code."""
    install = place.folder / "install"
    for name in ("zhtm_detector", "nab_config"):
        shutil.copytree(PROJECT / name, install / name, dirs_exist_ok=True)
    return install


def read_only_install(place: Place) -> Ended:
    """Root writes everywhere, but not below a file."""
    install = copied(place)
    for folder in list(install.rglob("__pycache__")):
        shutil.rmtree(folder)
    for folder in {path.parent for path in install.rglob("*.py")}:
        (folder / "__pycache__").touch()
    (place.folder / "file").touch()
    nowhere = str(place.folder / "file")
    ended = place.shell(
        "read-only install, no cache",
        "run",
        expected=[0],
        install=install,
        HOME=nowhere,
        XDG_CACHE_HOME=nowhere,
        NUMBA_CACHE_DIR="",
    )
    shutil.rmtree(install)
    return ended


def damaged(place: Place, kind: str) -> Ended:
    install = copied(place)
    for file in install.rglob(f"*.{kind}"):
        os.truncate(file, file.stat().st_size // 2)
    ended = place.shell(f"cut .{kind}", "run", expected=[0], install=install, NUMBA_CACHE_DIR="")
    shutil.rmtree(install)
    return ended


QUICK: tuple[Callable[[Place], Ended], ...] = (
    full_disk,
    read_only_results,
    file_for_results,
    lambda place: place.shell("ulimit -f 1", "ulimit -f 1; run --detectors null"),
    lambda place: place.shell("ulimit -f 100", "ulimit -f 100; run --detectors null", expected=[0]),
    lambda place: place.shell("/dev/full", "zhtm list > /dev/full"),
    lambda place: place.shell("closed stdout", "zhtm list >&-"),
    lambda place: place.shell("full stderr", "run --detectors null 2> /dev/full", expected=[0]),
    lambda place: place.shell("closed stderr", "run --detectors null 2>&-", expected=[0]),
    lambda place: place.shell("run | head -1", "set -o pipefail; run --detectors null | head -1", expected=[0]),
    lambda place: place.shell(
        "compare | head -1",
        """mkdir results; echo '{"zhtm": {"standard": 50.5}}' > results/final_results.json
        set -o pipefail; zhtm compare | head -1""",
        expected=[0],
    ),
    lambda place: place.shell("stream > /dev/full", f"stream {METRIC} > /dev/full"),
    lambda place: place.shell(
        "stream | head -1",
        "{ echo value; yes 7 | head -n 9999; } > long; set -o pipefail; stream long --interval 1h | head -1",
        expected=[0],
    ),
    lambda place: place.shell("ulimit -f 1, stream --state", f"set -- state 'ulimit -f 1' /dev/null; {TWO_STREAMS}"),
    full_disk_for_a_state,
)
SLOW: tuple[Callable[[Place], Ended], ...] = (
    lambda place: place.shell("ulimit -n 16", "ulimit -n 16; run", expected=[0, 2]),
    lambda place: place.shell("ulimit -n 16, 2 workers", "ulimit -n 16; run --workers 2", expected=[0, 2]),
    lambda place: place.shell("ulimit -v 350000", "ulimit -v 350000; run"),
    lambda place: place.shell("ulimit -v 350000, 2 workers", "ulimit -v 350000; run --workers 2"),
    lambda place: place.shell("no HOME", "run", expected=[0], without=["HOME"]),
    lambda place: place.shell("a line of 100 MB", "(echo time,value; head -c 100M /dev/zero | tr '\\0' x) | stream"),
    lambda place: damaged(place, "nbi"),
    lambda place: damaged(place, "nbc"),
    read_only_install,
    full_cache,
)


def make(fault: Callable[[Place], Ended]) -> Ended:
    """Run one fault in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        write_corpus(Path(folder) / "corpus", FILES)
        try:
            return fault(Place(Path(folder)))
        except SkippedError as reason:
            return Ended(fault.__name__.replace("_", " "), None, "", (), (), str(reason))


def main() -> bool:
    """Print the table as it grows; returns whether all is as expected."""
    good = True
    sys.stdout.write(f"{HEAD}\n")
    for fault in (*QUICK, *SLOW):
        ended = make(fault)
        good &= ended.good
        sys.stdout.write(f"{ended.row()}{'' if ended.good else ' <- not as expected'}\n")
        sys.stdout.flush()
        if len(ended.lines) > 1:
            sys.stderr.write("\n".join([*ended.lines[:6], ""]))
    return good


if __name__ == "__main__":
    sys.exit(not main())
