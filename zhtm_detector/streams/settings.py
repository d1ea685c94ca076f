"""What all series of a stream have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import shown
from zhtm_detector.htm.model import MOST_PROBATION
from zhtm_detector.htm.params import ModelParams
from zhtm_detector.streams.input.clock import SECOND, spoken
from zhtm_detector.streams.pace import MEASURED
from zhtm_detector.streams.thresholds import FixedThreshold, TargetRate

Threshold = FixedThreshold | TargetRate

_TWO_DAYS = 2 * 86400 * SECOND
_LEAST, _MOST = 288, 5000  # records of a probation by default


@dataclass(frozen=True)
class Probation:
    """How long a series is learned before its scores count.

    By default two days, so that a daily cycle is seen twice, but at least 288 records: the finest blocks of the default
    preset are 1/240 of it, a record at least, and as many a day makes at five minutes. And at most 5,000: a causal
    model learns the last eight probations again whenever its range grows. NAB's rule (15% of the file, at most 750
    records) needs the length of the stream.

    Parameters
    ----------
    records : int, optional
        Fixed number.
    duration : int, optional
        Microseconds, to be divided by the interval of the series.

    Raises
    ------
    InputError
        For more than `MOST_PROBATION` records.
    """

    records: int | None = None
    duration: int | None = None

    def __post_init__(self) -> None:
        if self.records is not None and self.records > MOST_PROBATION:
            raise InputError(f"--probation: expected at most {MOST_PROBATION} records, got {shown(self.records)}")

    def at(self, interval: int | None) -> int:
        """Return the probation in records of a series whose records are so many microseconds apart, if that is known.

        Raises
        ------
        InputError
            For a duration, if it is not, or if that is too many records.

        Examples
        --------
        >>> Probation().at(1800 * SECOND), Probation().at(300 * SECOND), Probation(duration=3600 * SECOND).at(SECOND)
        (288, 576, 3600)
        """
        if self.records is not None:
            return self.records
        if self.duration is None:
            return _LEAST if interval is None else min(max(_LEAST, _TWO_DAYS // interval), _MOST)
        if interval is None:
            raise InputError(f"--probation of {spoken(self.duration)}: expected times that differ, or --interval")
        records = max(MEASURED + 1, round(self.duration / interval))
        if records > MOST_PROBATION:
            raise InputError(
                f"--probation of {spoken(self.duration)}: expected at most {MOST_PROBATION} records, got {records}"
            )
        return records


@dataclass(frozen=True)
class ThresholdMaker:
    """Makes the threshold of a series: one that follows a wanted rate of alerts per second, if there is one.

    Parameters
    ----------
    start : float
        The threshold, or where it starts.
    rate : float, optional
    """

    start: float
    rate: float | None = None

    def __call__(self, state: dict[str, Any] | None) -> Threshold:
        """Return a new threshold, or that of a state."""
        if self.rate is not None:
            return TargetRate(self.rate, self.start) if state is None else TargetRate.restore(state)
        return FixedThreshold(self.start) if state is None else FixedThreshold.restore(state)


@dataclass(frozen=True)
class Settings:
    """Settings of a stream's detector.

    Parameters
    ----------
    params : ModelParams
    fields : tuple of str
        Names of the values of a record: a model each.
    threshold : callable
        Returns a series' threshold: a new one, or that of a state.
    limits : (float, float), optional
        Range of values to expect; None for a causal model.
    seed : int
    probation : Probation
    interval : int, optional
        Microseconds between the records of a series; by default measured.
    start : int
        Time of the first record of each series, in microseconds since 1970, where records have no timestamp; they need
        the `interval` then.
    missing : "skip", "hold" or "error"
        What becomes of a value that is missing: its model gets none, or the one before; or the record is refused.
    gap : float
        Intervals without a value that are no gap yet.
    gap_alert : int, optional
        Microseconds without a value that are an alert.
    drops_late, drops_new_keys : bool
        Whether records that are earlier than the one before, and those of more than `max_keys` keys, are counted
        instead of refused.
    max_keys : int
    explains : bool
        Whether alerts have a reason.
    shard : (int, int), optional
        Only keys of this one, from 1, of so many shards; the others are counted.
    idle : int, optional
        Microseconds without a record, while other series have some, after which a series leaves the memory.
    """

    params: ModelParams
    fields: tuple[str, ...]
    threshold: Callable[[dict[str, Any] | None], Threshold]
    limits: tuple[float, float] | None = None
    seed: int = 42
    probation: Probation = Probation()
    interval: int | None = None
    start: int = 0
    missing: str = "skip"
    gap: float = 3.0
    gap_alert: int | None = None
    drops_late: bool = False
    drops_new_keys: bool = False
    max_keys: int = 10_000
    explains: bool = False
    shard: tuple[int, int] | None = None
    idle: int | None = None
