"""One verb of the `zhtm` command: `report`, the page of a results folder."""

from __future__ import annotations

from typing import Annotated

import typer

from zhtm_detector.cli.open_benchmark import finish, open_benchmark
from zhtm_detector.cli.options import RESULTS, Files, Json, NabRoot, Profiles, Results, Thresholds


def report(
    nab_root: NabRoot = None,
    detector: Annotated[
        str | None,
        typer.Option(help="Whose thresholds, costs and pictures. Default: zhtm, else the first with results."),
    ] = None,
    files: Files = None,
    results: Results = RESULTS,
    thresholds: Thresholds = None,
    profiles: Profiles = None,
    json: Json = False,
) -> None:
    """Write the report on a results folder, as one page.

    It shows the scoreboard, threshold curves, costs and a picture of every file, for one detector. The page holds all
    that it needs and can be opened from disk.

    Example: zhtm report --detector nearestValue
    """
    from zhtm_detector.cli import console
    from zhtm_detector.pages.report.gather import choose_detector
    from zhtm_detector.pages.report.page import write_report

    benchmark = open_benchmark(nab_root, files, results, thresholds, profiles)
    name = choose_detector(benchmark, detector)
    path = write_report(benchmark, name)
    if json:
        console.print_json({"report": str(path), "detector": benchmark.label_of(name)})
    else:
        console.out.print(f"Report: {path}")
    finish(benchmark)
