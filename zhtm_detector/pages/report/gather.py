"""All that a report says of one detector, read from a results folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.evaluation.windows import detectors_in
from zhtm_detector.nab.benchmark import Benchmark
from zhtm_detector.nab.costs import FileCost, file_cost, point_value
from zhtm_detector.nab.result_files import read_score_column, read_thresholds, results_path
from zhtm_detector.nab.scoreboard import BoardRow
from zhtm_detector.nab.scoring import FileWindows, Profile, rank
from zhtm_detector.pages.report.board import board_rows
from zhtm_detector.pages.report.series import Series, View, views
from zhtm_detector.tuning.thresholds.curve import ProfileCurve, profile_curve

DEFAULT_DETECTOR = "zhtm"


@dataclass(frozen=True, eq=False)
class FileView:
    """One file: its records, and by profile what the detector does there and what that costs."""

    series: Series
    views: Mapping[str, View]
    costs: Mapping[str, FileCost]


@dataclass(frozen=True, eq=False)
class Findings:
    """What a report is made of.

    Parameters
    ----------
    detector : str
        Its name in the results.
    others : sequence of str
        Detectors that have results as well, as `--detector` takes them.
    profiles : sequence of Profile
    board : sequence of BoardRow
    curves : sequence of ProfileCurve
        One per profile.
    thresholds : mapping of str to float
        The one in use, by profile.
    files : sequence of FileView
        The most expensive first, by the first profile.
    notice : str
        Why these are no NAB scores; empty where they are.
    """

    detector: str
    others: Sequence[str]
    profiles: Sequence[Profile]
    board: Sequence[BoardRow]
    curves: Sequence[ProfileCurve]
    thresholds: Mapping[str, float]
    files: Sequence[FileView]
    notice: str


def choose_detector(benchmark: Benchmark, wanted: str | None) -> str:
    """Find the detector to report: the wanted one, else `zhtm`, else the first that is no baseline, else the first.

    Raises
    ------
    InputError
        When it has no results on these files, or none has.
    """
    from zhtm_detector.detectors.names import BASELINE_NAMES

    present = detectors_in(benchmark.results, benchmark.chosen.prefix, benchmark.labelled)
    corpus = f"the files of {benchmark.chosen.corpus.root}"
    if not present:
        raise InputError(
            f"results {benchmark.results}: expected the results of at least one detector on {corpus}, found none; "
            "run `zhtm run` first"
        )
    if wanted is not None:
        if wanted not in present:
            raise InputError(
                f"detector {wanted!r}: expected one with results on {corpus} in {benchmark.results}: "
                f"{', '.join(present)}"
            )
        return wanted
    models = [name for name in present if name not in BASELINE_NAMES]
    return DEFAULT_DETECTOR if DEFAULT_DETECTOR in present else [*models, *present][0]


def gather(benchmark: Benchmark, detector: str) -> Findings:
    """Read and work out everything about a detector.

    Raises
    ------
    InputError
        When results, thresholds or final scores are missing or bad, or belong to other files or labels.
    """
    label = benchmark.label_of(detector)
    scored = benchmark.scored(detector)
    thresholds = read_chosen(benchmark, label)
    columns = {path: read_file_columns(benchmark.results, label, file) for path, file in scored.items()}
    scores = {path: found[0] for path, found in columns.items()}
    ranking = rank(scores, scored)
    values = {profile.name: point_value(scored, profile) for profile in benchmark.profiles}
    found = []
    for path, file in scored.items():
        data = benchmark.chosen.corpus.load(path).data
        seen = views(file, scores[path], thresholds)
        costs = {p.name: file_cost(file, seen[p.name].marks, p, values[p.name]) for p in benchmark.profiles}
        found.append(FileView(Series.of(file, data, *columns[path]), seen, costs))
    first = benchmark.profiles[0].name
    found.sort(key=lambda file: (-np.nan_to_num(file.costs[first].lost), file.series.name))
    present = detectors_in(benchmark.results, benchmark.chosen.prefix, benchmark.labelled)
    return Findings(
        label,
        [name for name in present if name != detector],
        benchmark.profiles,
        board_rows(benchmark, detector),
        [profile_curve(ranking, scored, profile) for profile in benchmark.profiles],
        thresholds,
        found,
        benchmark.chosen.notice,
    )


def read_chosen(benchmark: Benchmark, label: str) -> dict[str, float]:
    """Read the threshold of each profile that the results were scored at."""
    entries = read_thresholds(benchmark.thresholds, label, benchmark.profiles)
    return {profile: entry["threshold"] for profile, entry in entries.items()}


def read_file_columns(
    results: Path, label: str, file: FileWindows
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Read a file's anomaly scores, and its raw scores where there are any.

    Raises
    ------
    InputError
        When they cannot be read, or were labelled with other windows.
    """
    path = results_path(results, label, file.relative_path)
    scores = read_score_column(path, file.length)
    more = pd.read_csv(path, usecols=lambda name: name in ("raw_score", "label"))
    if "label" in more and not np.array_equal(more["label"].to_numpy() == 1, file.windows >= 0):
        raise InputError(f"{path}: expected the labels of {file.relative_path}, got other ones; run `zhtm run` again")
    raw = pd.to_numeric(more["raw_score"], errors="coerce").to_numpy(np.float64) if "raw_score" in more else None
    return scores, raw if raw is not None and np.isfinite(raw).all() else None
