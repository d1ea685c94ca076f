"""The compiled spatial pooler equals its slow twin, bit for bit, after every record."""

from __future__ import annotations

import pickle
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from naive.spatial_pooler import NaiveSpatialPooler
from numpy.typing import NDArray

from zhtm_detector.htm.params import SpatialPoolerParams
from zhtm_detector.htm.spatial_pooler import SpatialPooler

RECORDS = 120
SEEDS = 64
INPUTS = 48
EVENTS: dict[int, Counter[str]] = {}


def make_params(seed: int) -> SpatialPoolerParams:
    """Return random parameters; bits of the seed choose topology, inhibition, boosting and threshold."""
    rng = np.random.default_rng([seed, 1])
    two_dimensional, wrap, is_global, boosted, thresholded = (bool(seed >> bit & 1) for bit in range(5))
    sizes = [((8, 8), (6, 8)), ((4, 16), (12, 4))] if two_dimensional else [((64,), (48,)), ((61,), None)]
    columns, inputs = sizes[seed >> 5 & 1]
    return SpatialPoolerParams(
        column_dimensions=columns,
        input_dimensions=inputs,
        potential_fraction=float(rng.choice([0.15, 0.8, 1.0])),
        potential_radius=[None, 1, 3, 9][int(rng.integers(4))],
        wrap_around=wrap,
        global_inhibition=is_global,
        active_columns=int(rng.integers(3, 9)),
        stimulus_threshold=int(rng.choice([1, 2, 3, 5])) if thresholded else 0,
        permanence_increment=float(rng.choice([0.003, 0.05, 0.1])),
        permanence_decrement=float(rng.choice([0.0005, 0.02, 0.08])),
        connected_permanence=float(rng.choice([0.1, 0.2, 0.5])),
        minimum_overlap_duty_cycle=float(rng.choice([0.001, 0.3, 0.9])),
        duty_cycle_period=int(rng.choice([7, 40, 1000])),
        boost_strength=float(rng.choice([0.01, 1.0, 20.0])) if boosted else 0.0,
        update_period=int(rng.choice([5, 11])),
    )


def make_records(seed: int) -> list[NDArray[np.uint32]]:
    """Return recurring patterns, some of them noisy or empty; the last inputs are never active."""
    rng = np.random.default_rng([seed, 2])
    patterns = [rng.choice(INPUTS - 8, 7, replace=False) for _ in range(5)]
    records = []
    for _ in range(RECORDS):
        bits = patterns[int(rng.integers(5))]
        if rng.random() < 0.3:
            bits = np.concatenate([bits[: int(rng.integers(7))], rng.integers(0, INPUTS - 8, 2)])
        records.append(np.unique(bits[: 0 if rng.random() < 0.02 else None]).astype(np.uint32))
    return records


def assert_same_bytes(name: str, got: NDArray[np.generic], want: NDArray[np.generic], record: int) -> None:
    assert got.dtype == want.dtype, name
    assert got.tobytes() == want.tobytes(), f"{name} after record {record}"


def assert_equal(fast: SpatialPooler, slow: NaiveSpatialPooler, record: int) -> None:
    for name in (
        "permanences",
        "potential",
        "active_duty_cycles",
        "overlap_duty_cycles",
        "minimum_overlap_duty_cycles",
        "boost_factors",
    ):
        assert_same_bytes(name, getattr(fast, name), getattr(slow, name), record)
    np.testing.assert_array_equal(fast.overlaps, slow.overlaps)
    np.testing.assert_array_equal(fast.state.connected, slow.connected.T)
    np.testing.assert_array_equal(fast.connected_counts, slow.connected_counts)
    assert fast.inhibition_radius == slow.inhibition_radius


@pytest.mark.parametrize("seed", range(SEEDS))
def test_equals_twin(seed: int) -> None:
    params = make_params(seed)
    fast = SpatialPooler(INPUTS, params, np.random.default_rng(seed))
    slow = NaiveSpatialPooler(INPUTS, params, np.random.default_rng(seed))
    assert_equal(fast, slow, -1)
    learns = np.random.default_rng([seed, 3]).random(RECORDS) < 0.9
    for record, (bits, learn) in enumerate(zip(make_records(seed), learns, strict=True)):
        got = fast.compute(bits, learn=bool(learn))
        assert_same_bytes("active columns", got, slow.compute(bits, learn=bool(learn)), record)
        assert_equal(fast, slow, record)
    EVENTS[seed] = slow.events


@pytest.mark.parametrize(
    ("event", "seeds"),
    [
        ("weak column", 20),
        ("weak column at its limit", 5),
        ("raised to the stimulus threshold", 5),
        ("trimmed", 20),
        ("clipped", 20),
        ("connected", 40),
        ("disconnected", 40),
        ("boost changed the ranking", 20),
        ("too little overlap", 20),
        ("silent winner", 5),
        ("radius changed", 10),
        ("area of a part", 15),
    ],
)
def test_seeds_exercise_the_rule(event: str, seeds: int) -> None:
    for seed in range(SEEDS):
        if seed not in EVENTS:  # this test runs alone, or on another worker
            test_equals_twin(seed)
    assert sum(events[event] > 0 for events in EVENTS.values()) >= seeds


@pytest.mark.parametrize("seed", range(0, SEEDS, 5))
def test_run_equals_compute(seed: int) -> None:
    params = make_params(seed)
    rows = np.sort(np.random.default_rng(seed).permuted(np.tile(np.arange(INPUTS), (80, 1)), axis=1)[:, :6])
    one_by_one = SpatialPooler(INPUTS, params, np.random.default_rng(seed))
    at_once = SpatialPooler(INPUTS, params, np.random.default_rng(seed))
    for learn in (True, False):
        expected = [one_by_one.compute(row, learn=learn) for row in rows.astype(np.uint32)]
        columns, offsets = at_once.run(rows.astype(np.uint32), learn=learn)
        assert columns.dtype == np.uint32 and offsets.dtype == np.int64
        assert [columns[a:b].tolist() for a, b in pairwise(offsets)] == [row.tolist() for row in expected]
        assert pickle.dumps(at_once.state) == pickle.dumps(one_by_one.state)


@pytest.mark.parametrize("seed", range(0, SEEDS, 9))
def test_pickled_pooler_continues_identically(seed: int) -> None:
    pooler = SpatialPooler(INPUTS, make_params(seed), np.random.default_rng(seed))
    records = make_records(seed)
    for bits in records[:60]:
        pooler.compute(bits)
    copy = pickle.loads(pickle.dumps(pooler))
    for bits in records[60:]:
        assert pooler.compute(bits).tobytes() == copy.compute(bits).tobytes()
    assert pickle.dumps(pooler.state) == pickle.dumps(copy.state)
