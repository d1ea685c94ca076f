"""The verb `validate` of the `zhtm` command."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from zhtm_detector.cli.open_benchmark import finish, open_benchmark
from zhtm_detector.cli.options import RESULTS, Files, Json, Markdown, NabRoot, Results, Scheduler, Workers
from zhtm_detector.cli.show import show, split
from zhtm_detector.cli.worker_options import workers_of


def validate(
    preset: Annotated[
        str | None, typer.Option(help="What to validate: a preset's name or a .json file. Default: the default preset.")
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(
            help="Comma-separated sections: scoreboard, folds, seeds, causal, ablation, baselines, bootstrap, windows. "
            "Default: all."
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="How many seeds, from --seed on.")] = 10,
    ablation_seeds: Annotated[int, typer.Option(min=1, max=1000, help="How many of them in the ablation.")] = 1,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="The first seed.")] = 42,
    against: Annotated[str, typer.Option(help="Comma-separated published detectors.")] = "ARTime,numenta,contextOSE",
    nab_root: NabRoot = None,
    files: Files = None,
    results: Results = RESULTS,
    workers: Workers = None,
    scheduler: Scheduler = None,
    json: Json = False,
    markdown: Markdown = False,
) -> None:
    """Show the evidence for a preset: seeds, cross-validated thresholds, ablation, baselines, intervals.

    What is computed is kept in the results' folder validate/, so a run that was cut goes on where it stopped.

    Example: zhtm validate --only scoreboard,folds,bootstrap
    """
    from zhtm_detector.cli import console
    from zhtm_detector.evaluation.evidence_page import evidence_page
    from zhtm_detector.evaluation.validation import SECTIONS, ValidationPlan, store_of
    from zhtm_detector.evaluation.validation import validate as run
    from zhtm_detector.htm.params import DEFAULT_PRESET, load_preset

    name = preset or DEFAULT_PRESET
    plan = ValidationPlan(
        Path(name).stem if name.endswith(".json") else name,
        load_preset(name),
        split(only) if only is not None else SECTIONS,
        seed,
        seeds,
        ablation_seeds,
        split(against),
    )
    with workers_of(workers, scheduler) as where:
        benchmark = open_benchmark(nab_root, files, results)
        store = store_of(benchmark.chosen.corpus, benchmark.labelled, results)
        start = perf_counter()
        with console.counting("records", store.total_records(plan.sources())) as count:
            found = run(plan, store, benchmark.labelled, benchmark.profiles, where, count)
    seconds = perf_counter() - start
    if json:
        console.print_json(
            {"preset": name, "seed": seed, "is_nab": benchmark.chosen.is_nab, "notice": benchmark.chosen.notice}
            | found.to_json()
            | {"seconds": round(seconds, 2)}
        )
    elif markdown:
        console.out.print(evidence_page(found, benchmark.chosen))
    else:
        show(found.tables.values(), markdown=False)
        console.out.print(f"{found.computed} files scored, {found.cached} already there, in {seconds:.1f} s")
    finish(benchmark, found.errors.items())
