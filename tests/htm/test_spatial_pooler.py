"""Rules of the spatial pooler, one per test, on poolers small enough to verify by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from zhtm_detector.htm.params import SpatialPoolerParams
from zhtm_detector.htm.spatial_pooler import SpatialPooler


def make(inputs: int = 8, columns: int = 4, **params: Any) -> SpatialPooler:
    values: dict[str, Any] = {
        "column_dimensions": (columns,),
        "active_columns": 1,
        "potential_fraction": 1.0,
        "permanence_increment": 0.1,
        "permanence_decrement": 0.05,
        "connected_permanence": 0.5,
        "minimum_overlap_duty_cycle": 0.0,
        "wrap_around": False,
    } | params
    return SpatialPooler(inputs, SpatialPoolerParams(**values), np.random.default_rng(1))


def bits(*indices: int) -> NDArray[np.uint32]:
    return np.array(indices, dtype=np.uint32)


def set_permanences(pooler: SpatialPooler, rows: ArrayLike) -> None:
    permanences = np.array(rows, dtype=np.float32)
    connected = permanences >= np.float32(pooler.params.connected_permanence)
    pooler.state.permanences[:] = permanences
    pooler.state.connected[:] = connected.T
    pooler.state.connected_counts[:] = connected.sum(axis=1)


def pool(pooler: SpatialPooler, column: int) -> list[int]:
    return np.flatnonzero(pooler.potential[column]).tolist()


# Potential pools


def test_pool_has_the_given_fraction_of_the_inputs() -> None:
    pooler = make(inputs=50, columns=20, potential_fraction=0.33)
    assert (pooler.potential.sum(axis=1) == 17).all()  # 16.5 rounded half up
    assert (pooler.permanences[~pooler.potential] == -1).all()


def test_pool_has_at_least_one_input() -> None:
    assert (make(inputs=10, potential_fraction=0.001).potential.sum(axis=1) == 1).all()


def test_pools_differ_and_cover_the_input() -> None:
    pooler = make(inputs=50, columns=40, potential_fraction=0.5)
    assert len({row.tobytes() for row in pooler.potential}) == 40
    assert pooler.potential.any(axis=0).all()


def test_half_of_the_pool_starts_connected() -> None:
    pooler = make(inputs=40, columns=30, connected_permanence=0.2)
    assert (pooler.connected_counts == 20).all()
    connected = pooler.permanences[pooler.permanences >= np.float32(0.2)]
    rest = pooler.permanences[pooler.permanences < np.float32(0.2)]
    assert 0.55 < connected.mean() < 0.65 and connected.max() <= 1
    assert 0.08 < rest.mean() < 0.12 and rest.min() >= 0


def test_pool_is_clipped_at_the_borders() -> None:
    pooler = make(inputs=8, columns=8, potential_radius=2)
    assert pool(pooler, 0) == [0, 1, 2]
    assert pool(pooler, 4) == [2, 3, 4, 5, 6]
    assert pool(pooler, 7) == [5, 6, 7]


def test_pool_wraps_around_the_borders() -> None:
    pooler = make(inputs=8, columns=8, potential_radius=2, wrap_around=True)
    assert pool(pooler, 0) == [0, 1, 2, 6, 7]
    assert pool(pooler, 7) == [0, 1, 5, 6, 7]


def test_columns_are_centred_on_their_share_of_the_input() -> None:
    pooler = make(inputs=12, columns=4, potential_radius=1)
    assert [pool(pooler, c) for c in range(4)] == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]]


@pytest.mark.parametrize(("wrap_around", "expected"), [(False, [0, 1, 4, 5]), (True, [0, 1, 3, 4, 5, 7, 12, 13, 15])])
def test_pool_in_two_dimensions(wrap_around: bool, expected: list[int]) -> None:
    pooler = make(
        inputs=16,
        column_dimensions=(4, 4),
        input_dimensions=(4, 4),
        potential_radius=1,
        wrap_around=wrap_around,
    )
    assert pool(pooler, 0) == expected


def test_small_pools_are_raised_to_the_stimulus_threshold() -> None:
    pooler = make(inputs=6, columns=10, stimulus_threshold=5)
    assert (pooler.connected_counts >= 5).all()
    unreachable = make(inputs=6, columns=10, stimulus_threshold=7)
    assert (unreachable.connected_counts == 6).all()


# Overlap


def test_overlap_counts_connected_active_inputs() -> None:
    pooler = make(inputs=4, columns=2)
    set_permanences(pooler, [[0.5, 0.49, 1.0, 0.6], [-1.0, 0.5, -1.0, 0.2]])
    pooler.compute(bits(0, 1, 2), learn=False)
    assert pooler.overlaps.tolist() == [2, 1] and pooler.overlaps.dtype == np.uint16


def test_overlaps_are_wider_for_many_inputs() -> None:
    pooler = make(inputs=65536, columns=2, connected_permanence=0.0)
    pooler.compute(np.arange(65536, dtype=np.uint32), learn=False)
    assert pooler.overlaps.tolist() == [65536, 65536]


# Inhibition


def set_overlaps(pooler: SpatialPooler, overlaps: list[int]) -> NDArray[np.uint32]:
    """Set the permanences, and return an input for which the columns have the given overlaps."""
    inputs = pooler.input_size
    set_permanences(pooler, [[1.0] * o + [0.0] * (inputs - o) for o in overlaps])
    return np.arange(inputs, dtype=np.uint32)


def test_global_winners_are_the_best() -> None:
    pooler = make(columns=6, active_columns=3)
    active = pooler.compute(set_overlaps(pooler, [2, 5, 1, 7, 0, 3]), learn=False)
    assert active.tolist() == [1, 3, 5] and active.dtype == np.uint32


def test_ties_go_to_the_lower_index() -> None:
    pooler = make(columns=6, active_columns=3)
    assert pooler.compute(set_overlaps(pooler, [2, 5, 2, 2, 2, 0]), learn=False).tolist() == [0, 1, 2]


def test_winners_need_the_stimulus_threshold() -> None:
    pooler = make(columns=5, active_columns=3, stimulus_threshold=3)
    assert pooler.compute(set_overlaps(pooler, [2, 3, 0, 4, 2]), learn=False).tolist() == [1, 3]


def test_silent_columns_win_at_a_threshold_of_zero() -> None:
    pooler = make(columns=5, active_columns=3)
    assert pooler.compute(bits(), learn=False).tolist() == [0, 1, 2]
    assert make(columns=5, active_columns=3, stimulus_threshold=1).compute(bits()).tolist() == []


def test_local_winners_are_the_best_of_their_area() -> None:
    pooler = make(columns=9, active_columns=3, global_inhibition=False)
    pooler.state.clock[1:] = 1, 0
    overlaps = set_overlaps(pooler, [3, 2, 1, 0, 5, 4, 6, 1, 2])
    assert pooler.compute(overlaps, learn=False).tolist() == [0, 4, 6, 8]


def test_local_ties_go_to_the_lower_index() -> None:
    pooler = make(columns=6, active_columns=2, global_inhibition=False)
    pooler.state.clock[1:] = 1, 0
    assert pooler.compute(set_overlaps(pooler, [1, 1, 1, 3, 1, 1]), learn=False).tolist() == [0, 3]


def test_local_areas_wrap_around() -> None:
    for wrap_around, expected in ((False, [0, 5]), (True, [5])):
        pooler = make(columns=6, active_columns=2, global_inhibition=False, wrap_around=wrap_around)
        pooler.state.clock[1:] = 1, 0
        overlaps = set_overlaps(pooler, [4, 1, 0, 0, 2, 7])
        winners = pooler.compute(overlaps, learn=False).tolist()
        assert [w for w in winners if w in (0, 5)] == expected


def test_local_inhibition_in_two_dimensions() -> None:
    pooler = make(
        inputs=9,
        column_dimensions=(3, 4),
        input_dimensions=(3, 3),
        active_columns=1,
        global_inhibition=False,
    )
    pooler.state.clock[1:] = 1, 0
    overlaps = set_overlaps(pooler, [1, 2, 3, 1, 2, 9, 3, 4, 1, 2, 3, 1])
    assert pooler.compute(overlaps, learn=False).tolist() == [5, 7]


def test_local_inhibition_over_all_columns_is_global() -> None:
    local = make(inputs=30, columns=20, active_columns=4, global_inhibition=False)
    everywhere = make(inputs=30, columns=20, active_columns=4)
    local.state.clock[1:] = 20, 1
    both = [pooler.compute(bits(1, 5, 9, 20), learn=False).tolist() for pooler in (local, everywhere)]
    assert both[0] == both[1]
    local.state.clock[1:] = 20, 0  # the same area, column by column
    assert local.compute(bits(1, 5, 9, 20), learn=False).tolist() == both[0]


def test_inhibition_radius() -> None:
    assert make(columns=7).inhibition_radius == 7  # global
    pooler = make(inputs=10, columns=20, global_inhibition=False, update_period=1, permanence_decrement=0.0)
    set_permanences(pooler, [[-1.0, 1.0, 0.0, 0.0, 1.0, 0.0, -1.0, 0.0, 0.0, 0.0]] * 20)
    pooler.compute(bits(0))
    assert pooler.inhibition_radius == 4  # a span of 4 inputs, 8 columns: (8 - 1) / 2 rounded half up


def test_span_is_short_across_the_wrapped_border() -> None:
    pooler = make(inputs=20, columns=20, global_inhibition=False, wrap_around=True, potential_radius=3, update_period=1)
    set_permanences(pooler, np.where(pooler.potential, 1.0, -1.0))
    pooler.compute(bits(0))
    assert pooler.inhibition_radius == 3


# Learning


def test_winner_learns_and_others_do_not() -> None:
    pooler = make(inputs=5, columns=2)
    set_permanences(pooler, [[0.6, 0.7, 0.3, -1.0, 0.2], [0.0, 0.0, 0.0, 0.0, 0.0]])
    assert pooler.compute(bits(0, 2, 3)).tolist() == [0]
    np.testing.assert_allclose(pooler.permanences[0], [0.7, 0.65, 0.4, -1.0, 0.15], rtol=1e-6)
    assert (pooler.permanences[1] == 0).all()


def test_permanences_are_clipped_and_trimmed() -> None:
    pooler = make(inputs=5, columns=1)
    set_permanences(pooler, [[0.95, 0.97, 0.04, 0.09, 0.11]])
    pooler.compute(bits(0, 1))
    # 0.09 - 0.05 is below half an increment; 0.11 - 0.05 is not.
    np.testing.assert_allclose(pooler.permanences[0], [1.0, 1.0, 0.0, 0.0, 0.06], rtol=1e-6)


def test_crossing_the_threshold_connects_and_disconnects() -> None:
    pooler = make(inputs=3, columns=1)
    set_permanences(pooler, [[0.45, 0.52, 0.9]])
    pooler.compute(bits(0))
    assert pooler.state.connected[:, 0].tolist() == [1, 0, 1]
    assert pooler.connected_counts.tolist() == [2]
    pooler.compute(bits(0, 1, 2), learn=False)
    assert pooler.overlaps.tolist() == [2]


def test_nothing_changes_without_learning() -> None:
    pooler = make(inputs=20, columns=10, boost_strength=2.0, update_period=1, minimum_overlap_duty_cycle=0.5)
    for start in range(5):
        pooler.compute(np.arange(start, start + 6, dtype=np.uint32))
    before = [array.tobytes() for array in pooler.state]
    for start in range(5):
        pooler.compute(np.arange(start, start + 9, dtype=np.uint32), learn=False)
    assert [array.tobytes() for array in pooler.state] == before


# Duty cycles, boosting, weak columns


def test_duty_cycles_are_plain_means_at_first() -> None:
    pooler = make(inputs=4, columns=2, duty_cycle_period=100, permanence_decrement=0.0)
    set_permanences(pooler, [[1.0, 1.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
    for record in (bits(0), bits(1), bits(0), bits(3)):
        pooler.compute(record)
    np.testing.assert_allclose(pooler.active_duty_cycles, [1.0, 0.0], atol=1e-6)
    np.testing.assert_allclose(pooler.overlap_duty_cycles, [0.75, 0.25], atol=1e-6)


def test_duty_cycles_forget_after_the_period() -> None:
    pooler = make(inputs=4, columns=2, duty_cycle_period=2)
    set_permanences(pooler, [[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]])
    for record in (bits(0, 1), bits(0, 1), bits(2, 3), bits(2, 3)):
        pooler.compute(record)
    assert pooler.active_duty_cycles.tolist() == [0.25, 0.75]


def test_overlap_duty_counts_overlaps_above_the_threshold() -> None:
    pooler = make(columns=3, stimulus_threshold=2)
    pooler.compute(set_overlaps(pooler, [1, 2, 3]))
    assert pooler.overlap_duty_cycles.tolist() == [0.0, 0.0, 1.0]


def test_boost_factors_follow_the_duty_cycles() -> None:
    pooler = make(columns=4, boost_strength=3.0)
    pooler.compute(set_overlaps(pooler, [4, 3, 2, 1]))
    expected = np.exp([-3.0 * 0.75, 3.0 * 0.25, 3.0 * 0.25, 3.0 * 0.25]).astype(np.float32)
    np.testing.assert_array_equal(pooler.boost_factors, expected)


def test_boosted_columns_win() -> None:
    pooler = make(columns=2, boost_strength=3.0, permanence_decrement=0.0)
    record = set_overlaps(pooler, [4, 3])[:4]
    assert [pooler.compute(record).tolist() for _ in range(2)] == [[0], [1]]


def test_local_boost_targets_the_mean_of_the_area() -> None:
    pooler = make(columns=6, boost_strength=1.0, global_inhibition=False)
    pooler.state.clock[1:] = 1, 0
    pooler.compute(set_overlaps(pooler, [4, 3, 2, 1, 1, 1]))
    duty = pooler.active_duty_cycles.astype(float)
    assert duty.tolist() == [1, 0, 0, 0, 0, 0]
    means = [1 / 2, 1 / 3, 0, 0, 0, 0]
    np.testing.assert_allclose(pooler.boost_factors, np.exp(means - duty), rtol=1e-6)


def test_boost_factors_stay_finite() -> None:
    pooler = make(columns=2, active_columns=2, boost_strength=100.0, stimulus_threshold=1)
    pooler.compute(bits())
    assert np.isfinite(pooler.boost_factors).all()
    assert pooler.boost_factors.min() > 1e25
    assert pooler.compute(np.arange(8, dtype=np.uint32)).tolist() == [0, 1]


def test_minimum_duty_is_a_share_of_the_best_of_the_area() -> None:
    pooler = make(columns=6, minimum_overlap_duty_cycle=0.25, update_period=2)
    record = set_overlaps(pooler, [4, 0, 0, 0, 0, 0])[:1]
    pooler.compute(record)
    assert pooler.minimum_overlap_duty_cycles.tolist() == [0.0] * 6  # not yet
    pooler.compute(record)
    assert pooler.minimum_overlap_duty_cycles.tolist() == [0.25] * 6

    local = make(columns=6, minimum_overlap_duty_cycle=0.25, update_period=1, global_inhibition=False)
    local.state.clock[1:] = 1, 0
    local.compute(set_overlaps(local, [1, 0, 0, 0, 0, 0])[:1])  # the spans give a radius of 1 again
    assert local.inhibition_radius == 1
    assert local.minimum_overlap_duty_cycles.tolist() == [0.25, 0.25, 0.0, 0.0, 0.0, 0.0]


def test_weak_columns_are_raised() -> None:
    pooler = make(inputs=4, columns=2, minimum_overlap_duty_cycle=0.5, update_period=1)
    set_permanences(pooler, [[1.0, 1.0, 1.0, 1.0], [0.48, 0.98, -1.0, 0.0]])
    pooler.compute(bits(0))
    np.testing.assert_allclose(pooler.permanences[1], [0.48, 0.98, -1.0, 0.0])
    pooler.compute(bits(0))
    np.testing.assert_allclose(pooler.permanences[1], [0.53, 1.0, -1.0, 0.05], rtol=1e-6)
    assert pooler.connected_counts.tolist() == [4, 2]
    pooler.compute(bits(0), learn=False)
    assert pooler.overlaps.tolist() == [1, 1]


# Validation


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.array([1, 2]), "expected 1-d uint32, got 1-d int64"),
        (np.array([[1, 2]], dtype=np.uint32), "expected 1-d uint32, got 2-d uint32"),
        ([1, 2], "expected 1-d uint32, got list"),
        (bits(1, 8), "row 0: expected sorted unique indices below 8, got \\[1, 8\\]"),
        (bits(9, 1), "row 0: expected sorted unique"),
        (bits(1, 1), "row 0: expected sorted unique"),
    ],
)
def test_bad_bits(value: Any, message: str) -> None:
    pooler = make()
    before = [array.tobytes() for array in pooler.state]
    with pytest.raises(ValueError, match=f"^spatial pooler input[:,] {message}"):
        pooler.compute(value)
    assert [array.tobytes() for array in pooler.state] == before


def test_bad_rows_are_rejected_before_learning() -> None:
    pooler = make()
    with pytest.raises(ValueError, match="row 1: expected sorted unique indices below 8"):
        pooler.run(np.array([[1, 2], [3, 8]], dtype=np.uint32))
    with pytest.raises(ValueError, match="expected 2-d uint32, got 1-d uint32"):
        pooler.run(bits(1, 2))
    assert pooler.state.clock[0] == 0


def test_bad_input_dimensions() -> None:
    with pytest.raises(ValueError, match=r"^input_dimensions: expected a product of 8 \(the input bits\), got \[9\]"):
        make(inputs=8, input_dimensions=(9,))
    with pytest.raises(ValueError, match="input_size: expected a whole number from 1 to 1048576, got 0"):
        make(inputs=0)


def test_read_only_and_strided_bits() -> None:
    pooler = make(inputs=20)
    wide = np.arange(20, dtype=np.uint32)
    frozen = wide[::2].copy()
    frozen.flags.writeable = False
    assert pooler.compute(wide[::2], learn=False).tolist() == pooler.compute(frozen, learn=False).tolist()


def test_run_of_no_rows() -> None:
    columns, offsets = make().run(np.empty((0, 3), dtype=np.uint32))
    assert columns.size == 0 and offsets.tolist() == [0]


def test_views_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="read-only"):
        make().permanences[0, 0] = 1.0
