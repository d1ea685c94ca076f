"""Section `latency`: how long a live stream waits for the score of one record."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from zhtm_detector.bench.clock import percentiles_us
from zhtm_detector.bench.subject import Subject
from zhtm_detector.bench.timed_stream import TimedStream
from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.htm.params import ModelParams

_SKIPPED = 200  # records at the start
_COLUMNS = [
    Column("file", "file"),
    Column("preset", "preset"),
    Column("records", "records"),
    Column("p50_us", "p50, us", 0),
    Column("p99_us", "p99, us", 0),
    Column("max_us", "max, us", 0),
]


def latency_section(subject: Subject) -> DataTable:
    """Time each `HTMModel.step` over the first file; the figures are medians over the repeats."""
    plan, stream = subject.plan, TimedStream.of(subject.files[0])
    rows: list[list[Cell]] = []
    for preset, params in plan.presets.items():
        figures = [percentiles_us(_step_seconds(stream, params, plan.seed)) for _ in range(plan.repeat)]
        medians = np.median(figures, axis=0).tolist()
        rows.append([stream.name, preset, max(1, len(stream) - _SKIPPED), *medians])
    return DataTable(f"Latency: wall time of HTMModel.step, after {_SKIPPED} records", _COLUMNS, rows)


def _step_seconds(stream: TimedStream, params: ModelParams, seed: int) -> list[float]:
    # Garbage collection stays on: its pauses are part of a record's latency.
    model = stream.model(params, seed)
    seconds = []
    for timestamp, value in stream.records():
        start = perf_counter()
        model.step(timestamp, value)
        seconds.append(perf_counter() - start)
    return seconds[_SKIPPED:] or seconds[-1:]
