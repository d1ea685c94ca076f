"""The verb `sweep` of the `zhtm` command: a grid of variants of a preset."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from zhtm_detector.cli import options as opt
from zhtm_detector.cli.open_benchmark import about, finish, open_benchmark
from zhtm_detector.cli.options import RESULTS, read_preset
from zhtm_detector.cli.show import choose_format, show
from zhtm_detector.cli.worker_options import workers_of


def sweep(
    grid: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME=V1,V2,...", help="A parameter as a preset's file names it, and its values as in JSON."
        ),
    ],
    preset: opt.Preset = None,
    profiles: opt.Profiles = None,
    output: Annotated[
        Path | None, typer.Option(help="Page to write. Default: sweep.html in the results folder.")
    ] = None,
    seed: opt.Seed = 42,
    nab_root: opt.NabRoot = None,
    files: opt.Files = None,
    results: opt.Results = RESULTS,
    workers: opt.Workers = None,
    scheduler: opt.Scheduler = None,
    json: opt.Json = False,
    markdown: opt.Markdown = False,
    csv: opt.Csv = False,
) -> None:
    """Score every variant of a preset in a grid of parameters.

    Prints a table and writes a page with a heat map. Scores are cached in validate/ in the results folder, so an
    interrupted sweep continues where it stopped. ledger.jsonl there counts all variants ever looked at.

    Example: zhtm sweep anomaly.refractory=0.1,0.2,0.4 columns.0.calibration.weight=0.3,0.35
    """
    from zhtm_detector.cli import console
    from zhtm_detector.common.files import write_text
    from zhtm_detector.evaluation.ledger import Ledger
    from zhtm_detector.evaluation.validation import store_of
    from zhtm_detector.pages.grid_page import grid_page
    from zhtm_detector.tuning.parameters.grid import grid_table, parse_grid, run_grid

    form = choose_format(json, markdown, csv)
    name, title, params = read_preset(preset)
    parsed = parse_grid(params, grid)
    page = output or results / "sweep.html"
    with workers_of(workers, scheduler) as where:
        benchmark = open_benchmark(nab_root, files, results, None, profiles, writes=True)
        store = store_of(benchmark.chosen.corpus, benchmark.labelled, results)
        ledger = Ledger.of(results)
        start = perf_counter()
        records = sum(file.length for file in benchmark.labelled.values()) * len(parsed.variants)
        with console.counting("records", records) as count:
            swept = run_grid(parsed, store, benchmark.labelled, benchmark.profiles, seed, where, ledger, count)
    seconds = perf_counter() - start
    write_text(page, grid_page(swept, title, seed, benchmark.chosen.notice))
    table = grid_table(swept, title)
    content = (
        {"preset": name, "seed": seed}
        | about(benchmark)
        | {"rows": table.records(), "page": str(page), "computed": swept.computed, "cached": swept.cached}
        | {"failed": [{"file": path, "error": error} for path, error in swept.errors.items()]}
        | {"seconds": round(seconds, 2)}
    )
    counts = f"{swept.computed} files scored, {swept.cached} already there, in {seconds:.1f} s"
    show(form, [table], content, f"{counts}. Page: {page}")
    finish(benchmark, swept.errors.items())
