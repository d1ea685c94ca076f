"""Demos that run on the package's own code: one message in, one out, nothing kept in between.

Each answer follows from its message alone, so a page that is reloaded, or two pages at once, see the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.json_reader import parse_json
from zhtm_detector.common.text import printable
from zhtm_detector.htm.params import Params, parse_kind
from zhtm_detector.pages.viewer.demos import encoders, likelihood, memory, pooler

_DEMOS: dict[str, tuple[type[Params], Callable[[Any], dict[str, Any]]]] = {
    "encoders": (encoders.EncoderDemo, encoders.answer),
    "pooler": (pooler.PoolerDemo, pooler.answer),
    "memory": (memory.MemoryDemo, memory.answer),
    "likelihood": (likelihood.LikelihoodDemo, likelihood.answer),
}

DEMOS = tuple(_DEMOS)


def answer(demo: str, content: bytes) -> dict[str, Any]:
    """Answer one message of a demo.

    Parameters
    ----------
    demo : str
        One of `DEMOS`.
    content : bytes
        Its parameters as a JSON object; what is left out has its default.

    Returns
    -------
    dict
        Ready for JSON.

    Raises
    ------
    InputError
        For anything but valid parameters; one line.
    """
    kind, run = _DEMOS[demo]
    params = parse_kind(parse_json(content, demo), demo, kind)
    try:
        found = run(params)
    except ValueError as error:  # parameters that are fine one by one but not together
        raise InputError(f"{demo}: {printable(str(error), 300)}") from None
    return {name: plain(value) for name, value in found.items()}


def plain(value: Any) -> Any:
    """Return arrays as lists; floats get six digits, which is what a picture shows."""
    if isinstance(value, np.ndarray):
        return [rounded(number) for number in value.tolist()] if value.dtype.kind == "f" else value.tolist()
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(inner) for inner in value]
    return rounded(value) if isinstance(value, float) else value


def rounded(number: float) -> float:
    """Round to six significant digits."""
    return float(f"{number:.6g}")
