"""Section `files`: speed of scoring a file in one call, record by record, and through NAB's `handleRecord`."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

from zhtm_detector.bench.clock import cpu_seconds, microseconds, per_second
from zhtm_detector.bench.subject import Subject
from zhtm_detector.bench.timed_stream import TimedStream
from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.detectors.base import PROBATIONARY_PERCENT
from zhtm_detector.detectors.data_file import DataFile
from zhtm_detector.detectors.zhtm import ZhtmDetector
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import ModelParams

_COLUMNS = [
    Column("file", "file"),
    Column("preset", "preset"),
    Column("records", "records"),
    Column("run_records_per_second", "run, records/s", 0),
    Column("run_us", "run, us/record", 1),
    Column("step_records_per_second", "step, records/s", 0),
    Column("handle_over_run_us", "handleRecord over run, us/record", 1),
]


def files_section(subject: Subject) -> DataTable:
    """Time each file with each preset, learning on."""
    rows = [
        _row(subject, data_file, preset, params)
        for data_file in subject.files
        for preset, params in subject.plan.presets.items()
    ]
    return DataTable("Files: CPU time, one core, learning on", _COLUMNS, rows)


def _row(subject: Subject, data_file: DataFile, preset: str, params: ModelParams) -> list[Cell]:
    plan, stream = subject.plan, TimedStream.of(data_file)
    records = stream.records()

    def timed(build: Callable[[], Any], work: Callable[[Any], object]) -> float:
        built = build()
        return cpu_seconds(lambda: work(built))

    def model() -> HTMModel:
        return stream.model(params, plan.seed)

    def step_all(model: HTMModel) -> None:
        for timestamp, value in records:
            model.step(timestamp, value)

    def detector() -> ZhtmDetector:
        detector = ZhtmDetector(data_file, PROBATIONARY_PERCENT, params, plan.seed)
        detector.initialize()
        return detector

    def handle_all(detector: ZhtmDetector) -> None:
        # NAB's runner also builds one dict per record.
        for timestamp, value in records:
            detector.handleRecord({"timestamp": timestamp, "value": value})

    # The three alternate and are compared within a turn: a machine's speed drifts by more than the difference.
    turns = [
        (timed(model, stream.run), timed(model, step_all), timed(detector, handle_all)) for _ in range(plan.repeat)
    ]
    run, step, _ = (median(times) for times in zip(*turns, strict=True))
    over = median(handle - run for run, _, handle in turns)
    count = len(stream)
    return [
        stream.name,
        preset,
        count,
        per_second(count, run),
        microseconds(run, count),
        per_second(count, step),
        microseconds(over, count),
    ]
