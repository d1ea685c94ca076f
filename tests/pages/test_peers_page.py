"""The picture of the peers' board: what stands where, on boards made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from zhtm_detector.evaluation.peers import Entry, board_table
from zhtm_detector.pages.peers_page import board_figure, write_board


def entry(name: str, score: float, carried: float | None = None) -> Entry:
    scores = {"standard": score}
    return Entry(name, "library", "defaults", 10, 1.0, 100.0, "", scores, {"standard": score - 1}, 0.5, carried)


FIRST = [entry("zhtm", 80.0), entry("<b>", 50.0), Entry("slow", "library", "", error="did not finish: 2 of 3 files")]
OTHER = [entry("<b>", 60.0, -90.0), entry("zhtm", 40.0, 30.0), Entry("slow", "library", "", error="failed: a.csv: x")]
BOARDS = {"NAB": FIRST, "mine & yours": OTHER}


def named(name: str) -> list[dict[str, Any]]:
    return [dict(trace) for trace in board_figure(BOARDS).traces if trace["name"] == name]


def test_every_corpus_has_a_panel_in_the_order_of_the_first() -> None:
    figure = board_figure(BOARDS)
    assert figure.layout["yaxis"]["categoryarray"] == ["<b>zhtm</b>", "<b>", "slow"]
    assert {axis: figure.layout[axis]["domain"][0] for axis in ("xaxis", "xaxis2")} == {"xaxis": 0, "xaxis2": 0.515}
    bars = named("best threshold")
    assert [(bar["xaxis"], bar["y"], bar["x"]) for bar in bars] == [
        ("x", ["<b>zhtm</b>", "<b>"], [80.0, 50.0]),
        ("x2", ["<b>", "<b>zhtm</b>"], [60.0, 40.0]),
    ]
    assert bars[0]["marker"]["color"] == ["$ours", "$other"]


def test_marks_of_other_thresholds() -> None:
    assert [mark["x"] for mark in named("cross-validated")] == [[79.0, 49.0], [59.0, 39.0]]
    assert [mark["showlegend"] for mark in named("cross-validated")] == [True, False]
    (carried,) = named("threshold of the first corpus")
    assert (carried["xaxis"], carried["x"]) == ("x2", [-90.0, 30.0])
    assert board_figure(BOARDS).layout["xaxis"]["range"] == [-64.0, 112.0]  # so that -90 does not squeeze the others


def test_those_without_scores_say_so() -> None:
    texts = [(note["text"], note.get("xref")) for note in board_figure(BOARDS).layout["annotations"]]
    assert ("did not finish", "x") in texts and ("failed", "x2") in texts


def test_the_page(tmp_path: Path) -> None:
    tables = [board_table(name, entries, ["standard"]) for name, entries in BOARDS.items()]
    write_board(tmp_path / "board.html", BOARDS, tables)
    page = (tmp_path / "board.html").read_text()
    assert 'id="board-1"' in page and "Peers on mine &amp; yours" in page and "did not finish: 2 of 3 files" in page


@pytest.mark.parametrize("boards", [{"NAB": FIRST}, {"NAB": [entry("null", 0.0)]}])
def test_one_corpus(boards: dict[str, list[Entry]]) -> None:
    assert board_figure(boards).layout["xaxis"]["domain"] == [0.0, 1.0]
