"""A spatial pooler seen from outside: the synapses of a column, and the columns that an input bit reaches."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.checks import whole
from zhtm_detector.htm.kernels.spatial_pooler_state import Settings, State
from zhtm_detector.htm.params import SpatialPoolerParams
from zhtm_detector.htm.sdr import SDR


class PoolSynapses(NamedTuple):
    """Potential synapses of a column: arrays of shape (n,), ordered by input."""

    input: NDArray[np.int64]  # number of the input bit
    permanence: NDArray[np.float32]  # in [0, 1]
    connected: NDArray[np.bool_]  # whether the permanence is at least the connected one

    def __repr__(self) -> str:
        return f"PoolSynapses({len(self.input)}, connected: {int(self.connected.sum())})"


class PoolViews:
    """What a spatial pooler shows of single columns and input bits."""

    input_size: int
    params: SpatialPoolerParams
    _settings: Settings
    _state: State

    def synapses_of(self, column: int) -> PoolSynapses:
        """Return the potential pool of a column with its permanences."""
        permanences = self._state.permanences[whole("column", column, 0, self.params.columns - 1)]
        inputs = np.flatnonzero(permanences >= 0.0)  # -1 outside the pool
        return PoolSynapses(inputs, permanences[inputs], permanences[inputs] >= self._settings.connected)

    def columns_of(self, bit: int) -> SDR:
        """Return the columns with a connected synapse to an input bit."""
        connected = self._state.connected[whole("bit", bit, 0, self.input_size - 1)]
        return self._columns(np.flatnonzero(connected).astype(np.uint32))

    def _columns(self, columns: NDArray[np.uint32]) -> SDR:
        return SDR(columns, self.params.columns, self.params.column_dimensions)

    def __repr__(self) -> str:
        columns = " x ".join(map(str, self.params.column_dimensions))
        records = int(self._state.clock[0])
        return f"{type(self).__name__}({self.input_size} inputs, {columns} columns, records learned: {records})"
