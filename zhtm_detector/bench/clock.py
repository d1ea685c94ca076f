"""CPU time of this process, which does not grow while other processes run, and the median of several runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from time import process_time

import numpy as np
from numpy.typing import NDArray


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU time of one call; time on one core because the detector is single-threaded."""
    start = process_time()
    work()
    return process_time() - start


def median_of(repeat: int, sample: Callable[[], float]) -> float:
    """Return the median of several samples, each a call of `sample`.

    Examples
    --------
    >>> samples = iter([5.0, 1.0, 2.0])
    >>> median_of(3, lambda: next(samples))
    2.0
    """
    return median(sample() for _ in range(repeat))


def per_second(count: int, seconds: float) -> float | None:
    """Return the rate, or None if the clock is too coarse to measure the time."""
    return count / seconds if seconds > 0 else None


def microseconds(seconds: float, count: int) -> float:
    """Return the microseconds per item of `count` items."""
    return 1e6 * seconds / count


def percentiles_us(seconds: Sequence[float]) -> NDArray[np.float64]:
    """Return median, 99th percentile and maximum, in microseconds."""
    percentiles: NDArray[np.float64] = 1e6 * np.percentile(seconds, [50, 99, 100])
    return percentiles
