"""The single-record path: the same scores as stage by stage, whatever the model's parts."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numba.core import config
from numpy.typing import NDArray

from zhtm_detector.htm import context_memory, temporal_memory
from zhtm_detector.htm.context_memory import ContextMemory
from zhtm_detector.htm.kernels import record
from zhtm_detector.htm.kernels.cache_key import SOURCES, mark_of
from zhtm_detector.htm.model import HTMModel, Step
from zhtm_detector.htm.params import CyclicParams, ModelParams, load_preset
from zhtm_detector.htm.temporal_memory import TemporalMemory

RECORDS = 500
FEW = 10 if config.DISABLE_JIT else RECORDS  # type: ignore[attr-defined]  # kernels as plain Python take their time
TIMES = pd.date_range("2026-01-01", periods=RECORDS, freq="30min")


def values() -> NDArray[np.float64]:
    rng = np.random.default_rng(3)
    return 50 + 20 * np.sin(np.arange(RECORDS) / 24 * np.pi) + rng.normal(0, 3, RECORDS)


def make(params: ModelParams) -> HTMModel:
    return HTMModel(params, 0.0, 100.0, 60)


def steps(model: HTMModel, start: int, stop: int, learn: bool = True) -> list[Step]:
    return [model.step(TIMES[i], float(values()[i]), learn) for i in range(start, stop)]


def runs(model: HTMModel, start: int, stop: int, learn: bool = True) -> list[Step]:
    got = model.run(TIMES[start:stop], values()[start:stop], learn)
    return [Step(*record) for record in zip(*(getattr(got, name).tolist() for name in Step._fields), strict=True)]


def changed(preset: str, part: str, **change: Any) -> ModelParams:
    params = load_preset(preset)
    inner = getattr(params, part).model_copy(update=change)
    return params.model_copy(update={part: inner})


@pytest.mark.parametrize(
    "params",
    [
        changed("classic", "anomaly", prediction_weight=0.3),
        changed("classic", "anomaly", likelihood=False, prediction_weight=0.7, value_range_tolerance=None),
        changed("novelty", "anomaly", prediction_weight=0.4, likelihood=True),
        changed("novelty", "anomaly", gate=None),  # nothing predicts
        pytest.param(changed("classic", "spatial_pooler", global_inhibition=False), marks=pytest.mark.compiled),
        changed("classic", "spatial_pooler", boost_strength=2.0),
        load_preset("novelty").model_copy(update={"block_novelty": None}),
        load_preset("novelty").model_copy(update={"value_novelty": None}),
        changed("zhtm", "anomaly", likelihood=True, prediction_weight=0.4),
        load_preset("novelty").model_copy(update={"columns": load_preset("zhtm").columns}),
        load_preset("column").model_copy(update={"columns": 2 * load_preset("column").columns}),
    ],
    ids=[
        "weight",
        "raw",
        "both",
        "no prediction",
        "local",
        "boosted",
        "values",
        "blocks",
        "columns",
        "columns and novelty",
        "two groups that predict",
    ],
)
def test_any_parts(params: ModelParams) -> None:
    assert steps(make(params), 0, FEW) == runs(make(params), 0, FEW)


def memory_of(model: HTMModel) -> TemporalMemory | ContextMemory:
    if model.region is not None:
        return model.region.temporal_memory
    assert model.columns is not None
    return model.columns.groups[0].memory


@pytest.mark.parametrize("preset", ["classic", "zhtm"])
@pytest.mark.compiled
def test_a_memory_that_grows(preset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a step, and in a run between two steps: the second step must not use the old arrays."""
    expected = runs(make(load_preset(preset)), 0, RECORDS)
    monkeypatch.setattr(temporal_memory, "_FIRST_SEGMENTS", 64)
    monkeypatch.setattr(temporal_memory, "_FIRST_ARENA", 1 << 8)
    monkeypatch.setattr(context_memory, "_FIRST_SEGMENTS", 64)
    model = make(load_preset(preset))
    memory = memory_of(model)
    got = steps(model, 0, 20)
    grown = memory.version
    got += runs(model, 20, 400)
    grown_in_run = memory.version
    got += steps(model, 400, RECORDS)
    assert 0 < grown < grown_in_run
    assert got == expected


@pytest.mark.parametrize("preset", ["classic", "zhtm"])
@pytest.mark.compiled
def test_learning_on_and_off(preset: str) -> None:
    model, other = make(load_preset(preset)), make(load_preset(preset))
    assert steps(model, 0, 200) + steps(model, 200, 300, learn=False) + steps(model, 300, 400) == (
        runs(other, 0, 200) + runs(other, 200, 300, learn=False) + runs(other, 300, 400)
    )


@pytest.mark.parametrize("copy", [deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
@pytest.mark.compiled
def test_copies_go_on_alone(copy: Any) -> None:
    """Neither shares arrays with the other."""
    model = make(load_preset("zhtm"))
    steps(model, 0, 200)
    twin = copy(model)
    assert steps(twin, 200, 300) == steps(model, 200, 300)
    assert steps(twin, 300, 400) == runs(model, 300, 400)


# Kernels that call those of other files


def test_the_mark_follows_the_sources(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("A = 1\n")
    (tmp_path / "notes.txt").write_text("no code\n")
    first = mark_of(tmp_path)
    (tmp_path / "notes.txt").write_text("other notes\n")
    assert mark_of(tmp_path) == first
    (tmp_path / "one.py").write_text("A = 2\n")
    assert mark_of(tmp_path) != first
    assert SOURCES.itemsize == 1


CALLEE = """
from zhtm_detector.htm.kernels.jit import jit_inner

@jit_inner
def answer(x):
    return x + {number}
"""
CALLER = """
from pathlib import Path
import numpy as np
from callee import answer
from zhtm_detector.htm.kernels.jit import jit
from zhtm_detector.htm.kernels.cache_key import mark_of

@jit
def ask(x, sources):
    return answer(x)

print(ask(1, np.zeros(1, dtype={dtype})), ask.stats.cache_hits[ask.signatures[0]])
"""


@pytest.mark.parametrize(
    ("dtype", "after"), [("mark_of(Path(__file__).parent)", "101 0"), ("np.int8", "11 1")], ids=["marked", "unmarked"]
)
@pytest.mark.compiled
def test_a_changed_callee_is_compiled_again(dtype: str, after: str, tmp_path: Path) -> None:
    """Without the mark numba keeps using the old one; if that ever changes, the mark can be deleted."""

    def ask() -> str:
        environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
        command = [sys.executable, "-c", "import sys; sys.path.insert(0, '.'); import caller"]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    (tmp_path / "caller.py").write_text(CALLER.format(dtype=dtype))
    (tmp_path / "callee.py").write_text(CALLEE.format(number=10))
    assert [ask(), ask()] == ["11 0", "11 1"]
    (tmp_path / "callee.py").write_text(CALLEE.format(number=100))
    assert ask() == after


@pytest.mark.compiled
def test_learn_may_be_numpys() -> None:
    """A NumPy boolean compiles no kernel of its own."""
    kernels = len(record.step.signatures)  # type: ignore[attr-defined]
    model, other = make(load_preset("classic")), make(load_preset("classic"))
    for i in range(50):
        truth: Any = (np.True_, True)[i % 2] if i < 30 else (np.False_, False)[i % 2]
        assert model.step(TIMES[i], float(values()[i]), truth) == other.step(TIMES[i], float(values()[i]), i < 30)
    assert len(record.step.signatures) <= kernels + 1  # type: ignore[attr-defined]


@pytest.mark.compiled
def test_the_season_is_seen() -> None:
    """A part of the date that no preset encodes; also across the end of a year."""
    params = load_preset("classic")
    dates = params.date_encoder.model_copy(update={"season": CyclicParams(active_bits=5, radius=60.0)})
    params = params.model_copy(update={"date_encoder": dates})
    days = pd.date_range("2027-10-01", periods=200, freq="D")
    model, other = make(params), make(params)
    got = [model.step(day, float(value)).raw for day, value in zip(days, values()[:200], strict=True)]
    assert got == other.run(days, values()[:200]).raw.tolist()
