"""The report in a real browser, offline and from disk: search, open, zoom, sort, profiles, light and dark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tiny import write_corpus, zhtm_process

WIDE, NARROW = {"width": 1400, "height": 900}, {"width": 390, "height": 800}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run on the sample corpus, with a second detector."""
    folder = tmp_path_factory.mktemp("report")
    options = ("--detectors", "nearestValue,null", "--workers", "1", "--results", folder / "results")
    ran = zhtm_process(folder / "cache", "run", *options, "--no-report", cwd=folder)
    assert ran.code == 0, ran.err
    ran = zhtm_process(folder / "cache", "report", *options[-2:], "--overlay", "null", cwd=folder)
    assert ran.code == 0, ran.err
    return folder / "results" / "report-sample-nearestValue-with-sample-null.html"


BOTH = pytest.mark.parametrize("page", [WIDE, NARROW], ids=["wide", "narrow"], indirect=True)


@pytest.fixture
def page(open_page: Any, report: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The report in a browser."""
    with open_page(report, viewport=getattr(request, "param", WIDE), color_scheme="light") as page:
        page.wait_for_selector("#bars-0 .main-svg")
        yield page


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


def shown(figure: Any) -> list[Any]:
    """What the time axis of all panels shows."""
    found: list[Any] = figure.evaluate("div => div._fullLayout.xaxis.range")
    return found


def wait_for_zoom(page: Any, before: list[Any]) -> None:
    page.wait_for_function(
        "before => document.querySelector('details[open] .figure')._fullLayout.xaxis.range[0] !== before",
        arg=before[0],
    )


def opened(page: Any) -> list[str]:
    """Which pictures are open."""
    found: list[str] = page.eval_on_selector_all("details[open]", "all => all.map(one => one.dataset.file)")
    return found


def wait_until_open(page: Any, name: str) -> None:
    """Wait for a file's picture, by the beginning of its path."""
    page.wait_for_selector(f'details[open][data-file^="{name}"] .main-svg')


def address(page: Any) -> str:
    found: str = page.evaluate("location.hash")
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
    page.wait_for_function("() => document.querySelectorAll('details .main-svg').length === 0")


def test_a_category_is_chosen(page: Any) -> None:
    options = page.eval_on_selector_all("#category option", "all => all.map(one => one.textContent)")
    assert options[0] == "all" and options[1:] == sorted({name.split("/")[0] for name in column(page, "costs-0", 0)})
    page.select_option("#category", label="sampleMachines")
    names = page.eval_on_selector_all(
        "details[data-file]", "all => all.filter(o => !o.hidden).map(o => o.dataset.file)"
    )
    assert names and all(name.startswith("sampleMachines/") for name in names)
    assert page.inner_text("#count") == f"{len(names)} of 14 files"
    assert page.locator("#costs-0 tbody tr:visible").count() == len(names)


def test_an_address_opens_a_file_and_zooms_to_a_window(open_page: Any, report: Path) -> None:
    with open_page(report, "#spikes/2", viewport=WIDE) as page:
        page.wait_for_selector("details[open] .main-svg")
        assert opened(page) == ["sampleMachines/spikes.csv"]
        figure = page.locator("details[open] .figure")
        inner = shown(figure)
        window = figure.evaluate("div => div.layout.shapes.filter(s => s.yref === 'paper' && s.x0 > 0)[2]")
        times = figure.evaluate("(div, range) => range.map((text) => Date.parse(`${text.replace(' ', 'T')}Z`))", inner)
        assert times[0] < window["x0"] < window["x1"] < times[1]
        page.click("details[open] .windows a:first-child")
        wait_for_zoom(page, inner)
        whole = shown(figure)
        assert whole[0] < inner[0] < inner[1] < whole[1]
        assert address(page) == "#spikes"
        page.go_back()
        wait_for_zoom(page, whole)
        assert shown(figure) == inner
        page.click("#theme")
        page.wait_for_timeout(300)
        assert shown(figure) == inner


def test_addresses_with_paths_and_unknown_ones(page: Any) -> None:
    for name in ("sampleMachines/creeping_drift.csv", "sampleMachines/spikes"):
        page.evaluate("name => { location.hash = name; }", name)
        wait_until_open(page, name)
        assert len(opened(page)) == 1
    for name, said in (
        ("nothing", "This report has no file called nothing."),
        ("100%", "This report has no file called 100%."),
        ("spikes/99", "sampleMachines/spikes.csv has no window 99; labelled windows: 3."),
    ):
        page.evaluate("name => { location.hash = name; }", name)
        page.wait_for_function("said => document.getElementById('message').textContent === said", arg=said)
        assert opened(page) == ["sampleMachines/spikes.csv"]
    page.click("nav a:first-child")
    page.wait_for_function("() => document.getElementById('message').textContent === ''")


def test_a_name_in_two_categories(open_page: Any, tmp_path: Path) -> None:
    spans = [(200, 220)]
    write_corpus(tmp_path / "c", {"a/x.csv": (300, spans), "b/x.csv": (300, spans), "b/y.csv": (300, spans)})
    options = ("--nab-root", tmp_path / "c", "--detectors", "null", "--workers", "1", "--results", tmp_path / "r")
    assert zhtm_process(tmp_path / "cache", "run", *options).code == 0
    with open_page(tmp_path / "r" / "report-other-null.html", "#x") as page:
        page.wait_for_function("() => document.getElementById('message').textContent !== ''")
        assert page.inner_text("#message") == "Several files are called x: a/x.csv, b/x.csv."
        page.evaluate("location.hash = 'b/x/1'")
        page.wait_for_selector("details[open] .main-svg")
        assert opened(page) == ["b/x.csv"]


def test_the_address_follows(page: Any) -> None:
    first = page.locator("#costs-0 tbody tr a").nth(0)
    first.click()
    page.wait_for_selector("details[open] .main-svg")
    links = page.eval_on_selector_all("#costs-0 tbody a", "all => all.map(one => one.getAttribute('href'))")
    assert address(page) == links[0]
    page.locator("details:not([open]) summary").nth(3).click()  # two stay open beside each other
    page.wait_for_function("before => location.hash !== before", arg=links[0])
    assert len(opened(page)) == 2
    page.go_back()
    page.wait_for_function("() => document.querySelectorAll('details[open]').length === 1")
    assert address(page) == links[0]
    page.go_forward()
    page.wait_for_function("before => location.hash !== before", arg=links[0])
    assert len(opened(page)) == 1


def test_keys_walk_through_the_table(page: Any) -> None:
    page.fill("#search", "nope")
    page.press("#search", "p")  # in an input it is a letter
    assert page.input_value("#search") == "nopep"
    assert opened(page) == []
    page.fill("#search", "sampleMachines")
    page.click("#costs-0 th:nth-child(1) button")
    names = [name for name in column(page, "costs-0", 0) if name.startswith("sampleMachines")]

    def press(key: str, expected: str) -> None:
        page.keyboard.press(key)
        wait_until_open(page, expected)
        assert opened(page) == [expected]

    press("n", names[0])
    press("n", names[1])
    assert address(page).startswith("#") and len(address(page)) > 1
    press("p", names[0])
    page.keyboard.press("p")
    assert page.inner_text("#message") == "There is no previous file in the table."
    page.go_back()
    wait_until_open(page, names[1])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_one_hover_shows_all_panels(open_page: Any, report: Path, scheme: str) -> None:
    with open_page(report, "#spikes", viewport=WIDE, color_scheme=scheme) as page:
        page.wait_for_selector("details[open] .main-svg")
        page.wait_for_timeout(300)
        for panel in page.locator("details[open] .nsewdrag").all():
            box = panel.bounding_box()
            page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2)
            page.wait_for_timeout(300)
            texts = " ".join(page.locator("details[open] .hoverlayer text").all_text_contents())
            assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d .*value [\d.]+.*score [\d.]+", texts), texts
            assert "sample-null 0.5" in texts
        ink, ground = page.evaluate(
            "() => [['text', 'fill'], ['rect', 'fill']].map(([tag, key]) =>"
            " getComputedStyle(document.querySelector(`details[open] .hoverlayer .legend ${tag}`))[key])"
        )
        brightness = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in (ink, ground)]
        assert abs(brightness[0] - brightness[1]) > 400


def test_a_hover_says_why(open_page: Any, tmp_path: Path) -> None:
    write_corpus(tmp_path / "c", {"a/x.csv": (600, [(450, 470)])})
    options = ("--nab-root", tmp_path / "c", "--detectors", "zhtm-novelty", "--workers", "1")
    assert zhtm_process(tmp_path / "cache", "run", *options, "--explain", "--results", tmp_path / "r").code == 0
    with open_page(tmp_path / "r" / "report-other-zhtm-novelty.html", "#x", viewport=NARROW) as page:
        page.wait_for_selector("details[open] .main-svg")
        point = page.locator("details[open] .scatterlayer .point").last.bounding_box()
        page.mouse.move(point["x"] + point["width"] / 2, point["y"] + point["height"] / 2)
        page.wait_for_timeout(300)
        texts = " ".join(page.locator("details[open] .hoverlayer text").all_text_contents())
        assert re.search(r"true positivethe value is 104\.7; .* so it is\s*above", texts), texts
        box = page.locator("details[open] .hoverlayer .legend").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= NARROW["width"]


def test_no_button_reaches_the_network(page: Any) -> None:
    """The page fixture refuses every request and every window that a button opens."""
    open_file(page, "spikes")
    downloads: list[str] = []
    page.on("download", lambda download: downloads.append(download.suggested_filename))
    for figure in ("details[open] .figure", "#curves"):
        page.locator(figure).scroll_into_view_if_needed()
        page.wait_for_selector(f"{figure} .modebar-btn", state="attached")
        names = page.eval_on_selector_all(f"{figure} .modebar-btn", "all => all.map(one => one.dataset.title)")
        assert len(names) >= 5 and not any(re.search("share|cloud|edit", name, re.IGNORECASE) for name in names)
        for number in range(len(names)):
            page.locator(f"{figure} .modebar-btn").nth(number).dispatch_event("click")
            page.wait_for_timeout(100)
    page.wait_for_timeout(1000)
    assert len(downloads) == 2 and all(name.endswith(".png") for name in downloads)


def test_the_policy_stops_what_would_leave(open_page: Any, report: Path) -> None:
    for script in ("new WebSocket('wss://localhost:9')", "fetch('http://localhost:9').catch(() => 0)"):
        with (
            pytest.raises(AssertionError, match="Content Security Policy"),
            open_page(report) as page,
        ):
            page.evaluate(script)
            page.wait_for_timeout(300)


@BOTH
def test_the_toolbar_covers_no_picture(page: Any) -> None:
    figure = open_file(page, "spikes")
    box = figure.locator(".nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    page.wait_for_timeout(400)
    if page.viewport_size["width"] < 600:
        assert figure.locator(".modebar-btn").count() == 0
    else:
        bar = figure.locator(".modebar").bounding_box()
        assert bar["y"] + bar["height"] <= box["y"]


@BOTH
def test_panels_zoom_together(page: Any) -> None:
    figure = open_file(page, "spikes")
    before = shown(figure)
    panel = figure.locator(".nsewdrag").last.bounding_box()
    middle = panel["y"] + panel["height"] / 2
    page.mouse.move(panel["x"] + 0.4 * panel["width"], middle)
    page.mouse.down()
    page.mouse.move(panel["x"] + 0.6 * panel["width"], middle, steps=5)
    page.mouse.up()
    wait_for_zoom(page, before)
    after = shown(figure)
    assert before[0] < after[0] < after[1] < before[1]
    page.click("#theme")
    page.select_option("#profile", "reward_low_FP_rate")
    page.wait_for_timeout(300)
    assert shown(figure) == after  # a zoom outlives other colours and another profile
    page.mouse.dblclick(panel["x"] + 0.5 * panel["width"], middle)
    wait_for_zoom(page, after)
    assert shown(figure) == before


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
    page.wait_for_function("() => window.copied")
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
