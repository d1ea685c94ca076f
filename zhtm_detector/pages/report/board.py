"""The scoreboard of a report: on NAB beside the published detectors, on any other corpus among its own results."""

from __future__ import annotations

import csv
from collections.abc import Collection
from pathlib import Path

from zhtm_detector.common.errors import InputError
from zhtm_detector.evaluation.windows import detectors_in
from zhtm_detector.nab import steps
from zhtm_detector.nab.benchmark import Benchmark
from zhtm_detector.nab.result_files import read_total, scores_path
from zhtm_detector.nab.scoreboard import BoardRow, scoreboard


def board_rows(benchmark: Benchmark, detector: str) -> list[BoardRow]:
    """Rank the detectors of a results folder.

    On NAB they are those of final_results.json. On any other corpus they are those that were scored on the same files
    as `detector`, for a folder may hold scores of several choices of files under names of the same kind.

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
            profile.name: steps.normalize(read_total(paths[profile.name]), scored, profile)
            for profile in benchmark.profiles
        }
    return scoreboard(final, with_published=False)


def _is_of(path: Path, files: Collection[str]) -> bool:
    """Whether a scores file is of exactly these files."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            listed = {row["File"] for row in csv.DictReader(file) if row["Detector"] != "Totals"}
        read_total(path)
    except (OSError, ValueError, KeyError, csv.Error, InputError):
        return False
    return listed == set(files)
