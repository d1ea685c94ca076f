"""Explanations of chosen records of a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from zhtm_detector.htm.checks import whole
from zhtm_detector.htm.explaining.explanation import Explanation
from zhtm_detector.htm.prediction import checked_records

if TYPE_CHECKING:
    from zhtm_detector.htm.model import HTMModel, Steps


def explain_records(
    model: HTMModel,
    timestamps: Any,
    values: Any,
    wanted: Iterable[int],
    interval: timedelta | None = None,
    on_steps: Callable[[Steps], None] = lambda steps: None,
) -> dict[int, Explanation]:
    """Run a model over a stream; explain the records with these numbers, from 0.

    `on_steps` is called with the steps up to each of them.

    Raises
    ------
    ValueError
        As `HTMModel.run`, or for a number that is none of a record.
    """
    clock, numbers, _ = checked_records(timestamps, values, True)
    chosen = sorted({whole("wanted", number, 0, len(numbers) - 1) for number in wanted})
    moments, start = clock.view("datetime64[us]"), 0
    explanations = {}
    for number in chosen:
        on_steps(model.run(moments[start : number + 1], numbers[start : number + 1]))
        explanations[number] = model.explain(interval)
        start = number + 1
    return explanations
