"""Compiled check of active minicolumns, many records in one array."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.jit import jit

VALID, BAD_OFFSETS = -1, -2


@jit
def first_bad_record(active: NDArray[Any], offsets: NDArray[np.int64], below: int, most: int) -> int:
    """Return the first record that is not strictly ascending, not below a bound or too long; VALID or BAD_OFFSETS.

    Parameters
    ----------
    active : ndarray of uint32 or uint16, shape (total,)
    offsets : ndarray of int64, shape (records + 1,)
        Of the records in `active`: from 0 to total, never falling; else BAD_OFFSETS.
    below : int
        Above every valid number.
    most : int
        Numbers of a record.
    """
    if offsets.size == 0 or offsets[0] != 0 or offsets[-1] != active.size:
        return BAD_OFFSETS
    for record in range(offsets.size - 1):
        if offsets[record + 1] < offsets[record]:  # so no offset is beyond the last one
            return BAD_OFFSETS
    for record in range(offsets.size - 1):
        begin, end = offsets[record], offsets[record + 1]
        if end - begin > most:
            return int(record)
        for i in range(begin, end):
            if active[i] >= below or (i > begin and active[i] <= active[i - 1]):
                return int(record)
    return VALID
