"""State of the compiled temporal memory: types only, because a kernel never calls one of another file.

A change here changes the types the kernels are compiled for, so stale machine code is never used.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# A np.record, so that `counts[0].segments` works both compiled and interpreted.
COUNTS = np.dtype(
    (
        np.record,
        [
            ("side", np.int64),  # row of active_cells and winner_cells that holds the last record's cells
            ("active_cells", np.int64),
            ("winner_cells", np.int64),
            ("next_active_cells", np.int64),  # of the current record; between records, of the one before the last
            ("next_winner_cells", np.int64),
            ("active_segments", np.int64),
            ("matching_segments", np.int64),
            ("touched", np.int64),  # used length of `Memory.touched`
            ("segments", np.int64),  # in use
            ("synapses", np.int64),  # in use
            ("highest", np.int64),  # segment numbers assigned so far; freed ones are reused first
            ("free_segment", np.int64),  # head of the linked list of freed numbers, -1: none
            ("mark", np.int64),  # current value for `Memory.marks`
        ],
    )
)


class TemporalMemoryRules(NamedTuple):
    """Parameters of the kernel, from `TemporalMemoryParams`; permanences in float32, like the synapses."""

    cells: int  # per column
    activation: int  # threshold
    matching: int  # threshold
    initial: np.float32
    connected: np.float32
    increment: np.float32
    decrement: np.float32
    predicted_decrement: np.float32
    new_synapses: int
    segments_per_cell: int
    segments: int  # limit of the whole memory


class FanOut(NamedTuple):
    """Synapses by presynaptic cell. C cells, A entries."""

    start: NDArray[np.int32]  # (C,) position in the arena
    length: NDArray[np.int32]  # (C,)
    size_class: NDArray[np.int32]  # (C,) capacity is 4 << class entries, -1: none
    arena: NDArray[np.int32]  # (A,) segment << slot_bits | slot
    free_blocks: NDArray[np.int32]  # (32,) per class: head of the linked list of freed blocks, -1: none
    used: NDArray[np.int64]  # (1,) arena entries allocated so far


# One np.record per segment: its fields are read together.
USE = np.dtype(
    (
        np.record,
        [
            ("last", np.int64),  # time of last use, unique
            ("older", np.int32),  # segment, -1: none
            ("newer", np.int32),
        ],
    )
)


class Uses(NamedTuple):
    """Doubly linked list of the segments, ordered by last use."""

    chain: NDArray[Any]  # (S,) USE
    ends: NDArray[np.int64]  # (3,) oldest segment, newest segment, clock


class Memory(NamedTuple):
    """The whole state. S segments of at most K synapses, C cells, A fan-out entries.

    A slot is a position in a segment's row. Each segment has W 64-bit words with one bit per slot; W is a power of 2,
    large enough for K.
    """

    counts: NDArray[Any]  # (1,) COUNTS
    slot_bits: NDArray[np.int64]  # (1,) bits of a slot number: 64 W = 1 << slot_bits
    owner: NDArray[np.int32]  # (S,) cell, -1: segment not in use
    synapses: NDArray[np.int32]  # (S,) number of synapses
    presynaptic: NDArray[Any]  # (S, K) cells; uint16, or int32 above 65536 cells
    permanence: NDArray[np.float32]  # (S, K)
    active_bits: NDArray[np.uint64]  # (S W,) synapses from the last record's active cells
    connected_bits: NDArray[np.uint64]  # (S W,) synapses at or above the connected threshold
    next_of_cell: NDArray[np.int32]  # (S,) linked list of a cell's segments, or of freed numbers; -1: end
    first_of_cell: NDArray[np.int32]  # (C,) segment, -1: none
    segments_of_cell: NDArray[np.int32]  # (C,) number of segments
    fan_out: FanOut
    uses: Uses
    active_cells: NDArray[np.int32]  # (2, C) sorted; last record's and current record's, alternating
    winner_cells: NDArray[np.int32]  # (2, C) sorted
    active_segments: NDArray[np.int64]  # (S,) cell << 32 | segment, sorted
    matching_segments: NDArray[np.int64]  # (S,) in the same form
    overlaps: NDArray[np.int32]  # (S,) number of active synapses of each matching segment
    touched: NDArray[np.int32]  # (S W + 1,) nonzero words of active_bits; the extra place absorbs unconditional writes
    marks: NDArray[np.int64]  # (C,) scratch: a cell is marked when this equals counts.mark
    candidates: NDArray[np.int32]  # (C,) scratch
    tasks: NDArray[np.int64]  # (S + 2 columns + 1,) scratch: subject << 3 | kind of task
    crossings: NDArray[np.int32]  # (K,) scratch: slots that crossed a limit
    buckets: NDArray[np.int64]  # (256,) scratch of the radix sort
    activity: NDArray[np.uint8]  # (K rounded up to 8,) scratch: a segment's active_bits, one byte each
    crossed: NDArray[np.uint8]  # (K rounded up to 8,) scratch: 1 where a slot crossed a limit
