"""Throw inputs at the command and count what becomes of them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from tiny import Ran

from hostile.case import Case
from hostile.judge import Finding, judge, judge_next
from hostile.kinds import REAL, STREAMS
from hostile.options import VALID
from hostile.sandbox import OPTIONS, Sandbox
from hostile.saved import LOAD
from hostile.worker import CRASH, HANG, SECONDS, Died, Worker

PROJECT = Path(__file__).parents[2]
_BASELINES = "null,random"
_FIRST = ["run", *OPTIONS, "--workers", "1", "--no-report"]


_STREAM = ["stream", "corpus/data/one/good.csv", "--preset", "column", "--output", "out.txt"]
_OWN = [VALID[verb] for verb in ("predict", "record", "view")]
_STREAMS = [[*_STREAM, "--probation", "10", "--explain"], [LOAD], *_OWN]


@dataclass
class Tally:
    """What became of the inputs of one kind."""

    kind: str
    codes: Counter[int] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")

    @property
    def inputs(self) -> int:
        return self.codes.total()


class Harness:
    """A sandbox and a kept worker; or, with `real`, a process for each command.

    Parameters
    ----------
    root : Path
        Folder of the sandbox.
    kind : str
        Of the inputs: it decides which kernels a new worker loads first.
    real : bool
    """

    def __init__(self, root: Path, kind: str, real: bool = False) -> None:
        self.sandbox = Sandbox(root)
        detectors = "all" if kind == "presets" else _BASELINES
        first = [[*_FIRST, "--detectors", detectors], *(_STREAMS if kind in STREAMS else [])]
        self._worker = None if real else Worker(self.sandbox.environment(), *first)
        self.sandbox.reset()
        ran = self._run([*_FIRST, "--detectors", _BASELINES], 180.0)
        if ran.code != 0:
            raise RuntimeError(ran.err)
        self.sandbox.keep_results()

    def close(self) -> None:
        if self._worker is not None:
            self._worker.close()

    def throw(self, case: Case) -> tuple[Ran, list[Finding], float]:
        """Run one case; code -1 stands for a crash, or for a hang, which must happen twice: a machine may be busy."""
        thrown = self._throw(case)
        return self._throw(case) if any(finding.what == HANG for finding in thrown[1]) else thrown

    def _throw(self, case: Case) -> tuple[Ran, list[Finding], float]:
        if self._worker is not None and not self._worker.running:
            self.sandbox.reset()  # or the new process would hang in the files of the one that hung
            self._worker.start(self.sandbox.box)
        self.sandbox.reset(case)
        before = self.sandbox.listing()
        start = perf_counter()
        try:
            ran = self._run([self.sandbox.text(text) for text in case.argv], stdin=case.stdin)
        except Died as died:
            ran, findings = Ran(-1, "", str(died)), [Finding(case, died.how, str(died))]
        else:
            findings = judge(case, ran, before, self.sandbox)
            if case.then and ran.code == 0:
                findings += self._throw_next(case)
        return ran, findings, perf_counter() - start

    def _throw_next(self, case: Case) -> list[Finding]:
        try:
            return judge_next(case, self._run([self.sandbox.text(text) for text in case.then]))
        except Died as died:
            return [Finding(case, died.how, f"{case.then[0]}: {died}")]

    def _run(self, argv: list[str], seconds: float = SECONDS, stdin: str = "") -> Ran:
        if self._worker is None:
            return self._run_process(argv, seconds)
        self._worker.start(self.sandbox.box)
        return self._worker.run(argv, self.sandbox.box, seconds, stdin)

    def _run_process(self, argv: list[str], seconds: float) -> Ran:
        environment = {name: value for name, value in os.environ.items() if name not in ("NAB_ROOT", "FORCE_COLOR")}
        environment |= {**self.sandbox.environment(), "PYTHONPATH": str(PROJECT)}
        command = [sys.executable, "-m", "zhtm_detector", *argv]
        try:
            done = subprocess.run(
                command, cwd=self.sandbox.box, env=environment, capture_output=True, timeout=seconds, check=False
            )
        except subprocess.TimeoutExpired:
            raise Died(HANG, f"not done in {seconds:g} s") from None
        if done.returncode < 0:
            raise Died(CRASH, f"signal {-done.returncode}")
        return Ran(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


@contextmanager
def harness(kind: str) -> Iterator[Harness]:
    """A harness for a kind of inputs, in a folder of its own, which is removed at the end."""
    with TemporaryDirectory(prefix="hostile-", ignore_cleanup_errors=True) as folder:
        opened = Harness(Path(folder) / "watched", kind, kind in REAL)
        try:
            yield opened
        finally:
            opened.close()


def throw_all(kind: str, cases: Iterable[Case], opened: Harness, seconds: float = inf) -> Tally:
    """Run all cases of a kind, or as many as there is time for."""
    tally = Tally(kind)
    end = perf_counter() + seconds
    for case in takewhile(lambda _: perf_counter() < end, cases):
        ran, findings, taken = opened.throw(case)
        tally.codes[ran.code] += 1
        tally.findings += findings
        if taken > tally.slowest[0]:
            tally.slowest = (taken, f"{kind}:{case.number}")
    return tally
