"""The four steps of the benchmark over one corpus and one results folder: detect, optimize, score, normalize."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import check_file, check_folder, write_frame, write_text
from zhtm_detector.common.text import printable
from zhtm_detector.common.workers import Workers
from zhtm_detector.detectors.names import DetectorChoice
from zhtm_detector.detectors.run_file import FileResult, FileTask, run_files
from zhtm_detector.nab import result_files as files
from zhtm_detector.nab import steps
from zhtm_detector.nab.choose_corpus import ChosenCorpus, partial
from zhtm_detector.nab.detect import Detection, data_warnings
from zhtm_detector.nab.labels import label_column, read_windows
from zhtm_detector.nab.score_csv import RAW
from zhtm_detector.nab.scoreboard import read_all_final_results, read_final_results
from zhtm_detector.nab.scoring import FileWindows, Profile, Ranking, rank, weigh


class Benchmark:
    """One corpus, one results folder, and the steps between them.

    Parameters
    ----------
    chosen : ChosenCorpus
        The corpus; its prefix stands before every detector's name in the results. All of its files are read at once;
        where one is bad, the scores are those of a part of NAB.
    results : Path
        The results folder, in NAB's layout.
    thresholds : Path, optional
        NAB's thresholds file, updated by `optimize` and read by `score`; by default `thresholds.json` in `results`.
    profiles : Path, optional
        Application profiles in NAB's format; by default NAB's three.

    Attributes
    ----------
    labelled : dict
        The readable, labelled data files, with their windows.
    errors : dict
        Data file to the error that keeps it out of the scores.
    warnings : list of str
        About results that were read.
    final : dict
        Final scores that `normalize` has computed, by the detectors' names in the results.

    Raises
    ------
    InputError
        For a bad label file or profiles file, or when no data file can be used.
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
        if chosen.is_nab and (altered := _other_weights(self.profiles)):
            reason = f"profile {printable(altered)} has other weights than NAB's"
            chosen = ChosenCorpus(chosen.corpus, "other-", f"These are NOT NAB scores: {reason}.")
        self.chosen = chosen
        self.warnings: list[str] = []  # about results
        self._failed: dict[str, set[str]] = {}
        self._ranked: tuple[str, Ranking] | None = None
        # Found by earlier steps in this process, so that none reads back what another has just written.
        self._detected: dict[str, dict[str, files.ResultColumns]] = {}
        self._columns: dict[str, dict[str, Mapping[str, NDArray[Any]]]] = {}
        self._record_texts: dict[str, str] = {}
        self._best: dict[str, dict[str, dict[str, float]]] = {}
        self._totals: dict[str, dict[str, float]] = {}
        self.final: dict[str, dict[str, float]] = {}
        self._final_content: dict[str, Any] | None = None

    def label_of(self, detector: str) -> str:
        """Name of a detector in the results."""
        return self.chosen.label_of(detector)

    def with_results(self) -> list[str]:
        """List the detectors whose results for some of the files lie in the results folder, whoever made them."""
        return files.detectors_in(self.results, self.chosen.prefix, self.labelled)

    def succeeded(self, detectors: Iterable[str]) -> list[str]:
        """Select the detectors that can be scored: with results for at least one file, or on NAB for all of them."""
        names = []
        for name in detectors:
            failed = self._failed.get(self.label_of(name), set()) & set(self.labelled)
            if len(failed) < (1 if self.chosen.is_nab else len(self.labelled)):
                names.append(name)
        return names

    def tasks(self, choices: Sequence[DetectorChoice], seed: int) -> list[FileTask]:
        """List the detection step's tasks, longest file first, because it bounds the time on many workers."""
        paths = sorted(self.labelled, key=lambda path: (-self.labelled[path].length, path))
        return [
            FileTask(choice, seed, self.chosen.corpus.load(path), self.label_of(choice.name))
            # Models first: they take longer than baselines do.
            for choice in sorted(choices, key=lambda choice: choice.params is None)
            for path in paths
        ]

    def detect(
        self,
        choices: Sequence[DetectorChoice],
        seed: int,
        workers: Workers,
        on_detection: Callable[[Detection], None] = lambda detection: None,
        on_progress: Callable[[int], None] | None = None,
    ) -> list[Detection]:
        """Run detectors over all files and write their results; a file that fails is reported with its error.

        Returns
        -------
        list of Detection
            Sorted by detector and file.
        """
        detections = []
        for detection in self.detections(choices, seed, workers, on_progress):
            detections.append(detection)
            on_detection(detection)
        return sorted(detections, key=lambda detection: (detection.detector, detection.relative_path))

    def detections(
        self,
        choices: Sequence[DetectorChoice],
        seed: int,
        workers: Workers,
        on_progress: Callable[[int], None] | None = None,
    ) -> Generator[Detection, None, None]:
        """As `detect`, file by file as they are done; closing it leaves out the rest."""
        check_folder(self.results, "results")
        for choice in choices:
            self._forget(self.label_of(choice.name))
            for path, error in self.errors.items():
                yield Detection(self.label_of(choice.name), path, error=error)
        for result in run_files(self.tasks(choices, seed), workers, on_progress):
            detection = self._keep(result)
            if detection.error:
                self._failed.setdefault(detection.detector, set()).add(detection.relative_path)
                # What an earlier run has left is of another detector, or of other parameters.
                with suppress(OSError):
                    files.results_path(self.results, detection.detector, detection.relative_path).unlink()
            yield detection

    def _forget(self, label: str) -> None:
        """Drop everything known about a detector that is about to run again."""
        for found in (self._failed, self._detected, self._columns, self._best, self._totals, self.final):
            found.pop(label, None)
        self._ranked = None

    def _keep(self, result: FileResult) -> Detection:
        """Write a result to its file, and remember it for the next steps."""
        label, path = result.key, result.relative_path
        if result.error:
            return Detection(label, path, error=f"{path}: {label}: {result.error}")
        data_file = self.chosen.corpus.load(path)
        columns = {**result.columns, "label": label_column(data_file.data, self.windows[path])}
        try:
            self._write(label, path, columns)
        except InputError as error:
            return Detection(label, path, error=str(error))
        self._columns.setdefault(label, {})[path] = columns
        raw = result.columns.get(RAW)
        self._detected.setdefault(label, {})[path] = files.ResultColumns(
            files.as_read(result.scores),
            None if raw is None else files.as_read(raw),
            columns["label"] == 1,
        )
        cost = (result.seconds, result.cpu_seconds, result.peak_mib)
        return Detection(label, path, data_file.length, *cost, warnings=data_warnings(data_file))

    def _write(self, label: str, path: str, columns: Mapping[str, NDArray[Any]]) -> None:
        if path not in self._record_texts:
            self._record_texts[path] = files.record_text(self.chosen.corpus.load(path).data)
        text = files.results_text(self._record_texts[path], columns)
        write_text(files.results_path(self.results, label, path), text)

    def check_results(self) -> None:
        """Find out before the work, not after it, that results cannot be written, or that a file to update is corrupt.

        Raises
        ------
        InputError
            Then.
        """
        check_folder(self.results, "results")
        check_file(self.thresholds, "thresholds")
        files.read_thresholds_file(self.thresholds)
        read_all_final_results(self.results)

    def optimize(self, detectors: Iterable[str]) -> None:
        """Find each profile's best threshold and write the thresholds file."""
        best = {name: steps.optimize(self.ranking(name), self.profiles) for name in detectors}
        labelled = {self.label_of(name): thresholds for name, thresholds in best.items()}
        files.update_thresholds(self.thresholds, labelled)
        self._best |= labelled

    def score(self, detectors: Iterable[str]) -> None:
        """Score at the thresholds file's thresholds: per-profile score files, and S(t) columns in the results."""
        chosen = {detector: self.chosen_thresholds(detector) for detector in detectors}  # all, before the work
        for detector, thresholds in chosen.items():
            label = self.label_of(detector)
            ranking = self.ranking(detector)
            self._totals[label] = {}
            for profile in self.profiles:
                frame = steps.score(ranking, label, profile, thresholds[profile.name])
                write_frame(files.scores_path(self.results, label, profile.name), frame)
                self._totals[label][profile.name] = float(frame["Score"].iloc[-1])
            for path, windows in self.scored(detector).items():
                weighed = {
                    profile.name: weigh(windows.position_scores, windows.windows, profile) for profile in self.profiles
                }
                columns = self._columns.get(label, {}).get(path)
                if columns is None:
                    files.append_sweep_columns(files.results_path(self.results, label, path), weighed)
                else:
                    self._write(label, path, {**columns, **files.sweep_columns(weighed)})

    def normalize(self, detectors: Iterable[str]) -> dict[str, dict[str, float]]:
        """Scale the score files' totals as NAB does, into final_results.json; returns them by detector's label."""
        final: dict[str, dict[str, float]] = {}
        for detector in detectors:
            label = self.label_of(detector)
            scored = self.scored(detector)
            final[label] = {
                profile.name: steps.normalize(self.total(detector, profile), scored, profile)
                for profile in self.profiles
            }
        self._final_content = files.update_final_results(self.results, final)
        self.final |= final
        return final

    def nab_results(self) -> dict[str, dict[str, float]]:
        """Return the NAB scores in final_results.json, which is read unless `normalize` has just written it.

        Raises
        ------
        InputError
            As `read_final_results`.
        """
        return read_final_results(self.results, self._final_content)[0]

    def total(self, detector: str, profile: Profile) -> float:
        """Return a detector's total score before scaling: of this process's score step, else from its scores file.

        Raises
        ------
        InputError
            When the file is missing, bad, or of other data files.
        """
        label = self.label_of(detector)
        if label in self._totals:
            return self._totals[label][profile.name]
        return files.read_total(files.scores_path(self.results, label, profile.name), self.scored(detector))

    def best_thresholds(self, detector: str) -> dict[str, dict[str, float]]:
        """Return each profile's threshold and score: of `optimize` in this process, else of the thresholds file.

        Raises
        ------
        InputError
            When there is none.
        """
        label = self.label_of(detector)
        return self._best.get(label) or files.read_thresholds(self.thresholds, label, self.profiles)

    def chosen_thresholds(self, detector: str) -> dict[str, float]:
        """Return each profile's threshold alone; raises as `best_thresholds`."""
        return {profile: entry["threshold"] for profile, entry in self.best_thresholds(detector).items()}

    def columns(self, detector: str, path: str) -> files.ResultColumns:
        """Columns of a results file: of this process's detection step, else read from the file.

        Raises
        ------
        InputError
            When the file is missing or bad, is of other data, or was labelled with other windows.
        """
        label, file = self.label_of(detector), self.labelled[path]
        if found := self._detected.get(label, {}).get(path):
            return found
        where = files.results_path(self.results, label, path)
        found = files.read_results(where, path, self.chosen.corpus.load(path).data, label, self.warnings)
        if found.label is not None and not (found.label == (file.windows >= 0)).all():
            raise InputError(f"{where}: expected the labels of {path}, got other ones; run `zhtm run` again")
        return found

    def scored(self, detector: str) -> dict[str, FileWindows]:
        """Select the files that a detector did not fail on.

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

    def ranking(self, detector: str) -> Ranking:
        """Rank a detector's records by their anomaly score."""
        if self._ranked is None or self._ranked[0] != detector:
            scored = self.scored(detector)
            kept = self._detected.get(self.label_of(detector))
            if kept is None:
                records = {path: self.chosen.corpus.load(path).data for path in scored}
                scores = files.read_scores(self.results, self.label_of(detector), records, self.warnings)
            else:
                scores = {path: kept[path].scores for path in scored}
            self._ranked = (detector, rank(scores, scored))
        return self._ranked[1]


def _other_weights(profiles: Sequence[Profile]) -> str:
    """Find a profile that has the name of one of NAB's but not its weights; empty if there is none."""
    theirs = {profile.name: profile for profile in files.read_profiles()}
    return next((profile.name for profile in profiles if theirs.get(profile.name, profile) != profile), "")
