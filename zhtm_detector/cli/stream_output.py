"""Where the results of `stream` go, and what is said at the end."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, BinaryIO

import typer

from zhtm_detector.common.errors import InputError

if TYPE_CHECKING:
    from zhtm_detector.streams.pipeline import Pipeline
    from zhtm_detector.streams.sink import Opener


@contextmanager
def written_to(output: Path | None, source: Path | None) -> Iterator[Opener]:
    """Check the output, and yield what opens it, which empties it or cuts it to the bytes that a state knows of.

    That returns the file and its place. It is closed when the block ends. A reader that has gone ends the command
    without a word.
    """
    where = "standard output" if output is None else f"--output {output}"
    stack = ExitStack()

    def opened(written: int | None) -> tuple[BinaryIO, int]:
        if output is None:
            return sys.stdout.buffer, _at(sys.stdout.buffer, written, where)
        file = stack.enter_context(output.open("wb" if written is None else "r+b"))
        return file, _at(file, written, where)

    try:
        if output is not None:
            _check(output, source, where)
        with stack:
            yield opened
    except BrokenPipeError:
        raise typer.Exit(0) from None
    except OSError as error:
        raise InputError(f"{where}: cannot be written ({error.strerror}); expected a file or pipe with room") from None


def _check(output: Path, source: Path | None, where: str) -> None:
    """Refuse, before anything is read, what cannot be written, and the input itself."""
    if source is not None and output.exists() and source.exists() and output.samefile(source):
        raise InputError(f"{where}: expected another file than the input")
    if output.is_dir() or not os.access(output if output.exists() else output.parent, os.W_OK):
        raise InputError(f"{where}: cannot be written; expected a file in a writable folder")


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
    if detector.settings.shard is not None:
        parts.insert(3, f"{counts.elsewhere:,} of other shards")
    if counts.refused_keys:
        parts.insert(3, f"{counts.refused_keys:,} of keys too many")
    known = sorted(detector.probations())
    if known:
        span = f"{known[0]:,}" if len(known) == 1 else f"{known[0]:,} to {known[-1]:,}"
        parts.append(f"probation {span} records")
    return "; ".join([", ".join(parts[:-1]), parts[-1]]) if known else ", ".join(parts)
