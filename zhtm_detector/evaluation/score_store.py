"""Anomaly scores of many detectors over a corpus, computed by all workers and cached on disk.

A cached score is found again by everything that it depends on: an interrupted run resumes where it stopped, and a
change of parameters or code never meets old scores.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile
from zlib import error as ZlibError

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import atomic_file, write_json
from zhtm_detector.common.versions import PACKAGE, package_version, sources_checksum
from zhtm_detector.common.workers import Workers
from zhtm_detector.detectors.base import PROBATIONARY_PERCENT
from zhtm_detector.detectors.names import DetectorChoice
from zhtm_detector.detectors.run_file import FileResult, FileTask, run_files
from zhtm_detector.htm.params import NOT_IN_SCORES, ModelParams
from zhtm_detector.nab.corpus import Corpus

# A score depends on their sources alone: they import no other room but `common`.
_SCORE_ROOMS = ("htm", "detectors")


@dataclass(frozen=True)
class Source:
    """A detector whose scores are wanted: our model with parameters and a seed, or a baseline."""

    params: ModelParams | None
    seed: int = 0
    baseline: str = ""

    def identity(self) -> dict[str, Any]:
        """Everything its scores depend on; not a preset's description and recommended threshold."""
        if self.params is None:
            return {"baseline": self.baseline}
        return {"params": self.params.model_dump(mode="json", exclude=set(NOT_IN_SCORES)), "seed": self.seed}

    @property
    def choice(self) -> DetectorChoice:
        """The detector to run."""
        return DetectorChoice(self.baseline or "zhtm", self.params)


@dataclass(frozen=True)
class CollectedScores:
    """The scores of each source on its own.

    Attributes
    ----------
    scores, errors : dict
        Source key to data file to float64 scores, shape (records,), or to the error.
    computed, cached : int
        Numbers of (file, source) pairs that were run, and that were cached.
    faults : list of str
        The errors that are not a detector's own: of the machine, or of a data file that has changed.
    """

    scores: dict[str, dict[str, NDArray[np.float64]]]
    errors: dict[str, dict[str, str]]
    computed: int = 0
    cached: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class StoredScores:
    """Scores of all sources.

    Attributes
    ----------
    scores : dict
        Source's key to data file to float64 scores, shape (records,). A file that failed for any source is in none.
    errors : dict
        Data file to the error that keeps it out.
    computed, cached : int
        Numbers of (file, source) pairs that were run, and that were cached.
    """

    scores: dict[str, dict[str, NDArray[np.float64]]]
    errors: dict[str, str] = field(default_factory=dict)
    computed: int = 0
    cached: int = 0


class ScoreStore:
    """A cache of anomaly scores in one folder, for one corpus.

    Parameters
    ----------
    folder : Path
        One subfolder per source, named by its key; they may be deleted at any time.
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
        """Checksum of the data files and their labels."""
        content = [self._labels, sorted(self._checksums.items())]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]

    def key(self, source: Source) -> str:
        """Checksum of everything that a source's scores on this corpus depend on, except the data files."""
        return hashlib.sha256(json.dumps(self._about(source), sort_keys=True).encode()).hexdigest()[:32]

    def gather(
        self,
        sources: Sequence[Source],
        workers: Workers,
        on_records: Callable[[int], None] = lambda amount: None,
    ) -> StoredScores:
        """Read the cached scores and compute the others.

        Parameters
        ----------
        sources : sequence of Source
            Duplicates are computed once.
        workers : int, KeptWorkers or RemoteWorkers
            As in `run_tasks`.
        on_records : callable
            Called with the number of records that are newly done, cached ones included; `total_records` in all.

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
        return StoredScores(in_order, errors, found.computed, found.cached)

    def collect(
        self,
        sources: Sequence[Source],
        workers: Workers,
        on_records: Callable[[int], None] = lambda amount: None,
        only: Collection[str] | None = None,
    ) -> CollectedScores:
        """As `gather`, but each source on its own: a file that failed for one is kept for the others.

        Parameters
        ----------
        sources, workers, on_records
            As in `gather`.
        only : collection of str, optional
            Only these data files.

        Raises
        ------
        InputError
            When the folder cannot be written to.
        """
        scores: dict[str, dict[str, NDArray[np.float64]]] = {}
        errors: dict[str, dict[str, str]] = {}
        faults = []
        tasks: list[FileTask] = []
        wanted = [path for path in self.lengths if only is None or path in only]
        paths = sorted(wanted, key=lambda path: (-self.lengths[path], path))  # the longest first
        for key, source in self._keyed(sources).items():
            scores[key], errors[key] = {}, {}
            for path in paths:
                found = self._read(key, path)
                if found is None:
                    try:
                        tasks.append(FileTask(source.choice, source.seed, self.corpus.load(path), key))
                    except InputError as error:
                        errors[key][path] = str(error)
                        faults.append(str(error))
                else:
                    scores[key][path] = found
                    on_records(self.lengths[path])
            write_json(self.folder / key / "about.json", self._about(source))
        tasks.sort(key=lambda task: task.choice.params is None)  # models take longer than baselines
        cached = sum(map(len, scores.values()))
        for result in run_files(tasks, workers, on_records):
            if failure := self._store(result):
                errors[result.key][result.relative_path] = failure
                if not result.of_detector:
                    faults.append(failure)
            else:
                scores[result.key][result.relative_path] = result.scores
        return CollectedScores(scores, errors, len(tasks), cached, faults)

    def _store(self, result: FileResult) -> str:
        """Write a result to its file; returns the error that kept it out, if any."""
        path = result.relative_path
        if result.error:
            return f"{path}: {result.error}"
        try:
            with atomic_file(self._target(result.key, path)) as file:
                np.savez_compressed(file, scores=result.scores, data=np.array(self._checksums[path]))
        except InputError as error:
            return str(error)
        return ""

    def forget(self, keep: Collection[str]) -> None:
        """Delete the cached scores of all sources but these, by key."""
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
        """Read the cached scores of a file; None if there are none, or they cannot be used."""
        try:
            with np.load(self._target(key, path)) as kept:
                scores = np.asarray(kept["scores"], dtype=np.float64)
                checksum = str(kept["data"])
        except (OSError, ValueError, KeyError, EOFError, BadZipFile, ZlibError, NotImplementedError):
            return None
        good = checksum == self._checksums[path] and scores.shape == (self.lengths[path],)
        return scores if good and np.isfinite(scores).all() else None


@cache
def code_checksum() -> str:
    """Checksum of all sources that a score depends on."""
    return sources_checksum(PACKAGE, _SCORE_ROOMS)
