"""The context memory: a temporal memory of one cell per minicolumn whose segments reach back several steps.

It is BAMI's temporal memory with these extensions, each of which a parameter switches off:

- **Delay lines** (`context` > 1): a segment samples the minicolumns that were active in the last `context` steps, not
  only in the last one, as inputs that arrive over axons of different delay (Izhikevich, "Polychronization: Computation
  with Spikes", Neural Computation 18, 2006). The context lies in the synapses, so one cell per minicolumn is enough;
  BAMI's many cells per minicolumn hold it in the choice of a cell, which one noisy step loses.
- **Graded readout** (`readout`): the prediction of a minicolumn is the best segment's share of active synapses, a
  dendrite's depolarization, instead of 0 or 1 by a threshold (Hawkins and Ahmad, "Why Neurons Have Thousands of
  Synapses", Frontiers in Neural Circuits 10, 2016, on segments as coincidence detectors).
- **Learning on what grew** (`match`): a minicolumn grows a segment whenever none of its own matches, not only when it
  bursts. With `permanence_increment` and `permanence_decrement` of 0 a pattern is stored at once and kept until it is
  evicted; above 0 the matching segment's synapses are strengthened and weakened as in BAMI.
- **Bounded**: a minicolumn that has all its segments replaces the least recently matched one; with all segments of the
  memory in use, the clock algorithm finds one that has not matched for long.

With `context` 0 there is no sequence at all: a minicolumn is predicted once it has been active before.
"""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.checks import flag, generator, integers, params_of, records, whole
from zhtm_detector.htm.kernels import context_memory as kernel
from zhtm_detector.htm.kernels.box import Boxed
from zhtm_detector.htm.kernels.context_memory import UNIT, ContextRules, ContextState
from zhtm_detector.htm.params import MAX_PRESYNAPTIC, ContextMemoryParams
from zhtm_detector.htm.saved import Arrays, Given, Saved, generator_words, one, restore_generator, used

Scalar = TypeVar("Scalar", bound=np.generic)

_UINT16 = np.dtype(np.uint16)  # comparing with the type itself takes longer
_FIRST_SEGMENTS = 1024
_PER_SEGMENT = ("owner", "recent", "synapses", "connected", "presynaptic", "permanence")


class ContextMemory(Saved, Boxed):
    """Sequence memory over active minicolumns; one object can hold many columns that share rules, not synapses.

    Parameters
    ----------
    minicolumns : int
        Of each column; times `params.context` at most 65536.
    params : ContextMemoryParams
    rng : numpy.random.Generator
        Draws the presynaptic minicolumns of new segments.
    columns : int
        Number of independent columns.
    most_active : int, optional
        Most active minicolumns of a step; by default all.

    Raises
    ------
    ValueError
        If an argument is of another type or out of its range. The same holds for every method, which then changes
        nothing.

    Examples
    --------
    A sequence is known at its second pass; a new element is not, and neither is a known one out of context.

    >>> memory = ContextMemory(8, ContextMemoryParams(context=2), np.random.default_rng(1))
    >>> [memory.compute(np.array([step], dtype=np.uint16)) for step in (0, 1, 2, 0, 1, 2, 0, 1, 0)]
    [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]
    """

    PARAMS: ClassVar = {"params": ContextMemoryParams}

    def __init__(
        self,
        minicolumns: int,
        params: ContextMemoryParams,
        rng: np.random.Generator,
        columns: int = 1,
        most_active: int | None = None,
    ) -> None:
        self.params = params = params_of("params", params, ContextMemoryParams)
        self.minicolumns = minicolumns = whole("minicolumns", minicolumns, 1, MAX_PRESYNAPTIC // max(params.context, 1))
        self.columns = whole("columns", columns, 1, params.most_columns(minicolumns))
        most_active = minicolumns if most_active is None else most_active
        self.most_active = whole("most_active", most_active, 1, minicolumns)
        self._rng = generator("rng", rng)
        self._rules = ContextRules(
            minicolumns=minicolumns,
            context=params.context,
            new_synapses=params.new_synapses,
            match=params.match,
            segments_per_minicolumn=params.segments_per_minicolumn,
            segments=params.segments,
            initial=round(params.initial_permanence * UNIT),
            connected=max(1, round(params.connected_permanence * UNIT)),
            increment=round(params.permanence_increment * UNIT),
            decrement=round(params.permanence_decrement * UNIT),
            graded=params.readout == "graded",
        )
        self._state = self._empty()

    def _empty(self, segments: int = 0) -> ContextState:
        """Return an empty state with room for some segments, or more."""
        minicolumns, columns, params = self.minicolumns, self.columns, self.params
        # Without a context there are no segments, only a mark for each minicolumn that has been active.
        capacity, most = (
            (max(segments, min(_FIRST_SEGMENTS, params.segments)), params.segments_per_minicolumn)
            if params.context
            else (1, 1)
        )
        return ContextState(
            counts=np.zeros(1, dtype=kernel.COUNTS),
            active=np.zeros((columns, max(params.context, 1) * minicolumns), dtype=np.uint8),
            context=np.zeros((columns, max(params.context, 1) * self.most_active), dtype=np.uint16),
            context_sizes=np.zeros(columns, dtype=np.int64),
            segments=np.zeros((columns * minicolumns, most), dtype=np.int32),
            owned=np.zeros(columns * minicolumns, dtype=np.int32),
            owner=np.zeros(capacity, dtype=np.int32),
            recent=np.zeros(capacity, dtype=np.uint8),
            synapses=np.zeros(capacity, dtype=np.uint8),
            connected=np.zeros(capacity, dtype=np.uint8),
            presynaptic=np.zeros((capacity, params.new_synapses), dtype=np.uint16),
            permanence=np.zeros((capacity, params.new_synapses), dtype=np.uint8),
        )

    def kernel_state(self) -> tuple[Any, ...]:
        """Return state, rules and generator for the kernel's box."""
        return self._state, self._rules, self._rng

    def state_arrays(self) -> Arrays:
        """Return the arrays that are saved: P segments, T synapses; a segment's owner follows from its row."""
        m, count = self._state, self.segment_count
        synapses = m.synapses[:count]
        filled = used(m.presynaptic[:count], synapses)
        owned = m.owned if self.params.context else np.zeros_like(m.owned)
        return {
            "owned": m.owned,  # (C M,)
            "segments": m.segments[used(m.segments, owned)],  # (P,) row by row
            "recent": m.recent[:count],  # (P,)
            "synapses": synapses,  # (P,)
            "presynaptic": m.presynaptic[:count][filled],  # (T,)
            "permanence": m.permanence[:count][filled],  # (T,)
            "context_sizes": m.context_sizes,  # (C,)
            "context": m.context[used(m.context, m.context_sizes)],  # row by row
            "hand": one(m.counts["hand"][0]),
            "rng": generator_words(self._rng),
        }

    def restore(self, given: Given) -> None:
        """Build the memory from arrays as `state_arrays` returns them."""
        self._state = self._segments_of(given)
        self._restore_context(given)
        restore_generator(self._rng, given)
        self._drop_box()

    def _segments_of(self, given: Given) -> ContextState:
        synapses = given.take("synapses", np.uint8, (None,), 0, self.params.new_synapses)
        count, sequences = len(synapses), self.params.context > 0
        given.check(count <= (self.params.segments if sequences else 0), "synapses", "no more segments than allowed")
        m = self._empty(count)
        given.fill(m.owned, "owned", 0, m.segments.shape[1])
        given.check(not sequences or int(m.owned.sum()) == count, "owned", f"{count} segments in all")
        segments = given.take("segments", np.int32, (count,))
        given.check(bool(np.array_equal(np.sort(segments), np.arange(count))), "segments", "each number once")
        if sequences:
            m.segments[used(m.segments, m.owned)] = segments
            m.owner[segments] = np.repeat(np.arange(len(m.owned)), m.owned)
        given.fill(m.recent[:count], "recent", 0, 1)
        m.synapses[:count] = synapses
        total, filled = int(synapses.sum(dtype=np.int64)), used(m.presynaptic[:count], synapses)
        m.presynaptic[:count][filled] = given.take("presynaptic", np.uint16, (total,), 0, m.active.shape[1] - 1)
        m.permanence[:count][filled] = given.take("permanence", np.uint8, (total,))
        connected = (m.permanence[:count] >= self._rules.connected) & filled
        m.connected[:count] = connected.sum(axis=1)
        given.check(bool(np.all(connected[:, 1:] <= connected[:, :-1])), "permanence", "connected synapses first")
        m.counts["segments"] = count
        m.counts["hand"] = given.count("hand", 0, len(m.owner) - 1)
        return m

    def _restore_context(self, given: Given) -> None:
        m, width = self._state, self._state.active.shape[1]
        given.fill(m.context_sizes, "context_sizes", 0, m.context.shape[1] if self.params.context else 0)
        filled = used(m.context, m.context_sizes)
        indices = given.take("context", np.uint16, (int(m.context_sizes.sum()),), 0, width - 1)
        m.context[filled] = indices
        column = np.repeat(np.arange(self.columns), m.context_sizes)
        m.active[column, indices] = 1
        given.check(int(m.active.sum(dtype=np.int64)) == len(indices), "context", "different indices in a column")
        steps = m.active.reshape(self.columns, -1, self.minicolumns).sum(axis=2, dtype=np.int64)
        given.check(int(steps.max()) <= self.most_active, "context", f"at most {self.most_active} indices of a step")

    def compute(self, active: NDArray[np.uint16], learn: bool = True) -> float:
        """Process one step of a memory of one column; return the mismatch as `run` does.

        Parameters
        ----------
        active : ndarray of uint16, shape (active,)
            Active minicolumns: sorted, unique.
        learn : bool
        """
        size = integers("active", active).size
        return float(self.run(active, np.array([0, size], dtype=np.int64), learn)[0][0])

    def run(
        self, active: NDArray[np.uint16], offsets: NDArray[np.int64], learn: bool = True
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Process many steps of a memory of one column.

        Parameters
        ----------
        active : ndarray of uint16, shape (total,)
            Active minicolumns of all steps, one step after the other, each sorted and unique.
        offsets : ndarray of int64, shape (steps + 1,)
            Those of step i are ``active[offsets[i]:offsets[i + 1]]``.
        learn : bool
            Whether segments grow and change. The context moves on in any case, but not by a step without active
            minicolumns.

        Returns
        -------
        mismatch, unseen : ndarray of float64, shape (steps,)
            1 - the mean prediction of the active minicolumns, and the share of them that own no segment; both in
            [0, 1], and 0 for a step without active minicolumns.
        """
        if self.columns != 1:
            raise ValueError(f"columns: expected a memory of one column, got one of {self.columns}")
        learn = flag("learn", learn)
        active, offsets = records("active", active, offsets, self.minicolumns, _UINT16, self.most_active)
        mismatch, unseen = np.zeros(len(offsets) - 1), np.zeros(len(offsets) - 1)
        done = 0
        while (done := kernel.run_box(self.boxed, active, offsets, done, learn, mismatch, unseen)) < len(mismatch):
            self.grow()
        return mismatch, unseen

    @property
    def last_active(self) -> NDArray[np.uint8]:
        """1 for each minicolumn active in the last step, shape (columns, minicolumns); (0, 0) without a context."""
        return self._state.active[:, : self.minicolumns] if self.params.context else np.empty((0, 0), dtype=np.uint8)

    @property
    def segment_count(self) -> int:
        """Number of segments of all columns."""
        return int(self._state.counts["segments"][0])

    @property
    def synapse_count(self) -> int:
        """Number of synapses of all columns."""
        return int(self._state.synapses[: self.segment_count].sum())

    @property
    def nbytes(self) -> int:
        """Size of all arrays in bytes."""
        return sum(array.nbytes for array in self._state)

    def segments_of(self, minicolumn: int, column: int = 0) -> list[dict[int, float]]:
        """Return a minicolumn's segments, the most recently matched first, as permanences by presynaptic index.

        Index ``lag * minicolumns + m`` is minicolumn m, lag + 1 steps ago.
        """
        found = []
        row = whole("column", column, 0, self.columns - 1) * self.minicolumns
        row += whole("minicolumn", minicolumn, 0, self.minicolumns - 1)
        for at in self._state.segments[row, : self._state.owned[row]].tolist():
            count = int(self._state.synapses[at])
            presynaptic, permanence = self._state.presynaptic[at, :count], self._state.permanence[at, :count]
            found.append(dict(sorted(zip(presynaptic.tolist(), (permanence / UNIT).tolist(), strict=True))))
        return found

    def grow(self) -> None:
        """Double the arrays of segments, up to the limit."""
        capacity = len(self._state.owner)
        # Room for what a step of all columns may add, so that one call is enough.
        size = min(max(2 * capacity, capacity + self.columns * self.most_active), self.params.segments)
        longer: dict[str, Any] = {name: _lengthened(getattr(self._state, name), size) for name in _PER_SEGMENT}
        self._state = self._state._replace(**longer)
        self._drop_box()


def _lengthened(array: NDArray[Scalar], length: int) -> NDArray[Scalar]:
    longer: NDArray[Scalar] = np.zeros((length, *array.shape[1:]), dtype=array.dtype)
    longer[: len(array)] = array
    return longer
