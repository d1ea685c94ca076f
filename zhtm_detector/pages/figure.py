"""A Plotly figure as data, for the page to draw."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.text import plain
from zhtm_detector.pages.shell import text_html

Json = dict[str, Any]

_LAYOUT: Json = {
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "font": {"color": "$ink", "size": 12},
    "margin": {"l": 55, "r": 15, "t": 25, "b": 40},
    "legend": {"orientation": "h", "y": 1.12},
    "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": "$faint", "activecolor": "$ink"},
    "hoverlabel": {"namelength": -1, "bgcolor": "$panel", "bordercolor": "$line", "font": {"color": "$ink"}},
    "xaxis": {},
    "yaxis": {},
}
_AXIS: Json = {"gridcolor": "$line", "zerolinecolor": "$line", "linecolor": "$line", "automargin": True}


class Markup(str):
    """Text with Plotly's tags (`<b>`, `<br>`) and references (`%{x}`); a figure draws any other text as it stands."""

    __slots__ = ()


def markup(template: str, *texts: str) -> Markup:
    """Fill a template, as `str.format` does, with texts that are drawn as they stand."""
    return Markup(template.format(*map(_escaped, texts)))


def stacked(texts: Iterable[str]) -> Markup:
    """Put texts one below the other."""
    return Markup("<br>".join(map(_escaped, texts)))


def _escaped(text: str) -> str:
    """Escape what Plotly reads as a tag, an entity or a reference, in titles, ticks, legends and hover texts alike."""
    if isinstance(text, Markup):
        return text
    return re.sub(r"[<>&]|%(?=\{)", lambda found: f"&#{ord(found[0])};", plain(text))


@dataclass(frozen=True)
class Choice:
    """Traces and shapes that a figure shows only while the reader chooses them (see `page.choose` in page.js)."""

    traces: Sequence[Mapping[str, Any]]
    shapes: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Figure:
    """Traces and layout in the form that Plotly's JavaScript expects; texts are drawn as they stand, except `Markup`.

    ``$ours`` is a colour of the page, `--ours` of its style sheet, looked up when the figure is drawn and again when
    the reader switches between light and dark. It is a colour only where Plotly expects one: under a key that ends in
    ``color`` or ``colorscale``, also in a list there. Anywhere else a text that begins with ``$`` is that text.

    Parameters
    ----------
    key : str
        Its id in the page: letters, digits and hyphens.
    traces : sequence of mapping
        Arrays may be numpy's: numbers are written as bytes, and NaN is a gap. An array that several traces hold is
        written once.
    layout : mapping
        Where it differs from the layout that all figures share.
    height : int
        Pixels.
    label : str
        Description for screen readers.
    choices : mapping of str to Choice
        By name; one of them is drawn, the first until the reader chooses another.
    """

    key: str
    traces: Sequence[Mapping[str, Any]]
    layout: Mapping[str, Any]
    height: int = 320
    label: str = ""
    choices: Mapping[str, Choice] = field(default_factory=dict)

    def html(self) -> str:
        """Return its element with its data; the page draws it once it comes near the window."""
        content: Json = {"data": self.traces, "layout": whole_layout({**self.layout, "height": self.height})}
        if self.choices:
            content["choices"] = {
                name: {"data": choice.traces, "shapes": choice.shapes} for name, choice in self.choices.items()
            }
        arrays: list[NDArray[Any]] = []
        # References have keys that no attribute of Plotly's has: page.js finds them anywhere.
        content = _plain(content, lambda name: {"$colour": name}, arrays)
        data = script_json({**content, "arrays": arrays})
        return (
            f'<div class="figure" id="{self.key}" role="img" aria-label="{text_html(self.label)}"'
            f' style="min-height:{self.height}px"></div>'
            f'<script type="application/json" data-figure="{self.key}">{data}</script>'
        )


def whole_layout(layout: Mapping[str, Any]) -> Json:
    """Complete a figure's layout with what all figures share."""
    whole = {**_LAYOUT, **layout}
    return {key: {**_AXIS, **part} if re.fullmatch(r"[xy]axis\d*", key) else part for key, part in whole.items()}


def plain_figure(traces: Sequence[Mapping[str, Any]], layout: Mapping[str, Any], colours: Mapping[str, str]) -> Json:
    """Write traces and layout as JSON values, with these colours."""
    content: Json = _plain({"data": traces, "layout": layout}, colours.__getitem__)
    return content


def script_json(content: Any) -> str:
    """Write JSON that may stand in a script element; arrays of numbers as Plotly's typed arrays."""
    return json.dumps(_plain(content), separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _plain(
    content: Any, colour: Callable[[str], Any] | None = None, arrays: list[NDArray[Any]] | None = None, place: str = ""
) -> Any:
    """Turn into JSON values.

    With `colour`, texts are a figure's: colours are looked up by it, and names escaped for Plotly. With `arrays`,
    arrays of numbers become references to these.
    """
    if isinstance(content, Mapping):
        return {key: _plain(value, colour, arrays, key) for key, value in content.items()}
    if isinstance(content, np.ndarray):
        if content.dtype.kind not in "iuf":
            return _plain(content.tolist(), colour, arrays, place)
        return _typed(content) if arrays is None else {"$array": _place(content, arrays)}
    if isinstance(content, list | tuple):
        return [_plain(value, colour, arrays, place) for value in content]
    if isinstance(content, np.generic):
        return _plain(content.item(), colour, arrays, place)
    if isinstance(content, str) and colour:
        is_colour = content[:1] == "$" and place.endswith(("color", "colorscale"))
        return colour(content[1:]) if is_colour else _escaped(content)
    return None if isinstance(content, float) and not isfinite(content) else content


def _place(array: NDArray[Any], arrays: list[NDArray[Any]]) -> int:
    for place, known in enumerate(arrays):
        if known is array:
            return place
    arrays.append(array)
    return len(arrays) - 1


def _typed(array: NDArray[Any]) -> dict[str, str]:
    # https://plotly.com/javascript: {"dtype", "bdata"}; JavaScript has no typed array of 64-bit integers for numbers.
    if array.dtype.kind in "iu" and array.dtype.itemsize == 8:
        array = array.astype(np.int32 if array.size == 0 or np.abs(array).max() < 2**31 else np.float64)
    little = array.astype(array.dtype.newbyteorder("<"))
    bdata = base64.b64encode(np.ascontiguousarray(little).tobytes()).decode()
    spec = {"dtype": f"{array.dtype.kind}{array.dtype.itemsize}", "bdata": bdata}
    if array.ndim > 1:
        spec["shape"] = ", ".join(map(str, array.shape))
    return spec
