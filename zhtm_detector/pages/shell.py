"""The page around figures and tables: one HTML file that holds Plotly's JavaScript, its style and its script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files

from zhtm_detector.common.text import plain
from zhtm_detector.common.versions import package_version

_COMPILED = '"type":"parcoords"'  # data of a figure whose code Plotly compiles while it draws, with `new Function`


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


def text_html(text: str) -> str:
    """Write a text as HTML, as it stands but for control characters: one of direction would turn what follows it."""
    return escape(plain(text))


def paragraph(text: str) -> str:
    """Return a paragraph of plain text."""
    return f"<p>{text_html(text)}</p>"


def render(
    title: str,
    sections: Sequence[Section],
    lead: str = "",
    warning: str = "",
    style: str = "",
    script: str = "",
) -> str:
    """Return a page as HTML; a browser that shows it asks no network for anything.

    Parameters
    ----------
    title : str
    sections : sequence of Section
    lead : str
        One or two sentences under the title, plain text.
    warning : str
        Plain text in a box above everything else.
    style, script : str
        Style sheet and JavaScript for this kind of page, appended to those of all pages.
    """
    links = "".join(f'<a href="#{section.key}">{text_html(section.title)}</a>' for section in sections)
    warned = f'<p class="warning" role="alert">{text_html(warning)}</p>' if warning else ""
    parts = "".join(
        f'<section id="{section.key}"><h2>{text_html(section.title)}</h2>{"".join(section.body)}</section>'
        for section in sections
    )
    whole_script = static("page.js") + script
    plotly = _plotly() if "data-figure=" in parts else ""  # megabytes
    policy = _policy(_COMPILED in parts, whole_script, plotly)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{text_html(title)}</title><link rel="icon" href="data:,">'
        f"<style>{static('page.css')}{style}</style></head><body>"
        f'<header><h1>{text_html(title)}</h1><button type="button" id="theme">Dark</button><nav>{links}</nav></header>'
        f"<main>{warned}<p class='lead'>{text_html(lead)}</p>{parts}</main>"
        f"<footer>zhtm-detector {package_version()}</footer>"
        f'<script type="text/plain" id="plotly">{plotly}</script>'
        f"<script>{whole_script}</script></body></html>\n"
    )


@cache
def static(name: str) -> str:
    """Read a style sheet or script that ships with the pages."""
    return (files(__package__) / "static" / name).read_text(encoding="utf-8")


def _policy(compiles: bool, *scripts: str) -> str:
    """Content security policy: only these scripts run, which may compile code or not, and nothing is loaded or sent."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
    hashes += " 'unsafe-eval'" * compiles
    # Plotly sets styles inline, and draws its PNG from a blob.
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs()).replace("</script", "<\\/script").replace("\r\n", "\n")
