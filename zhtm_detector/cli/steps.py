"""The verbs `optimize`, `score` and `normalize` of the `zhtm` command: NAB's steps after the detection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from zhtm_detector.cli import options as opt
from zhtm_detector.cli.open_benchmark import finish, open_benchmark
from zhtm_detector.cli.options import DETECTORS, RESULTS, split
from zhtm_detector.cli.show import Format, choose_format, scoreboard_table, show
from zhtm_detector.common.errors import InputError

if TYPE_CHECKING:
    from zhtm_detector.common.tables import DataTable
    from zhtm_detector.nab.benchmark import Benchmark


def optimize(
    nab_root: opt.NabRoot = None,
    detectors: opt.DetectorsWithResults = DETECTORS,
    files: opt.Files = None,
    results: opt.Results = RESULTS,
    thresholds: opt.Thresholds = None,
    profiles: opt.Profiles = None,
    json: opt.Json = False,
    markdown: opt.Markdown = False,
    csv: opt.Csv = False,
) -> None:
    """Step 2: find the best threshold for each profile.

    The thresholds go into the thresholds file.

    Example: zhtm optimize
    """
    form = choose_format(json, markdown, csv)
    benchmark = open_benchmark(nab_root, files, results, thresholds, profiles, writes=True)
    names = _names(detectors, benchmark, files)
    benchmark.optimize(names)
    best = {benchmark.label_of(name): benchmark.best_thresholds(name) for name in names}
    show(form, [_threshold_table("Best thresholds", best)], best)
    finish(benchmark)


def score(
    nab_root: opt.NabRoot = None,
    detectors: opt.DetectorsWithResults = DETECTORS,
    files: opt.Files = None,
    results: opt.Results = RESULTS,
    thresholds: opt.Thresholds = None,
    profiles: opt.Profiles = None,
    measures: opt.Measures = False,
    json: opt.Json = False,
    markdown: opt.Markdown = False,
    csv: opt.Csv = False,
) -> None:
    """Step 3: score the detections at the thresholds.

    The results folder gets one CSV file per detector and profile. With --measures, figures that do not depend on NAB's
    scoring follow: precision, recall and F1 of records and of ranges at the standard profile's threshold, and AUC-PR
    and VUS-PR without a threshold; the JSON document then has them beside the scores.

    Example: zhtm score --detectors zhtm
    """
    form = choose_format(json, markdown, csv)
    benchmark = open_benchmark(nab_root, files, results, thresholds, profiles, writes=True)
    names = _names(detectors, benchmark, files)
    measured = _measures(benchmark, names) if measures else None
    benchmark.score(names)
    scored = {
        benchmark.label_of(name): {
            profile.name: {
                "threshold": benchmark.chosen_thresholds(name)[profile.name],
                "score": benchmark.total(name, profile),
            }
            for profile in benchmark.profiles
        }
        for name in names
    }
    tables = [_threshold_table("Scores at the thresholds", scored)]
    content: dict[str, Any] = scored
    if measured:
        table, found = measured
        tables, content = [*tables, table], {"scores": scored, "measures": found}
    show(form, tables, content, main=tables[-1])
    finish(benchmark)


def normalize(
    nab_root: opt.NabRoot = None,
    detectors: opt.DetectorsWithResults = DETECTORS,
    files: opt.Files = None,
    results: opt.Results = RESULTS,
    profiles: opt.Profiles = None,
    json: opt.Json = False,
    markdown: opt.Markdown = False,
    csv: opt.Csv = False,
) -> None:
    """Step 4: put the scores on NAB's scale and print the scoreboard.

    The final scores go into final_results.json in the results.

    Example: zhtm normalize
    """
    form = choose_format(json, markdown, csv)
    benchmark = open_benchmark(nab_root, files, results, None, profiles, writes=True)
    final = benchmark.normalize(_names(detectors, benchmark, files))
    show(form, [final_table(benchmark, final, form)], final)
    finish(benchmark)


def _names(text: str, benchmark: Benchmark, files: str | None) -> list[str]:
    """Split the names of detectors; say so where one has results on another corpus only."""
    from zhtm_detector.detectors.names import NOT_NAB, detector_names
    from zhtm_detector.nab.result_files import detectors_in

    there = benchmark.with_results()
    corpora = ("the whole of NAB", "the sample corpus", "a part of NAB", "another corpus")
    kinds = dict(zip(("", *NOT_NAB), corpora, strict=True))
    kind = kinds[benchmark.chosen.prefix]
    if not there and "all" in split(text):
        raise InputError(f"results {benchmark.results}: expected those of at least one detector for {kind}, got none")
    for name in set(split(text)) - {*there}:
        for prefix, other in kinds.items():
            if name in detectors_in(benchmark.results, prefix, benchmark.labelled):
                hint = "; leave out --files" if files is not None and not prefix else ""
                raise InputError(f"results {benchmark.results}: expected {name} for {kind}, got it for {other}{hint}")
    return detector_names(text, there)


def _measures(benchmark: Benchmark, names: Sequence[str]) -> tuple[DataTable, dict[str, Any]]:
    """Measure detectors at their thresholds: a table and, by the detector's name in the results, a JSON object."""
    from zhtm_detector.evaluation.measures.results import measure_results
    from zhtm_detector.evaluation.measures.tables import measures_table

    found, labels = measure_results(benchmark, names)
    return measures_table(found, labels), {label: each.to_json() for label, each in found.items()}


def _threshold_table(title: str, entries: dict[str, dict[str, dict[str, float]]]) -> DataTable:
    from zhtm_detector.common.tables import Cell, Column, DataTable

    columns = [
        Column("detector", "detector"),
        Column("profile", "profile"),
        Column("threshold", "threshold", 6),
        Column("score", "score before scaling", 4),
    ]
    cells: list[list[Cell]] = [
        [label, profile, entry["threshold"], entry["score"]]
        for label, profiles in entries.items()
        for profile, entry in profiles.items()
    ]
    return DataTable(title, columns, cells)


def final_table(benchmark: Benchmark, final: dict[str, dict[str, float]], form: Format) -> DataTable:
    """Return the scoreboard, on NAB with the published detectors."""
    from zhtm_detector.nab.scoreboard import scoreboard

    chosen = benchmark.chosen
    return scoreboard_table(scoreboard(final, with_published=chosen.is_nab), form, chosen.notice)
