"""A figure as a picture file, PNG or SVG, by Kaleido and an installed Chrome or Chromium; nothing is downloaded.

It needs the extra `image`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import atomic_file
from zhtm_detector.pages.figure import Choice, Figure, plain_figure, whole_layout
from zhtm_detector.pages.shell import static

FORMATS = ("png", "svg")


def check_output(path: Path, formats: Sequence[str] = ("html", *FORMATS)) -> None:
    """Refuse a name with another suffix than these, and a picture if the extra is missing.

    Raises
    ------
    InputError
    """
    kind = path.suffix.removeprefix(".")
    if kind not in formats:
        raise InputError(f"output {path}: expected a name that ends in {', '.join('.' + kind for kind in formats)}")
    if kind in FORMATS:
        _kaleido(path)


def write_image(path: Path, figure: Figure, title: str, width: int = 1200) -> None:
    """Write a figure in the page's light colours, with its first choice.

    Parameters
    ----------
    path : Path
        Its suffix is the format: one of `FORMATS`.
    figure : Figure
    title : str
    width : int
        Pixels; a PNG has twice as many, for high-density screens.

    Raises
    ------
    InputError
        When the extra or the browser is missing, or the file cannot be written.
    """
    content = _content(figure, title)
    kind = path.suffix.removeprefix(".")
    drawn = _draw(path, content, {"format": kind, "width": width, "height": figure.height, "scale": 2})
    with atomic_file(path) as file:
        file.write(drawn)


def light_colours() -> dict[str, str]:
    """Read the light colours of the pages' style sheet: name without its hyphens to value."""
    block = static("page.css").split("}", 1)[0]
    return dict(re.findall(r"--([\w-]+):\s*([^;]+);", block))


def _content(figure: Figure, title: str) -> dict[str, Any]:
    choice = next(iter(figure.choices.values()), Choice(()))
    layout = whole_layout(figure.layout) | {
        "paper_bgcolor": "$paper",
        "plot_bgcolor": "$paper",
        "title": {"text": title, "font": {"size": 15}},
        "margin": {"l": 60, "r": 20, "t": 50, "b": max(40, figure.layout.get("margin", {}).get("b", 0))},
        "shapes": [*figure.layout.get("shapes", []), *choice.shapes],
    }
    return plain_figure([*figure.traces, *choice.traces], layout, light_colours())


def _draw(path: Path, content: dict[str, Any], options: dict[str, Any]) -> bytes:
    kaleido = _kaleido(path)
    from choreographer.errors import ChromeNotFoundError  # a part of kaleido

    try:
        # Plotly's package ships its JavaScript; MathJax would come from the network.
        drawn: bytes = kaleido.calc_fig_sync(content, opts=options, kopts={"mathjax": False})
    except ChromeNotFoundError:
        raise InputError(
            f"picture {path}: expected an installed Chrome or Chromium to draw it, found none; .html needs none"
        ) from None
    except Exception as error:  # a browser that does not start fails in many ways
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(f"picture {path}: expected the browser to draw it, it failed ({reason})") from None
    return drawn


def _kaleido(path: Path) -> Any:
    try:
        import kaleido
    except ImportError as error:
        if (error.name or "").split(".")[0] not in ("kaleido", "choreographer"):
            raise
        raise InputError(
            f"picture {path}: expected the package kaleido, got none; pip install 'zhtm-detector[image]'"
        ) from None
    return kaleido
