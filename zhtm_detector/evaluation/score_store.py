"""Anomaly scores of many detectors over a corpus, computed by all workers and kept on disk.

What is kept is found again by everything that it depends on, so a run that was cut goes on where it stopped, and a
change of parameters or code never meets old scores.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile
from zlib import error as ZlibError

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import write_json
from zhtm_detector.common.versions import PACKAGE, package_version, sources_checksum
from zhtm_detector.common.workers import Workers, report_progress, run_tasks
from zhtm_detector.detectors.base import PROBATIONARY_PERCENT, SCORE_COLUMN
from zhtm_detector.detectors.data_file import read_bytes, read_data_file
from zhtm_detector.htm.params import ModelParams
from zhtm_detector.nab.corpus import Corpus

# A score depends on their sources alone: they import no other room but `common`.
_SCORE_ROOMS = ("htm", "detectors")
# What a detector's own code raises, and raises again on the same input. All else has to do with the machine: no memory,
# no space, a worker that died, a library that cannot be loaded.
_OF_DETECTORS = (ValueError, ArithmeticError, LookupError, TypeError, AssertionError)


@dataclass(frozen=True)
class Source:
    """A detector whose scores are wanted: our model with parameters and a seed, or a baseline."""

    params: ModelParams | None
    seed: int = 0
    baseline: str = ""

    def identity(self) -> dict[str, Any]:
        """Tell what makes its scores what they are; a preset's description does not."""
        if self.params is None:
            return {"baseline": self.baseline}
        return {"params": self.params.model_dump(mode="json", exclude={"description"}), "seed": self.seed}


@dataclass(frozen=True)
class ScoreTask:
    """All that a worker needs for one detector on one file."""

    source: Source
    root: Path
    relative_path: str
    checksum: str  # of the data file
    target: Path
    content: bytes | None = None  # the data file's, for a worker that neither reads nor writes files of ours
    key: str = ""  # of the source


@dataclass(frozen=True)
class ScoreRow:
    """What became of a task; `error` is empty when its scores are written, or in `scores` to be written.

    `of_detector` tells whether the error is the detector's own, so that it would come again.
    """

    relative_path: str
    error: str = ""
    scores: NDArray[np.float64] | None = None  # shape (records,)
    key: str = ""  # of the source
    of_detector: bool = False


@dataclass(frozen=True)
class Collected:
    """What there is of each source by itself.

    Attributes
    ----------
    scores, errors : dict
        Source's key to data file to float64 scores, shape (records,), or to the error that it ended with.
    computed, cached : int
        Files times sources that were run, and that were there.
    faults : list of str
        Of the errors, those that are no detector's own: the machine's, or of a data file that has changed.
    """

    scores: dict[str, dict[str, NDArray[np.float64]]]
    errors: dict[str, dict[str, str]]
    computed: int = 0
    cached: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Evidence:
    """Scores of all sources.

    Attributes
    ----------
    scores : dict
        Source's key to data file to float64 scores, shape (records,). A file that failed for any source is in none.
    errors : dict
        Data file to the error that keeps it out.
    computed, cached : int
        Files times sources that were run, and that were there.
    """

    scores: dict[str, dict[str, NDArray[np.float64]]]
    errors: dict[str, str] = field(default_factory=dict)
    computed: int = 0
    cached: int = 0


class ScoreStore:
    """The scores that are kept in one folder, for one corpus.

    Parameters
    ----------
    folder : Path
        Each source has a folder in it, named by its key; it may be deleted at any time.
    corpus : Corpus
    lengths : mapping of str to int
        The data files to use, and the number of their records.
    """

    def __init__(self, folder: Path, corpus: Corpus, lengths: Mapping[str, int]) -> None:
        self.folder = folder
        self.corpus = corpus
        self.lengths = lengths
        self._labels = hashlib.sha256(corpus.label_path.read_bytes()).hexdigest()
        self._checksums = {
            path: hashlib.sha256((corpus.root / "data" / path).read_bytes()).hexdigest() for path in lengths
        }

    @property
    def corpus_checksum(self) -> str:
        """Name the data files and their labels."""
        content = [self._labels, sorted(self._checksums.items())]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]

    def key(self, source: Source) -> str:
        """Name everything that a source's scores on this corpus depend on, but for the data files themselves."""
        return hashlib.sha256(json.dumps(self._about(source), sort_keys=True).encode()).hexdigest()[:32]

    def gather(
        self,
        sources: Sequence[Source],
        workers: Workers,
        on_records: Callable[[int], None] = lambda amount: None,
    ) -> Evidence:
        """Read what is kept, compute the rest.

        Parameters
        ----------
        sources : sequence of Source
            The same one twice is computed once.
        workers : int, KeptWorkers or RemoteWorkers
            As in `run_tasks`.
        on_records : callable
            Told how many more records are done, the kept ones too; `total_records` in all.

        Raises
        ------
        InputError
            When the folder cannot be written to, or no file is left.
        """
        found = self.collect(sources, workers, on_records)
        errors: dict[str, str] = {}
        for failed in found.errors.values():
            for path, error in failed.items():
                errors.setdefault(path, error)
        usable = [path for path in self.lengths if path not in errors]
        if not usable:
            raise InputError(next(iter(errors.values())))
        in_order = {key: {path: scores[path] for path in usable} for key, scores in found.scores.items()}
        return Evidence(in_order, errors, found.computed, found.cached)

    def collect(
        self,
        sources: Sequence[Source],
        workers: Workers,
        on_records: Callable[[int], None] = lambda amount: None,
        only: Collection[str] | None = None,
    ) -> Collected:
        """As `gather`, but each source by itself: a file that failed for one is there for the others.

        Parameters
        ----------
        sources, workers, on_records
            As in `gather`.
        only : collection of str, optional
            Of the data files, these.

        Raises
        ------
        InputError
            When the folder cannot be written to.
        """
        scores: dict[str, dict[str, NDArray[np.float64]]] = {}
        errors: dict[str, dict[str, str]] = {}
        faults = []
        tasks = []
        wanted = [path for path in self.lengths if only is None or path in only]
        paths = sorted(wanted, key=lambda path: (-self.lengths[path], path))  # the longest first
        for key, source in self._keyed(sources).items():
            scores[key], errors[key] = {}, {}
            for path in paths:
                kept = self._read(key, path)
                if kept is None:
                    target = self._target(key, path)
                    tasks.append(ScoreTask(source, self.corpus.root, path, self._checksums[path], target, key=key))
                else:
                    scores[key][path] = kept
                    on_records(self.lengths[path])
            write_json(self.folder / key / "about.json", self._about(source))
        tasks.sort(key=lambda task: task.source.params is None)  # models take longer than baselines
        for row in run_tasks(
            compute, tasks, workers=workers, on_failure=_failed, on_progress=on_records, pack=_pack, unpack=_unpack
        ):
            if row.error:
                errors[row.key][row.relative_path] = row.error
                if not row.of_detector:
                    faults.append(row.error)
        for task in tasks:
            if task.relative_path not in errors[task.key]:
                made = self._read(task.key, task.relative_path)
                if made is None:
                    raise InputError(f"{task.target}: was written, and cannot be read back; expected a sound disk")
                scores[task.key][task.relative_path] = made
        return Collected(scores, errors, len(tasks), len(scores) * len(paths) - len(tasks), faults)

    def forget(self, keep: Collection[str]) -> None:
        """Delete the kept scores of all sources but these, by key."""
        for about in self.folder.glob("*/about.json"):
            if about.parent.name not in keep:
                shutil.rmtree(about.parent, ignore_errors=True)

    def total_records(self, sources: Sequence[Source]) -> int:
        """Count the records of all files and sources."""
        return len(self._keyed(sources)) * sum(self.lengths.values())

    def _keyed(self, sources: Sequence[Source]) -> dict[str, Source]:
        return {self.key(source): source for source in sources}

    def _about(self, source: Source) -> dict[str, Any]:
        return {
            **source.identity(),
            "version": package_version(),
            "code": code_checksum(),
            "labels": self._labels,
            "probationary_percent": PROBATIONARY_PERCENT,
        }

    def _target(self, key: str, path: str) -> Path:
        return self.folder / key / f"{path}.npz"

    def _read(self, key: str, path: str) -> NDArray[np.float64] | None:
        """Read what is kept of a file; None when there is nothing, or nothing that can be used."""
        try:
            with np.load(self._target(key, path)) as kept:
                scores = np.asarray(kept["scores"], dtype=np.float64)
                checksum = str(kept["data"])
        except (OSError, ValueError, KeyError, EOFError, BadZipFile, ZlibError, NotImplementedError):
            return None
        good = checksum == self._checksums[path] and scores.shape == (self.lengths[path],)
        return scores if good and np.isfinite(scores).all() else None


def compute(task: ScoreTask) -> ScoreRow:
    """Run a detector over a file and keep its scores; bad input, or an error of its own, becomes the row's error.

    A packed task's scores are in the row instead.
    """
    try:
        data_file = read_data_file(task.root / "data" / task.relative_path, task.relative_path, task.content)
        try:
            detector = _build(task.source, data_file)
            detector.initialize()
            scores = detector.run()[SCORE_COLUMN].to_numpy(dtype=np.float64)
        except _OF_DETECTORS as error:
            return replace(_failed(task, error), of_detector=True)
        if task.content is None:
            _write(task.target, scores, task.checksum)
    except InputError as error:
        return _failed(task, error)
    if task.source.params is None:  # a baseline, done in one go
        report_progress(data_file.length)
    return ScoreRow(task.relative_path, scores=None if task.content is None else scores, key=task.key)


def _pack(task: ScoreTask) -> ScoreTask:
    return replace(task, content=read_bytes(task.root / "data" / task.relative_path))


def _unpack(task: ScoreTask, row: ScoreRow) -> ScoreRow:
    if row.scores is None:
        return row
    _write(task.target, row.scores, task.checksum)
    report_progress(len(row.scores))
    return replace(row, scores=None)


def _failed(task: ScoreTask, error: BaseException) -> ScoreRow:
    if isinstance(error, InputError):  # it names its place
        return ScoreRow(task.relative_path, str(error), key=task.key)
    kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
    message = " ".join(str(error).split()) or "no message"
    return ScoreRow(task.relative_path, f"{task.relative_path}: {kind}{message}", key=task.key)


def _build(source: Source, data_file: Any) -> Any:
    # Here, so that reading kept scores compiles and loads nothing.
    if source.params is None:
        from zhtm_detector.detectors.baselines import BASELINES

        return BASELINES[source.baseline](data_file, PROBATIONARY_PERCENT)
    from zhtm_detector.detectors.zhtm import ZhtmDetector

    detector = ZhtmDetector(data_file, PROBATIONARY_PERCENT, params=source.params, seed=source.seed)
    detector.on_progress = report_progress
    return detector


def _write(path: Path, scores: NDArray[np.float64], checksum: str) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb") as file:
                np.savez_compressed(file, scores=scores, data=np.array(checksum))
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); expected a writable folder") from None


@cache
def code_checksum() -> str:
    """Checksum of all sources that a score depends on."""
    return sources_checksum(PACKAGE, _SCORE_ROOMS)
