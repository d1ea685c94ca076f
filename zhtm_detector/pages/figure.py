"""A Plotly figure as data, for the page to draw."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Choice:
    """What a figure shows only while the reader chooses it (see `page.choose` in page.js): more traces and shapes."""

    traces: Sequence[Mapping[str, Any]]
    shapes: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Figure:
    """Traces and layout as Plotly's JavaScript takes them.

    ``$ours`` is a colour of the page, `--ours` of its style sheet, looked up when the figure is drawn and again when
    the reader changes between light and dark. It stands where Plotly takes a colour: under a key that ends in ``color``
    or ``colorscale``, also in a list there. Anywhere else a text that begins with ``$`` or ``@`` is that text.

    Parameters
    ----------
    key : str
        Its id in the page: letters, digits and hyphens.
    traces : sequence of mapping
        Arrays may be numpy's: numbers are written as bytes, and NaN is a gap.
    layout : mapping
        What differs from the page's own layout.
    height : int
        Pixels.
    label : str
        What it shows, for those who do not see it.
    choices : mapping of str to Choice
        By name; one of them is drawn, the first until the reader chooses.
    arrays : mapping of str to ndarray
        What several traces share, written once: ``@times`` as a trace's whole ``x`` or ``y`` is `arrays["times"]`.
    """

    key: str
    traces: Sequence[Mapping[str, Any]]
    layout: Mapping[str, Any]
    height: int = 320
    label: str = ""
    choices: Mapping[str, Choice] = field(default_factory=dict)
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def html(self) -> str:
        """Give the place where it is drawn, with its data; it is drawn once it comes near the window."""
        content: dict[str, Any] = {"data": self.traces, "layout": {**self.layout, "height": self.height}}
        if self.choices:
            content["choices"] = {
                name: {"data": choice.traces, "shapes": choice.shapes} for name, choice in self.choices.items()
            }
        if self.arrays:
            content["arrays"] = self.arrays
        data = script_json(content)
        return (
            f'<div class="figure" id="{self.key}" role="img" aria-label="{escape(self.label)}"'
            f' style="min-height:{self.height}px"></div>'
            f'<script type="application/json" data-figure="{self.key}">{data}</script>'
        )


def script_json(content: Any) -> str:
    """Write JSON that may stand in a script element; arrays of numbers as Plotly's typed arrays."""
    return json.dumps(_plain(content), separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _plain(content: Any) -> Any:
    if isinstance(content, Mapping):
        return {key: _plain(value) for key, value in content.items()}
    if isinstance(content, np.ndarray):
        return _typed(content) if content.dtype.kind in "iuf" else _plain(content.tolist())
    if isinstance(content, list | tuple):
        return [_plain(value) for value in content]
    if isinstance(content, np.generic):
        return _plain(content.item())
    return None if isinstance(content, float) and not isfinite(content) else content


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
