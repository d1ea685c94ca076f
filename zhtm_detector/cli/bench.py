"""One verb of the `zhtm` command: `bench`, the timings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zhtm_detector.cli.options import RESULTS, SAME_BYTES, Files, Json, Markdown, NabRoot, split
from zhtm_detector.cli.show import choose_format, show
from zhtm_detector.common.errors import InputError

if TYPE_CHECKING:
    from zhtm_detector.htm.params import ModelParams


def bench(
    presets: Annotated[str, typer.Option(help="Comma-separated: presets' names or .json files.")] = "classic,zhtm",
    only: Annotated[
        str | None,
        typer.Option(
            help="Comma-separated sections: files, stages, latency, memory, startup, startup-cold, counts, corpus, "
            "growth, long, streams. Default: the first five."
        ),
    ] = None,
    cold: Annotated[bool, typer.Option("--cold", help="Also startup-cold: the time to compile everything.")] = False,
    repeat: Annotated[int, typer.Option(min=1, max=1000, help="A time is the median of so many.")] = 5,
    records: Annotated[
        int | None,
        typer.Option(
            min=10, max=10**9, help="Length of a stream in growth and long. Default: a million and five million."
        ),
    ] = None,
    counted: Annotated[int, typer.Option(min=1, max=10**7, help="Records that counts looks at.")] = 2000,
    streams: Annotated[str, typer.Option(help="Comma-separated: how many streams at once.")] = "1,10,50,200",
    seed: Annotated[int, typer.Option(min=0, max=2**31, help=f"Random seed: {SAME_BYTES}")] = 42,
    nab_root: NabRoot = None,
    files: Files = None,
    against: Annotated[
        Path | None, typer.Option(metavar="OLD.json", help="An older run's file: its figures beside, and new / old.")
    ] = None,
    output: Annotated[Path, typer.Option(help="Where to write the figures as JSON.")] = RESULTS / "bench.json",
    json: Json = False,
    markdown: Markdown = False,
) -> None:
    """Time the detector: CPU time on one core, learning on.

    Example: zhtm bench --only files,stages --against results/bench-before.json
    """
    from zhtm_detector.bench.document import check_output, document, read_old, write
    from zhtm_detector.bench.machine import describe_machine
    from zhtm_detector.bench.plan import COLD, QUICK, BenchPlan
    from zhtm_detector.bench.sections import measure
    from zhtm_detector.bench.subject import choose_subject
    from zhtm_detector.cli import console
    from zhtm_detector.common.versions import package_version

    sections = split(only) if only is not None else QUICK
    plan = BenchPlan(
        _load(split(presets)),
        (*sections, COLD) if cold and COLD not in sections else sections,
        repeat,
        seed,
        records,
        counted,
        _numbers(streams),
    )
    old = read_old(against) if against is not None else None
    console.show_warnings()
    subject = choose_subject(plan, nab_root, files)
    check_output(output)
    if subject.is_sample:
        console.warn("no NAB corpus was given or found: the files are those of the generated sample corpus")
    machine, options = describe_machine(), subject.to_json()
    if old is not None and (names := old.differences(machine, options)):
        console.warn(f"{against}: not the same there: {', '.join(names)}")
    with console.counting("sections", len(plan.sections)) as count:
        found = measure(subject, count)
    content = document(package_version(), machine, options, found)
    write(output, content)
    tables = [table for section in found.values() for table in section]
    beside = {table.name: table.beside(old.rows(table.name)) if old else table.alone() for table in tables}
    if old is not None:
        for written in (written for section in content["sections"].values() for written in section):
            written["rows"] = beside[written["name"]].records()
    show(choose_format(json, markdown, False), list(beside.values()), content, f"Figures: {output}")


def _load(names: tuple[str, ...]) -> Mapping[str, ModelParams]:
    from zhtm_detector.htm.params import load_preset

    loaded: dict[str, ModelParams] = {}
    for name in names:
        shown = Path(name).stem if name.endswith(".json") else name
        if shown in loaded:
            raise InputError(f"presets: expected names that differ, got {shown!r} twice")
        loaded[shown] = load_preset(name)
    return loaded


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in split(text))
    except ValueError:
        raise InputError(f"streams {text!r}: expected whole numbers, such as 1,10") from None
