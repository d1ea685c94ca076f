"""The viewer in a real browser: served, and as the page on disk; wide and narrow, light and dark."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import clean_environment, hear_signals, write_corpus, zhtm_process

from zhtm_detector.detectors.data_file import DataFile, read_data_file
from zhtm_detector.detectors.record_file import record_file
from zhtm_detector.htm.params import load_preset
from zhtm_detector.htm.recording import Trace

sync_api = pytest.importorskip("playwright.sync_api")
pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

CHROMIUM = Path("/usr/bin/chromium")
RECORDS, WINDOW = 400, (250, 270)
WIDE, NARROW = {"width": 1400, "height": 900}, {"width": 390, "height": 844}

PARTS = {
    **{"run/260/cell/40": "#cell .facts", "encoders": "#overlap", "pooler": "#column"},
    **{"memory": "#letter-cells", "likelihood": "#scores"},
}

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no {CHROMIUM}: apt-get install chromium")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus") / "c", {"one/spike.csv": (RECORDS, [WINDOW])})


def spike(corpus: Path) -> DataFile:
    return read_data_file(corpus / "data" / "one" / "spike.csv", "one/spike.csv")


@pytest.fixture(scope="module")
def trace(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trace") / "spike.npz"
    record_file(spike(corpus), load_preset("classic"), 42, path)
    return path


@contextmanager
def serving(cache: Path, *args: object) -> Iterator[str]:
    """Run `zhtm view`, as in a terminal; yields the link it prints."""
    process = subprocess.Popen(
        [sys.executable, "-m", "zhtm_detector", "view", "--no-open", *map(str, args)],
        env=clean_environment(cache),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_signals,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("Viewer: http://127.0.0.1:"), line
        yield line.split()[1]
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
        assert process.returncode == 0
        assert "note: Ctrl-C ends it\n" in err and "Traceback" not in err
    finally:
        process.kill()


@pytest.fixture(scope="module")
def link(corpus: Path, trace: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("cache"), trace, "--nab-root", corpus) as link:
        yield link


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def opened(browser: Any, address: str, **options: Any) -> Iterator[Any]:
    """A page at an address; a complaint of the console, or a request to any other host, fails the test."""
    complaints: list[str] = []
    context = browser.new_context(**{"viewport": WIDE, **options})
    own = re.match(r"https?://[^/]+/|file:", address)
    assert own

    def answer(route: Any) -> None:
        if route.request.url.startswith(own.group()):
            route.continue_()
        else:
            complaints.append(f"asked for {route.request.url}")
            route.abort()

    context.route("**/*", answer)
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type != "log" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def page(browser: Any, link: str) -> Iterator[Any]:
    with opened(browser, link) as page:
        page.wait_for_selector("#cell-map")
        yield page


def record(page: Any) -> int:
    return int(page.input_value("#record"))


def wait_for_record(page: Any, number: int) -> None:
    page.wait_for_function("n => document.getElementById('record')?.value === String(n)", arg=number)
    page.wait_for_function(f"() => document.getElementById('record-card')?.innerText.includes('Record {number:,}')")


def test_the_run(page: Any) -> None:
    assert record(page) == 0
    text = page.inner_text("#series")
    assert "400 records" in text and "labelled window" in text and "threshold 0.5148" in text
    for card in ("prediction", "evidence", "cells", "columns", "bits", "likelihood", "cell"):
        assert page.locator(f"#{card}").is_visible()
    assert "token" not in page.url
    for picture in page.locator("[role=img]").all():
        assert picture.get_attribute("aria-label")
    assert page.inner_text("#said").startswith("Record 0, 2015-03-01 00:00:00: value")


def test_scrubbing_by_mouse(page: Any) -> None:
    panel = page.locator("#series .u-over").first.bounding_box()
    page.mouse.move(panel["x"] + 0.25 * panel["width"], panel["y"] + 40)
    page.mouse.down()
    page.mouse.move(panel["x"] + 0.5 * panel["width"], panel["y"] + 40, steps=4)
    assert abs(record(page) - 200) <= 2
    page.mouse.move(panel["x"] + 2 * panel["width"], panel["y"] + 40, steps=4)  # beyond the end
    page.mouse.up()
    wait_for_record(page, RECORDS - 1)
    page.mouse.move(panel["x"] + 0.25 * panel["width"], panel["y"] + 40)
    assert record(page) == RECORDS - 1  # the button is up
    line = page.locator("#series .cursor-line").first.bounding_box()
    assert abs(line["x"] - (panel["x"] + panel["width"])) < 3


def test_scrubbing_by_touch(browser: Any, link: str) -> None:
    with opened(browser, link, viewport=NARROW, has_touch=True) as page:
        page.wait_for_selector("#cell-map")
        panel = page.locator("#series .u-over").first.bounding_box()
        page.touchscreen.tap(panel["x"] + 0.75 * panel["width"], panel["y"] + 30)
        page.wait_for_function("() => Math.abs(Number(document.getElementById('record').value) - 300) <= 3")


def test_keys(page: Any) -> None:
    for key, number in (
        *(("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("Shift+ArrowRight", 11), ("PageDown", 111)),
        *(("End", RECORDS - 1), ("ArrowRight", RECORDS - 1), ("Home", 0), ("ArrowLeft", 0)),
    ):
        page.keyboard.press(key)
        wait_for_record(page, number)
    alerts = page.evaluate(
        "async () => { const { openTrace } = await import('/static/source.js');"
        "const trace = await openTrace({ served: true }); return trace.alerts; }"
    )
    assert len(alerts) >= 2
    wait_for_record(page, 0)
    after = [number for number in alerts if number > 0]
    page.keyboard.press("n")
    wait_for_record(page, after[0])
    assert "alert" in page.inner_text("#record-card .badge")
    page.keyboard.press("n")
    wait_for_record(page, after[1])
    page.keyboard.press("p")
    wait_for_record(page, after[0])
    page.fill("#record", "17")  # keys in a field are the field's own
    page.keyboard.press("Enter")
    wait_for_record(page, 17)
    page.focus("#record")
    page.keyboard.press("n")
    assert record(page) == 17


def test_playing_by_keyboard_only(page: Any) -> None:
    while page.evaluate("document.activeElement.className") != "play":
        page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    page.wait_for_function("() => Number(document.getElementById('record').value) > 5")
    assert page.get_attribute(".play", "aria-pressed") == "true"
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('.play').getAttribute('aria-pressed') === 'false'")
    stopped = record(page)
    page.wait_for_timeout(200)
    assert record(page) == stopped
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press(" ")
    page.wait_for_function("n => Number(document.getElementById('record').value) > n + 2", arg=stopped)
    page.keyboard.press(" ")


def test_a_cell_is_clicked_and_the_link_reopens_it(browser: Any, link: str) -> None:
    with opened(browser, f"{link}#run/300") as page:
        wait_for_record(page, 300)
        page.locator("#cell-map").click(position={"x": 60, "y": 20})
        page.wait_for_selector("#cell .facts")
        page.wait_for_function("() => /#run\\/300\\/cell\\/\\d+$/.test(location.hash)")
        cell = page.input_value("#cell-number")
        page.reload()
        wait_for_record(page, 300)
        assert page.input_value("#cell-number") == cell
        page.focus("#large-columns")
        page.keyboard.press("ArrowRight")  # chooses the first column, or goes on from the cell
        page.keyboard.press("ArrowDown")
        page.wait_for_function("before => document.getElementById('cell-number').value !== before", arg=cell)
        assert record(page) == 300  # the arrows were the picture's


@pytest.mark.parametrize("i", [130, RECORDS - 1])
def test_layers_and_cells_are_those_of_the_trace(page: Any, trace: Path, i: int) -> None:
    """The page decodes and replays by itself; the package's reader says what must come out."""
    with Trace.open(trace) as read:
        frame = read[i]
        cells = [*frame.winners.indices.tolist()[:4], *frame.predictive.indices.tolist()[:4], 33000]
        found = page.evaluate(
            "async ([i, cells]) => { const { openTrace } = await import('/static/source.js');"
            "const { cellAt, historyOf } = await import('/static/one_cell.js');"
            "const trace = await openTrace({ served: true }); await trace.load(i); const frame = trace.frame(i);"
            "const views = []; for (const cell of cells) views.push(await cellAt(trace, i, cell));"
            "let history = []; await historyOf(trace, cells[0], (lines) => { history = lines; }, () => false);"
            "const list = (name) => Array.from(frame[name]);"
            "return { score: trace.series.score[i], views, history, active: list('activeCells'),"
            "winners: list('winners'), predictive: list('predictive'), bursting: list('bursting'),"
            "bits: list('bits'), columns: list('active'), overlaps: list('overlaps') }; }",
            [i, cells],
        )
        assert found["score"] == frame.score
        assert found["bits"] == frame.bits.indices.tolist() and found["columns"] == frame.columns.indices.tolist()
        assert found["overlaps"] == frame.overlaps.tolist() and found["bursting"] == frame.bursting.indices.tolist()
        assert found["active"] == frame.active.indices.tolist() and found["winners"] == frame.winners.indices.tolist()
        assert found["predictive"] == frame.predictive.indices.tolist()
        for cell, view in zip(cells, found["views"], strict=True):
            expected = read.cell(i, cell)
            ours = {one["segment"]: {s["cell"]: s["permanence"] for s in one["synapses"]} for one in view["segments"]}
            assert ours == {
                one.number: dict(zip(one.presynaptic.tolist(), one.permanence.tolist(), strict=True))
                for one in expected.segments
            }
            active = {one["segment"] for one in view["segments"] if one["state"] == "active"}
            assert active == {one.number for one in expected.segments if one.is_active}
            out = {one["segment"]: (one["owner"], one["permanence"]) for one in view["out"]}
            fed = expected.outgoing
            others = zip(fed.cell.tolist(), fed.permanence.tolist(), strict=True)
            assert out == dict(zip(fed.segment.tolist(), others, strict=True))
        last = {
            one.number: sorted(one.permanence[-1][~np.isnan(one.permanence[-1])].tolist())
            for one in read.history(cells[0])
            if one.first + len(one.permanence) == len(read)
        }
        ours = {}
        for line in found["history"]:
            if line["points"][-1][1] is not None:
                ours.setdefault(line["segment"], []).append(line["points"][-1][1])
        assert {number: sorted(found) for number, found in ours.items()} == last


def test_overlaps_of_all_columns(page: Any, trace: Path) -> None:
    page.fill("#record", "200")
    page.keyboard.press("Enter")
    wait_for_record(page, 200)
    page.wait_for_function("() => document.getElementById('columns').innerText.includes('mean')")
    with Trace.open(trace) as read:
        assert f"0 … {read.overlaps(200).max()}" in page.inner_text("#columns")


def test_the_history_of_a_cell(browser: Any, link: str, trace: Path) -> None:
    with Trace.open(trace) as read:
        cell = int(read[300].predictive.indices[0])
    with opened(browser, f"{link}#run/300/cell/{cell}") as page:
        page.click("#cell .history > summary")
        page.wait_for_selector("#history-said:has-text('over the run')")
        assert int(re.findall(r"([\d,]+) synapse", page.inner_text("#history-said"))[0].replace(",", "")) > 0


def test_encoders(browser: Any, link: str) -> None:
    with opened(browser, f"{link}#encoders") as page:
        said = page.locator("#overlap [aria-live]")
        page.wait_for_function("() => document.querySelector('#overlap [aria-live]')?.textContent.includes('18 of 21')")
        page.focus(".slider:has-text('Value B') input")
        page.keyboard.press("Home")
        page.wait_for_function("() => document.querySelector('#overlap [aria-live]').textContent.includes(' 1 of 21')")
        for kind in page.locator("select option").evaluate_all("all => all.map((one) => one.value)")[1:]:
            before = page.locator("#bits").inner_html()
            page.select_option("select", kind)
            page.wait_for_function("before => document.querySelector('#bits').innerHTML !== before", arg=before)
        assert "of 126 bits" in said.text_content()
        page.select_option("select", "document")
        page.wait_for_function("() => document.querySelector('#overlap [aria-live]').textContent.includes('14 of 21')")
        page.fill(".text:has-text('Text B') input", "rain in April")
        page.wait_for_function("() => document.querySelector('#overlap [aria-live]').textContent.includes(' 2 of 21')")


def test_spatial_pooler(browser: Any, link: str) -> None:
    with opened(browser, f"{link}#pooler") as page:
        page.wait_for_selector("#column")
        assert "local, radius" in page.inner_text("#columns")
        page.locator("#columns canvas").nth(2).click(position={"x": 5, "y": 5})
        page.wait_for_selector("#column h2:has-text('Column 0')")
        page.select_option("select >> nth=1", "global")
        page.wait_for_function("() => !document.querySelector('#columns').innerText.includes('radius')")
        page.select_option("select >> nth=0", "1-D")
        page.focus(".slider:has-text('Records learned') input")
        page.keyboard.press("Home")
        page.wait_for_function("() => document.querySelector('#columns').innerText.includes('20 and 20, 20 the same')")


def test_temporal_memory(browser: Any, link: str) -> None:
    with opened(browser, f"{link}#memory") as page:
        page.wait_for_selector("#steps")
        kinds = "all => all.map((one) => one.className)"
        good = ["is-bursting", "is-correct", "is-correct", "is-correct"]
        assert page.eval_on_selector_all("#steps button", kinds) == good * 2
        assert page.locator("#steps .next").nth(2).inner_text() == "→ D"
        page.fill("label:has-text('Then try') input", "abXd?9")
        page.wait_for_function("() => document.querySelectorAll('#steps li').length === 4")
        assert page.eval_on_selector_all("#steps button", kinds)[1:3] == ["is-correct", "is-bursting"]
        page.click("#steps button >> nth=0")
        page.wait_for_selector("#letter-cells h2:has-text('Cells at A')")
        page.click("button:has-text('First time')")
        page.wait_for_function("() => document.querySelectorAll('#steps .is-correct').length === 0")


def test_likelihood(browser: Any, link: str) -> None:
    with opened(browser, f"{link}#likelihood") as page:
        page.wait_for_selector("#histogram canvas")
        count = "Number(document.querySelector('#scores .aside').innerText.split(' ')[0])"
        assert page.evaluate(count) >= 1
        box = page.locator("#histogram canvas").bounding_box()
        page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 50)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.17 * box["width"], box["y"] + 50, steps=5)
        page.mouse.up()
        page.wait_for_function(f"() => {count} > 100")
        page.focus(".slider:has-text('Threshold') input")
        page.keyboard.press("End")
        page.wait_for_function(f"() => {count} === 0")


@pytest.mark.parametrize(("viewport", "scheme"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide", "narrow"])
def test_widths_and_colours(browser: Any, link: str, viewport: Any, scheme: str) -> None:
    with opened(browser, link, viewport=viewport, color_scheme=scheme) as page:
        for view, waits in PARTS.items():
            page.evaluate("view => { location.hash = view; }", view)
            page.wait_for_selector(waits)
            assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], view
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(15, 20, 25)"}[scheme]
        page.click("#theme")
        page.wait_for_function("old => getComputedStyle(document.body).backgroundColor !== old", arg=ground)


def test_the_page_on_disk(browser: Any, corpus: Path, trace: Path, tmp_path: Path) -> None:
    output = tmp_path / "spike.html"
    ran = zhtm_process(tmp_path, "view", trace, "--nab-root", corpus, "--export", output)
    assert ran.code == 0, ran.err
    assert ran.out.startswith(f"Page: {output}") and output.stat().st_size < 5e6
    address = f"{output.as_uri()}#run/300/cell/33000"
    with opened(browser, address, offline=True) as page:
        wait_for_record(page, 300)
        page.wait_for_selector("#cell .facts")
        page.keyboard.press("ArrowRight")
        wait_for_record(page, 301)
        page.wait_for_function("() => location.hash === '#run/301/cell/33000'")
        page.click("nav a:has-text('Encoders')")
        page.wait_for_selector(".needs-server")
        page.click("nav a:has-text('Run')")
        wait_for_record(page, 301)
    with pytest.raises(AssertionError, match="Content Security Policy"), opened(browser, address) as page:
        page.evaluate("fetch('http://127.0.0.1:9').catch(() => 0)")
        page.wait_for_timeout(200)


def test_views_of_blocks(browser: Any, corpus: Path, tmp_path: Path) -> None:
    path = tmp_path / "novelty.npz"
    record_file(spike(corpus), load_preset("zhtm"), 42, path, 100)
    with serving(tmp_path, path) as link, opened(browser, f"{link}#run/255") as page:
        wait_for_record(page, 255)
        page.wait_for_selector("#views tbody tr")
        assert page.locator("#cells").count() == 0
        assert page.locator("#evidence tbody tr").count() >= 2
