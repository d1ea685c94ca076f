"""Sections `startup` and `startup-cold`: how long a user waits for the first score, in new processes."""

from __future__ import annotations

import subprocess
import sys
from tempfile import TemporaryDirectory
from time import perf_counter

from zhtm_detector.bench.clock import median_of
from zhtm_detector.bench.fresh_process import package_environment
from zhtm_detector.bench.subject import Subject
from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.htm.params import ModelParams

_FIRST_RECORD = """
import sys
from zhtm_detector import HTMModel, ModelParams
model = HTMModel(ModelParams.model_validate_json(sys.argv[1]), minimum=0.0, maximum=100.0, probation=1)
model.step("2026-01-01 00:00:00", 50.0)
"""
_COLUMNS = [Column("what", "a new process"), Column("preset", "preset"), Column("seconds", "seconds", 2)]


def startup_section(subject: Subject) -> DataTable:
    """Time Python alone, the command's help, the import, and the first record with compiled code on disk."""
    repeat = subject.plan.repeat
    rows: list[list[Cell]] = []
    for what, arguments in (
        ("python -c pass", ["-c", "pass"]),
        ("python -m zhtm_detector --help", ["-m", "zhtm_detector", "--help"]),
        ("import zhtm_detector", ["-c", "import zhtm_detector"]),
    ):
        rows.append([what, None, _median_seconds(repeat, arguments)])
    for preset, params in subject.plan.presets.items():
        rows.append(["first record, compiled code on disk", preset, _median_seconds(repeat, _first_record(params))])
    return DataTable("Start: wall time", _COLUMNS, rows)


def startup_cold_section(subject: Subject) -> DataTable:
    """Time the first record before anything is compiled; only once because it takes long and varies little."""
    rows: list[list[Cell]] = []
    for preset, params in subject.plan.presets.items():
        with TemporaryDirectory() as folder:
            seconds = _wall_seconds(_first_record(params), {"NUMBA_CACHE_DIR": folder})
        rows.append(["first record, nothing compiled", preset, seconds])
    return DataTable("Cold start: wall time of one run", _COLUMNS, rows)


def _first_record(params: ModelParams) -> list[str]:
    return ["-c", _FIRST_RECORD, params.model_dump_json()]


def _median_seconds(repeat: int, arguments: list[str]) -> float:
    _wall_seconds(arguments, {})  # reads the files from disk, and compiles what is not compiled yet
    return median_of(repeat, lambda: _wall_seconds(arguments, {}))


def _wall_seconds(arguments: list[str], environment: dict[str, str]) -> float:
    start = perf_counter()
    subprocess.run(
        [sys.executable, *arguments], env=package_environment() | environment, capture_output=True, check=True
    )
    return perf_counter() - start
