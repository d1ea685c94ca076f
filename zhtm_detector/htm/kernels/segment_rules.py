"""The learning rules of a segment, which the recorder applies as well as the reader of a recording."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.jit import jit_inner


@jit_inner
def apply_rule(
    cells: NDArray[Any],
    permanences: NDArray[np.float32],
    count: int,
    is_active: NDArray[np.uint8],
    active_step: np.float32,
    inactive_step: np.float32,
) -> int:
    """Change a segment's permanences, drop the synapses that fell to 0; return the number of those left."""
    one, least = np.float32(1.0), np.float32(1e-5)
    lowest = one
    for i in range(count):
        new = permanences[i] + (active_step if is_active[cells[i]] != 0 else inactive_step)
        new = one if new > one else new
        permanences[i] = new
        lowest = min(lowest, new)
    if lowest < least:
        for i in range(count - 1, -1, -1):
            if permanences[i] < least:
                count -= 1
                cells[i] = cells[count]
                permanences[i] = permanences[count]
    return count


@jit_inner
def place_of(sorted_cells: NDArray[np.int32], count: int, cell: int) -> int:
    """Return the place of a cell among sorted ones; -1 if it is none of them."""
    low = 0
    high = count
    while low < high:
        middle = (low + high) // 2
        if sorted_cells[middle] < cell:
            low = middle + 1
        else:
            high = middle
    return low if low < count and sorted_cells[low] == cell else -1


@jit_inner
def drop_weakest(cells: NDArray[Any], permanences: NDArray[np.float32], count: Any, winners: NDArray[np.int32]) -> int:
    """Drop the weakest synapse that is from no winner cell; return the number of those left, or -1 if there is none."""
    weakest = -1
    for i in range(count):
        if (
            weakest < 0
            or permanences[i] < permanences[weakest]
            or (permanences[i] == permanences[weakest] and cells[i] < cells[weakest])
        ) and place_of(winners, len(winners), cells[i]) < 0:
            weakest = i
    if weakest < 0:
        return -1
    cells[weakest] = cells[count - 1]
    permanences[weakest] = permanences[count - 1]
    return int(count - 1)
