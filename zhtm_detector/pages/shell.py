"""The page around figures and tables: one HTML file with Plotly's JavaScript, style and script in it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.versions import package_version


@dataclass(frozen=True)
class Section:
    """One part of a page.

    Parameters
    ----------
    key : str
        Its id in the page, and its name in the address.
    title : str
    body : sequence of str
        HTML, one piece after another: of `Figure.html`, `table_html`, `paragraph`.
    """

    key: str
    title: str
    body: Sequence[str]


def paragraph(text: str) -> str:
    """Give a paragraph of plain text."""
    return f"<p>{escape(text)}</p>"


def render(
    title: str,
    sections: Sequence[Section],
    lead: str = "",
    warning: str = "",
    style: str = "",
    script: str = "",
) -> str:
    """Put a page together.

    Parameters
    ----------
    title : str
    sections : sequence of Section
    lead : str
        One or two sentences under the title, plain text.
    warning : str
        What must not be missed, plain text: it stands in a box above all else.
    style, script : str
        More style sheet and more JavaScript, of the kind of page; they come after the page's own.
    """
    links = "".join(f'<a href="#{section.key}">{escape(section.title)}</a>' for section in sections)
    warned = f'<p class="warning" role="alert">{escape(warning)}</p>' if warning else ""
    parts = "".join(
        f'<section id="{section.key}"><h2>{escape(section.title)}</h2>{"".join(section.body)}</section>'
        for section in sections
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="icon" href="data:,">'
        f"<style>{static('page.css')}{style}</style></head><body>"
        f'<header><h1>{escape(title)}</h1><button type="button" id="theme">Dark</button><nav>{links}</nav></header>'
        f"<main>{warned}<p class='lead'>{escape(lead)}</p>{parts}</main>"
        f"<footer>zhtm-detector {package_version()}</footer>"
        f'<script type="text/plain" id="plotly">{_plotly()}</script>'
        f"<script>{static('page.js')}{script}</script></body></html>\n"
    )


def write_page(path: Path, html: str) -> None:
    """Write a page, whole or not at all.

    Raises
    ------
    InputError
        When it cannot be written there.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A file's name may hold bytes that are no text.
        temporary.write_text(html, encoding="utf-8", errors="replace")
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise InputError(f"page {path}: cannot be written ({error.strerror}); expected a file") from None


@cache
def static(name: str, package: str = __package__) -> str:
    """Read a style sheet or script that ships with the pages, or in the folder `static` of another package."""
    return (files(package) / "static" / name).read_text(encoding="utf-8")


def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs()).replace("</script", "<\\/script")
