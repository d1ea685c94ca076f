"""The page around the viewer: the same head and the same empty body, whether it is served or lies on disk."""

from __future__ import annotations

import json
from typing import Any

from zhtm_detector.common.versions import package_version
from zhtm_detector.pages.shell import text_html
from zhtm_detector.pages.viewer.assets import LIBRARIES, STYLES, hash_of, import_map, modules


def frame(title: str, head: str, body: str) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    title : str
    head : str
        HTML: policy, styles and the map of modules.
    body : str
        HTML: what starts the modules, and the data that they need.
    """
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{text_html(title)}</title><link rel="icon" href="data:,">{head}</head>'
        '<body><div id="app"><p class="lead">Loading …</p></div>'
        "<noscript><p>This page needs JavaScript.</p></noscript>"
        f"<footer>zhtm-detector {package_version()}</footer>{body}</body></html>\n"
    )


def config_html(config: dict[str, Any]) -> str:
    """Return settings as an element that the modules read: data, not a script."""
    return f'<script type="application/json" id="config">{safe_json(config)}</script>'


def safe_json(content: Any) -> str:
    """Return JSON that cannot end the element it stands in."""
    return json.dumps(content, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def served_page(title: str, config: dict[str, Any]) -> tuple[str, str]:
    """Return the page that loads its modules from the server, and its content security policy."""
    known = import_map({name: f"/static/{path}" for name, path in LIBRARIES.items()})
    styles = "".join(f'<link rel="stylesheet" href="/static/{name}">' for name in STYLES)
    # All at once: one by one, each would be known only when the one before has arrived.
    early = "".join(f'<link rel="modulepreload" href="/static/{name}">' for name in modules())
    head = f'{styles}<script type="importmap">{known}</script>{early}'
    body = f'{config_html(config)}<script type="module" src="/static/main.js"></script>'
    policy = (
        f"default-src 'none'; script-src 'self' {hash_of(known)}; style-src 'self'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return frame(title, head, body), policy
