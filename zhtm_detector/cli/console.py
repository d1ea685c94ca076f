"""The terminal: output on standard output; progress, notes, warnings and errors on standard error."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import isfinite
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from rich.status import Status

    from zhtm_detector.common.tables import DataTable

# No emoji and no markup: a file may be called a:x:b.csv, a detector [/i].
out = Console(highlight=False, soft_wrap=True, emoji=False, markup=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False, markup=False)


class _LibraryMessages(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            warn(record.getMessage())
        elif err.is_terminal:  # progress, such as kernels being compiled
            note(record.getMessage())


def show_warnings() -> None:
    """Print the library's warnings on standard error, and in a terminal what it reports as progress."""
    logger = logging.getLogger("zhtm_detector")
    if not logger.handlers:
        logger.addHandler(_LibraryMessages(logging.INFO))
        logger.setLevel(logging.INFO)
        logger.propagate = False


def note(message: str) -> None:
    """Print one line on standard error that is neither a warning nor an error."""
    err.print(f"note: {' '.join(message.split())}")


def warn(message: str) -> None:
    """Print one line of warning."""
    err.print(f"warning: {' '.join(message.split())}", style="yellow")


def fail(message: str) -> None:
    """Print one line of error."""
    err.print(f"error: {' '.join(message.split())}", style="red")


def print_json(content: Any) -> None:
    """Print a JSON document on standard output; NaN and infinities become null because JSON has neither."""
    out.print(json.dumps(_finite(content), indent=2, allow_nan=False))


def print_table(table: DataTable) -> None:
    """Print a table and its notes on standard output."""
    from rich.measure import Measurement

    shown = table.rich()
    # At full width even where the output is not a terminal: a number that is cut off is useless.
    shown.width = Measurement.get(out, out.options.update(max_width=10_000), shown).maximum
    out.print(shown)
    for line in table.notes:
        out.print(line)


@contextmanager
def progress(totals: Mapping[str, int]) -> Iterator[list[Callable[[int], None]]]:
    """Show one progress bar per entry of `totals` while the block runs, if standard error is a terminal.

    Yields
    ------
    list of callable
        One function per bar, which advances it by a number.
    """
    columns = (TextColumn("{task.description:>8}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bars:

        def advance(name: str, total: int) -> Callable[[int], None]:
            task = bars.add_task(name, total=total)
            return lambda amount: bars.advance(task, amount)

        yield [advance(name, total) for name, total in totals.items()]


@contextmanager
def counting(name: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show one progress bar while the block runs; yields the function that advances it."""
    with progress({name: total}) as (advance,):
        yield advance


def waiting(message: str) -> Status:
    """Show a message while the block runs, if standard error is a terminal."""
    return err.status(message)


def _finite(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not isfinite(content) else content
