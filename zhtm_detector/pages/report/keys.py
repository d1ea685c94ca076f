"""The keys to the marks of a picture."""

from __future__ import annotations

from collections.abc import Iterable

from zhtm_detector.pages.shell import text_html

Key = tuple[str, str, str]  # mark, colour of the style sheet, meaning

_FILE = (
    ("■", "window-key", "window of the labels"),
    ("■", "probation-key", "probationary: not scored"),
    ("●", "tp", "first detection in a window: true positive"),
    ("✕", "fp", "false positive"),
    ("▯", "missed", "missed window"),
    ("╌", "threshold", "threshold"),
)
_STREAM = (("●", "missed", "detection"), ("╌", "threshold", "threshold"))
_ORIGINS = tuple(("■", origin, origin) for origin in ("ours", "baseline", "published", "other"))


def file_keys(labelled: bool = True, overlay: str = "") -> str:
    """Explain a file's picture, with the name of a second detector if there is one."""
    second = (
        ("─", "overlay", overlay),
        ("◇", "overlay", f"{overlay}: detection"),
        ("┈", "overlay", f"{overlay}: its own threshold"),
    )
    return _keys([*(_FILE if labelled else _STREAM), *(second if overlay else ())])


def origin_keys(origins: Iterable[str], reported: str = "") -> str:
    """Explain the colours of the scoreboard's bars, and which detector is reported."""
    present = set(origins)
    framed = [("▣", "ink", f"reported here: {reported}")] if reported else []
    return _keys([*(key for key in _ORIGINS if key[2] in present), *framed])


def _keys(keys: Iterable[Key]) -> str:
    items = "".join(
        f'<li data-mark="{mark}" style="--colour: var(--{colour})">{text_html(text)}</li>'
        for mark, colour, text in keys
    )
    return f'<ul class="keys">{items}</ul>'
