"""The temporal memory: learns which columns follow which, in context, and scores how unexpected a record is.

Source: Numenta, *Biological and Machine Intelligence* (BAMI), "Temporal Memory Algorithm Details"; where BAMI leaves
a choice, this follows NuPIC's `temporal_memory.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.text import shown
from zhtm_detector.htm.cells import CellViews
from zhtm_detector.htm.checks import finite, flag, generator, integers, params_of, records, whole
from zhtm_detector.htm.kernels import temporal_memory as kernel
from zhtm_detector.htm.kernels.box import Boxed
from zhtm_detector.htm.kernels.temporal_memory_state import COUNTS, USE, FanOut, Memory, TemporalMemoryRules, Uses
from zhtm_detector.htm.params import MAX_CELLS, TemporalMemoryParams
from zhtm_detector.htm.saved import Arrays, Given, Saved, generator_words, restore_generator
from zhtm_detector.htm.sdr import SDR, indices_of
from zhtm_detector.htm.temporal_memory_content import content_of, memory_of

Scalar = TypeVar("Scalar", bound=np.generic)

_UINT32 = np.dtype(np.uint32)  # comparing with the type itself takes longer
_FIRST_SEGMENTS = 4096
_FIRST_ARENA = 1 << 18


class TemporalMemory(CellViews, Saved, Boxed):
    """Sequence memory over the columns of a spatial pooler.

    Parameters
    ----------
    columns : int
        Number of columns.
    params : TemporalMemoryParams
    rng : numpy.random.Generator
        Draws the cells that new synapses connect to, and the winner among cells with equally few segments.

    Raises
    ------
    ValueError
        If an argument is of another type or out of its range. The same holds for every method, which then changes
        nothing.

    Notes
    -----
    Memory is bounded: at most `params.segments` segments of `params.synapses_per_segment` synapses. At a limit the
    least recently used segment or the weakest synapses are evicted. A segment counts as used when it is created, when
    it is active, and when it learns as the best match of a bursting column.

    Two choices that BAMI leaves open: new segments grow after all other learning of the record, and ties go to the
    lower cell, then to the lower segment number.

    Examples
    --------
    >>> memory = TemporalMemory(8, TemporalMemoryParams(cells_per_column=4, activation_threshold=1,
    ...     matching_threshold=1, initial_permanence=0.6), np.random.default_rng(1))
    >>> [memory.compute(np.array([column], dtype=np.uint32)) for column in (0, 1, 2, 0, 1, 2)]
    [1.0, 1.0, 1.0, 1.0, 0.0, 0.0]
    >>> memory
    TemporalMemory(8 x 4 cells, 3 segments, 4 synapses)
    >>> memory.predictive, memory.predicted_columns
    (SDR(1 of 8 x 4 bits: 1), SDR(1 of 8 bits: 0))
    >>> cell = int(memory.predictive.indices[0])
    >>> memory.synapses_into(cell)
    Synapses(1, connected: 1)
    """

    PARAMS: ClassVar = {"params": TemporalMemoryParams}

    def __init__(self, columns: int, params: TemporalMemoryParams, rng: np.random.Generator) -> None:
        self.params = params = params_of("params", params, TemporalMemoryParams)
        self.columns = columns = whole("columns", columns, 1, MAX_CELLS // params.cells_per_column)
        self._rng = generator("rng", rng)
        self._rules = rules_of(params)
        self._memory = _empty(columns * params.cells_per_column, params)

    def compute(self, active_columns: NDArray[np.uint32] | SDR, learn: bool = True) -> float:
        """Process one record and return its raw anomaly score.

        Parameters
        ----------
        active_columns : ndarray of uint32, shape (n,), or SDR
            Sorted, unique, each below `columns`, as the spatial pooler returns them; or an SDR of `columns` bits.
        learn : bool
            Whether synapses change.

        Returns
        -------
        float
            The share of active columns that no active segment predicted; 0 if there are no active columns.
        """
        if isinstance(active_columns, SDR):
            active_columns = indices_of("active_columns", active_columns, self.columns)
        size = integers("active_columns", active_columns).size
        return float(self.run(active_columns, np.array([0, size], dtype=np.int64), learn)[0])

    def run(
        self, active_columns: NDArray[np.uint32], offsets: NDArray[np.int64], learn: bool = True
    ) -> NDArray[np.float64]:
        """Process many records and return their raw anomaly scores; equal to calling `compute` for each.

        Parameters
        ----------
        active_columns : ndarray of uint32, shape (total,)
            Record i has ``active_columns[offsets[i]:offsets[i + 1]]``.
        offsets : ndarray of int64, shape (records + 1,)
        learn : bool

        Returns
        -------
        ndarray of float64, shape (records,)
        """
        learn = flag("learn", learn)
        active_columns, offsets = records(
            "active_columns", active_columns, offsets, self.columns, _UINT32, self.columns
        )
        raw = np.zeros(len(offsets) - 1, dtype=np.float64)
        done = 0
        while True:
            done = kernel.run_box(self.boxed, active_columns, offsets, done, learn, raw)
            if done == len(raw):
                return raw
            self.grow()

    def kernel_state(self) -> tuple[Any, ...]:
        """Return memory, rules and generator for the kernel's box; `grow` replaces the memory."""
        return self._memory, self._rules, self._rng

    def state_arrays(self) -> Arrays:
        """Return the arrays that are saved: those of `content_of`, and the generator's state."""
        return {**content_of(self._memory), "rng": generator_words(self._rng)}

    def restore(self, given: Given) -> None:
        """Build the memory from arrays as `state_arrays` returns them."""
        params, cells = self.params, len(self._memory.first_of_cell)
        self._memory = memory_of(
            given,
            params.segments,
            params.segments_per_cell,
            self._rules.connected,
            lambda segments: _empty(cells, params, segments),
        )
        restore_generator(self._rng, given)
        self._drop_box()

    def reset(self) -> None:
        """Begin a new sequence: clear activity and predictions, keep everything learned."""
        kernel.forget_activity(self._memory)
        for name in ("active_cells", "next_active_cells", "winner_cells", "active_segments", "matching_segments"):
            self._memory.counts[name] = 0

    @property
    def nbytes(self) -> int:
        """Size of all arrays in bytes."""
        flat = (*self._memory.fan_out, *self._memory.uses)
        return sum(array.nbytes for array in (*self._memory, *flat) if isinstance(array, np.ndarray))

    def add_segment(self, cell: int, synapses: Mapping[int, float]) -> int:
        """Add a segment with the given permanences by presynaptic cell; return its number."""
        cell = self._cell("cell", cell)
        most = self.params.synapses_per_segment
        if not isinstance(synapses, Mapping) or len(synapses) > most:
            raise ValueError(f"synapses: expected a mapping of at most {most}, got {shown(synapses)}")
        permanences = {
            self._cell("presynaptic cell", presynaptic): finite("permanence", permanence, 0.0, 1.0)
            for presynaptic, permanence in synapses.items()
        }
        counts = self._memory.counts[0]
        longest = int(self._memory.fan_out.length.max(initial=0))
        while counts["highest"] + 1 > len(self._memory.owner) < self.params.segments or self._memory.fan_out.used[
            0
        ] + len(synapses) * 4 * (longest + 5) > len(self._memory.fan_out.arena):
            self.grow()
            counts = self._memory.counts[0]
        segment = kernel.add_segment(self._memory, self._rules, cell)
        for presynaptic, permanence in permanences.items():
            kernel.add_synapse(self._memory, self._rules, segment, presynaptic, np.float32(permanence))
        # An evicted segment may have been active, and the new one may have its number.
        for name in ("active_segments", "matching_segments"):
            keys = self._keys(name)
            segments = keys & 0xFFFFFFFF
            kept = keys[(self._memory.owner[segments] == keys >> 32) & (segments != segment)]
            getattr(self._memory, name)[: len(kept)] = kept
            self._memory.counts[name] = len(kept)
        return segment

    def grow(self) -> None:
        """Double the segment arrays, up to the limit, if they are what is full; else double the arena."""
        self._drop_box()
        memory = self._memory
        capacity = len(memory.owner)
        if capacity < self.params.segments and memory.counts["highest"][0] + self.columns > capacity:
            size = min(max(2 * capacity, capacity + self.columns), self.params.segments)
            wider: dict[str, Any] = {
                name: _lengthened(getattr(memory, name), size) for name in (*_PER_SEGMENT, "presynaptic", "permanence")
            }
            words = size << int(memory.slot_bits[0]) >> 6
            for name in ("active_bits", "connected_bits"):
                wider[name] = _lengthened(getattr(memory, name), words)
            wider["touched"] = _lengthened(memory.touched, words + 1)
            wider["tasks"] = _lengthened(memory.tasks, size + 2 * self.columns + 1)
            wider["uses"] = Uses(_lengthened(memory.uses.chain, size), memory.uses.ends)
            self._memory = memory._replace(**wider)
        else:
            fan_out = memory.fan_out
            arena = _lengthened(fan_out.arena, 2 * len(fan_out.arena))
            self._memory = memory._replace(fan_out=fan_out._replace(arena=arena))


def rules_of(params: TemporalMemoryParams) -> TemporalMemoryRules:
    """Return the parameters as the kernels take them."""
    return TemporalMemoryRules(
        cells=params.cells_per_column,
        activation=params.activation_threshold,
        matching=params.matching_threshold,
        initial=np.float32(params.initial_permanence),
        connected=np.float32(params.connected_permanence),
        increment=np.float32(params.permanence_increment),
        decrement=np.float32(params.permanence_decrement),
        predicted_decrement=np.float32(params.predicted_decrement),
        new_synapses=params.new_synapses,
        segments_per_cell=params.segments_per_cell,
        segments=params.segments,
    )


_PER_SEGMENT = {
    "owner": np.int32,
    "synapses": np.int32,
    "next_of_cell": np.int32,
    "active_segments": np.int64,
    "matching_segments": np.int64,
    "overlaps": np.int32,
}


def _empty(cells: int, params: TemporalMemoryParams, segments: int = 0) -> Memory:
    """Return a memory with room for some segments, or more."""
    segments = max(segments, min(_FIRST_SEGMENTS, params.segments))
    synapses = params.synapses_per_segment
    per_segment: dict[str, Any] = {name: np.zeros(segments, dtype=dtype) for name, dtype in _PER_SEGMENT.items()}
    # These two arrays dominate memory, and the presets have 65536 cells.
    per_segment["presynaptic"] = np.zeros((segments, synapses), dtype=np.uint16 if cells <= 2**16 else np.int32)
    per_segment["permanence"] = np.zeros((segments, synapses), dtype=np.float32)
    slot_bits = params.slot_bits
    words = segments << slot_bits >> 6
    counts = np.zeros(1, dtype=COUNTS)
    counts["free_segment"] = -1
    return Memory(
        counts=counts,
        slot_bits=np.array([slot_bits], dtype=np.int64),
        first_of_cell=np.full(cells, -1, dtype=np.int32),
        segments_of_cell=np.zeros(cells, dtype=np.int32),
        fan_out=FanOut(
            start=np.zeros(cells, dtype=np.int32),
            length=np.zeros(cells, dtype=np.int32),
            size_class=np.full(cells, -1, dtype=np.int32),
            arena=np.zeros(_FIRST_ARENA, dtype=np.int32),
            free_blocks=np.full(32, -1, dtype=np.int32),
            used=np.zeros(1, dtype=np.int64),
        ),
        uses=Uses(chain=np.zeros(segments, dtype=USE), ends=np.array([-1, -1, 0], dtype=np.int64)),
        active_bits=np.zeros(words, dtype=np.uint64),
        connected_bits=np.zeros(words, dtype=np.uint64),
        active_cells=np.zeros((2, cells), dtype=np.int32),
        winner_cells=np.zeros((2, cells), dtype=np.int32),
        marks=np.zeros(cells, dtype=np.int64),
        candidates=np.zeros(cells, dtype=np.int32),
        tasks=np.zeros(segments + 2 * (cells // params.cells_per_column) + 1, dtype=np.int64),
        touched=np.zeros(words + 1, dtype=np.int32),
        crossings=np.zeros(synapses, dtype=np.int32),
        buckets=np.zeros(256, dtype=np.int64),
        activity=np.zeros((synapses + 7) // 8 * 8, dtype=np.uint8),
        crossed=np.zeros((synapses + 7) // 8 * 8, dtype=np.uint8),
        **per_segment,
    )


def _lengthened(array: NDArray[Scalar], length: int) -> NDArray[Scalar]:
    longer: NDArray[Scalar] = np.zeros((length, *array.shape[1:]), dtype=array.dtype)
    longer[: len(array)] = array
    return longer
