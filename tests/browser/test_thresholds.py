"""The page of thresholds in a real browser, offline and from disk: wide and narrow, light and dark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny import zhtm_process

sync_api = pytest.importorskip("playwright.sync_api")

CHROMIUM = Path("/usr/bin/chromium")

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no {CHROMIUM}: apt-get install chromium")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page for two baselines on the sample corpus; nothing that the one profile counts can be gained."""
    folder = tmp_path_factory.mktemp("thresholds")
    where = ("--detectors", "nearestValue,null", "--results", folder / "results")
    run = zhtm_process(folder / "cache", "run", *where, "--workers", "1", "--no-report", cwd=folder)
    assert run.code == 0, run.err
    ran = zhtm_process(folder / "cache", "tune", "thresholds", *where, "--weights", "tp=0,fp=1,fn=0", cwd=folder)
    assert ran.code == 0, ran.err
    return folder / "results" / "thresholds-sample-nearestValue_null.html"


@pytest.mark.parametrize("width", [900, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page(saved: Path, width: int, scheme: Any) -> None:
    complaints: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        context.set_offline(True)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request", lambda asked: asked.url.startswith(("file:", "data:", "blob:")) or complaints.append(asked.url)
        )
        page.goto(saved.as_uri())
        for key in ("curves-1", "close-1", "curves-2", "close-2"):
            page.locator(f"#{key}").scroll_into_view_if_needed()
            page.wait_for_selector(f"#{key} .main-svg")
            assert page.locator(f"#{key} .scatterlayer .trace").count() >= 6, key
        assert page.evaluate("document.documentElement.scrollWidth") <= width  # tables scroll by themselves
        assert page.locator("#best tbody tr").count() == 8
        assert page.locator("#cross-validated tbody tr").count() == 8
        browser.close()
    assert complaints == []
