"""One verb of the `zhtm` command: `sweep`, a grid of variants of a preset."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from zhtm_detector.cli.open_benchmark import finish, open_benchmark
from zhtm_detector.cli.options import RESULTS, Files, Json, Markdown, NabRoot, Results, Scheduler, Seed, Workers
from zhtm_detector.cli.show import show
from zhtm_detector.cli.worker_options import workers_of


def sweep(
    grid: Annotated[
        list[str],
        typer.Argument(metavar="NAME=V1,V2,...", help="Parameters as in a preset's file; values as in JSON."),
    ],
    preset: Annotated[
        str | None, typer.Option(help="What to vary: a preset's name or a .json file. Default: the default preset.")
    ] = None,
    profiles: Annotated[
        Path | None, typer.Option(help="Application profiles in NAB's format. Default: NAB's three.")
    ] = None,
    page: Annotated[Path | None, typer.Option(help="The page. Default: sweep.html in the results.")] = None,
    seed: Seed = 42,
    nab_root: NabRoot = None,
    files: Files = None,
    results: Results = RESULTS,
    workers: Workers = None,
    scheduler: Scheduler = None,
    json: Json = False,
    markdown: Markdown = False,
) -> None:
    """Score a grid of variants of a preset: a table, and a page with a heat map.

    What is computed is kept in the results' folder validate/, so a run that was cut goes on where it stopped.

    Example: zhtm sweep anomaly.refractory=0.1,0.2,0.4 block_novelty.weight=0.3,0.35
    """
    from zhtm_detector.cli import console
    from zhtm_detector.evaluation.validation import store_of
    from zhtm_detector.htm.params import DEFAULT_PRESET, load_preset
    from zhtm_detector.pages.grid_page import grid_page
    from zhtm_detector.pages.shell import write_page
    from zhtm_detector.tuning.parameters.grid import grid_table, parse_grid, run_grid

    name = preset or DEFAULT_PRESET
    shown = Path(name).stem if name.endswith(".json") else name
    parsed = parse_grid(load_preset(name), grid)
    target = page or results / "sweep.html"
    with workers_of(workers, scheduler) as where:
        benchmark = open_benchmark(nab_root, files, results, None, profiles)
        store = store_of(benchmark.chosen.corpus, benchmark.labelled, results)
        start = perf_counter()
        records = sum(file.length for file in benchmark.labelled.values()) * len(parsed.variants)
        with console.counting("records", records) as count:
            swept = run_grid(parsed, store, benchmark.labelled, benchmark.profiles, seed, where, count)
    seconds = perf_counter() - start
    write_page(target, grid_page(swept, shown, seed, benchmark.chosen.notice))
    table = grid_table(swept, shown)
    if json:
        console.print_json(
            {"preset": name, "seed": seed, "is_nab": benchmark.chosen.is_nab, "notice": benchmark.chosen.notice}
            | {"rows": table.records(), "page": str(target), "computed": swept.computed, "cached": swept.cached}
            | {"failed": [{"file": path, "error": error} for path, error in swept.errors.items()]}
            | {"seconds": round(seconds, 2)}
        )
    else:
        show([table], markdown)
        if not markdown:
            line = f"{swept.computed} files scored, {swept.cached} already there, in {seconds:.1f} s. Page: {target}"
            console.out.print(line)
    finish(benchmark, swept.errors.items())
