"""A process that runs one command after another, and that may crash or hang: then there is a new one."""

from __future__ import annotations

import io
import logging
import multiprocessing
import os
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tiny import Ran

SECONDS = 30.0  # a command that takes longer hangs, also on a busy machine
_START_SECONDS = 180.0  # imports, and kernels that are not compiled yet
_MEMORY = 8 * 2**30  # bytes of address space: a hostile size must not fill the machine

HANG, CRASH = "hang", "crash"


class Died(Exception):
    """The process hung, and was killed, or crashed."""

    def __init__(self, how: str, what: str) -> None:
        super().__init__(what)
        self.how = how


class Worker:
    """Runs `zhtm` in a process that is kept.

    Parameters
    ----------
    environment : mapping of str to str
    *first : sequence of str
        Commands that load what the others need; a new process runs them without a limit of time.
    """

    def __init__(self, environment: Mapping[str, str], *first: Sequence[str]) -> None:
        self._environment = dict(environment)
        self._first = first
        self._process: Any = None
        self._pipe: Connection | None = None

    def run(self, argv: Sequence[str], folder: Path, seconds: float = SECONDS, stdin: str = "") -> Ran:
        """Run a command in a folder, with a file or `|file` as its input; raises `Died` if it does not come back."""
        assert self._pipe is not None
        try:
            self._pipe.send((list(argv), str(folder), stdin))
            if not self._pipe.poll(seconds):
                raise Died(HANG, f"no answer in {seconds:g} s")
            return Ran(*self._pipe.recv())
        except (EOFError, BrokenPipeError, ConnectionResetError):
            self._process.join(5)
            raise Died(CRASH, f"exit code {self._process.exitcode}") from None
        except Died:
            self.close()
            raise
        finally:
            if self._process is not None and not self._process.is_alive():
                self.close()

    @property
    def running(self) -> bool:
        return self._process is not None

    def start(self, folder: Path) -> Ran | None:
        """Start a process if there is none; returns what became of the last of its first commands."""
        if self._process is not None:
            return None
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._environment), daemon=True)
        self._process.start()
        theirs.close()
        if not self._pipe.poll(_START_SECONDS):
            raise RuntimeError("the worker does not start")
        self._pipe.recv()
        return [self.run(argv, folder, _START_SECONDS) for argv in self._first][-1]

    def kill(self) -> None:
        """Kill the process, as a crash would."""
        self._process.kill()
        self._process.join()

    def close(self) -> None:
        """End the process; the next command gets a new one."""
        if self._process is not None:
            self.kill()
            self._process = None


def _serve(pipe: Connection, environment: Mapping[str, str]) -> None:
    os.environ.update(environment)
    for name in ("NAB_ROOT", "FORCE_COLOR"):
        os.environ.pop(name, None)
    with suppress(ImportError, ValueError):  # no such limit on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import tempfile

    tempfile.tempdir = None
    logging.getLogger("zhtm_detector.htm.kernels.jit").setLevel(logging.ERROR)  # "compiling the kernels"
    from hostile.saved import LOAD, load
    from zhtm_detector.cli.app import main

    pipe.send("ready")
    while True:
        try:
            argv, folder, stdin = pipe.recv()
        except EOFError:
            return
        os.chdir(folder)
        with _input(stdin):
            pipe.send(_run(load if argv[:1] == [LOAD] else main, argv))


@contextmanager
def _input(name: str) -> Iterator[None]:
    """Make a file standard input, itself or through a pipe."""
    if not name:
        yield
        return
    kept = sys.stdin
    if name.startswith("|"):
        read, write = os.pipe()
        feeder = threading.Thread(target=_feed, args=(Path(name[1:]).read_bytes(), write))
        feeder.start()
        sys.stdin = os.fdopen(read, encoding="utf-8")
    else:
        feeder, sys.stdin = None, Path(name).open(encoding="utf-8")  # noqa: SIM115
    try:
        yield
    finally:
        sys.stdin.close()
        sys.stdin = kept
        if feeder is not None:
            feeder.join()


def _feed(content: bytes, write: int) -> None:
    with suppress(BrokenPipeError), os.fdopen(write, "wb") as pipe:
        pipe.write(content)


def _run(main: Any, argv: Sequence[str]) -> tuple[int, str, str]:
    """Call `main` as the console script does; a traceback goes to standard error, as Python's own would."""
    out, err = _stream("strict"), _stream("backslashreplace")
    kept = sys.stdout, sys.stderr, sys.argv
    sys.stdout, sys.stderr, sys.argv = out, err, ["zhtm", *argv]
    code: Any = 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            for category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
                warnings.simplefilter("ignore", category)  # as Python does by default
            main()
    except SystemExit as left:
        code = left.code
    except BaseException:
        code = 1
        traceback.print_exc()
    finally:
        sys.stdout, sys.stderr, sys.argv = kept
    return code if isinstance(code, int) else 1, _text(out), _text(err)


def _stream(errors: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors=errors, newline="\n", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    with suppress(UnicodeError):
        stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode("utf-8", errors="replace")
