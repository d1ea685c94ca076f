"""The compiled temporal memory equals its slow twin, bit for bit, and the seeds exercise every rule."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from naive.temporal_memory import NaiveTemporalMemory
from numba.core import config

from zhtm_detector.htm.params import TemporalMemoryParams
from zhtm_detector.htm.temporal_memory import TemporalMemory

COLUMNS = 24
RECORDS = 150
SEEDS = 60
LONG_SEEDS = 3 if config.DISABLE_JIT else 12  # type: ignore[attr-defined]  # kernels as plain Python take their time
EVENTS: set[str] = set()


def params_of(seed: int) -> TemporalMemoryParams:
    choose = np.random.default_rng([seed, 7])
    activation = int(choose.choice([0, 2, 3, 4]))
    return TemporalMemoryParams(
        cells_per_column=int(choose.choice([1, 2, 4])),
        activation_threshold=activation,
        matching_threshold=min(activation, int(choose.choice([0, 1, 2, 3]))),
        initial_permanence=float(choose.choice([0.1, 0.24, 0.55])),
        connected_permanence=0.5,
        permanence_increment=float(choose.choice([0.1, 0.04])),
        permanence_decrement=float(choose.choice([0.0, 0.05, 0.1])),
        predicted_decrement=float(choose.choice([0.0, 0.02, 0.1])),
        new_synapses=int(choose.choice([3, 5, 8])),
        synapses_per_segment=int(choose.choice([3, 6, 10])),
        segments_per_cell=int(choose.choice([1, 2, 5])),
        segments=int(choose.choice([10, 60, 1000])),
    )


def records_of(seed: int) -> list[list[int]]:
    """Return a loop of random codes with noise, empty records and jumps."""
    rng = np.random.default_rng([seed, 8])
    loop = [rng.choice(COLUMNS, 5, replace=False) for _ in range(7)]
    records = []
    at = 0
    for _ in range(RECORDS):
        at = int(rng.integers(7)) if rng.random() < 0.1 else (at + 1) % 7
        code = loop[at]
        if rng.random() < 0.2:
            code = rng.choice(COLUMNS, rng.integers(0, 8), replace=False)
        records.append(sorted(int(column) for column in code))
    return records


def assert_equal(fast: TemporalMemory, slow: NaiveTemporalMemory) -> None:
    assert fast.active_cells.tolist() == slow.active_cells
    assert fast.winner_cells.tolist() == slow.winner_cells
    assert fast.active_segments.tolist() == slow.active_segments
    assert fast.matching_segments.tolist() == slow.matching_segments
    assert fast.segment_count == len(slow.segments)
    assert fast.synapse_count == sum(len(s.synapses) for s in slow.segments.values())
    for segment in slow.segments.values():
        assert segment.number in fast.segments_of(segment.cell)
        assert fast.synapses_of(segment.number) == {c: float(p) for c, p in sorted(segment.synapses.items())}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_equals_twin(seed: int) -> None:
    params = params_of(seed)
    fast = TemporalMemory(COLUMNS, params, np.random.default_rng(seed))
    slow = NaiveTemporalMemory(COLUMNS, params, np.random.default_rng(seed))
    for i, columns in enumerate(records_of(seed)):
        if i % 61 == 60:
            fast.reset()
            slow.reset()
        learn = i % 10 != 9
        score = fast.compute(np.array(columns, dtype=np.uint32), learn)
        assert score == slow.compute(columns, learn)
        if i % 10 == 0:
            assert_equal(fast, slow)
    assert_equal(fast, slow)
    EVENTS.update(slow.events)


def long_segments(seed: int) -> TemporalMemoryParams:
    """Return parameters for segments that need two or three 64-bit words of flags."""
    choose = np.random.default_rng([seed, 9])
    return TemporalMemoryParams(
        cells_per_column=2,
        activation_threshold=4,
        matching_threshold=3,
        initial_permanence=0.3,
        connected_permanence=0.5,
        permanence_increment=0.1,
        permanence_decrement=float(choose.choice([0.0, 0.01, 0.1])),
        predicted_decrement=float(choose.choice([0.0, 0.1])),
        new_synapses=int(choose.choice([30, 150])),
        synapses_per_segment=int(choose.choice([65, 100, 150])),
        segments_per_cell=2,
        segments=int(choose.choice([30, 1000])),
    )


@pytest.mark.parametrize("seed", range(LONG_SEEDS))
def test_long_segments_equal_twin(seed: int) -> None:
    columns, params = 150, long_segments(seed)
    fast = TemporalMemory(columns, params, np.random.default_rng(seed))
    slow = NaiveTemporalMemory(columns, params, np.random.default_rng(seed))
    rng = np.random.default_rng([seed, 10])
    loop = [rng.choice(columns, 50, replace=False) for _ in range(6)]
    for i in range(150):
        # Part known code, part random: segments keep gaining new cells and losing old ones.
        code = np.union1d(loop[i % 6][: rng.integers(10, 51)], rng.choice(columns, rng.integers(0, 30)))
        assert fast.compute(code.astype(np.uint32)) == slow.compute(code.tolist())
        if i % 10 == 0:
            assert_equal(fast, slow)
            EVENTS.update(f"{len(s.synapses) >> 6} words" for s in slow.segments.values())


def test_seeds_exercise_every_rule() -> None:
    if not EVENTS:
        pytest.skip("runs after the seeds, in the same process")
    assert {
        "punished",
        "died",
        "died of punishment",
        "weakest evicted",
        "evicted from cell",
        "evicted from memory",
        "1 words",
    } <= EVENTS


@pytest.mark.parametrize("seed", range(5))
def test_run_equals_compute(seed: int) -> None:
    params = params_of(seed)
    records = records_of(seed)
    one = TemporalMemory(COLUMNS, params, np.random.default_rng(seed))
    many = TemporalMemory(COLUMNS, params, np.random.default_rng(seed))
    offsets = np.cumsum([0] + [len(columns) for columns in records])
    flat = np.array([column for columns in records for column in columns], dtype=np.uint32)
    scores = [one.compute(np.array(columns, dtype=np.uint32)) for columns in records]
    assert many.run(flat, offsets).tolist() == scores
    assert pickle.dumps(one._memory) == pickle.dumps(many._memory)
