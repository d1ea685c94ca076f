"""The labelled windows of a run, if the corpus has a file of its name."""

from __future__ import annotations

from glob import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.encoders import wall_clock
from zhtm_detector.nab.choose_corpus import choose_corpus
from zhtm_detector.nab.labels import Window, read_windows


def windows_of(nab_root: Path | None, source: str, times: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Find the first and last record of each labelled window that a run reaches into.

    Parameters
    ----------
    nab_root : Path, optional
        Where the corpus is; as `choose_corpus`.
    source : str
        The run's name: a path of which the corpus has exactly one, or whose last part exactly one file has.
    times : ndarray of int64, shape (records,)
        Microseconds since 1970 on the stream's own clock.

    Returns
    -------
    list of (int, int)
        Both ends inclusive; empty if the corpus has no such file, or no label of it.

    Raises
    ------
    InputError
        For a root or labels that are wrong, if a root was given.
    """
    try:
        corpus = choose_corpus(nab_root).corpus
        path = _path_of(corpus.known, source)
        windows = read_windows(corpus.select(escape(path))).get(path, []) if path else []
    except InputError:
        if nab_root is not None:
            raise
        return []  # nobody asked for labels
    found = [_records(window, times) for window in windows]
    return [span for span in found if span is not None]


def _path_of(known: tuple[str, ...], source: str) -> str | None:
    name = source.replace("\\", "/")
    if name in known:
        return name
    alike = [path for path in known if path.rsplit("/", 1)[-1] == name.rsplit("/", 1)[-1]]
    return alike[0] if len(alike) == 1 else None


def _records(window: Window, times: NDArray[np.int64]) -> tuple[int, int] | None:
    start, end = wall_clock([*window]).tolist()
    inside = np.flatnonzero((times >= start) & (times <= end))
    return (int(inside[0]), int(inside[-1])) if inside.size else None
