"""What a trace says about one record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.recording.chunk import Chunk
from zhtm_detector.htm.recording.header import Header
from zhtm_detector.htm.sdr import SDR


class View(NamedTuple):
    """What a view of blocks saw whose block ended with the record."""

    name: str
    evidence: float
    mismatch: float  # of the context memory; of the novelty of blocks, the distance to the closest pattern
    unseen: float  # share of the minicolumns that own no segment
    seen: float  # in the metric's unit
    minicolumns: NDArray[np.int64]  # active ones; none of the novelty of blocks


@dataclass(frozen=True, slots=True)
class Frame:
    """One record. What belongs to a region is None without one, and before its range of values is known.

    Parameters
    ----------
    record : int
        Its number in the stream.
    time : datetime64
    value : float
    score, raw, likelihood, novelty, out_of_range, silenced, unsilenced
        As in `Step`.
    learned : bool
        Whether the model learned from it.
    center, deviation : float
        Of the normal distribution that the likelihood compares the last raw scores with; 0 and 0 if there is none.
    evidence : ndarray of float64, shape (voters,)
    views : tuple of View
        Those whose block ended with the record.
    sentence : str
        Why it has its score; "" if the score is low.
    bits : SDR
        Input of the spatial pooler.
    columns, correct, bursting, missed : SDR
        Active columns, those of them that were predicted, those that were not; columns predicted but not active.
    overlaps : ndarray of int64, shape (active columns,)
        Of the active columns, before boosting.
    active, winners : SDR
        Cells.
    predicted : SDR
        Cells that the record before had predicted.
    predictive : SDR
        Cells that this record predicts for the next one.
    """

    record: int
    time: np.datetime64
    value: float
    score: float
    raw: float
    likelihood: float
    novelty: float
    out_of_range: bool
    silenced: bool
    unsilenced: float
    learned: bool
    center: float
    deviation: float
    evidence: NDArray[np.float64]
    views: tuple[View, ...]
    sentence: str
    bits: SDR | None = None
    columns: SDR | None = None
    correct: SDR | None = None
    bursting: SDR | None = None
    missed: SDR | None = None
    overlaps: NDArray[np.int64] | None = None
    active: SDR | None = None
    winners: SDR | None = None
    predicted: SDR | None = None
    predictive: SDR | None = None


_FLOATS = ("value", "score", "raw", "likelihood", "novelty", "unsilenced", "center", "deviation")
_FLAGS = ("out_of_range", "silenced", "learned")


def frame_of(chunk: Chunk, row: int, header: Header) -> Frame:
    """Return a record of a chunk."""
    a = chunk.arrays
    numbers: dict[str, Any] = {name: float(a[name][row]) for name in _FLOATS}
    numbers |= {name: bool(a[name][row]) for name in _FLAGS}
    record = chunk.first + row
    return Frame(
        record=record,
        time=a["time"].view("datetime64[us]")[row],
        evidence=chunk.evidence[row].copy(),
        views=_views(chunk, row, header),
        sentence=header.sentences.get(record, ""),
        **numbers,
        **(_region(chunk, row, header) if chunk.has_region else {}),
    )


def _views(chunk: Chunk, row: int, header: Header) -> tuple[View, ...]:
    if not header.views:
        return ()
    a = chunk.arrays
    end = int(a["view_counts"][: row + 1].sum())
    found = []
    for at in range(end - int(a["view_counts"][row]), end):
        last = int(a["minicolumn_counts"][: at + 1].sum())
        evidence, mismatch, unseen, seen = (
            float(a[f"view_{name}"][at]) for name in ("evidence", "mismatch", "unseen", "seen")
        )
        minicolumns = a["minicolumns"][last - int(a["minicolumn_counts"][at]) : last].copy()
        found.append(View(header.views[a["views"][at]], evidence, mismatch, unseen, seen, minicolumns))
    return tuple(found)


def _region(chunk: Chunk, row: int, header: Header) -> dict[str, Any]:
    sizes = header.sizes
    cells = sizes.columns * sizes.cells_per_column

    def sdr(indices: NDArray[Any], size: int) -> SDR:
        return SDR(np.ascontiguousarray(indices, dtype=np.uint32), size)

    columns, predicted = chunk.columns[row], chunk.predictive[row]
    correct = chunk.is_correct[chunk.columns.ends[row] : chunk.columns.ends[row + 1]]
    missed = np.setdiff1d(predicted // sizes.cells_per_column, columns)
    return {
        "bits": sdr(chunk.bits[row], header.inputs),
        "columns": sdr(columns, sizes.columns),
        "correct": sdr(columns[correct], sizes.columns),
        "bursting": sdr(columns[~correct], sizes.columns),
        "missed": sdr(missed, sizes.columns),
        "overlaps": chunk.overlaps[row].astype(np.int64),
        "active": sdr(chunk.active[row + 1], cells),
        "winners": sdr(chunk.winners[row + 1], cells),
        "predicted": sdr(predicted, cells),
        "predictive": sdr(chunk.predictive[row + 1], cells),
    }
