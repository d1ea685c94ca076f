"""Section `stream`: speed of `zhtm stream` over a file, beside that of the model alone."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from zhtm_detector.bench.clock import cpu_seconds, per_second
from zhtm_detector.bench.fresh_process import in_fresh_process
from zhtm_detector.bench.stream_command import CAUSAL, GIVEN, StreamCommand, run_here
from zhtm_detector.bench.subject import Subject
from zhtm_detector.bench.timed_stream import TimedStream
from zhtm_detector.common.tables import Cell, Column, DataTable

_COLUMNS = [
    Column("file", "file"),
    Column("preset", "preset"),
    Column("range", "range"),
    Column("records", "records"),
    Column("run_records_per_second", "run, records/s", 0),
    Column("csv_records_per_second", "CSV, records/s", 0),
    Column("csv_share", "% of run", 0),
    Column("jsonl_records_per_second", "JSON lines, records/s", 0),
    Column("jsonl_share", "% of run", 0),
]


def stream_section(subject: Subject) -> DataTable:
    """Time the command over the first file as CSV and as JSON lines, to results in the same format."""
    plan, stream = subject.plan, TimedStream.of(subject.files[0])
    rows: list[list[Cell]] = []
    for preset, params in plan.presets.items():
        for expected in (GIVEN, CAUSAL):
            with TemporaryDirectory() as folder:
                command = StreamCommand(stream, params, plan.seed, expected, Path(folder))
                turns = in_fresh_process(_turns, command, plan.repeat)
            # Compared within a turn: a machine's speed drifts by more than the difference.
            run, csv, lines = (median(times) for times in zip(*turns, strict=True))
            csv_share, lines_share = (
                median(100 * turn[0] / turn[number] if turn[number] > 0 else 0.0 for turn in turns) for number in (1, 2)
            )
            rates = [per_second(len(stream), seconds) for seconds in (run, csv, lines)]
            rows.append(
                [stream.name, preset, expected, len(stream), rates[0], rates[1], csv_share, rates[2], lines_share]
            )
    return DataTable("zhtm stream over a file, beside HTMModel.run: CPU time, modules loaded before", _COLUMNS, rows)


def _turns(command: StreamCommand, repeat: int) -> list[tuple[float, float, float]]:
    csv, lines = command.write()
    to_csv = command.arguments(str(csv), f"--output={csv.with_name('out.csv')}")
    to_lines = command.arguments(str(lines), f"--output={lines.with_name('out.jsonl')}", "--output-format=jsonl")

    def turn() -> tuple[float, float, float]:
        model = command.model()
        return (
            cpu_seconds(lambda: command.stream.run(model)),
            cpu_seconds(lambda: run_here(to_csv)),
            cpu_seconds(lambda: run_here(to_lines)),
        )

    return [turn() for _ in range(repeat + 1)][1:]  # the first loads the compiled code
