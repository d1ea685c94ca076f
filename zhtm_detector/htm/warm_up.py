"""Compile the kernels part by part on all workers, because otherwise each worker compiles all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from zhtm_detector.common.workers import KeptWorkers, report_progress, run_tasks
from zhtm_detector.htm.kernels.jit import compile_listener, warn_of_compiling
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import ModelParams

PARTS = ("temporal memory", "columns", "spatial pooler", "novelty")  # the longest to compile first


@dataclass(frozen=True)
class Part:
    """A part of a model to compile."""

    name: str
    params: ModelParams


def warm_up(
    models: Iterable[ModelParams], workers: KeptWorkers, on_part: Callable[[str, int, int], None] | None = None
) -> None:
    """Compile the kernels of some models to disk before all workers need them; a moment if they are there.

    A part that fails is skipped, because the run itself will report the error.

    Parameters
    ----------
    models : iterable of ModelParams
    workers : KeptWorkers
    on_part : callable, optional
        Called when a part is ready, with its name, the number of ready parts and the number of parts; not if the cache
        on disk had all kernels.
    """
    parts: dict[str, Part] = {}
    for params in models:
        for name in parts_of(params):
            parts.setdefault(name, Part(name, params))
    tasks = [parts[name] for name in PARTS if name in parts]
    compiled: list[int] = []  # numbers of functions, as workers report them

    def on_progress(functions: int) -> None:
        compiled.append(functions)
        warn_of_compiling()

    def on_failure(part: Part, error: BaseException) -> str:
        return part.name

    names = run_tasks(compile_part, tasks, workers=workers, on_failure=on_failure, on_progress=on_progress)
    for ready, name in enumerate(names, 1):
        if compiled and on_part is not None:
            on_part(name, ready, len(tasks))


def compile_part(part: Part) -> str:
    """Run one part of a model on a record or two and return its name; report each function that is compiled."""
    with compile_listener(lambda: report_progress(1)):
        _run_part(part.name, part.params.model_copy(update={"causal": False}))
    return part.name


def _run_part(name: str, params: ModelParams) -> None:
    if name == "novelty":
        silent = params.anomaly.model_copy(update={"prediction_weight": 0.0, "gate": None})
        _run_model(params.model_copy(update={"anomaly": silent, "columns": ()}))
        return
    if name == "columns":
        _run_model(params.model_copy(update={"value_novelty": None, "block_novelty": None}))
        return
    region = HTMModel(params, 0.0, 1.0, 10).region
    if region is None:
        return
    if name == "temporal memory":
        region.temporal_memory.run(np.array([0, 1], dtype=np.uint32), np.array([0, 2], dtype=np.int64))
    else:
        region.spatial_pooler.run(np.array([[0, 1]], dtype=np.uint32))


def _run_model(params: ModelParams) -> None:
    HTMModel(params, 0.0, 1.0, 10).run(["2026-01-01T00:00", "2026-01-01T00:05"], [0.0, 1.0])


def parts_of(params: ModelParams) -> list[str]:
    """Names of the parts that a model consists of; columns stand in for a region."""
    has_columns = bool(params.columns)
    has_region = params.predicts and not has_columns
    has_novelty = params.value_novelty is not None or params.block_novelty is not None
    has = {"temporal memory": has_region, "columns": has_columns, "spatial pooler": has_region, "novelty": has_novelty}
    return [name for name in PARTS if has[name]]
