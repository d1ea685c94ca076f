"""NAB's rule for anomaly windows: where the detection of a labelled anomaly counts.

Source: numenta/NAB, nab/labeler.py, `LabelCombiner.applyWindows` and `checkWindows`, with `windowSize` 0.10 and
`probationaryPercent` 0.15.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from math import ceil

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.detectors.base import PROBATIONARY_PERCENT, probationary_period

WINDOW_SHARE = 0.1  # of the file's length, shared by its anomalies: `windowSize`

Span = tuple[int, int]  # first and last record


@dataclass(frozen=True)
class Placed:
    """The windows of a file, and the anomalies that have none of their own."""

    windows: tuple[Span, ...]  # in order, disjoint, none of them probationary
    left_out: int = 0  # anomalies whose window would begin in the probationary period
    merged: int = 0  # anomalies whose window became part of the one before


def window_length(records: int, anomalies: int) -> int:
    """Length of the window of each anomaly, in records, without its centre.

    Examples
    --------
    >>> window_length(4032, 1), window_length(4032, 2)
    (403, 201)
    """
    return int(WINDOW_SHARE * records / max(anomalies, 1))


def place_windows(
    anomalies: Sequence[Span], moments: NDArray[np.int64], where: str = "windows", as_given: bool = False
) -> Placed:
    """Place the windows of one file.

    An anomaly of one record gets NAB's window, half of its length on each side, cut at the ends of the file. A longer
    one gets that window around its middle, widened to cover the whole anomaly: short ranges are treated as points are,
    and the anomalies of a file still share a tenth of it unless they are longer themselves.

    NAB deletes a window that begins in the probationary period, though its anomaly may lie behind it, and merges
    windows that touch. It looks at the first window of a file only, and at pairs; here it is all windows. In NAB's
    corpus that makes no difference.

    Parameters
    ----------
    anomalies : sequence of (int, int)
        First and last record of each, ascending and disjoint.
    moments : ndarray of int64, shape (records,)
        Timestamps, in any unit.
    where : str
        Starts the error message.
    as_given : bool
        Whether the windows are the anomalies themselves, without NAB's length.

    Raises
    ------
    InputError
        When a window has no end with a timestamp that no other record has, or the timestamps go back within it.

    Examples
    --------
    >>> place_windows([(50, 50), (70, 80)], np.arange(100))
    Placed(windows=((48, 52), (70, 80)), left_out=0, merged=0)
    >>> place_windows([(15, 15), (50, 50), (52, 52)], np.arange(100))
    Placed(windows=((49, 53),), left_out=1, merged=1)
    """
    records = moments.size
    half = 0 if as_given else window_length(records, len(anomalies)) // 2
    first_scored = ceil(probationary_period(PROBATIONARY_PERCENT, records))
    alone = _alone(moments)
    windows: list[Span] = []
    left_out = merged = 0
    for first, last in anomalies:
        middle = (first + last) // 2
        start = min(first, max(middle - half, 0))
        end = max(last, min(middle + half, records - 1))
        if start < first_scored:
            left_out += 1
            continue
        # Label files name windows by the timestamps of their ends: each must be that of one record only.
        start = _nearest(alone, chain(range(start, first_scored - 1, -1), range(start + 1, first + 1)), where)
        end = _nearest(alone, chain(range(end, records), range(end - 1, last - 1, -1)), where)
        if windows and (start <= windows[-1][1] or moments[start] <= moments[windows[-1][1]]):
            windows[-1] = (windows[-1][0], max(end, windows[-1][1]))
            merged += 1
        else:
            windows.append((start, end))
    for start, end in windows:
        if moments[start] > moments[end]:
            raise InputError(f"{where}: expected timestamps that do not go back in the window of an anomaly")
    return Placed(tuple(windows), left_out, merged)


def _alone(moments: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each timestamp is that of one record only."""
    _, places, counts = np.unique(moments, return_inverse=True, return_counts=True)
    alone: NDArray[np.bool_] = counts[places] == 1
    return alone


def _nearest(alone: NDArray[np.bool_], places: chain[int], where: str) -> int:
    """Return the first of these records that has a timestamp of its own."""
    for place in places:
        if alone[place]:
            return place
    raise InputError(f"{where}: expected a record near each anomaly whose timestamp no other record has, found none")
