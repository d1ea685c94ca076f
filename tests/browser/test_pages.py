"""Figures and tables of any page in a real browser: names that look like colours, and sorting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from zhtm_detector.common.files import write_text
from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.nab.scoreboard import BoardRow
from zhtm_detector.pages.figure import Figure, Markup
from zhtm_detector.pages.html_table import table_html
from zhtm_detector.pages.report.figures import bars
from zhtm_detector.pages.report.keys import origin_keys
from zhtm_detector.pages.shell import Section, render, static

LINK = '<a href="https://example.org">%{y} &lt;</a>'
NAMES = ["$ours", "$x", LINK, "2015", 'a"<b>&']
CHOICES: list[Cell] = ["[2, 4]", "null", 10, "[1]", None, 9.5, "true"]


@pytest.fixture(scope="module", params=["light", "dark"])
def page(tmp_path_factory: pytest.TempPathFactory, open_page: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A page of bars, a line and a table."""
    origins = ["other", "published", "ours", "baseline", "other"]
    rows = [BoardRow(n, o, {"standard": 90.0 - i}) for i, (n, o) in enumerate(zip(NAMES, origins, strict=True))]
    times = np.array([1.0, 2.0])
    traces = [{"x": times, "y": [3, 4], "name": "$array"}, {"x": times, "y": np.array([5, 6]), "name": LINK}]
    layout = {"title": {"text": LINK}, "xaxis": {"title": {"text": LINK}}, "yaxis": {"title": {"text": "$x"}}}
    line = Figure("line", traces, layout)
    axes = [
        {"label": LINK, "values": [1, 2]},
        {"label": "b", "values": [0, 1], "tickvals": [0], "ticktext": [Markup(LINK)]},
    ]
    parallel = Figure("parallel", [{"type": "parcoords", "dimensions": axes}], {})
    columns = [Column("choice", "choice", right=True), Column("n", "n")]
    table = DataTable("T", columns, [[choice, number] for number, choice in enumerate(CHOICES)])
    figure = bars(rows, "standard", "bars", reported="2015")
    body = [figure.html(), origin_keys(origins, "2015"), line.html(), parallel.html(), table_html(table, "table")]
    path = tmp_path_factory.mktemp("page") / "page.html"
    write_text(path, render("Page", [Section("all", "All", body)], style=static("report.css")))
    with open_page(path, color_scheme=request.param) as opened:
        for key in ("bars", "line", "parallel"):
            opened.locator(f"#{key}").scroll_into_view_if_needed()
            opened.wait_for_selector(f"#{key} .main-svg")
        yield opened


def test_names_are_drawn_as_they_are(page: Any) -> None:
    ticks = page.eval_on_selector_all("#bars .ytick text", "all => all.map(one => one.textContent)")
    assert ticks == NAMES[::-1]  # drawn from below
    for part, text in ((".gtitle", LINK), (".xtitle", LINK), (".ytitle", "$x")):
        assert page.text_content(f"#line {part}") == text
    drawn = page.evaluate("document.getElementById('line')._fullData.map(({ x, y }) => [[...x], [...y]])")
    assert drawn == [[[1, 2], [3, 4]], [[1, 2], [5, 6]]]
    assert page.text_content("#parallel .axis-title") == LINK
    assert page.text_content("#parallel .parcoords g:nth-child(2) > .axis-overlays .axis text") == LINK
    assert page.locator(".no-webgl").count() == 0
    legend = page.eval_on_selector_all("#line .legendtext", "all => all.map(one => one.textContent)")
    assert legend == ["$array", LINK]
    for key, point in (("bars", {"curveNumber": 0, "pointNumber": 2}), ("line", {"curveNumber": 1, "pointNumber": 1})):
        page.evaluate("([key, point]) => Plotly.Fx.hover(key, [point])", [key, point])
        assert LINK in page.text_content(f"#{key} .hoverlayer")
    assert page.locator(".figure svg a").count() == 0


def test_every_origin_has_a_colour_and_a_key(page: Any) -> None:
    colours = page.evaluate("document.getElementById('bars').data[0].marker.color")
    assert len(set(colours)) == 4 and all(colour.startswith("#") for colour in colours)
    keys = "all => all.map(one => [one.textContent, getComputedStyle(one, '::before').color])"
    seen = dict(page.eval_on_selector_all(".keys li", keys))
    assert list(seen) == ["ours", "baseline", "published", "other", "reported here: 2015"]
    assert len(set(seen.values())) == 5


def test_the_reported_bar_is_framed(page: Any) -> None:
    widths = page.evaluate("document.getElementById('bars').data[0].marker.line.width")
    assert [name for name, width in zip(NAMES, widths, strict=True) if width] == ["2015"]


def test_a_column_of_choices_is_sorted(page: Any) -> None:
    def values() -> list[str]:
        found: list[str] = page.eval_on_selector_all(
            "#table tbody tr", "rows => rows.map(row => row.cells[0].dataset.value)"
        )
        return found

    texts = ["[1]", "[2, 4]", "null", "true"]
    page.click("#table th:nth-child(1) button")
    assert values() == [*texts[::-1], "10", "9.5", ""]
    page.click("#table th:nth-child(1) button")
    assert values() == ["9.5", "10", *texts, ""]
    page.click("#table th:nth-child(2) button")
    page.click("#table th:nth-child(2) button")
    assert values() == ["" if choice is None else str(choice) for choice in CHOICES]
