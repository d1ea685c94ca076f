"""A table as data, shown on a terminal or written as Markdown, CSV or JSON."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zhtm_detector.common.text import plain

if TYPE_CHECKING:
    import rich.table

Cell = str | int | float | None
_MARKS = {"bold": "**", "italic": "*", "": ""}  # of Markdown
# What is no text in Markdown: in a cell, and in a title or note, where code stands between backticks. An underscore
# within a word is text.
_IN_CELL = re.compile(r"[\\`|<*]|&(?=#?\w+;)|](?=\()|(?<![^\W_])_|_(?![^\W_])")
_IN_LINE = re.compile(r"`[^`]+`|<|](?=\()")


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    key: str  # its name in JSON and CSV
    title: str  # its heading
    digits: int = 2  # decimals shown of a float; JSON and CSV keep all
    right: bool = False  # whether texts are right-aligned, as numbers are


@dataclass(frozen=True)
class DataTable:
    """Rows under named columns.

    Parameters
    ----------
    title : str
    columns : sequence of Column
    rows : sequence of sequence
        One cell per column: text, number, or None for an empty cell (NaN is empty too).
    notes : sequence of str
        Lines below the table.
    styles : sequence of str
        "bold", "italic" or "" for each row; in Markdown it applies to the row's first text. By default all plain.

    Examples
    --------
    >>> columns = [Column("name", "detector"), Column("score", "score")]
    >>> table = DataTable("Scores", columns, [["zhtm", 66.254], ["x", None]])
    >>> print(table.markdown())
    **Scores**
    <BLANKLINE>
    | detector | score |
    |---|---:|
    | zhtm | 66.25 |
    | x |  |
    >>> table.records()
    [{'name': 'zhtm', 'score': 66.254}, {'name': 'x', 'score': None}]
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()
    styles: Sequence[str] = ()

    def records(self) -> list[dict[str, Cell]]:
        """Return each row as a mapping from column keys to full values."""
        return [dict(zip((column.key for column in self.columns), row, strict=True)) for row in self.rows]

    def to_json(self) -> dict[str, Any]:
        """Return title, rows and notes as a JSON object."""
        return {"title": self.title, "rows": self.records(), "notes": list(self.notes)}

    def markdown(self) -> str:
        """Return title, table and notes as Markdown; texts in them are escaped."""
        lines = [f"**{_escaped(self.title, _IN_LINE)}**", ""] if self.title else []
        if self.rows:
            lines.append(_markdown_row([_escaped(column.title, _IN_CELL) for column in self.columns]))
            lines.append("|" + "|".join("---:" if number else "---" for number in self.numeric()) + "|")
            for row, cells, style in zip(self.rows, self.texts(), self._styles(), strict=True):
                texts = [_escaped(cell, _IN_CELL) for cell in cells]
                if mark := _MARKS[style]:
                    first = next(i for i, cell in enumerate(row) if isinstance(cell, str))
                    texts[first] = f"{mark}{texts[first]}{mark}"
                lines.append(_markdown_row(texts))
        for note in self.notes:
            lines += ["", _escaped(note, _IN_LINE)]
        return "\n".join(lines)

    def csv(self) -> str:
        """Return the table as CSV: column keys, then full values; None and NaN are empty. Notes are left out.

        A text that a spreadsheet would take for a formula begins with an apostrophe.
        """
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(_no_formula(column.key) for column in self.columns)
        writer.writerows([_csv_cell(cell) for cell in row] for row in self.rows)
        return text.getvalue()

    def rich(self) -> rich.table.Table:
        """Return the table for a terminal, without the notes."""
        from rich import box
        from rich.table import Table
        from rich.text import Text

        # Text, not str: rich would read brackets in a name as markup.
        title = Text(plain(self.title), style="bold")
        table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
        for column, number in zip(self.columns, self.numeric(), strict=True):
            table.add_column(Text(plain(column.title)), justify="right" if number else "left", no_wrap=True)
        for cells, style in zip(self.texts(), self._styles(), strict=True):
            table.add_row(*map(Text, cells), style=style)
        return table

    def texts(self) -> list[list[str]]:
        """Format each cell, without control characters."""
        return [[_text(cell, column) for cell, column in zip(row, self.columns, strict=True)] for row in self.rows]

    def numeric(self) -> list[bool]:
        """Return which columns are right-aligned."""
        return [column.right or self._all_numbers(i) for i, column in enumerate(self.columns)]

    def _styles(self) -> Sequence[str]:
        return self.styles or [""] * len(self.rows)

    def _all_numbers(self, column: int) -> bool:
        cells = [row[column] for row in self.rows if row[column] is not None]
        return bool(cells) and not any(isinstance(cell, str) for cell in cells)


def _markdown_row(texts: Sequence[str]) -> str:
    return "| " + " | ".join(texts) + " |"


def _escaped(text: str, special: re.Pattern[str]) -> str:
    return special.sub(lambda found: found[0] if found[0][1:] else f"\\{found[0]}", plain(text))


def _csv_cell(cell: Cell) -> Cell:
    if cell is None or cell != cell:
        return ""
    return _no_formula(cell) if isinstance(cell, str) else cell


def _no_formula(text: str) -> str:
    try:
        float(text)
    except ValueError:
        return f"'{text}" if text[1:] and text[0] in "=+-@\t\r" else text
    return text


def _text(cell: Cell, column: Column) -> str:
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, float):
        text = f"{cell:.{column.digits}f}"
        return text.removeprefix("-") if float(text) == 0 else text  # no -0.00
    return plain(str(cell))
