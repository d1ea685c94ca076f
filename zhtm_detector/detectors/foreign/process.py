"""The parent's side of a foreign detector's process."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple, cast

from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.detectors.data_file import DataFile
from zhtm_detector.detectors.foreign.spec import ForeignDetector

_GRACE = 30.0  # seconds beyond the timeout, for the child to say so itself
_MOST = 2  # processes at a time: tasks come detector by detector
_children = threading.local()


class Scored(NamedTuple):
    """What a child answers for one file."""

    columns: Mapping[str, NDArray[Any]] | None
    error: str
    cpu_seconds: float
    peak_mib: float


class Child:
    """A process that has loaded a foreign detector.

    Parameters
    ----------
    spec : ForeignDetector

    Raises
    ------
    InputError
        When the detector cannot be loaded.
    """

    def __init__(self, spec: ForeignDetector) -> None:
        if not hasattr(os, "fork"):
            raise InputError(f"detector {spec.name}: expected a system that can fork, for detectors of others")
        self._spec = spec
        # One thread a process, as each has one core; sets in the same order in every process.
        threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
        threads["NUMBA_THREADING_LAYER"] = "workqueue"  # a process that has used OpenMP's cannot fork
        self._process = subprocess.Popen(
            [sys.executable, "-m", "zhtm_detector.detectors.foreign.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Not NAB_ROOT, which leads to the labels.
            env={name: text for name, text in os.environ.items() if name != "NAB_ROOT"}
            | {**threads, "PYTHONHASHSEED": "0"},
            start_new_session=True,
        )
        message = self._ask(spec)
        if message:
            self.close()
            raise InputError(f"detector {spec.name}: {spec.module}: {message}")

    def run(self, data_file: DataFile, seed: int) -> Scored:
        """Score a file."""
        answer = self._ask((data_file, seed))
        return Scored(None, answer, 0.0, 0.0) if isinstance(answer, str) else Scored(*answer)

    @property
    def lives(self) -> bool:
        """Whether it can be asked again."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the process."""
        self._kill()
        for end in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # a request that a dead process has not read
                if end is not None:
                    end.close()
        self._process.wait()

    def _expire(self) -> None:
        self._is_late = True
        self._kill()

    def _kill(self) -> None:
        """Kill the process, and what it has forked, which holds the pipe."""
        with suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _ask(self, request: Any) -> Any:
        """Return the answer; a text if there is none."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._is_late = False
        watch = threading.Timer(self._spec.timeout + _GRACE, self._expire)
        watch.start()
        try:
            pickle.dump(request, self._process.stdin)
            self._process.stdin.flush()
            return pickle.load(self._process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError):
            if self._is_late:
                limit = self._spec.timeout + _GRACE
                return f"expected an end within {limit:g} s (--timeout and {_GRACE:g} more), got none"
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(1.0)
            code = self._process.poll()
            return f"its process {'closed its end' if code is None else ending(code)}"
        finally:
            watch.cancel()


def ending(code: int) -> str:
    """Return how a process ended; a negative code is a signal's.

    Examples
    --------
    >>> ending(3), ending(-9)
    ('ended with exit code 3', 'was killed by SIGKILL')
    """
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def score_file(spec: ForeignDetector, data_file: DataFile, seed: int) -> Scored:
    """Score a file in the detector's process, which is kept for the next file.

    Raises
    ------
    InputError
        When the detector cannot be loaded.
    """
    kept = _kept()
    child = kept.get(spec)
    if child is None or not child.lives:
        while len(kept) >= _MOST:
            kept.pop(next(iter(kept))).close()
        child = kept[spec] = Child(spec)
    return child.run(data_file, seed)


def check_loads(spec: ForeignDetector) -> None:
    """Raise InputError unless the detector can be loaded."""
    Child(spec).close()


def _kept() -> dict[ForeignDetector, Child]:
    if not hasattr(_children, "by_spec"):
        _children.by_spec = {}
    return cast(dict[ForeignDetector, Child], _children.by_spec)
