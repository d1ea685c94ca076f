"""Slow twin of the anomaly likelihood: every average and every estimate is recomputed from whole lists.

Ahmad et al. 2017, section 3.2, with NuPIC's floors, null distribution, filter and periods.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

NULL = (0.5, 1000.0)  # mean and deviation under which nothing is unlikely
RED = 1.0 - 0.99999
YELLOW = 1.0 - 0.999


@dataclass(frozen=True)
class Periods:
    learning_period: int
    estimation_samples: int
    averaging_window: int = 10
    history: int = 8640
    reestimation_period: int = 100


def likelihoods(values: list[float], raws: list[float], periods: Periods) -> list[float]:
    """Return the likelihood of each record, given all records before it."""
    probation = periods.learning_period + periods.estimation_samples
    out: list[float] = []
    distribution: tuple[float, float] | None = None
    origin = 0  # first record in the averages
    before = 0.0  # unfiltered tail probability of the previous record
    for n in range(len(raws)):
        if n < probation:
            out.append(0.5)
            continue
        if distribution is None or n % periods.reestimation_period == 0:
            origin = max(0, n - periods.history)
            distribution = estimate(values[origin:n], averages(raws[origin:n], periods), n, periods)
            before = tail(average(raws[origin:n], periods), distribution)
        now = tail(average(raws[origin : n + 1], periods), distribution)
        out.append(1.0 - (YELLOW if now <= RED and before <= RED else now))
        before = now
    return out


def average(raws: list[float], periods: Periods) -> float:
    """Return the mean of the last raw scores, 0 if there are none."""
    last = raws[-periods.averaging_window :]
    return math.fsum(last) / len(last) if last else 0.0


def averages(raws: list[float], periods: Periods) -> list[float]:
    """Return the moving average at each record."""
    return [average(raws[: i + 1], periods) for i in range(len(raws))]


def estimate(values: list[float], averaged: list[float], n: int, periods: Periods) -> tuple[float, float]:
    """Return mean and deviation of a history, without its remaining records of the learning period."""
    slid_out = max(0, n - periods.history)
    skip = max(0, periods.learning_period - slid_out)
    if len(averaged) <= skip or np.var(values[skip:]) < 1.5e-5:
        return NULL
    mean = max(float(np.mean(averaged[skip:])), 0.03)
    variance = max(float(np.var(averaged[skip:])), 0.0003)
    return mean, math.sqrt(variance)


def tail(x: float, distribution: tuple[float, float]) -> float:
    """Return the Gaussian probability of exceeding x."""
    mean, deviation = distribution
    return 0.5 * math.erfc((x - mean) / deviation / 1.4142)


def log_score(likelihood: float) -> float:
    """NuPIC's computeLogLikelihood, clipped to [0, 1]."""
    return min(max(math.log(1.0000000001 - likelihood) / math.log(1.0 - 0.9999999999), 0.0), 1.0)


def out_of_range(values: list[float], tolerance: float) -> list[bool]:
    """The value-range rule, from the whole history of each value."""
    out = []
    for i, value in enumerate(values):
        past = values[:i]
        if not past or min(past) == max(past):
            out.append(False)
            continue
        margin = (max(past) - min(past)) * tolerance
        out.append(value > max(past) + margin or value < min(past) - margin)
    return out
