"""Reading labels: the anomaly windows of each file, both ends inclusive."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.json_reader import json_text, read_json_object
from zhtm_detector.common.text import is_one_line, printable, shown
from zhtm_detector.common.timestamps import EXPECTED, parse_timestamp
from zhtm_detector.detectors.data_file import DataFile
from zhtm_detector.nab.corpus import Corpus

logger = logging.getLogger(__name__)

Window = tuple[pd.Timestamp, pd.Timestamp]


def read_windows(corpus: Corpus) -> dict[str, list[Window]]:
    """Read the windows of the corpus' chosen files from its label file.

    No data file is read; `check_windows` compares the windows with the data.

    Returns
    -------
    dict
        Relative path to windows in time order, in the order of `corpus.paths`. A file without an entry in the label
        file is left out with a warning, as in NAB, unless its name cannot be in one: it has no windows.

    Raises
    ------
    InputError
        When the label file is not JSON, has another shape or names a file that is not in the corpus; when windows end
        before they start, overlap or are out of order.
    """
    entries = read_entries(corpus, corpus.label_path)
    windows = {}
    for relative_path in corpus.paths:
        if relative_path in entries:
            windows[relative_path] = entries[relative_path]
        elif not is_one_line(relative_path):
            windows[relative_path] = []  # no label file can name it: a row with its error, when it is loaded
        else:
            logger.warning("%s: no label in %s; the file is skipped", relative_path, corpus.label_path)
    return windows


def read_entries(corpus: Corpus, label_path: Path) -> dict[str, list[Window]]:
    """Read a label file's entries of the corpus' chosen files; raises as `read_windows`."""
    where = f"label file {label_path}"
    content = read_json_object(label_path, "label file")
    known = set(corpus.known)
    for relative_path in content:
        if relative_path not in known:
            name = printable(relative_path, 200)
            raise InputError(f"{where}: {name}: expected a file under {corpus.root / 'data'}, found none")
    return {
        relative_path: _parse_windows(content[relative_path], f"{where}: {relative_path}")
        for relative_path in corpus.paths
        if relative_path in content
    }


def _parse_windows(entry: Any, where: str) -> list[Window]:
    if not isinstance(entry, list):
        raise InputError(f"{where}: expected a list of windows, got {json_text(entry)}")
    windows: list[Window] = []
    for number, item in enumerate(entry, start=1):
        window = _parse_window(item, f"{where}: window {number}")
        if windows and not _is_after(window, windows[-1]):
            raise InputError(
                f"{where}: window {number} ({window[0]}, {window[1]}): expected it after the end of the one before, "
                f"{windows[-1][1]}"
            )
        windows.append(window)
    return windows


def _parse_window(item: Any, where: str) -> Window:
    if not (isinstance(item, list) and len(item) == 2 and all(isinstance(end, str) for end in item)):
        raise InputError(f"{where}: expected [start, end] as two texts, got {json_text(item)}")
    return parse_window(item[0], item[1], where)


def parse_window(start_text: str, end_text: str, where: str) -> Window:
    """Parse the two ends of a window or range; a message begins with `where`.

    Raises
    ------
    InputError
        For a text that is no timestamp, ends of which one has a time zone, and a start after the end.
    """
    start, end = (_parse_end(text, where) for text in (start_text, end_text))
    if (start.tzinfo is None) != (end.tzinfo is None):
        raise InputError(f"{where} ({start}, {end}): expected both ends with a time zone, or neither")
    if start > end:
        raise InputError(f"{where} ({start}, {end}): expected its start before its end")
    return start, end


def _parse_end(text: str, where: str) -> pd.Timestamp:
    try:
        end = pd.Timestamp(text) if parse_timestamp(text) else None
    except ValueError:  # nanoseconds in a year that has none
        end = None
    if end is None:
        raise InputError(f"{where}: expected {EXPECTED}, got {shown(text)}")
    return end


def _is_after(window: Window, other: Window) -> bool:
    if (window[0].tzinfo is None) != (other[0].tzinfo is None):
        return False
    return window[0] > other[1]


def check_windows(windows: list[Window], data_file: DataFile, label_path: Path) -> list[tuple[int, int]]:
    """Find the first and the last record of each window.

    Parameters
    ----------
    windows : list of Window
        As `read_windows` returns them.
    data_file : DataFile
        The file they belong to.
    label_path : Path
        Where they come from, for the message.

    Raises
    ------
    InputError
        When the timestamp of an end is missing or repeated in the data, or the windows' records are out of order.
    """
    timestamps = data_file.data["timestamp"]
    records: list[int] = []
    for number, window in enumerate(windows, start=1):
        where = f"label file {label_path}: {data_file.relative_path}: window {number} ({window[0]}, {window[1]})"
        for name, end in zip(("start", "end"), window, strict=True):
            found = np.flatnonzero((timestamps == end).to_numpy())
            if found.size != 1:
                raise InputError(f"{where}: expected its {name} in the data exactly once, found {found.size} times")
            last = records[-1] if records else -1
            # A window of one record has both ends there, so only a start must lie beyond the end before it.
            if found[0] < last or (name == "start" and found[0] == last):
                raise InputError(f"{where}: expected its {name} after the window's start and the windows before it")
            records.append(int(found[0]))
    return list(zip(records[::2], records[1::2], strict=True))


def label_column(data: pd.DataFrame, windows: list[Window]) -> NDArray[np.int64]:
    """Label each record as NAB does: 1 if its timestamp is in a window, ends included, else 0.

    Returns
    -------
    ndarray of int64, shape (records,)
    """
    timestamps = data["timestamp"]
    labels = np.zeros(len(timestamps), dtype=np.int64)
    for start, end in windows:
        labels[((timestamps >= start) & (timestamps <= end)).to_numpy()] = 1
    return labels
