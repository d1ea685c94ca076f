"""The result of a verb on standard output: tables for the terminal, Markdown, CSV or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from zhtm_detector.common.errors import InputError

if TYPE_CHECKING:
    from zhtm_detector.common.tables import DataTable
    from zhtm_detector.nab.scoreboard import BoardRow


class Format(Enum):
    """What a verb prints."""

    TERMINAL = "tables"
    JSON = "--json"
    MARKDOWN = "--markdown"
    CSV = "--csv"


def choose_format(json: bool, markdown: bool, csv: bool) -> Format:
    """Choose the format that the options ask for.

    Raises
    ------
    InputError
        When they ask for more than one.
    """
    if json + markdown + csv > 1:
        raise InputError("--json, --markdown and --csv: expected at most one of them")
    return Format.JSON if json else Format.MARKDOWN if markdown else Format.CSV if csv else Format.TERMINAL


def show(form: Format, tables: Sequence[DataTable], content: Any, *lines: str, main: DataTable | None = None) -> None:
    """Print the result of a verb.

    Parameters
    ----------
    form : Format
    tables : sequence of DataTable
        Printed with their notes in the terminal and as Markdown.
    content : object
        The JSON document.
    *lines : str
        Printed below the tables in the terminal only, such as the files that were written.
    main : DataTable, optional
        The table that is printed as CSV; its notes go to standard error. By default the first.
    """
    from zhtm_detector.cli import console

    if form is Format.JSON:
        console.print_json(content)
    elif form is Format.MARKDOWN:
        console.say(*"\n\n".join(table.markdown() for table in tables).split("\n"))
    elif form is Format.CSV:
        table = tables[0] if main is None else main
        console.say(*table.csv().split("\n"), end="")
        for note in table.notes:
            console.note(note)
    else:
        for number, table in enumerate(tables):
            if number:
                console.say("")
            console.print_table(table)
        if lines:
            console.say(*lines)


def scoreboard_table(rows: Sequence[BoardRow], form: Format, notice: str = "") -> DataTable:
    """Build the scoreboard: our detectors in bold, baselines in italics.

    Parameters
    ----------
    rows : sequence of BoardRow
        Best first.
    form : Format
        Markdown gets neither the origins of the detectors, which the letters show, nor the title of NAB's scoreboard.
    notice : str
        Title for scores that are not NAB's.
    """
    from zhtm_detector.common.tables import Column, DataTable
    from zhtm_detector.nab.scoreboard import PROFILES, profile_title

    markdown = form is Format.MARKDOWN
    profiles = [*PROFILES, *sorted({profile for row in rows for profile in row.scores} - set(PROFILES))]
    columns = [
        Column("place", ""),
        Column("detector", "detector"),
        *([] if markdown else [Column("origin", "")]),
        *(Column(profile, profile_title(profile)) for profile in profiles),
    ]
    cells = [
        [place, row.name, *([] if markdown else [row.origin]), *(row.scores.get(profile) for profile in profiles)]
        for place, row in enumerate(rows, start=1)
    ]
    styles = [{"ours": "bold", "baseline": "italic"}.get(row.origin, "") for row in rows]
    title = notice or ("" if markdown else "NAB v1.1, best threshold per profile")
    return DataTable(title, columns, cells, styles=styles)
