"""The verb `peers` of the `zhtm` command: today's detectors of other libraries beside ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zhtm_detector.cli import options as opt
from zhtm_detector.cli.detect import compile_kernels
from zhtm_detector.cli.open_benchmark import open_benchmark, open_corpora, report_failures
from zhtm_detector.cli.options import split
from zhtm_detector.cli.show import Format, choose_format, show
from zhtm_detector.cli.validate import roots_of
from zhtm_detector.cli.worker_options import workers_of


def peers(
    only: Annotated[str | None, typer.Option(help="Comma-separated peers. Default: all.")] = None,
    detectors: Annotated[
        str | None, typer.Option(help="Our detectors beside them, as in zhtm run. Default: some presets and baselines.")
    ] = None,
    corpus: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=ROOT", help="Another corpus in NAB's layout, or `sample`. Can be repeated."),
    ] = None,
    cpu_limit: Annotated[
        float,
        typer.Option(
            min=0.001,
            max=10**7,
            help="Seconds of processor time for a detector on a corpus. By the clock, a file may take four times that.",
        ),
    ] = 1200.0,
    nab_root: opt.NabRoot = None,
    files: opt.Files = None,
    seed: opt.Seed = 42,
    workers: opt.Workers = None,
    scheduler: opt.Scheduler = None,
    results: opt.Results = Path("results/peers"),
    output: Annotated[
        Path | None,
        typer.Option(
            help="A page with the picture and the tables (.html), or the picture (.png, .svg; needs the extra image "
            "and an installed Chrome or Chromium). Default: none."
        ),
    ] = None,
    json: opt.Json = False,
    markdown: opt.Markdown = False,
    csv: opt.Csv = False,
) -> None:
    """Run today's detectors of other libraries beside ours.

    They run untuned, and need the extra `peers`. Scores and what they cost stay in the results folder, so that an
    interrupted run goes on.

    Example: zhtm peers --only loda,isolationForest --output peers.html
    """
    from zhtm_detector.cli import console
    from zhtm_detector.common.files import check_file
    from zhtm_detector.detectors.foreign.peers import PEERS
    from zhtm_detector.evaluation.peers import (
        OURS,
        Entry,
        board,
        board_page,
        board_table,
        choices_of,
        failures,
        peers_named,
    )
    from zhtm_detector.evaluation.peers_costs import Costs
    from zhtm_detector.pages.image import check_output
    from zhtm_detector.pages.peers_page import write_board

    if output is not None:
        check_output(output)
        check_file(output, "--output")
    form = choose_format(json, markdown, csv)
    names = peers_named(split(only) if only is not None else list(PEERS))
    choices = choices_of(names, OURS if detectors is None else detectors, cpu_limit)
    roots = roots_of(corpus or [])
    benchmark = open_benchmark(nab_root, files, results, writes=True)
    opened = open_corpora(benchmark, roots, lambda name: results / name)
    costs = {name: Costs(one, seed, cpu_limit) for name, one in opened.items()}
    with workers_of(workers, scheduler, keep=True) as where:
        compile_kernels(choices, where)
    boards: dict[str, list[Entry]] = {}
    first: list[Entry] = []
    with workers_of(workers, scheduler) as where:  # new processes for each detector: what one needs is its own
        for name, one in opened.items():
            records = sum(file.length for file in one.labelled.values()) * len(choices)
            with console.counting("records", records) as count:
                boards[name] = board(one, choices, seed, where, cpu_limit, costs[name], first, count)
            first = first or boards[name]
    profiles = [profile.name for profile in benchmark.profiles]
    tables = [board_table(name, entries, profiles) for name, entries in boards.items()]
    if output is not None:
        write_board(output, boards, tables)
    lines = [] if output is None else [f"Picture: {output}"]
    if form is Format.MARKDOWN:
        console.say(*board_page(tables, corpus or [], only, output).split("\n"))
    else:
        show(form, tables, {name: [entry.to_json() for entry in entries] for name, entries in boards.items()}, *lines)
    for name, entries in boards.items():
        for line in failures(entries):
            console.fail(f"{name}: {line}")
    failed = [report_failures(one, (), f" of {name}" if roots else "") for name, one in opened.items()]
    if any(failed) or any(failures(entries) for entries in boards.values()):
        raise typer.Exit(1)
