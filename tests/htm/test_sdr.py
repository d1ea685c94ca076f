"""The sparse distributed representation."""

from __future__ import annotations

import operator
import pickle
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhtm_detector.htm.sdr import SDR

bits = st.lists(st.integers(0, 49))


def indices(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.uint32)


@given(bits, bits)
def test_sdr_is_a_set_of_bits(ours: list[int], theirs: list[int]) -> None:
    one, two = SDR.of(ours, 50), SDR.of(theirs, 50)
    assert one.indices.dtype == np.uint32
    assert one.indices.tolist() == sorted(set(ours))
    assert len(one) == len(set(ours))
    assert one.overlap(two) == two.overlap(one) == len(set(ours) & set(theirs))
    assert (one == two) == (set(ours) == set(theirs))
    assert one != two or hash(one) == hash(two)
    assert one.dense.dtype == np.uint8
    assert np.flatnonzero(one.dense).tolist() == sorted(set(ours))
    assert one.dense.sum() == len(one)
    for either, both in ((one | two, one & two), (one.union(two), one.intersection(two))):
        assert either.indices.tolist() == sorted(set(ours) | set(theirs))
        assert both.indices.tolist() == sorted(set(ours) & set(theirs))
    assert one.sparsity == len(set(ours)) / 50


@given(bits, st.sampled_from([(50,), (5, 10), (10, 5), (5, 2, 5)]))
def test_a_shape_arranges_the_bits(ours: list[int], shape: tuple[int, ...]) -> None:
    flat, shaped = SDR.of(ours, 50), SDR.of(ours, 50, shape)
    assert (flat.shape, shaped.shape) == ((50,), shape)
    assert (flat, hash(flat)) == (shaped, hash(shaped))
    assert shaped.dense.shape == shape
    assert shaped.dense.ravel().tolist() == flat.dense.tolist()
    assert SDR.from_dense(shaped.dense) == shaped
    assert SDR.from_dense(shaped.dense.astype(bool)).shape == shape
    assert shaped.coordinates.tolist() == np.argwhere(shaped.dense).tolist()
    assert (shaped & flat).shape == (shaped | flat).shape == shape


def test_an_sdr_stays_as_it_is() -> None:
    one, two = SDR.of([1, 2], 4, (2, 2)), SDR.of([2, 3], 4)
    both, either = one & two, one | two
    assert (one, two) == (SDR.of([1, 2], 4), SDR.of([2, 3], 4))
    assert not any(np.shares_memory(new.indices, old.indices) for new in (both, either) for old in (one, two))
    again = pickle.loads(pickle.dumps(one))
    assert (again, again.shape) == (one, (2, 2))


def test_a_repr_is_short() -> None:
    assert repr(SDR.of([], 3)) == "SDR(0 of 3 bits)"
    assert repr(SDR.of([7, 2], 8, (2, 4))) == "SDR(2 of 2 x 4 bits: 2, 7)"
    assert repr(SDR.of(range(100), 1000)) == "SDR(100 of 1000 bits: 0, 1, 2, 3, 4, 5, 6, 7, …)"


def test_an_overlap_is_with_an_sdr() -> None:
    with pytest.raises(ValueError, match=r"^other: expected an SDR, got 3$"):
        SDR.of([1], 3).overlap(cast(Any, 3))
    with pytest.raises(ValueError, match=r"^other: expected an SDR of 3 bits, got 4$"):
        SDR.of([1], 3).overlap(SDR.of([1], 4))
    for combine in (SDR.union, SDR.intersection, operator.and_, operator.or_):
        with pytest.raises(ValueError, match=r"^other: expected an SDR, got \[1\]$"):
            combine(SDR.of([1], 3), cast(Any, [1]))


def test_empty_sdr() -> None:
    empty = SDR.of([], 3)
    assert len(empty) == 0
    assert empty.dense.tolist() == [0, 0, 0]
    assert empty == SDR(indices(), 3)


def test_equality_includes_the_size() -> None:
    assert SDR.of([1], 3) != SDR.of([1], 4)
    assert SDR.of([1], 3) != [1]


@pytest.mark.parametrize(
    ("values", "size", "message"),
    [
        (indices(2, 1), 3, "sorted and unique"),
        (indices(1, 1), 3, "sorted and unique"),
        (indices(1, 3), 3, "all below 3, got 3"),
        (indices(), 0, "from 1 to 4294967296, got 0"),
        (np.array([1]), 3, "1-d uint32, got 1-d int64"),
        (indices(1).reshape(1, 1), 3, "1-d uint32, got 2-d uint32"),
    ],
)
def test_bad_indices(values: np.ndarray, size: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SDR(values, size)


@pytest.mark.parametrize("shape", [(2, 2), (0, 3), (-1, -3), (), [3], 3, "3", (3.0,), (True, 3), (1,) * 33 + (3,)])
def test_bad_shapes(shape: Any) -> None:
    if shape == ():
        assert SDR.of([1], 3, shape).shape == (3,)
    else:
        with pytest.raises(ValueError, match=r"^SDR shape: expected a .*, got "):
            SDR.of([1], 3, shape)


@pytest.mark.parametrize(
    ("dense", "message"),
    [
        (np.array([0, 2]), "expected zeros and ones, got 2 among them"),
        (np.array([[0, -1]]), "expected zeros and ones, got -1 among them"),
        (np.array([0.0, 1.0]), "expected an array of zeros and ones, got 1-d float64"),
        (np.array(1), "expected an array of zeros and ones, got 0-d int64"),
        (np.ma.masked_array([0, 1], [True, False]), "expected an array of zeros and ones, got 1-d int64"),
        ([0, 1], r"expected an array of zeros and ones, got \[0, 1\]"),
        (np.array([], dtype=bool), "SDR size: expected a whole number from 1 "),
    ],
)
def test_bad_dense_bits(dense: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SDR.from_dense(dense)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([-1, 2], "^SDR bit: expected a whole number from 0 to 8, got -1"),
        ([9], "^SDR bit: expected a whole number from 0 to 8, got 9"),
        ([True, 2], "^SDR bit: .*, got True"),
        ([0.5], "^SDR bit: .*, got 0.5"),
        (iter([1]), "^SDR bits: expected a 1-d sequence of indices, got "),
    ],
)
def test_of_bad_bits(values: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SDR.of(values, 9)
