"""What several verbs share beside options: lists in one argument, and tables on standard output."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zhtm_detector.common.tables import DataTable


def split(text: str) -> tuple[str, ...]:
    """Split a comma-separated list; each part once."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def show(tables: Iterable[DataTable], markdown: bool) -> None:
    """Print tables with their notes, as Markdown or for the terminal."""
    from rich.measure import Measurement

    from zhtm_detector.cli import console

    for number, table in enumerate(tables):
        if number:
            console.out.print()
        if markdown:
            console.out.print(table.markdown())
            continue
        laid_out = table.rich()
        # As wide as it is, even where the output is no terminal: a cut number is worth nothing.
        laid_out.width = Measurement.get(console.out, console.out.options.update(max_width=10_000), laid_out).maximum
        console.out.print(laid_out)
        for note in table.notes:
            console.out.print(note)
