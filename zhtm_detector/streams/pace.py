"""The pace of a series: its interval, records that come late, and gaps."""

from __future__ import annotations

from statistics import median_low
from typing import Any

MEASURED = 20  # differences between a series' first records, whose median is its interval


class Pace:
    """What a series' times say: order, interval, gaps.

    Parameters
    ----------
    interval : int, optional
        Microseconds between records. By default the median difference, above 0, of the first 21 records; unknown if all
        of them have the same time.
    most : float
        Intervals without a value that are no gap yet.
    """

    def __init__(self, interval: int | None, most: float) -> None:
        self.interval = interval
        self._most = most
        self._last: int | None = None  # time of the last record
        self._last_value: int | None = None  # and of the last one with a value
        self._first: list[int] | None = [] if interval is None else None  # differences, while they are collected

    @property
    def measuring(self) -> bool:
        """Whether the interval is not known yet, but may be later."""
        return self._first is not None

    @property
    def last(self) -> int | None:
        """Absolute time of the last record; None before it."""
        return self._last

    def pass_to(self, instant: int, has_value: bool) -> tuple[int, int]:
        """Go on to a record that is no earlier than the last one.

        Returns
        -------
        gap : int
            Intervals that lack between the last value and this record, if there are more than allowed, else 0.
        without : int
            Microseconds since the last value; 0 for the first.
        """
        if self._last is not None and self._first is not None:
            self._measure(instant - self._last)
        without = 0 if self._last_value is None else instant - self._last_value
        gap = 0
        if self.interval is not None and without > self._most * self.interval:
            gap = max(round(without / self.interval) - 1, 1)
        self._last = instant
        if has_value:
            self._last_value = instant
        return gap, without

    def state(self) -> dict[str, Any]:
        """Return the state as JSON."""
        return {
            "interval": self.interval,
            "last": self._last,
            "last_value": self._last_value,
            "first": self._first if self._first is None else list(self._first),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on as from that state."""
        self.interval, self._last = state["interval"], state["last"]
        self._last_value, first = state["last_value"], state["first"]
        self._first = first if first is None else list(first)

    def _measure(self, difference: int) -> None:
        assert self._first is not None
        self._first.append(difference)
        if len(self._first) == MEASURED:
            above = [each for each in self._first if each > 0]
            self.interval = median_low(above) if above else None
            self._first = None
