"""A spatial pooler seen from outside: SDRs in and out, synapses of a column, columns of an input bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive.spatial_pooler import NaiveSpatialPooler

from zhtm_detector.htm.params import SpatialPoolerParams
from zhtm_detector.htm.sdr import SDR
from zhtm_detector.htm.spatial_pooler import SpatialPooler

INPUTS = 12
PARAMS = SpatialPoolerParams(
    column_dimensions=(4, 5), input_dimensions=(3, 4), active_columns=3, potential_fraction=0.5, stimulus_threshold=0
)
codes = st.lists(st.sets(st.integers(0, INPUTS - 1)), min_size=1, max_size=8)


@given(codes, st.integers(0, 9))
@settings(max_examples=25, deadline=None)
def test_equal_to_the_twin(records: list[set[int]], seed: int) -> None:
    pooler = SpatialPooler(INPUTS, PARAMS, np.random.default_rng(seed))
    twin = NaiveSpatialPooler(INPUTS, PARAMS, np.random.default_rng(seed))
    for record in records:
        sdr = SDR.of(sorted(record), INPUTS, (3, 4))
        code = pooler.compute(sdr)
        assert code.indices.tolist() == twin.compute(sdr.indices).tolist()
        assert (code.size, code.shape) == (20, (4, 5))
    for column in range(20):
        pool = np.flatnonzero(twin.potential[column])
        got = pooler.synapses_of(column)
        assert got.input.tolist() == pool.tolist()
        assert got.permanence.tolist() == twin.permanences[column, pool].tolist()
        assert got.connected.tolist() == twin.connected[column, pool].tolist()
    for bit in range(INPUTS):
        columns = pooler.columns_of(bit)
        assert columns.indices.tolist() == np.flatnonzero(twin.connected[:, bit]).tolist()
        assert columns.shape == (4, 5)


def test_an_array_gives_an_array() -> None:
    one, two = (SpatialPooler(INPUTS, PARAMS, np.random.default_rng(1)) for _ in range(2))
    array, sdr = one.compute(np.array([1, 2], dtype=np.uint32)), two.compute(SDR.of([1, 2], INPUTS))
    assert type(array) is np.ndarray
    assert array.tolist() == sdr.indices.tolist()
    assert one.permanences.tobytes() == two.permanences.tobytes()


def test_without_learning_an_sdr_changes_nothing() -> None:
    pooler = SpatialPooler(INPUTS, PARAMS, np.random.default_rng(1))
    before = pooler.permanences.tobytes()
    pooler.compute(SDR.of([1, 2], INPUTS), learn=False)
    assert pooler.permanences.tobytes() == before
    pooler.compute(SDR.of([1, 2], INPUTS))
    assert pooler.permanences.tobytes() != before


def test_what_is_returned_is_a_copy() -> None:
    pooler = SpatialPooler(INPUTS, PARAMS, np.random.default_rng(1))
    before = pooler.permanences.tobytes()
    pooler.synapses_of(3).permanence[:] = 0
    assert pooler.permanences.tobytes() == before


def test_bad_calls() -> None:
    pooler = SpatialPooler(INPUTS, PARAMS, np.random.default_rng(1))
    with pytest.raises(ValueError, match=r"^spatial pooler input: expected an SDR of 12 bits, got 13$"):
        pooler.compute(SDR.of([1], 13))
    with pytest.raises(ValueError, match=r"^column: expected a whole number from 0 to 19, got 20$"):
        pooler.synapses_of(20)
    with pytest.raises(ValueError, match=r"^bit: expected a whole number from 0 to 11, got -1$"):
        pooler.columns_of(-1)


def test_reprs() -> None:
    pooler = SpatialPooler(INPUTS, PARAMS, np.random.default_rng(1))
    pooler.compute(SDR.of([1], INPUTS))
    assert repr(pooler) == "SpatialPooler(12 inputs, 4 x 5 columns, records learned: 1)"
    assert repr(pooler.synapses_of(0)).startswith("PoolSynapses(6, connected: ")
