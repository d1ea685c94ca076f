"""Thresholds of a detector that has results: each profile's curve and its cross-validated choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import check_file
from zhtm_detector.evaluation.folds import CrossValidated, cross_validate
from zhtm_detector.nab.benchmark import Benchmark
from zhtm_detector.nab.result_files import read_thresholds_file, results_path
from zhtm_detector.tuning.thresholds.curve import ProfileCurve, profile_curve
from zhtm_detector.tuning.thresholds.scored_files import detector_files

FILE = "thresholds.json"


@dataclass(frozen=True)
class CrossValidatedChoice:
    """The threshold of a profile when each file is scored at one that was chosen without it.

    Parameters
    ----------
    mean, sd : float
        Held-out score over the shuffles.
    threshold : float
        `CrossValidated.threshold`.
    lowest, highest : float
        Range over all folds.
    """

    mean: float
    sd: float
    threshold: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, found: CrossValidated) -> CrossValidatedChoice:
        """Sum up the folds' thresholds."""
        folds = found.thresholds
        return cls(found.mean, found.sd, found.threshold, float(folds.min()), float(folds.max()))


@dataclass(frozen=True, eq=False)
class TunedThresholds:
    """The threshold curves of a detector, and what cross-validation chooses.

    Parameters
    ----------
    name : str
        As on the command line.
    label : str
        Its name in the results.
    curves : sequence of ProfileCurve
        One per profile.
    choices : mapping of str to CrossValidatedChoice
        By profile; empty if there are too few files to hold some out.
    """

    name: str
    label: str
    curves: Sequence[ProfileCurve]
    choices: Mapping[str, CrossValidatedChoice]

    def best(self) -> dict[str, dict[str, float]]:
        """Return the best thresholds as NAB's thresholds file holds them, equal to those of `steps.optimize`."""
        return {c.profile.name: {"threshold": c.threshold, "score": c.score} for c in self.curves}


def curve_table(tuned: Sequence[TunedThresholds]) -> pd.DataFrame:
    """Concatenate all curves in one table, one row per threshold."""
    return pd.concat([curve.table(detector.label) for detector in tuned for curve in detector.curves])


def thresholds_files(benchmark: Benchmark, wanted: Path | None, here: Path) -> list[Path]:
    """List the files to write: the wanted one, else that of the results and, for NAB scores, that of nab_config."""
    config = here / "nab_config"
    both = wanted is None and benchmark.chosen.is_nab and config.is_dir()
    return [benchmark.thresholds, *([config / FILE] if both else [])]


def check_outputs(thresholds: Sequence[Path], others: Sequence[Path]) -> None:
    """Check before the work that the files can be written, and that those that are updated hold thresholds.

    Raises
    ------
    InputError
        Otherwise.
    """
    for path in (*thresholds, *others):
        check_file(path)
    for path in thresholds:
        read_thresholds_file(path)


def check_results(benchmark: Benchmark, names: Sequence[str]) -> None:
    """Check that each detector has results for all labelled files, and only for files of the corpus.

    Raises
    ------
    InputError
        Otherwise, and for no detector at all.
    """
    results = benchmark.results
    if not names:
        raise InputError("detectors: expected at least one, got none")
    if not results.is_dir() or not any(path.is_dir() for path in results.iterdir()):
        raise InputError(f"results {results}: expected the results of a detector, found none; run `zhtm run` first")
    known = benchmark.chosen.corpus.known
    for name in names:
        label = benchmark.label_of(name)
        folder = results / label
        if not folder.is_dir():
            there = ", ".join(sorted(path.name for path in results.iterdir() if path.is_dir()))
            raise InputError(f"results {results}: expected a folder {label}, found only {there}")
        found = set(detector_files(folder))
        missing = [path for path in benchmark.labelled if results_path(results, label, path) not in found]
        if missing:
            raise InputError(
                f"results {folder}: expected results of the {len(benchmark.labelled)} labelled files, "
                f"{len(missing)} missing: {missing[0]}{' and others' if len(missing) > 1 else ''}"
            )
        strange = sorted(found - {results_path(results, label, path) for path in known})
        if strange:
            raise InputError(
                f"results {folder}: expected results of the files of {benchmark.chosen.corpus.root} alone, "
                f"got {len(strange)} of other files: {strange[0].relative_to(folder)}"
                f"{' and others' if len(strange) > 1 else ''}"
            )


def tune(benchmark: Benchmark, name: str) -> TunedThresholds:
    """Sweep a detector's thresholds, from its results.

    Parameters
    ----------
    benchmark : Benchmark
        The thresholds are chosen for its `profiles`.
    name : str
        The detector, as on the command line.

    Raises
    ------
    InputError
        When results are missing or bad.
    """
    corpus = benchmark.labelled
    ranking = benchmark.ranking(name)
    curves = [profile_curve(ranking, corpus, profile) for profile in benchmark.profiles]
    choices = {}
    if len(corpus) > 1:
        validated = cross_validate(ranking, corpus, benchmark.profiles)
        choices = {profile: CrossValidatedChoice.of(found) for profile, found in validated.items()}
    return TunedThresholds(name, benchmark.label_of(name), curves, choices)
