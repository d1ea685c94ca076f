"""What the detector is timed on: data files, and an endless seasonal stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zhtm_detector.detectors.base import probationary_period
from zhtm_detector.detectors.data_file import DataFile
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import ModelParams

PROBATION = 0.15  # share of a file, as in NAB
_DAY = 288  # records of five minutes
_START = np.datetime64("2026-01-01", "us")
_FIVE_MINUTES = np.timedelta64(300, "s")


@dataclass(frozen=True)
class Stream:
    """Records, and what a model for them is told.

    Parameters
    ----------
    name : str
    timestamps : Series or DatetimeIndex, shape (records,)
    values : ndarray of float64, shape (records,)
    minimum, maximum : float
    probation : int
    """

    name: str
    timestamps: Any
    values: NDArray[np.float64]
    minimum: float
    maximum: float
    probation: int

    @classmethod
    def of(cls, data_file: DataFile) -> Stream:
        """Take a data file as `ZhtmDetector` does."""
        data = data_file.data
        values = data["value"].to_numpy(dtype=np.float64)
        probation = int(probationary_period(PROBATION, len(data)))
        return cls(
            data_file.relative_path,
            data["timestamp"],
            values,
            float(values.min()),
            float(values.max()),
            probation,
        )

    def __len__(self) -> int:
        return len(self.values)

    def head(self, records: int) -> Stream:
        """Give the first records alone; range and probation stay."""
        return Stream(
            self.name, self.timestamps[:records], self.values[:records], self.minimum, self.maximum, self.probation
        )

    def model(self, params: ModelParams, seed: int) -> HTMModel:
        """Build a new model for it."""
        return HTMModel(params, self.minimum, self.maximum, self.probation, seed)

    def records(self) -> list[tuple[Any, float]]:
        """Give them one by one, as a user's program has them."""
        return list(zip(self.timestamps, self.values.tolist(), strict=True))


class SeasonalStream:
    """Days and weeks of five-minute records with noise and rare spikes, for ever.

    Parameters
    ----------
    seed : int
        The same seed gives the same values, however they are asked for.

    Examples
    --------
    >>> stream = SeasonalStream(seed=1)
    >>> first, second = stream.take(2), stream.take(1)
    >>> again = SeasonalStream(seed=1).take(3)
    >>> bool((np.concatenate([first.values, second.values]) == again.values).all())
    True
    """

    def __init__(self, seed: int) -> None:
        # One generator a purpose: draws of one size do not shift those of another.
        self._noise, self._spikes, self._sizes = np.random.default_rng(seed).spawn(3)
        self._done = 0

    def take(self, records: int) -> Stream:
        """Give the next records."""
        numbers = np.arange(self._done, self._done + records)
        self._done += records
        day = numbers / _DAY * 2 * np.pi
        spikes = (self._spikes.random(records) < 0.003) * self._sizes.normal(0, 60, records)
        values = 50 + 20 * np.sin(day) + 10 * np.sin(day / 7) + self._noise.normal(0, 5, records) + spikes
        timestamps = pd.DatetimeIndex(_START + numbers * _FIVE_MINUTES)
        return Stream("seasonal", timestamps, values, 0.0, 100.0, 750)
