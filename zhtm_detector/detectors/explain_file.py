"""Why our model alerts in one data file: the model runs once more, and is asked at the alerts.

As in `run_file`, a task carries the parsed file, and a worker reads and writes no file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.detectors.base import PROBATIONARY_PERCENT
from zhtm_detector.detectors.data_file import DataFile
from zhtm_detector.htm.params import ModelParams

if TYPE_CHECKING:
    import pandas as pd

_USUAL = 0.9  # share of the distances between records that are one and the same: then it is the interval


@dataclass(frozen=True)
class ExplainTask:
    """Records of a file to explain, with what the model ran with that gave them their scores.

    Parameters
    ----------
    params : ModelParams
    seed : int
    data_file : DataFile
    records : tuple of int
        Their numbers from 0, ascending, at least one.
    """

    params: ModelParams
    seed: int
    data_file: DataFile
    records: tuple[int, ...]


@dataclass(frozen=True)
class FileReasons:
    """What an explaining run found.

    Parameters
    ----------
    sentences : mapping of int to str
        By record; empty if the task failed.
    scores : ndarray of float64, shape (records,)
        Of all records up to the last explained one: who has results of an earlier run can tell whether this was the
        same one.
    """

    relative_path: str
    sentences: Mapping[int, str]
    scores: NDArray[np.float64]


def explain_file(task: ExplainTask) -> FileReasons:
    """Run the model over the file up to the last of the records, and explain each of them."""
    from zhtm_detector.detectors.zhtm import ZhtmDetector
    from zhtm_detector.htm.explaining import explain_records

    data = task.data_file.data
    detector = ZhtmDetector(task.data_file, PROBATIONARY_PERCENT, params=task.params, seed=task.seed)
    detector.initialize()
    scores: list[NDArray[np.float64]] = []
    found = explain_records(
        detector.model,
        data["timestamp"],
        data["value"],
        task.records,
        usual_interval(data["timestamp"]),
        lambda steps: scores.append(steps.score),
    )
    sentences = {record: explanation.sentence for record, explanation in found.items()}
    return FileReasons(task.data_file.relative_path, sentences, np.concatenate(scores))


def usual_interval(timestamps: pd.Series[pd.Timestamp]) -> timedelta | None:
    """Return the distance between records; None if too few are equally far apart for it to mean a time."""
    distances = timestamps.diff().iloc[1:]
    if distances.empty:
        return None
    usual: timedelta = distances.median().to_pytimedelta()
    return usual if usual > timedelta(0) and (distances == usual).mean() >= _USUAL else None
