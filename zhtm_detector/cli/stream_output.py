"""Where the results of `stream` go, and what is said at the end."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, BinaryIO

import typer

from zhtm_detector.common.errors import InputError

if TYPE_CHECKING:
    from zhtm_detector.streams.pipeline import Pipeline


@contextmanager
def written_to(output: Path | None, source: Path | None, written: int | None) -> Iterator[tuple[BinaryIO, int]]:
    """Open the output, at the place that a state belongs to if there is one, and yield it with its place.

    A reader that has gone ends the command without a word.
    """
    if output is not None and source is not None and output.exists() and source.exists() and output.samefile(source):
        raise InputError(f"--output {output}: expected another file than the input")
    where = "standard output" if output is None else f"--output {output}"
    try:
        with _opened(output, written) as file:
            yield file, _at(file, written, where)
    except BrokenPipeError:
        raise typer.Exit(0) from None
    except OSError as error:
        raise InputError(f"{where}: cannot be written ({error.strerror}); expected a file or pipe with room") from None


def _opened(output: Path | None, written: int | None) -> AbstractContextManager[BinaryIO]:
    if output is None:
        return nullcontext(sys.stdout.buffer)
    return output.open("wb" if written is None else "r+b")


def _at(file: BinaryIO, written: int | None, where: str) -> int:
    """Cut a file to what a state knows of it, so that the same is not written twice; return its length."""
    if not _is_file(file):  # what went down a pipe is out of reach
        return written or 0
    length = file.seek(0, os.SEEK_END)
    if written is None:
        return length
    if length < written:
        raise InputError(
            f"{where}: expected the {written:,} bytes that were written before, got {length:,}; append with >>, "
            "or use --output"
        )
    file.truncate(written)
    return file.seek(written)


def _is_file(file: BinaryIO) -> bool:
    try:
        return S_ISREG(os.fstat(file.fileno()).st_mode)
    except OSError:  # only looks like one
        return False


def summary(pipeline: Pipeline, seconds: float) -> str:
    """Return a line about a stream that has ended."""
    detector, source = pipeline.detector, pipeline.source
    counts, keys = detector.counts, len(detector.keys())
    rate = counts.records / seconds if seconds > 0 else 0.0
    parts = [
        f"{counts.records:,} records",
        f"{counts.alerts:,} alerts",
        f"{source.bad if source else 0:,} skipped",
        f"{counts.missing:,} missing",
        f"{counts.late:,} late",
        f"{counts.gaps:,} gaps",
        f"{keys:,} key{'' if keys == 1 else 's'}",
        f"{rate:,.0f} records/s",
    ]
    if counts.refused_keys:
        parts.insert(3, f"{counts.refused_keys:,} of keys too many")
    known = sorted(detector.probations())
    if known:
        span = f"{known[0]:,}" if len(known) == 1 else f"{known[0]:,} to {known[-1]:,}"
        parts.append(f"probation {span} records")
    return "; ".join([", ".join(parts[:-1]), parts[-1]]) if known else ", ".join(parts)
