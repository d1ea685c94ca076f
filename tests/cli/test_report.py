"""`zhtm report` and `zhtm plot`: what they write, of which detector, and what they refuse."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import FILES, Ran, data_text, read_labels, read_tree, refused, registry_of, wave, write_corpus, write_labels

from zhtm_detector.nab import choose_corpus as nab_roots

Zhtm = Callable[..., Ran]


@pytest.fixture
def scored(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> tuple[str | Path, ...]:
    """Options of a corpus with results of two baselines, without a report."""
    options = ("--nab-root", corpus, "--results", tmp_path / "r")
    ran = zhtm("run", *options, "--detectors", "nearestValue,null", "--workers", "1", "--no-report", "--json")
    assert json.loads(ran.out)["report"] is None
    assert not list((tmp_path / "r").glob("*.html"))
    return options


def page(folder: Path, name: str = "other-nearestValue") -> str:
    return (folder / f"report-{name}.html").read_text(encoding="utf-8")


def figures(html: str) -> dict[str, Any]:
    """The data of each figure in a page, with its colours as in the sources."""
    found = re.findall(r'<script type="application/json" data-figure="([^"]+)">(.*?)</script>', html)
    return {key: json.loads(re.sub(r'\{"\$colour":"([^"]*)"\}', r'"$\1"', content)) for key, content in found}


def pictures(html: str) -> dict[str, Any]:
    """The data of each file's picture."""
    drawn = figures(html)
    return {
        name: drawn[f"picture-{number}"]
        for number, name in enumerate(re.findall(r'<details data-file="([^"]+)"', html))
    }


def test_a_run_writes_it_and_says_where(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    ran = zhtm("run", "--nab-root", corpus, "--results", tmp_path / "r", "--detectors", "null", "--workers", "1")
    assert ran.out.splitlines()[-1] == f"Report: {tmp_path / 'r' / 'report-other-null.html'}"
    first = page(tmp_path / "r", "other-null")
    again = zhtm("report", "--nab-root", corpus, "--results", tmp_path / "r")
    assert again.out == f"Report: {tmp_path / 'r' / 'report-other-null.html'}\n"
    assert page(tmp_path / "r", "other-null") == first


def test_what_is_in_it(zhtm: Zhtm, scored: tuple[Any, ...], tmp_path: Path) -> None:
    ran = zhtm("report", *scored, "--json")
    path = tmp_path / "r" / "report-other-nearestValue.html"
    assert json.loads(ran.out) == {"report": str(path), "detector": "other-nearestValue"}
    html = page(tmp_path / "r")
    assert 'role="alert">These are NOT NAB scores' in html
    assert "by --detectors: null." in html
    drawn = figures(html)
    assert {"bars-0", "bars-1", "bars-2", "curves"} < set(drawn)
    assert set(drawn["bars-0"]["data"][0]["customdata"]) == {"baseline"}  # nothing published: these are no NAB scores
    assert set(pictures(html)) == set(FILES)
    for name, (_, spans) in FILES.items():
        content = pictures(html)[name]
        bands = [shape for shape in content["layout"]["shapes"] if shape["fillcolor"] == "$window"]
        assert len(bands) == len(spans)
        assert set(content["choices"]) == {"standard", "reward_low_FP_rate", "reward_low_FN_rate"}
        assert content["layout"]["hovermode"] == "x unified"
    # The most expensive file stands first in the table of each profile.
    for number in range(3):
        table = html.split(f'id="costs-{number}"')[1].split("</table>")[0]
        rows = [re.findall(r'data-value="([^"]*)"', row) for row in table.split("<tr>")[2:]]
        lost = [float(row[1]) for row in rows]
        assert {row[0] for row in rows} == set(FILES)
        assert lost == sorted(lost, reverse=True)


def test_costs_sum_to_what_the_score_lacks(zhtm: Zhtm, scored: tuple[Any, ...], tmp_path: Path) -> None:
    assert zhtm("report", *scored).code == 0
    final = json.loads((tmp_path / "r" / "final_results.json").read_text())["other-nearestValue"]
    for number, profile in enumerate(("standard", "reward_low_FP_rate", "reward_low_FN_rate")):
        table = page(tmp_path / "r").split(f'id="costs-{number}"')[1].split("</table>")[0]
        lost = sum(float(re.findall(r'data-value="([^"]*)"', row)[1]) for row in table.split("<tr>")[2:])
        assert 100 - lost == pytest.approx(final[profile])


def test_measures_of_both_detectors(zhtm: Zhtm, scored: tuple[Any, ...], tmp_path: Path) -> None:
    assert zhtm("report", *scored, "--overlay", "null").code == 0
    table = page(tmp_path / "r", "other-nearestValue-with-other-null").split('id="measures"')[1].split("</table>")[0]
    rows = [re.findall(r'data-value="([^"]*)"', row) for row in table.split("<tr>")[2:]]
    options = (*scored, "--detectors", "nearestValue,null", "--measures", "--json")
    measures = json.loads(zhtm("score", *options).out)["measures"]
    assert [row[0] for row in rows] == ["other-nearestValue", "other-null"]
    assert [float(row[-1]) for row in rows] == [measures[row[0]]["vus_pr"] for row in rows]


def test_detector_by_name(zhtm: Zhtm, scored: tuple[Any, ...], tmp_path: Path) -> None:
    assert zhtm("report", *scored).code == 0
    first = page(tmp_path / "r")
    assert json.loads(zhtm("report", *scored, "--detectors", "null", "--json").out)["detector"] == "other-null"
    assert page(tmp_path / "r") == first
    html = page(tmp_path / "r", "other-null")
    assert re.findall(r'<tr aria-current="true">.*?data-value="(other-[^"]*)"', html) == ["other-null"]
    found = [content["choices"]["standard"] for content in pictures(html).values()]
    assert sum(len(choice["shapes"]) for choice in found) == sum(
        len(spans) for _, spans in FILES.values()
    )  # all missed


def test_a_second_detector_over_the_first(zhtm: Zhtm, scored: tuple[Any, ...], tmp_path: Path) -> None:
    assert zhtm("report", *scored, "--overlay", "null", "--output", tmp_path / "over.html").code == 0
    assert zhtm("report", *scored, "--overlay", "null").out.endswith("report-other-nearestValue-with-other-null.html\n")
    html = (tmp_path / "over.html").read_text(encoding="utf-8")
    thresholds = json.loads((tmp_path / "r" / "thresholds.json").read_text())
    assert html == page(tmp_path / "r", "other-nearestValue-with-other-null")
    assert ">other-null</li>" in html and "The thin line over the scores is other-null." in html
    for content in pictures(html).values():
        line = next(trace for trace in content["data"] if trace["name"] == "other-null")
        assert (line["yaxis"], line["line"]["color"]) == ("y2", "$overlay")
        assert line["x"] == content["data"][0]["x"]
        traces = {trace["name"]: trace for trace in content["choices"]["standard"]["data"]}
        assert "other-null: detection" in traces
        assert traces["other-null: threshold"]["y"] == [thresholds["other-null"]["standard"]["threshold"]] * 2


def test_files_of_one_name(zhtm: Zhtm, tmp_path: Path) -> None:
    spans = [(200, 220)]
    write_corpus(tmp_path / "c", {"a/x.csv": (300, spans), "b/x.csv": (300, spans), "b/files.csv": (300, spans)})
    options = ("--nab-root", tmp_path / "c", "--results", tmp_path / "r")
    assert zhtm("run", *options, "--detectors", "null", "--workers", "1").code == 0
    html = page(tmp_path / "r", "other-null")
    links = dict(re.findall(r'<details data-file="([^"]+)" data-link="([^"]+)"', html))
    assert links == {"a/x.csv": "a/x", "b/x.csv": "b/x", "b/files.csv": "b/files"}  # "files" is a part of the page
    assert '<a href="#a/x/1" data-range="' in html
    for file in ("a/x", "b/x"):
        assert zhtm("plot", file, *options).code == 0
    assert {"a-x-other-null.html", "b-x-other-null.html"} <= {path.name for path in (tmp_path / "r").iterdir()}


def test_on_nab_the_published_stand_beside(
    zhtm: Zhtm, corpus: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    registry = registry_of(corpus)
    monkeypatch.setattr(nab_roots, "read_registry", lambda: registry)
    assert zhtm("run", "--nab-root", corpus, "--results", tmp_path / "r", "--detectors", "null").code == 0
    html = page(tmp_path / "r", "null")
    assert 'role="alert"' not in html
    assert {"published", "baseline"} == set(figures(html)["bars-0"]["data"][0]["customdata"])
    # A part of it: said loudly, and nothing published.
    options = ("--nab-root", corpus, "--results", tmp_path / "r", "--files", "one/*")
    assert zhtm("run", *options, "--detectors", "null,random").code == 0
    html = page(tmp_path / "r", "partial-null")
    assert "only 2 of 3 files were chosen" in html
    assert set(figures(html)["bars-0"]["data"][0]["customdata"]) == {"baseline"}
    # Scores of another part do not stand beside these.
    assert zhtm("run", *options[:-1], "two/*", "--detectors", "null").code == 0
    assert (
        figures(page(tmp_path / "r", "partial-null"))["bars-0"]["data"][0]["y"] == []
    )  # without windows there is no scale
    assert zhtm("run", *options[:-1], "one/spike.csv", "--detectors", "null").code == 0
    assert figures(page(tmp_path / "r", "partial-null"))["bars-0"]["data"][0]["y"] == ["partial-null"]


def test_names_are_escaped(zhtm: Zhtm, tmp_path: Path) -> None:
    write_corpus(tmp_path / "c", {'a"<b>&.csv': (300, [(200, 220)])})
    options = ("--nab-root", tmp_path / "c", "--results", tmp_path / "r")
    assert zhtm("run", *options, "--detectors", "null", "--workers", "1").code == 0
    html = page(tmp_path / "r", "other-null")
    assert "<b>&.csv" not in html
    assert 'data-file="a&quot;&lt;b&gt;&amp;.csv" data-link="a%22%3Cb%3E%26"' in html


# Bad input


def test_an_empty_folder(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    for folder in (tmp_path / "empty", tmp_path / "absent"):
        refused(zhtm("report", "--nab-root", corpus, "--results", folder), str(folder), "found none")
        refused(zhtm("plot", "spike", "--nab-root", corpus, "--results", folder), str(folder), "found none")
        assert not folder.exists()


def test_an_unknown_detector(zhtm: Zhtm, scored: tuple[Any, ...], tmp_path: Path) -> None:
    before = read_tree(tmp_path / "r")
    for verb in (("report",), ("plot", "spike")):
        for option, name in (("--detectors", "zhtm"), ("--detectors", "nearestValue,null"), ("--overlay", "zhtm")):
            refused(zhtm(*verb, *scored, option, name), f"detector '{name}'", "one name", "nearestValue, null")
        refused(zhtm(*verb, *scored, "--overlay", "nearestValue"), "overlay 'nearestValue'", "another detector")
    refused(zhtm("report", *scored, "--output", tmp_path / "p.png"), "p.png", "ends in .html")
    assert read_tree(tmp_path / "r") == before


def test_results_of_other_files(zhtm: Zhtm, scored: tuple[Any, ...], corpus: Path, tmp_path: Path) -> None:
    before = read_tree(tmp_path / "r")
    elsewhere = write_corpus(tmp_path / "elsewhere", {"three/new.csv": (300, [(200, 220)])})
    refused(zhtm("report", "--nab-root", elsewhere, *scored[2:]), str(elsewhere), "found none")
    more = corpus / "data" / "one" / "more.csv"
    more.write_text(data_text(wave(300)))
    labels = read_labels(corpus)
    write_labels(corpus, labels | {"one/more.csv": []})
    refused(zhtm("report", *scored), "other-nearestValue_more.csv", "cannot be read")
    more.unlink()
    write_labels(corpus, labels | {"one/spike.csv": labels["one/steps.csv"][:1]})
    refused(zhtm("report", *scored), "other-nearestValue_spike.csv", "expected the labels of one/spike.csv")
    write_labels(corpus, labels)
    (corpus / "data" / "one" / "spike.csv").write_text(data_text(wave(380, [(250, 270)])))
    refused(zhtm("report", *scored), "other-nearestValue_spike.csv", "expected 380 records", "got 400")
    assert read_tree(tmp_path / "r") == before


def test_results_that_are_not_scored(zhtm: Zhtm, scored: tuple[Any, ...], tmp_path: Path) -> None:
    (tmp_path / "r" / "thresholds.json").unlink()
    refused(zhtm("report", *scored), "thresholds.json", "run the optimize step first")
    assert zhtm("optimize", *scored, "--detectors", "nearestValue").code == 0
    (tmp_path / "r" / "other-nearestValue" / "other-nearestValue_standard_scores.csv").unlink()
    refused(zhtm("report", *scored), "standard_scores.csv", "run the score step first")
    assert not list((tmp_path / "r").glob("*.html"))


def test_a_report_that_fails_hinders_no_run(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "r" / "report-other-null.html").mkdir(parents=True)
    options = ("--nab-root", corpus, "--results", tmp_path / "r", "--detectors", "null", "--workers", "1", "--json")
    ran = zhtm("run", *options)
    assert ran.code == 0
    assert json.loads(ran.out)["report"] is None
    assert "no report: " in ran.warnings[-1]


# One file


def test_plot(zhtm: Zhtm, scored: tuple[Any, ...], tmp_path: Path) -> None:
    before = read_tree(tmp_path / "r")
    ran = zhtm("plot", "SPIKE", *scored)
    default = "spike-other-nearestValue.html"
    assert ran.out == f"Picture: {tmp_path / 'r' / default}\n"
    assert set(read_tree(tmp_path / "r")) == {*before, default}
    html = (tmp_path / "r" / default).read_text(encoding="utf-8")
    assert "one/spike.csv: other-nearestValue" in html
    assert "NOT NAB scores" in html
    (content,) = figures(html).values()
    assert len([shape for shape in content["layout"]["shapes"] if shape["fillcolor"] == "$window"]) == 1
    out = tmp_path / "new" / "p.html"
    options = ("--detectors", "null", "--profile", "reward_low_FP_rate", "--threshold", "0.5", "--output", out)
    assert zhtm("plot", "one/spike.csv", *scored, *options).code == 0
    assert out.read_text(encoding="utf-8").count(">false positive<") > 100  # null scores 0.5 everywhere


def test_a_plot_zooms_in_on_a_window(zhtm: Zhtm, scored: tuple[Any, ...], tmp_path: Path) -> None:
    whole, zoomed = tmp_path / "whole.html", tmp_path / "zoomed.html"
    assert zhtm("plot", "steps", *scored, "--output", whole).code == 0
    assert zhtm("plot", "steps", *scored, "--window", "2", "--output", zoomed).code == 0
    (drawn,) = figures(zoomed.read_text(encoding="utf-8")).values()
    layout = drawn["layout"]
    begin = datetime(2015, 3, 1, tzinfo=UTC).timestamp() * 1000  # the second window is [400, 430] of 500 records
    assert layout["xaxis"].pop("range") == [begin + 300_000 * record for record in (370, 460)]
    shown = wave(500, FILES["one/steps.csv"][1], seed=1)[370:461]
    low, high = layout["yaxis"].pop("range")
    assert low < shown.min() < shown.max() < high
    assert high - low == pytest.approx(1.1 * np.ptp(shown))
    (other,) = figures(whole.read_text(encoding="utf-8")).values()
    assert drawn == other  # all else is the same, so that the reader can zoom out
    refused(zhtm("plot", "steps", *scored, "--window", "3"), "window 3: one/steps.csv has 2 windows", "from 1 to 2")
    refused(zhtm("plot", "quiet", *scored, "--window", "1"), "window 1: two/quiet.csv has 0 windows")


def test_each_plot_has_its_own_name(zhtm: Zhtm, scored: tuple[Any, ...], tmp_path: Path) -> None:
    for options, name in (
        (("--profile", "standard"), "spike-other-nearestValue"),
        (("--detectors", "null"), "spike-other-null"),
        (("--overlay", "null"), "spike-other-nearestValue-with-other-null"),
        (("--profile", "reward_low_FP_rate"), "spike-other-nearestValue-reward_low_FP_rate"),
        (("--window", "1"), "spike-window-1-other-nearestValue"),
        (("--threshold", "0.65"), "spike-other-nearestValue-0.65"),
    ):
        ran = zhtm("plot", "spike", *scored, *options, "--json")
        found = json.loads(ran.out)
        assert found["picture"] == str(tmp_path / "r" / f"{name}.html")
        assert found["file"] == "one/spike.csv"
        assert found["detector"] == ("other-null" if name == "spike-other-null" else "other-nearestValue")
        assert isinstance(found["threshold"], float)
    assert found["threshold"] == 0.65


def test_plot_of_a_stream_without_labels(zhtm: Zhtm, tmp_path: Path) -> None:
    rows = [f"2020-01-01 00:{minute:02}:00,{minute},{(minute % 10) / 10}" for minute in range(60)]
    stream = tmp_path / "stream.csv"
    stream.write_text("\n".join(["timestamp,value,anomaly_score", *rows, ""]))
    ran = zhtm("plot", stream, "--threshold", "0.9", "--output", tmp_path / "s.html")
    assert (ran.code, ran.err) == (0, "")
    html = (tmp_path / "s.html").read_text(encoding="utf-8")
    assert html.count(">detection</td>") == 6
    assert "true positive" not in html.split("<main>")[1].split("<footer>")[0]
    results = ("--results", tmp_path / "r")
    assert (
        zhtm("plot", stream, "--threshold", "0.9", *results).out == f"Picture: {tmp_path / 'r' / 'stream-0.9.html'}\n"
    )
    plain = json.loads(zhtm("plot", stream, *results, "--json").out)
    path = str(tmp_path / "r" / "stream.html")
    assert plain == {"picture": path, "file": str(stream), "detector": None, "threshold": None}
    refused(zhtm("plot", stream, "--overlay", "null"), "stream.csv", "no --detectors, --overlay, --profile, --window")


def test_the_panel_of_raw_scores_holds_them(zhtm: Zhtm, tmp_path: Path) -> None:
    ranges = {}
    for highest in (0.5, 40.0):
        rows = [f"2020-01-01 00:{minute:02}:00,1,0.5,{highest * minute / 59 - highest // 8}" for minute in range(60)]
        stream = tmp_path / "stream.csv"
        stream.write_text("\n".join(["timestamp,value,anomaly_score,raw_score", *rows, ""]))
        assert zhtm("plot", stream, "--output", tmp_path / "s.html").code == 0
        (drawn,) = figures((tmp_path / "s.html").read_text(encoding="utf-8")).values()
        assert drawn["layout"]["yaxis2"]["range"] == [-0.03, 1.05]
        ranges[highest] = drawn["layout"]["yaxis3"]["range"]
    assert ranges == {0.5: [-0.03, 1.05], 40.0: pytest.approx([-5 - 1.2, 35 + 2])}


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX alone")
def test_plot_of_a_name_that_is_no_text(zhtm: Zhtm, tmp_path: Path) -> None:
    stream = tmp_path / os.fsdecode(b"bad\xff.csv")
    try:
        stream.write_text("timestamp,value,anomaly_score\n2020-01-01,1,0.5\n2020-01-02,1,0.5\n")
    except OSError:
        pytest.skip("this file system takes no such name")
    assert zhtm("plot", stream, "--threshold", "0.3", "--output", tmp_path / "b.html").code == 0
    assert "<title>bad?.csv</title>" in (tmp_path / "b.html").read_text(encoding="utf-8")


BAD_STREAMS = {
    "": "expected a CSV file with the columns timestamp, value, anomaly_score",
    "timestamp,value\n2020-01-01,1\n": "got no anomaly_score",
    "timestamp,value,anomaly_score\n": "at least one record",
    "timestamp,value,anomaly_score\nsoon,1,0.5\n": "field timestamp",
    "timestamp,value,anomaly_score\n2020-01-01,1,0.5\n,1,0.5\n": "row 3, field timestamp",
    "timestamp,value,anomaly_score\n2020-01-01,1,0.5\n2020-01-02,x,0.5\n": "row 3, field value",
    "timestamp,value,anomaly_score\n2020-01-01,1,1.5\n": "row 2, field anomaly_score",
}


@pytest.mark.parametrize("text", BAD_STREAMS)
def test_a_bad_stream(zhtm: Zhtm, tmp_path: Path, text: str) -> None:
    stream = tmp_path / "stream.csv"
    stream.write_text(text)
    refused(zhtm("plot", stream, "--output", tmp_path / "s.html"), str(stream), BAD_STREAMS[text])
    assert not (tmp_path / "s.html").exists()


def test_plot_of_bad_input(zhtm: Zhtm, scored: tuple[Any, ...], tmp_path: Path) -> None:
    before = read_tree(tmp_path)
    refused(zhtm("plot", "one/", *scored), "'one/'", "fits 2 files", "one/spike.csv, one/steps.csv")
    refused(zhtm("plot", "nothing", *scored), "'nothing'", "fits no file", *FILES)
    refused(zhtm("plot", "spike", *scored, "--profile", "mine"), "profile 'mine'", "reward_low_FN_rate")
    refused(zhtm("plot", "spike", *scored, "--output", tmp_path / "p.gif"), "p.gif", ".html, .png, .svg")
    assert read_tree(tmp_path) == before


# Pictures


def test_a_picture_without_the_extra(
    zhtm: Zhtm, scored: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "kaleido", None)
    refused(zhtm("plot", "spike", *scored, "--output", tmp_path / "p.png"), "pip install 'zhtm-detector[image]'")
    assert not (tmp_path / "p.png").exists()


def test_a_picture_without_a_browser(
    zhtm: Zhtm, scored: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kaleido = pytest.importorskip("kaleido")
    from choreographer.errors import ChromeNotFoundError

    def draw(*_: Any, **__: Any) -> bytes:
        raise ChromeNotFoundError

    monkeypatch.setattr(kaleido, "calc_fig_sync", draw)
    refused(zhtm("plot", "spike", *scored, "--output", tmp_path / "p.png"), "Chrome or Chromium", ".html needs none")
    assert not (tmp_path / "p.png").exists()


def test_a_picture_downloads_nothing(
    zhtm: Zhtm, scored: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kaleido = pytest.importorskip("kaleido")
    options: list[dict[str, Any]] = []

    def draw(figure: Any, opts: Any = None, *, kopts: dict[str, Any] | None = None) -> bytes:
        options.append(kopts or {})
        return b"drawn"

    monkeypatch.setattr(kaleido, "calc_fig_sync", draw)
    assert zhtm("plot", "spike", *scored, "--output", tmp_path / "p.png").code == 0
    assert (tmp_path / "p.png").read_bytes() == b"drawn"
    drawing_page = kaleido.PageGenerator(**options[0]).generate_index()
    assert "plotly.min.js" in drawing_page
    assert "http" not in drawing_page


@pytest.mark.skipif(not shutil.which("chromium"), reason="no chromium here to draw pictures with")
def test_pictures(zhtm: Zhtm, scored: tuple[Any, ...], tmp_path: Path) -> None:
    pytest.importorskip("kaleido")
    assert zhtm("plot", "spike", *scored, "--output", tmp_path / "p.png").code == 0
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    assert zhtm("plot", "spike", *scored, "--output", tmp_path / "p.svg").code == 0
    svg = (tmp_path / "p.svg").read_text(encoding="utf-8")
    assert svg.startswith("<svg")
    assert "one/spike.csv: other-nearestValue" in svg
    assert "rgb(26, 127, 55)" in svg or "#1a7f37" in svg  # true positives, in the page's own colour


@pytest.mark.parametrize("threshold", ["nan", "inf", "-inf", "1e400"])
def test_a_plot_has_a_finite_threshold(zhtm: Zhtm, scored: tuple[Any, ...], tmp_path: Path, threshold: str) -> None:
    stream = tmp_path / "scores.csv"
    stream.write_text("timestamp,value,anomaly_score\n2015-03-01 00:00:00,1,0.5\n2015-03-01 00:05:00,1,0.5\n")
    for file in ("spike", stream):
        refused(zhtm("plot", file, *scored, f"--threshold={threshold}"), "--threshold: expected a finite number, got")
