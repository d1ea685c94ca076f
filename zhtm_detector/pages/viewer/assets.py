"""Style sheets and ES modules of the viewer's page, and the libraries that lie beside them under vendor/."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from zhtm_detector.pages.shell import static

# The names that modules import libraries by.
LIBRARIES = {
    "preact": "vendor/preact.mjs",
    "preact/hooks": "vendor/preact-hooks.mjs",
    "htm": "vendor/htm.mjs",
    "uplot": "vendor/uPlot.esm.js",
}
STYLES = ("page.css", "vendor/uPlot.min.css", "viewer.css")
TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css"}


@cache
def assets() -> dict[str, str]:
    """Return the text of each style sheet and module, by its name below the folder."""
    folder = files(__package__) / "static"
    found = {name: path.read_text(encoding="utf-8") for name, path in _walk(folder, "") if suffix(name) in TYPES}
    return {"page.css": static("page.css"), **found}


def modules() -> list[str]:
    """Return the names of all ES modules."""
    return [name for name in assets() if TYPES[suffix(name)] == "text/javascript"]


def suffix(name: str) -> str:
    """Return the end of a file's name, from its last dot."""
    return name[name.rfind(".") :]


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _walk(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, entry


def import_map(imports: dict[str, str]) -> str:
    """Return the map from names of modules to their addresses, as an element of the page."""
    return json.dumps({"imports": imports})


def hash_of(text: str) -> str:
    """Return the source expression of a content security policy that lets this script or style in."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
