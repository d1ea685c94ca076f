"""The parts of a date that are not cycles: sets of weekdays, and holidays with the days around them."""

from __future__ import annotations

import math
from datetime import date

from zhtm_detector.htm.kernels.rows import DAY
from zhtm_detector.htm.params import HolidayParams

_EPOCH = date(1970, 1, 1).toordinal()
_LAST = date.max.toordinal()


class Holidays:
    """How close a time is to a holiday: 1 on it, 0 at least `ramp` days before or after, linear between.

    Parameters
    ----------
    params : HolidayParams
    """

    def __init__(self, params: HolidayParams) -> None:
        self._days = {tuple(day) for day in params.dates}
        self._reach = math.ceil(params.ramp)
        self._ramp = params.ramp * DAY
        self._active_bits = params.active_bits
        self._around: dict[int, tuple[float, float]] = {}  # a few words for each day of a stream

    def start(self, clock: int) -> int:
        """Return the first bit of the run at a time, in microseconds since 1970; from 0 to `active_bits`."""
        day, time = divmod(clock, DAY)
        if day not in self._around:
            self._around[day] = self._days_around(day)
        ahead, since = self._around[day]
        away = min(ahead * DAY - time, since * DAY + time)  # microseconds: exact, where shares of a day are not
        if ahead == 0.0 or self._ramp == 0.0:
            return self._active_bits if ahead == 0.0 else 0
        return math.floor(max(0.0, self._ramp - away) * self._active_bits / self._ramp + 0.5)

    def _days_around(self, day: int) -> tuple[float, float]:
        """Return the days from a day's start to the next holiday's start, 0 on one, and from the last one's end."""
        ahead = next((float(far) for far in range(self._reach + 1) if self._is_holiday(day + far)), math.inf)
        since = next((far - 1.0 for far in range(1, self._reach + 1) if self._is_holiday(day - far)), math.inf)
        return ahead, since

    def _is_holiday(self, day: int) -> bool:
        if not 1 <= day + _EPOCH <= _LAST:
            return False
        when = date.fromordinal(day + _EPOCH)
        return (when.month, when.day) in self._days or (when.year, when.month, when.day) in self._days
