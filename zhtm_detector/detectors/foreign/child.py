"""The process of a foreign detector: loads it once, and forks for every file.

So every file meets the detector as it was imported, whatever another file changed: a global seed, a class's attribute.
What it prints goes nowhere. A request is a pickled task on standard input, an answer a pickled tuple on what was
standard output; see `process.py`.
"""

from __future__ import annotations

import os
import pickle
import random
import select
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from time import monotonic
from typing import IO, Any

import numpy as np

from zhtm_detector.common.text import printable
from zhtm_detector.detectors.data_file import DataFile
from zhtm_detector.detectors.foreign.load import build, checked, load
from zhtm_detector.detectors.foreign.process import ending
from zhtm_detector.detectors.foreign.spec import ForeignDetector

LONGEST = 300  # letters of a message
_OUR_CODE = "/zhtm_detector/"


def main() -> None:
    """Load the detector of the first request, and answer one request after the other until there are no more."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    spec: ForeignDetector = pickle.load(requests)
    found, message = None, ""
    own = os.getpid()
    try:
        found = load(spec)
    except BaseException as error:
        message = message_of(error, spec)
    if os.getpid() != own:  # a process that the detector's module has forked
        os._exit(0)
    _answer(answers, message)
    if message:
        return
    wake, waker = os.pipe()
    for end in (wake, waker):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # so that it is noticed
    while True:
        try:
            data_file, seed = pickle.load(requests)
        except EOFError:
            return
        _answer(answers, _run_forked(found, spec, data_file, seed, requests.fileno(), wake))


def _run_forked(
    found: Any, spec: ForeignDetector, data_file: DataFile, seed: int, requests: int, wake: int
) -> tuple[Any, str, float, float]:
    """Score a file in a fork; return the columns, the error, seconds of processor time and MiB."""
    with tempfile.TemporaryFile() as result:
        pid = os.fork()
        if pid == 0:
            _fork(found, spec, data_file, seed, result)
        status, usage, message = _wait(pid, spec.timeout, requests, wake)
        result.seek(0)
        content = result.read()
    if not message and (status != 0 or not content):
        message = f"its process {ending(os.waitstatus_to_exitcode(status))}"
    columns = None
    if not message:
        columns, message = pickle.loads(content)
    scale = 2**20 if sys.platform == "darwin" else 2**10
    return columns, message, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / scale


def _fork(found: Any, spec: ForeignDetector, data_file: DataFile, seed: int, result: IO[bytes]) -> None:
    os.setpgid(0, 0)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    own = os.getpid()
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002  (foreign code may use it)
    try:
        columns, message = checked(build(found, spec, data_file, seed).run(), data_file.length), ""
    except BaseException as error:
        columns, message = None, message_of(error, spec)
    if os.getpid() == own:  # and not a process that the detector has forked
        pickle.dump((columns, message), result)
        result.flush()
    os._exit(0)


def _wait(pid: int, timeout: float, requests: int, wake: int) -> tuple[int, Any, str]:
    """Wait for the fork, but not for ever; end with it if the parent has gone."""
    end = monotonic() + timeout
    message = ""
    while True:
        done, status, usage = os.wait4(pid, os.WNOHANG)
        if done:
            _kill(pid)  # what it has started
            return status, usage, message
        left = end - monotonic()
        ready, _, _ = select.select([requests, wake], [], [], max(left, 0.0) if not message else None)
        if requests in ready:  # no request comes now, so it is the end
            _kill(pid)
            os._exit(1)
        if wake in ready:
            os.read(wake, 100)
        elif left <= 0.0 and not message:
            message = f"expected an end within {timeout:g} s (--timeout), got none"
            _kill(pid)


def _kill(group: int) -> None:
    for kill in (os.killpg, os.kill):  # the fork may not have made its group yet
        try:
            kill(group, signal.SIGKILL)
        except OSError:
            continue


def message_of(error: BaseException, spec: ForeignDetector) -> str:
    """Return what went wrong, in one line, and where in code that is not ours."""
    text = " ".join(str(error).split())
    kind = "" if isinstance(error, ValueError) and text else f"{type(error).__name__}: "
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == spec.module] or [
        frame for frame in traceback.extract_tb(error.__traceback__) if _OUR_CODE not in frame.filename
    ]
    where = Path(frames[-1].filename).name if frames else "<"
    place = "" if where.startswith("<") else f" ({where}, line {frames[-1].lineno})"  # not <frozen importlib>
    return f"{printable(kind + (text or 'no message'), LONGEST)}{place}"


def _answer(answers: IO[bytes], content: Any) -> None:
    pickle.dump(content, answers)
    answers.flush()


if __name__ == "__main__":
    main()
