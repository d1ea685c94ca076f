"""A pool's models score as separate models do, and share nothing they learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from saved_models import small
from tiny import read_tree

from zhtm_detector import HTMModel, ModelPool, load_preset
from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.params import ModelParams
from zhtm_detector.streams.state.state_folder import StateFolder

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


def trained(params: ModelParams, records: int) -> ModelPool:
    pool = ModelPool(params, probation=60, seed=7)
    for name, limits in RANGES.items():
        pool.add(name, *limits)
        pool.run(name, STAMPS[:records], values_of(name)[:records])
    return pool


@pytest.mark.parametrize("params", [small("columns"), small("columns-causal"), small("region-causal")])
def test_a_saved_pool_goes_on_bit_for_bit(params: ModelParams, tmp_path: Path) -> None:
    pool = trained(params, 100)
    pool.save(tmp_path / "pool")
    loaded = ModelPool.load(tmp_path / "pool")
    assert list(loaded) == list(pool)
    assert (loaded.params, loaded.probation, loaded.seed) == (params, 60, 7)
    for name in RANGES:
        got, expected = (one.run(name, STAMPS[100:], values_of(name)[100:]) for one in (loaded, pool))
        assert got.score.tolist() == expected.score.tolist()
        assert got.raw.tolist() == expected.raw.tolist()
    loaded.save(tmp_path / "pool")
    pool.save(tmp_path / "other")
    assert read_tree(tmp_path / "pool") == read_tree(tmp_path / "other")


def test_only_streams_that_changed_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved: list[str] = []
    to_bytes = HTMModel.to_bytes
    pool = trained(small("columns"), 20)
    monkeypatch.setattr(HTMModel, "to_bytes", lambda model: (saved.append(names[id(model)]), to_bytes(model))[1])
    names = {id(pool[name]): name for name in pool}
    pool.save(tmp_path / "pool")
    assert sorted(saved) == sorted(RANGES)
    saved.clear()
    pool.save(tmp_path / "pool")
    assert saved == []
    pool.step("valve", STAMPS[20], 5.0)
    pool["fan"].run(STAMPS[20:22], [3.0, 3.0])  # a model that was handed out counts as well
    pool.save(tmp_path / "pool")
    assert sorted(saved) == ["fan", "valve"]
    pool.remove("pump")
    pool.save(tmp_path / "pool")
    assert list(ModelPool.load(tmp_path / "pool")) == ["valve", "fan"]
    saved.clear()
    names[id(pool.add("pump", 0.0, 1.0))] = "pump"
    pool.save(tmp_path / "pool")
    assert saved == ["pump"]
    pool.save(tmp_path / "other")  # a folder that has none of them
    assert sorted(saved) == ["fan", "pump", "pump", "valve"]
    pool = ModelPool.load(tmp_path / "pool")
    saved.clear()
    names |= {id(pool[name]): name for name in pool}
    pool.save(tmp_path / "pool")
    assert saved == []


def test_folders_that_hold_no_pool(tmp_path: Path) -> None:
    pool = trained(small("columns"), 5)
    with pytest.raises(InputError, match="none: not found; expected the folder of a saved pool"):
        ModelPool.load(tmp_path / "none")
    assert not (tmp_path / "none").exists()
    with StateFolder(tmp_path / "state") as state:
        state.commit({}, [], {"threshold": 1})
        with pytest.raises(InputError, match="expected no other process"):
            pool.save(tmp_path / "state")
    for use in (pool.save, ModelPool.load):
        with pytest.raises(InputError, match=r"expected the folder of a saved pool, got \['threshold'\]"):
            use(tmp_path / "state")
    pool.save(tmp_path / "pool")
    file = next((tmp_path / "pool").glob("*-*.npz"))
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(InputError, match=r"\.npz: cut or altered"):
        ModelPool.load(tmp_path / "pool")
    other = ModelPool(small("columns"), probation=61)
    other.add("pump", 0.0, 1.0)
    other["pump"].save(file)
    with pytest.raises(InputError, match="expected a model with the pool's settings"):
        ModelPool.load(tmp_path / "pool")
