"""What the compiled recorder keeps between records, and what it writes to."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

DONE, ROOM, FOREIGN = range(3)  # results of `capture`: FOREIGN is a change that no record made
# Kinds of changes that no rule explains. APPEND: first the rule, then the
# weakest synapses make room if there is none, then new ones; NEW: an empty segment of a cell,
# then new synapses; ROW: all synapses follow; GONE: removed.
APPEND, NEW, ROW, GONE = range(4)
# Places in `Tape.used`, and in a row of `Tape.counts`.
RECORDS, BITS, COLUMNS, PREDICTIVE, WINNERS, RAISED, CHANGED, OWNERS, ADDED, LINKS, ROWS, ROW_CELLS = range(12)


class Shadow(NamedTuple):
    """Copy of the segments, as far as the rules explain them. S segments of at most K synapses."""

    owner: NDArray[np.int32]  # (S,) cell, -1: not in use
    synapses: NDArray[np.int32]  # (S,)
    presynaptic: NDArray[Any]  # (S, K) cells
    permanence: NDArray[np.float32]  # (S, K)
    expected: NDArray[np.int64]  # (S,) scratch: segments that the rules change
    compared: NDArray[np.int64]  # (S,) scratch: number of the last record at which it was compared
    changed: NDArray[np.int64]  # (S,) scratch: segments to write down


class Before(NamedTuple):
    """What held after the record before. C cells, N columns."""

    counts: NDArray[np.int64]  # (6,) active segments, matching ones, winner cells, active cells, uses, records
    active_segments: NDArray[np.int64]  # (S,) cell << 32 | segment
    matching_segments: NDArray[np.int64]  # (S,)
    overlaps: NDArray[np.int32]  # (S,) of the matching segments
    is_active: NDArray[np.uint8]  # (C,)
    active_cells: NDArray[np.int32]  # (C,)
    winner_cells: NDArray[np.int32]  # (C,)
    minimum_duty: NDArray[np.float32]  # (N,)
    saturated: NDArray[np.uint8]  # (N,)


class Tape(NamedTuple):
    """What was written down of the records of a chunk: arrays without gaps, and how much of each is a record's."""

    used: NDArray[np.int64]  # (12,)
    counts: NDArray[np.int64]  # (records, 12) per record
    bits: NDArray[np.uint32]
    columns: NDArray[np.uint32]
    overlaps: NDArray[np.uint32]  # of the columns
    predictive: NDArray[np.uint32]  # cells
    winners: NDArray[np.uint32]  # of bursting columns: place in the column
    raised: NDArray[np.uint32]  # columns
    segments: NDArray[np.uint32]  # changed ones
    kinds: NDArray[np.uint32]  # of the changes
    owners: NDArray[np.uint32]  # cells, for NEW and ROW
    added: NDArray[np.uint32]  # number of synapses, for APPEND and NEW
    links: NDArray[np.uint32]  # places among the winner cells of the record before, for APPEND and NEW
    rows: NDArray[np.uint32]  # number of synapses, for ROW
    row_cells: NDArray[np.uint32]
    row_permanences: NDArray[np.float32]
