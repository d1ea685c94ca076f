"""The verb `validate` of the `zhtm` command: how far a preset's score can be trusted."""

from __future__ import annotations

from time import perf_counter
from typing import Annotated

import typer

from zhtm_detector.cli import options as opt
from zhtm_detector.cli.open_benchmark import about, finish, open_benchmark
from zhtm_detector.cli.options import RESULTS, SAME_BYTES, read_preset, split
from zhtm_detector.cli.show import Format, choose_format, show
from zhtm_detector.cli.worker_options import workers_of


def validate(
    preset: opt.Preset = None,
    only: Annotated[
        str | None,
        typer.Option(
            help="Comma-separated sections: scoreboard, folds, seeds, causal, ablation, baselines, bootstrap, windows. "
            "Default: all."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help=f"First random seed: {SAME_BYTES}")] = 42,
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="Number of seeds in the section seeds.")] = 10,
    ablation_seeds: Annotated[int, typer.Option(min=1, max=1000, help="Number of seeds in the section ablation.")] = 1,
    against: Annotated[
        str, typer.Option(help="Detectors to compare with: published ones, comma-separated.")
    ] = "ARTime,numenta,contextOSE",
    nab_root: opt.NabRoot = None,
    files: opt.Files = None,
    results: opt.Results = RESULTS,
    workers: opt.Workers = None,
    scheduler: opt.Scheduler = None,
    json: opt.Json = False,
    markdown: opt.Markdown = False,
    csv: opt.Csv = False,
) -> None:
    """Show how far the score of a preset can be trusted.

    The evidence: other seeds, thresholds cross-validated over files, an ablation of the model's parts, baselines, and
    bootstrap intervals against published detectors. Scores are cached in validate/ in the results folder, so an
    interrupted validation continues where it stopped.

    Example: zhtm validate --only scoreboard,folds,bootstrap
    """
    from zhtm_detector.cli import console
    from zhtm_detector.evaluation.evidence_page import evidence_page
    from zhtm_detector.evaluation.validation import SECTIONS, ValidationPlan, store_of
    from zhtm_detector.evaluation.validation import validate as run

    form = choose_format(json, markdown, csv)
    name, title, params = read_preset(preset)
    sections = split(only) if only is not None else SECTIONS
    plan = ValidationPlan(title, params, sections, seed, seeds, ablation_seeds, split(against))
    with workers_of(workers, scheduler) as where:
        benchmark = open_benchmark(nab_root, files, results)
        store = store_of(benchmark.chosen.corpus, benchmark.labelled, results)
        start = perf_counter()
        with console.counting("records", store.total_records(plan.sources())) as count:
            found = run(plan, store, benchmark.labelled, benchmark.profiles, where, count)
    seconds = perf_counter() - start
    content = {"preset": name, "seed": seed} | about(benchmark) | found.to_json() | {"seconds": round(seconds, 2)}
    line = f"{found.computed} files scored, {found.cached} already there, in {seconds:.1f} s"
    if form is Format.MARKDOWN:
        console.out.print(evidence_page(found, benchmark.chosen))
    else:
        show(form, list(found.tables.values()), content, line)
    finish(benchmark, found.errors.items())
