"""The ledger of configurations looked at: each once, no line lost, none half written."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import zhtm_detector
from zhtm_detector.common.errors import InputError
from zhtm_detector.evaluation.ledger import Ledger, Look, ledger_table
from zhtm_detector.htm.params import load_preset

LOOK = Look("sweep", "p", "c", files=3, seeds=1)
ADD = """
import sys
from pathlib import Path
from zhtm_detector.evaluation.ledger import Ledger, Look
for number in range(40):
    Ledger(Path(sys.argv[1])).add([Look(sys.argv[2], f"{number}", "c", 3, 1), Look("both", f"{number}", "c", 3, 1)])
"""


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.of(tmp_path / "results")


def test_a_look_is_entered_once(ledger: Ledger) -> None:
    assert ledger.read() == []
    ledger.add([LOOK, LOOK])
    more = replace(LOOK, files=4)
    ledger.add([LOOK, more])
    assert ledger.read() == [LOOK, more]
    before = ledger.path.read_bytes()
    ledger.add([more])
    assert ledger.path.read_bytes() == before
    first = json.loads(before.splitlines()[0])
    assert list(first) == ["tool", "params", "corpus", "files", "seeds", "date"]


def test_parameters_count_and_not_their_description() -> None:
    params = load_preset("zhtm")
    look = Look.of("sweep", params, "c", 3)
    assert look == Look.of("sweep", params.model_copy(update={"description": "mine"}), "c", 3)
    assert look.params != Look.of("sweep", params.model_copy(update={"causal": True}), "c", 3).params


def test_two_processes_at_once_lose_no_line(ledger: Ledger) -> None:
    path = str(Path(zhtm_detector.__file__).parents[1])
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {path!r}){ADD}", str(ledger.path)]
    running = [subprocess.Popen([*command, name]) for name in ("one", "two")]
    assert [process.wait(timeout=120) for process in running] == [0, 0]
    looks = ledger.read()
    assert len(looks) == len(set(looks)) == 3 * 40
    assert {look.tool for look in looks} == {"one", "two", "both"}


def test_a_full_disk_leaves_the_ledger_whole(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.add([LOOK])
    before = ledger.path.read_bytes()

    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(InputError, match="cannot be written"):
            ledger.add([replace(LOOK, params="q")])
    assert ledger.path.read_bytes() == before
    ledger.add([replace(LOOK, params="q")])  # the lock is free again
    assert len(ledger.read()) == 2


def test_a_last_line_without_its_end(ledger: Ledger) -> None:
    ledger.add([LOOK])
    ledger.path.write_text(ledger.path.read_text().rstrip("\n"))
    ledger.add([replace(LOOK, params="q")])
    assert [look.params for look in ledger.read()] == ["p", "q"]


@pytest.mark.parametrize("line", ["notes", "[1]", "{}", '{"tool": "sweep"}', '{"tool": "s", "params": "p"', ""])
def test_what_is_no_ledger_is_left_as_it_is(ledger: Ledger, line: str) -> None:
    ledger.add([LOOK])
    with ledger.path.open("a") as file:
        file.write(f"{line}\n")
    before = ledger.path.read_bytes()
    with pytest.raises(InputError, match=r"ledger\.jsonl: line 2: (expected a JSON object with tool, params|not JSON)"):
        ledger.add([replace(LOOK, params="q")])
    assert ledger.path.read_bytes() == before


def test_counts_by_tool_and_in_all() -> None:
    looks = [LOOK, replace(LOOK, files=2), replace(LOOK, corpus="d"), replace(LOOK, tool="tune params")]
    table = ledger_table([*looks, replace(LOOK, tool="tune params", params="q")])
    assert table.rows == [["sweep", 2, 2], ["tune params", 2, 1], ["all", 3, 2]]
    assert ledger_table(looks[:1]).rows == [["sweep", 1, 1]]
    assert (ledger_table([]).rows, ledger_table([]).notes) == ([], ["none so far"])
