"""The small version of the harness: some dozens of inputs of each kind, and that it finds what it looks for."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny import Ran

from hostile.case import ACCEPT, BAD, MAY, REFUSE, Case
from hostile.judge import (
    ALTERED,
    CODE,
    CONTROL,
    HALF,
    LATE,
    LEFTOVER,
    LINES,
    LOST,
    NEXT,
    OUTSIDE,
    RESULT,
    TRACEBACK,
    UNSAID,
    judge,
    judge_next,
)
from hostile.kinds import MAKERS, REAL, cases
from hostile.report import listing, table
from hostile.result_lines import Results
from hostile.run import Harness, harness, throw_all
from hostile.sandbox import Sandbox
from hostile.worker import CRASH, Died, Worker

SEED = 1
COUNT = 24  # of each kind
FEW = {"classes": 6}  # each starts processes
READ_ONLY = {"presets"}  # no kernels here: only presets that are read, not run
IN_PROCESS = [kind for kind in MAKERS if kind not in REAL]


@pytest.fixture(scope="module")
def opened() -> Iterator[Harness]:
    with harness("saved") as kept:  # with the kernels of all kinds
        yield kept


@pytest.mark.parametrize("kind", IN_PROCESS)
def test_hostile_inputs(kind: str, opened: Harness) -> None:
    chosen = [
        case for case in cases(kind, SEED, FEW.get(kind, COUNT)) if kind not in READ_ONLY or case.argv[0] != "detect"
    ]
    tally = throw_all(kind, chosen, opened)
    assert not tally.findings, f"\n{table([tally])}\n{listing(tally.findings)}"


def test_hostile_command_lines(opened: Harness) -> None:
    """In the kept process; the large version starts one for each."""
    tally = throw_all("commands", cases("commands", SEED, 2 * COUNT), opened)
    assert not tally.findings, f"\n{table([tally])}\n{listing(tally.findings)}"


@pytest.mark.parametrize("kind", MAKERS)
def test_inputs_depend_on_seed_and_number_only(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = list(cases(kind, 3, 300))
    assert list(cases(kind, 4, 30)) != first[:30]
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert list(cases(kind, 3, 250, first=50)) == first[50:]


@pytest.mark.parametrize("kind", MAKERS)
def test_both_accepting_and_refusing_everything_fail(kind: str) -> None:
    codes = [case.codes for case in cases(kind, SEED, 300)]
    assert sum(code == ACCEPT for code in codes) >= 3
    assert sum(code <= BAD for code in codes) >= 60


def _judged(tmp_path: Path, ran: Ran, case: Case | None = None, **written: str) -> set[str]:
    """Classes of the findings, after a command that wrote these files."""
    sandbox = Sandbox(tmp_path / "watched")
    sandbox.reset()
    before = sandbox.listing()
    for name, text in written.items():
        (sandbox.box / name.replace("_in_", "/")).write_text(text, encoding="utf-8")
    return {finding.what for finding in judge(case or Case("x", 0, "", [], MAY), ran, before, sandbox)}


def test_findings_of_messages(tmp_path: Path) -> None:
    good = "warning: w\nerror: x: expected a, got b\n"
    assert _judged(tmp_path, Ran(2, "", good)) == set()
    assert _judged(tmp_path, Ran(1, "table", good)) == set()
    assert _judged(tmp_path, Ran(2, "", good), Case("x", 0, "", [], ACCEPT)) == {CODE}
    assert _judged(tmp_path, Ran(0, "", ""), Case("x", 0, "", [], REFUSE)) == {CODE}
    assert _judged(tmp_path, Ran(1, "", "Traceback (most recent call last):\n  x\nKeyError")) == {TRACEBACK}
    assert _judged(tmp_path, Ran(2, "", good + "more\n")) == {LINES}
    assert _judged(tmp_path, Ran(2, "", good + good)) == {LINES}
    assert _judged(tmp_path, Ran(1, "", "")) == {LINES}
    assert _judged(tmp_path, Ran(0, "\x1b[31m", "")) == {CONTROL}


def test_findings_of_the_next_command() -> None:
    case = Case("x", 0, "", [], MAY)
    assert judge_next(case, Ran(0, "", "warning: w\n")) == []
    assert [finding.what for finding in judge_next(case, Ran(2, "", "error: expected a\n"))] == [NEXT]
    assert [finding.what for finding in judge_next(case, Ran(1, "", ""))] == [NEXT]


def test_errors_of_code_that_is_not_ours(tmp_path: Path) -> None:
    refused = Ran(2, "", "error: KeyError: no such thing\n")
    assert _judged(tmp_path, refused) == {UNSAID}
    assert _judged(tmp_path, refused, Case("x", 0, "", [], MAY, theirs=True)) == set()


def test_findings_of_files(tmp_path: Path) -> None:
    refused = Ran(2, "", "error: expected a\n")
    kept = Case("x", 0, "", [], MAY, kept=("results/good.csv",))
    assert _judged(tmp_path, Ran(0, "", ""), **{"results_in_x.csv": "a\n"}) == set()
    assert _judged(tmp_path, Ran(0, "", ""), **{"x.csv": "a\n"}) == {OUTSIDE}
    assert _judged(tmp_path, Ran(0, "", ""), **{"results_in_x.json": "{"}) == {HALF}
    assert _judged(tmp_path, Ran(0, "", ""), **{"results_in_.x.csv.1.tmp": "a\n"}) == {LEFTOVER}
    assert _judged(tmp_path, refused, **{"results_in_x.csv": "a\n"}) == {LATE}
    assert _judged(tmp_path, Ran(1, "", "error: expected a\n"), kept) == {LOST}


def test_findings_of_results(tmp_path: Path) -> None:
    columns = ("timestamp", "value", "score", "alert", "silenced", "out_of_range", "gap")
    head, row = ",".join(columns) + "\n", "1,2,0.5,0,0,0,0\n"
    right = {"csv": head + row, "jsonl": json.dumps(dict(zip(columns, [1, 2, None, 0, 1, 0, 3], strict=True))) + "\n"}
    for form, content in right.items():
        case = Case("x", 0, "", [], MAY, results=Results(columns, 1, 1, form))
        assert _judged(tmp_path, Ran(0, content, ""), case) == set()
        assert _judged(tmp_path, Ran(2, content, "error: expected a\n"), case) == set()
        for wrong in ("", content[:-1], content * 2, content.replace("0.5", "1.5").replace("null", "-1"), content[:-9]):
            assert RESULT in _judged(tmp_path, Ran(0, wrong, ""), case), wrong
        assert RESULT in _judged(tmp_path, Ran(0, content.replace("1", "a\x85b", 1), ""), case)
    assert RESULT in _judged(tmp_path, Ran(0, head + row[2:], ""), Case("x", 0, "", [], MAY, results=Results((), 0, 9)))
    intact = Case("x", 0, "", [], MAY, {"results/x": b"a"}, untouched=False, intact=("results/x",))
    refused = Ran(2, "", "error: expected a\n")
    assert _judged(tmp_path, refused, intact, results_in_x="a") == set()
    assert _judged(tmp_path, refused, intact, results_in_x="b") == {ALTERED}


def test_worker_survives_a_crash(tmp_path: Path) -> None:
    worker = Worker({"PYTHONPATH": ""}, ["list"])
    try:
        assert worker.start(tmp_path) is not None
        assert worker.start(tmp_path) is None
        worker.kill()
        with pytest.raises(Died) as died:
            worker.run(["list"], tmp_path)
        assert died.value.how == CRASH
        again = worker.start(tmp_path)
        assert again is not None
        assert again.code == 0
    finally:
        worker.close()
