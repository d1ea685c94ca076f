"""The sparse distributed representation."""

from __future__ import annotations

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


def test_an_overlap_is_with_an_sdr() -> None:
    with pytest.raises(ValueError, match=r"^other: expected an SDR, got 3$"):
        SDR.of([1], 3).overlap(cast(Any, 3))
    with pytest.raises(ValueError, match=r"^other: expected an SDR of 3 bits, got 4$"):
        SDR.of([1], 3).overlap(SDR.of([1], 4))


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
