"""The terminal: output on standard output; progress, notes, warnings and errors on standard error."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import plain, printable

if TYPE_CHECKING:
    from rich.status import Status

    from zhtm_detector.common.tables import DataTable

_LONGEST = 2000  # characters of a message


class _Output(Console):
    """Standard output; rich itself ends the process when nobody reads on."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print, or raise InputError where that cannot be."""
        try:
            super().print(*objects, **options)
        except OSError as error:
            raise InputError(
                f"standard output: cannot be written ({error.strerror}); expected a file or pipe with room"
            ) from None


class _Errors(Console):
    """Standard error: what it cannot take is lost, because there is no other place to say so."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print, or from then on drop everything where that cannot be."""
        try:
            super().print(*objects, **options)
        except OSError:
            sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # for the rest of the process


# No emoji and no markup: a file may be called a:x:b.csv, a detector [/i].
out = _Output(highlight=False, soft_wrap=True, emoji=False, markup=False)
err = _Errors(stderr=True, highlight=False, soft_wrap=True, emoji=False, markup=False)


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


def say(*lines: str, end: str = "\n") -> None:
    """Print lines on standard output, each whole, but without control characters."""
    out.print("\n".join(map(plain, lines)), end=end)


def _one_line(message: str) -> str:
    """Return a message as one line, cut in its middle: at its end it says what was expected."""
    line = printable(message, max(1, len(message)))
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST // 2]} … {line[3 - _LONGEST // 2 :]}"


def note(message: str) -> None:
    """Print one line on standard error that is neither a warning nor an error."""
    err.print(f"note: {_one_line(message)}")


def warn(message: str) -> None:
    """Print one line of warning."""
    err.print(f"warning: {_one_line(message)}", style="yellow")


def fail(message: str) -> None:
    """Print one line of error."""
    err.print(f"error: {_one_line(message)}", style="red")


def print_json(content: Any) -> None:
    """Print a JSON document on standard output; NaN and infinities become null because JSON has neither."""
    say(*json.dumps(_finite(content), indent=2, allow_nan=False).split("\n"))


def print_table(table: DataTable) -> None:
    """Print a table and its notes on standard output."""
    from rich.measure import Measurement

    shown = table.rich()
    # At full width even where the output is not a terminal: a number that is cut off is useless.
    shown.width = Measurement.get(out, out.options.update(max_width=10_000), shown).maximum
    out.print(shown)
    if table.notes:
        say(*table.notes)


@contextmanager
def progress(totals: Mapping[str, int]) -> Iterator[list[Callable[[int], None]]]:
    """Show one progress bar per entry of `totals` while the block runs, if standard error is a terminal.

    Yields
    ------
    list of callable
        One function per bar, which advances it by a number.
    """
    columns = (
        TextColumn("{task.description:>8}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
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
