"""A model's memory is bounded and soon stops growing, because a stream may run for years."""

from __future__ import annotations

import pickle
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import load_preset

pytestmark = pytest.mark.compiled
MIB = 2**20


@pytest.mark.parametrize(("preset", "full", "most"), [("zhtm", 40_000, 30), ("novelty", 20_000, 60)])
def test_models_stop_growing(preset: str, full: int, most: int) -> None:
    """After some ten thousand records; the arrays of the default preset double once more in between."""
    records = full + 20_000
    rng = np.random.default_rng(5)
    day = np.arange(records) / 288 * 2 * np.pi
    spikes = (rng.random(records) < 0.003) * rng.normal(0, 60, records)
    values = 50 + 20 * np.sin(day) + 10 * np.sin(day / 7) + rng.normal(0, 5, records) + spikes
    timestamps = pd.date_range("2026-01-01", periods=records, freq="5min")
    model = HTMModel(load_preset(preset), float(values.min()), float(values.max()), probation=750)
    sizes = []
    for start in range(0, records, 20_000):
        model.run(timestamps[start : start + 20_000], values[start : start + 20_000])
        sizes.append(len(pickle.dumps(model)) / MIB)
    assert max(sizes) < most
    assert sizes[-1] <= 1.01 * sizes[-2], sizes


def test_few_segments_are_a_limit() -> None:
    """Arrays grow to a limit: with few segments allowed, the memory is full and stays at its size."""
    params = load_preset("classic")
    small = params.temporal_memory.model_copy(update={"segments": 500, "synapses_per_segment": 20})
    model = HTMModel(params.model_copy(update={"temporal_memory": small}), 0.0, 150.0, 10)
    rng = np.random.default_rng(5)
    start = datetime(2026, 1, 1)
    for part in range(3):
        moments = [start + timedelta(minutes=5 * (200 * part + i)) for i in range(200)]
        model.run(moments, rng.uniform(0, 150, 200))
        assert model.region is not None
        assert model.region.temporal_memory.segment_count <= 500
        assert model.region.temporal_memory.synapse_count <= 500 * 20
