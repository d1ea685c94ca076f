"""A cache of encoded rows of bits by their number, which compiled code looks up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels import rows as kernel

_FIRST_PLACES = 64
_MOST_PLACES = 2**15  # some megabytes: more rows than most streams visit


class RowTable:
    """A hash table that grows up to a limit, and is then emptied.

    Parameters
    ----------
    active_bits : int
        Bits of each row.

    Attributes
    ----------
    table : kernels.rows.Table
        The arrays; `add` says when it has replaced them.
    """

    def __init__(self, active_bits: int) -> None:
        self._used = 0
        self.table = _empty(_FIRST_PLACES, active_bits)

    def add(self, number: int, row: NDArray[np.uint32]) -> bool:
        """Add a row, shape (active_bits,), under a new number; return whether the arrays were replaced."""
        places = len(self.table.numbers)
        grows = 2 * (self._used + 1) > places
        if grows:
            old, self._used = self.table, 0
            self.table = _empty(min(2 * places, _MOST_PLACES), row.size)
            if places < _MOST_PLACES:
                for place in np.flatnonzero(old.numbers != kernel.EMPTY):
                    self._put(int(old.numbers[place]), old.rows[place])
        self._put(number, row)
        return grows

    def _put(self, number: int, row: NDArray[np.uint32]) -> None:
        kernel.add(self.table, number, row)
        self._used += 1


def _empty(places: int, active_bits: int) -> kernel.Table:
    return kernel.Table(np.full(places, kernel.EMPTY), np.zeros((places, active_bits), dtype=np.uint32))
