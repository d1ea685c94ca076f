"""Labelled ranges: the records that are anomalous themselves, where NAB's windows lie around them."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.runs import runs_of
from zhtm_detector.nab.corpus import Corpus
from zhtm_detector.nab.labels import label_column, read_entries

logger = logging.getLogger(__name__)

RANGES_FILE = "ranges.json"  # beside the label file


def has_ranges(corpus: Corpus) -> bool:
    """Whether the corpus has labelled ranges beside its windows."""
    return (corpus.label_path.parent / RANGES_FILE).is_file()


def read_ranges(corpus: Corpus, paths: Iterable[str] | None = None) -> dict[str, list[tuple[int, int]]]:
    """Read the labelled ranges of data files, as records.

    They are those of `ranges.json` beside the corpus' label file, ``{"category/file.csv": [["start", "end"], …]}`` with
    inclusive timestamps, as the windows are written. Without such a file they are the windows; so they are, with a
    warning, for a data file that it does not name.

    Parameters
    ----------
    corpus : Corpus
    paths : iterable of str, optional
        The data files, each read; by default those of the corpus that have labels.

    Returns
    -------
    dict
        Relative path to the first and the last record of each range, in order. Ranges that touch are one.

    Raises
    ------
    InputError
        As `read_windows` of either file, for a bad data file, and for a range without any record, or with a time zone
        that its data have not.
    """
    windows = read_entries(corpus, corpus.label_path)
    label_path = corpus.label_path.parent / RANGES_FILE
    entries = read_entries(corpus, label_path) if has_ranges(corpus) else {}
    ranges = {}
    for path in windows if paths is None else paths:
        if entries and path not in entries:
            logger.warning("%s: no ranges in %s; its windows count", path, label_path)
        where = label_path if path in entries else corpus.label_path
        data = corpus.load(path).data
        spans = entries[path] if path in entries else windows.get(path, [])
        for number, span in enumerate(spans, start=1):
            if (span[0].tzinfo is None) != (data["timestamp"].dt.tz is None):
                raise InputError(
                    f"label file {where}: {path}: range {number} ({span[0]}, {span[1]}): expected a time zone only if "
                    f"the timestamps of the data have one, as in {data['timestamp'].iloc[0]}"
                )
            if not label_column(data, [span]).any():
                raise InputError(
                    f"label file {where}: {path}: range {number} ({span[0]}, {span[1]}): expected a record in it, "
                    "found none"
                )
        firsts, lasts = runs_of(label_column(data, spans) == 1)
        ranges[path] = list(zip(firsts.tolist(), lasts.tolist(), strict=True))
    return ranges
