"""The report in a real browser, offline and from disk: search, open, zoom, sort, profiles, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tiny import zhtm_process

sync_api = pytest.importorskip("playwright.sync_api")

CHROMIUM = Path("/usr/bin/chromium")
WIDE, NARROW = {"width": 1400, "height": 900}, {"width": 390, "height": 800}

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no {CHROMIUM}: apt-get install chromium")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run on the sample corpus."""
    folder = tmp_path_factory.mktemp("report")
    options = ("--detectors", "nearestValue,null", "--workers", "1", "--results", folder / "results")
    ran = zhtm_process(folder / "cache", "run", *options, cwd=folder)
    assert ran.code == 0, ran.err
    return folder / "results" / "report.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield launched
        launched.close()


BOTH = pytest.mark.parametrize("page", [WIDE, NARROW], ids=["wide", "narrow"], indirect=True)


@pytest.fixture
def page(browser: Any, report: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The report, loaded without a network; what the console complains of fails the test."""
    context = browser.new_context(viewport=getattr(request, "param", WIDE), color_scheme="light")
    context.set_offline(True)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: asked.url.startswith(("file:", "data:", "blob:")) or complaints.append(asked.url))
    page.goto(report.as_uri())
    page.wait_for_selector("#bars-0 .main-svg")
    yield page
    context.close()
    assert complaints == []


def column(page: Any, table: str, number: int) -> list[str]:
    """The whole values of a table's column, as it is sorted now."""
    values: list[str] = page.eval_on_selector_all(
        f"#{table} tbody tr", f"rows => rows.map(row => row.cells[{number}].dataset.value)"
    )
    return values


def open_file(page: Any, part: str) -> Any:
    """Search a file and open its picture from the table."""
    page.fill("#search", part)
    page.click("#costs-0 tbody tr:visible a")
    page.wait_for_selector("details[open] .main-svg")
    return page.locator("details[open] .figure")


def ranges(figure: Any) -> list[Any]:
    """What each panel's time axis shows."""
    found: list[Any] = figure.evaluate("div => ['xaxis', 'xaxis2'].map(axis => div._fullLayout[axis].range)")
    return found


def test_it_says_that_these_are_no_nab_scores(page: Any) -> None:
    assert "NOT NAB scores" in page.inner_text(".warning")
    assert page.locator("#bars-0 .main-svg").count() > 0


@BOTH
def test_nothing_is_wider_than_the_window(page: Any) -> None:
    open_file(page, "spikes")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@BOTH
def test_searching_and_opening(page: Any) -> None:
    whole = page.locator("#costs-0 tbody tr:visible").count()
    assert whole == 14
    assert page.inner_text("#count") == "14 of 14 files"
    page.fill("#search", "MACHINES drift")
    assert page.inner_text("#count") == "1 of 14 files"
    assert page.locator("#costs-0 tbody tr:visible").count() == 1
    assert page.locator("details:visible").count() == 1
    page.fill("#search", "nothing like it")
    assert page.locator("details:visible").count() == 0
    assert page.locator("details .main-svg").count() == 0  # what is closed is not drawn
    figure = open_file(page, "level_shift")
    assert figure.evaluate("div => div.calcdata[0].length") > 1000
    page.fill("#search", "")
    assert page.locator("details:visible").count() == 14
    page.click("details[open] summary")
    page.wait_for_function("document.querySelectorAll('details .main-svg').length === 0")


def test_an_address_opens_a_file(page: Any) -> None:
    page.evaluate("location.hash = '#file-3'")
    page.wait_for_selector("#file-3[open] .main-svg")


@BOTH
def test_panels_zoom_together(page: Any) -> None:
    figure = open_file(page, "spikes")
    before = ranges(figure)
    assert before[0] == before[1]
    panel = figure.locator(".nsewdrag").first.bounding_box()
    middle = panel["y"] + panel["height"] / 2
    page.mouse.move(panel["x"] + 0.4 * panel["width"], middle)
    page.mouse.down()
    page.mouse.move(panel["x"] + 0.6 * panel["width"], middle, steps=5)
    page.mouse.up()
    page.wait_for_function(
        "before => document.querySelector('details[open] .figure')._fullLayout.xaxis.range[0] > before",
        arg=before[0][0],
    )
    after = ranges(figure)
    assert after[0] == after[1]
    assert before[0][0] < after[0][0] < after[0][1] < before[0][1]
    page.click("#theme")
    page.select_option("#profile", "reward_low_FP_rate")
    page.wait_for_timeout(300)
    assert ranges(figure) == after  # a zoom outlives other colours and another profile


def test_sorting(page: Any) -> None:
    lost = [float(value) for value in column(page, "costs-0", 1)]
    assert lost == sorted(lost, reverse=True)
    page.click("#costs-0 th:nth-child(2) button")
    page.click("#costs-0 th:nth-child(2) button")
    assert [float(value) for value in column(page, "costs-0", 1)] == sorted(lost)
    page.click("#costs-0 th:nth-child(1) button")
    names = column(page, "costs-0", 0)
    assert names == sorted(names) and len(names) == 14
    assert page.get_attribute("#costs-0 th:nth-child(1)", "aria-sort") == "ascending"


def test_copying(page: Any) -> None:
    page.fill("#search", "spikes")
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    page.click("#costs-0 button.copy")
    page.wait_for_function("window.copied")
    lines = page.evaluate("window.copied").split("\n")
    assert lines[0].startswith("file\tpoints lost\t")
    assert [line.split("\t")[0] for line in lines[1:]] == ["sampleMachines/spikes.csv"]  # what is searched, whole


def test_a_profile_changes_table_and_marks(page: Any) -> None:
    figure = open_file(page, "spikes")
    drawn = "div => div.data.find(trace => trace.name === 'threshold').y[0]"
    first = figure.evaluate(drawn)
    assert f"threshold {first:.5g}" in page.inner_text("#costs-0 strong")
    page.select_option("#profile", "reward_low_FN_rate")
    assert page.locator("#costs-2").is_visible()
    assert not page.locator("#costs-0").is_visible()
    page.wait_for_timeout(300)
    assert f"threshold {figure.evaluate(drawn):.5g}" in page.inner_text("#costs-2 strong")


def test_light_and_dark(page: Any) -> None:
    bars = page.locator("#bars-0")
    colour = "div => div.querySelector('.xtick text').style.fill"
    light = (page.evaluate("getComputedStyle(document.body).backgroundColor"), bars.evaluate(colour))
    page.click("#theme")
    page.wait_for_function(f"before => ({colour})(document.querySelector('#bars-0')) !== before", arg=light[1])
    dark = (page.evaluate("getComputedStyle(document.body).backgroundColor"), bars.evaluate(colour))
    assert (light[0], dark[0]) == ("rgb(255, 255, 255)", "rgb(15, 20, 25)")
    page.click("#theme")
    page.wait_for_function(f"before => ({colour})(document.querySelector('#bars-0')) === before", arg=light[1])
