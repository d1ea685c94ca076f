"""Small models under every learning rule, recorded, and what the live model held after each record."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from zhtm_detector.htm.model import HTMModel, Step
from zhtm_detector.htm.params import ModelParams
from zhtm_detector.htm.recording import Recorder

POOLER: dict[str, Any] = {
    "column_dimensions": [32],
    "potential_fraction": 0.8,
    "active_columns": 4,
    "permanence_increment": 0.05,
    "permanence_decrement": 0.01,
    "update_period": 7,
    "duty_cycle_period": 20,
}
MEMORY: dict[str, Any] = {
    "cells_per_column": 4,
    "activation_threshold": 2,
    "matching_threshold": 1,
    "initial_permanence": 0.3,
    "connected_permanence": 0.4,
    "permanence_increment": 0.15,
    "permanence_decrement": 0.1,
    "predicted_decrement": 0.05,
    "new_synapses": 4,
    "synapses_per_segment": 8,
    "segments_per_cell": 8,
    "segments": 256,
}
# Each by the rule that it brings about.
REGIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "punishing": ({}, {}),
    "no punishing": ({}, {"predicted_decrement": 0.0}),
    "segments of a cell": ({}, {"segments_per_cell": 1}),
    "segments of the memory": ({}, {"segments": 20}),
    "few synapses": ({}, {"synapses_per_segment": 4, "permanence_decrement": 0.02}),
    "thresholds of 0": ({}, {"activation_threshold": 0, "matching_threshold": 0}),
    "boosting": ({"boost_strength": 5.0}, {}),
    "weak columns": ({"minimum_overlap_duty_cycle": 0.9, "stimulus_threshold": 2}, {}),
    "local": ({"global_inhibition": False, "potential_radius": 6, "stimulus_threshold": 1}, {}),
    "two dimensions": ({"column_dimensions": [4, 8]}, {}),
}


def region_params(rule: str, **more: Any) -> ModelParams:
    pooler, memory = REGIONS[rule]
    return ModelParams.model_validate(
        {
            "value_encoder": {"kind": "random_distributed", "size": 60, "active_bits": 5, "buckets": 20},
            "date_encoder": {"time_of_day": {"active_bits": 5, "radius": 6.0}},
            "spatial_pooler": POOLER | pooler,
            "temporal_memory": MEMORY | memory,
            **more,
        }
    )


class Live(NamedTuple):
    """What a model held after a record."""

    step: Step
    active: list[int]
    winners: list[int]
    predictive: list[int]
    columns: list[int]
    bits: list[int]
    overlaps: np.ndarray
    permanences: np.ndarray
    segments: dict[int, tuple[int, dict[int, float]]]  # by number: cell, permanences by presynaptic cell
    active_segments: list[int]


def stream(count: int, seed: int = 3) -> tuple[list[datetime], list[float]]:
    """A sequence that repeats, with noise and a new level in the middle."""
    rng = np.random.default_rng(seed)
    values = np.tile([1.0, 4.0, 2.0, 7.0, 5.0, 9.0], count)[:count] + rng.integers(0, 2, count)
    values[count // 2 : count // 2 + 8] += rng.integers(5, 20, 8)
    return [datetime(2026, 1, 1) + timedelta(hours=hour) for hour in range(count)], values.tolist()


def live_after(model: HTMModel, step: Step) -> Live | None:
    region = model.region
    if region is None:
        return None
    memory, pooler = region.temporal_memory, region.spatial_pooler
    raw = memory.kernel_state()[0]
    highest = int(raw.counts[0]["highest"])
    numbers = np.flatnonzero(raw.owner[:highest] >= 0).tolist()
    buffers = model._single_record().buffers if model._single is None else model._single.buffers
    scratch = pooler.kernel_state()[2]
    return Live(
        step,
        memory.active_cells.tolist(),
        memory.winner_cells.tolist(),
        memory.predictive_cells.tolist(),
        scratch.winners[: buffers.offsets[1]].tolist(),
        buffers.bits.tolist(),
        scratch.overlaps.copy(),
        pooler.permanences.copy(),
        {number: (int(raw.owner[number]), memory.synapses_of(number)) for number in numbers},
        memory.active_segments.tolist(),
    )


def record(
    params: ModelParams, path: Path, count: int = 120, before: int = 0, pauses: bool = False
) -> tuple[list[Step], list[Live | None]]:
    """Record a run from record `before` on; with `pauses`, some records are not learned from."""
    moments, values = stream(count)
    model = HTMModel(params, min(values), max(values), probation=20)
    for moment, value in zip(moments[:before], values[:before], strict=True):
        model.step(moment, value)
    steps, lives = [], []
    with Recorder(model, path, first=before, source="a stream", threshold=0.9) as recorder:
        for number in range(before, count):
            learn = not pauses or number % 10 < 7
            steps.append(recorder.step(moments[number], values[number], learn))
            lives.append(live_after(model, steps[-1]))
    return steps, lives
