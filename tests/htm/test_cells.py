"""A temporal memory seen from outside: its cells as SDRs, and synapses in both directions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive.temporal_memory import NaiveTemporalMemory

from zhtm_detector.htm.params import TemporalMemoryParams
from zhtm_detector.htm.sdr import SDR
from zhtm_detector.htm.temporal_memory import TemporalMemory

COLUMNS = 8
codes = st.lists(st.sets(st.integers(0, COLUMNS - 1), max_size=4), max_size=25)


def make(**changes: float) -> TemporalMemoryParams:
    values = {"cells_per_column": 4, "activation_threshold": 2, "matching_threshold": 1, "initial_permanence": 0.5}
    return TemporalMemoryParams(**(values | {"new_synapses": 3, "synapses_per_segment": 4} | changes))


def two(cells: int = 4, columns: int = 32) -> TemporalMemory:
    """A memory with two hand-made segments."""
    memory = TemporalMemory(columns, make(cells_per_column=cells), np.random.default_rng(1))
    memory.add_segment(4, {1: 0.5, 0: 0.75})
    memory.add_segment(9, {1: 0.25, 4: 0.5})
    return memory


def test_the_synapses_into_a_cell() -> None:
    memory = two()
    memory.add_segment(4, {30: 1.0})
    into = memory.synapses_into(4)
    assert into.segment.tolist() == [0, 0, 2]
    assert into.postsynaptic.tolist() == [4, 4, 4]
    assert into.presynaptic.tolist() == [0, 1, 30]
    assert into.permanence.tolist() == [0.75, 0.5, 1.0]
    assert into.connected.tolist() == [True, True, True]
    assert [len(array) for array in memory.synapses_into(5)] == [0] * 5


def test_the_synapses_from_a_cell() -> None:
    memory = two()
    out = memory.synapses_from(1)
    assert out.segment.tolist() == [0, 1]
    assert out.postsynaptic.tolist() == [4, 9]
    assert out.presynaptic.tolist() == [1, 1]
    assert out.permanence.tolist() == [0.5, 0.25]
    assert out.connected.tolist() == [True, False]
    assert [len(array) for array in memory.synapses_from(2)] == [0] * 5
    assert memory.connected_synapse_count == 3


def test_what_is_returned_is_a_copy() -> None:
    memory = two()
    for array in (*memory.synapses_into(4), *memory.synapses_from(1), memory.active.indices):
        array[...] = 0
    assert memory.synapses_of(0) == {0: 0.75, 1: 0.5}


def test_cells_are_sdrs_of_columns_by_cells() -> None:
    memory = two()
    assert memory.compute(SDR.of([0], 32), learn=False) == 1.0
    assert memory.active == SDR.of([0, 1, 2, 3], 128)
    assert memory.active.coordinates.tolist() == [[0, 0], [0, 1], [0, 2], [0, 3]]
    assert memory.predictive == SDR.of([4], 128)
    assert memory.predicted_columns == SDR.of([1], 32)
    assert {sdr.shape for sdr in (memory.active, memory.winners, memory.predictive)} == {(32, 4)}
    assert len(memory.winners) == 1
    assert memory.compute(SDR.of([1], 32), learn=False) == 0.0
    assert memory.active == memory.winners == SDR.of([4], 128)
    assert len(memory.predicted_columns) == 0  # one of its two synapses is active


def test_bad_calls() -> None:
    memory = two()
    with pytest.raises(ValueError, match=r"^active_columns: expected an SDR of 32 bits, got 33$"):
        memory.compute(SDR.of([1], 33))
    for of in (memory.synapses_into, memory.synapses_from):
        with pytest.raises(ValueError, match=r"^cell: expected a whole number from 0 to 127, got 128$"):
            of(128)


def test_reprs() -> None:
    memory = two()
    assert repr(memory) == "TemporalMemory(32 x 4 cells, 2 segments, 4 synapses)"
    assert repr(memory.synapses_from(1)) == "Synapses(2, connected: 1)"


@given(codes, st.sampled_from([0.0, 0.1]), st.integers(1, 4), st.booleans())
@settings(max_examples=40, deadline=None)
def test_equal_to_the_twin(records: list[set[int]], decrement: float, cells: int, as_sdr: bool) -> None:
    params = make(cells_per_column=cells, segments=20, permanence_decrement=0.3, predicted_decrement=decrement)
    memory = TemporalMemory(COLUMNS, params, np.random.default_rng(1))
    twin = NaiveTemporalMemory(COLUMNS, params, np.random.default_rng(1))
    for record in records * 2:
        sdr = SDR.of(sorted(record), COLUMNS)
        assert memory.compute(sdr if as_sdr else sdr.indices) == twin.compute(sorted(record))
    size = COLUMNS * cells
    assert memory.active == SDR.of(twin.active_cells, size)
    assert memory.winners == SDR.of(twin.winner_cells, size)
    predictive = {twin.segments[number].cell for number in twin.active_segments}
    assert memory.predictive == SDR.of(sorted(predictive), size)
    assert memory.predicted_columns == SDR.of(sorted({cell // cells for cell in predictive}), COLUMNS)
    for cell in range(size):
        assert list(zip(*memory.synapses_into(cell), strict=True)) == twin.synapses_into(cell)
        assert list(zip(*memory.synapses_from(cell), strict=True)) == twin.synapses_from(cell)
    every = [row for cell in range(size) for row in twin.synapses_into(cell)]
    assert memory.connected_synapse_count == sum(row[-1] for row in every)
