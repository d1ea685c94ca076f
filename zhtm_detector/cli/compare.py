"""The verb `compare` of the `zhtm` command: a scoreboard, results folders beside each other, or windows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zhtm_detector.cli.open_benchmark import finish, open_benchmark
from zhtm_detector.cli.options import RESULTS, Files, Json, Markdown, NabRoot
from zhtm_detector.cli.show import show, split
from zhtm_detector.common.errors import InputError


def compare(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FOLDER",
            help="Results folders to put beside each other: ours, or a NAB checkout's. "
            "Default: --results beside the published detectors.",
            show_default=False,
        ),
    ] = None,
    results: Annotated[
        Path | None, typer.Option(help="Without folders: the results folder, in NAB's layout. Default: results.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="[FOLDER:]DETECTOR",
            help="With folders: what the differences are taken to. Default: the first folder's best of ours.",
        ),
    ] = None,
    windows: Annotated[
        bool, typer.Option("--windows", help="Instead: window by window, who catches it and where; false positives.")
    ] = False,
    detectors: Annotated[
        str | None,
        typer.Option(
            help="With folders or --windows, comma-separated. With --windows: of the results, baselines, published "
            "ones. Default: all there are."
        ),
    ] = None,
    nab_root: NabRoot = None,
    files: Files = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a row a detector.")] = False,
    json: Json = False,
    markdown: Markdown = False,
) -> None:
    """Show NAB scores: of a results folder beside the published detectors, or of several folders.

    Of folders: every detector's scores, and how far from one of them it is, with a 95% bootstrap interval over files.

    Example: zhtm compare results ../NAB/results --against zhtm
    """
    if csv + json + markdown > 1:
        raise InputError("--csv, --json and --markdown: expected at most one of them")
    if folders:
        if results is not None or windows:
            raise InputError("--results and --windows: expected them without folders")
        _compare_folders(folders, against, detectors, nab_root, files, csv, json, markdown)
        return
    if against is not None:
        raise InputError("--against: expected it with results folders only, as in `zhtm compare results --against ...`")
    results = results if results is not None else RESULTS
    if windows:
        if csv:
            raise InputError("--csv: expected it without --windows, which shows several tables")
        _compare_windows(results, detectors, nab_root, files, json, markdown)
        return
    if detectors is not None or nab_root is not None or files is not None:
        raise InputError("--detectors, --nab-root and --files: expected them with folders, or with --windows only")
    _scoreboard(results, csv, json, markdown)


def _scoreboard(results: Path, csv: bool, json: bool, markdown: bool) -> None:
    """Show one folder beside the published detectors."""
    from zhtm_detector.cli import console
    from zhtm_detector.common.tables import Column, DataTable
    from zhtm_detector.nab.scoreboard import PROFILES, read_final_results, scoreboard

    final, others = read_final_results(results)
    rows = scoreboard(final, with_published=True)
    if json:
        console.print_json([{"detector": r.name, "origin": r.origin, "scores": dict(r.scores)} for r in rows])
    elif csv:
        columns = [Column(key, key) for key in ("detector", "origin", *PROFILES)]
        cells = [[row.name, row.origin, *(row.scores.get(profile) for profile in PROFILES)] for row in rows]
        console.out.print(DataTable("Scoreboard", columns, cells).csv(), end="")
    elif markdown:
        console.out.print(console.score_markdown(rows))
    else:
        console.out.print(console.score_table(rows, "NAB v1.1, best threshold per profile"))
    if others:
        console.warn(f"left out, for they are not NAB scores: {', '.join(others)}")


def _compare_folders(
    paths: list[Path],
    against: str | None,
    detectors: str | None,
    nab_root: Path | None,
    files: str | None,
    csv: bool,
    json: bool,
    markdown: bool,
) -> None:
    """Show the detectors of all folders, and their differences to one."""
    from zhtm_detector.cli import console
    from zhtm_detector.evaluation.difference_tables import to_compute, to_json, to_read
    from zhtm_detector.evaluation.differences import compare_folders
    from zhtm_detector.evaluation.folders import read_folder, short_names

    names = short_names(paths)
    benchmark = open_benchmark(nab_root, files, paths[0])
    profiles = [profile.name for profile in benchmark.profiles]
    folders = [
        read_folder(path, name, benchmark.chosen.prefix, profiles) for path, name in zip(paths, names, strict=True)
    ]
    chosen = split(detectors) if detectors is not None else None
    comparison = compare_folders(folders, benchmark.labelled, benchmark.profiles, against, chosen)
    if json:
        whole = comparison.files in (0, len(benchmark.labelled))
        about = {"is_nab": benchmark.chosen.is_nab and whole, "notice": benchmark.chosen.notice}
        console.print_json(about | to_json(comparison))
    elif csv:
        console.out.print(to_compute(comparison).csv(), end="")
        for note in comparison.notes:
            console.warn(note)
    else:
        show([to_read(comparison)], markdown)
    finish(benchmark)


def _compare_windows(
    results: Path, detectors: str | None, nab_root: Path | None, files: str | None, json: bool, markdown: bool
) -> None:
    """Show which detectors catch each window, at their best threshold of the standard profile."""
    from zhtm_detector.cli import console
    from zhtm_detector.evaluation.windows import window_report
    from zhtm_detector.nab.scoreboard import PROFILES

    benchmark = open_benchmark(nab_root, files, results)
    profile = next(profile for profile in benchmark.profiles if profile.name == PROFILES[0])
    names = split(detectors) if detectors is not None else None
    report = window_report(benchmark.chosen, benchmark.labelled, results, profile, names)
    if json:
        console.print_json({"is_nab": benchmark.chosen.is_nab, "notice": benchmark.chosen.notice, **report.to_json()})
    else:
        show(report.tables(), markdown)
    finish(benchmark)
