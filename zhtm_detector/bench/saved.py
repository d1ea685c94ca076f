"""Section `saved`: how large a saved model is, and how long it takes to save and to load it."""

from __future__ import annotations

import gc
from pathlib import Path
from tempfile import TemporaryDirectory

from zhtm_detector.bench.clock import cpu_seconds, median_of
from zhtm_detector.bench.fresh_process import in_fresh_process
from zhtm_detector.bench.machine import MIB, growth_mib, resident_mib
from zhtm_detector.bench.stream_command import CAUSAL, GIVEN, StreamCommand
from zhtm_detector.bench.subject import Subject
from zhtm_detector.bench.timed_stream import TimedStream
from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.htm.model import HTMModel

_COLUMNS = [
    Column("file", "file"),
    Column("preset", "preset"),
    Column("range", "range"),
    Column("saved_mib", "saved, MiB", 2),
    Column("save_ms", "save, ms", 0),
    Column("load_ms", "load, ms", 0),
    Column("resident_mib", "resident, MiB", 1),
]


def saved_section(subject: Subject) -> DataTable:
    """Measure a model of each preset after the first file."""
    plan, stream = subject.plan, TimedStream.of(subject.files[0])
    rows: list[list[Cell]] = []
    for preset, params in plan.presets.items():
        for expected in (GIVEN, CAUSAL):
            with TemporaryDirectory() as folder:
                command = StreamCommand(stream, params, plan.seed, expected, Path(folder))
                rows.append([stream.name, preset, expected, *in_fresh_process(_figures, command, plan.repeat)])
    return DataTable("Saved: one model after the file, CPU time of HTMModel.save and load", _COLUMNS, rows)


def _figures(command: StreamCommand, repeat: int) -> tuple[float | None, ...]:
    def after_file() -> HTMModel:
        model = command.model()
        command.stream.run(model)
        gc.collect()
        return model

    first = after_file()  # stays, so that the second takes all its memory from the system, but compiles nothing
    before = resident_mib()
    model = after_file()
    resident = growth_mib(before, resident_mib())
    path = command.folder / "model.npz"
    first.save(path)
    save = median_of(repeat, lambda: cpu_seconds(lambda: model.save(path)))
    load = median_of(repeat, lambda: cpu_seconds(lambda: HTMModel.load(path)))
    return path.stat().st_size / MIB, 1e3 * save, 1e3 * load, resident
