"""Section `trace`: how large a recorded run is, how much longer it takes, and how fast a record of it is read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from zhtm_detector.bench.clock import cpu_seconds, median_of, microseconds
from zhtm_detector.bench.fresh_process import in_fresh_process
from zhtm_detector.bench.stream_command import GIVEN, StreamCommand
from zhtm_detector.bench.subject import Subject
from zhtm_detector.bench.timed_stream import TimedStream
from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.htm.recording import Recorder, Trace

_READS = 50

_COLUMNS = [
    Column("file", "file"),
    Column("preset", "preset"),
    Column("record_bytes", "bytes a record", 1),
    Column("keyframe_bytes", "key frames, bytes a record", 1),
    Column("run_us", "run, µs a record", 1),
    Column("recorded_us", "recorded, µs a record", 1),
    Column("ratio", "times as long", 2),
    Column("frame_ms", "a record, cold, ms", 2),
    Column("slowest_ms", "the slowest, ms", 2),
]


def trace_section(subject: Subject) -> DataTable:
    """Record the first file with each preset."""
    plan, stream = subject.plan, TimedStream.of(subject.files[0])
    rows: list[list[Cell]] = []
    for preset, params in plan.presets.items():
        with TemporaryDirectory() as folder:
            command = StreamCommand(stream, params, plan.seed, GIVEN, Path(folder))
            rows.append([stream.name, preset, *in_fresh_process(_figures, command, plan.repeat)])
    return DataTable("Recorded: the whole file, CPU time", _COLUMNS, rows)


def _figures(command: StreamCommand, repeat: int) -> tuple[float | None, ...]:
    stream, path = command.stream, command.folder / "trace.npz"

    def record() -> None:
        with Recorder(command.model(), path) as recorder:
            recorder.run(stream.timestamps, stream.values)

    command.stream.run(command.model())  # compiles
    record()
    alone = median_of(repeat, lambda: cpu_seconds(lambda: stream.run(command.model())))
    recorded = median_of(repeat, lambda: cpu_seconds(record))
    with Trace.open(path) as trace:
        sizes = trace.sizes()
    keyframes = sizes.get("memory", 0) + sizes.get("pooler", 0)
    reads = [cpu_seconds(partial(_read, trace, i)) for trace, i in _cold(path, len(stream))]
    return (
        (path.stat().st_size - keyframes) / len(stream),
        keyframes / len(stream),
        microseconds(alone, len(stream)),
        microseconds(recorded, len(stream)),
        recorded / alone,
        1e3 * float(np.median(reads)),
        1e3 * max(reads),
    )


def _cold(path: Path, records: int) -> Iterator[tuple[Trace, int]]:
    for i in np.linspace(0, records - 1, _READS).astype(int).tolist():
        with Trace.open(path) as trace:  # has read nothing yet
            yield trace, i


def _read(trace: Trace, i: int) -> None:
    trace[i]
