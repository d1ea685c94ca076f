"""The verb `bench` of the `zhtm` command: timings of the detector."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zhtm_detector.cli.options import RESULTS, SAME_BYTES, Csv, Files, Json, Markdown, NabRoot, split
from zhtm_detector.cli.show import Format, choose_format, show
from zhtm_detector.common.errors import InputError

if TYPE_CHECKING:
    from zhtm_detector.htm.params import ModelParams

_PRESETS = "classic,zhtm"
_REPEAT = 5
_SEED = 42
_KEYS = 1000


def bench(
    presets: Annotated[str, typer.Option(help="Comma-separated presets: names or .json files.")] = _PRESETS,
    only: Annotated[
        str | None,
        typer.Option(
            help="Comma-separated sections: files, stages, latency, memory, startup, startup-cold, corpus, stream, "
            "pipe, keys, saved, trace, calls. Default: the first five."
        ),
    ] = None,
    cold: Annotated[
        bool, typer.Option("--cold", help="Also run startup-cold, which compiles everything anew.")
    ] = False,
    repeat: Annotated[int, typer.Option(min=1, max=1000, help="Each time is the median of this many runs.")] = _REPEAT,
    seed: Annotated[int, typer.Option(min=0, max=2**31, help=f"Random seed: {SAME_BYTES}")] = _SEED,
    keys: Annotated[
        int, typer.Option(min=1, max=100_000, help="Number of series for section keys; a model each, in memory.")
    ] = _KEYS,
    nab_root: NabRoot = None,
    files: Files = None,
    output: Annotated[Path | None, typer.Option(help="Also write the figures to this file, as JSON.")] = None,
    results: Annotated[
        Path, typer.Option(help="Folder for the picture of section calls: calls.html and calls.svg.")
    ] = RESULTS,
    json: Json = False,
    markdown: Markdown = False,
    csv: Csv = False,
) -> None:
    """Measure speed, latency, memory and start, with learning on.

    Example: zhtm bench --only files,stages --repeat 1
    """
    from zhtm_detector.bench.machine import describe_machine
    from zhtm_detector.bench.plan import CALLS, COLD, QUICK, BenchPlan
    from zhtm_detector.bench.sections import measure
    from zhtm_detector.bench.speed_report import SpeedReport
    from zhtm_detector.bench.subject import choose_subject
    from zhtm_detector.cli import console
    from zhtm_detector.common.files import check_file, write_json
    from zhtm_detector.common.versions import package_version
    from zhtm_detector.pages.call_graph import check_call_graph, write_call_graph

    form = choose_format(json, markdown, csv)
    sections = split(only) if only is not None else QUICK
    if cold and COLD not in sections:
        sections = (*sections, COLD)
    plan = BenchPlan(_load(split(presets)), sections, repeat, seed, keys)
    console.show_warnings()
    subject = choose_subject(plan, nab_root, files)
    if output is not None:
        check_file(output, "--output")
    if CALLS in sections:
        check_call_graph(results)
    if subject.is_sample:
        console.warn("no NAB corpus was given or found: the files are those of the generated sample corpus")
    with console.counting("sections", len(sections)) as count:
        tables = measure(subject, count)
    report = SpeedReport(package_version(), describe_machine(), subject.to_json(), tables)
    written = [f"Figures: {output}"] if output else []
    if output is not None:
        write_json(output, report.to_json())
    if CALLS in tables:
        written.append(f"Call graph: {', '.join(map(str, write_call_graph(tables[CALLS], results)))}")
    if form is Format.MARKDOWN:
        defaults = {"--presets": _PRESETS, "--repeat": _REPEAT, "--seed": _SEED, "--keys": _KEYS, "--files": None}
        given = zip(defaults.items(), (presets, repeat, seed, keys, files), strict=True)
        parts = [f"{name} {shlex.quote(str(value))}" for (name, default), value in given if value != default]
        console.say(*report.markdown(" ".join(parts)).split("\n"))
    else:
        show(form, list(tables.values()), report.to_json(), *written)


def _load(names: tuple[str, ...]) -> Mapping[str, ModelParams]:
    from zhtm_detector.htm.params import load_preset, preset_title

    loaded: dict[str, ModelParams] = {}
    for name in names:
        shown = preset_title(name)
        if shown in loaded:
            raise InputError(f"presets: expected names that differ, got {shown!r} twice")
        loaded[shown] = load_preset(name)
    return loaded
