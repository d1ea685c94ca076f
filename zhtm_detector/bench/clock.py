"""Clocks: CPU time of this process, which other processes do not lengthen, and the median of several runs."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import process_time


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU time that one call takes; the detector runs in one thread, so it is time on one core."""
    start = process_time()
    work()
    return process_time() - start


def median_of(repeat: int, sample: Callable[[], float]) -> float:
    """Median of several samples; one that prepares its own work is not timed for that.

    Examples
    --------
    >>> samples = iter([5.0, 1.0, 2.0])
    >>> median_of(3, lambda: next(samples))
    2.0
    """
    return median(sample() for _ in range(repeat))


def per_second(count: int, seconds: float) -> float | None:
    """Rate; None where the clock was too coarse to see the work."""
    return count / seconds if seconds > 0 else None


def microseconds(seconds: float, count: int) -> float:
    """Microseconds for each of so many."""
    return 1e6 * seconds / count
