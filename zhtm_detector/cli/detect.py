"""The verb `detect` of the `zhtm` command, NAB's first step: anomaly scores, and what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

from zhtm_detector.cli import options as opt
from zhtm_detector.cli.open_benchmark import finish, open_benchmark
from zhtm_detector.cli.options import DETECTORS, RESULTS
from zhtm_detector.cli.show import choose_format, show
from zhtm_detector.cli.worker_options import workers_of
from zhtm_detector.common.errors import InputError
from zhtm_detector.detectors.foreign.spec import TIMEOUT

if TYPE_CHECKING:
    from zhtm_detector.common import workers as parallel
    from zhtm_detector.common.tables import DataTable
    from zhtm_detector.detectors.names import DetectorChoice
    from zhtm_detector.nab.benchmark import Benchmark
    from zhtm_detector.nab.detect import Detection


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
        rows = run_detectors(benchmark, choices, seed, where)
        cost = cost_of(rows, perf_counter() - start, 0.0, where)
    files_done = [{"detector": r.detector, "file": r.relative_path, "error": r.error} for r in rows]
    show(form, [_detection_table(rows)], cost | {"rows": files_done}, cost_line(cost))
    finish(benchmark, ((row.relative_path, row.error) for row in rows if row.error))


def run_detectors(
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
    compile_kernels(choices, where)
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


def compile_kernels(choices: Sequence[DetectorChoice], where: parallel.Workers) -> None:
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


def cost_of(rows: Sequence[Detection], detecting: float, scoring: float, where: parallel.Workers) -> dict[str, Any]:
    """Sum up what a run took: seconds of detecting and scoring, records a second, and memory in MiB."""
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


def cost_line(cost: dict[str, Any]) -> str:
    """Write what `cost_of` returns as a line."""
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
