"""Section `memory`: how large one model is, and how long it takes to build."""

from __future__ import annotations

import gc
from collections.abc import Sequence

from zhtm_detector.bench.clock import cpu_seconds, median_of
from zhtm_detector.bench.fresh_process import compile_model, in_fresh_process
from zhtm_detector.bench.machine import growth_mib, pickled_mib, resident_mib
from zhtm_detector.bench.subject import Subject
from zhtm_detector.bench.timed_stream import TimedStream
from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.htm.params import ModelParams

_COLUMNS = [
    Column("file", "file"),
    Column("preset", "preset"),
    Column("construction_ms", "construction, ms", 1),
    Column("new_pickled_mib", "MiB, new: pickled", 1),
    Column("new_resident_mib", "new: resident", 1),
    Column("pickled_mib", "after the file: pickled", 1),
    Column("resident_mib", "after: resident", 1),
]


def memory_section(subject: Subject) -> DataTable:
    """Measure one model of each preset, new and after the first file."""
    plan, stream = subject.plan, TimedStream.of(subject.files[0])
    rows: list[list[Cell]] = []
    for preset, params in plan.presets.items():

        def build(params: ModelParams = params) -> float:
            return cpu_seconds(lambda: stream.model(params, plan.seed))

        milliseconds = 1e3 * median_of(plan.repeat, build)
        rows.append([stream.name, preset, milliseconds, *in_fresh_process(_sizes, stream, params, plan.seed)])
    return DataTable("Memory of one model", _COLUMNS, rows)


def _sizes(stream: TimedStream, params: ModelParams, seed: int) -> Sequence[float | None]:
    compile_model(params)
    gc.collect()
    before = resident_mib()
    model = stream.model(params, seed)
    new = resident_mib()
    stream.run(model)
    gc.collect()
    after = resident_mib()
    unused = stream.model(params, seed)
    return pickled_mib(unused), growth_mib(before, new), pickled_mib(model), growth_mib(before, after)
