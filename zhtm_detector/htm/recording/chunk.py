"""The records of one chunk, decoded, checked, and with what follows from them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.kernels.replay import Learning
from zhtm_detector.htm.kernels.tape import APPEND, NEW, ROW
from zhtm_detector.htm.recording.header import Header
from zhtm_detector.htm.recording.layout import Arrays, decode, offsets

_PER_RECORD = (
    *("time", "value", "score", "unsilenced", "raw", "likelihood", "novelty", "center", "deviation"),
    *("out_of_range", "silenced", "learned", "view_counts", "bit_counts", "column_counts", "winner_counts"),
)
_PER_VIEW = ("view_evidence", "view_mismatch", "view_unseen", "view_seen", "minicolumn_counts")


class Rows:
    """Rows of numbers, one after the other."""

    def __init__(self, values: NDArray[Any], counts: NDArray[Any]) -> None:
        self.values, self.ends = values, offsets(counts)

    def __getitem__(self, row: int) -> NDArray[Any]:
        """Return a row."""
        return self.values[self.ends[row] : self.ends[row + 1]]


class Chunk:
    """The frames of some records.

    Parameters
    ----------
    header : Header
    number : int
        Of the chunk.
    blob : ndarray of uint8
    where : str
        How messages begin.

    Raises
    ------
    InputError
        For anything that no model does.
    """

    def __init__(self, header: Header, number: int, blob: NDArray[np.uint8], where: str) -> None:
        self.first = header.frames[number]
        self.records = (*header.frames, header.last)[number + 1] - self.first
        self._where, self._header = where, header
        self.arrays = a = decode(header.layout["frames"], blob, where)
        n = self.records
        lengths = {name: n for name in _PER_RECORD if name in a}
        lengths["evidence"] = n * header.sizes.voters
        if header.views:
            lengths |= dict.fromkeys(_PER_VIEW, len(a["views"]))
        if header.sizes.columns:
            lengths |= {"predictive_counts": n + 1, "active_before_counts": 1, "winners_before_counts": 1}
        for name, length in lengths.items():
            if len(a[name]) != length:
                raise InputError(f"{where}: {name}: expected {length} elements, got {len(a[name])}")
        self.evidence = a["evidence"].reshape(n, header.sizes.voters)
        self.has_region = header.sizes.columns > 0 and bool(header.memory) and self.first >= header.memory[0]
        if not header.sizes.columns:
            return
        self.bits = Rows(a["bits"], a["bit_counts"])
        self.columns = Rows(a["columns"], a["column_counts"])
        self.overlaps = Rows(a["overlaps"], a["column_counts"])
        self.predictive = Rows(a["predictive"], a["predictive_counts"])
        if len(a["bits"]) and int(a["bits"].max()) >= header.inputs:
            raise InputError(f"{where}: bits: expected numbers below {header.inputs}, got {int(a['bits'].max())}")
        self._derive()

    def _derive(self) -> None:
        """Find active and winner cells: rows 0 to n, of the record before the chunk and of each of its records."""
        a, sizes, n = self.arrays, self._header.sizes, self.records
        cells = sizes.cells_per_column
        record_of = np.repeat(np.arange(n), a["column_counts"])
        key = record_of * sizes.columns + a["columns"]  # of each active column
        some = slice(0, int(self.predictive.ends[n]))  # the last row is for the record after the chunk
        predicted = a["predictive"][some].astype(np.int64)
        record = np.repeat(np.arange(n), a["predictive_counts"][:n])
        predicted_key = record * sizes.columns + predicted // cells
        self.is_correct = _among(key, predicted_key)  # (active columns of all records,)
        hit = _among(predicted_key, key)
        bursting = np.flatnonzero(~self.is_correct)
        if len(bursting) != len(a["winners"]) or np.any(
            np.bincount(record_of[bursting], minlength=n) != a["winner_counts"]
        ):
            raise InputError(f"{self._where}: winners: expected one for each bursting column, got others")
        first = (record_of[bursting] * sizes.columns + a["columns"][bursting]) * cells
        correct = record[hit] * sizes.columns * cells + predicted[hit]
        burst = (first[:, np.newaxis] + np.arange(cells)).ravel()
        self.active = self._rows_of("active_before", np.concatenate([correct, burst]))
        self.winners = self._rows_of("winners_before", np.concatenate([correct, first + a["winners"]]))

    def _rows_of(self, before: str, keys: NDArray[np.int64]) -> Rows:
        cells = self._header.sizes.columns * self._header.sizes.cells_per_column
        keys = np.sort(keys)
        counts = np.bincount(keys // cells, minlength=self.records)
        start = self.arrays[before]
        return Rows(np.concatenate([start, keys % cells]), np.append(len(start), counts))

    @cached_property
    def learned(self) -> NDArray[np.bool_]:
        """Whether the region learned, shape (records,)."""
        return self.arrays["learned"].astype(np.bool_)


def _among(numbers: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which of the numbers are among others, which are sorted."""
    if not len(others):
        return np.zeros(len(numbers), dtype=np.bool_)
    places = np.minimum(np.searchsorted(others, numbers), len(others) - 1)
    found: NDArray[np.bool_] = others[places] == numbers
    return found


class LearningChunk:
    """How the segments changed in the records of a chunk.

    Parameters
    ----------
    chunk : Chunk
    blob : ndarray of uint8
    where : str

    Raises
    ------
    InputError
        As `Chunk`.
    """

    def __init__(self, chunk: Chunk, header: Header, blob: NDArray[np.uint8], where: str) -> None:
        a = decode(header.layout["learning"], blob, where)
        n, kinds = chunk.records, a["kinds"].astype(np.int64)
        has_owner, has_links, has_row = (
            (kinds == NEW) | (kinds == ROW),
            (kinds == APPEND) | (kinds == NEW),
            kinds == ROW,
        )
        lengths = {
            "raised_counts": n,
            "segment_counts": n,
            "kinds": len(a["segments"]),
            "owners": int(has_owner.sum()),
            "added": int(has_links.sum()),
            "rows": int(has_row.sum()),
        }
        for name, length in lengths.items():
            if len(a[name]) != length:
                raise InputError(f"{where}: {name}: expected {length} elements, got {len(a[name])}")
        self.raised = Rows(a["raised"], a["raised_counts"])
        owners, synapses, firsts = (np.full(len(kinds), value, dtype=np.int64) for value in (-1, 0, 0))
        owners[has_owner] = a["owners"]
        synapses[has_links], synapses[has_row] = a["added"], a["rows"]
        firsts[has_links], firsts[has_row] = offsets(a["added"])[:-1], offsets(a["rows"])[:-1]
        record = np.repeat(np.arange(n), a["segment_counts"])
        counts = np.diff(chunk.winners.ends)[:-1]  # of the record before each
        per_link = np.repeat(counts[record[has_links]], a["added"])
        if np.any(a["links"] >= per_link):
            raise InputError(f"{where}: links: expected places among the winner cells, got others")
        self.new = int(has_owner.sum())
        self.highest = int(a["segments"].max(initial=-1))
        self.learning = Learning(
            learned=chunk.learned,
            columns=chunk.columns.values.astype(np.int64),
            column_ends=chunk.columns.ends,
            predicted=chunk.predictive.values.astype(np.int64),
            predicted_ends=chunk.predictive.ends,
            active=chunk.active.values.astype(np.int64),
            active_ends=chunk.active.ends,
            winners=chunk.winners.values.astype(np.int32),
            winner_ends=chunk.winners.ends,
            segments=a["segments"].astype(np.int64),
            segment_ends=offsets(a["segment_counts"]),
            kinds=kinds,
            owners=owners,
            synapses=synapses,
            firsts=firsts,
            links=a["links"].astype(np.int64),
            row_cells=a["row_cells"].astype(np.int64),
            row_permanences=np.ascontiguousarray(a["row_permanences"], dtype=np.float32),
        )


def read_memory(header: Header, blob: NDArray[np.uint8], where: str) -> Arrays:
    """Return a key frame of segments."""
    a = decode(header.layout["memory"], blob, where)
    if len(a["owner"]) != len(a["synapses"]) or len(a["owner"]) > header.sizes.segments:
        raise InputError(f"{where}: expected at most {header.sizes.segments} segments, got {len(a['owner'])}")
    return a
