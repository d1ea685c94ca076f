"""The verb `peers` on a small corpus: today's detectors beside ours, what they cost, and those that do not finish."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny import Ran, write_corpus

from zhtm_detector.detectors.foreign.peers import PEERS
from zhtm_detector.detectors.names import choose_detectors

Zhtm = Callable[..., Ran]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")

FILES = {"one/a.csv": (300, [(200, 220)]), "one/b.csv": (200, [(150, 160)])}


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    pytest.importorskip("sklearn")
    write_corpus(tmp_path / "corpus", FILES)
    monkeypatch.chdir(tmp_path)
    return ("peers", "--nab-root", "corpus", "--only", "isolationForest", "--detectors", "null", "--workers", "1")


def test_the_board(command: tuple[str, ...], zhtm: Zhtm) -> None:
    ran = zhtm(*command, "--json")
    assert ran.code == 0, ran.err
    first, last = json.loads(ran.out)["other-corpus"]
    assert (first["name"], first["library"], last["name"]) == ("isolationForest", "scikit-learn", "null")
    assert first["records"] == 500 and first["cpu_seconds"] > 0 and first["peak_mib"] > 10
    assert first["scores"]["standard"] > 0 == last["scores"]["standard"]
    assert first["cross_validated"]["standard"] <= first["scores"]["standard"]
    kept = Path("results/peers/peers.json").read_text()
    again = zhtm(*command, "--json")
    assert again.out == ran.out and Path("results/peers/peers.json").read_text() == kept
    page = zhtm(*command, "--markdown", "--corpus", "again=corpus", "--output", "board.html").out
    assert page.startswith("# Today's detectors")
    assert "`zhtm peers --only isolationForest --corpus again=ROOT --output board.html --markdown`" in page
    assert "| isolationForest | scikit-learn | fitted on the probation |" in page


def test_a_threshold_on_another_corpus(command: tuple[str, ...], zhtm: Zhtm) -> None:
    ran = zhtm(*command, "--corpus", "again=corpus", "--json")
    boards = json.loads(ran.out)
    assert [entry["carried"] for entry in boards["other-corpus"]] == [None, None]
    for first, other in zip(boards["other-corpus"], boards["again"], strict=True):
        assert other["carried"] == other["scores"]["standard"] == first["scores"]["standard"]


def test_the_picture(command: tuple[str, ...], zhtm: Zhtm) -> None:
    ran = zhtm(*command, "--output", "board.html")
    assert ran.code == 0 and "Picture: board.html" in ran.out
    page = Path("board.html").read_text()
    assert "isolationForest" in page and 'data-figure="board"' in page


@pytest.mark.parametrize("output", ["board.jpg", "results", "missing/../corpus/board"])
def test_a_picture_that_cannot_be_written_is_refused_before_the_work(
    command: tuple[str, ...], zhtm: Zhtm, output: str
) -> None:
    Path("results").mkdir()
    ran = zhtm(*command, "--output", output)
    assert ran.code == 2 and len(ran.err.strip().splitlines()) == 1 and output in ran.err
    assert not Path("results/peers").exists()


def test_one_that_does_not_finish(command: tuple[str, ...], zhtm: Zhtm) -> None:
    ran = zhtm(*command, "--cpu-limit", "0.001", "--json")
    entries = {entry["name"]: entry for entry in json.loads(ran.out)["other-corpus"]}
    assert "--timeout" in entries["isolationForest"]["error"] and entries["isolationForest"]["scores"] is None


def test_an_unknown_peer(command: tuple[str, ...], zhtm: Zhtm) -> None:
    ran = zhtm(*command, "--only", "prophet")
    assert ran.code == 2 and "peer 'prophet': unknown; expected one of halfSpaceTrees, " in ran.err


def test_every_peer_has_a_text_that_names_a_detector() -> None:
    for name, peer in PEERS.items():
        (choice,) = choose_detectors(f"{name}={peer.spec}")
        assert choice.name == name and choice.foreign is not None
