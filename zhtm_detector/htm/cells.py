"""A temporal memory seen from outside: its cells as SDRs, and the synapses of a cell in both directions.

Nothing here is on the way of a record; nothing changes the memory.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.checks import whole
from zhtm_detector.htm.kernels.temporal_memory_state import Memory, TemporalMemoryRules
from zhtm_detector.htm.params import TemporalMemoryParams
from zhtm_detector.htm.saved import used
from zhtm_detector.htm.sdr import SDR


class Synapses(NamedTuple):
    """Synapses of a temporal memory: arrays of shape (n,), ordered by segment, then by presynaptic cell."""

    segment: NDArray[np.int64]  # number of the segment
    postsynaptic: NDArray[np.int64]  # cell that has the segment
    presynaptic: NDArray[np.int64]  # cell whose activity the synapse transmits
    permanence: NDArray[np.float32]  # in [0, 1]
    connected: NDArray[np.bool_]  # whether the permanence is at least the connected one

    def __repr__(self) -> str:
        return f"Synapses({len(self.segment)}, connected: {int(self.connected.sum())})"


class CellViews:
    """What a temporal memory shows of its cells; SDRs of cells have the shape columns x cells per column.

    A cell's number is its column times the cells per column, plus its place in the column.
    """

    columns: int
    params: TemporalMemoryParams
    _memory: Memory
    _rules: TemporalMemoryRules

    @property
    def active(self) -> SDR:
        """Active cells."""
        return self._sdr(self.active_cells)

    @property
    def winners(self) -> SDR:
        """Winner cells: those that learned, and that new synapses may connect to."""
        return self._sdr(self.winner_cells)

    @property
    def predictive(self) -> SDR:
        """Cells predicted for the next record: those with an active segment."""
        return self._sdr(self.predictive_cells)

    @property
    def predicted_columns(self) -> SDR:
        """Columns predicted for the next record: those with a predictive cell."""
        columns = np.unique(self.predictive_cells // self._rules.cells)
        return SDR(columns.astype(np.uint32), self.columns)

    @property
    def active_cells(self) -> NDArray[np.int32]:
        """Active cells, sorted."""
        return self._cells(self._memory.active_cells, "active_cells")

    @property
    def winner_cells(self) -> NDArray[np.int32]:
        """Winner cells, sorted."""
        return self._cells(self._memory.winner_cells, "winner_cells")

    @property
    def predictive_cells(self) -> NDArray[np.int32]:
        """Cells with an active segment, sorted: the prediction for the next record."""
        return np.unique(self._keys("active_segments") >> 32).astype(np.int32)

    @property
    def active_segments(self) -> NDArray[np.int64]:
        """Numbers of the segments with enough connected active synapses, by cell."""
        return self._keys("active_segments") & 0xFFFFFFFF

    @property
    def matching_segments(self) -> NDArray[np.int64]:
        """Numbers of the segments with enough active synapses, connected or not, by cell."""
        return self._keys("matching_segments") & 0xFFFFFFFF

    @property
    def segment_count(self) -> int:
        """Number of segments."""
        return int(self._memory.counts["segments"][0])

    @property
    def synapse_count(self) -> int:
        """Number of synapses."""
        return int(self._memory.counts["synapses"][0])

    @property
    def connected_synapse_count(self) -> int:
        """Number of connected synapses."""
        return int(np.bitwise_count(self._memory.connected_bits).sum())

    def segments_of(self, cell: int) -> list[int]:
        """Return the numbers of a cell's segments, sorted."""
        found = []
        at = int(self._memory.first_of_cell[self._cell("cell", cell)])
        while at >= 0:
            found.append(at)
            at = int(self._memory.next_of_cell[at])
        return sorted(found)

    def synapses_of(self, segment: int) -> dict[int, float]:
        """Return a segment's permanences by presynaptic cell."""
        segment = whole("segment", segment, 0, int(self._memory.counts["highest"][0]) - 1)
        if self._memory.owner[segment] < 0:
            raise ValueError(f"segment: expected one that has not been removed, got {segment}")
        count = self._memory.synapses[segment]
        cells = self._memory.presynaptic[segment, :count].tolist()
        return dict(sorted(zip(cells, self._memory.permanence[segment, :count].tolist(), strict=True)))

    def synapses_into(self, cell: int) -> Synapses:
        """Return the synapses of all segments of a cell: what can predict it."""
        segments = np.array(self.segments_of(cell), dtype=np.int64)
        memory = self._memory
        row, slots = np.nonzero(used(memory.presynaptic[segments], memory.synapses[segments]))
        return self._synapses(segments[row], slots)

    def synapses_from(self, cell: int) -> Synapses:
        """Return the synapses that a cell's activity reaches: what it helps to predict.

        The time depends on their number only.
        """
        cell = self._cell("cell", cell)
        fan_out, bits = self._memory.fan_out, int(self._memory.slot_bits[0])
        start = fan_out.start[cell]
        entries = fan_out.arena[start : start + fan_out.length[cell]].astype(np.int64)
        return self._synapses(entries >> bits, entries & ((1 << bits) - 1))

    def _synapses(self, segments: NDArray[np.int64], slots: NDArray[np.int64]) -> Synapses:
        presynaptic = self._memory.presynaptic[segments, slots].astype(np.int64)
        order = np.lexsort((presynaptic, segments))  # that of the slots carries no meaning
        segments, slots = segments[order], slots[order]
        permanence = self._memory.permanence[segments, slots]
        owners = self._memory.owner[segments].astype(np.int64)
        return Synapses(segments, owners, presynaptic[order], permanence, permanence >= self._rules.connected)

    def _sdr(self, cells: NDArray[np.int32]) -> SDR:
        shape = (self.columns, self._rules.cells)
        return SDR(cells.astype(np.uint32), self.columns * self._rules.cells, shape)

    def _cell(self, name: str, value: object) -> int:
        return whole(name, value, 0, len(self._memory.first_of_cell) - 1)

    def _cells(self, rows: NDArray[np.int32], count: str) -> NDArray[np.int32]:
        counts = self._memory.counts[0]
        return rows[counts["side"], : counts[count]].copy()

    def _keys(self, name: str) -> NDArray[np.int64]:
        keys: NDArray[np.int64] = getattr(self._memory, name)
        return keys[: self._memory.counts[name][0]].copy()

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.columns} x {self._rules.cells} cells, {self.segment_count} segments, "
            f"{self.synapse_count} synapses)"
        )
