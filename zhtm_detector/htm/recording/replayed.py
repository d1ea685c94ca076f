"""Segments and permanences at any record of a trace: from the key frame before it, by the rules and the changes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.kernels import replay as kernel
from zhtm_detector.htm.recording.chunk import LearningChunk, read_memory
from zhtm_detector.htm.recording.layout import decode
from zhtm_detector.htm.saved import used
from zhtm_detector.htm.spatial_pooler import settings_of
from zhtm_detector.htm.temporal_memory import rules_of

if TYPE_CHECKING:
    from zhtm_detector.htm.recording.trace import Trace


class Replay:
    """The segments of a trace, going forward.

    Parameters
    ----------
    trace : Trace
    before : int
        Number of a record: the segments are first those before it.
    column : int
        All other columns' segments are left out; -1: none is.
    """

    def __init__(self, trace: Trace, before: int, column: int = -1) -> None:
        header = trace.header
        self._trace, self._column = trace, column
        number = bisect_right(header.memory, before) - 1
        if number < 0:
            raise InputError(
                f"{trace.path}: record {before}: expected one with cells, got none before the first of them"
            )
        sizes = header.sizes
        self._rules = rules_of(header.params.temporal_memory)
        name = f"memory{number:05}"
        a = read_memory(header, trace.blob("memory", number), f"{trace.path}: {name}")
        count, width = len(a["owner"]), sizes.synapses
        self._known = count  # numbers that segments may have
        self.rows = kernel.Rows(
            a["owner"].astype(np.int32) - 1,
            a["synapses"].astype(np.int32),
            np.zeros((count, width), np.int32),
            np.zeros((count, width), np.float32),
        )
        filled = used(self.rows.presynaptic, self.rows.synapses)
        self.rows.presynaptic[filled], self.rows.permanence[filled] = a["presynaptic"], a["permanence"]
        if column >= 0:
            self.rows.owner[self.rows.owner // sizes.cells_per_column != column] = -1
        cells = sizes.columns * sizes.cells_per_column
        self._scratch = (
            np.zeros(cells, np.uint8),
            np.zeros(sizes.columns, np.uint8),
            np.zeros((sizes.columns, 2), np.int64),
        )
        self._at = header.memory[number]
        self.forward(before)

    def forward(self, before: int) -> None:
        """Go on to the segments before another record, not an earlier one."""
        while self._at < before:
            chunk = self._trace.chunk_of(self._at)
            last = min(before, chunk.first + chunk.records)
            learning = self._trace.learning_of(self._at)
            if self._at == chunk.first:
                self._make_room(learning)
            first = self._at - chunk.first
            rules, scratch = self._rules, self._scratch
            if not kernel.replay_memory(
                self.rows, learning.learning, rules, first, last - chunk.first, self._column, *scratch
            ):
                raise InputError(f"{self._trace.path}: records from {chunk.first}: expected synapses that have room")
            self._at = last

    def _make_room(self, chunk: LearningChunk) -> None:
        self._known += chunk.new
        highest = chunk.highest + 1
        if highest > self._known:
            raise InputError(f"{self._trace.path}: segments: expected numbers below {self._known}, got {chunk.highest}")
        more = highest - len(self.rows.owner)
        if more > 0:
            width = self.rows.presynaptic.shape[1]
            self.rows = kernel.Rows(
                np.concatenate([self.rows.owner, np.full(more, -1, np.int32)]),
                np.concatenate([self.rows.synapses, np.zeros(more, np.int32)]),
                np.concatenate([self.rows.presynaptic, np.zeros((more, width), np.int32)]),
                np.concatenate([self.rows.permanence, np.zeros((more, width), np.float32)]),
            )

    def records(self) -> Iterator[int]:
        """Go through all records that follow; yields each when the segments are those after it."""
        for record in range(self._at, self._trace.header.last):
            self.forward(record + 1)
            yield record


def pooler_before(trace: Trace, before: int) -> NDArray[np.float32]:
    """Return the spatial pooler's permanences before a record, shape (columns, inputs)."""
    header = trace.header
    number = bisect_right(header.pooler, before) - 1
    if number < 0:
        raise InputError(f"{trace.path}: record {before}: expected one with columns, got none before the first of them")
    where = f"{trace.path}: pooler{number:05}"
    shape = header.sizes.columns, header.inputs
    flat = decode(header.layout["pooler"], trace.blob("pooler", number), where)["permanence"]
    if flat.size != shape[0] * shape[1]:
        raise InputError(f"{where}: expected {shape[0] * shape[1]} permanences, got {flat.size}")
    permanences = np.array(flat, dtype=np.float32).reshape(shape)
    params = header.params.spatial_pooler
    settings = settings_of(params, (1,) * (len(params.column_dimensions) - 1) + (header.inputs,))
    raises = np.full(header.inputs, params.connected_permanence / 10.0, np.float32)
    at = header.pooler[number]
    while at < before:
        chunk, raised = trace.chunk_of(at), trace.learning_of(at).raised
        last = min(before, chunk.first + chunk.records)
        kernel.replay_pooler(
            permanences,
            settings,
            raises,
            chunk.learned,
            chunk.bits.values.astype(np.int64),
            chunk.bits.ends,
            chunk.columns.values.astype(np.int64),
            chunk.columns.ends,
            raised.values.astype(np.int64),
            raised.ends,
            at - chunk.first,
            last - chunk.first,
        )
        at = last
    return permanences
