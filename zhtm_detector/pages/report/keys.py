"""What the marks of a picture mean, for readers."""

from __future__ import annotations

from collections.abc import Iterable

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


def file_keys(labelled: bool = True) -> str:
    """Explain a file's picture."""
    return _keys(_FILE if labelled else _STREAM)


def origin_keys(origins: Iterable[str]) -> str:
    """Explain the colours of the scoreboard's bars."""
    present = set(origins)
    return _keys(key for key in _ORIGINS if key[2] in present)


def _keys(keys: Iterable[Key]) -> str:
    items = "".join(
        f'<li data-mark="{mark}" style="--colour: var(--{colour})">{text}</li>' for mark, colour, text in keys
    )
    return f'<ul class="keys">{items}</ul>'
