"""A cache of encoded rows of bits by their number, which compiled code looks up."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.text import shown
from zhtm_detector.htm.checks import whole
from zhtm_detector.htm.kernels import rows as kernel
from zhtm_detector.htm.params import MAX_BITS

_FIRST_PLACES = 64
_MOST_PLACES = 2**15  # some megabytes: more rows than most streams visit

Row = NDArray[np.uint32] | NDArray[np.uint16]


class RowTable:
    """A hash table that grows up to a limit, and is then emptied.

    Parameters
    ----------
    width : int
        Numbers in each row.
    dtype : type
        Of these numbers: np.uint32 or np.uint16.
    most_places : int
        A power of 2; half of the places stay empty.

    Attributes
    ----------
    table : kernels.rows.Table
        The arrays; `add` says when it has replaced them.
    """

    def __init__(self, width: int, dtype: type = np.uint32, most_places: int = _MOST_PLACES) -> None:
        width = whole("width", width, 1, MAX_BITS)
        self._used = 0
        self._most_places = most_places
        self.table = _empty(_FIRST_PLACES, width, dtype)

    def add(self, number: int, row: Row) -> bool:
        """Add a row, shape (width,), under a new number; return whether the arrays were replaced."""
        number = whole("number", number, kernel.EMPTY + 1, 2**63 - 1)
        self._check(row)
        places = len(self.table.numbers)
        grows = 2 * (self._used + 1) > places
        if grows:
            old, self._used = self.table, 0
            self.table = _empty(min(2 * places, self._most_places), row.size, row.dtype)
            if places < self._most_places:
                for place in np.flatnonzero(old.numbers != kernel.EMPTY):
                    self._put(int(old.numbers[place]), old.rows[place])
        self._put(number, row)
        return grows

    def replace(self, number: int, row: Row) -> None:
        """Write another row, shape (width,), under a number that was added."""
        self._check(row)
        self.table.rows[self.table.numbers == number] = row

    def _check(self, row: Row) -> None:
        shape, dtype = self.table.rows.shape[1:], self.table.rows.dtype
        if type(row) is not np.ndarray or row.shape != shape or row.dtype != dtype:  # the kernel writes all of it
            raise ValueError(f"row: expected {dtype}, shape {shape}, got {shown(row)}")

    def _put(self, number: int, row: Row) -> None:
        kernel.add(self.table, number, row)
        self._used += 1


def _empty(places: int, width: int, dtype: Any) -> kernel.Table:
    return kernel.Table(np.full(places, kernel.EMPTY), np.zeros((places, width), dtype=dtype))
