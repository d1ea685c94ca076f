"""All that a report says of one detector, read from a results folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zhtm_detector.common.errors import InputError
from zhtm_detector.evaluation.windows import detectors_in
from zhtm_detector.nab.benchmark import Benchmark
from zhtm_detector.nab.costs import FileCost, file_cost, point_value
from zhtm_detector.nab.scoreboard import BoardRow
from zhtm_detector.nab.scoring import Profile
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
    thresholds = benchmark.chosen_thresholds(detector)
    columns = {path: benchmark.columns(detector, path) for path in scored}
    scores = {path: found.scores for path, found in columns.items()}
    ranking = benchmark.ranking(detector)
    values = {profile.name: point_value(scored, profile) for profile in benchmark.profiles}
    found = []
    for path, file in scored.items():
        data = benchmark.chosen.corpus.load(path).data
        seen = views(file, scores[path], thresholds)
        costs = {p.name: file_cost(file, seen[p.name].marks, p, values[p.name]) for p in benchmark.profiles}
        found.append(FileView(Series.of(file, data, columns[path].scores, columns[path].raw), seen, costs))
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
