"""The verb `tune thresholds` of the `zhtm` command: with labels, or without them for a wanted rate of alerts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from zhtm_detector.cli import options as opt
from zhtm_detector.cli.open_benchmark import about, finish, open_benchmark
from zhtm_detector.cli.options import RESULTS, split_names
from zhtm_detector.cli.show import Format, choose_format, show
from zhtm_detector.common.errors import InputError


def thresholds(
    more: Annotated[
        list[Path] | None, typer.Argument(metavar="CSV", help="With --target-rate: more files of scores.")
    ] = None,
    detectors: opt.ScoredDetectors = "zhtm",
    weights: Annotated[
        str | None, typer.Option(metavar="tp=1,fp=0.3,fn=1", help="A profile of your own, beside NAB's three.")
    ] = None,
    profiles: Annotated[
        Path | None,
        typer.Option(
            help="A file of application profiles of your own, in NAB's format: they weigh hits, misses and false "
            "alarms, and are used beside NAB's three."
        ),
    ] = None,
    target_rate: Annotated[
        str | None,
        typer.Option(
            metavar="N/UNIT",
            help="Choose without labels: the threshold that raises at most N alerts per hour, day, week or 1000 "
            "records.",
        ),
    ] = None,
    scores: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="CSV",
            help="With --target-rate: a file with the columns timestamp and anomaly_score. Can be repeated.",
        ),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Score at the best thresholds, and write final_results.json.")
    ] = False,
    thresholds: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Thresholds file to write. Default: thresholds.json in the results folder; NAB scores also go into "
            "nab_config/ if the current folder has one.",
        ),
    ] = None,
    curves: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Also write every point of all curves to this file.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Page to write. Default: thresholds-DETECTOR.html in the results folder.")
    ] = None,
    nab_root: opt.NabRoot = None,
    files: opt.Files = None,
    results: opt.Results = RESULTS,
    json: opt.Json = False,
    markdown: opt.Markdown = False,
    csv: opt.Csv = False,
) -> None:
    """Choose the best threshold from the score of every threshold.

    Or choose one for a target rate of alerts, with --target-rate, which needs no labels. Writes the thresholds file, in
    NAB's format, and a page with the curves, named after the detectors: thresholds-zhtm.html.

    Example: zhtm tune thresholds --weights tp=1,fp=0.3,fn=1
    """
    from zhtm_detector.common.files import write_frame
    from zhtm_detector.nab.result_files import update_thresholds
    from zhtm_detector.pages.thresholds_page import write_thresholds_page
    from zhtm_detector.tuning.thresholds import threshold_tables as tables
    from zhtm_detector.tuning.thresholds.choose import check_outputs, check_results, curve_table, thresholds_files, tune
    from zhtm_detector.tuning.thresholds.profiles import with_own

    form = choose_format(json, markdown, csv)
    names = split_names(detectors, "--detectors")
    given = [*(scores or []), *(more or [])]
    if target_rate is not None:
        with_labels = {
            "--weights": weights,
            "--profiles": profiles,
            "--apply": apply or None,
            "--thresholds": thresholds,
            "--curves": curves,
            "--output": output,
            "--nab-root": nab_root,
            "--files": files,
        }
        if odd := [name for name, value in with_labels.items() if value is not None]:
            raise InputError(f"--target-rate: uses no labels and writes nothing; expected no {', '.join(odd)} with it")
        _choose_for_rate(target_rate, given, results, names, form)
        return
    if given:
        raise InputError(f"scores {given[0]}: have no labels; expected them with --target-rate only")

    all_profiles = with_own(weights, profiles)
    benchmark = open_benchmark(nab_root, files, results, thresholds, writes=True)
    targets = thresholds_files(benchmark, thresholds, Path.cwd())
    benchmark.profiles = all_profiles
    check_results(benchmark, names)
    others = [path for path in (curves, output) if path is not None]
    check_outputs(targets, others)
    benchmark.check_results()
    tuned = [tune(benchmark, name) for name in names]
    if curves is not None:
        write_frame(curves, curve_table(tuned))
    for target in targets:
        update_thresholds(target, {detector.label: detector.best() for detector in tuned})
    page = write_thresholds_page(results, tuned, len(benchmark.labelled), benchmark.chosen.notice, output)
    final = {}
    lines = [
        f"Thresholds: {', '.join(map(str, targets))}",
        f"Curves: {page}" + (f", {curves}" if curves is not None else ""),
    ]
    if apply:
        benchmark.score(names)
        final = benchmark.normalize(names)
        lines.append(f"Final scores: {results / 'final_results.json'}")
    content = (
        {"detectors": tables.to_json(tuned)}
        | about(benchmark)
        | {"thresholds": [str(target) for target in targets], "page": str(page), "final_results": final}
    )
    show(
        form, [tables.best_table(tuned), tables.cross_validated_table(tuned, len(benchmark.labelled))], content, *lines
    )
    finish(benchmark)


def _choose_for_rate(text: str, paths: Sequence[Path], results: Path, names: Sequence[str], form: Format) -> None:
    """Show the threshold for a rate of alerts, for files of scores or else for detectors in the results folder."""
    from zhtm_detector.common.rates import Rate
    from zhtm_detector.tuning.thresholds.rate_table import rate_json, rate_table
    from zhtm_detector.tuning.thresholds.scored_files import read_scored_files, result_files
    from zhtm_detector.tuning.thresholds.target_rate import choose

    rate = Rate.parse(text)
    if paths:
        sources = {paths[0].name if len(paths) == 1 else f"{len(paths)} files": list(paths)}
    elif names:
        sources = {label: files for name in names for label, files in result_files(results, name).items()}
    else:
        raise InputError("detectors: expected at least one, got none")
    found = {name: choose(read_scored_files(files, rate.per_time), rate) for name, files in sources.items()}
    show(form, [rate_table(rate, found)], rate_json(rate, found))
