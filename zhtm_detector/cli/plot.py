"""One verb of the `zhtm` command: `plot`, the picture of one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zhtm_detector.cli.open_benchmark import open_benchmark
from zhtm_detector.cli.options import RESULTS, NabRoot, Profiles, Results, Thresholds
from zhtm_detector.common.errors import InputError


def plot(
    file: Annotated[
        str,
        typer.Argument(
            help="A data file's relative path, or a part of it that no other has; or the path of a CSV file "
            "with timestamp,value,anomaly_score, which needs no labels.",
        ),
    ],
    detector: Annotated[
        str | None, typer.Option(help="Whose scores. Default: zhtm, else the first with results.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="Whose threshold, of the thresholds file. Default: the first profile.")
    ] = None,
    threshold: Annotated[float | None, typer.Option(help="Another threshold.")] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            help="A page (.html) or a picture (.png, .svg; needs the extra image and an installed Chrome or Chromium). "
            "Default: the file's name with .html, in the results."
        ),
    ] = None,
    nab_root: NabRoot = None,
    results: Results = RESULTS,
    thresholds: Thresholds = None,
    profiles: Profiles = None,
) -> None:
    """Draw one file, as a page or a picture.

    Shows values, windows, detections, score and raw score.

    Example: zhtm plot nyc_taxi --output nyc_taxi.html
    """
    from zhtm_detector.cli import console
    from zhtm_detector.pages.report.file_picture import check_output, corpus_picture, find_file, plot_name, write_plot
    from zhtm_detector.pages.report.gather import choose_detector
    from zhtm_detector.pages.report.scored_stream import read_scored_stream, stream_view

    if output is not None:
        check_output(output)
    if Path(file).is_file():
        if detector is not None or profile is not None:
            raise InputError(f"file {file}: expected no --detector and no --profile beside a CSV file of scores")
        series = read_scored_stream(Path(file))
        path = output or results / plot_name(file)
        write_plot(path, series, None if threshold is None else stream_view(series, threshold), series.name)
    else:
        benchmark = open_benchmark(nab_root, None, results, thresholds, profiles)
        chosen = next((p for p in benchmark.profiles if profile in (None, p.name)), None)
        if chosen is None:
            names = ", ".join(p.name for p in benchmark.profiles)
            raise InputError(f"profile {profile!r}: unknown; expected one of {names}")
        relative = find_file(benchmark.labelled, file)
        name = choose_detector(benchmark, detector)
        series, view = corpus_picture(benchmark, name, relative, chosen, threshold)
        path = output or results / plot_name(relative)
        title = f"{relative}: {benchmark.label_of(name)}"
        write_plot(path, series, view, title, benchmark.chosen.notice)
    console.out.print(f"Picture: {path}")
