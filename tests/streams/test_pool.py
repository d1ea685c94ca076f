"""A pool's models score as separate models do, and share nothing they learn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from zhtm_detector import HTMModel, ModelPool, load_preset
from zhtm_detector.htm.params import ModelParams

TINY = load_preset("classic")
TINY = TINY.model_copy(
    update={"spatial_pooler": TINY.spatial_pooler.model_copy(update={"column_dimensions": (128,), "active_columns": 8})}
)

STAMPS = pd.date_range("2026-01-01", periods=300, freq="5min")
RANGES = {"pump": (0.0, 10.0), "valve": (-50.0, 400.0), "fan": (3.0, 3.0)}


def values_of(name: str) -> np.ndarray:
    low, high = RANGES[name]
    return np.random.default_rng(len(name)).uniform(low, high + 1e-9, len(STAMPS)).round(1)


@pytest.mark.parametrize("params", [TINY, TINY.model_copy(update={"causal": True}), load_preset("seed")])
def test_streams_in_turn_score_as_models_of_their_own(params: ModelParams) -> None:
    pool = ModelPool(params, probation=60, seed=7)
    models = {name: HTMModel(params, *limits, probation=60, seed=7) for name, limits in RANGES.items()}
    for name, limits in RANGES.items():
        pool.add(name, *limits)
    for start in range(0, 300, 50):
        for name, model in models.items():
            part = slice(start, start + 50)
            got = pool.run(name, STAMPS[part], values_of(name)[part])
            expected = model.run(STAMPS[part], values_of(name)[part])
            assert got.score.tolist() == expected.score.tolist()
            assert got.raw.tolist() == expected.raw.tolist()
            late = STAMPS[-1] + pd.Timedelta(minutes=start + 5)
            assert pool.step(name, late, 5.0) == model.step(late, 5.0)


def test_a_stream_that_comes_late_starts_anew() -> None:
    pool = ModelPool(TINY, probation=60)
    pool.add("pump", 0.0, 10.0)
    pool.run("pump", STAMPS, values_of("pump"))
    pool.add("late", 0.0, 10.0)
    alone = HTMModel(TINY, 0.0, 10.0, probation=60)
    expected = alone.run(STAMPS, values_of("pump"))
    assert pool.run("late", STAMPS, values_of("pump")).raw.tolist() == expected.raw.tolist()


def test_names_and_settings_are_checked() -> None:
    pool = ModelPool(TINY, probation=60)
    for bad in (["pump"], {}, b"pump", 1, ""):
        with pytest.raises(ValueError, match=r"^name: expected the stream's name, a text"):
            pool.add(bad, 0.0, 1.0)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="expected one of the 0 in the pool"):
            pool.step(bad, STAMPS[0], 1.0)  # type: ignore[arg-type]
        assert bad not in pool
    with pytest.raises(ValueError, match=r"^probation: expected a whole number"):
        ModelPool(TINY, probation=0.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^params: expected a ModelParams"):
        ModelPool({}, probation=60)  # type: ignore[arg-type]


def test_names() -> None:
    pool = ModelPool(TINY, probation=60)
    pool.add("pump", 0.0, 10.0)
    with pytest.raises(ValueError, match="stream 'pump': expected a new name"):
        pool.add("pump", 0.0, 1.0)
    with pytest.raises(ValueError, match="stream 'valve': expected one of the 1 in the pool"):
        pool.step("valve", STAMPS[0], 1.0)
    assert "pump" in pool
    assert list(pool) == ["pump"]
    assert pool["pump"].region is not None
    pool.remove("pump")
    assert len(pool) == 0
    pool.add("pump", 0.0, 10.0)
