"""The verb `compare` of the `zhtm` command: a scoreboard, results folders, or detectors by window or by measure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from zhtm_detector.cli.open_benchmark import about, finish, open_benchmark
from zhtm_detector.cli.options import RESULTS, Csv, Files, Json, Markdown, Measures, NabRoot, split
from zhtm_detector.cli.show import Format, choose_format, scoreboard_table, show
from zhtm_detector.common.errors import InputError


def compare(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FOLDER",
            help="Results folders to compare: ours, or a NAB checkout's. Default: --results and the published "
            "detectors.",
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
            help="Detector to compare with: one of the folders'. Default: the best of ours in the first folder.",
        ),
    ] = None,
    windows: Annotated[
        bool,
        typer.Option(
            "--windows", help="Show which detectors catch each anomaly window, and where each raises false alarms."
        ),
    ] = False,
    measures: Measures = False,
    detectors: Annotated[
        str | None,
        typer.Option(
            help="With folders, --windows or --measures: comma-separated detectors. Without folders they can be in the "
            "results, baselines or published. Default: all."
        ),
    ] = None,
    nab_root: NabRoot = None,
    files: Files = None,
    json: Json = False,
    markdown: Markdown = False,
    csv: Csv = False,
) -> None:
    """Compare scores with the published ones, or results folders.

    Without folders: the scoreboard. With folders: the scores of every detector, and its difference to one of them with
    a 95% bootstrap interval over files.

    Example: zhtm compare results ../NAB/results --against zhtm
    """
    form = choose_format(json, markdown, csv)
    chosen = split(detectors) if detectors is not None else None
    if folders:
        if results is not None or windows:
            raise InputError("--results and --windows: expected them without folders")
        if measures:
            if against is not None:
                raise InputError("--against: expected no --measures beside it")
            _compare_measures(RESULTS, chosen, nab_root, files, form, folders)
            return
        _compare_folders(folders, against, chosen, nab_root, files, form)
        return
    if against is not None:
        raise InputError("--against: expected it with results folders only, as in `zhtm compare results --against ...`")
    if windows and measures:
        raise InputError("--windows and --measures: expected at most one of them")
    if windows:
        _compare_windows(results or RESULTS, chosen, nab_root, files, form)
        return
    if measures:
        _compare_measures(results or RESULTS, chosen, nab_root, files, form)
        return
    if detectors is not None or nab_root is not None or files is not None:
        raise InputError(
            "--detectors, --nab-root and --files: expected them only with folders, with --windows or with --measures"
        )
    _compare_with_published(results or RESULTS, form)


def _compare_with_published(results: Path, form: Format) -> None:
    """Show the scoreboard of a results folder and the published detectors."""
    from zhtm_detector.cli import console
    from zhtm_detector.nab.scoreboard import read_final_results, scoreboard

    final, others = read_final_results(results)
    rows = scoreboard(final, with_published=True)
    content = [{"detector": row.name, "origin": row.origin, "scores": dict(row.scores)} for row in rows]
    show(form, [scoreboard_table(rows, form)], content)
    if others:
        console.warn(f"left out, because they are not NAB scores: {', '.join(others)}")


def _compare_folders(
    paths: Sequence[Path],
    against: str | None,
    detectors: Sequence[str] | None,
    nab_root: Path | None,
    files: str | None,
    form: Format,
) -> None:
    """Show the scores of all detectors in all folders, and their differences to one of them."""
    from zhtm_detector.evaluation.difference_tables import to_compute, to_json, to_read
    from zhtm_detector.evaluation.differences import compare_folders
    from zhtm_detector.evaluation.folders import read_folder, short_names
    from zhtm_detector.nab.scoreboard import prefix_of

    names = short_names(paths)
    benchmark = open_benchmark(nab_root, files, paths[0])
    profiles = [profile.name for profile in benchmark.profiles]
    folders = [
        read_folder(path, name, benchmark.chosen.prefix, profiles) for path, name in zip(paths, names, strict=True)
    ]
    found = compare_folders(folders, benchmark.labelled, benchmark.profiles, against, detectors)
    content = about(benchmark) | to_json(found)
    content["is_nab"] &= found.files in (0, len(benchmark.labelled))
    content["is_nab"] &= not any(prefix_of(entry.name) for folder in folders for entry in folder.entries)
    show(form, [to_read(found)], content, main=to_compute(found))
    finish(benchmark)


def _compare_windows(
    results: Path, detectors: Sequence[str] | None, nab_root: Path | None, files: str | None, form: Format
) -> None:
    """Show which detectors catch each window, at their best threshold of the standard profile."""
    from zhtm_detector.evaluation.windows import window_report
    from zhtm_detector.nab.scoreboard import PROFILES

    benchmark = open_benchmark(nab_root, files, results)
    profile = next(profile for profile in benchmark.profiles if profile.name == PROFILES[0])
    report = window_report(benchmark.chosen, benchmark.labelled, results, profile, detectors, benchmark.warnings)
    tables = report.tables()
    show(form, tables, about(benchmark) | report.to_json(), main=tables[1])
    finish(benchmark)


def _compare_measures(
    results: Path,
    detectors: Sequence[str] | None,
    nab_root: Path | None,
    files: str | None,
    form: Format,
    folders: Sequence[Path] = (),
) -> None:
    """Show the measures beside NAB's, of each detector at its best threshold of the standard profile."""
    from zhtm_detector.evaluation.folders import short_names
    from zhtm_detector.evaluation.measures.results import measure_folders, measure_found
    from zhtm_detector.evaluation.measures.tables import measures_table

    named = dict(zip(short_names(folders), folders, strict=True))
    benchmark = open_benchmark(nab_root, files, results)
    measured = measure_folders(benchmark, named, detectors) if named else measure_found(benchmark, detectors)
    found, labels, skipped = measured
    content = {"measures": {name: each.to_json() for name, each in found.items()}, "skipped": skipped}
    show(form, [measures_table(found, labels, skipped)], about(benchmark) | content)
    finish(benchmark)
