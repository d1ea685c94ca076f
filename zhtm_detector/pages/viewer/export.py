"""The viewer as one page that needs neither a server nor a network: modules, styles and the run's parts are in it."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path

from zhtm_detector.common.files import write_text
from zhtm_detector.pages.viewer.assets import LIBRARIES, STYLES, assets, hash_of, import_map, modules
from zhtm_detector.pages.viewer.page import config_html, frame, safe_json
from zhtm_detector.pages.viewer.run import Run

_START = 'import "zhtm/main.js";'
_LEVEL = 9  # of deflate


def exported_page(run: Run) -> str:
    """Return the page of a recorded run.

    Its policy lets in the script and the map that are written here, by their checksums, and modules that lie in the
    page as data. Nothing is loaded or sent.
    """
    config = {"served": False, "title": run.title, "run": True, "demos": []}
    known = import_map({**{f"zhtm/{name}": _as_data(name) for name in modules()}, **_libraries()})
    style = "".join(assets()[name] for name in STYLES)
    policy = (
        f"default-src 'none'; script-src data: {hash_of(known)} {hash_of(_START)}; "
        f"style-src {hash_of(style)}; img-src data:; base-uri 'none'; form-action 'none'"
    )
    head = (
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><style>{style}</style>'
        f'<script type="importmap">{known}</script>'
    )
    header = f'<script type="application/json" id="run">{safe_json(run.header)}</script>'
    parts = "".join(
        f'<script type="text/plain" id="part-{name}">{_packed(read())}</script>' for name, read in run.parts.items()
    )
    return frame(run.title, head, f'{config_html(config)}{header}{parts}<script type="module">{_START}</script>')


def write_page(path: Path, run: Run) -> int:
    """Write the page; return its size in bytes.

    Raises
    ------
    InputError
        When it cannot be written.
    """
    page = exported_page(run)
    write_text(path, page)
    return len(page.encode())


def _libraries() -> dict[str, str]:
    return {name: _as_data(path) for name, path in LIBRARIES.items()}


def _as_data(name: str) -> str:
    """Return a module as an address; what it imports from its own folder goes by the names of the map."""
    text = assets()[name].replace('from "./', 'from "zhtm/')
    return f"data:text/javascript;base64,{base64.b64encode(text.encode()).decode()}"


def _packed(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content, _LEVEL)).decode()
