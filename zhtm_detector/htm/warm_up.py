"""Compiling the kernels part by part on all workers: each of them would else compile everything, at the same time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from zhtm_detector.common.workers import KeptWorkers, run_tasks
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import ModelParams

PARTS = ("temporal memory", "spatial pooler", "novelty")  # what takes longest to compile is first


@dataclass(frozen=True)
class Part:
    """A part of a model, to be compiled."""

    name: str
    params: ModelParams


def warm_up(models: Iterable[ModelParams], workers: KeptWorkers) -> None:
    """Have the kernels of some models on disk before all workers want them; takes a moment where they are.

    What cannot be compiled is passed over: the run itself will tell.
    """
    parts: dict[str, Part] = {}
    for params in models:
        for name in _parts_of(params):
            parts.setdefault(name, Part(name, params))
    tasks = [parts[name] for name in PARTS if name in parts]
    for _ in run_tasks(compile_part, tasks, workers=workers, on_failure=lambda part, error: None):
        pass


def compile_part(part: Part) -> None:
    """Run one part of a model on a record or two."""
    params = part.params.model_copy(update={"causal": False})
    if part.name == "novelty":
        silent = params.anomaly.model_copy(update={"prediction_weight": 0.0, "gate": None})
        model = HTMModel(params.model_copy(update={"anomaly": silent}), 0.0, 1.0, 10)
        model.run(pd.date_range("2026-01-01", periods=2, freq="5min"), [0.0, 1.0])
        return
    region = HTMModel(params, 0.0, 1.0, 10).region
    if region is None:
        return
    if part.name == "temporal memory":
        region.temporal_memory.run(np.array([0, 1], dtype=np.uint32), np.array([0, 2], dtype=np.int64))
    else:
        region.spatial_pooler.run(np.array([[0, 1]], dtype=np.uint32))


def _parts_of(params: ModelParams) -> list[str]:
    novel = params.value_novelty is not None or params.block_novelty is not None
    return [name for name in PARTS if (novel if name == "novelty" else params.predicts)]
