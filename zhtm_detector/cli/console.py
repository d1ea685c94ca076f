"""What the command line shows: tables on standard output, progress and warnings on standard error."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import isfinite
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from zhtm_detector.nab.detect import Detection
from zhtm_detector.nab.scoreboard import PROFILE_TITLES, PROFILES, BoardRow, profile_title

# No emoji and no markup: a file may be called a:x:b.csv, a detector [/i].
out = Console(highlight=False, soft_wrap=True, emoji=False, markup=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False, markup=False)


class _Warnings(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        warn(record.getMessage())


def show_warnings() -> None:
    """Send the library's warnings to standard error, a line each."""
    logger = logging.getLogger("zhtm_detector")
    if not logger.handlers:
        logger.addHandler(_Warnings())
        logger.propagate = False


def warn(message: str) -> None:
    """Print one line of warning."""
    err.print(f"warning: {' '.join(message.split())}", style="yellow")


def fail(message: str) -> None:
    """Print one line of error."""
    err.print(f"error: {' '.join(message.split())}", style="red")


def print_json(content: Any) -> None:
    """Print a JSON document on standard output; a number that is not finite becomes null, for JSON has none."""
    out.print(json.dumps(_finite(content), indent=2, allow_nan=False))


class DetectionProgress:
    """Two bars, over files and over records; counts what is done in either way of reporting."""

    def __init__(self, progress: Progress, file_count: int, record_count: int) -> None:
        self._progress = progress
        self._files = progress.add_task("files", total=file_count)
        self._records = progress.add_task("records", total=record_count)

    def on_row(self, row: Detection) -> None:
        """Count a file."""
        self._progress.advance(self._files)

    def on_records(self, amount: int) -> None:
        """Count records."""
        self._progress.advance(self._records, amount)


@contextmanager
def detection_progress(file_count: int, record_count: int) -> Iterator[DetectionProgress]:
    """Show progress on standard error while the block runs; only there where it is a terminal."""
    columns = (TextColumn("{task.description:>8}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        yield DetectionProgress(progress, file_count, record_count)


def score_table(rows: Sequence[BoardRow], title: str) -> Table:
    """Lay out the scoreboard: ours in bold."""
    profiles = list(PROFILES) + sorted({p for row in rows for p in row.scores if p not in PROFILES})
    table = Table(title=title, title_justify="left")
    table.add_column("", justify="right")
    table.add_column("detector")
    table.add_column("")
    for profile in profiles:
        table.add_column(profile_title(profile), justify="right")
    for place, row in enumerate(rows, start=1):
        cells = [_number(row.scores.get(profile)) for profile in profiles]
        style = {"ours": "bold", "baseline": "dim"}.get(row.origin, "")
        table.add_row(str(place), row.name, row.origin, *cells, style=style)
    return table


def score_markdown(rows: Sequence[BoardRow]) -> str:
    """Lay out the scoreboard in Markdown: ours in bold, baselines in italics."""
    marks = {"ours": "**", "baseline": "*"}
    lines = ["| | detector | " + " | ".join(PROFILE_TITLES.values()) + " |", "|---|---|---|---|---|"]
    for place, row in enumerate(rows, start=1):
        mark = marks.get(row.origin, "")
        cells = [f"{mark}{row.name}{mark}", *(_number(row.scores.get(profile)) for profile in PROFILE_TITLES)]
        lines.append(f"| {place} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _finite(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not isfinite(content) else content


def _number(score: float | None) -> str:
    return "" if score is None or score != score else f"{score:.2f}"


@contextmanager
def counting(what: str, total: int) -> Iterator[Any]:
    """Show one bar on standard error; yields a function that advances it."""
    columns = (TextColumn("{task.description:>8}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(what, total=total)
        yield lambda amount: progress.advance(task, amount)
