"""`zhtm bench` on small settings: its figures are present and consistent; their size is not tested."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny import Ran, refused

from zhtm_detector.bench.plan import QUICK, SECTIONS, BenchPlan
from zhtm_detector.bench.sections import MEASURES
from zhtm_detector.bench.stream_command import GIVEN, StreamCommand
from zhtm_detector.bench.stream_pipe import waits_of
from zhtm_detector.bench.synthetic import SeasonalStream
from zhtm_detector.htm.params import load_preset

Zhtm = Callable[..., Ran]

TINY = {
    "spatial_pooler": {"column_dimensions": [128], "active_columns": 8},
    "temporal_memory": {"cells_per_column": 4, "activation_threshold": 4, "matching_threshold": 3, "new_synapses": 6},
}
SPIKE = "one/spike.csv"


@pytest.fixture
def preset(tmp_path: Path) -> Path:
    path = tmp_path / "small.json"
    path.write_text(json.dumps(TINY))
    return path


@pytest.fixture
def bench(zhtm: Zhtm, corpus: Path, preset: Path) -> Zhtm:
    def run(*args: str | Path) -> Ran:
        return zhtm("bench", "--nab-root", corpus, "--files", SPIKE, "--presets", preset, "--repeat", "1", *args)

    return run


def rows_of(ran: Ran) -> dict[str, list[dict[str, Any]]]:
    assert ran.code == 0, ran.err
    return {name: section["rows"] for name, section in json.loads(ran.out)["sections"].items()}


def positive(row: dict[str, Any], *keys: str) -> bool:
    return all(isinstance(row[key], float) and row[key] > 0 for key in keys)


def test_the_quick_sections(bench: Zhtm, tmp_path: Path) -> None:
    output = tmp_path / "out" / "speed.json"
    ran = bench("--json", "--output", output)
    content = json.loads(ran.out)
    assert content == json.loads(output.read_text())
    assert {"python", "numpy", "numba", "platform", "cores", "cpu"} <= set(content["machine"])
    assert (content["options"]["presets"], content["options"]["files"]) == (["small"], [SPIKE])
    assert list(content["sections"]) == list(QUICK)
    rows = rows_of(ran)
    (file,) = rows["files"]
    assert (file["file"], file["preset"], file["records"]) == (SPIKE, "small", 400)
    assert positive(file, "run_records_per_second", "run_us", "step_records_per_second")
    assert [row["stage"] for row in rows["stages"]] == [
        *("encoders", "spatial pooler", "temporal memory", "likelihood"),
        *("gate, vote, value range, refractory", "HTMModel.run"),
    ]
    assert rows["stages"][-1]["share"] == 100
    (latency,) = rows["latency"]
    assert latency["records"] == 200
    assert 0 < latency["p50_us"] <= latency["p99_us"] <= latency["max_us"]
    (memory,) = rows["memory"]
    assert 0 < memory["new_pickled_mib"] <= 1.001 * memory["pickled_mib"]  # a counter may take a byte less
    assert [row["preset"] for row in rows["startup"]] == [None, None, None, "small"]
    assert all(positive(row, "seconds") for row in rows["startup"])


def test_every_stage_of_a_larger_preset_is_timed(zhtm: Zhtm, corpus: Path) -> None:
    where = ("--nab-root", corpus, "--files", SPIKE, "--repeat", "1")
    rows = rows_of(zhtm("bench", *where, "--presets", "novelty,zhtm,column", "--only", "stages", "--json"))["stages"]
    vote = ["gate, vote, value range, refractory", "HTMModel.run"]
    region = ["encoders", "spatial pooler", "temporal memory"]
    stages = {name: [row["stage"] for row in rows if row["preset"] == name] for name in ("novelty", "zhtm", "column")}
    assert stages == {
        "novelty": [*region, "value novelty", "block novelty", *vote],
        "zhtm": ["columns", *vote],
        "column": ["columns", "likelihood", *vote],
    }


def test_the_corpus(bench: Zhtm) -> None:
    (row,) = rows_of(bench("--only", "corpus", "--json"))["corpus"]
    assert (row["preset"], row["files"], row["records"]) == ("small", 1, 400)
    assert positive(row, "seconds", "records_per_second")


RANGES = ["given", "causal"]


def test_a_stream_from_a_file(bench: Zhtm) -> None:
    rows = rows_of(bench("--only", "stream", "--json"))["stream"]
    assert [(row["file"], row["preset"], row["range"], row["records"]) for row in rows] == [
        (SPIKE, "small", expected, 400) for expected in RANGES
    ]
    for row in rows:
        assert positive(row, "run_records_per_second", "csv_records_per_second", "jsonl_records_per_second")
        for form in ("csv", "jsonl"):  # of one turn: the shares are those of the rates
            share = 100 * row[f"{form}_records_per_second"] / row["run_records_per_second"]
            assert row[f"{form}_share"] == pytest.approx(share)


def test_a_stream_between_pipes(bench: Zhtm) -> None:
    rows = rows_of(bench("--only", "pipe", "--json"))["pipe"]
    assert [(row["range"], row["records"]) for row in rows] == [(expected, 340) for expected in RANGES]  # 15% less
    for row in rows:
        assert 0 < row["p50_us"] <= row["p99_us"] <= row["max_us"]
        assert positive(row, "start_seconds")


def test_keys(bench: Zhtm) -> None:
    ran = bench("--only", "keys", "--keys", "3", "--json")
    (row,) = rows_of(ran)["keys"]
    assert (row["preset"], row["keys"], row["records"]) == ("small", 3, 90)
    assert row["records_per_second"] == pytest.approx(3 * 90 / row["seconds"])
    assert json.loads(ran.out)["options"]["keys"] == 3


def test_saved(bench: Zhtm) -> None:
    rows = rows_of(bench("--only", "saved", "--json"))["saved"]
    assert [(row["file"], row["range"]) for row in rows] == [(SPIKE, expected) for expected in RANGES]
    assert all(positive(row, "saved_mib", "save_ms", "load_ms") for row in rows)


def test_calls(bench: Zhtm) -> None:
    pytest.importorskip("pygraphviz")
    ran = bench("--only", "calls", "--results", "drawn", "--output", "figures.json")
    assert ran.code == 0, ran.err
    assert f"Call graph: {Path('drawn/calls.html')}, {Path('drawn/calls.svg')}" in ran.out
    assert "temporal memory of small on 20 records of one/spike.csv" in ran.out
    assert "TemporalMemory.compute" in Path("drawn/calls.svg").read_text(encoding="utf-8")
    page = Path("drawn/calls.html").read_text(encoding="utf-8")
    assert "Compilation is off, after 380 records with it on." in page
    rows = json.loads(Path("figures.json").read_text())["sections"]["calls"]["rows"]
    assert [(row["function"], row["calls"]) for row in rows if not row["caller"]] == [
        ("temporal_memory:TemporalMemory.compute", 20)
    ]
    assert sum(row["own_ms"] for row in rows) == pytest.approx(rows[0]["total_ms"], rel=0.01)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("--presets", "zhtm,column"), "expected one with a temporal memory for section calls, such as classic, got"),
        (("--results", "small.json"), "calls.html: cannot be written"),
    ],
)
def test_refusals_of_calls(bench: Zhtm, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], expected: str) -> None:
    monkeypatch.setattr("zhtm_detector.bench.sections.measure", lambda *_: pytest.fail("a clock was started"))
    monkeypatch.setattr("zhtm_detector.pages.call_graph.find_spec", lambda _: True)
    refused(bench("--only", "calls", *args), expected)


def test_calls_without_graphviz(bench: Zhtm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zhtm_detector.bench.sections.measure", lambda *_: pytest.fail("a clock was started"))
    monkeypatch.setattr("zhtm_detector.pages.call_graph.find_spec", lambda _: None)
    refused(bench("--only", "calls"), "expected the package pygraphviz, got none; pip install 'zhtm-detector[calls]'")


def test_a_stream_that_fails_says_why(tmp_path: Path) -> None:
    stream = replace(SeasonalStream(seed=1).take(5), minimum=2.0, maximum=1.0)
    command = StreamCommand(stream, load_preset("column"), 1, GIVEN, tmp_path)
    with pytest.raises(RuntimeError, match=r"^error: --minimum: expected a number of at most --maximum"):
        waits_of(command)


def test_the_sample_corpus_without_another(zhtm: Zhtm, preset: Path) -> None:
    ran = zhtm("bench", "--presets", preset, "--repeat", "1", "--only", "latency")
    assert ran.code == 0, ran.err
    assert "generated sample corpus" in ran.warnings[0]
    assert "sampleDemand/busy_weekend.csv" in ran.out  # the longest file
    assert not Path("results").exists()  # nothing is written unless --output asks for it


def test_tables(bench: Zhtm, tmp_path: Path) -> None:
    ran = bench("--only", "latency", "--output", tmp_path / "speed.json")
    assert "Latency: wall time of HTMModel.step, after 200 records" in ran.out
    assert f"Figures: {tmp_path / 'speed.json'}" in ran.out


def test_markdown_is_a_page_that_names_machine_and_commands(bench: Zhtm, preset: Path) -> None:
    options = f"--presets {preset} --repeat 1 --files {SPIKE}"
    lines = bench("--only", "latency,corpus", "--markdown").out.splitlines()
    assert lines[0] == "# Speed"
    assert lines[2].startswith(
        f"Printed by `zhtm bench --only latency,corpus {options} --markdown` with zhtm-detector "
    )
    assert all(f", {name} " in lines[2] for name in ("Python", "numpy", "numba"))
    assert "**Latency: wall time of HTMModel.step, after 200 records**" in lines
    assert "| file | preset | records | p50, us | p99, us | max, us |" in lines
    assert f"`zhtm bench --only latency {options}`" in lines
    assert f"`zhtm bench --only corpus {options}`" in lines


def test_markdown_of_one_section_names_its_command_once(bench: Zhtm) -> None:
    assert bench("--only", "latency", "--markdown").out.count("zhtm bench --only") == 1


def test_csv(bench: Zhtm) -> None:
    header, row = bench("--only", "latency", "--csv").out.splitlines()
    assert header == "file,preset,records,p50_us,p99_us,max_us"
    assert row.startswith(f"{SPIKE},small,200,")


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("--only", "speed"), "section 'speed': unknown; expected one of files, "),
        (("--only", ","), "sections: expected at least one of files"),
        (("--presets", "classy"), "preset 'classy': unknown"),
        (("--presets", ","), "presets: expected at least one"),
        (("--presets", "small.json,./small.json"), "expected names that differ, got 'small' twice"),
        (("--repeat", "0"), "'--repeat'"),
        (("--files", "none/*"), "files 'none/*'"),
        (("--nab-root", "nowhere"), "nowhere: not found"),
        (("--output", "."), "--output .: cannot be written; expected a file in a writable folder"),
        (("--output", "small.json/speed.json"), "cannot be written"),
        (("--csv", "--json", "--only", "files"), "expected at most one of them"),
    ],
    ids=" ".join,
)
def test_refusals(bench: Zhtm, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], expected: str) -> None:
    monkeypatch.setattr("zhtm_detector.bench.sections.measure", lambda *_: pytest.fail("a clock was started"))
    refused(bench(*args), expected)


def test_a_bad_data_file_is_refused(bench: Zhtm, corpus: Path) -> None:
    (corpus / "data" / SPIKE).write_text("timestamp,value\n2015-03-01 00:00:00,high\n")
    refused(bench(), "spike.csv", "field value")


def test_the_help_names_every_section(zhtm: Zhtm) -> None:
    assert tuple(MEASURES) == SECTIONS
    text = " ".join(zhtm("bench", "--help").out.replace("│", " ").split())
    assert ", ".join(SECTIONS) in text
    assert BenchPlan({"classic": load_preset("classic")}).sections == QUICK
