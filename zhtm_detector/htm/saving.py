"""A model as a JSON header and arrays, for those who keep it in a file of their own; else `HTMModel.save` does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.saved import Arrays


def content_of(model: HTMModel) -> tuple[dict[str, Any], Arrays]:
    """Return the header and the arrays of a model; the arrays may be the model's own."""
    return model.settings(), model.state_arrays()


def model_of(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], where: str) -> HTMModel:
    """Build a model of what `content_of` returned, or of anything: `InputError`, which begins with `where`."""
    return HTMModel.from_content(header, arrays, where)
