"""The verb `run` of the `zhtm` command: NAB's four steps together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from zhtm_detector.cli import options as opt
from zhtm_detector.cli.detect import cost_line, cost_of, run_detectors
from zhtm_detector.cli.open_benchmark import finish, open_benchmark
from zhtm_detector.cli.options import DETECTORS, RESULTS
from zhtm_detector.cli.show import Format, choose_format, show
from zhtm_detector.cli.steps import final_table
from zhtm_detector.cli.worker_options import workers_of
from zhtm_detector.common.errors import InputError
from zhtm_detector.detectors.foreign.spec import TIMEOUT

if TYPE_CHECKING:
    from zhtm_detector.detectors.names import DetectorChoice
    from zhtm_detector.nab.benchmark import Benchmark


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
        rows = run_detectors(benchmark, choices, seed, where)
        detected = perf_counter()
    names = benchmark.succeeded(choice.name for choice in choices)
    benchmark.optimize(names)
    benchmark.score(names)
    final = benchmark.normalize(names)
    cost = cost_of(rows, detected - start, perf_counter() - detected, where)
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
    lines = [cost_line(cost), f"Final scores: {results / 'final_results.json'}"]
    if names or form is Format.JSON:
        show(form, [final_table(benchmark, final, form)], content, *lines, *([f"Report: {page}"] if page else []))
    finish(benchmark, ((row.relative_path, row.error) for row in failed))


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
