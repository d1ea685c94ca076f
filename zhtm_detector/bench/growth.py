"""Section `growth`: what a record costs as the model, or the stream, grows."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from zhtm_detector.bench.bench_table import BenchTable
from zhtm_detector.bench.clock import cpu_seconds, per_second
from zhtm_detector.bench.machine import pickled_mib
from zhtm_detector.bench.subject import Subject
from zhtm_detector.bench.synthetic import SeasonalStream, Stream
from zhtm_detector.common.tables import Cell, Column
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import ModelParams

COLUMNS = (1024, 2048, 4096, 8192, 16384)
CELLS = (8, 16, 32, 64)
FIRST_RECORDS = 10_000
CHUNK = 10_000
_MODEL_RECORDS = 5_000  # of the stream that models of many sizes see
_MEASURES = [Column("records_per_second", "records/s", 0), Column("mib", "model, pickled, MiB", 1)]


def growth_section(subject: Subject) -> list[BenchTable]:
    """Vary the columns, the cells of a column, and the length of the stream; all else stays the preset's."""
    return [_columns(subject), _cells(subject), _records(subject)]


def _columns(subject: Subject) -> BenchTable:
    rows: list[list[Cell]] = []
    for preset, params in subject.plan.presets.items():
        pooler = params.spatial_pooler
        for columns in COLUMNS:
            active = max(1, round(columns * pooler.active_columns / pooler.columns))  # the preset's density
            changed = _changed(
                params, "spatial_pooler", column_dimensions=(columns,), input_dimensions=None, active_columns=active
            )
            rows.append([preset, columns, active, *_cost(subject, changed)])
    keys = [Column("preset", "preset"), Column("columns", "columns"), Column("active", "active")]
    return BenchTable("growth-columns", f"Growth: columns ({_length(subject)})", keys, _MEASURES, rows)


def _cells(subject: Subject) -> BenchTable:
    rows: list[list[Cell]] = []
    for preset, params in subject.plan.presets.items():
        for cells in CELLS:
            changed = _changed(params, "temporal_memory", cells_per_column=cells)
            rows.append([preset, cells, *_cost(subject, changed)])
    keys = [Column("preset", "preset"), Column("cells", "cells a column")]
    return BenchTable("growth-cells", f"Growth: cells ({_length(subject)})", keys, _MEASURES, rows)


def _records(subject: Subject) -> BenchTable:
    plan = subject.plan
    rows: list[list[Cell]] = []
    for preset, params in plan.presets.items():
        stream, model, done, seconds = SeasonalStream(plan.seed), None, 0, 0.0
        for mark in record_marks(plan.growth_records):
            at_last_mark, seconds_at_last_mark = done, seconds
            while done < mark:
                chunk = stream.take(min(CHUNK, mark - done))
                model = model or chunk.model(params, plan.seed)
                seconds += run_seconds(model, chunk)
                done += len(chunk)
            stretch = per_second(done - at_last_mark, seconds - seconds_at_last_mark)
            rows.append([preset, done, per_second(done, seconds), pickled_mib(model), stretch])
    keys = [Column("preset", "preset"), Column("records", "records")]
    measures = [*_MEASURES, Column("stretch_records_per_second", "records/s since the row before", 0)]
    return BenchTable("growth-records", "Growth: records of one stream", keys, measures, rows)


def record_marks(records: int) -> list[int]:
    """Lengths to look at: ten times as many each, and the last.

    Examples
    --------
    >>> record_marks(3_000_000), record_marks(500)
    ([10000, 100000, 1000000, 3000000], [500])
    """
    marks = []
    mark = FIRST_RECORDS
    while mark < records:
        marks.append(mark)
        mark *= 10
    return [*marks, records]


def run_seconds(model: HTMModel, stream: Stream) -> float:
    """CPU time of a model over the next records."""
    return cpu_seconds(lambda: model.run(stream.timestamps, stream.values))


def _length(subject: Subject) -> str:
    return f"{_model_records(subject)} records"


def _model_records(subject: Subject) -> int:
    return min(_MODEL_RECORDS, subject.plan.growth_records)


def _cost(subject: Subject, params: ModelParams) -> Sequence[Cell]:
    stream = SeasonalStream(subject.plan.seed).take(_model_records(subject))
    run_seconds(stream.model(params, subject.plan.seed), stream.head(2))  # other sizes may be compiled anew
    seconds = []
    for _ in range(subject.plan.repeat):
        model = stream.model(params, subject.plan.seed)
        seconds.append(run_seconds(model, stream))
    return per_second(len(stream), median(seconds)), pickled_mib(model)


def _changed(params: ModelParams, room: str, **changes: Any) -> ModelParams:
    content = params.model_dump()
    content[room] |= changes
    return ModelParams.model_validate(content)
