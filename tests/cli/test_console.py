"""Names from outside on the terminal: as they are, except for what would command it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from zhtm_detector.cli import console
from zhtm_detector.cli.show import Format, show
from zhtm_detector.common.tables import Column, DataTable

EVIL = "a\x1b]0;title\x07\u202e[red]b[/i]:smile:\x9b2J\udcff\r\n\x00c"
SHOWN = "a?]0;title??[red]b[/i]:smile:?2J????c"
TABLE = DataTable(EVIL, [Column(EVIL, EVIL), Column("n", "n")], [[EVIL, 1.5], ["x" * 5000, None]], [EVIL])


def is_plain(text: str) -> bool:
    return all(line.isprintable() for line in text.splitlines())


@pytest.mark.parametrize("form", Format)
def test_tables(form: Format, capsys: pytest.CaptureFixture[str]) -> None:
    show(form, [TABLE, TABLE], TABLE.records(), f"Written: {EVIL}")
    out, err = capsys.readouterr()
    assert is_plain(out) and is_plain(err)
    assert "x" * 5000 in out  # what was asked for is not cut
    if form is Format.TERMINAL:
        assert out.count(SHOWN) == 2 * 4 + 1
        assert out.splitlines()[-1] == f"Written: {SHOWN}"


@pytest.mark.parametrize("say", [console.note, console.warn, console.fail])
def test_messages(say: Callable[[str], None], capsys: pytest.CaptureFixture[str]) -> None:
    say(f"{EVIL} {'y' * 100_000}")
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and is_plain(err)
    assert "a?]0;title??[red]b[/i]:smile:?2J? ?c yyy" in err
    assert 2000 < len(err) < 2050


def test_progress_lines_hold_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = StringIO()
    monkeypatch.setattr(console, "err", Console(file=screen, force_terminal=True, _environ={"TERM": "xterm"}))
    with console.counting("[/i]", 2) as count:
        count(1)
    assert "[/i]" in screen.getvalue()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_messages_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    with suppress(OSError), Path("/dev/full").open("w", buffering=1) as full:
        monkeypatch.setattr("sys.stderr", full)
        for say in (console.note, console.warn, console.fail):
            say("a")
        assert sys.stderr is not full
