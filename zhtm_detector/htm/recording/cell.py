"""One cell of a trace: its segments at a record, the segments that it feeds, and their history over the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.recording.replayed import Replay

if TYPE_CHECKING:
    from zhtm_detector.htm.recording.trace import Trace


class Segment(NamedTuple):
    """A segment after a record; arrays have shape (synapses,), by presynaptic cell."""

    number: int
    presynaptic: NDArray[np.int64]  # cells
    permanence: NDArray[np.float32]
    connected: NDArray[np.bool_]
    active: NDArray[np.bool_]  # whether the presynaptic cell is active at the record
    is_active: bool  # enough connected active synapses: the cell is predictive
    is_matching: bool  # enough active synapses


class Outgoing(NamedTuple):
    """Synapses out of a cell; arrays of shape (synapses,)."""

    segment: NDArray[np.int64]  # numbers
    cell: NDArray[np.int64]  # whose segments they are
    permanence: NDArray[np.float32]
    connected: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CellView:
    """A cell after a record.

    Parameters
    ----------
    record, cell, column : int
    active, winner, predicted, predictive : bool
        What it is at the record; `predicted` by the record before, `predictive` for the next one.
    segments : tuple of Segment
        By number.
    outgoing : Outgoing
    """

    record: int
    cell: int
    column: int
    active: bool
    winner: bool
    predicted: bool
    predictive: bool
    segments: tuple[Segment, ...]
    outgoing: Outgoing


class SegmentHistory(NamedTuple):
    """A segment from the first to the last record at which it was the cell's."""

    number: int
    first: int  # record after which it is there
    presynaptic: NDArray[np.int64]  # (cells,) all that it ever had synapses from
    permanence: NDArray[np.float32]  # (records, cells) after each record; NaN without a synapse


def cell_view(trace: Trace, record: int, cell: int) -> CellView:
    """Return a cell after a record; both are known to exist."""
    header = trace.header
    rows, params = trace.segments_after(record), header.params.temporal_memory
    chunk = trace.chunk_of(record)
    row = record - chunk.first
    active = np.zeros(header.sizes.columns * header.sizes.cells_per_column, dtype=np.bool_)
    active[chunk.active[row + 1]] = True
    connected_from = np.float32(params.connected_permanence)
    segments = []
    for number in np.flatnonzero(rows.owner == cell).tolist():
        order = np.argsort(rows.presynaptic[number, : rows.synapses[number]])
        presynaptic = rows.presynaptic[number, order].astype(np.int64)
        permanence = rows.permanence[number, order]
        connected, is_on = permanence >= connected_from, active[presynaptic]
        enough = bool((connected & is_on).sum() >= params.activation_threshold)
        matches = bool(is_on.sum() >= params.matching_threshold)
        segments.append(Segment(number, presynaptic, permanence, connected, is_on, enough and matches, matches))
    hits = (rows.presynaptic == cell) & (np.arange(rows.presynaptic.shape[1]) < rows.synapses[:, np.newaxis])
    hits &= (rows.owner >= 0)[:, np.newaxis]
    found, slots = np.nonzero(hits)
    permanence = rows.permanence[found, slots]
    outgoing = Outgoing(found, rows.owner[found].astype(np.int64), permanence, permanence >= connected_from)
    return CellView(
        record=record,
        cell=cell,
        column=cell // header.sizes.cells_per_column,
        active=bool(active[cell]),
        winner=bool(np.isin(cell, chunk.winners[row + 1])),
        predicted=bool(np.isin(cell, chunk.predictive[row])),
        predictive=bool(np.isin(cell, chunk.predictive[row + 1])),
        segments=tuple(segments),
        outgoing=outgoing,
    )


def cell_history(trace: Trace, cell: int) -> tuple[SegmentHistory, ...]:
    """Return the history of all segments that a cell ever had, by their first record."""
    header = trace.header
    replay = Replay(trace, header.memory[0], cell // header.sizes.cells_per_column)
    open_ones: dict[int, _Log] = {}
    logs: list[_Log] = []
    for record in replay.records():
        rows = replay.rows
        mine = np.flatnonzero(rows.owner == cell).tolist()
        for number in mine:
            if number not in open_ones:
                open_ones[number] = _Log(number, record)
                logs.append(open_ones[number])
            count = rows.synapses[number]
            open_ones[number].add(rows.presynaptic[number, :count], rows.permanence[number, :count])
        for number in [number for number in open_ones if number not in mine]:
            del open_ones[number]
    return tuple(log.history() for log in logs)


class _Log:
    """Rows of a segment, record by record; equal ones are kept once."""

    def __init__(self, number: int, first: int) -> None:
        self._number, self._first = number, first
        self._rows: list[tuple[NDArray[np.int32], NDArray[np.float32]]] = []

    def add(self, cells: NDArray[np.int32], permanences: NDArray[np.float32]) -> None:
        last = self._rows[-1] if self._rows else None
        if last and np.array_equal(last[0], cells) and np.array_equal(last[1], permanences):
            self._rows.append(last)
        else:
            self._rows.append((cells.copy(), permanences.copy()))

    def history(self) -> SegmentHistory:
        presynaptic = np.unique(np.concatenate([cells for cells, _ in self._rows]))
        permanence = np.full((len(self._rows), len(presynaptic)), np.nan, dtype=np.float32)
        for row, (cells, permanences) in enumerate(self._rows):
            permanence[row, np.searchsorted(presynaptic, cells)] = permanences
        return SegmentHistory(self._number, self._first, presynaptic.astype(np.int64), permanence)
