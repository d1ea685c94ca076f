"""Tables on a terminal, in Markdown and in JSON."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from zhtm_detector.common.tables import Column, DataTable

TABLE = DataTable(
    "A [bold]title",
    [Column("name", "name"), Column("score", "score", 1), Column("count", "count"), Column("mark", "#", right=True)],
    [["[/i]", 1.26, 3, "·"], ["b", None, None, "7"], ["c", float("nan"), 0, ""], ["d", -0.01, 12, ""]],
    ["A note."],
)


def test_markdown() -> None:
    assert TABLE.markdown().splitlines() == [
        "**A [bold]title**",
        "",
        "| name | score | count | # |",
        "|---|---:|---:|---:|",
        "| [/i] | 1.3 | 3 | · |",
        "| b |  |  | 7 |",
        "| c |  | 0 |  |",
        "| d | 0.0 | 12 |  |",
        "",
        "A note.",
    ]


def test_a_bar_in_a_cell_is_escaped() -> None:
    barred = DataTable("Bars", [Column("a", "a|b"), Column("n", "n")], [["x|y", 1]])
    assert barred.markdown().splitlines()[2:] == [r"| a\|b | n |", "|---|---:|", r"| x\|y | 1 |"]


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("a|b\nc", r"a\|b?c"),
        ("`rm`", r"\`rm\`"),
        ("<a href=x>&lt;", r"\<a href=x>\&lt;"),
        ("[x](http://x)", r"[x\](http://x)"),
        ("**b** __i__ a_b", r"\*\*b\*\* \_\_i\_\_ a_b"),
        ("a\\", "a\\\\"),
        ("[2, 4] & 5 %", "[2, 4] & 5 %"),
    ],
)
def test_names_are_text_in_markdown(name: str, cell: str) -> None:
    lines = DataTable("", [Column("a", name)], [[name]], styles=["bold"]).markdown().splitlines()
    assert lines == [f"| {cell} |", "|---|", f"| **{cell}** |"]


def test_titles_and_notes_keep_their_code() -> None:
    table = DataTable("<b> `a <b>`", [], [], ["[x](y) `zhtm run`"])
    assert table.markdown().splitlines() == [r"**\<b> `a <b>`**", "", "", r"[x\](y) `zhtm run`"]


def test_no_formula_in_csv() -> None:
    names = ["=1+1", "@a", "-x", "+1;2", "-1.5", "+1e3", "-", "a=b", "\t=1"]
    rows = [[name, -1.5] for name in names]
    assert DataTable("", [Column("=k", ""), Column("n", "")], rows).csv().splitlines() == [
        *("'=k,n", "'=1+1,-1.5", "'@a,-1.5", "'-x,-1.5", "'+1;2,-1.5"),
        *("-1.5,-1.5", "+1e3,-1.5", "-,-1.5", "a=b,-1.5", "'\t=1,-1.5"),
    ]


def test_terminal() -> None:
    screen = StringIO()
    Console(file=screen, width=80, markup=True).print(TABLE.rich())
    lines = [line.rstrip() for line in screen.getvalue().splitlines()]
    assert "A [bold]title" in lines[0]
    assert any(line.split() == ["[/i]", "1.3", "3", "·"] for line in lines)


def test_records_keep_all_digits() -> None:
    assert TABLE.records()[0] == {"name": "[/i]", "score": 1.26, "count": 3, "mark": "·"}


def test_no_rows_no_table() -> None:
    empty = DataTable("Empty", TABLE.columns, [], ["left out: no reason"])
    assert empty.markdown() == "**Empty**\n\n\nleft out: no reason"
    assert empty.records() == []
