"""The `zhtm` command: one verb a function; what a verb needs is imported inside it, so that help answers at once."""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhtm_detector.cli.bench import bench
from zhtm_detector.cli.compare import compare
from zhtm_detector.cli.open_benchmark import finish, open_benchmark
from zhtm_detector.cli.options import (
    RESULTS,
    Causal,
    Detectors,
    Files,
    Json,
    NabRoot,
    Preset,
    Profiles,
    Results,
    Scheduler,
    Seed,
    Thresholds,
    Workers,
)
from zhtm_detector.cli.plot import plot
from zhtm_detector.cli.report import report
from zhtm_detector.cli.sweep import sweep
from zhtm_detector.cli.tune import tune
from zhtm_detector.cli.validate import validate
from zhtm_detector.cli.worker_options import workers_of
from zhtm_detector.common.errors import InputError

if TYPE_CHECKING:
    from zhtm_detector.common import workers as parallel
    from zhtm_detector.detectors.names import DetectorChoice
    from zhtm_detector.nab.benchmark import Benchmark
from zhtm_detector.nab.detect import Detection

_EPILOG = (
    "Exit codes: 0 done; 1 done, but some files failed (each is a row with its error); "
    "2 bad input or usage; 130 interrupted."
)

app = typer.Typer(
    name="zhtm",
    help="HTM anomaly detection on the Numenta Anomaly Benchmark (NAB). Begin with: zhtm run",
    epilog=_EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_DETECTORS = "zhtm,null"


@app.command()
def run(
    nab_root: NabRoot = None,
    preset: Preset = None,
    detectors: Detectors = _DETECTORS,
    causal: Causal = False,
    files: Files = None,
    seed: Seed = 42,
    workers: Workers = None,
    scheduler: Scheduler = None,
    results: Results = RESULTS,
    thresholds: Thresholds = None,
    profiles: Profiles = None,
    with_report: Annotated[
        bool, typer.Option("--report/--no-report", help="Write the report (report-DETECTOR.html) as well.")
    ] = True,
    json: Json = False,
) -> None:
    """Run all four steps, to final_results.json and a scoreboard.

    Example: zhtm run --nab-root ../NAB
    """
    from zhtm_detector.cli import console

    choices = _choices(detectors, preset, causal)
    with workers_of(workers, scheduler, keep=True) as where:
        benchmark = open_benchmark(nab_root, files, results, thresholds, profiles)
        benchmark.check_results()
        start = perf_counter()
        rows = _detect(benchmark, choices, seed, where)
        detected = perf_counter()
    names = benchmark.succeeded(choice.name for choice in choices)
    benchmark.optimize(names)
    benchmark.score(names)
    final = benchmark.normalize(names)
    end = perf_counter()
    failed = [row for row in rows if row.error]
    for choice in choices:
        if choice.name not in names:
            console.warn(f"{benchmark.label_of(choice.name)}: has no final score, for it failed on some files")
    page = _report(benchmark, choices, names) if with_report else None
    if json:
        console.print_json(
            {
                "final_results": final,
                "is_nab": benchmark.chosen.is_nab,
                **_cost(rows, detected - start, end - detected, where),
                "report": None if page is None else str(page),
            }
            | {"failed": [{"detector": r.detector, "file": r.relative_path, "error": r.error} for r in failed]}
        )
    else:
        _show_board(benchmark, final)
        _show_cost(rows, detected - start, end - detected, where)
        console.out.print(f"Final scores: {results / 'final_results.json'}")
        if page is not None:
            console.out.print(f"Report: {page}")
    finish(benchmark, ((row.relative_path, row.error) for row in failed))


@app.command()
def detect(
    nab_root: NabRoot = None,
    preset: Preset = None,
    detectors: Detectors = _DETECTORS,
    causal: Causal = False,
    files: Files = None,
    seed: Seed = 42,
    workers: Workers = None,
    scheduler: Scheduler = None,
    results: Results = RESULTS,
    json: Json = False,
) -> None:
    """Step 1: anomaly scores of every record, a CSV a file.

    Example: zhtm detect --preset numenta
    """
    from zhtm_detector.cli import console

    choices = _choices(detectors, preset, causal)
    with workers_of(workers, scheduler, keep=True) as where:
        benchmark = open_benchmark(nab_root, files, results)
        start = perf_counter()
        rows = _detect(benchmark, choices, seed, where)
        seconds = perf_counter() - start
    failed = [row for row in rows if row.error]
    if json:
        console.print_json(
            _cost(rows, seconds, 0.0, where)
            | {"rows": [{"detector": r.detector, "file": r.relative_path, "error": r.error} for r in rows]}
        )
    else:
        _show_cost(rows, seconds, 0.0, where)
    finish(benchmark, ((row.relative_path, row.error) for row in failed))


@app.command()
def optimize(
    nab_root: NabRoot = None,
    detectors: Detectors = _DETECTORS,
    files: Files = None,
    results: Results = RESULTS,
    thresholds: Thresholds = None,
    profiles: Profiles = None,
    json: Json = False,
) -> None:
    """Step 2: the best threshold for each profile, into the thresholds file.

    Example: zhtm optimize
    """
    from zhtm_detector.cli import console

    benchmark = open_benchmark(nab_root, files, results, thresholds, profiles)
    names = _names(detectors)
    benchmark.optimize(names)
    best = {benchmark.label_of(name): benchmark.best_thresholds(name) for name in names}
    if json:
        console.print_json(best)
    else:
        for label, entries in best.items():
            for profile, entry in entries.items():
                line = (
                    f"{label} {profile}: threshold {entry['threshold']:.6g}, score {entry['score']:.4f} before scaling"
                )
                console.out.print(line)
    finish(benchmark)


@app.command()
def score(
    nab_root: NabRoot = None,
    detectors: Detectors = _DETECTORS,
    files: Files = None,
    results: Results = RESULTS,
    thresholds: Thresholds = None,
    profiles: Profiles = None,
) -> None:
    """Step 3: score at the thresholds, a CSV a profile.

    Example: zhtm score --detectors zhtm
    """
    benchmark = open_benchmark(nab_root, files, results, thresholds, profiles)
    benchmark.score(_names(detectors))
    finish(benchmark)


@app.command()
def normalize(
    nab_root: NabRoot = None,
    detectors: Detectors = _DETECTORS,
    files: Files = None,
    results: Results = RESULTS,
    profiles: Profiles = None,
    json: Json = False,
) -> None:
    """Step 4: scores on NAB's scale, into final_results.json.

    Example: zhtm normalize
    """
    from zhtm_detector.cli import console

    benchmark = open_benchmark(nab_root, files, results, None, profiles)
    final = benchmark.normalize(_names(detectors))
    if json:
        console.print_json(final)
    else:
        _show_board(benchmark, final)
    finish(benchmark)


app.command()(compare)
app.command()(validate)
app.command()(bench)
app.command()(report)
app.command()(plot)
app.add_typer(tune, name="tune")
app.command()(sweep)


@app.command()
def fetch(
    destination: Annotated[Path | None, typer.Argument(help="Where to; default: the user's cache.")] = None,
    url: Annotated[str | None, typer.Option(help="Another server with the same files.")] = None,
) -> None:
    """Download NAB's corpus at the pinned commit, checked by sha256.

    Example: zhtm fetch
    """
    from zhtm_detector.cli import console
    from zhtm_detector.nab.fetch import BASE_URL, default_cache, fetch_corpus, read_registry

    with console.counting("files", len(read_registry())) as count:
        root = fetch_corpus(destination or default_cache(), url or BASE_URL, progress=lambda *_: count(1))
    console.out.print(f"NAB root: {root}")


@app.command()
def inside(
    checkout: Annotated[Path, typer.Argument(help="A clone of numenta/NAB.")],
    preset: Preset = None,
    detectors: Detectors = "zhtm",
    seed: Seed = 42,
    workers: Workers = None,
    json: Json = False,
) -> None:
    """Run our detector with NAB's own runner, in a real checkout.

    Example: zhtm inside ../NAB
    """
    from contextlib import redirect_stdout

    from zhtm_detector.cli import console
    from zhtm_detector.common.workers import cores
    from zhtm_detector.nab.checkout import run_in_checkout
    from zhtm_detector.nab.scoreboard import scoreboard

    with redirect_stdout(sys.stderr):  # NAB prints as it goes
        final = run_in_checkout(checkout, _choices(detectors, preset), seed, workers or cores())
    if json:
        console.print_json(final)
    else:
        console.out.print(console.score_table(scoreboard(final, with_published=True), "NAB's own runner and scorer"))


def _choices(detectors: str, preset: str | None, causal: bool = False) -> list[DetectorChoice]:
    from zhtm_detector.detectors.names import choose_detectors

    return choose_detectors(detectors, preset, causal)


def _names(detectors: str) -> list[str]:
    from zhtm_detector.detectors.names import detector_names

    return detector_names(detectors)


def _detect(benchmark: Benchmark, choices: list[DetectorChoice], seed: int, where: parallel.Workers) -> list[Detection]:
    from zhtm_detector.cli import console
    from zhtm_detector.common.workers import KeptWorkers

    if isinstance(where, KeptWorkers) and (models := [choice.params for choice in choices if choice.params]):
        from zhtm_detector.htm.warm_up import warm_up

        warm_up(models, where)
    file_count = len(benchmark.windows) * len(choices)
    record_count = sum(windows.length for windows in benchmark.labelled.values()) * len(choices)
    with console.detection_progress(file_count, record_count) as progress:
        rows = benchmark.detect(choices, seed, where, progress.on_row, progress.on_records)
    for warning in sorted({warning for row in rows for warning in row.warnings}):
        console.warn(warning)
    return rows


def _report(benchmark: Benchmark, choices: list[DetectorChoice], names: list[str]) -> Path | None:
    """Write the report of the run's first model, else of its first baseline; what hinders it hinders no scores."""
    from zhtm_detector.cli import console
    from zhtm_detector.pages.report.page import write_report

    models = [choice.name for choice in choices if choice.params is not None and choice.name in names]
    for name in [*models, *names][:1]:
        try:
            return write_report(benchmark, name)
        except InputError as error:
            console.warn(f"no report: {error}")
    return None


def _cost(rows: list[Detection], detecting: float, scoring: float, where: parallel.Workers) -> dict[str, Any]:
    from zhtm_detector.common.workers import RemoteWorkers, peak_mib

    records = sum(row.records for row in rows)
    return {
        "records": records,
        "detect_seconds": round(detecting, 2),
        "score_seconds": round(scoring, 2),
        "records_per_second": round(records / detecting),
        # What remote workers take is not seen.
        "peak_process_mib": None if isinstance(where, RemoteWorkers) else peak_mib(),
    }


def _show_cost(rows: list[Detection], detecting: float, scoring: float, where: parallel.Workers) -> None:
    from zhtm_detector.cli import console

    cost = _cost(rows, detecting, scoring, where)
    peak = "" if cost["peak_process_mib"] is None else f", largest process {cost['peak_process_mib']} MiB"
    scored = f"; scored in {cost['score_seconds']} s" if scoring else ""
    console.out.print(
        f"{cost['records']:,} records in {cost['detect_seconds']} s "
        f"({cost['records_per_second']:,} records/s{peak}){scored}"
    )


def _show_board(benchmark: Benchmark, final: dict[str, dict[str, float]]) -> None:
    from zhtm_detector.cli import console
    from zhtm_detector.nab.scoreboard import scoreboard

    chosen = benchmark.chosen
    title = "NAB v1.1, best threshold per profile" if chosen.is_nab else chosen.notice
    console.out.print(console.score_table(scoreboard(final, with_published=chosen.is_nab), title))


def main() -> None:
    """Run the command; every expected error is one line on standard error."""
    try:
        code = app(prog_name="zhtm", standalone_mode=False)
    except InputError as error:
        code = _fail(str(error))
    except KeyboardInterrupt:
        code = 130
    except Exception as error:
        if isinstance(error, typer.Abort):
            code = 130
        elif hasattr(error, "format_message"):  # a usage error of the command-line library
            message = error.format_message().rstrip(".")
            code = _fail(f"{message}; see --help") if message else 2  # none: the help itself was printed
        else:
            raise
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str) -> int:
    from zhtm_detector.cli.console import fail

    fail(message)
    return 2
