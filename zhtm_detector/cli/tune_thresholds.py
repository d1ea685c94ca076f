"""One verb of the `zhtm` command: `tune thresholds`, with labels or for a target rate of alerts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zhtm_detector.cli.open_benchmark import finish, open_benchmark
from zhtm_detector.cli.options import RESULTS, Files, Json, Markdown, NabRoot, Results
from zhtm_detector.cli.show import show, split
from zhtm_detector.common.errors import InputError


def thresholds(
    more: Annotated[
        list[Path] | None, typer.Argument(metavar="[CSV]...", help="With --target-rate: more files of scores.")
    ] = None,
    detectors: Annotated[str, typer.Option(help="Comma-separated: detectors that have results.")] = "zhtm",
    weights: Annotated[
        str | None, typer.Option(metavar="tp=1,fp=0.3,fn=1", help="A profile of your own, beside NAB's three.")
    ] = None,
    profiles: Annotated[
        Path | None, typer.Option(help="Profiles of your own, in NAB's format, beside NAB's three.")
    ] = None,
    target_rate: Annotated[
        str | None,
        typer.Option(
            metavar="N/UNIT",
            help="Instead, without labels: the threshold with at most N alerts per hour, day, week or 1000 records.",
        ),
    ] = None,
    scores: Annotated[
        list[Path] | None,
        typer.Option(metavar="CSV", help="With --target-rate: files with timestamp and anomaly_score."),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Score at the best thresholds, into final_results.json.")
    ] = False,
    thresholds: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Thresholds file to write. Default: thresholds.json in the results, and for NAB scores also in "
            "nab_config/ where the current folder has one.",
        ),
    ] = None,
    curves: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Write every point of all curves to this file.")
    ] = None,
    nab_root: NabRoot = None,
    files: Files = None,
    results: Results = RESULTS,
    json: Json = False,
    markdown: Markdown = False,
) -> None:
    """Show the score at every threshold and pick the best, or pick one for a target rate of alerts.

    Writes the thresholds file, in NAB's format, and a page named after the detectors, thresholds-zhtm.html, into the
    results.

    Example: zhtm tune thresholds --weights tp=1,fp=0.3,fn=1
    """
    if json and markdown:
        raise InputError("--json and --markdown: expected one of them")
    given = [*(scores or []), *(more or [])]
    if target_rate is not None:
        with_labels = {
            "--weights": weights,
            "--profiles": profiles,
            "--apply": apply or None,
            "--thresholds": thresholds,
            "--curves": curves,
            "--nab-root": nab_root,
            "--files": files,
        }
        if odd := [name for name, value in with_labels.items() if value is not None]:
            raise InputError(f"--target-rate: uses no labels and writes nothing; expected no {', '.join(odd)} with it")
        _target_rate(target_rate, given, results, split(detectors), json, markdown)
        return
    if given:
        raise InputError(f"scores {given[0]}: have no labels; expected them with --target-rate only")
    _tune(split(detectors), weights, profiles, apply, thresholds, curves, nab_root, files, results, json, markdown)


def _tune(
    names: tuple[str, ...],
    weights: str | None,
    profiles: Path | None,
    apply: bool,
    thresholds: Path | None,
    curves: Path | None,
    nab_root: Path | None,
    files: str | None,
    results: Path,
    json: bool,
    markdown: bool,
) -> None:
    from zhtm_detector.cli import console
    from zhtm_detector.common.files import write_frame
    from zhtm_detector.nab.result_files import update_thresholds
    from zhtm_detector.pages.thresholds_page import write_thresholds_page
    from zhtm_detector.tuning.thresholds import threshold_tables as tables
    from zhtm_detector.tuning.thresholds.choose import check_outputs, check_results, curve_table, thresholds_files, tune
    from zhtm_detector.tuning.thresholds.profiles import with_own

    all_profiles = with_own(weights, profiles)
    benchmark = open_benchmark(nab_root, files, results, thresholds)
    targets = thresholds_files(benchmark, thresholds, Path.cwd())
    benchmark.profiles = all_profiles
    check_results(benchmark, names)
    check_outputs(targets, [benchmark.label_of(name) for name in names], [curves] if curves is not None else [])
    benchmark.check_results()
    tuned = [tune(benchmark, name) for name in names]
    if curves is not None:
        write_frame(curves, curve_table(tuned))
    for target in targets:
        update_thresholds(target, {detector.label: detector.best() for detector in tuned})
    page = write_thresholds_page(results, tuned, len(benchmark.labelled), benchmark.chosen.notice)
    final = {}
    if apply:
        benchmark.score(names)
        final = benchmark.normalize(names)
    if json:
        console.print_json(
            {"detectors": tables.to_json(tuned), "is_nab": benchmark.chosen.is_nab, "notice": benchmark.chosen.notice}
            | {"thresholds": [str(target) for target in targets], "page": str(page), "final_results": final}
        )
    else:
        show([tables.best_table(tuned), tables.cross_validated_table(tuned, len(benchmark.labelled))], markdown)
        if not markdown:
            console.out.print(f"Thresholds: {', '.join(map(str, targets))}")
            console.out.print(f"Curves: {page}" + (f", {curves}" if curves is not None else ""))
            if apply:
                console.out.print(f"Final scores: {results / 'final_results.json'}")
    finish(benchmark)


def _target_rate(
    text: str, paths: list[Path], results: Path, names: tuple[str, ...], json: bool, markdown: bool
) -> None:
    from zhtm_detector.cli import console
    from zhtm_detector.tuning.thresholds.rate_table import rate_json, rate_table
    from zhtm_detector.tuning.thresholds.scored_files import read_scored_files
    from zhtm_detector.tuning.thresholds.target_rate import Rate, choose

    rate = Rate.parse(text)
    sources = _sources(paths, results, names)
    found = {name: choose(read_scored_files(files, rate.per_time), rate) for name, files in sources.items()}
    if json:
        console.print_json(rate_json(rate, found))
    else:
        show([rate_table(rate, found)], markdown)


def _sources(paths: list[Path], results: Path, names: tuple[str, ...]) -> dict[str, list[Path]]:
    from zhtm_detector.tuning.thresholds.scored_files import result_files

    if paths:
        return {paths[0].name if len(paths) == 1 else f"{len(paths)} files": paths}
    if not names:
        raise InputError("detectors: expected at least one, got none")
    return {label: files for name in names for label, files in result_files(results, name).items()}
