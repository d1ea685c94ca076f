"""Records to time a model on, and the arguments that the model is built with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.detectors.base import PROBATIONARY_PERCENT, probationary_period
from zhtm_detector.detectors.data_file import DataFile
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import ModelParams


@dataclass(frozen=True)
class TimedStream:
    """Records, and the range and probationary period of a model for them.

    Parameters
    ----------
    name : str
    timestamps : Series or DatetimeIndex, shape (records,)
    values : ndarray of float64, shape (records,)
    minimum, maximum : float
    probation : int
        In records.
    """

    name: str
    timestamps: Any
    values: NDArray[np.float64]
    minimum: float
    maximum: float
    probation: int

    @classmethod
    def of(cls, data_file: DataFile) -> TimedStream:
        """Use a data file with the range and probationary period that `ZhtmDetector` uses."""
        data = data_file.data
        values = data["value"].to_numpy(dtype=np.float64)
        probation = int(probationary_period(PROBATIONARY_PERCENT, len(data)))
        limits = float(values.min()), float(values.max())
        return cls(data_file.relative_path, data["timestamp"], values, *limits, probation)

    def __len__(self) -> int:
        return len(self.values)

    def model(self, params: ModelParams, seed: int) -> HTMModel:
        """Build a new model."""
        return HTMModel(params, self.minimum, self.maximum, self.probation, seed)

    def run(self, model: HTMModel) -> None:
        """Run a model over all records in one call."""
        model.run(self.timestamps, self.values)

    def records(self) -> list[tuple[Any, float]]:
        """Return timestamp and value of each record, as a program gets them one by one."""
        return list(zip(self.timestamps, self.values.tolist(), strict=True))
