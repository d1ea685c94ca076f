"""Take pictures of a report in headless Chromium, and print how long it takes until a reader can use it.

    .venv/bin/python tests/browser/screenshot.py results/report-zhtm.html --open nyc_taxi --output results/report.png

With `--all FOLDER` it takes four pictures of the whole page: 1400 and 390 pixels wide, light and dark.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from time import perf_counter

from playwright.sync_api import Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
WIDE, NARROW = 1400, 390


def load(page: Page, report: Path) -> tuple[float, float]:
    """Open a report from disk; milliseconds until its search box has answered, and until the first figure is drawn."""
    start = perf_counter()
    page.goto(report.resolve().as_uri())
    page.fill("#search", "no such file")
    page.wait_for_function("() => document.getElementById('count').textContent.startsWith('0 of')")
    answered = 1000 * (perf_counter() - start)
    page.wait_for_selector("#bars-0 .main-svg")
    drawn = 1000 * (perf_counter() - start)
    page.fill("#search", "")
    return answered, drawn


def open_file(page: Page, part: str) -> None:
    """Open the picture of the first file with this in its name."""
    page.fill("#search", part)
    page.click("#files tbody tr:visible a")
    page.wait_for_selector("details[open] .main-svg")
    page.wait_for_timeout(500)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path)
    parser.add_argument("--open", default="", metavar="PART", help="part of the name of the file whose picture to show")
    parser.add_argument("--output", type=Path, help="scoreboard and the file's picture, light, as one PNG")
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="the whole page, wide and narrow, light and dark")
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        shots = [(WIDE, "light"), (WIDE, "dark"), (NARROW, "light"), (NARROW, "dark")]
        for width, scheme in shots if options.all else shots[:1]:
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
            context.set_offline(True)
            page = context.new_page()
            answered, drawn = load(page, options.report)
            print(f"{width} px, {scheme}: tables answer after {answered:.0f} ms, figures after {drawn:.0f} ms")  # noqa: T201
            open_file(page, options.open)
            if options.all:
                for place in ("#board", "#curves"):  # figures are drawn when they come near the window
                    page.locator(place).scroll_into_view_if_needed()
                    page.wait_for_timeout(300)
                page.evaluate("scrollTo(0, 0)")
                page.mouse.move(0, 0)
                page.screenshot(path=options.all / f"report-{width}-{scheme}.png", full_page=True)
            if options.output:
                # Hide everything between the scoreboard and the file's picture.
                page.add_style_tag(
                    content="nav,.lead,#board,#thresholds,#files,.note{display:none}footer{display:none}header{position:static}"
                )
                page.locator("details:not([open])").evaluate_all("all => all.forEach(one => one.remove())")
                page.set_viewport_size({"width": 1200, "height": 900})
                page.mouse.move(0, 0)
                page.wait_for_timeout(800)
                page.screenshot(path=options.output, full_page=True)
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
