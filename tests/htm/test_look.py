"""`HTMModel.score`: what the next step returns, and nothing changes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numba.core import config

from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import ModelParams, load_preset, preset_names

START = datetime(2026, 1, 1)
FEW = 12 if config.DISABLE_JIT else 100  # type: ignore[attr-defined]  # kernels as plain Python take their time


def preset(name: str, causal: bool, small: bool) -> ModelParams:
    """The preset; a `small` one has histories and stores that are full, and estimates that are renewed, in a test."""
    params = load_preset(name)
    if not small:
        return params.model_copy(update={"causal": causal})
    anomaly = params.anomaly.model_copy(update={"history": 30, "reestimation_period": 10, "averaging_window": 4})
    update: dict[str, Any] = {"causal": causal, "anomaly": anomaly}
    if params.block_novelty:
        update["block_novelty"] = params.block_novelty.model_copy(update={"capacity": 3})
    if params.value_novelty:
        update["value_novelty"] = params.value_novelty.model_copy(update={"capacity": 5})
    if params.columns:  # so few segments that some evict those of minicolumns that are looked at later in the record
        memory = params.columns[0].temporal_memory.model_copy(update={"segments": 600})
        update["columns"] = (params.columns[0].model_copy(update={"temporal_memory": memory}), *params.columns[1:])
    return params.model_copy(update=update)


def plain(part: Any, seen: set[int] | None = None) -> Any:
    """All that a model is, as data to compare; caches, scratch and boxes left out."""
    seen = set() if seen is None else seen
    if isinstance(part, np.ndarray):
        return part.dtype.str, part.shape, part.tobytes()
    if isinstance(part, np.random.Generator):
        return str(part.bit_generator.state)
    if isinstance(part, (str, int, float, bool, type(None), np.generic)):
        return part
    if id(part) in seen:
        return None
    seen.add(id(part))
    if hasattr(part, "_fields"):
        return {name: plain(value, seen) for name, value in zip(part._fields, part, strict=True) if name not in CACHES}
    if isinstance(part, dict):
        return {str(key): plain(value, seen) for key, value in part.items() if key not in CACHES}
    if type(part).__name__ == "Replay":
        return list(part._records), part._count
    if isinstance(part, (tuple, list)):
        return [plain(value, seen) for value in part]
    return plain(vars(part), seen) if type(part).__module__.startswith("zhtm") else repr(part)


CACHES = {"_single", "_growing", "_box", "_rows", "_source", "encoder", "params", "version"}
CACHES |= {"places", "wanted", "part", "keys", "boosted"}  # kernels' scratch


@pytest.mark.parametrize("causal", [False, True], ids=["given", "causal"])
@pytest.mark.parametrize("name", preset_names())
@settings(max_examples=2 if FEW == 100 else 1, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), probation=st.integers(0, 60), small=st.booleans())
@example(seed=1, probation=20, small=False)
@example(seed=1, probation=20, small=True)
def test_what_the_next_step_returns(name: str, causal: bool, seed: int, probation: int, small: bool) -> None:
    rng = np.random.default_rng(seed)
    values = rng.choice([0.0, 1.0, 2.5, 7.0], FEW) + rng.normal(0, 0.1, FEW).round(int(rng.integers(0, 3)))
    values *= np.where(np.arange(FEW) > FEW // 2, rng.choice([1.0, 3.0]), 1.0)  # causal columns are outgrown
    looked_at, left_alone = (HTMModel(preset(name, causal, small), 0.0, 10.0, probation) for _ in range(2))
    for number, value in enumerate(values.tolist()):
        moment = START + number * timedelta(minutes=17)
        for _ in range(rng.integers(0, 3)):
            looked_at.score(moment + timedelta(hours=int(rng.integers(0, 99))), float(rng.normal(0, 20)))
        expected = looked_at.score(moment, value)
        assert looked_at.score(moment, value) == expected
        assert looked_at.step(moment, value) == expected
        assert left_alone.step(moment, value) == expected
    looked_at.score(moment, 1.0)
    assert plain(looked_at) == plain(left_alone)


def test_a_look_needs_no_room() -> None:
    """The arrays of segments grow when something is learned, not when a record that may never come is looked at."""
    model = HTMModel(load_preset("column"), 0.0, 10.0, 20)
    assert model.columns is not None
    memory = model.columns.groups[0].memory
    rng, grown = np.random.default_rng(1), 0
    for number in range(20):
        moment, value, before = START + number * timedelta(minutes=5), float(rng.uniform(0, 10)), memory.nbytes
        expected = model.score(moment, value)
        assert memory.nbytes == before
        assert model.step(moment, value) == expected
        grown += memory.nbytes > before
    assert grown > 0
