"""Why a model alerts, for the pictures of its files: it runs once more, and counts only if its scores are the same."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.workers import Workers, cores, run_tasks
from zhtm_detector.detectors.explain_file import ExplainTask, FileReasons, explain_file
from zhtm_detector.detectors.names import BASELINE_NAMES, DetectorChoice, choose_detectors
from zhtm_detector.nab.benchmark import Benchmark
from zhtm_detector.nab.result_files import as_read
from zhtm_detector.pages.report.series import FileView, detections

DEFAULT_SEED = 42

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rerun:
    """What the reported detector ran with, and where it runs once more."""

    choice: DetectorChoice
    seed: int
    workers: Workers


def rerun_of(detector: str, explain: bool, preset: str | None, seed: int) -> Rerun | None:
    """Find what a detector with results ran with; it needs `preset` if that is a file, or not the detector's own.

    None if nothing is to be explained.

    Raises
    ------
    InputError
        For a bad preset, a detector that is not shipped and has none, or a preset or seed that explains nothing.
    """
    if not explain:
        if preset is not None or seed != DEFAULT_SEED:
            raise InputError("--preset and --seed: expected --explain beside them")
        return None
    if preset is None or detector in BASELINE_NAMES:
        try:
            (choice,) = choose_detectors(detector)
        except InputError:
            raise InputError(f"--explain: {detector} is no shipped detector; expected its file in --preset") from None
    else:
        (choice,) = choose_detectors("zhtm", preset, detector.endswith("-causal"))
    return Rerun(replace(choice, name=detector), seed, cores())


def with_reasons(benchmark: Benchmark, files: Sequence[FileView], rerun: Rerun) -> list[FileView]:
    """Add the reasons of the reported detector's detections, at every profile's threshold.

    A file whose scores the run does not repeat gets none, and a warning says so; nor does a baseline.
    """
    if rerun.choice.params is None:
        _logger.warning("%s: no reasons for its detections, because it is no model", rerun.choice.name)
        return list(files)
    known = {file.series.name: file for file in files}
    tasks = [
        ExplainTask(rerun.choice.params, rerun.seed, benchmark.chosen.corpus.load(name), records)
        for name, file in sorted(known.items(), key=lambda item: -item[1].series.values.size)
        if (records := tuple(sorted({r for view in file.views.values() for r in detections(view.marks)})))
    ]
    explained, others = dict[str, Mapping[int, str]](), 0
    for found in run_tasks(explain_file, tasks, workers=rerun.workers, on_failure=_failed):
        stored = known[found.relative_path].series.scores[: found.scores.size]
        if found.sentences and np.array_equal(as_read(found.scores), stored):
            explained[found.relative_path] = found.sentences
        elif found.sentences:
            others += 1
    if others:
        _logger.warning(
            "%s: no reasons for the detections in %d of %d files, because its results there come from another preset, "
            "seed or version; --preset and --seed choose them",
            rerun.choice.name,
            others,
            len(tasks),
        )
    return [replace(file, reasons=explained.get(file.series.name, {})) for file in files]


def _failed(task: ExplainTask, error: BaseException) -> FileReasons:
    path = task.data_file.relative_path
    _logger.warning("%s: no reasons for its detections (%s: %s)", path, type(error).__name__, error)
    return FileReasons(path, {}, np.empty(0))
