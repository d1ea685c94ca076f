"""A model's memory is bounded and soon stops growing, because a stream may run for years."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd

from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import load_preset

MIB = 2**20


def test_default_model_stops_growing_after_20_000_records() -> None:
    records = 60_000
    rng = np.random.default_rng(5)
    day = np.arange(records) / 288 * 2 * np.pi
    spikes = (rng.random(records) < 0.003) * rng.normal(0, 60, records)
    values = 50 + 20 * np.sin(day) + 10 * np.sin(day / 7) + rng.normal(0, 5, records) + spikes
    timestamps = pd.date_range("2026-01-01", periods=records, freq="5min")
    model = HTMModel(load_preset("zhtm"), float(values.min()), float(values.max()), probation=750)
    sizes = []
    for start in range(0, records, 20_000):
        model.run(timestamps[start : start + 20_000], values[start : start + 20_000])
        sizes.append(len(pickle.dumps(model)) / MIB)
    assert max(sizes) < 60
    assert sizes[-1] <= 1.01 * sizes[0], sizes
