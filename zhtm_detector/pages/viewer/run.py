"""The recorded run that a page shows: its header, and its parts as the trace holds them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.recording import Trace
from zhtm_detector.htm.recording.header import Header
from zhtm_detector.htm.recording.layout import Arrays, Field, as_json, encode

SERIES = "series"  # the part that holds the numbers of all records
_NUMBERS = ("value", "score", "unsilenced", "raw", "likelihood", "novelty", "center", "deviation", "evidence")
_FLAGS = ("out_of_range", "silenced")
_LAYOUT = [*(Field(name, "f8") for name in ("time", *_NUMBERS)), *(Field(name, "u1", below=2) for name in _FLAGS)]

WindowsOf = Callable[[str, NDArray[np.int64]], Sequence[tuple[int, int]]]


@dataclass(frozen=True, eq=False)
class Run:
    """A recorded run.

    Parameters
    ----------
    title : str
        What the page is called.
    header : dict
        What the trace's header says, and what only the viewer knows: `windows`, first and last record of each labelled
        one, and the layout of the part `series`.
    parts : mapping of str to callable
        Returns the bytes of each part that may be asked for.
    overlaps : callable, optional
        Returns the overlaps of all columns at a record, counted from 0, which no part holds.
    """

    title: str
    header: dict[str, Any]
    parts: dict[str, Callable[[], bytes]] = field(repr=False)
    overlaps: Callable[[int], NDArray[np.int64]] | None = None


def open_run(path: Path, windows_of: WindowsOf | None = None) -> Run:
    """Read a trace for the page.

    Parameters
    ----------
    path : Path
    windows_of : callable, optional
        Returns first and last record of each labelled window, from the run's source and its times in microseconds.

    Raises
    ------
    InputError
        Unless it is a trace.
    """
    trace = Trace.open(path)
    numbers = _numbers(trace)
    times = numbers["time"]
    windows = [list(span) for span in windows_of(trace.header.source, times)] if windows_of else []
    series = encode(_LAYOUT, {**numbers, "time": times / 1000})  # milliseconds, as JavaScript has them
    # The pooler's permanences are large, and the page shows none of them.
    kinds = {"frames": trace.header.frames}
    if trace.header.sizes.columns:
        kinds |= {"learning": trace.header.frames, "memory": trace.header.memory}
    parts: dict[str, Callable[[], bytes]] = {SERIES: lambda: series}
    for kind, starts in kinds.items():
        parts |= {f"{kind}{n:05}": partial(_bytes, trace, kind, n) for n in range(len(starts))}
    overlaps = trace.overlaps if trace.header.pooler else None
    return Run(trace.header.source or path.name, _header(trace.header, windows), parts, overlaps)


def _numbers(trace: Trace) -> Arrays:
    """Return the numbers of all records, in one pass."""
    chunks = [trace.chunk_of(first).arrays for first in trace.header.frames]
    return {name: np.concatenate([chunk[name].ravel() for chunk in chunks]) for name in ("time", *_NUMBERS, *_FLAGS)}


def _bytes(trace: Trace, kind: str, number: int) -> bytes:
    return trace.blob(kind, number).tobytes()


def _header(header: Header, windows: list[list[int]]) -> dict[str, Any]:
    """Return what the page needs of a header; the names are those in the trace."""
    columns, predicts = header.params.columns, header.params.predicts
    return {
        "records": [header.first, header.last],
        "source": header.source,
        "model": dict(header.settings),
        "what": "columns" if columns else "region" if predicts else "novelty",
        "fields": [list(part) for part in header.fields],
        "cells_per_column": header.sizes.cells_per_column,
        "voters": list(header.voters),
        "views": list(header.views),
        "threshold": header.threshold,
        "sizes": list(header.sizes),
        "frames": list(header.frames),
        "memory": list(header.memory),
        "sentences": {str(record): text for record, text in header.sentences.items()},
        "layout": {**as_json(header.layout), SERIES: [list(part) for part in _LAYOUT]},
        "windows": windows,
    }
