"""Baselines: detectors without a model of the stream, under NAB's contract.

A detector's worth is what it adds to these. They see only the past; the two nearest-value detectors also use the file's
smallest and largest value, which NAB hands to every detector.
"""

from __future__ import annotations

import math
import random
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from zhtm_detector.detectors import gaussian_kernel as kernels
from zhtm_detector.detectors.base import AnomalyDetector, field_of
from zhtm_detector.htm.anomaly.value_range import ValueRange
from zhtm_detector.htm.checks import finite_many
from zhtm_detector.htm.kernels import nearest
from zhtm_detector.htm.kernels import vote as evidence


class Baseline(AnomalyDetector):
    """A detector that scores single records and whole stretches alike, with the same result.

    It keeps its place in the stream: `scores` and `handleRecord` take the next records. `initialize` starts a new
    stream, and must be called before the first record.
    """

    @abstractmethod
    def _step(self, values: NDArray[np.float64], out: NDArray[np.float64]) -> None:
        """Write the scores of the next values into `out`."""

    def scores(self, values: ArrayLike) -> NDArray[np.float64]:
        """Score the next records.

        Parameters
        ----------
        values : array_like of float, shape (records,)
            Finite.

        Returns
        -------
        ndarray of float64, shape (records,)
            Anomaly scores in [0, 1].

        Raises
        ------
        ValueError
            For anything but a one-dimensional sequence of finite numbers.
        """
        array = finite_many("values", values)
        out = np.empty_like(array)
        self._step(array, out)
        return out

    def handleRecord(self, inputData: Mapping[str, Any]) -> list[float]:
        """Score one record ({"timestamp": …, "value": …}) as [anomaly score]."""
        return [float(self.scores([field_of(inputData, "value")])[0])]

    def run(self) -> pd.DataFrame:
        """Score the whole file at once: columns timestamp, value, anomaly_score, one row per record."""
        results = self.dataSet.data[["timestamp", "value"]].copy()
        results["anomaly_score"] = self.scores(results["value"])
        return results


class NullDetector(Baseline):
    """A constant 0.5: the zero of NAB's scale."""

    def _step(self, values: NDArray[np.float64], out: NDArray[np.float64]) -> None:
        out[:] = 0.5


class RandomDetector(Baseline):
    """Uniform scores, the same stream for every file: NAB's own `random` detector, number for number.

    Notes
    -----
    NAB seeds Python's generator (Mersenne Twister) with 42 at the start of each file.
    """

    seed = 42

    def initialize(self) -> None:
        """Start a new stream."""
        self._random = random.Random(self.seed)

    def _step(self, values: NDArray[np.float64], out: NDArray[np.float64]) -> None:
        for i in range(values.size):
            out[i] = self._random.random()


class ValueRangeDetector(Baseline):
    """1.0 when the value leaves the range seen so far by more than 5% of that range, else 0.0.

    Notes
    -----
    The rule that NAB's Numenta detector adds to its likelihood ("spatial anomaly", tolerance 0.05). It needs two
    distinct values: before that there is no range.
    """

    tolerance = 0.05  # of the range seen so far

    def initialize(self) -> None:
        """Start a new stream."""
        self._range = ValueRange(self.tolerance)

    def _step(self, values: NDArray[np.float64], out: NDArray[np.float64]) -> None:
        out[:] = self._range.run(values)


class NearestValueDetector(Baseline):
    """Distance to the closest earlier value, as a share of the file's range, at most 1.

    The first record scores 0, and so does every record of a file whose values are all the same.

    Notes
    -----
    Memory is bounded: at most `capacity` distinct values are stored, and a new one replaces the oldest. O(log capacity)
    to search, one move of memory to insert.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> data = pd.DataFrame({"timestamp": pd.date_range("2024-01-01", periods=4, freq="h"), "value": [0, 10, 4, 5]})
    >>> detector = NearestValueDetector(SimpleNamespace(data=data), 0.15)
    >>> detector.initialize()
    >>> detector.scores(data["value"]).tolist()
    [0.0, 1.0, 0.4, 0.1]
    """

    capacity = 2**16  # distinct values; more than any file of NAB has records

    def initialize(self) -> None:
        """Start a new stream."""
        self._nearest = nearest.nearest_state(self.capacity)

    def _step(self, values: NDArray[np.float64], out: NDArray[np.float64]) -> None:
        half_span = 0.5 * float(self.inputMax) - 0.5 * float(self.inputMin)
        nearest.nearest_value(values, np.full(values.size, half_span), self._nearest, out)


class NearestValueRefractoryDetector(NearestValueDetector):
    """Nearest value, silenced for a while by its own alarms.

    A score becomes 0 unless it exceeds every nearest-value score of the last 0.3 probationary periods. Scores are
    compared as they were before this rule, so a silenced score still silences weaker ones after it.
    """

    share = 0.3  # of the probationary period

    def initialize(self) -> None:
        """Start a new stream."""
        super().initialize()
        self._period = math.floor(self.share * self.probationaryPeriod)  # records
        self._refractory = evidence.refractory_state(self._period)

    def _step(self, values: NDArray[np.float64], out: NDArray[np.float64]) -> None:
        super()._step(values, out)
        evidence.refractory(out.copy(), self._period, self._refractory, out)


class WindowedGaussianDetector(Baseline):
    """One minus the Gaussian tail probability of the value, under the moments of the records before it.

    Notes
    -----
    The rule of NAB's `windowedGaussian`: a window of 6400 records, which grows with every record until it is full and
    then slides by 100 at a time; a deviation of 0 counts as 1e-6; the score is 1 - Q(z), so 0.5 for a value at the
    mean. NAB recomputes the moments of the growing window for every record. Here they are updated (Welford 1962,
    Technometrics 4, 419-420) and recomputed at each slide: the work per record is bounded, and scores differ from those
    of NAB's class by less than 1e-13 over NAB's corpus.
    """

    window = 6400  # records
    step = 100  # records
    least_deviation = 1e-6  # value units

    def initialize(self) -> None:
        """Start a new stream."""
        self._gaussian = kernels.gaussian_state(self.window, self.step)

    def _step(self, values: NDArray[np.float64], out: NDArray[np.float64]) -> None:
        kernels.windowed_gaussian(values, self.least_deviation, self._gaussian, out)


BASELINES: dict[str, type[Baseline]] = {
    "null": NullDetector,
    "random": RandomDetector,
    "valueRange": ValueRangeDetector,
    "nearestValue": NearestValueDetector,
    "nearestValueRefractory": NearestValueRefractoryDetector,
    "windowedGaussian": WindowedGaussianDetector,
}
