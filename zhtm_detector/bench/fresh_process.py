"""A new process for measurements, of resident memory above all.

In a process where other models lived before, a new model reuses the memory that they freed, and the process does not
grow.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import zhtm_detector
from zhtm_detector.bench.synthetic import SeasonalStream
from zhtm_detector.common.workers import WorkerContext
from zhtm_detector.htm.params import ModelParams

Result = TypeVar("Result")


def in_fresh_process(function: Callable[..., Result], *args: Any) -> Result:
    """Call an importable function in a new process, which ends afterwards."""
    with ProcessPoolExecutor(1, WorkerContext()) as executor:
        return executor.submit(function, *args).result()


def compile_model(params: ModelParams) -> None:
    """Compile everything that a model runs, or load it from disk, before time or memory is measured."""
    stream = SeasonalStream(seed=0).take(100)
    model = stream.model(params, seed=0)
    model.step(*stream.records()[0])
    stream.run(model)


def package_environment() -> dict[str, str]:
    """Return the environment of a command of this package, even where another copy is installed."""
    paths = [str(Path(zhtm_detector.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
