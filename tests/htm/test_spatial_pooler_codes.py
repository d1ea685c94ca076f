"""Quality of a spatial pooler's codes: stable, similar for similar inputs, spread over all columns."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from zhtm_detector.htm.params import SpatialPoolerParams
from zhtm_detector.htm.spatial_pooler import SpatialPooler

pytestmark = pytest.mark.compiled
INPUTS = 400
ACTIVE = 20
WINNERS = 20


def make(seed: int = 1, **params: Any) -> SpatialPooler:
    return SpatialPooler(
        INPUTS,
        SpatialPoolerParams(column_dimensions=(1024,), active_columns=WINNERS, **params),
        np.random.default_rng(seed),
    )


def block(start: int) -> NDArray[np.uint32]:
    """Return contiguous bits, as from a scalar encoder: nearby values share most of them."""
    return np.arange(start, start + ACTIVE, dtype=np.uint32)


def shared(a: NDArray[np.uint32], b: NDArray[np.uint32]) -> float:
    return np.intersect1d(a, b).size / WINNERS


def train(pooler: SpatialPooler, records: int, seed: int = 2) -> list[NDArray[np.uint32]]:
    starts = np.random.default_rng(seed).integers(0, INPUTS - ACTIVE + 1, records)
    columns, offsets = pooler.run(np.stack([block(int(start)) for start in starts]))
    return [columns[a:b] for a, b in pairwise(offsets)]


@pytest.mark.parametrize("increment", [0.003, 0.05])
def test_repeated_input_gets_a_stable_code(increment: float) -> None:
    pooler = make(permanence_increment=increment, permanence_decrement=increment / 6)
    train(pooler, 3000)
    code = pooler.compute(block(100))
    for _ in range(50):
        train(pooler, 5)
        assert shared(code, pooler.compute(block(100))) >= 0.9


def test_codes_of_repeated_inputs_converge() -> None:
    pooler = make()
    first = [pooler.compute(block(start)).tolist() for start in range(0, 380, 40)]
    for _ in range(100):
        later = [pooler.compute(block(start)).tolist() for start in range(0, 380, 40)]
    again = [pooler.compute(block(start)).tolist() for start in range(0, 380, 40)]
    assert again == later
    assert len(first) == len({tuple(code) for code in later})


@pytest.mark.parametrize("trained", [0, 3000])
def test_similar_inputs_get_similar_codes(trained: int) -> None:
    pooler = make()
    train(pooler, trained or 1)
    near, middle, far = [], [], []
    for start in range(0, 300, 20):
        code = pooler.compute(block(start), learn=False)
        near.append(shared(code, pooler.compute(block(start + 2), learn=False)))
        middle.append(shared(code, pooler.compute(block(start + 8), learn=False)))
        far.append(shared(code, pooler.compute(block((start + 190) % 380), learn=False)))
    assert np.mean(near) > 0.5
    assert np.mean(near) > np.mean(middle) + 0.1 > np.mean(far) + 0.2
    assert np.mean(far) < 0.1


def test_a_noisy_input_gets_nearly_the_same_code() -> None:
    pooler = make(permanence_increment=0.05, permanence_decrement=0.01)
    train(pooler, 3000)
    rng = np.random.default_rng(3)
    kept = []
    for start in range(0, 380, 19):
        noisy = np.union1d(rng.choice(block(start), 18, replace=False), rng.integers(0, INPUTS, 2))
        kept.append(
            shared(
                pooler.compute(block(start), learn=False),
                pooler.compute(noisy.astype(np.uint32), learn=False),
            )
        )
    assert np.mean(kept) > 0.7


def test_boosting_uses_all_columns() -> None:
    plain, boosted = make(), make(boost_strength=30.0, duty_cycle_period=200)
    used = [np.unique(np.concatenate(train(pooler, 6000)[3000:])).size for pooler in (plain, boosted)]
    assert used[1] == 1024
    assert used[0] < 1024
    assert boosted.active_duty_cycles.std() < plain.active_duty_cycles.std() / 2


def test_weak_columns_regain_overlap() -> None:
    pooler = make(
        potential_fraction=0.05,
        minimum_overlap_duty_cycle=0.2,
        permanence_increment=0.0,
        permanence_decrement=0.0,
    )
    rows = np.tile(block(50), (400, 1))
    pooler.state.permanences[pooler.potential] *= np.float32(0.3)
    before = pooler.potential[:, 50:70].any(axis=1)
    pooler.run(rows)
    assert (pooler.overlaps[before] > 0).all()


def test_topology_keeps_winners_near_the_active_inputs() -> None:
    pooler = make(potential_radius=10, global_inhibition=False, stimulus_threshold=3, wrap_around=False)
    active = pooler.compute(block(200))
    assert 0 < active.size <= 40
    assert (np.abs(active * INPUTS / 1024 - 210) <= 22).all()


def test_same_seed_same_codes() -> None:
    first, second, other = (np.concatenate(train(make(seed), 200)).tobytes() for seed in (1, 1, 2))
    assert first == second != other
