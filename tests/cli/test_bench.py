"""`zhtm bench` on small settings: its figures are there and agree; how large they are is no test's business."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny import Ran, refused

from zhtm_detector.bench.plan import QUICK, SECTIONS, BenchPlan
from zhtm_detector.bench.sections import MAKERS
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
def bench(zhtm: Zhtm, corpus: Path, preset: Path, tmp_path: Path) -> Zhtm:
    def run(*args: str | Path) -> Ran:
        where = ("--nab-root", corpus, "--files", SPIKE, "--output", tmp_path / "out" / "bench.json")
        return zhtm("bench", *where, "--presets", preset, "--repeat", "1", *args)

    return run


def tables_of(ran: Ran) -> dict[str, list[dict[str, Any]]]:
    assert ran.code == 0, ran.err
    sections = json.loads(ran.out)["sections"]
    return {table["name"]: table["rows"] for tables in sections.values() for table in tables}


def positive(row: dict[str, Any], *keys: str) -> bool:
    return all(isinstance(row[key], float) and row[key] > 0 for key in keys)


def test_the_quick_sections(bench: Zhtm, tmp_path: Path) -> None:
    ran = bench("--json")
    content = json.loads(ran.out)
    assert content == json.loads((tmp_path / "out" / "bench.json").read_text())
    assert (content["format"], content["version"]) == ("zhtm-bench", 1)
    assert {"python", "numpy", "numba", "platform", "cores", "cpu"} <= set(content["machine"])
    assert (content["options"]["presets"], content["options"]["files"]) == (["small"], [SPIKE])
    assert list(content["sections"]) == list(QUICK)
    tables = tables_of(ran)
    (file,) = tables["files"]
    assert (file["file"], file["preset"], file["records"]) == (SPIKE, "small", 400)
    assert positive(file, "run_records_per_second", "run_us", "step_records_per_second")
    assert [row["stage"] for row in tables["stages"]] == [
        *("encoders", "spatial pooler", "temporal memory", "likelihood"),
        *("gate, vote, value range, refractory", "HTMModel.run"),
    ]
    assert tables["stages"][-1]["share"] == 100
    (latency,) = tables["latency"]
    assert latency["records"] == 200
    assert 0 < latency["p50_us"] <= latency["p99_us"] <= latency["max_us"]
    (memory,) = tables["memory"]
    assert 0 < memory["new_pickled_mib"] <= memory["pickled_mib"]
    assert [row["preset"] for row in tables["startup"]] == [None, None, None, "small"]
    assert all(positive(row, "seconds") for row in tables["startup"])


def test_many_columns_have_their_stages(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    where = ("--nab-root", corpus, "--files", SPIKE, "--output", tmp_path / "bench.json", "--repeat", "1")
    tables = tables_of(zhtm("bench", *where, "--presets", "zhtm", "--only", "stages", "--json"))
    stages = [row["stage"] for row in tables["stages"]]
    assert "likelihood" not in stages
    assert {"value novelty", "block novelty", "temporal memory"} < set(stages)


def test_the_long_sections(bench: Zhtm) -> None:
    args = ("--only", "streams,growth,corpus,long", "--records", "60", "--streams", "2,3", "--json")
    tables = tables_of(bench(*args))
    assert [row["preset"] for row in tables["corpus"]] == ["small"]
    assert (tables["corpus"][0]["files"], tables["corpus"][0]["records"]) == (1, 400)
    assert [(row["columns"], row["active"]) for row in tables["growth-columns"]] == [
        *((1024, 64), (2048, 128), (4096, 256), (8192, 512), (16384, 1024))
    ]
    sizes = [row["mib"] for row in tables["growth-columns"]]
    assert sizes == sorted(sizes)
    assert [row["cells"] for row in tables["growth-cells"]] == [8, 16, 32, 64]
    assert [row["records"] for row in tables["growth-records"]] == [60]
    assert [row["records"] for row in tables["long"]] == [6 * tenth for tenth in range(1, 11)]
    tenths = tables["long"]
    speed, memory = tables["long-stays"]
    assert speed["ratio"] == pytest.approx(tenths[9]["records_per_second"] / tenths[1]["records_per_second"])
    if tenths[0]["resident_mib"] is not None:  # the system tells
        assert memory["ratio"] == pytest.approx(tenths[9]["resident_mib"] / tenths[1]["resident_mib"])
    assert [(row["streams"], row["records"]) for row in tables["streams"]] == [(2, 60), (3, 60)]


def test_counts(bench: Zhtm) -> None:
    tables = tables_of(bench("--only", "counts", "--counted", "150", "--json"))
    means = {row["what"]: row["mean"] for row in tables["counts"]}
    assert means["active columns"] == 8
    assert 0 < means["bursting columns"] < 8
    assert all(row["mean"] <= row["max"] for row in tables["counts"])


def test_the_sample_corpus_where_there_is_no_other(zhtm: Zhtm, preset: Path) -> None:
    ran = zhtm("bench", "--presets", preset, "--repeat", "1", "--only", "latency")
    assert ran.code == 0, ran.err
    assert "generated sample corpus" in ran.warnings[0]
    assert "sampleDemand/busy_weekend.csv" in ran.out  # the longest
    assert Path("results/bench.json").is_file()  # where it is not told


def test_tables_and_markdown(bench: Zhtm) -> None:
    plain, markdown = bench("--only", "latency"), bench("--only", "latency", "--markdown")
    assert plain.code == markdown.code == 0
    title = "Latency: wall time of HTMModel.step, after 200 records"
    assert title in plain.out
    assert f"**{title}**" in markdown.out
    assert "| file | preset | records | p50, us | p99, us | max, us |" in markdown.out
    assert "Figures: " in plain.out
    assert "Figures: " not in markdown.out


# An older run beside


@pytest.fixture
def old(bench: Zhtm, tmp_path: Path) -> Path:
    """A run's file, its latencies set to 2, 4 and 0 microseconds."""
    assert bench("--only", "latency").code == 0
    content = json.loads((tmp_path / "out" / "bench.json").read_text())
    content["sections"]["latency"][0]["rows"][0].update(p50_us=2.0, p99_us=4, max_us=0.0)
    path = tmp_path / "old.json"
    path.write_text(json.dumps(content))
    return path


def test_ratios(bench: Zhtm, old: Path, tmp_path: Path) -> None:
    ran = bench("--only", "latency,memory", "--against", old, "--json")
    tables = tables_of(ran)
    (row,) = tables["latency"]
    assert (row["p50_us_old"], row["p99_us_old"], row["max_us_old"]) == (2.0, 4, 0.0)
    assert row["p50_us_ratio"] == row["p50_us"] / 2
    assert row["p99_us_ratio"] == row["p99_us"] / 4
    assert row["max_us_ratio"] is None
    (memory,) = tables["memory"]  # not in the old one
    assert (memory["construction_ms_old"], memory["construction_ms_ratio"]) == (None, None)
    assert ran.warnings[1:] == []
    written = json.loads((tmp_path / "out" / "bench.json").read_text())
    assert "p50_us_old" not in written["sections"]["latency"][0]["rows"][0]

    shown = bench("--only", "latency", "--against", old, "--markdown").out
    assert "| p50, us | old | new/old | p99, us | old | new/old |" in shown


def test_it_says_what_was_not_the_same(bench: Zhtm, old: Path) -> None:
    content = json.loads(old.read_text())
    content["machine"]["numba"] = "0.1"
    old.write_text(json.dumps(content))
    ran = bench("--only", "latency", "--repeat", "2", "--against", old)
    assert any("not the same there: numba, repeat" in warning for warning in ran.warnings)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "not found; expected a JSON file"),
        ("{", "not JSON"),
        ("[1]", "expected a JSON object"),
        ("{}", "not a file that `zhtm bench` wrote (at format)"),
        ('{"format": "zhtm-bench", "version": 2}', "expected format version 1, got 2"),
        (
            '{"format": "zhtm-bench", "version": 1, "package": "0",'
            ' "machine": {}, "options": {}, "sections": {"a": 1}}',
            "not a file that `zhtm bench` wrote (at sections.a)",
        ),
    ],
)
def test_a_bad_older_run(bench: Zhtm, tmp_path: Path, content: str | None, expected: str) -> None:
    old = tmp_path / "old.json"
    if content is not None:
        old.write_text(content)
    refused(bench("--against", old), "old.json", expected)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("--only", "speed"), "section 'speed': unknown; expected one of files, "),
        (("--only", ","), "sections: expected at least one of files"),
        (("--presets", "classy"), "preset 'classy': unknown"),
        (("--presets", ","), "presets: expected at least one"),
        (("--presets", "small.json,./small.json"), "expected names that differ, got 'small' twice"),
        (("--repeat", "0"), "'--repeat'"),
        (("--records", "9"), "'--records'"),
        (("--streams", "1,0"), "streams: expected at least one number of at least 1"),
        (("--streams", "few"), "streams 'few': expected whole numbers"),
        (("--files", "none/*"), "files 'none/*'"),
        (("--nab-root", "nowhere"), "nowhere: not found"),
        (("--output", "."), "--output .: expected a file to write, got a folder"),
        (("--output", "small.json/bench.json"), "cannot be written"),
    ],
    ids=" ".join,
)
def test_refusals(
    bench: Zhtm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, args: tuple[str, ...], expected: str
) -> None:
    monkeypatch.setattr("zhtm_detector.bench.sections.measure", lambda *_: pytest.fail("a clock was started"))
    refused(bench(*args), expected)


def test_a_bad_data_file_is_refused(bench: Zhtm, corpus: Path) -> None:
    (corpus / "data" / SPIKE).write_text("timestamp,value\n2015-03-01 00:00:00,high\n")
    refused(bench(), "spike.csv", "field value")


def test_sections_are_what_the_help_says(zhtm: Zhtm) -> None:
    assert tuple(MAKERS) == SECTIONS
    text = " ".join(zhtm("bench", "--help").out.replace("│", " ").split())
    assert ", ".join(SECTIONS) in text
    assert BenchPlan({"classic": load_preset("classic")}).sections == QUICK
