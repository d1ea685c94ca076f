"""From buckets to active minicolumns: similar values share many, and no row has more than it may."""

from __future__ import annotations

import pickle
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.columns import TIMES
from zhtm_detector.htm.minicolumn_rows import MinicolumnRows, minicolumn_rows
from zhtm_detector.htm.params import ColumnEncoderParams, CyclicParams, SpatialPoolerParams, load_preset
from zhtm_detector.htm.spatial_pooler import SpatialPooler

ENCODER = ColumnEncoderParams(size=200, active_bits=11, resolutions=(0.01, 0.04))
POOLER = SpatialPoolerParams(
    column_dimensions=(400,), potential_radius=4, global_inhibition=False, active_columns=20, stimulus_threshold=1
)


def active(rows: MinicolumnRows, bucket: int, time: int | None = None) -> set[int]:
    row = rows.row(bucket * TIMES + (0 if time is None else 1 + time)).tolist()
    found = row[1 : 1 + row[0]]
    assert len(row) == rows.most_active + 1
    assert found == sorted(set(found))
    assert not any(row[1 + row[0] :])
    return set(found)


def shared(rows: MinicolumnRows, distance: int) -> float:
    """Share of the active minicolumns in common with a bucket at a distance, mean over many buckets."""
    shares = []
    for bucket in range(-300, 300, 7):
        one, other = active(rows, bucket), active(rows, bucket + distance)
        shares.append(len(one & other) / len(one | other))
    return float(np.mean(shares))


@pytest.mark.parametrize("pooler", [None, POOLER, POOLER.model_copy(update={"global_inhibition": True})])
@pytest.mark.compiled
def test_overlap_falls_with_distance(pooler: SpatialPoolerParams | None) -> None:
    """Up to the width of the coarsest resolution's bits; of farther values only chance is left."""
    rows = MinicolumnRows(ENCODER, pooler, False, 1)
    shares = [shared(rows, distance) for distance in (0, 1, 2, 4, 8, 16, 32, 60, 1000)]
    assert shares[0] == 1.0
    for near, far in pairwise(shares[:7]):
        assert near > far + 0.02
    assert max(shares[7:]) < 0.15


def test_without_a_pooler_the_encoders_bits_are_the_minicolumns() -> None:
    rows = MinicolumnRows(ENCODER, None, True, 1)
    times = rows.time_buckets
    assert times == 28
    assert (rows.minicolumns, rows.most_active) == (2 * 200 + times, 2 * 11 + 7)
    assert len(active(rows, 5, 3)) == 29
    # Bits of the fine resolution, of the coarse one, of the time.
    parts = np.histogram([*active(rows, 5, 3)], bins=[0, 200, 400, 428])[0]
    assert parts.tolist() == [11, 11, 7]
    assert active(rows, 5, 3) - active(rows, 5, 4) == {403}
    assert active(rows, 5) == active(rows, 5, 3) - set(range(400, 428))
    # Buckets that are one bucket of the coarse resolution share its bits, whatever they share of the fine one.
    coarse = set(range(200, 400))
    assert active(rows, -1) & coarse == active(rows, 1) & coarse != active(rows, 2) & coarse


def test_every_bucket_of_the_time_has_its_own_bits() -> None:
    """The moment that stands for a bucket lies in it, also where a bucket is no whole number of microseconds."""
    for radius in (6.0, 9.49, 0.77):
        time = CyclicParams(active_bits=7, radius=radius)
        rows = MinicolumnRows(ENCODER.model_copy(update={"time_of_day": time}), None, True, 1)
        for bucket in range(rows.time_buckets):
            bits = {400 + (bucket + bit) % rows.time_buckets for bit in range(7)}
            assert {minicolumn for minicolumn in active(rows, 0, bucket) if minicolumn >= 400} == bits


def test_the_seed_decides() -> None:
    rows = [MinicolumnRows(ENCODER, POOLER, True, seed) for seed in (1, 1, 2)]
    buckets = (-(2**40), -3, 0, 5, 2**40)
    found = [[active(one, bucket, 5) for bucket in buckets] for one in rows]
    assert found[0] == found[1] != found[2]
    assert minicolumn_rows(ENCODER, POOLER, True, 1) is minicolumn_rows(ENCODER, POOLER, True, 1)
    assert [active(minicolumn_rows(ENCODER, POOLER, True, 1), bucket, 5) for bucket in buckets] == found[0]


def test_a_row_does_not_depend_on_those_before() -> None:
    rows, other = (MinicolumnRows(ENCODER, POOLER, False, 1) for _ in range(2))
    found = [active(rows, bucket) for bucket in range(50)]
    assert [active(other, bucket) for bucket in reversed(range(50))] == found[::-1]


@pytest.mark.parametrize("preset", ["zhtm", "column"])
def test_no_bucket_of_a_preset_is_silent(preset: str) -> None:
    for group in load_preset(preset).columns:
        rows = minicolumn_rows(group.encoder, group.spatial_pooler, "mean_at_time" in group.sees, 42)
        assert min(len(active(rows, bucket)) for bucket in range(-100, 200, 3)) >= 10


# The bound of the spatial pooler


def winners(pooler: SpatialPooler, rows: list[NDArray[np.uint32]], learn: bool) -> int:
    """Check each record against the bound as it was before; return the most winners."""
    most = 0
    for bits in rows:
        bound = pooler.most_winners
        found = len(pooler.compute(bits, learn=learn))
        assert found <= bound
        most = max(most, found)
    return most


@pytest.mark.parametrize("wrap_around", [True, False])
@pytest.mark.parametrize("density", [1, 5, 20, 100])
@pytest.mark.parametrize("radius", [1, 3, 10, 40])
@pytest.mark.compiled
def test_no_record_has_more_winners_than_the_bound(radius: int, density: int, wrap_around: bool) -> None:
    """In pools of random bits, of none, of all and of runs; also after learning has changed the inhibition radius."""
    for seed in range(3):
        rng = np.random.default_rng([seed, radius, density])
        columns, inputs = int(rng.integers(100, 140)), int(rng.integers(60, 130))
        params: dict[str, Any] = {
            "column_dimensions": (columns,),
            "potential_radius": radius,
            "potential_fraction": float(rng.choice([0.3, 0.8, 1.0])),
            "global_inhibition": False,
            "active_columns": density,
            "stimulus_threshold": int(rng.integers(2)),
            "wrap_around": wrap_around,
            "permanence_increment": 0.2,
            "permanence_decrement": float(rng.choice([0.01, 0.2])),
            "update_period": 5,
            "boost_strength": float(rng.choice([0.0, 5.0])),
        }
        pooler = SpatialPooler(inputs, SpatialPoolerParams(**params), np.random.default_rng(seed))
        rows = [np.flatnonzero(rng.random(inputs) < share).astype(np.uint32) for share in rng.random(25)]
        runs = ((0, 0), (0, inputs), (0, 20), (inputs - 20, inputs))
        rows += [np.arange(start, stop, dtype=np.uint32) for start, stop in runs]
        assert winners(pooler, rows, learn=False) > 0
        before = pooler.inhibition_radius
        winners(pooler, rows * 3, learn=True)
        winners(pooler, rows, learn=False)
        assert pooler.most_winners <= columns
        assert before >= 1


def test_the_bound_is_exact_where_inhibition_is_global() -> None:
    params = SpatialPoolerParams(column_dimensions=(50,), active_columns=7)
    pooler = SpatialPooler(30, params, np.random.default_rng(1))
    assert pooler.most_winners == 7
    assert len(pooler.compute(np.arange(30, dtype=np.uint32))) == 7


def test_a_pickle_holds_no_pool() -> None:
    """The rows are drawn again, once per process, because streams share them."""
    rows = minicolumn_rows(ENCODER, POOLER, True, 1)
    assert len(pickle.dumps(rows)) < 3000
    assert pickle.loads(pickle.dumps(rows)) is rows
    minicolumn_rows.cache_clear()
    again = pickle.loads(pickle.dumps(rows))
    assert again is not rows
    assert [again.row(number).tolist() for number in range(5)] == [rows.row(number).tolist() for number in range(5)]
