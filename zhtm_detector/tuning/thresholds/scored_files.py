"""Anomaly scores of streams, read from CSV files without labels: the records after the probationary period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.detectors.base import PROBATIONARY_PERCENT, SCORE_COLUMN, probationary_period
from zhtm_detector.detectors.names import NOT_NAB
from zhtm_detector.nab.score_csv import TIME, read_score_csv, score_column, time_column


@dataclass(frozen=True, eq=False)
class ScoredStream:
    """The scores of one stream.

    Parameters
    ----------
    name : str
    scores : ndarray of float64, shape (records,)
        After the probationary period.
    microseconds : int
        From the first of these records to the last, plus the usual step, because n records at equal steps cover n
        steps; 0 if it was not read.
    """

    name: str
    scores: NDArray[np.float64]
    microseconds: int


def read_scored_file(path: Path, with_time: bool) -> ScoredStream:
    """Read a CSV file with the columns `timestamp` and `anomaly_score`; others are ignored.

    Parameters
    ----------
    path : Path
    with_time : bool
        Whether to read the time span; otherwise the column `timestamp` may be missing.

    Raises
    ------
    InputError
        When it cannot be read, lacks a column or has fewer than two records, or for a bad timestamp or a score that is
        not a number in [0, 1]. The message names file, row (line number) and field.
    """
    # Exact to the last bit, because the threshold is compared with the detector's own scores.
    frame = read_score_csv(path, (TIME, SCORE_COLUMN) if with_time else (SCORE_COLUMN,), exact=True)
    if len(frame) < 2:
        raise InputError(f"{path}: expected at least 2 records, got {len(frame)}")
    scores = score_column(path, frame)
    first = ceil(probationary_period(PROBATIONARY_PERCENT, len(frame)))
    span = _span(time_column(path, frame, utc=True), first) if with_time else 0
    return ScoredStream(str(path), scores[first:], span)


def read_scored_files(paths: Sequence[Path], with_time: bool) -> list[ScoredStream]:
    """Read several files; raises as `read_scored_file`, and for a file that is given twice."""
    seen: set[Path] = set()
    for path in paths:
        if path.resolve() in seen:
            raise InputError(f"scores {path}: expected each file once, got it twice")
        seen.add(path.resolve())
    return [read_scored_file(path, with_time) for path in paths]


def detector_files(folder: Path) -> list[Path]:
    """List the results files in a detector's folder, without the score files of its profiles."""
    files = sorted(path for path in folder.rglob("*.csv") if path.is_file() and not path.name.startswith("."))
    return [path for path in files if path.parent != folder or not _is_score_file(path)]


def result_files(results: Path, detector: str) -> dict[str, list[Path]]:
    """Find a detector's results on any corpus: its name in the results to its files.

    Raises
    ------
    InputError
        When there are none.
    """
    found = {}
    for prefix in ("", *NOT_NAB):
        if files := detector_files(results / (prefix + detector)):
            found[prefix + detector] = files
    if not found:
        raise InputError(f"results {results}: expected results of {detector}, found none; run `zhtm run` first")
    return found


def _is_score_file(path: Path) -> bool:
    # The first line decides, because a data file's name may end the same way.
    if not path.stem.endswith("_scores"):
        return False
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.readline().startswith("Detector,Profile,")


def _span(moments: pd.Series[pd.Timestamp], first: int) -> int:
    # Microseconds, because nanoseconds end in the year 2262.
    ticks = moments.dt.as_unit("us").astype("int64").to_numpy()[first:]
    steps = np.diff(ticks)
    steps = steps[steps > 0]
    usual = int(np.median(steps)) if steps.size else 0
    return int(ticks.max() - ticks.min()) + usual
