"""The contents of a report about one detector, read from a results folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import shown
from zhtm_detector.evaluation.measures.corpus import CorpusMeasures
from zhtm_detector.evaluation.measures.results import measure_results
from zhtm_detector.nab import steps
from zhtm_detector.nab.benchmark import Benchmark
from zhtm_detector.nab.costs import FileCost, file_cost, point_value
from zhtm_detector.nab.result_files import detectors_in, read_total, scores_path
from zhtm_detector.nab.scoreboard import BoardRow, scoreboard
from zhtm_detector.nab.scoring import Profile
from zhtm_detector.pages.report.series import FileSeries, FileView, Overlay, views_of
from zhtm_detector.tuning.thresholds.curve import ProfileCurve, profile_curve

DEFAULT_DETECTOR = "zhtm"


@dataclass(frozen=True)
class Reported:
    """A detector that a page shows: its name, its name in the results, and the threshold of each profile."""

    detector: str
    label: str
    thresholds: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Findings:
    """The contents of a report.

    Parameters
    ----------
    detector : str
        Its name in the results.
    overlay : str
        The second detector's name in the results; empty without one.
    others : sequence of str
        Further detectors with results, as `--detectors` expects them.
    profiles : sequence of Profile
    board : sequence of BoardRow
    curves : sequence of ProfileCurve
        One per profile.
    thresholds : mapping of str to float
        The one in use, by profile.
    costs : mapping of str to sequence of FileCost
        By profile, the most expensive file first.
    files : sequence of FileView
        In the order of the first profile's costs.
    measures : mapping of str to CorpusMeasures
        Of the detector and the second one, by their names in the results.
    labels : str
        What the measures take as labelled: "ranges" or "windows".
    notice : str
        Why these are not NAB scores; empty where they are.
    """

    detector: str
    overlay: str
    others: Sequence[str]
    profiles: Sequence[Profile]
    board: Sequence[BoardRow]
    curves: Sequence[ProfileCurve]
    thresholds: Mapping[str, float]
    costs: Mapping[str, Sequence[FileCost]]
    files: Sequence[FileView]
    measures: Mapping[str, CorpusMeasures]
    labels: str
    notice: str


def choose_detector(benchmark: Benchmark, wanted: str | None) -> str:
    """Find the detector to report: the wanted one, else `zhtm`, else the first model, else the first baseline.

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
                f"detector {shown(wanted)}: expected one name, with results on {corpus} in {benchmark.results}: "
                f"{', '.join(present)}"
            )
        return wanted
    models = [name for name in present if name not in BASELINE_NAMES]
    return DEFAULT_DETECTOR if DEFAULT_DETECTOR in present else [*models, *present][0]


def gather(benchmark: Benchmark, detector: str, overlay: str | None = None) -> Findings:
    """Read the results of a detector, and of a second one to lay over its scores.

    Raises
    ------
    InputError
        When results, thresholds or final scores are missing or bad, or belong to other files or labels.
    """
    reported = read_reported(benchmark, detector)
    second = second_detector(benchmark, detector, overlay)
    scored = benchmark.scored(detector)
    files = {path: read_file_view(benchmark, path, reported, second) for path in scored}
    costs: dict[str, list[FileCost]] = {}
    for profile in benchmark.profiles:
        value = point_value(scored, profile)
        found = [
            file_cost(scored[path], file.views[profile.name].marks, profile, value) for path, file in files.items()
        ]
        costs[profile.name] = sorted(found, key=lambda cost: (-np.nan_to_num(cost.lost), cost.relative_path))
    ranking = benchmark.ranking(detector)
    present = detectors_in(benchmark.results, benchmark.chosen.prefix, benchmark.labelled)
    measures, labels = measure_results(benchmark, [each.detector for each in (reported, second) if each])
    return Findings(
        reported.label,
        second.label if second else "",
        [name for name in present if name not in (detector, overlay)],
        benchmark.profiles,
        board_rows(benchmark, detector),
        [profile_curve(ranking, scored, profile) for profile in benchmark.profiles],
        reported.thresholds,
        costs,
        [files[cost.relative_path] for cost in costs[benchmark.profiles[0].name]],
        measures,
        labels,
        benchmark.chosen.notice,
    )


def board_rows(benchmark: Benchmark, detector: str) -> list[BoardRow]:
    """Rank the detectors of a results folder.

    On NAB they are those of final_results.json, beside the published ones. On any other corpus they are those that
    were scored on the same files as `detector`: a folder may hold scores of several selections of files.

    Raises
    ------
    InputError
        When the scores of `detector` are missing.
    """
    if benchmark.chosen.is_nab:
        return scoreboard(benchmark.nab_results(), with_published=True)
    scored = benchmark.scored(detector)
    final = {}
    for name in detectors_in(benchmark.results, benchmark.chosen.prefix, benchmark.labelled):
        label = benchmark.label_of(name)
        if label in benchmark.final and set(benchmark.scored(name)) == set(scored):
            final[label] = benchmark.final[label]
            continue
        paths = {p.name: scores_path(benchmark.results, label, p.name) for p in benchmark.profiles}
        if name != detector and not all(_is_of(path, scored) for path in paths.values()):
            continue
        final[label] = {
            profile.name: steps.normalize(read_total(paths[profile.name], scored), scored, profile)
            for profile in benchmark.profiles
        }
    return scoreboard(final, with_published=False)


def _is_of(path: Path, files: Collection[str]) -> bool:
    """Whether a scores file covers exactly these files."""
    try:
        read_total(path, files)
    except InputError:
        return False
    return True


def read_reported(benchmark: Benchmark, detector: str) -> Reported:
    """Read the thresholds that a detector was scored at."""
    return Reported(detector, benchmark.label_of(detector), benchmark.chosen_thresholds(detector))


def second_detector(benchmark: Benchmark, detector: str, overlay: str | None) -> Reported | None:
    """Find the detector to lay over another one's scores.

    Raises
    ------
    InputError
        When it has no results or thresholds, or is the same one.
    """
    if overlay is None:
        return None
    if overlay == detector:
        raise InputError(f"overlay {shown(overlay)}: expected another detector than the reported one")
    return read_reported(benchmark, choose_detector(benchmark, overlay))


def page_suffix(detector: str, overlay: str = "") -> str:
    """Return the part of a page's name that says whose results it shows."""
    return f"{detector}-with-{overlay}" if overlay else detector


def read_file_view(benchmark: Benchmark, path: str, reported: Reported, second: Reported | None = None) -> FileView:
    """Read a data file and what one or two detectors do there.

    Raises
    ------
    InputError
        When results are missing, bad or of other labels.
    """
    file = benchmark.labelled[path]
    found = benchmark.columns(reported.detector, path)
    series = FileSeries.of(file, benchmark.chosen.corpus.load(path).data, found.scores, found.raw)
    overlay = None
    if second:
        over = benchmark.columns(second.detector, path).scores
        overlay = Overlay(second.label, over, views_of(file, over, second.thresholds))
    return FileView(series, views_of(file, found.scores, reported.thresholds), overlay)
