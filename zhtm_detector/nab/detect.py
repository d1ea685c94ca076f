"""NAB's first step: one detector over one data file, to one results file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import frame_text, write_text
from zhtm_detector.common.workers import report_progress
from zhtm_detector.detectors.base import PROBATIONARY_PERCENT
from zhtm_detector.detectors.data_file import DataFile, read_bytes, read_data_file
from zhtm_detector.detectors.names import DetectorChoice
from zhtm_detector.nab.labels import Window, check_windows, label_column
from zhtm_detector.nab.result_files import results_path, write_results


@dataclass(frozen=True)
class DetectionTask:
    """All that a worker needs for one detector on one file."""

    choice: DetectorChoice
    label: str  # the detector's name in the results
    seed: int
    root: Path
    label_path: Path
    relative_path: str
    windows: list[Window]
    results: Path
    content: bytes | None = None  # the data file's, for a worker that neither reads nor writes files of ours


@dataclass(frozen=True)
class DetectionRow:
    """What became of a task; `error` is empty when its results file is written, or in `text` to be written."""

    detector: str
    relative_path: str
    records: int = 0
    seconds: float = 0.0
    error: str = ""
    warnings: list[str] = field(default_factory=list)
    text: str | None = None


def detect_file(task: DetectionTask) -> DetectionRow:
    """Run a detector over a file and write its results; bad input becomes the row's error.

    A packed task's results are in the row instead, for `unpack`.
    """
    start = perf_counter()
    try:
        data_file = read_data_file(task.root / "data" / task.relative_path, task.relative_path, task.content)
        check_windows(task.windows, data_file, task.label_path)
        detector = _build(task, data_file)
        detector.initialize()
        results = detector.run()
        results["label"] = label_column(data_file.data, task.windows)
        if task.content is None:
            write_results(task.results, task.label, task.relative_path, results)
    except InputError as error:
        return DetectionRow(task.label, task.relative_path, error=str(error))
    except ValueError as error:
        return DetectionRow(task.label, task.relative_path, error=f"{task.relative_path}: {task.label}: {error}")
    if task.choice.params is None:  # a baseline, done in one go
        report_progress(data_file.length)
    return DetectionRow(
        task.label,
        task.relative_path,
        data_file.length,
        perf_counter() - start,
        warnings=_warnings(data_file),
        text=None if task.content is None else frame_text(results),
    )


def pack(task: DetectionTask) -> DetectionTask:
    """Put the data file into its task, for a worker that does not see it."""
    return replace(task, content=read_bytes(task.root / "data" / task.relative_path))


def unpack(task: DetectionTask, row: DetectionRow) -> DetectionRow:
    """Write what came back from such a worker; the row is then as if the task had run here."""
    if row.text is None:
        return row
    write_text(results_path(task.results, task.label, task.relative_path), row.text)
    report_progress(row.records)
    return replace(row, text=None)


def failed_row(task: DetectionTask, error: BaseException) -> DetectionRow:
    """Row of a task that failed in a way nobody foresaw, or whose files could not be read or written here."""
    if isinstance(error, InputError):
        return DetectionRow(task.label, task.relative_path, error=str(error))
    message = " ".join(str(error).split()) or "no message"
    return DetectionRow(
        task.label, task.relative_path, error=f"{task.relative_path}: {task.label}: {type(error).__name__}: {message}"
    )


def _build(task: DetectionTask, data_file: DataFile) -> Any:
    # Here, so that choosing detectors compiles and loads nothing.
    if task.choice.params is None:
        from zhtm_detector.detectors.baselines import BASELINES

        return BASELINES[task.choice.name](data_file, PROBATIONARY_PERCENT)
    from zhtm_detector.detectors.zhtm import ZhtmDetector

    detector = ZhtmDetector(data_file, PROBATIONARY_PERCENT, params=task.choice.params, seed=task.seed)
    detector.on_progress = report_progress
    return detector


def _warnings(data_file: DataFile) -> list[str]:
    warnings = []
    if data_file.repeated or data_file.backward:
        warnings.append(
            f"{data_file.relative_path}: {data_file.repeated} repeated timestamps and {data_file.backward} steps "
            "backwards; records are taken in file order"
        )
    if data_file.data["value"].nunique() == 1:
        warnings.append(f"{data_file.relative_path}: all values are the same; there is nothing to detect in them")
    return warnings
