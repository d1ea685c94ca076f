"""The four steps of the benchmark over one corpus and one results folder: detect, optimize, score, normalize."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryFile

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import read_json_object, write_frame
from zhtm_detector.common.workers import Workers, run_tasks
from zhtm_detector.detectors.names import DetectorChoice
from zhtm_detector.nab import result_files as files
from zhtm_detector.nab import steps
from zhtm_detector.nab.choose_corpus import ChosenCorpus, partial
from zhtm_detector.nab.detect import (
    DetectionRow,
    DetectionTask,
    detect_file,
    failed_row,
    pack,
    unpack,
)
from zhtm_detector.nab.labels import read_windows
from zhtm_detector.nab.scoring import FileWindows, Profile, Ranking, rank, weigh

logger = logging.getLogger(__name__)


class Benchmark:
    """One corpus, one results folder, and the steps between them.

    Parameters
    ----------
    chosen : ChosenCorpus
        The corpus; its prefix is put before every detector's name in the results. All of its files are read at once,
        and bad ones make a part of NAB of the whole.
    results : Path
        The results folder, in NAB's layout.
    thresholds : Path, optional
        NAB's thresholds file, updated by `optimize` and read by `score`; by default `thresholds.json` in `results`.
    profiles : Path, optional
        Application profiles in NAB's format; by default NAB's three.

    Attributes
    ----------
    labelled : dict
        The data files that can be read and labelled, with their windows.
    errors : dict
        Data file to the error that keeps it out of the scores.

    Raises
    ------
    InputError
        For a bad label file or profiles file, or when no data file is good.
    """

    def __init__(
        self,
        chosen: ChosenCorpus,
        results: Path,
        thresholds: Path | None = None,
        profiles: Path | None = None,
    ) -> None:
        self.results = results
        self.thresholds = thresholds or results / "thresholds.json"
        self.profiles: list[Profile] = files.read_profiles(profiles)
        self.windows = read_windows(chosen.corpus)
        if not self.windows:
            raise InputError(f"label file {chosen.corpus.label_path}: expected labels for the chosen files, got none")
        self.labelled: dict[str, FileWindows] = {}
        self.errors: dict[str, str] = {}
        for path, windows in self.windows.items():
            try:
                self.labelled[path] = steps.label_file(chosen.corpus, path, windows)
            except InputError as error:
                self.errors[path] = str(error)
        if not self.labelled:
            raise InputError(next(iter(self.errors.values())))
        if self.errors and chosen.is_nab:
            chosen = partial(chosen.corpus, f"{len(self.errors)} of {len(self.windows)} files failed")
        self.chosen = chosen
        self._failed: dict[str, set[str]] = {}
        self._ranked: tuple[str, Ranking] | None = None

    def label_of(self, detector: str) -> str:
        """Name of a detector in the results."""
        return self.chosen.prefix + detector

    def succeeded(self, detectors: Iterable[str]) -> list[str]:
        """Keep the detectors that can be scored: with results for at least one file, or on NAB for all of them."""
        names = []
        for name in detectors:
            failed = self._failed.get(self.label_of(name), set()) & set(self.labelled)
            if len(failed) < (1 if self.chosen.is_nab else len(self.labelled)):
                names.append(name)
        return names

    def tasks(self, choices: Sequence[DetectorChoice], seed: int) -> list[DetectionTask]:
        """List the detection step's tasks, longest file first, for it bounds the time on many workers."""
        corpus = self.chosen.corpus
        data = corpus.root / "data"
        paths = sorted(self.windows, key=lambda path: (-(data / path).stat().st_size, path))
        return [
            DetectionTask(
                choice,
                self.label_of(choice.name),
                seed,
                corpus.root,
                corpus.label_path,
                path,
                self.windows[path],
                self.results,
            )
            # Models first: they take longer than baselines do.
            for choice in sorted(choices, key=lambda choice: choice.params is None)
            for path in paths
        ]

    def detect(
        self,
        choices: Sequence[DetectorChoice],
        seed: int,
        workers: Workers,
        on_row: Callable[[DetectionRow], None] | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> list[DetectionRow]:
        """Run detectors over all files and write their results; a file that fails becomes a row with its error.

        Returns
        -------
        list of DetectionRow
            Sorted by detector and file.
        """
        _check_writable(self.results)
        rows = []
        for row in run_tasks(
            detect_file,
            self.tasks(choices, seed),
            workers=workers,
            on_failure=failed_row,
            on_progress=on_progress,
            pack=pack,
            unpack=unpack,
        ):
            rows.append(row)
            if row.error:
                self._failed.setdefault(row.detector, set()).add(row.relative_path)
            if on_row is not None:
                on_row(row)
        return sorted(rows, key=lambda row: (row.detector, row.relative_path))

    def check_results(self) -> None:
        """Find out before the work, not after it, that results cannot be written, or that a file to update is corrupt.

        Raises
        ------
        InputError
            Then.
        """
        _check_writable(self.results)
        read_json_object(self.thresholds)
        read_json_object(self.results / "final_results.json")

    def optimize(self, detectors: Iterable[str]) -> None:
        """Find each profile's best threshold and write the thresholds file."""
        for detector in detectors:
            ranking = self._ranking(detector)
            best = steps.optimize(ranking, self.profiles)
            files.update_thresholds(self.thresholds, self.label_of(detector), best)

    def score(self, detectors: Iterable[str]) -> None:
        """Score at the thresholds file's thresholds: per-profile score files, and S(t) columns in the results."""
        for detector in detectors:
            label = self.label_of(detector)
            thresholds = files.read_thresholds(self.thresholds, label, self.profiles)
            ranking = self._ranking(detector)
            for profile in self.profiles:
                frame = steps.score(ranking, label, profile, thresholds[profile.name]["threshold"])
                write_frame(files.scores_path(self.results, label, profile.name), frame)
            for path, windows in self.scored(detector).items():
                columns = {
                    profile.name: weigh(windows.position_scores, windows.windows, profile) for profile in self.profiles
                }
                files.append_sweep_columns(files.results_path(self.results, label, path), columns)

    def normalize(self, detectors: Iterable[str]) -> dict[str, dict[str, float]]:
        """Put the score files' totals on NAB's scale and into final_results.json; returns them by detector's label."""
        final: dict[str, dict[str, float]] = {}
        for detector in detectors:
            label = self.label_of(detector)
            scored = self.scored(detector)
            final[label] = {
                profile.name: steps.normalize(
                    files.read_total(files.scores_path(self.results, label, profile.name)), scored, profile
                )
                for profile in self.profiles
            }
            files.update_final_results(self.results, label, final[label])
        return final

    def scored(self, detector: str) -> dict[str, FileWindows]:
        """Keep the files that a detector did not fail on.

        Raises
        ------
        InputError
            When it failed on all of them.
        """
        failed = self._failed.get(self.label_of(detector), set())
        scored = {path: windows for path, windows in self.labelled.items() if path not in failed}
        if not scored:
            raise InputError(f"detector {detector}: expected at least one file with results, got none")
        return scored

    def _ranking(self, detector: str) -> Ranking:
        # Read back from the files, so that the steps give the same whether they run together or one by one.
        if self._ranked is None or self._ranked[0] != detector:
            scored = self.scored(detector)
            lengths = {path: windows.length for path, windows in scored.items()}
            scores = files.read_scores(self.results, self.label_of(detector), lengths)
            self._ranked = (detector, rank(scores, scored))
        return self._ranked[1]


def _check_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(f"results {folder}: cannot be written to ({error.strerror}); expected a folder") from None
