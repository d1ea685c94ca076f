"""A headless Chromium for pages on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="module")
def open_page() -> Iterator[Callable[..., AbstractContextManager[Any]]]:
    """Open a page; every complaint of the console, and every request but for the page itself, fails the test."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip(f"no {CHROMIUM}: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])

        @contextmanager
        def opened(path: Path, address: str = "", **options: Any) -> Iterator[Any]:
            context = browser.new_context(**options)
            page = context.new_page()
            complaints: list[str] = []

            def answer(route: Any) -> None:
                if route.request.url.split("#")[0] == path.as_uri():
                    route.continue_()
                else:
                    complaints.append(f"asked for {route.request.url}")
                    route.abort()

            # Blobs and data are in the page; Playwright routes neither.
            context.route("**/*", answer)
            context.on("page", lambda other: complaints.append(f"opened {other.url}") if other != page else None)
            page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(path.as_uri() + address)
            yield page
            context.close()
            assert complaints == []

        yield opened
        browser.close()
