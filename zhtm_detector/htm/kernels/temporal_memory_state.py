"""What the compiled temporal memory holds: types only, for a kernel calls no kernel of another file.

A change here changes the types that the kernels are compiled for, so no stale machine code is ever used.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# Records, so that `counts[0].segments` reads the same compiled and not.
COUNTS = np.dtype(
    (
        np.record,
        [
            ("side", np.int64),  # which row of active_cells and winner_cells holds the last record's
            ("active_cells", np.int64),
            ("winner_cells", np.int64),
            ("next_active_cells", np.int64),  # of the record under way
            ("next_winner_cells", np.int64),
            ("active_segments", np.int64),
            ("matching_segments", np.int64),
            ("touched", np.int64),
            ("segments", np.int64),  # alive
            ("synapses", np.int64),  # alive
            ("highest", np.int64),  # segment numbers given out so far; freed ones are reused first
            ("free_segment", np.int64),  # head of the chain of freed numbers, -1: none
            ("mark", np.int64),  # counts visits, for `Memory.marks`
        ],
    )
)


class TemporalMemoryRules(NamedTuple):
    """`TemporalMemoryParams` as the kernel takes them: permanences in float32, like the synapses."""

    cells: int
    activation: int
    matching: int
    initial: np.float32
    connected: np.float32
    increment: np.float32
    decrement: np.float32
    predicted_decrement: np.float32
    new_synapses: int
    segments_per_cell: int
    segments: int


class FanOut(NamedTuple):
    """From each presynaptic cell to its synapses. C cells, A entries."""

    start: NDArray[np.int32]  # (C,) where in the arena
    length: NDArray[np.int32]  # (C,)
    size_class: NDArray[np.int32]  # (C,) room for 4 << class entries, -1: none
    arena: NDArray[np.int32]  # (A,) segment << slot_bits | slot
    free_blocks: NDArray[np.int32]  # (32,) per class: head of the chain of freed blocks, -1: none
    used: NDArray[np.int64]  # (1,) entries of the arena given out so far


# One record a segment: all of it is read together.
USE = np.dtype(
    (
        np.record,
        [
            ("last", np.int64),  # clock, no two the same
            ("older", np.int32),  # segment, -1: none
            ("newer", np.int32),
        ],
    )
)


class Uses(NamedTuple):
    """The segments, chained by their last use."""

    chain: NDArray[Any]  # (S,) USE
    ends: NDArray[np.int64]  # (3,) the oldest, the newest, the clock


class Memory(NamedTuple):
    """All state. S segments of at most K synapses, C cells, A fan-out entries.

    A segment has W words of bits, a power of 2 and enough for K: a bit for each slot, which is a place in its row.
    """

    counts: NDArray[Any]  # (1,) COUNTS
    slot_bits: NDArray[np.int64]  # (1,) how many bits number the slots: 64 W = 1 << slot_bits
    owner: NDArray[np.int32]  # (S,) cell, -1: not alive
    synapses: NDArray[np.int32]  # (S,) how many
    presynaptic: NDArray[Any]  # (S, K) cells: uint16, or int32 above 65536 cells
    permanence: NDArray[np.float32]  # (S, K)
    active_bits: NDArray[np.uint64]  # (S W,) synapses of the last record's active cells
    connected_bits: NDArray[np.uint64]  # (S W,) synapses at or above the connected threshold
    next_of_cell: NDArray[np.int32]  # (S,) chain of one cell's segments, or of freed numbers; -1: end
    first_of_cell: NDArray[np.int32]  # (C,) segment, -1: none
    segments_of_cell: NDArray[np.int32]  # (C,) how many
    fan_out: FanOut
    uses: Uses
    active_cells: NDArray[np.int32]  # (2, C) sorted; this record's and the last one's in turn
    winner_cells: NDArray[np.int32]  # (2, C) sorted
    active_segments: NDArray[np.int64]  # (S,) cell << 32 | segment, sorted
    matching_segments: NDArray[np.int64]  # (S,) likewise
    overlaps: NDArray[np.int32]  # (S,) active synapses of each matching segment
    touched: NDArray[np.int32]  # (S W + 1,) words of active_bits other than 0; one place more, written and not kept
    marks: NDArray[np.int64]  # (C,) scratch: the visit that last met the cell
    candidates: NDArray[np.int32]  # (C,) scratch
    tasks: NDArray[np.int64]  # (S + 2 columns + 1,) scratch: subject << 3 | what to do with it
    crossings: NDArray[np.int32]  # (K,) scratch: slots of the synapses to settle
    buckets: NDArray[np.int64]  # (256,) scratch: of the sort
    activity: NDArray[np.uint8]  # (K rounded up to 8,) scratch: a segment's active_bits, a byte each
    crossed: NDArray[np.uint8]  # (K rounded up to 8,) scratch
