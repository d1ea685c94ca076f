"""Measure the viewer in headless Chromium, and take pictures of every part of it.

    .venv/bin/python tests/browser/viewer_speed.py nyc_taxi.trace.npz --pictures FOLDER

Prints how long it takes until the page answers and until the run is shown, and the frames a second while it plays. With
`--pictures` each part is taken at 1400 and 390 pixels, light and dark.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
WIDE, NARROW = 1400, 390
PARTS = ("run", "encoders", "pooler", "memory", "likelihood")
FRAMES = """async ([seconds, speed]) => {
  const select = [...document.querySelectorAll(".transport select")][0];
  select.value = String(speed);
  select.dispatchEvent(new Event("change", { bubbles: true }));
  const field = document.getElementById("record");
  const first = Number(field.value);
  const times = [];
  document.querySelector(".play").click();
  await new Promise((done) => {
    const frame = (time) => {
      times.push(time);
      if (time - times[0] < 1000 * seconds) requestAnimationFrame(frame);
      else done();
    };
    requestAnimationFrame(frame);
  });
  document.querySelector(".play").click();
  const gaps = times.slice(1).map((time, i) => time - times[i]).sort((a, b) => a - b);
  return { rate: 1000 * gaps.length / (times.at(-1) - times[0]), late: gaps.filter((gap) => gap > 25).length,
    frames: gaps.length, slowest: gaps.at(-1), records: Number(field.value) - first };
}"""


def load(page: Page, link: str) -> tuple[float, float]:
    """Open the page; milliseconds until it can be used, and until the run is shown."""
    page.goto(link, wait_until="commit")
    page.wait_for_selector("#cell-map, #views, #evidence")
    shown: float = page.evaluate("performance.now()")
    answers: float = page.evaluate("performance.getEntriesByName('interactive')[0].startTime")
    return answers, shown


def pictures(browser: Browser, link: str, folder: Path, record: int, cell: int) -> None:
    """Take a picture of every part, at both widths, light and dark."""
    for width in (WIDE, NARROW):
        for scheme in ("light", "dark"):
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
            page = context.new_page()
            page.goto(link)
            for part in PARTS:
                place = f"run/{record}/cell/{cell}" if part == "run" else part
                page.evaluate("place => { location.hash = place; }", place)
                page.wait_for_timeout(4000 if part == "run" else 1500)
                page.screenshot(path=folder / f"{part}-{width}-{scheme}.png", full_page=True)
            context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trace", type=Path)
    parser.add_argument("--pictures", type=Path, metavar="FOLDER")
    parser.add_argument("--record", type=int, default=5030)
    parser.add_argument("--cell", type=int, default=33000)
    options = parser.parse_args()
    command = [sys.executable, "-m", "zhtm_detector", "view", "--no-open", str(options.trace)]
    start = perf_counter()
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        link = server.stdout.readline().split()[1]
        print(f"served after {1000 * (perf_counter() - start):.0f} ms")  # noqa: T201
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            for kind in ("first", "second"):
                page = browser.new_context(viewport={"width": WIDE, "height": 900}).new_page()
                answers, shown = load(page, link)
                print(f"{kind} time: answers after {answers:.0f} ms, shows the run after {shown:.0f} ms")  # noqa: T201
            for speed in (30, 60, 240):
                print(f"{speed} records a second:", page.evaluate(FRAMES, [5, speed]))  # noqa: T201
            if options.pictures:
                options.pictures.mkdir(parents=True, exist_ok=True)
                pictures(browser, link, options.pictures, options.record, options.cell)
            browser.close()
    finally:
        server.terminate()


if __name__ == "__main__":
    main()
