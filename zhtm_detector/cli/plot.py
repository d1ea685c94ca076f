"""The verb `plot` of the `zhtm` command: the picture of one file."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import Annotated

import typer

from zhtm_detector.cli import options as opt
from zhtm_detector.cli.open_benchmark import open_benchmark
from zhtm_detector.cli.options import RESULTS, Json, NabRoot, Profiles, Results, Thresholds
from zhtm_detector.cli.report import OneDetector, Overlay
from zhtm_detector.common.errors import InputError


def plot(
    file: Annotated[
        str,
        typer.Argument(
            help="A data file's relative path, or a part of it that no other file has; or the path of a CSV file "
            "with timestamp,value,anomaly_score, which needs no labels.",
        ),
    ],
    detectors: OneDetector = None,
    overlay: Overlay = None,
    profile: Annotated[
        str | None,
        typer.Option(help="Use this profile's threshold from the thresholds file. Default: the first profile."),
    ] = None,
    threshold: Annotated[float | None, typer.Option(help="Use this threshold instead.")] = None,
    window: Annotated[
        int | None, typer.Option(metavar="N", help="Zoom in on the file's Nth window. Default: the whole file.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            help="A page (.html) or a picture (.png, .svg; needs the extra image and an installed Chrome or Chromium). "
            "Default: FILE-DETECTOR.html in the results; with the chosen window, overlay, profile or threshold."
        ),
    ] = None,
    nab_root: NabRoot = None,
    results: Results = RESULTS,
    thresholds: Thresholds = None,
    profiles: Profiles = None,
    explain: opt.Explain = False,
    preset: opt.Preset = None,
    seed: opt.Seed = 42,
    json: Json = False,
) -> None:
    """Draw one file, as a page or a picture.

    Shows values, windows, detections, score and raw score.

    Example: zhtm plot nyc_taxi --output nyc_taxi.html
    """
    from zhtm_detector.cli import console
    from zhtm_detector.pages.image import check_output
    from zhtm_detector.pages.report.file_picture import corpus_plot, find_file, stream_plot, write_plot
    from zhtm_detector.pages.report.gather import choose_detector
    from zhtm_detector.pages.report.reasons import rerun_of

    if threshold is not None and not isfinite(threshold):
        raise InputError(f"--threshold: expected a finite number, got {threshold}")
    if output is not None:
        check_output(output, *([("html",)] if explain else []))  # a picture has no room for reasons
    if Path(file).is_file():
        if (detectors, overlay, profile, window) != (None,) * 4 or explain:
            raise InputError(
                f"file {file}: a CSV file of scores; expected no --detectors, --overlay, --profile, --window, --explain"
            )
        drawn = stream_plot(Path(file), threshold)
    else:
        benchmark = open_benchmark(nab_root, None, results, thresholds, profiles)
        relative = find_file(benchmark.labelled, file)
        detector = choose_detector(benchmark, detectors)
        rerun = rerun_of(detector, explain, preset, seed)
        drawn = corpus_plot(benchmark, relative, detector, overlay, profile, threshold, window, rerun)
        for warning in dict.fromkeys(benchmark.warnings):
            console.warn(warning)
    path = output or results / f"{drawn.name}.html"
    write_plot(path, drawn)
    if json:
        console.print_json(
            {"picture": str(path), "file": drawn.path, "detector": drawn.detector, "threshold": drawn.threshold}
        )
    else:
        console.say(f"Picture: {path}")
