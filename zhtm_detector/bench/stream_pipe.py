"""Section `pipe`: how long a line waits for its result in pipes to and from `zhtm stream`, from the start on."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from zhtm_detector.bench.clock import percentiles_us
from zhtm_detector.bench.stream_command import CAUSAL, GIVEN, StreamCommand, started
from zhtm_detector.bench.subject import Subject
from zhtm_detector.bench.timed_stream import TimedStream
from zhtm_detector.common.tables import Cell, Column, DataTable

_TIMED = 3000  # records after the probation, at most
_COLUMNS = [
    Column("file", "file"),
    Column("preset", "preset"),
    Column("range", "range"),
    Column("records", "records"),
    Column("p50_us", "p50, us", 0),
    Column("p99_us", "p99, us", 0),
    Column("max_us", "max, us", 0),
    Column("start_seconds", "start to first result, s", 2),
]


def pipe_section(subject: Subject) -> DataTable:
    """Time each line of the first file's beginning, after the probation, and the start of the process to its first."""
    plan, stream = subject.plan, TimedStream.of(subject.files[0])
    rows: list[list[Cell]] = []
    for preset, params in plan.presets.items():
        for expected in (GIVEN, CAUSAL):
            with TemporaryDirectory() as folder:
                command = StreamCommand(stream, params, plan.seed, expected, Path(folder))
                waits = [waits_of(command) for _ in range(plan.repeat + 1)][1:]  # the first loads files from disk
            timed = [each[stream.probation :] or each[-1:] for each in waits]
            figures = [[*percentiles_us(after), each[0]] for after, each in zip(timed, waits, strict=True)]
            rows.append([stream.name, preset, expected, len(timed[0]), *np.median(figures, axis=0).tolist()])
    return DataTable("zhtm stream between pipes: wall time from a line to its result, after probation", _COLUMNS, rows)


def waits_of(command: StreamCommand) -> list[float]:
    """Return the seconds from each line to its result; those of the first begin with the process.

    Raises
    ------
    RuntimeError
        With what the command says if it ends before.
    """
    csv, _ = command.write(command.stream.probation + _TIMED)
    header, *lines = csv.read_bytes().splitlines(keepends=True)
    words = command.arguments()
    messages = command.folder / "messages"
    start = perf_counter()
    with messages.open("wb") as errors, started(words, errors) as process:
        assert process.stdin is not None and process.stdout is not None
        waits: list[float] = []
        for line in [header + lines[0], *lines[1:]]:
            process.stdin.write(line)
            process.stdin.flush()
            result = [process.stdout.readline() for _ in range(1 if waits else 2)]  # with a header too
            if not all(result):
                raise RuntimeError(messages.read_text(encoding="utf-8").strip())
            end = perf_counter()
            waits.append(end - start)
            start = perf_counter()
    return waits
