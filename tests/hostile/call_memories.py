"""Calls to spatial poolers, temporal memories and context memories."""

from __future__ import annotations

from typing import Any

import numpy as np
from naive.context_memory import NaiveContextMemory
from naive.spatial_pooler import NaiveSpatialPooler
from naive.temporal_memory import NaiveTemporalMemory

from hostile.call_values import (
    NO_FLAGS,
    NO_GENERATORS,
    NO_NUMBERS,
    NO_PARAMS,
    NO_WHOLE,
    array_of,
    code,
    no_array,
    no_offsets,
    pick,
)
from hostile.calls import Call, Driver
from zhtm_detector.htm.context_memory import ContextMemory
from zhtm_detector.htm.params import ContextMemoryParams, SpatialPoolerParams, TemporalMemoryParams
from zhtm_detector.htm.sdr import SDR
from zhtm_detector.htm.spatial_pooler import SpatialPooler
from zhtm_detector.htm.temporal_memory import TemporalMemory

SIZE = 20  # of columns, of minicolumns
INPUTS = 24
LOOP = 6  # codes that recur, so that there is something to predict


def no_rng(rng: np.random.Generator) -> Any:
    return pick(rng, NO_GENERATORS)


class Codes:
    """A loop of codes with noise."""

    def __init__(self, rng: np.random.Generator, below: int) -> None:
        self._loop, self._at, self._below = [code(rng, below) for _ in range(LOOP)], 0, below

    def next(self, rng: np.random.Generator) -> list[int]:
        self._at = (self._at + 1) % LOOP
        return code(rng, self._below) if rng.random() < 0.2 else self._loop[self._at]

    def many(self, rng: np.random.Generator) -> tuple[list[list[int]], Any, Any]:
        codes = [self.next(rng) for _ in range(rng.integers(0, 5))]
        total = [index for one in codes for index in one]
        return codes, array_of(rng, total), array_of(rng, np.cumsum([0, *map(len, codes)]).tolist())


class CallTemporalMemory:
    def __init__(self, rng: np.random.Generator) -> None:
        activation = int(rng.integers(1, 4))
        self.params = TemporalMemoryParams(
            cells_per_column=int(rng.integers(1, 5)),
            activation_threshold=activation,
            matching_threshold=int(rng.integers(0, activation + 1)),
            initial_permanence=float(pick(rng, [0.24, 0.55])),
            permanence_decrement=float(pick(rng, [0.0, 0.1])),
            predicted_decrement=float(pick(rng, [0.0, 0.05])),
            new_synapses=int(rng.integers(1, 7)),
            synapses_per_segment=int(rng.integers(3, 9)),
            segments_per_cell=int(rng.integers(1, 4)),
            segments=int(pick(rng, [10, 1000])),
        )
        seed = int(rng.integers(1000))
        self.subject = TemporalMemory(SIZE, self.params, np.random.default_rng(seed))
        self.twin = NaiveTemporalMemory(SIZE, self.params, np.random.default_rng(seed))
        self.codes = Codes(rng, SIZE)

    def valid(self, rng: np.random.Generator) -> str:
        memory, twin, learn = self.subject, self.twin, bool(rng.random() < 0.9)
        action = int(rng.integers(8))
        if action == 0:
            memory.reset()
            twin.reset()
        elif action < 3:
            codes, total, offsets = self.codes.many(rng)
            got, want = memory.run(total, offsets, np.bool_(learn)).tolist(), [twin.compute(c, learn) for c in codes]
            if got != want:
                return f"run: {got} for {want}"
        else:
            one = self.codes.next(rng)
            given = SDR.of(one, SIZE) if rng.random() < 0.3 else array_of(rng, one)
            if (got := memory.compute(given, learn)) != (want := twin.compute(one, learn)):
                return f"compute: {got} for {want}"
        names = ("active_cells", "winner_cells", "active_segments", "matching_segments")
        for name in names:
            if getattr(memory, name).tolist() != getattr(twin, name):
                return f"{name}: {getattr(memory, name)} for {getattr(twin, name)}"
        cell = int(rng.integers(SIZE * self.params.cells_per_column))
        own = sorted(number for number, segment in twin.segments.items() if segment.cell == cell)
        if memory.segments_of(np.int64(cell)) != own:
            return f"segments_of({cell})"
        synapses = {number: twin.segments[number].synapses for number in own}
        if {n: memory.synapses_of(n) for n in own} != synapses:
            return f"synapses_of({own})"
        ways = ((memory.synapses_into, twin.synapses_into), (memory.synapses_from, twin.synapses_from))
        different = [of.__name__ for of, twins in ways if [*zip(*of(cell), strict=True)] != twins(cell)]
        return f"{', '.join(different)}: {cell}" if different else ""

    def invalid(self, rng: np.random.Generator) -> Call:
        memory, params, good = self.subject, self.params, np.random.default_rng(1)
        cells = SIZE * params.cells_per_column
        bad, flag, whole = no_array(rng, SIZE), pick(rng, NO_FLAGS), pick(rng, [cells, *NO_WHOLE])
        two = np.array([1, 2], dtype=np.uint32)
        offsets, number = no_offsets(rng, 2), pick(rng, [1.5, -0.1, *NO_NUMBERS])
        unused = pick(rng, [memory.segment_count + len(self.twin.freed), *self.twin.freed, *NO_WHOLE])
        crowd = dict.fromkeys(range(params.synapses_per_segment + 1), 0.5)
        wrong = params.model_copy(
            update={pick(rng, ["cells_per_column", "segments", "initial_permanence"]): pick(rng, NO_PARAMS)}
        )
        calls: list[Call] = [
            (f"compute({bad!r})", lambda: memory.compute(bad)),
            (f"compute(learn={flag!r})", lambda: memory.compute(two, flag)),
            (f"run({bad!r})", lambda: memory.run(bad, np.array([0, np.size(bad)]))),
            (f"run(offsets={offsets!r})", lambda: memory.run(two, offsets)),
            (f"run(learn={flag!r})", lambda: memory.run(two, np.array([0, 2]), flag)),
            (f"segments_of({whole!r})", lambda: memory.segments_of(whole)),
            (f"synapses_into({whole!r})", lambda: memory.synapses_into(whole)),
            (f"synapses_from({whole!r})", lambda: memory.synapses_from(whole)),
            ("compute(SDR)", lambda: memory.compute(SDR.of([1], SIZE + 1))),
            (f"synapses_of({unused!r})", lambda: memory.synapses_of(unused)),
            (f"add_segment({whole!r})", lambda: memory.add_segment(whole, {0: 0.5})),
            (f"add_segment(0, {number!r})", lambda: memory.add_segment(0, {0: number})),
            ("add_segment(0, [])", lambda: memory.add_segment(0, pick(rng, [[], None, crowd, {-1: 0.5}, {1.0: 0.5}]))),
            (f"TemporalMemory({whole!r})", lambda: TemporalMemory(pick(rng, [0, 2**24 + 1, *NO_WHOLE]), params, good)),
            ("TemporalMemory(rng)", lambda: TemporalMemory(4, params, no_rng(rng))),
            (f"TemporalMemory({wrong!r})", lambda: TemporalMemory(4, wrong, good)),
            ("TemporalMemory(params)", lambda: TemporalMemory(4, pick(rng, [None, {}, SpatialPoolerParams()]), good)),
        ]
        return pick(rng, calls)


class CallContextMemory:
    def __init__(self, rng: np.random.Generator) -> None:
        self.params = ContextMemoryParams(
            context=int(pick(rng, [0, 1, 2, 5])),
            new_synapses=int(rng.integers(1, 9)),
            match=float(pick(rng, [0.5, 0.875, 1.0])),
            segments_per_minicolumn=int(rng.integers(1, 6)),
            segments=int(pick(rng, [5, 60, 5000])),
            readout=pick(rng, ["graded", "burst"]),
            permanence_increment=float(pick(rng, [0.0, 0.1])),
            permanence_decrement=float(pick(rng, [0.0, 0.1])),
        )
        seed = int(rng.integers(1000))
        self.subject = ContextMemory(SIZE, self.params, np.random.default_rng(seed), most_active=9)
        self.twin = NaiveContextMemory(SIZE, self.params, np.random.default_rng(seed))
        self.codes = Codes(rng, SIZE)

    def valid(self, rng: np.random.Generator) -> str:
        memory, twin, learn = self.subject, self.twin, bool(rng.random() < 0.9)
        codes, total, offsets = self.codes.many(rng)
        if rng.random() < 0.5:
            codes = [self.codes.next(rng)]
            got = [memory.compute(array_of(rng, codes[0]), learn)]
            want = [twin.step(codes[0], learn)[0]]
        else:
            got = list(zip(*(array.tolist() for array in memory.run(total, offsets, np.bool_(learn))), strict=True))
            want = [twin.step(one, learn) for one in codes]
        if got != want:
            return f"{got} for {want}"
        if self.params.context == 0:
            return ""
        minicolumn = int(rng.integers(SIZE))
        own = [{i: p / 255 for i, p in segment.synapses.items()} for segment in twin.owned.get((0, minicolumn), [])]
        return "" if memory.segments_of(np.int64(minicolumn)) == own else f"segments_of({minicolumn})"

    def invalid(self, rng: np.random.Generator) -> Call:
        memory, params, good = self.subject, self.params, np.random.default_rng(1)
        bad, flag, whole = no_array(rng, SIZE), pick(rng, NO_FLAGS), pick(rng, [SIZE, *NO_WHOLE])
        two, offsets = np.array([1, 2], dtype=np.uint16), no_offsets(rng, 2)
        wrong = params.model_copy(update={pick(rng, ["context", "segments", "match"]): pick(rng, NO_PARAMS)})
        sizes = pick(rng, [(0, 1, 1), (8, 0, 1), (8, 1, 9), (8, 1, 0), (2**17, 1, 1), (8, 2**40, 1), (whole, 1, True)])
        calls: list[Call] = [
            (f"compute({bad!r})", lambda: memory.compute(bad)),
            ("compute(10 active)", lambda: memory.compute(np.arange(10))),
            (f"compute(learn={flag!r})", lambda: memory.compute(two, flag)),
            (f"run({bad!r})", lambda: memory.run(bad, np.array([0, np.size(bad)]))),
            (f"run(offsets={offsets!r})", lambda: memory.run(two, offsets)),
            (f"run(learn={flag!r})", lambda: memory.run(two, np.array([0, 2]), flag)),
            (f"segments_of({whole!r})", lambda: memory.segments_of(whole)),
            (f"segments_of(0, {whole!r})", lambda: memory.segments_of(0, pick(rng, [1, *NO_WHOLE]))),
            (f"ContextMemory({sizes!r})", lambda: ContextMemory(sizes[0], params, good, *sizes[1:])),
            ("ContextMemory(rng)", lambda: ContextMemory(4, params, no_rng(rng))),
            (f"ContextMemory({wrong!r})", lambda: ContextMemory(4, wrong, good)),
        ]
        return pick(rng, calls)


class CallSpatialPooler:
    def __init__(self, rng: np.random.Generator) -> None:
        self.params = SpatialPoolerParams(
            column_dimensions=(SIZE,),
            potential_fraction=float(pick(rng, [0.5, 1.0])),
            global_inhibition=bool(rng.random() < 0.5),
            wrap_around=bool(rng.random() < 0.5),
            active_columns=int(rng.integers(2, 6)),
            stimulus_threshold=int(rng.integers(0, 3)),
            permanence_increment=0.05,
            permanence_decrement=0.02,
            minimum_overlap_duty_cycle=float(pick(rng, [0.001, 0.5])),
            boost_strength=float(pick(rng, [0.0, 5.0])),
            update_period=7,
        )
        seed = int(rng.integers(1000))
        self.subject = SpatialPooler(INPUTS, self.params, np.random.default_rng(seed))
        self.twin = NaiveSpatialPooler(INPUTS, self.params, np.random.default_rng(seed))
        self.codes = Codes(rng, INPUTS)

    def valid(self, rng: np.random.Generator) -> str:
        pooler, twin, learn = self.subject, self.twin, bool(rng.random() < 0.9)
        rows = np.array([self.codes.next(rng)] * int(rng.integers(1, 4)), dtype=np.uint32)
        want = [twin.compute(row, learn).tolist() for row in rows]
        if rng.random() < 0.3 and len(rows) == 1:
            got = [pooler.compute(SDR(rows[0], INPUTS), learn).indices.tolist()]
        elif rng.random() < 0.5 and len(rows) == 1:
            got = [pooler.compute(rows[0], np.bool_(learn)).tolist()]
        else:
            columns, offsets = pooler.run(np.asfortranarray(rows) if rng.random() < 0.5 else rows, learn)
            got = [part.tolist() for part in np.split(columns, offsets[1:-1])]
        if got != want:
            return f"{got} for {want}"
        same = pooler.permanences.tobytes() == twin.permanences.tobytes()
        return (
            "" if same and pooler.boost_factors.tobytes() == twin.boost_factors.tobytes() else "permanences or boosts"
        )

    def invalid(self, rng: np.random.Generator) -> Call:
        pooler, params, good = self.subject, self.params, np.random.default_rng(1)
        bad, flag = no_array(rng, INPUTS), pick(rng, NO_FLAGS)
        rows = pick(rng, [None, [[1, 2]], np.array([1], np.uint32), np.array([[2, 1]], np.uint32), np.array([[1, 2]])])
        size, column = pick(rng, [0, 2**21, *NO_WHOLE]), pick(rng, [SIZE, *NO_WHOLE])
        wrong = params.model_copy(update={pick(rng, ["active_columns", "boost_strength"]): pick(rng, NO_PARAMS)})
        large = SpatialPoolerParams(column_dimensions=(2**20,))
        calls: list[Call] = [
            (f"compute({bad!r})", lambda: pooler.compute(bad)),
            (f"compute(learn={flag!r})", lambda: pooler.compute(np.array([1], np.uint32), flag)),
            (f"run({rows!r})", lambda: pooler.run(rows)),
            (f"run(learn={flag!r})", lambda: pooler.run(np.array([[1]], np.uint32), flag)),
            (f"SpatialPooler({size!r})", lambda: SpatialPooler(size, params, good)),
            (f"synapses_of({column!r})", lambda: pooler.synapses_of(column)),
            (f"columns_of({column!r})", lambda: pooler.columns_of(pick(rng, [INPUTS, *NO_WHOLE]))),
            ("compute(SDR)", lambda: pooler.compute(SDR.of([1], INPUTS + 1))),
            ("SpatialPooler(large)", lambda: SpatialPooler(2**20, large, good)),
            ("SpatialPooler(rng)", lambda: SpatialPooler(4, params, no_rng(rng))),
            (f"SpatialPooler({wrong!r})", lambda: SpatialPooler(4, wrong, good)),
        ]
        return pick(rng, calls)


DRIVERS: list[type[Driver]] = [CallTemporalMemory, CallContextMemory, CallSpatialPooler]
