"""The verbs `run`, `detect`, `optimize`, `score` and `normalize`: NAB's four steps, together and one by one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhtm_detector.cli import options as opt
from zhtm_detector.cli.open_benchmark import finish, open_benchmark
from zhtm_detector.cli.options import RESULTS
from zhtm_detector.cli.show import Format, choose_format, scoreboard_table, show
from zhtm_detector.cli.worker_options import workers_of
from zhtm_detector.common.errors import InputError
from zhtm_detector.detectors.foreign.spec import TIMEOUT

if TYPE_CHECKING:
    from zhtm_detector.common import workers as parallel
    from zhtm_detector.common.tables import DataTable
    from zhtm_detector.detectors.names import DetectorChoice
    from zhtm_detector.nab.benchmark import Benchmark
    from zhtm_detector.nab.detect import Detection

DETECTORS = "zhtm,null"


def run(
    nab_root: opt.NabRoot = None,
    preset: opt.Preset = None,
    detectors: opt.Detectors = DETECTORS,
    causal: opt.Causal = False,
    files: opt.Files = None,
    seed: opt.Seed = 42,
    timeout: opt.Timeout = TIMEOUT,
    workers: opt.Workers = None,
    scheduler: opt.Scheduler = None,
    results: opt.Results = RESULTS,
    thresholds: opt.Thresholds = None,
    profiles: opt.Profiles = None,
    with_report: Annotated[
        bool, typer.Option("--report/--no-report", help="Write the report, a page of pictures, into the results too.")
    ] = True,
    explain: opt.Explain = False,
    json: opt.Json = False,
    markdown: opt.Markdown = False,
    csv: opt.Csv = False,
) -> None:
    """Run all four steps of the benchmark and print the scoreboard.

    The steps are detect, optimize, score and normalize. The final scores go into final_results.json in the results.

    Example: zhtm run --nab-root ../NAB
    """
    from zhtm_detector.cli import console
    from zhtm_detector.detectors.names import choose_detectors

    form = choose_format(json, markdown, csv)
    if explain and not with_report:
        raise InputError("--explain: expected a report to explain alerts in, got --no-report")
    choices = choose_detectors(detectors, preset, causal, timeout)
    with workers_of(workers, scheduler, keep=True) as where:
        benchmark = open_benchmark(nab_root, files, results, thresholds, profiles, writes=True)
        benchmark.check_results()
        start = perf_counter()
        rows = _detect(benchmark, choices, seed, where)
        detected = perf_counter()
    names = benchmark.succeeded(choice.name for choice in choices)
    benchmark.optimize(names)
    benchmark.score(names)
    final = benchmark.normalize(names)
    cost = _cost(rows, detected - start, perf_counter() - detected, where)
    for choice in choices:
        if choice.name not in names:
            console.warn(f"{benchmark.label_of(choice.name)}: has no final score, because it failed on some files")
    page = _report(benchmark, choices, names, seed if explain else None, workers) if with_report else None
    failed = [row for row in rows if row.error]
    content = {
        "final_results": final,
        "is_nab": benchmark.chosen.is_nab,
        **cost,
        "report": None if page is None else str(page),
        "failed": [{"detector": r.detector, "file": r.relative_path, "error": r.error} for r in failed],
    }
    lines = [_cost_line(cost), f"Final scores: {results / 'final_results.json'}"]
    if names or form is Format.JSON:
        show(form, [_scoreboard(benchmark, final, form)], content, *lines, *([f"Report: {page}"] if page else []))
    finish(benchmark, ((row.relative_path, row.error) for row in failed))


def detect(
    nab_root: opt.NabRoot = None,
    preset: opt.Preset = None,
    detectors: opt.Detectors = DETECTORS,
    causal: opt.Causal = False,
    files: opt.Files = None,
    seed: opt.Seed = 42,
    timeout: opt.Timeout = TIMEOUT,
    workers: opt.Workers = None,
    scheduler: opt.Scheduler = None,
    results: opt.Results = RESULTS,
    json: opt.Json = False,
    markdown: opt.Markdown = False,
    csv: opt.Csv = False,
) -> None:
    """Step 1: write the anomaly score of every record.

    The results folder gets one CSV file per detector and data file.

    Example: zhtm detect --preset numenta
    """
    from zhtm_detector.detectors.names import choose_detectors

    form = choose_format(json, markdown, csv)
    choices = choose_detectors(detectors, preset, causal, timeout)
    with workers_of(workers, scheduler, keep=True) as where:
        benchmark = open_benchmark(nab_root, files, results, writes=True)
        start = perf_counter()
        rows = _detect(benchmark, choices, seed, where)
        cost = _cost(rows, perf_counter() - start, 0.0, where)
    files_done = [{"detector": r.detector, "file": r.relative_path, "error": r.error} for r in rows]
    show(form, [_detection_table(rows)], cost | {"rows": files_done}, _cost_line(cost))
    finish(benchmark, ((row.relative_path, row.error) for row in rows if row.error))


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
    from zhtm_detector.detectors.names import detector_names

    form = choose_format(json, markdown, csv)
    benchmark = open_benchmark(nab_root, files, results, thresholds, profiles, writes=True)
    names = detector_names(detectors, benchmark.with_results())
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
    from zhtm_detector.detectors.names import detector_names

    form = choose_format(json, markdown, csv)
    benchmark = open_benchmark(nab_root, files, results, thresholds, profiles, writes=True)
    names = detector_names(detectors, benchmark.with_results())
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
    from zhtm_detector.detectors.names import detector_names

    form = choose_format(json, markdown, csv)
    benchmark = open_benchmark(nab_root, files, results, None, profiles, writes=True)
    final = benchmark.normalize(detector_names(detectors, benchmark.with_results()))
    show(form, [_scoreboard(benchmark, final, form)], final)
    finish(benchmark)


def _measures(benchmark: Benchmark, names: Sequence[str]) -> tuple[DataTable, dict[str, Any]]:
    """Measure detectors at their thresholds: a table and, by the detector's name in the results, a JSON object."""
    from zhtm_detector.evaluation.measures.results import measure_results
    from zhtm_detector.evaluation.measures.tables import measures_table

    found, labels = measure_results(benchmark, names)
    return measures_table(found, labels), {label: each.to_json() for label, each in found.items()}


def _detect(
    benchmark: Benchmark, choices: Sequence[DetectorChoice], seed: int, where: parallel.Workers
) -> list[Detection]:
    """Run the detectors with progress bars, and print each warning about a data file once.

    Raises
    ------
    InputError
        When every file failed for every detector, as on a full disk.
    """
    from zhtm_detector.cli import console

    _load(choices)
    _compile(choices, where)
    totals = {
        "files": len(benchmark.windows) * len(choices),
        "records": sum(windows.length for windows in benchmark.labelled.values()) * len(choices),
    }
    with console.progress(totals) as (count_files, count_records):
        rows = benchmark.detect(choices, seed, where, lambda row: count_files(1), count_records)
    for warning in sorted({warning for row in rows for warning in row.warnings}):
        console.warn(warning)
    if all(row.error for row in rows):
        raise InputError(f"{rows[0].error}; all {len(rows)} pairs of file and detector failed")
    return rows


def _load(choices: Sequence[DetectorChoice]) -> None:
    """Load the detectors of others once, to refuse what is none before the work begins."""
    foreign = [choice.foreign for choice in choices if choice.foreign is not None]
    if foreign:
        from zhtm_detector.detectors.foreign.process import check_loads

        for spec in foreign:
            check_loads(spec)


def _compile(choices: Sequence[DetectorChoice], where: parallel.Workers) -> None:
    """Compile the kernels on all workers at once, so that each worker does not compile all of them."""
    from zhtm_detector.cli import console
    from zhtm_detector.common.workers import KeptWorkers

    models = [choice.params for choice in choices if choice.params is not None]
    if isinstance(where, KeptWorkers) and models:
        from zhtm_detector.htm.warm_up import warm_up

        with console.waiting("loading the compiled kernels") as status:

            def on_part(name: str, ready: int, total: int) -> None:
                status.update(f"compiling the kernels: {name} done, {ready} of {total}")

            warm_up(models, where, on_part)


def _report(
    benchmark: Benchmark,
    choices: Sequence[DetectorChoice],
    names: Sequence[str],
    seed: int | None,
    workers: int | None,
) -> Path | None:
    """Write the report of the first model, or of the first baseline if no model ran; failing is only a warning.

    With the seed of the run, alerts are explained, on this machine.
    """
    from zhtm_detector.cli import console
    from zhtm_detector.common.workers import cores
    from zhtm_detector.pages.report.page import write_report
    from zhtm_detector.pages.report.reasons import Rerun

    models = [choice for choice in choices if choice.params is not None]
    for choice in [choice for choice in (*models, *choices) if choice.name in names][:1]:
        try:
            rerun = None if seed is None else Rerun(choice, seed, workers or cores())
            return write_report(benchmark, choice.name, rerun=rerun)
        except InputError as error:
            console.warn(f"no report: {error}")
    return None


def _cost(rows: Sequence[Detection], detecting: float, scoring: float, where: parallel.Workers) -> dict[str, Any]:
    from zhtm_detector.common.workers import RemoteWorkers, peak_mib

    records = sum(row.records for row in rows)
    return {
        "records": records,
        "detect_seconds": round(detecting, 2),
        "score_seconds": round(scoring, 2),
        "records_per_second": round(records / detecting),
        # The memory of remote workers is not known.
        "peak_process_mib": None if isinstance(where, RemoteWorkers) else peak_mib(),
    }


def _cost_line(cost: dict[str, Any]) -> str:
    peak = "" if cost["peak_process_mib"] is None else f", largest process {cost['peak_process_mib']} MiB"
    scored = f"; scored in {cost['score_seconds']} s" if cost["score_seconds"] else ""
    rate = f"{cost['records_per_second']:,} records/s{peak}"
    return f"{cost['records']:,} records in {cost['detect_seconds']} s ({rate}){scored}"


def _detection_table(rows: Sequence[Detection]) -> DataTable:
    """Sum up what each detector ran on."""
    from zhtm_detector.common.tables import Cell, Column, DataTable

    cells: list[list[Cell]] = []
    for detector in dict.fromkeys(row.detector for row in rows):
        done = [row for row in rows if row.detector == detector and not row.error]
        failed = sum(row.detector == detector and bool(row.error) for row in rows)
        counts = [len(done), failed, sum(row.records for row in done)]
        seconds = [sum(row.seconds for row in done), sum(row.cpu_seconds for row in done)]
        cells.append([detector, *counts, *seconds, max((row.peak_mib for row in done), default=None)])
    keys = ("detector", "files", "failed", "records", "seconds", "cpu_seconds")
    return DataTable("Detection", [*(Column(key, key) for key in keys), Column("peak_mib", "peak, MiB", 0)], cells)


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


def _scoreboard(benchmark: Benchmark, final: dict[str, dict[str, float]], form: Format) -> DataTable:
    from zhtm_detector.nab.scoreboard import scoreboard

    chosen = benchmark.chosen
    return scoreboard_table(scoreboard(final, with_published=chosen.is_nab), form, chosen.notice)
