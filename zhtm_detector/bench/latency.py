"""Section `latency`: how long one record takes, as a live stream feels it."""

from __future__ import annotations

from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.bench.bench_table import BenchTable
from zhtm_detector.bench.subject import Subject
from zhtm_detector.bench.synthetic import Stream
from zhtm_detector.common.tables import Cell, Column
from zhtm_detector.htm.params import ModelParams

_WARM_UP = 200  # records
_KEYS = [Column("file", "file"), Column("preset", "preset"), Column("records", "records")]
_MEASURES = [Column("p50_us", "p50, us", 0), Column("p99_us", "p99, us", 0), Column("max_us", "max, us", 0)]


def latency_section(subject: Subject) -> list[BenchTable]:
    """Time each `HTMModel.step` over the first file; figures are medians over the repeats."""
    plan, stream = subject.plan, Stream.of(subject.files[0])
    rows: list[list[Cell]] = []
    for preset, params in plan.presets.items():
        figures = [_percentiles(_step_seconds(stream, params, plan.seed)) for _ in range(plan.repeat)]
        medians = np.median(figures, axis=0).tolist()
        rows.append([stream.name, preset, max(1, len(stream) - _WARM_UP), *medians])
    title = f"Latency: wall time of HTMModel.step, after {_WARM_UP} records"
    return [BenchTable("latency", title, _KEYS, _MEASURES, rows)]


def _step_seconds(stream: Stream, params: ModelParams, seed: int) -> list[float]:
    # Garbage collection stays as the user has it: its pauses are part of a record's latency.
    model = stream.model(params, seed)
    seconds = []
    for timestamp, value in stream.records():
        start = perf_counter()
        model.step(timestamp, value)
        seconds.append(perf_counter() - start)
    return seconds[_WARM_UP:] or seconds[-1:]


def _percentiles(seconds: list[float]) -> NDArray[np.float64]:
    percentiles: NDArray[np.float64] = 1e6 * np.percentile(seconds, [50, 99, 100])
    return percentiles
