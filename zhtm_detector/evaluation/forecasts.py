"""Forecasts of one file, record by record: of a model, of its predictor without the memory, and of naive methods."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.predicting import Distribution, Predictor
from zhtm_detector.htm.predicting.distribution import bucket_of

COVERAGE = 0.8  # of the interval that is checked
DAY, WEEK = 86_400_000_000, 7 * 86_400_000_000  # microseconds
MODEL, RECORD_ONLY, LAST = "model", "without memory", "last value"
SEASONS = {"last day": DAY, "last week": WEEK}
METHODS = (MODEL, RECORD_ONLY, LAST, *SEASONS)
_ERRORS = 1000  # the latest ones, of which a naive method's distribution is made
_NONE = np.zeros(0, dtype=np.int64)


class Series(NamedTuple):
    """Records of one file."""

    name: str
    clock: NDArray[np.int64]  # (records,) microseconds since 1970
    values: NDArray[np.float64]  # (records,)

    @property
    def interval(self) -> int:
        """Median time between two records, in microseconds."""
        return int(np.median(np.diff(self.clock))) if len(self.clock) > 1 else 0


class Forecast(NamedTuple):
    """What was said of a value to come."""

    median: float
    mean: float
    low: float
    high: float
    chance: Callable[[float], float]  # probability of the bucket that a value lies in


@dataclass
class Tally:
    """Errors of one method so many steps ahead."""

    absolute: list[float] = field(default_factory=list)
    relative: list[float] = field(default_factory=list)
    squared: list[float] = field(default_factory=list)
    surprise: list[float] = field(default_factory=list)
    covered: list[bool] = field(default_factory=list)

    def add(self, said: Forecast, value: float) -> None:
        """Count what was said of a value, now that it is known."""
        error = abs(said.median - value)
        size = abs(said.median) + abs(value)
        self.absolute.append(error)
        self.relative.append(200.0 * error / size if size else 0.0)
        self.squared.append((said.mean - value) ** 2)
        self.surprise.append(-math.log(max(said.chance(value), 1e-12)))
        self.covered.append(said.low <= value <= said.high)

    @property
    def mae(self) -> float:
        """Mean absolute error of the median, in the stream's unit."""
        return float(np.mean(self.absolute))

    @property
    def smape(self) -> float:
        """Symmetric mean absolute percentage error of the median: 200 |p - v| / (|p| + |v|), from 0 to 200."""
        return float(np.mean(self.relative))

    @property
    def rmse(self) -> float:
        """Root of the mean squared error of the mean, in the stream's unit."""
        return float(np.sqrt(np.mean(self.squared)))

    @property
    def nll(self) -> float:
        """Mean negative log-likelihood of the bucket, in nats."""
        return float(np.mean(self.surprise))

    @property
    def coverage(self) -> float:
        """Percentage of values within the central interval of 80%."""
        return 100.0 * float(np.mean(self.covered))


class Naive:
    """A naive forecast, with the distribution of its own latest errors around it."""

    def __init__(self) -> None:
        self._errors: deque[float] = deque(maxlen=_ERRORS)

    def forecast(self, point: float, edges: NDArray[np.float64]) -> Forecast:
        """Return the forecast with the errors known now; one more error is spread over all buckets."""
        errors = np.array(self._errors)
        buckets = len(edges) - 1

        def chance(value: float) -> float:
            bucket = bucket_of(edges, value)
            low = -math.inf if bucket == 0 else edges[bucket]
            high = math.inf if bucket == buckets - 1 else edges[bucket + 1]
            hits = np.count_nonzero((errors + point >= low) & (errors + point < high))
            return float(hits + 1.0 / buckets) / (len(errors) + 1)

        ends = [(1.0 - COVERAGE) / 2.0, (1.0 + COVERAGE) / 2.0]
        low, high = point + (np.quantile(errors, ends) if len(errors) else np.zeros(2))
        return Forecast(point, point, float(low), float(high), chance)

    def learn(self, point: float, value: float) -> None:
        """Learn the error of a forecast."""
        self._errors.append(value - point)


def forecast_series(
    series: Series, model: HTMModel, first_scored: int, written: Callable[[int, dict[int, Distribution]], None]
) -> dict[tuple[str, int], Tally]:
    """Predict each record from those before it, then learn it.

    Parameters
    ----------
    series : Series
    model : HTMModel
        New, with `predict_steps`.
    first_scored : int
        The first record whose forecasts count.
    written : callable
        Called with each record's number and what is expected after it.

    Returns
    -------
    dict of (str, int) to Tally
        By method and steps ahead; empty tallies if the file ends before.
    """
    steps = model.predict_steps
    alone = Predictor(steps)
    naive = {(name, step): Naive() for name in (LAST, *SEASONS) for step in steps}
    tallies: dict[tuple[str, int], Tally] = defaultdict(Tally)
    waiting: dict[int, deque[dict[str, Forecast]]] = {step: deque() for step in steps}
    order = np.maximum.accumulate(series.clock) if len(series.clock) else series.clock
    for row, (clock, value) in enumerate(zip(series.clock.tolist(), series.values.tolist(), strict=True)):
        for step in steps:
            if row < step:
                continue
            said = waiting[step].popleft()
            for method, forecast in said.items():
                if row >= first_scored:
                    tallies[method, step].add(forecast, value)
                if (method, step) in naive:
                    naive[method, step].learn(forecast.median, value)
        model.step(np.datetime64(clock, "us"), value)
        alone.take(clock, value, _NONE, True)
        expected, without = model.predict(), alone.predict()
        written(row, expected)
        for step in steps:
            edges = expected[step].edges
            now = {MODEL: _of(expected[step]), RECORD_ONLY: _of(without[step])}
            now[LAST] = naive[LAST, step].forecast(value, edges)
            for name, period in SEASONS.items():
                then = clock + step * series.interval - period
                place = int(np.searchsorted(order[: row + 1], then + series.interval // 2, side="right")) - 1
                point = float(series.values[place]) if place >= 0 else value
                now[name] = naive[name, step].forecast(point, edges)
            waiting[step].append(now)
    return dict(tallies)


def _of(expected: Distribution) -> Forecast:
    low, high = expected.interval(COVERAGE)

    def chance(value: float) -> float:
        return float(expected.probabilities[expected.bucket(value)])

    return Forecast(expected.median, expected.mean, low, high, chance)
