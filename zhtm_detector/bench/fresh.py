"""A process of its own for what is measured by resident memory.

Where other models lived before, a new one takes the memory that they gave back, and none is seen to be taken.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

from zhtm_detector.bench.synthetic import SeasonalStream
from zhtm_detector.htm.params import ModelParams

Result = TypeVar("Result")


def in_fresh_process(function: Callable[..., Result], *args: Any) -> Result:
    """Call a function that is importable by name, in a process that ends with it."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
        return executor.submit(function, *args).result()


def warm_up(params: ModelParams) -> None:
    """Have all that a model runs compiled, or loaded from disk, so that no clock and no memory shows it."""
    stream = SeasonalStream(seed=0).take(100)
    model = stream.model(params, seed=0)
    model.step(*stream.records()[0])
    model.run(stream.timestamps, stream.values)
