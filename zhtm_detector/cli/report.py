"""The verb `report` of the `zhtm` command: the page of a results folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zhtm_detector.cli import options as opt
from zhtm_detector.cli.open_benchmark import finish, open_benchmark
from zhtm_detector.cli.options import RESULTS, Files, Json, NabRoot, Profiles, Results, Thresholds

OneDetector = Annotated[
    str | None,
    typer.Option("--detectors", metavar="NAME", help="Detector to show. Default: zhtm, else the first with results."),
]
Overlay = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="A second detector, a thin line over the first one's scores."),
]


def report(
    nab_root: NabRoot = None,
    detectors: OneDetector = None,
    overlay: Overlay = None,
    files: Files = None,
    results: Results = RESULTS,
    thresholds: Thresholds = None,
    profiles: Profiles = None,
    output: Annotated[
        Path | None, typer.Option(help="The page (.html). Default: report-DETECTOR.html in the results.")
    ] = None,
    explain: opt.Explain = False,
    preset: opt.Preset = None,
    seed: opt.Seed = 42,
    json: Json = False,
) -> None:
    """Write the report on one detector, as one page.

    It shows the scoreboard, threshold curves, costs and a picture of every file. The page needs no other file and no
    network.

    Example: zhtm report --detectors nearestValue
    """
    from zhtm_detector.cli import console
    from zhtm_detector.pages.image import check_output
    from zhtm_detector.pages.report.gather import choose_detector
    from zhtm_detector.pages.report.page import write_report
    from zhtm_detector.pages.report.reasons import rerun_of

    if output is not None:
        check_output(output, ("html",))
    benchmark = open_benchmark(nab_root, files, results, thresholds, profiles)
    name = choose_detector(benchmark, detectors)
    rerun = rerun_of(name, explain, preset, seed)
    with console.waiting("explaining alerts" if explain else "writing the report"):
        path = write_report(benchmark, name, overlay, output, rerun)
    if json:
        console.print_json({"report": str(path), "detector": benchmark.label_of(name)})
    else:
        console.say(f"Report: {path}")
    finish(benchmark)
