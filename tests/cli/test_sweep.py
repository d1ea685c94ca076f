"""`zhtm sweep`: every variant once, the scores of `validate`, and refusals that write nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny import Ran, read_tree

from zhtm_detector.evaluation.ledger import Ledger

Zhtm = Callable[..., Ran]

BLOCKS = {
    "value_novelty": {},
    "block_novelty": {"blocks": 20, "scales": 2, "windows": [2, 4], "kinds": ["mean", "high"]},
    "anomaly": {"prediction_weight": 0.0, "likelihood": False, "value_range_tolerance": None},
}
LONG = ("anomaly.history", "block_novelty.capacity")
PROFILES = ("standard", "reward_low_FP_rate", "reward_low_FN_rate")


@pytest.fixture
def preset(tmp_path: Path) -> Path:
    path = tmp_path / "blocks.json"
    path.write_text(json.dumps(BLOCKS))
    return path


@pytest.fixture
def sweep(zhtm: Zhtm, corpus: Path, preset: Path, tmp_path: Path) -> Zhtm:
    def run(*args: str | Path) -> Ran:
        where = ("--nab-root", corpus, "--preset", preset, "--results", tmp_path / "results", "--workers", "1")
        return zhtm("sweep", *args, *where)

    return run


def rows_of(ran: Ran) -> list[dict[str, Any]]:
    assert ran.code == 0, ran.err
    rows: list[dict[str, Any]] = json.loads(ran.out)["rows"]
    return rows


def test_a_grid_has_the_scores_of_validate(sweep: Zhtm, zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    args = ("anomaly.refractory=null,0.3", "block_novelty.windows=[2],[2,4]")
    rows = rows_of(sweep(*args, "--json"))
    shown = [(row["anomaly.refractory"], row["block_novelty.windows"]) for row in rows]
    assert shown == [("null", "[2]"), ("null", "[2, 4]"), ("0.3", "[2]"), ("0.3", "[2, 4]")]
    own = tmp_path / "own.json"
    own.write_text(json.dumps({**BLOCKS, "anomaly": {**BLOCKS["anomaly"], "refractory": 0.3}}))
    where = ("--nab-root", corpus, "--results", tmp_path / "results", "--workers", "1", "--preset", own)
    found = json.loads(zhtm("validate", *where, "--only", "scoreboard,folds", "--json").out)
    assert (found["computed"], found["cached"]) == (0, 3)  # the last variant, kept by the sweep
    for profile, fold in zip(PROFILES, found["sections"]["folds"]["rows"], strict=True):
        assert rows[3][profile] == found["sections"]["scoreboard"]["rows"][0][profile]
        assert rows[3][f"{profile}_cross_validated"] == fold["mean"]
    again = json.loads(sweep(*args, "--json").out)
    assert (again["rows"], again["computed"], again["cached"]) == (rows, 0, 12)


def test_parameters_of_columns(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    where = ("--nab-root", corpus, "--results", tmp_path / "results", "--workers", "1")  # of the default preset
    args = ("columns.0.calibration.weight=0.3,0.35", "columns.0.scales=2")
    rows = rows_of(zhtm("sweep", *args, *where, "--json"))
    assert [row["columns.0.calibration.weight"] for row in rows] == ["0.3", "0.35"]
    ran = zhtm("sweep", "columns.2.scales=2", *where)
    assert (ran.code, ran.out) == (2, "")
    assert "expected a number from 0 to 1 after columns, got '2'" in ran.errors[0]


def test_variants_are_in_the_ledger_once(sweep: Zhtm, tmp_path: Path) -> None:
    sweep("anomaly.refractory=0.1,0.3")
    sweep("anomaly.refractory=0.3,0.5")
    sweep("anomaly.refractory=0.1", "--files", "one/*")  # another corpus
    looks = Ledger.of(tmp_path / "results").read()
    assert [(look.tool, look.files, look.seeds) for look in looks] == [("sweep", 3, 1)] * 3 + [("sweep", 2, 1)]
    assert len({look.params for look in looks}) == 3
    assert len({look.corpus for look in looks}) == 2


def test_a_broken_ledger_is_refused_before_the_work(sweep: Zhtm, tmp_path: Path) -> None:
    ledger = Ledger.of(tmp_path / "results")
    ledger.path.parent.mkdir()
    ledger.path.write_text("notes\n")
    ran = sweep("anomaly.refractory=0.1")
    assert (ran.code, ran.out) == (2, "")
    assert "ledger.jsonl: line 1: not JSON" in ran.errors[0]
    assert not (tmp_path / "results" / "validate").exists()


def test_tables_and_pages(sweep: Zhtm, tmp_path: Path) -> None:
    page = tmp_path / "results" / "sweep.html"
    one = sweep("anomaly.refractory=0.1,0.3")
    assert one.code == 0, one.err
    assert "Best of 2 variants for standard: anomaly.refractory=" in one.out
    assert "6 files scored, 0 already there" in one.out
    assert 'data-figure="line"' in page.read_text(encoding="utf-8")
    args = ("anomaly.refractory=0.1,0.3", "value_novelty.weight=0.5,1", "block_novelty.scales=1,2")
    three = sweep(*args, "--markdown", "--output", tmp_path / "three.html")
    assert "| anomaly.refractory | value_novelty.weight | block_novelty.scales | standard |" in three.out
    html = (tmp_path / "three.html").read_text(encoding="utf-8")
    for text in ('data-figure="heat-0"', 'data-figure="heat-2"', "the best over block_novelty.scales", "in-sample"):
        assert text in html


def test_a_single_file_has_nothing_to_cross_validate(sweep: Zhtm, tmp_path: Path) -> None:
    (row,) = rows_of(sweep("anomaly.refractory=0.1", "--files", "one/spike.csv", "--json"))
    assert row["standard"] is not None
    assert row["standard_cross_validated"] is None
    two = ("anomaly.refractory=0.1,0.2", "value_novelty.weight=0.5,1", "--files", "one/spike.csv")
    assert sweep(*two).code == 0
    page = (tmp_path / "results" / "sweep.html").read_text(encoding="utf-8")
    assert "scores at the best threshold, because a single file has nothing to cross-validate" in page
    assert "<br>at the best threshold %{z:.2f}" in page.replace("\\u003c", "<").replace("\\u003e", ">")
    assert "cross-validated %{z" not in page
    assert sweep(*two[:2]).code == 0
    page = (tmp_path / "results" / "sweep.html").read_text(encoding="utf-8")
    assert "scores with thresholds cross-validated over files" in page
    assert "cross-validated %{z" in page


def test_a_bad_file_is_told_and_the_others_count(sweep: Zhtm, corpus: Path) -> None:
    (corpus / "data" / "one" / "spike.csv").write_text("timestamp,value\n2015-03-01 00:00:00,high\n")
    ran = sweep("anomaly.refractory=0.1,0.2", "--json")
    assert ran.code == 1
    assert len(json.loads(ran.out)["rows"]) == 2
    assert "field value" in ran.errors[0]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("anomaly.refractori=0.1",), "unknown; the nearest known one is anomaly.refractory"),
        (("anomaly.refractory=0.1,0",), "anomaly.refractory: expected greater than 0, got 0"),
        (("anomaly.refractory=soon",), "anomaly.refractory: expected a number, got"),
        (("anomaly.refractory=0.1,0.1",), "expected each value once"),
        (("value_novelty.weight=1,1.0", "value_novelty.scale=0.1,0.2"), "expected each value once, got 1.0 again"),
        (
            ("value_novelty.weight=true,1", "value_novelty.scale=0.1,0.2"),
            "value_novelty.weight: expected a number, got true",
        ),
        (("block_novelty.windows=[2,4],[2.0,4]",), "expected each value once, got [2.0,4] again"),
        (("anomaly.refractory=0.1", "anomaly.refractory=0.2"), "expected anomaly.refractory once"),
        (("anomaly.refractory",), "expected a name and its values"),
        (("block_novelty.windows=[4,2]",), "block_novelty.windows: expected at least one, ascending, got [4, 2]"),
        (("anomaly.gate.weight=0.1",), "the preset has no anomaly.gate"),
        (("block_novelty=null",), "expected one of its parameters, such as block_novelty.blocks"),
        (
            ("anomaly.history=10,100", "anomaly.averaging_window=5,50"),
            "sweep anomaly.history=10 anomaly.averaging_window=50: anomaly.averaging_window: expected at most history",
        ),
        (
            tuple(f"{name}={','.join(map(str, range(1, 12)))}" for name in ("block_novelty.scales", *LONG)),
            "expected at most 1,000 variants, got 1,331",
        ),
        ((), "Missing argument"),
    ],
)
def test_refusals(sweep: Zhtm, tmp_path: Path, args: tuple[str, ...], expected: str) -> None:
    before = read_tree(tmp_path)
    ran = sweep(*args)
    assert (ran.code, ran.out, len(ran.errors)) == (2, "", 1)
    assert expected.lower() in ran.errors[0].lower()
    assert read_tree(tmp_path) == before
