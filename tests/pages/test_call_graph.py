"""The picture of a call graph, drawn from tables written by hand."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from zhtm_detector.bench.calls import Row
from zhtm_detector.common.errors import InputError
from zhtm_detector.common.tables import Column, DataTable
from zhtm_detector.pages import call_graph
from zhtm_detector.pages.call_graph import MOST_FUNCTIONS, call_graph_svg, write_call_graph

SVG = "{http://www.w3.org/2000/svg}"
ROWS: list[Row] = [
    ("", "m:Top.compute", 20, 10.0, 1000.0),
    ("m:Top.compute", "k:run", 20, 100.0, 990.0),
    ("k:run", "k:learn", 12, 300.0, 700.0),
    ("k:run", "k:add", 3, 40.0, 60.0),
    ("k:learn", "k:add", 8000, 250.0, 400.0),
    ("k:add", "numpy", 9000, 170.0, 170.0),
    ("k:run", "k:<lambda>&", 1, 30.0, 30.0),
    ("k:run", "k:cheap", 5, 1.0, 1.0),
]


def table_of(rows: list[Row]) -> DataTable:
    pytest.importorskip("pygraphviz")
    keys = ("caller", "function", "calls", "own_ms", "total_ms")
    return DataTable("Calls of something", [Column(key, key) for key in keys], rows, ["A note."])


def drawn(rows: list[Row], kind: str) -> dict[str, list[str]]:
    """Lines of text of each node or edge, by its title."""
    root = ElementTree.fromstring(call_graph_svg(table_of(rows)))
    groups = [group for group in root.iter(f"{SVG}g") if group.get("class") == kind]
    return {
        str(group.findtext(f"{SVG}title")): ["".join(text.itertext()).strip() for text in group.iter(f"{SVG}text")]
        for group in groups
    }


def test_a_box_tells_calls_and_times() -> None:
    boxes = drawn(ROWS, "node")
    assert boxes == {
        "m:Top.compute": ["Top.compute", "m", "20 calls", "10 ms (1,000)"],
        "k:run": ["run", "k", "20 calls", "100 ms (990)"],
        "k:learn": ["learn", "k", "12 calls", "300 ms (700)"],
        "k:add": ["add", "k", "8,003 calls", "460 ms (460)"],  # with numpy's time
        "k:<lambda>&": ["<lambda>&", "k", "1 call", "30 ms (30)"],
    }


def test_a_line_tells_its_share_where_there_are_several() -> None:
    assert drawn(ROWS, "edge") == {
        "m:Top.compute->k:run": [],
        "k:run->k:learn": [],
        "k:run->k:add": ["3 calls", "60 ms"],
        "k:learn->k:add": ["8,000 calls", "400 ms"],
        "k:run->k:<lambda>&": [],
    }


def test_only_the_most_expensive_functions_are_drawn() -> None:
    rows = [*ROWS, *(("k:run", f"k:f{i:02}", 1, 5.0, 5.0 - i / 100) for i in range(50))]
    boxes = drawn(rows, "node")
    assert len(boxes) == MOST_FUNCTIONS
    assert "k:f24" in boxes
    assert "k:f25" not in boxes


def test_what_only_a_left_out_function_calls_is_left_out() -> None:
    assert "k:lost" not in drawn([*ROWS, ("k:cheap", "k:lost", 1, 50.0, 50.0)], "node")


def test_functions_that_call_each_other_are_drawn() -> None:
    rows = [*ROWS, ("k:add", "k:run", 2, 1.0, 5.0), ("k:add", "k:add", 2, 1.0, 5.0)]
    assert {"k:add->k:run", "k:add->k:add"} <= set(drawn(rows, "edge"))


def test_the_page_holds_picture_and_table(tmp_path: Path) -> None:
    page, svg = write_call_graph(table_of(ROWS), tmp_path / "new")
    text = page.read_text(encoding="utf-8")
    picture = re.search(r"<svg.*?</svg>", text, re.DOTALL)
    assert picture and picture[0] in svg.read_text(encoding="utf-8")
    assert "Calls of something. A note." in text
    assert "1 functions of at most 1.0 ms are in the table only." in text
    assert text.count("<tr>") == 1 + len(ROWS)
    assert len(text) < 100_000  # nothing on it needs Plotly


def test_a_failure_of_graphviz_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_graph, "_DRAW", "import sys; sys.exit(3)")
    with pytest.raises(InputError, match=r"^call graph: expected Graphviz to draw it, it failed \(exit code 3\)$"):
        write_call_graph(table_of(ROWS), tmp_path)
    assert list(tmp_path.iterdir()) == []
