"""Section `keys`: many series in one `zhtm stream`, a model each."""

from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from zhtm_detector.bench.clock import cpu_seconds, per_second
from zhtm_detector.bench.fresh_process import in_fresh_process
from zhtm_detector.bench.machine import growth_mib
from zhtm_detector.bench.stream_command import CAUSAL, StreamCommand, run_here
from zhtm_detector.bench.subject import Subject
from zhtm_detector.bench.synthetic import SeasonalStream
from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.common.workers import own_peak_mib

_PROBATION, _RECORDS = 60, 90  # of each series
_NOTE = (
    "New models are the slowest, because they learn again when the range of their values grows, and the smallest: "
    "section `saved` has them after a whole file."
)
_COLUMNS = [
    Column("preset", "preset"),
    Column("keys", "keys"),
    Column("records", "records of each"),
    Column("seconds", "CPU seconds", 1),
    Column("records_per_second", "records/s", 0),
    Column("mib_per_key", "resident, MiB per key", 2),
]


def keys_section(subject: Subject) -> DataTable:
    """Measure the command over synthetic series whose records take turns; only once because it takes long."""
    plan = subject.plan
    stream = replace(SeasonalStream(plan.seed).take(_RECORDS), probation=_PROBATION)
    rows: list[list[Cell]] = []
    for preset, params in plan.presets.items():
        with TemporaryDirectory() as folder:
            command = StreamCommand(stream, params, plan.seed, CAUSAL, Path(folder))
            seconds, mib = in_fresh_process(_run, command, plan.keys)
        rows.append([preset, plan.keys, _RECORDS, seconds, per_second(_RECORDS * plan.keys, seconds), mib])
    title = f"zhtm stream --key over new series, without a range, {_PROBATION} records of probation"
    return DataTable(title, _COLUMNS, rows, [_NOTE])


def _run(command: StreamCommand, keys: int) -> tuple[float, float | None]:
    """Return the CPU time of the command, and the growth of this process per key."""

    def run(count: int) -> float:
        path = command.folder / f"{count}.csv"
        values = np.stack([SeasonalStream(command.seed + key).take(_RECORDS).values for key in range(count)], axis=1)
        frame = pd.DataFrame(
            {
                "timestamp": np.repeat(np.asarray(command.stream.timestamps), count),
                "key": np.tile(np.arange(count), _RECORDS),
                "value": values.ravel(),
            }
        )
        frame.to_csv(path, index=False)
        del values, frame
        gc.collect()
        output = command.folder / "out.csv"
        arguments = command.arguments(str(path), f"--output={output}", "--key=key", f"--max-keys={count}")
        return cpu_seconds(lambda: run_here(arguments))

    run(1)  # loads the compiled code
    before = own_peak_mib()
    seconds = run(keys)
    growth = growth_mib(before, own_peak_mib())
    return seconds, None if growth is None else growth / keys
