"""The verb `peers` on a small corpus: today's detectors beside ours, what they cost, and those that do not finish."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny import Ran, read_tree, refused, write_corpus

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
    first, last = json.loads(ran.out)["corpus"]
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
    assert [entry["carried"] for entry in boards["corpus"]] == [None, None]
    for first, other in zip(boards["corpus"], boards["again"], strict=True):
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


def test_a_picture_without_its_extra_is_refused_before_the_work(
    command: tuple[str, ...], zhtm: Zhtm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "kaleido", None)
    refused(zhtm(*command, "--output", "board.png"), "picture board.png: expected the package kaleido, got none")
    assert not Path("results").exists()


def test_one_that_does_not_finish(command: tuple[str, ...], zhtm: Zhtm) -> None:
    ran = zhtm(*command, "--cpu-limit", "0.001", "--json")
    entries = {entry["name"]: entry for entry in json.loads(ran.out)["corpus"]}
    assert entries["isolationForest"]["error"] == "did not finish: one/a.csv took more than 0.004 s"
    assert ran.code == 0 and entries["isolationForest"]["scores"] is None
    again = json.loads(zhtm(*command, "--json").out)["corpus"]  # with more time
    assert {entry["error"] for entry in again} == {""}


def test_an_unknown_peer(command: tuple[str, ...], zhtm: Zhtm) -> None:
    ran = zhtm(*command, "--only", "prophet")
    assert ran.code == 2 and "peer 'prophet': unknown; expected one of halfSpaceTrees, " in ran.err


def test_a_peer_whose_library_is_missing(command: tuple[str, ...], zhtm: Zhtm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PEERS, "isolationForest", PEERS["isolationForest"]._replace(library="no-such-package"))
    said = "peer isolationForest: expected the package no-such-package, got none; pip install 'zhtm-detector[peers]'"
    refused(zhtm(*command), said)
    assert not Path("results").exists()


# Without libraries of others


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    write_corpus(tmp_path / "corpus", FILES)
    monkeypatch.chdir(tmp_path)
    return ("peers", "--nab-root", "corpus", "--only", "", "--detectors", "null", "--workers", "1")


COST: dict[str, Any] = {"records": 9, "cpu_seconds": 0.5, "peak_mib": 80.0, "limit": 9, "error": "", "made_of": ""}
OWN = """
class Level:
    where = 1
    def score_one(self, x):
        if open("broken").read():
            raise OSError("broken")
        return x["value 0"]
    def learn_one(self, x):
        pass
"""


@pytest.mark.parametrize(
    ("board", "said"),
    [
        ([], "expected a JSON object, got []"),
        ({"other-x": 5}, "other-x: expected an object of records, cpu_seconds, peak_mib, limit, error, made_of, got 5"),
        ({"other-x": {**COST, "records": None}}, "other-x: records: expected a number, got null"),
        ({"other-x": {**COST, "cpu_seconds": "1"}}, 'other-x: cpu_seconds: expected a number, got "1"'),
        ({"other-x": {**COST, "peak_mib": -1}}, "other-x: peak_mib: expected a number from 0, got -1"),
        ({"other-x": {**COST, "error": False}}, "other-x: error: expected a text, got false"),
        ({"other-x": {**COST, "made_of": 5}}, "other-x: made_of: expected a text, got 5"),
        ({"a\x1b": {}}, "a?: records: expected a number, got null"),
    ],
)
@pytest.mark.parametrize("folder", ["", "again"])
def test_a_spoilt_board_is_refused_before_the_work(
    ours: tuple[str, ...], zhtm: Zhtm, board: Any, said: str, folder: str
) -> None:
    path = Path("results/peers", folder, "peers.json")
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(board))
    before = read_tree(Path("results"))
    refused(zhtm(*ours, "--corpus", "again=corpus"), f"{path}: ", said)
    assert read_tree(Path("results")) == before


def test_results_that_are_not_there_are_made_again(ours: tuple[str, ...], zhtm: Zhtm) -> None:
    assert zhtm(*ours, "--files", "one/a.csv").code == 0
    assert zhtm(*ours).code == 0
    assert json.loads(Path("results/peers/peers.json").read_text())["other-null"]["records"] == 500
    Path("results/peers/other-null/one/other-null_b.csv").unlink()
    assert zhtm(*ours).code == 0


def test_a_class_of_ones_own_that_fails_and_then_does_not(ours: tuple[str, ...], zhtm: Zhtm, tmp_path: Path) -> None:
    Path("own.py").write_text(OWN.replace("broken", str(tmp_path / "broken"), 1))
    Path("broken").write_text("yes")
    own = (*ours, "--detectors", "null,own.py:Level")
    ran = zhtm(*own)
    assert ran.code == 1 and ran.errors[-1].startswith("error: corpus: Level: failed: one/")
    assert "OSError: broken" in ran.err and ran.out.count("failed") == 1
    Path("broken").write_text("")
    entries = {entry["name"]: entry for entry in json.loads(zhtm(*own, "--json").out)["corpus"]}
    assert (entries["Level"]["library"], entries["Level"]["error"]) == ("own.py", "")


def test_another_seed_or_class_runs_again(ours: tuple[str, ...], zhtm: Zhtm) -> None:
    own = (*ours, "--detectors", "random")
    assert zhtm(*own).code == 0
    first = read_tree(Path("results"))
    assert zhtm(*own).code == 0
    assert read_tree(Path("results")) == first
    assert zhtm(*own, "--seed", "7").code == 0
    made = [json.loads(tree["peers/peers.json"])["other-random"] for tree in (first, read_tree(Path("results")))]
    assert made[0]["made_of"] != made[1]["made_of"]


def test_a_data_file_that_cannot_be_read_is_left_out(ours: tuple[str, ...], zhtm: Zhtm) -> None:
    good = Path("corpus/data/one/b.csv").read_text()
    Path("corpus/data/one/b.csv").write_text("timestamp,value\nnow,1\n")
    ran = zhtm(*ours, "--json")
    assert ran.code == 1 and ran.err.count("expected a date and time") == 1
    (entry,) = json.loads(ran.out)["corpus"]
    assert (entry["records"], entry["error"]) == (300, "") and entry["scores"]["standard"] == 0
    Path("corpus/data/one/b.csv").write_text(good)
    assert json.loads(zhtm(*ours, "--json").out)["corpus"][0]["records"] == 500


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--corpus", "corpus=corpus"), "--corpus corpus: expected another name than that of the first"),
        (("--detectors", ""), "peers and detectors: expected at least one of halfSpaceTrees, "),
        (("--detectors", "loda=json:JSONEncoder"), "detector loda: expected another name than that of a peer"),
        (("--only", "\x1b[31mred"), "peer '\\x1b[31mred': unknown; expected one of "),
    ],
)
def test_refused_options(ours: tuple[str, ...], zhtm: Zhtm, options: tuple[str, ...], said: str) -> None:
    refused(zhtm(*ours, *options), said)


def test_every_peer_has_a_text_that_names_a_detector() -> None:
    for name, peer in PEERS.items():
        (choice,) = choose_detectors(f"{name}={peer.spec}")
        assert choice.name == name and choice.foreign is not None
