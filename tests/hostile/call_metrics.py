"""Calls to metrics, and to the views of cells and pools that they are computed from."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from hostile.call_memories import INPUTS, SIZE, Codes
from hostile.call_values import NO_NUMBERS, NO_WHOLE, code, pick
from hostile.calls import Call, Driver
from zhtm_detector.htm.metrics import SpatialPoolerMetrics, Summary, TemporalMemoryMetrics
from zhtm_detector.htm.params import SpatialPoolerParams, TemporalMemoryParams
from zhtm_detector.htm.sdr import SDR
from zhtm_detector.htm.spatial_pooler import SpatialPooler
from zhtm_detector.htm.temporal_memory import TemporalMemory

NO_SDRS: list[Any] = [None, [1], {1}, "1", 5, np.array([1], dtype=np.uint32), SDR.of([1], 2**20), SDR]


def far(summary: Summary, numbers: list[float]) -> bool:
    """Whether a summary is not that of these numbers."""
    if not numbers:
        return not np.isnan(summary).all()
    return not np.allclose(summary, (min(numbers), np.mean(numbers), np.std(numbers), max(numbers)), atol=1e-9)


class CallPoolMetrics:
    """Metrics of the codes of a spatial pooler, beside all that it has said."""

    def __init__(self, rng: np.random.Generator) -> None:
        params = SpatialPoolerParams(
            column_dimensions=(SIZE,), active_columns=int(rng.integers(1, 9)), potential_fraction=0.5
        )
        self.pooler = SpatialPooler(INPUTS, params, np.random.default_rng(3))
        self.subject, self.said = SpatialPoolerMetrics(SIZE), list[SDR]()

    def valid(self, rng: np.random.Generator) -> str:
        inputs = SDR.of(code(rng, INPUTS), INPUTS)
        columns = self.pooler.compute(inputs)
        self.said.append(columns if rng.random() < 0.8 else SDR.of(code(rng, SIZE), SIZE))
        metrics, said = self.subject, self.said
        metrics.add(said[-1])
        shares = [
            one.overlap(other) / max(len(one), len(other)) for one, other in pairwise(said) if len(one) or len(other)
        ]
        frequencies = np.mean([one.dense for one in said], axis=0)
        if far(metrics.sparsity, [one.sparsity for one in said]) or far(metrics.overlap, shares):
            return repr(metrics)
        if not np.allclose(metrics.frequencies, frequencies) or not -1e-9 <= metrics.entropy <= 1.0 + 1e-9:
            return repr(metrics)
        bit, column = int(rng.integers(INPUTS)), int(rng.integers(SIZE))
        synapses, reached = self.pooler.synapses_of(np.int8(column)), self.pooler.columns_of(bit)
        connected = [other for other in range(SIZE) if self._connected(other, bit)]
        same = synapses.permanence.tolist() == self.pooler.permanences[column][synapses.input].tolist()
        same = same and reached.indices.tolist() == connected and bool((synapses.permanence >= 0.0).all())
        return "" if same and metrics.records == len(said) else f"pool of {column}, columns of {bit}"

    def _connected(self, column: int, bit: int) -> bool:
        synapses = self.pooler.synapses_of(column)
        return bool((synapses.input[synapses.connected] == bit).any())

    def invalid(self, rng: np.random.Generator) -> Call:
        sdr, columns = pick(rng, NO_SDRS), pick(rng, [0, 2**32 + 1, *NO_WHOLE])
        calls: list[Call] = [
            (f"add({sdr!r})", lambda: self.subject.add(sdr)),
            (f"SpatialPoolerMetrics({columns!r})", lambda: SpatialPoolerMetrics(columns)),
        ]
        return pick(rng, calls)


class CallMemoryMetrics:
    """Metrics of a temporal memory, and what it shows of its cells."""

    def __init__(self, rng: np.random.Generator) -> None:
        params = TemporalMemoryParams(
            cells_per_column=int(rng.integers(1, 4)),
            activation_threshold=1,
            matching_threshold=1,
            initial_permanence=0.6,
            new_synapses=3,
            synapses_per_segment=4,
        )
        self.memory = TemporalMemory(SIZE, params, np.random.default_rng(3))
        self.subject, self.codes = TemporalMemoryMetrics(self.memory), Codes(rng, SIZE)
        self.raw, self.predicted = list[float](), list[float]()

    def valid(self, rng: np.random.Generator) -> str:
        memory, metrics = self.memory, self.subject
        self.raw.append(memory.compute(SDR.of(self.codes.next(rng), SIZE)))
        metrics.add(pick(rng, [float, np.float64])(self.raw[-1]))
        cells = memory.params.cells_per_column
        columns = sorted({cell // cells for cell in memory.predictive_cells.tolist()})
        self.predicted.append(len(columns) / SIZE)
        if (
            far(metrics.bursting, self.raw)
            or far(metrics.predicted, self.predicted)
            or metrics.records != len(self.raw)
        ):
            return repr(metrics)
        into = [memory.synapses_into(cell) for cell in range(SIZE * cells)]
        of = [memory.synapses_from(cell) for cell in range(SIZE * cells)]
        for synapses in (into, of):
            counts = sum(len(one.segment) for one in synapses), sum(int(one.connected.sum()) for one in synapses)
            if counts != (metrics.synapses, metrics.connected_synapses):
                return f"{counts} synapses for {metrics!r}"
        views = {"active": memory.active_cells, "winners": memory.winner_cells, "predictive": memory.predictive_cells}
        for name, wanted in views.items():
            sdr = getattr(memory, name)
            if sdr.indices.tolist() != wanted.tolist() or sdr.shape != (SIZE, cells):
                return f"{name}: {sdr!r} for {wanted.tolist()}"
        return "" if memory.predicted_columns.indices.tolist() == columns else f"predicted columns {columns}"

    def invalid(self, rng: np.random.Generator) -> Call:
        raw, memory = pick(rng, [-0.1, 1.1, *NO_NUMBERS]), pick(rng, [None, 1, "x", {}, TemporalMemory, self.subject])
        calls: list[Call] = [
            (f"add({raw!r})", lambda: self.subject.add(raw)),
            (f"TemporalMemoryMetrics({memory!r})", lambda: TemporalMemoryMetrics(memory)),
        ]
        return pick(rng, calls)


DRIVERS: list[type[Driver]] = [CallPoolMetrics, CallMemoryMetrics]
