"""One detector over one data file: a task that any worker can run, and the scores that come back.

A task carries the parsed file, and a result carries the scores: a worker reads and writes no file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter, process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.workers import RemoteWorkers, Workers, peak_mib, report_progress, run_tasks
from zhtm_detector.detectors.base import PROBATIONARY_PERCENT, SCORE_COLUMN
from zhtm_detector.detectors.data_file import DataFile
from zhtm_detector.detectors.foreign.spec import ForeignDetector
from zhtm_detector.detectors.names import DetectorChoice

# Errors of a detector's own code, which come again with the same input. All others have to do with the machine: no
# memory, no space, a worker that died, a library that cannot be loaded.
_DETECTOR_ERRORS = (ValueError, ArithmeticError, LookupError, TypeError, AssertionError)


@dataclass(frozen=True)
class FileTask:
    """One detector on one file.

    Parameters
    ----------
    choice : DetectorChoice
    seed : int
    data_file : DataFile
    key : str
        The caller's name for the detector, handed back in the result.
    """

    choice: DetectorChoice
    seed: int
    data_file: DataFile
    key: str


@dataclass(frozen=True)
class FileResult:
    """Scores of a task, or the error that it ended with.

    Parameters
    ----------
    key, relative_path : str
        The task's detector and file.
    columns : mapping of str to ndarray, shape (records,)
        `anomaly_score`, then the detector's additional columns; empty after an error.
    seconds : float
        Wall time, construction included.
    cpu_seconds : float
        Processor time, likewise.
    peak_mib : float
        Peak memory of the process: of a detector that others wrote its own, else that of the worker so far.
    error : str
        Empty if the file was scored.
    of_detector : bool
        Whether the error is the detector's own, so that it would come again.
    """

    key: str
    relative_path: str
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_mib: float = 0.0
    error: str = ""
    of_detector: bool = False

    @property
    def scores(self) -> NDArray[np.float64]:
        """Anomaly scores, shape (records,)."""
        return np.asarray(self.columns[SCORE_COLUMN], dtype=np.float64)


def run_files(
    tasks: Sequence[FileTask], workers: Workers, on_records: Callable[[int], None] | None = None
) -> Iterator[FileResult]:
    """Run all tasks and yield their results as they finish; a task that fails yields its error.

    Parameters
    ----------
    tasks : sequence of FileTask
        In the order to start them: longest first.
    workers : int, KeptWorkers or RemoteWorkers
        As in `run_tasks`.
    on_records : callable, optional
        Called with the number of records that are newly done.
    """
    remote = isinstance(workers, RemoteWorkers)
    for result in run_tasks(run_file, tasks, workers=workers, on_failure=_failed, on_progress=on_records):
        if remote and on_records is not None and not result.error:  # remote workers report no progress themselves
            on_records(len(result.scores))
        yield result


def run_file(task: FileTask) -> FileResult:
    """Run a detector over a file; an error of the detector's own code becomes the result's error."""
    start = perf_counter()
    if task.choice.foreign is not None:
        return _run_foreign(task, task.choice.foreign)
    started = process_time()
    try:
        detector = _build(task)
        detector.initialize()
        scored = detector.run()
    except _DETECTOR_ERRORS as error:
        return FileResult(task.key, task.data_file.relative_path, error=_message(error), of_detector=True)
    if task.choice.params is None:  # a baseline, done in one go
        report_progress(task.data_file.length)
    columns = {str(name): scored[name].to_numpy() for name in scored.columns if name not in ("timestamp", "value")}
    path, seconds, cpu_seconds = task.data_file.relative_path, perf_counter() - start, process_time() - started
    return FileResult(task.key, path, columns, seconds, cpu_seconds, peak_mib() or 0.0)


def _run_foreign(task: FileTask, spec: ForeignDetector) -> FileResult:
    """Run a detector that others wrote, in a process of its own; every error is the detector's."""
    from zhtm_detector.detectors.foreign.process import score_file

    start = perf_counter()
    path = task.data_file.relative_path
    try:
        found = score_file(spec, task.data_file, task.seed)
    except InputError as error:
        return FileResult(task.key, path, error=str(error), of_detector=True)
    report_progress(task.data_file.length)
    if found.columns is None:
        return FileResult(task.key, path, error=found.error, of_detector=True)
    return FileResult(task.key, path, found.columns, perf_counter() - start, found.cpu_seconds, found.peak_mib)


def _failed(task: FileTask, error: BaseException) -> FileResult:
    return FileResult(task.key, task.data_file.relative_path, error=_message(error))


def _message(error: BaseException) -> str:
    kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
    return kind + (" ".join(str(error).split()) or "no message")


def _build(task: FileTask) -> Any:
    # Imported here, so that choosing detectors loads and compiles nothing.
    if task.choice.params is None:
        from zhtm_detector.detectors.baselines import BASELINES

        return BASELINES[task.choice.name](task.data_file, PROBATIONARY_PERCENT)
    from zhtm_detector.detectors.zhtm import ZhtmDetector

    detector = ZhtmDetector(task.data_file, PROBATIONARY_PERCENT, params=task.choice.params, seed=task.seed)
    detector.on_progress = report_progress
    return detector
