"""Rows of bits by number, for compiled code."""

from __future__ import annotations

import numpy as np
import pytest

from zhtm_detector.htm.kernels import rows as kernel
from zhtm_detector.htm.kernels.jit import jit
from zhtm_detector.htm.row_table import RowTable

_place = kernel.place_of


@jit
def place_of(table: kernel.Table, number: int) -> int:
    return _place(table, number)


def row_of(table: RowTable, number: int) -> list[int] | None:
    place = place_of(table.table, number)
    return table.table.rows[place].tolist() if table.table.numbers[place] == number else None


def row(number: int) -> np.ndarray:
    return np.array([number & 0xFF, 300 + (number >> 8 & 0xFF)], dtype=np.uint32)


@pytest.mark.parametrize("step", [1, -1, 64, 2**20, 2**40 + 7])
def test_every_number_is_found_again(step: int) -> None:
    """Neighbours and strides that a poor hash would lay on one place; it grows on the way."""
    table = RowTable(2)
    numbers = [step * i for i in range(-300, 300)]
    fresh = [table.add(number, row(number)) for number in numbers]
    assert [row_of(table, number) for number in numbers] == [row(number).tolist() for number in numbers]
    assert row_of(table, step * 300) is None
    assert sum(fresh) == 5  # from 64 places to 2048, at most half of them taken
    assert len(table.table.numbers) == 2048


def test_at_the_limit_it_begins_anew() -> None:
    table = RowTable(2, most_places=64)
    assert [table.add(number, row(number)) for number in range(33)] == [False] * 32 + [True]
    assert len(table.table.numbers) == 64
    assert row_of(table, 31) is None
    assert row_of(table, 32) == row(32).tolist()


def test_rows_keep_their_type() -> None:
    table = RowTable(2, np.uint16)
    for number in range(100):
        table.add(number, row(number).astype(np.uint16))
    assert table.table.rows.dtype == np.uint16
    assert row_of(table, 99) == row(99).tolist()
