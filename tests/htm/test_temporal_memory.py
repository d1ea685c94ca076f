"""Rules of the temporal memory, one per test: 32 columns of 4 cells, hand-built segments, as in NuPIC's tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from zhtm_detector.htm import temporal_memory
from zhtm_detector.htm.params import TemporalMemoryParams
from zhtm_detector.htm.temporal_memory import TemporalMemory


def make(**changes: Any) -> TemporalMemory:
    params: dict[str, Any] = {
        "cells_per_column": 4,
        "activation_threshold": 3,
        "matching_threshold": 2,
        "initial_permanence": 0.21,
        "connected_permanence": 0.5,
        "permanence_increment": 0.1,
        "permanence_decrement": 0.1,
        "predicted_decrement": 0.0,
        "new_synapses": 3,
        "synapses_per_segment": 10,
    } | changes
    return TemporalMemory(32, TemporalMemoryParams(**params), np.random.default_rng(42))


def columns(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.uint32)


def test_a_segment_with_enough_connected_synapses_predicts_its_cell() -> None:
    tm = make()
    tm.add_segment(4, {0: 0.5, 1: 0.5, 2: 0.5, 3: 0.49})
    tm.compute(columns(0), learn=False)
    assert tm.predictive_cells.tolist() == [4]
    assert tm.compute(columns(1), learn=False) == 0.0
    assert tm.active_cells.tolist() == [4]
    assert tm.winner_cells.tolist() == [4]


def test_a_synapse_below_the_connected_permanence_does_not_activate() -> None:
    tm = make()
    segment = tm.add_segment(4, {0: 0.5, 1: 0.5, 2: 0.499})
    tm.compute(columns(0), learn=False)
    assert tm.predictive_cells.tolist() == []
    assert tm.matching_segments.tolist() == [segment]


def test_an_unpredicted_column_bursts() -> None:
    tm = make()
    assert tm.compute(columns(3)) == 1.0
    assert tm.active_cells.tolist() == [12, 13, 14, 15]
    assert len(tm.winner_cells) == 1


def test_the_raw_score_is_the_share_of_unpredicted_columns() -> None:
    tm = make()
    tm.add_segment(4, {0: 0.5, 1: 0.5, 2: 0.5})
    tm.compute(columns(0), learn=False)
    assert tm.compute(columns(1, 2, 3, 5), learn=False) == 0.75


def test_a_record_without_active_columns_scores_0_and_clears_activity() -> None:
    tm = make()
    tm.compute(columns(0))
    assert tm.compute(columns()) == 0.0
    assert len(tm.active_cells) == len(tm.winner_cells) == 0


def test_a_predicted_column_reinforces_its_active_segment() -> None:
    tm = make()
    segment = tm.add_segment(4, {0: 0.5, 1: 0.5, 2: 0.5, 80: 0.5})
    tm.compute(columns(0), learn=False)
    tm.compute(columns(1))
    assert tm.synapses_of(segment) == pytest.approx({0: 0.6, 1: 0.6, 2: 0.6, 80: 0.4}, abs=1e-6)


def test_a_bursting_column_reinforces_its_best_matching_segment_only() -> None:
    tm = make()
    best = tm.add_segment(4, {0: 0.3, 1: 0.3, 2: 0.3, 80: 0.3})
    other = tm.add_segment(5, {0: 0.3, 1: 0.3, 90: 0.3})
    tm.compute(columns(0), learn=False)
    tm.compute(columns(1))
    assert tm.winner_cells.tolist() == [4]
    assert tm.synapses_of(best) == pytest.approx({0: 0.4, 1: 0.4, 2: 0.4, 80: 0.2}, abs=1e-6)
    assert tm.synapses_of(other) == pytest.approx({0: 0.3, 1: 0.3, 90: 0.3}, abs=1e-6)


def test_a_bursting_column_without_a_match_grows_a_segment_to_the_last_winners() -> None:
    tm = make()
    tm.compute(columns(0, 1, 2, 3))
    winners = tm.winner_cells.tolist()
    tm.compute(columns(9))
    (cell,) = tm.winner_cells.tolist()
    (segment,) = tm.segments_of(cell)
    synapses = tm.synapses_of(segment)
    assert len(synapses) == 3  # new_synapses, of four winners
    assert set(synapses) < set(winners)
    assert set(synapses.values()) == {float(np.float32(0.21))}


def test_the_winner_of_a_bursting_column_is_a_cell_with_fewest_segments() -> None:
    tm = make()
    for cell in (4, 5, 7):
        tm.add_segment(cell, {100: 0.3})
    tm.compute(columns(1))
    assert tm.winner_cells.tolist() == [6]


def test_without_previous_winners_no_segment_grows() -> None:
    tm = make()
    tm.compute(columns(0, 1))
    assert tm.segment_count == 0


def test_an_active_segment_grows_up_to_new_synapses_counting_the_active_ones() -> None:
    tm = make(new_synapses=4)
    tm.compute(columns(0, 1, 2, 3))
    active = tm.winner_cells.tolist()
    segment = tm.add_segment(40, {active[0]: 0.5, active[1]: 0.5, active[2]: 0.5})
    tm.compute(columns(0, 1, 2, 3))  # nothing is predicted yet; the segment now sees these winners
    overlap = sum(cell in tm.active_cells for cell in tm.synapses_of(segment))
    winners = set(tm.winner_cells.tolist())
    tm.compute(columns(10))
    grown = set(tm.synapses_of(segment)) - set(active[:3])
    assert overlap == 3
    assert len(grown) == 1
    assert grown < winners


def test_wrong_predictions_are_punished() -> None:
    tm = make(predicted_decrement=0.02)
    segment = tm.add_segment(4, {0: 0.5, 1: 0.5, 2: 0.5, 80: 0.5})
    tm.compute(columns(0), learn=False)
    tm.compute(columns(7))
    assert tm.synapses_of(segment) == pytest.approx({0: 0.48, 1: 0.48, 2: 0.48, 80: 0.5}, abs=1e-6)


def test_synapses_at_zero_and_empty_segments_are_removed() -> None:
    tm = make(predicted_decrement=0.5)
    tm.add_segment(4, {0: 0.5, 1: 0.5, 2: 0.5})
    tm.compute(columns(0), learn=False)
    tm.compute(columns(7), learn=True)
    assert tm.segments_of(4) == []


def test_a_long_segment_that_shrinks_stays_active() -> None:
    # Its active synapses are stored after 64 others and move to the front when those are removed.
    tm = make(synapses_per_segment=70)
    segment = tm.add_segment(100, dict.fromkeys(range(8, 72), 0.05) | dict.fromkeys(range(6), 0.9))
    tm.compute(columns(0, 1))
    assert tm.active_segments.tolist() == [segment]
    tm.compute(columns(25))
    assert tm.synapses_of(segment) == dict.fromkeys(range(6), 1.0)
    tm.compute(columns(0, 1))
    assert segment in tm.active_segments
    tm.compute(columns(20))
    assert segment not in tm.matching_segments


def test_cell_numbers_above_65535() -> None:
    params = TemporalMemoryParams(cells_per_column=2, activation_threshold=3, matching_threshold=3)
    tm = TemporalMemory(40_000, params, np.random.default_rng(42))
    segment = tm.add_segment(79_999, {70_000: 0.9, 70_001: 0.9, 70_002: 0.9, 4_464: 0.005})  # 70000 - 65536 = 4464
    tm.compute(columns(35_000, 35_001))
    assert tm.predictive_cells.tolist() == [79_999]
    tm.compute(columns(39_999))
    assert tm.synapses_of(segment).keys() >= {70_000, 70_001, 70_002}
    assert 4_464 not in tm.synapses_of(segment)


def test_a_full_segment_evicts_its_weakest_synapse_not_from_a_winner() -> None:
    tm = make(synapses_per_segment=4, new_synapses=4, permanence_decrement=0.0)
    tm.compute(columns(0, 1, 2, 3))
    winners = tm.winner_cells.tolist()
    tm.reset()
    segment = tm.add_segment(40, {winners[0]: 0.5, winners[1]: 0.5, 100: 0.3, 101: 0.2})
    tm.compute(columns(0, 1, 2, 3))
    tm.compute(columns(10))
    kept = tm.synapses_of(segment)
    assert len(kept) == 4
    assert 101 not in kept


def test_a_full_cell_evicts_its_least_recently_used_segment() -> None:
    tm = make(cells_per_column=1, segments_per_cell=2)
    first = tm.add_segment(9, {20: 0.5})
    tm.add_segment(9, {21: 0.5})
    tm.compute(columns(1, 2, 3, 4))
    tm.compute(columns(9))
    assert tm.segment_count == 2
    numbers = {cell for segment in tm.segments_of(9) for cell in tm.synapses_of(segment)}
    assert 20 not in numbers
    assert first in tm.segments_of(9)  # the number is reused


def test_a_full_memory_evicts_its_least_recently_used_segment() -> None:
    tm = make(segments=2)
    tm.add_segment(100, {20: 0.5})
    tm.add_segment(104, {21: 0.5})
    tm.compute(columns(0, 1, 2))
    tm.compute(columns(9))
    assert tm.segment_count == 2
    assert tm.segments_of(100) == []


def test_without_learning_no_synapse_changes() -> None:
    tm = make(predicted_decrement=0.1)
    segment = tm.add_segment(4, {0: 0.5, 1: 0.5, 2: 0.5})
    for active in (columns(0), columns(1), columns(0), columns(8)):
        tm.compute(active, learn=False)
    assert tm.segment_count == 1
    assert tm.synapses_of(segment) == {0: 0.5, 1: 0.5, 2: 0.5}


def test_reset_clears_activity_and_keeps_segments() -> None:
    tm = make()
    tm.add_segment(4, {0: 0.5, 1: 0.5, 2: 0.5})
    tm.compute(columns(0), learn=False)
    tm.reset()
    assert len(tm.predictive_cells) == len(tm.active_cells) == len(tm.winner_cells) == 0
    assert tm.compute(columns(1)) == 1.0
    assert tm.segment_count == 1


def test_a_threshold_of_zero_predicts_every_cell_with_a_segment() -> None:
    tm = make(activation_threshold=0, matching_threshold=0)
    tm.add_segment(4, {100: 0.1})
    tm.compute(columns(20), learn=False)
    assert tm.compute(columns(1, 2), learn=False) == 0.5


@pytest.mark.parametrize("bad", [[32], [5, 5], [5, 2], [2_000_000_000, 5]])
def test_bad_columns(bad: list[int]) -> None:
    with pytest.raises(ValueError, match=r"^active_columns, record 0: expected sorted unique indices below 32, got "):
        make().compute(columns(*bad))


def test_bad_cell() -> None:
    with pytest.raises(ValueError, match=r"^cell: expected a whole number from 0 to 127, got 128$"):
        make().add_segment(128, {0: 0.5})
    with pytest.raises(ValueError, match=r"^cell: expected a whole number from 0 to 127, got -1$"):
        make().segments_of(-1)


def test_a_removed_segment_is_no_segment() -> None:
    tm = make()
    with pytest.raises(ValueError, match=r"^segment: expected a whole number from 0 to -1, got 0$"):
        tm.synapses_of(0)


def test_adding_a_segment_that_evicts_an_active_one() -> None:
    """The number is reused, but the new segment does not inherit the activity."""
    params = TemporalMemoryParams(
        cells_per_column=2,
        activation_threshold=2,
        matching_threshold=1,
        initial_permanence=0.6,
        new_synapses=4,
        segments=1,
        synapses_per_segment=8,
    )
    memory = TemporalMemory(10, params, np.random.default_rng(1))
    memory.add_segment(12, {0: 0.6, 1: 0.6})
    memory.compute(np.array([0], dtype=np.uint32))
    assert memory.predictive_cells.tolist() == [12]
    assert memory.add_segment(14, {4: 0.6, 5: 0.6}) == 0
    assert memory.predictive_cells.tolist() == []
    assert memory.matching_segments.tolist() == []
    assert memory.compute(np.array([6], dtype=np.uint32)) == 1.0


def test_arrays_grow_before_a_record_that_may_need_more_segments_than_they_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(temporal_memory, "_FIRST_SEGMENTS", 8)
    tm = make()
    tm.compute(columns(0, 1, 2))
    tm.compute(columns(3, 4, 5, 6))
    assert (tm.segment_count, tm.version) == (4, 0)
    tm.compute(columns(7, 8, 9, 10))
    assert (tm.segment_count, tm.version) == (8, 0)
    tm = make()
    tm.compute(columns(0, 1, 2))
    tm.compute(columns(3, 4, 5, 6))
    tm.compute(columns(7, 8, 9, 10, 11))  # one more than there is room for
    assert (tm.segment_count, tm.version) == (9, 1)
