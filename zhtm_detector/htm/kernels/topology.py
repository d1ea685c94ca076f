"""Compiled initialization of the spatial pooler: potential pools and initial permanences."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.jit import jit


@jit
def fill_pool(rows: NDArray[np.int64], columns: NDArray[np.int64], input_columns: int, pool: NDArray[np.int64]) -> int:
    """Write the flat indices of the inputs within two windows into `pool`, ascending; return their number.

    A window is two half-open ranges [w0, w1) and [w2, w3); the second is often empty.
    """
    size = 0
    for p in (0, 2):
        for row in range(rows[p], rows[p + 1]):
            for q in (0, 2):
                for column in range(columns[q], columns[q + 1]):
                    pool[size] = row * input_columns + column
                    size += 1
    return size


@jit
def initialize(
    permanences: NDArray[np.float32],
    connected: NDArray[np.uint8],
    connected_counts: NDArray[np.int32],
    row_windows: NDArray[np.int64],
    column_windows: NDArray[np.int64],
    input_columns: int,
    potential_fraction: float,
    connected_permanence: float,
    stimulus_threshold: int,
    rng: np.random.Generator,
) -> None:
    """Draw every column's potential pool and permanences.

    Parameters
    ----------
    permanences : ndarray of float32, shape (columns, inputs)
        Output; -1 outside the pool.
    connected : ndarray of uint8, shape (inputs, columns)
        Output, zeros on entry; 1 where a synapse is connected.
    connected_counts : ndarray of int32, shape (columns,)
        Output: connected synapses per column.
    row_windows, column_windows : ndarray of int64, shape (extent, 4)
        Per row and per column of the column grid: the inputs within the potential radius, as `fill_pool` reads them.
    input_columns : int
        Extent of the input's last dimension.
    potential_fraction : float
        Share of those inputs that become potential synapses, rounded half up; at least one input.
    connected_permanence : float
        The half of the pool that is drawn first (hence a random half) starts in [connected, 1], the rest below.
    stimulus_threshold : int
        Pools with fewer connected synapses are raised by tenths of `connected_permanence` until they have that many.
    rng : Generator
        Per potential synapse it draws the input (partial Fisher-Yates shuffle), then the permanence.

    Notes
    -----
    Source: Numenta, *BAMI*, "Spatial Pooling Algorithm Details", phase 1; the rise is NuPIC's.
    """
    columns, inputs = permanences.shape
    raise_by, zero, one = np.float32(connected_permanence / 10.0), np.float32(0.0), np.float32(1.0)
    threshold = np.float32(connected_permanence)
    pool = np.empty(inputs, np.int64)
    for c in range(columns):
        row, column = c // column_windows.shape[0], c % column_windows.shape[0]
        size = fill_pool(row_windows[row], column_windows[column], input_columns, pool)
        wanted = max(1, int(np.floor(potential_fraction * size + 0.5)))
        permanences[c, :] = np.float32(-1.0)
        for i in range(wanted):
            j = i + int(rng.random() * (size - i))
            pool[i], pool[j] = pool[j], pool[i]
            draw = rng.random()
            if i < (wanted + 1) // 2:
                value = np.float32(connected_permanence + (1.0 - connected_permanence) * draw)
            else:
                value = np.float32(connected_permanence * draw)
            permanences[c, pool[i]] = value
        row = permanences[c]
        connected_counts[c] = (row >= threshold).sum()
        # 16 raises by a tenth connect the whole pool; a pool smaller than the threshold never has enough.
        for _ in range(16):
            if connected_counts[c] >= stimulus_threshold:
                break
            for i in range(inputs):
                row[i] = min(row[i] + raise_by, one) if row[i] >= zero else row[i]
            connected_counts[c] = (row >= threshold).sum()
        for i in range(inputs):
            if row[i] >= threshold:
                connected[i, c] = 1
