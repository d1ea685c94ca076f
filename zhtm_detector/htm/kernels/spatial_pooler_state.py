"""State of the compiled spatial pooler: types only, because a kernel never calls one of another file.

A change here changes the types the kernels are compiled for, so stale machine code is never used.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Settings(NamedTuple):
    """Parameters of the kernels; their types are part of the compiled signature."""

    shape: tuple[int, int]  # column grid: (rows, columns per row)
    input_shape: tuple[int, int]  # input grid: (rows, inputs per row)
    dimensions: int  # 1 or 2
    wrap_around: bool
    global_inhibition: bool
    active_columns: int
    stimulus_threshold: int  # connected active inputs
    increment: np.float32  # of a permanence
    decrement: np.float32
    trim: np.float32  # permanences below it become 0
    connected: np.float32  # permanence at which a synapse is connected
    minimum_duty: np.float32  # as a share of the best neighbour's overlap duty cycle
    duty_period: int  # records
    boost_strength: float
    update_period: int  # records


class State(NamedTuple):
    """Everything that learning changes; C columns, I inputs."""

    permanences: NDArray[np.float32]  # (C, I), -1 outside the potential pool
    connected: NDArray[np.uint8]  # (I, C)
    connected_counts: NDArray[np.int32]  # (C,)
    active_duty: NDArray[np.float32]  # (C,) as a share of records
    overlap_duty: NDArray[np.float32]  # (C,) as a share of records
    minimum_duty: NDArray[np.float32]  # (C,) as a share of records
    boost: NDArray[np.float32]  # (C,) factor
    saturated: NDArray[np.uint8]  # (C,) 1 if the whole pool is at 1, so that raising changes nothing
    clock: NDArray[np.int64]  # (3,) records learned, inhibition radius, 1 if every inhibition area is all columns


class Scratch(NamedTuple):
    """Buffers for one record; only `overlaps` and `winners` are read afterwards."""

    overlaps: NDArray[Any]  # (C,) uint16, or int32 above 65535 inputs
    part: NDArray[np.uint8]  # (C,) partial overlaps
    boosted: NDArray[np.float32]  # (C,)
    keys: NDArray[np.int32]  # (C,) ranks the columns; -1: below the stimulus threshold
    winners: NDArray[np.uint32]  # (C,)
    deltas: NDArray[np.float32]  # (I,) permanence changes of learning
    raises: NDArray[np.float32]  # (I,) permanence changes of raising a weak column, all the same
    before: NDArray[np.float32]  # (I,) a column's permanences before the change
    crossed: NDArray[np.uint64]  # ((I + 7) // 8,) one byte per input: crossed the connected threshold
    sums: NDArray[np.int64]  # (rows + 1, columns per row + 1) summed-area table
