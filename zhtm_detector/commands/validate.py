"""Two verbs of the `zhtm` command: `compare`, with its windows, and `validate`."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from zhtm_detector.commands.corpus import finish, open_benchmark
from zhtm_detector.commands.options import RESULTS, Files, Json, Markdown, NabRoot, Results, Scheduler, Workers
from zhtm_detector.commands.show import show, split
from zhtm_detector.commands.workers import workers_of
from zhtm_detector.errors import InputError


def validate(
    preset: Annotated[
        str | None, typer.Option(help="What to validate: a preset's name or a .json file. Default: the default preset.")
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(
            help="Comma-separated sections: scoreboard, folds, seeds, online, ablation, floor, bootstrap, windows. "
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
    """Show the evidence for a preset: seeds, cross-validated thresholds, ablation, floor, intervals.

    What is computed is kept in the results' folder validate/, so a run that was cut goes on where it stopped.

    Example: zhtm validate --only scoreboard,folds,bootstrap
    """
    from zhtm_detector import console
    from zhtm_detector.params import DEFAULT_PRESET, load_preset
    from zhtm_detector.validation.validate import SECTIONS, Plan, store_of
    from zhtm_detector.validation.validate import validate as run

    name = preset or DEFAULT_PRESET
    plan = Plan(
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
    else:
        show(found.tables.values(), markdown)
        if not markdown:
            line = f"{found.computed} files scored, {found.cached} already there, in {seconds:.1f} s"
            console.out.print(line)
    finish(benchmark, found.errors.items())


def compare(
    results: Results = RESULTS,
    windows: Annotated[
        bool, typer.Option("--windows", help="Instead: window by window, who catches it and where; false positives.")
    ] = False,
    detectors: Annotated[
        str | None,
        typer.Option(
            help="With --windows, comma-separated: of the results, baselines, published ones. Default: all there are."
        ),
    ] = None,
    nab_root: NabRoot = None,
    files: Files = None,
    json: Json = False,
    markdown: Markdown = False,
) -> None:
    """Show the NAB scores of a results folder beside the published detectors.

    Example: zhtm compare --windows --detectors zhtm,ARTime
    """
    if windows:
        _compare_windows(results, detectors, nab_root, files, json, markdown)
        return
    from zhtm_detector import console
    from zhtm_detector.nab.scoreboard import read_final_results, scoreboard

    if detectors is not None or nab_root is not None or files is not None:
        raise InputError("--detectors, --nab-root and --files: expected them with --windows only")
    final, others = read_final_results(results)
    rows = scoreboard(final, with_published=True)
    if json:
        console.print_json([{"detector": r.name, "origin": r.origin, "scores": dict(r.scores)} for r in rows])
    elif markdown:
        console.out.print(console.score_markdown(rows))
    else:
        console.out.print(console.score_table(rows, "NAB v1.1, best threshold per profile"))
    if others:
        console.warn(f"left out, for they are not NAB scores: {', '.join(others)}")


def _compare_windows(
    results: Path, detectors: str | None, nab_root: Path | None, files: str | None, json: bool, markdown: bool
) -> None:
    """Show which detectors catch each window, at their best threshold of the standard profile."""
    from zhtm_detector import console
    from zhtm_detector.nab.scoreboard import PROFILES
    from zhtm_detector.nab.window_report import window_report

    benchmark = open_benchmark(nab_root, files, results)
    profile = next(profile for profile in benchmark.profiles if profile.name == PROFILES[0])
    names = split(detectors) if detectors is not None else None
    report = window_report(benchmark.chosen, benchmark.labelled, results, profile, names)
    if json:
        console.print_json({"is_nab": benchmark.chosen.is_nab, "notice": benchmark.chosen.notice, **report.to_json()})
    else:
        show([report.window_table(), report.false_positive_table(), report.legend()], markdown)
    finish(benchmark)
