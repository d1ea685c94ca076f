"""`--explain` of `zhtm report`, `plot` and `run`: why a model alerts, only from a run that repeats its scores."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tiny import Ran, read_tree, refused, write_corpus

from zhtm_detector import load_preset
from zhtm_detector.detectors.explain_file import usual_interval
from zhtm_detector.nab.outcomes import Marks
from zhtm_detector.pages.report.figures import picture
from zhtm_detector.pages.report.series import FileSeries, FileView, View

Zhtm = Callable[..., Ran]
RAN = ("--detectors", "zhtm-novelty,null", "--workers", "1")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus whose second file has nothing to detect."""
    folder = tmp_path_factory.mktemp("explained") / "corpus"
    return write_corpus(folder, {"one/spike.csv": (600, [(450, 470)]), "one/quiet.csv": (300, [])})


@pytest.fixture
def options(zhtm: Zhtm, root: Path, tmp_path: Path) -> tuple[str | Path, ...]:
    """Options of the corpus with results."""
    options = ("--nab-root", root, "--results", tmp_path / "r")
    assert zhtm("run", *options, *RAN, "--no-report").code == 0
    return options


def reasons(html: str, profile: str = "standard") -> dict[str, list[str]]:
    """The sentences in the hover boxes of all figures, by trace."""
    found: dict[str, list[str]] = {}
    for content in re.findall(r'data-figure="picture[^"]*">(.*?)</script>', html):
        for trace in json.loads(content)["choices"][profile]["data"]:
            texts = trace.get("customdata", ()) if trace["yaxis"] == "y2" else ()
            found.setdefault(trace["name"], []).extend(t.removeprefix("<br>").replace("<br>", " ") for t in texts)
    return {name: texts for name, texts in found.items() if texts}


def test_a_known_alert(zhtm: Zhtm, options: tuple[Any, ...], tmp_path: Path) -> None:
    page = tmp_path / "r" / "report-other-zhtm-novelty.html"
    assert zhtm("report", *options).code == 0
    plain = page.read_text(encoding="utf-8")
    assert reasons(plain) == {} and "why it is one" not in plain
    before = read_tree(tmp_path / "r")
    ran = zhtm("report", *options, "--explain")
    assert (ran.code, ran.warnings[1:]) == (0, [])
    html = page.read_text(encoding="utf-8")
    assert html.count("Point at a detection to read why it is one.") == 1
    (sentence,) = reasons(html)["true positive"]
    assert sentence == "the value is 104.7; the closest values seen before are 23.9 to 73.6, so it is above"
    assert json.loads(zhtm("report", *options, "--explain", "--json").out)["detector"] == "other-zhtm-novelty"
    assert page.read_text(encoding="utf-8") == html  # deterministic
    after = read_tree(tmp_path / "r")
    assert {name for name in after if after[name] != before.get(name)} == {page.name}


def test_a_run_explains_what_it_has_run(zhtm: Zhtm, root: Path, tmp_path: Path) -> None:
    """Also parameters that no name stands for; nothing else changes."""
    preset = tmp_path / "mine.json"
    preset.write_text(load_preset("novelty").model_copy(update={"causal": True}).model_dump_json())
    options = ("--nab-root", root, "--results", tmp_path / "r")
    mine = ("--detectors", str(preset), "--seed", "7", "--workers", "1")
    assert zhtm("run", *options, *mine).code == 0
    before = read_tree(tmp_path / "r")
    assert zhtm("run", *options, *mine, "--explain").code == 0
    after = read_tree(tmp_path / "r")
    (page,) = (name for name in after if after[name] != before[name])
    html = after[page].decode()
    assert reasons(html)
    refused(zhtm("report", *options, "--explain"), "zhtm-mine is no shipped detector; expected its file in --preset")
    assert zhtm("report", *options, "--explain", "--preset", preset, "--seed", "7").code == 0
    assert (tmp_path / "r" / page).read_text(encoding="utf-8") == html
    refused(zhtm("run", *options, *mine, "--explain", "--no-report"), "--explain", "--no-report")
    for option in (("--preset", preset), ("--seed", "7")):
        refused(zhtm("report", *options, *option), "--preset and --seed: expected --explain beside them")


@pytest.mark.parametrize("other", [("--preset", "zhtm"), ("--seed", "43")])
def test_scores_of_another_run(zhtm: Zhtm, options: tuple[Any, ...], tmp_path: Path, other: tuple[str, ...]) -> None:
    page = tmp_path / "p.html"
    assert zhtm("plot", "spike", *options, "--output", page).code == 0
    plain = page.read_bytes()
    ran = zhtm("plot", "spike", *options, *other, "--explain", "--output", page)
    assert (ran.code, page.read_bytes()) == (0, plain)
    assert "zhtm-novelty: no reasons for the detections in 1 of 1 files" in ran.warnings[-1]


def test_one_altered_score_before_the_alert(zhtm: Zhtm, options: tuple[Any, ...], tmp_path: Path) -> None:
    """The scores up to the last alert must be the same, not that of the alert alone, which may be a common one."""
    path = tmp_path / "r" / "other-zhtm-novelty" / "one" / "other-zhtm-novelty_spike.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    fields = lines[11].split(",")
    assert fields[2] == "0.0"
    lines[11] = ",".join([*fields[:2], "0.001", *fields[3:]])
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    ran = zhtm("plot", "spike", *options, "--explain", "--output", tmp_path / "p.html")
    assert "no reasons for the detections in 1 of 1 files" in ran.warnings[-1]
    assert reasons((tmp_path / "p.html").read_text(encoding="utf-8")) == {}


def test_a_run_that_fails(
    zhtm: Zhtm, options: tuple[Any, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explain_file(_: object) -> None:
        raise MemoryError("too much")

    monkeypatch.setattr("zhtm_detector.pages.report.reasons.explain_file", explain_file)
    ran = zhtm("plot", "spike", *options, "--explain", "--output", tmp_path / "p.html")
    assert (ran.code, len(ran.warnings)) == (0, 2)
    assert "one/spike.csv: no reasons for its detections (MemoryError: too much)" in ran.warnings[-1]
    assert reasons((tmp_path / "p.html").read_text(encoding="utf-8")) == {}


def test_a_baseline_has_no_reasons(zhtm: Zhtm, options: tuple[Any, ...], tmp_path: Path) -> None:
    pages = tmp_path / "a.html", tmp_path / "b.html"
    assert zhtm("report", *options, "--detectors", "null", "--output", pages[0]).code == 0
    ran = zhtm("report", *options, "--detectors", "null", "--explain", "--output", pages[1])
    assert (ran.code, pages[1].read_bytes()) == (0, pages[0].read_bytes())
    assert "null: no reasons for its detections, because it is no model" in ran.warnings[-1]


def test_a_plot_lists_them(zhtm: Zhtm, options: tuple[Any, ...], tmp_path: Path) -> None:
    page = tmp_path / "p.html"
    assert zhtm("plot", "spike", *options, "--explain", "--overlay", "null", "--output", page).code == 0
    html = page.read_text(encoding="utf-8")
    (sentence,) = reasons(html)["true positive"]
    assert f">{sentence}</td>" in html
    assert set(reasons(html)) <= {"true positive", "false positive"}  # none of the second detector
    refused(zhtm("plot", "spike", *options, "--explain", "--output", tmp_path / "p.png"), "p.png", "ends in .html")
    scores = tmp_path / "s.csv"
    scores.write_text("timestamp,value,anomaly_score\n2020-01-01,1,0.5\n")
    refused(zhtm("plot", scores, "--explain"), "s.csv", "--explain")


def test_what_looks_like_markup_is_text() -> None:
    texts: Mapping[int, str] = {3: "<b>%{x}</b> & " + "long " * 12}
    series = FileSeries("a.csv", pd.Series(range(9)).to_numpy(float), *2 * (pd.Series(range(9)).to_numpy(float),))
    views = {"standard": View(2.0, Marks((), pd.Series([3, 4]).to_numpy()), labelled=False)}
    found = reasons(picture(FileView(series, views, reasons=texts), "picture").html())
    assert found["detection"] == ["&#60;b&#62;&#37;{x}&#60;/b&#62; &#38; " + ("long " * 12).strip(), ""]


def test_the_interval_between_records() -> None:
    times = pd.Series(pd.date_range("2020-01-01", periods=30, freq="5min"))
    assert str(usual_interval(times)) == "0:05:00"
    assert str(usual_interval(times.drop(index=[7, 8]))) == "0:05:00"
    assert usual_interval(times.iloc[[0, 1, 3, 4, 6, 7, 9, 10]]) is None
    assert usual_interval(pd.Series([times[0]] * 5)) is None
    assert usual_interval(times[:1]) is usual_interval(times[:0]) is None
