"""The group `zhtm corpus`: its verb `make` lays out files of one's own as a corpus."""

from __future__ import annotations

from enum import Enum
from os.path import abspath
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zhtm_detector.cli.options import Csv, Json, Markdown
from zhtm_detector.cli.show import choose_format, show
from zhtm_detector.cli.tune import need_verb
from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import shown

if TYPE_CHECKING:
    from zhtm_detector.common.tables import DataTable
    from zhtm_detector.nab.make_corpus import MadeFile

corpus = typer.Typer(help="Lay out labelled files of your own as a corpus.")
corpus.callback(invoke_without_command=True)(need_verb)


class Windows(Enum):
    """How long the window of an anomaly is."""

    NAB = "nab"
    AS_GIVEN = "as-given"


@corpus.command()
def make(
    folder: Annotated[Path, typer.Argument(help="The corpus: a new folder, or an empty one.")],
    source: Annotated[
        list[str],
        typer.Option(
            "--from",
            metavar="CSVS",
            help="Data files: a folder, whose sub-folders become categories, a file, or a pattern between quotes. Can "
            "be given several times.",
        ),
    ],
    labels: Annotated[
        Path | None,
        typer.Option(
            help="CSV with file,timestamp (points) or file,start,end (ranges, ends inclusive), or JSON: "
            '{"a.csv": ["2014-04-10 07:15:00", ["start", "end"]]}. A file is named by its path below --from, or by its '
            "name if no other one has it."
        ),
    ] = None,
    label_column: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Instead of --labels: column of 0 and 1, or false and true; each run of 1 is a range."
        ),
    ] = None,
    timestamp_column: Annotated[
        str, typer.Option(metavar="NAME", help="Column of the timestamp (ISO 8601).")
    ] = "timestamp",
    value_column: Annotated[str, typer.Option(metavar="NAME", help="Column of the value.")] = "value",
    category: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Category of files in no sub-folder. Default: the name of their folder."),
    ] = None,
    windows: Annotated[
        Windows,
        typer.Option(
            help="nab: a tenth of the file, shared by its anomalies, each window around the middle of its anomaly and "
            "at least as long. as-given: the labelled ranges themselves."
        ),
    ] = Windows.NAB,
    json: Json = False,
    markdown: Markdown = False,
    csv: Csv = False,
) -> None:
    """Make a corpus in NAB's layout of your own labelled files.

    Windows follow NAB's rule: those that touch are merged, and those that begin in the probationary period (the first
    15% of a file, at most 750 records) are left out. The corpus is for --nab-root of all other commands.

    Example: zhtm corpus make mine --from plant --labels labels.csv
    """
    from zhtm_detector.cli import console
    from zhtm_detector.common.names import check_name
    from zhtm_detector.nab.make_corpus import make_corpus
    from zhtm_detector.nab.own_data import ColumnNames, find_sources

    form = choose_format(json, markdown, csv)
    if (labels is None) == (label_column is None):
        raise InputError("--labels and --label-column: expected one of them")
    if category is not None:
        check_name(category, "--category")
    names = ColumnNames(timestamp_column, value_column, label_column)
    sources = find_sources(source, category)
    for place in source:  # whose files would be data the next time
        if Path(place).is_dir() and Path(abspath(folder)).is_relative_to(abspath(place)):  # noqa: PTH100  (takes any text)
            raise InputError(f"corpus {shown(str(folder))}: expected a folder outside of --from {shown(place)}")
    with console.counting("files", len(sources)) as count:
        made = make_corpus(folder, sources, labels, names, windows is Windows.AS_GIVEN, count)
    _warn(made)
    table = _table(made)
    show(form, [table], {"corpus": str(folder), "files": table.records()}, f"Corpus: {folder}")


def _warn(made: list[MadeFile]) -> None:
    from zhtm_detector.cli import console

    without = [file.name for file in made if file.placed.left_out and not file.placed.windows]
    if count := sum(file.placed.left_out for file in made):
        console.warn(
            f"{count} of {sum(len(file.anomalies) for file in made)} anomalies do not score: their windows would begin "
            "in the probationary period"
            + (f"; these files have no other anomaly: {_listed(without)}" if without else "")
        )


def _table(made: list[MadeFile]) -> DataTable:
    from zhtm_detector.common.tables import Cell, Column, DataTable

    columns = [
        Column("file", "file"),
        Column("records", "records"),
        Column("labels", "labels"),
        Column("joined", "joined"),
        Column("left_out", "left out"),
        Column("merged", "merged"),
        Column("windows", "windows"),
        Column("percent_in_windows", "% in windows", digits=1),
    ]
    rows: list[list[Cell]] = [
        [
            file.name,
            file.records,
            file.labels,
            file.joined,
            file.placed.left_out,
            file.placed.merged,
            len(file.placed.windows),
            100 * file.share,
        ]
        for file in made
    ]
    notes = [
        "joined: labels that are the same as another one, or overlap it. left out: windows that would begin in the "
        "probationary period. merged: windows that touch the one before."
    ]
    if without := [file.name for file in made if not file.labels]:
        notes.append(f"Without labels, so without anomalies: {len(without)} of {len(made)} files: {_listed(without)}")
    return DataTable("", columns, rows, notes=notes)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
