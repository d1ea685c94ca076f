"""The reader: a recorded run, any record of which is there at once."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.lazy_container import LazyContainer
from zhtm_detector.common.text import shown
from zhtm_detector.htm.checks import whole
from zhtm_detector.htm.kernels.replay import Rows
from zhtm_detector.htm.recording.cell import CellView, SegmentHistory, cell_history, cell_view
from zhtm_detector.htm.recording.chunk import Chunk, LearningChunk
from zhtm_detector.htm.recording.frame import Frame, frame_of
from zhtm_detector.htm.recording.header import KIND, Header, header_of
from zhtm_detector.htm.recording.replayed import Replay, pooler_before

_KEPT = 16  # decoded chunks, about a megabyte each
_SERIES = (
    *("time", "value", "score", "unsilenced", "raw", "likelihood", "novelty", "center", "deviation"),
    *("evidence", "out_of_range", "silenced", "learned"),
)


class Trace:
    """A file that a `Recorder` has written. Records are counted from 0 within it: the first is `header.first`.

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    InputError
        For any other file, and from every method if a part of it holds what no model does.

    Attributes
    ----------
    header : Header
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._container = LazyContainer(self.path, KIND)
        try:
            self.header: Header = header_of(self._container.header, str(path))
        except BaseException:
            self._container.close()
            raise
        self._chunks: OrderedDict[int, Chunk] = OrderedDict()
        self._learning: OrderedDict[int, LearningChunk] = OrderedDict()
        self._segments: tuple[int, Rows] | None = None
        self._pooler: tuple[int, NDArray[np.float32]] | None = None

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open a file."""
        return cls(path)

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return self.header.last - self.header.first

    def __getitem__(self, i: int) -> Frame:
        """Return everything about record i, from 0; negative ones count from the end."""
        if not isinstance(i, (int, np.integer)) or not -len(self) <= i < len(self):
            raise IndexError(f"record: expected a number from {-len(self)} to {len(self) - 1}, got {shown(i)}")
        record = self.header.first + int(i) % len(self)
        chunk = self.chunk_of(record)
        return frame_of(chunk, record - chunk.first, self.header)

    def series(self, name: str) -> NDArray[Any]:
        """Return one number of all records, shape (records,), or the evidence, shape (records, voters).

        Names are those of `Frame`; `time` is datetime64.
        """
        if name not in _SERIES:
            raise ValueError(f"name: expected one of {', '.join(_SERIES)}, got {shown(name)}")
        parts = []
        for first in self.header.frames:
            chunk = self.chunk_of(first)
            parts.append(chunk.evidence if name == "evidence" else chunk.arrays[name])
        whole_series = np.concatenate(parts)
        if name == "time":
            return whole_series.view("datetime64[us]")
        return whole_series.astype(np.bool_) if whole_series.dtype == np.uint8 else whole_series

    def permanences(self, i: int) -> NDArray[np.float32]:
        """Return the spatial pooler's permanences after record i, shape (columns, inputs); -1 outside the pools."""
        return self._pooler_before(self._record(i) + 1).copy()

    def overlaps(self, i: int) -> NDArray[np.int64]:
        """Return the overlaps of all columns with the input at record i, shape (columns,)."""
        record = self._record(i)
        chunk = self.chunk_of(record)
        connected = np.float32(self.header.params.spatial_pooler.connected_permanence)
        bits = chunk.bits[record - chunk.first]
        counted: NDArray[np.int64] = (self._pooler_before(record)[:, bits] >= connected).sum(axis=1)
        return counted

    def cell(self, i: int, cell: int) -> CellView:
        """Return a cell after record i: its segments, and those that it feeds."""
        return cell_view(self, self._record(i), self._cell(cell))

    def history(self, cell: int) -> tuple[SegmentHistory, ...]:
        """Return the permanences of a cell's segments over the whole run."""
        self._record(len(self) - 1)
        return cell_history(self, self._cell(cell))

    def sizes(self) -> dict[str, int]:
        """Return the bytes of each kind of content in the file."""
        sizes: dict[str, int] = {}
        for name, size in self._container.sizes.items():
            kind = name.rstrip("0123456789")
            sizes[kind] = sizes.get(kind, 0) + size
        return sizes

    def blob(self, kind: str, number: int) -> NDArray[np.uint8]:
        """Return the bytes of a member; see `layout.py`."""
        return self._container.array(f"{kind}{number:05}")

    def chunk_of(self, record: int) -> Chunk:
        """Return the decoded chunk of a record, by its number in the stream."""
        number = bisect_right(self.header.frames, record) - 1
        found = self._chunks.get(number)
        if found is None:
            where = f"{self.path}: frames{number:05}"
            found = self._chunks[number] = Chunk(self.header, number, self.blob("frames", number), where)
            if len(self._chunks) > _KEPT:
                self._chunks.popitem(last=False)
        self._chunks.move_to_end(number)
        return found

    def learning_of(self, record: int) -> LearningChunk:
        """Return how the segments changed in a record's chunk."""
        number = bisect_right(self.header.frames, record) - 1
        found = self._learning.get(number)
        if found is None:
            where, blob = f"{self.path}: learning{number:05}", self.blob("learning", number)
            found = self._learning[number] = LearningChunk(self.chunk_of(record), self.header, blob, where)
            if len(self._learning) > _KEPT:
                self._learning.popitem(last=False)
        self._learning.move_to_end(number)
        return found

    def segments_after(self, record: int) -> Rows:
        """Return all segments after a record, by its number in the stream; not to be written to."""
        if self._segments is None or self._segments[0] != record:
            self._segments = record, Replay(self, record + 1).rows
        return self._segments[1]

    def _pooler_before(self, record: int) -> NDArray[np.float32]:
        if self._pooler is None or self._pooler[0] != record:
            self._pooler = record, pooler_before(self, record)
        return self._pooler[1]

    def _record(self, i: int) -> int:
        record = self.header.first + whole("record", i, 0, len(self) - 1)
        if not self.header.memory or record < self.header.memory[0]:
            raise InputError(f"{self.path}: record {i}: expected one of a region, got one without cells and columns")
        return record

    def _cell(self, cell: int) -> int:
        return whole("cell", cell, 0, self.header.sizes.columns * self.header.sizes.cells_per_column - 1)
