"""Section `corpus`: the detection step over all files, in one process."""

from __future__ import annotations

from zhtm_detector.bench.clock import cpu_seconds, median_of, per_second
from zhtm_detector.bench.subject import Subject
from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.detectors.base import PROBATIONARY_PERCENT
from zhtm_detector.detectors.zhtm import ZhtmDetector
from zhtm_detector.htm.params import ModelParams

_COLUMNS = [
    Column("preset", "preset"),
    Column("files", "files"),
    Column("records", "records"),
    Column("seconds", "CPU seconds", 2),
    Column("records_per_second", "records/s", 0),
]


def corpus_section(subject: Subject) -> DataTable:
    """Time building and running the detector on every file, without reading and writing files."""
    files, plan = subject.corpus, subject.plan
    records = sum(file.length for file in files)

    def detect_all(params: ModelParams) -> None:
        for file in files:
            detector = ZhtmDetector(file, PROBATIONARY_PERCENT, params, plan.seed)
            detector.initialize()
            detector.run()

    rows: list[list[Cell]] = []
    for preset, params in plan.presets.items():

        def sample(params: ModelParams = params) -> float:
            return cpu_seconds(lambda: detect_all(params))

        seconds = median_of(plan.repeat, sample)
        rows.append([preset, len(files), records, seconds, per_second(records, seconds)])
    return DataTable("Corpus: detection in one process", _COLUMNS, rows)
