"""Timestamps, as the periodic parts of a date: time of day, day of week, season, weekend."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.text import shown
from zhtm_detector.htm.checks import check_sequence, params_of, whole
from zhtm_detector.htm.encoder_params import weekdays_of
from zhtm_detector.htm.encoders.date_parts import Holidays
from zhtm_detector.htm.encoders.encoder import MAX_SIZE, Encoder, read_only_sdr, runs
from zhtm_detector.htm.kernels.rows import DAY, SATURDAY, DateRule
from zhtm_detector.htm.params import CustomDaysParams, CyclicParams, HolidayParams
from zhtm_detector.htm.saved import as_json
from zhtm_detector.htm.sdr import SDR

_EPOCH = date(1970, 1, 1).toordinal()


class _Part(NamedTuple):
    """A cycle of `size` bits with a run of `active_bits` active ones."""

    size: int
    active_bits: int


class DateEncoder(Encoder):
    """Encodes wall-clock time and calendar date of a timestamp.

    The given parts are concatenated in the order of the parameters. Each is a cycle of
    n = ceil(active_bits * period / radius) bits. Its run of `active_bits` active ones begins at
    floor(position * n / period) and wraps around, so times at least `radius` apart on the cycle share no bits.

    Parameters
    ----------
    time_of_day : CyclicParams, optional
        Position: hours since midnight, down to the microsecond; period 24 hours.
    day_of_week : CyclicParams, optional
        Position: whole days since Monday; period 7 days. The time of day has no influence.
    season : CyclicParams, optional
        Position: whole days since 1 January; period 366 days.
    weekend_bits : int, optional
        2 * `weekend_bits` bits: the first half is active from Monday to Friday, the second on weekends.
    custom_days : CustomDaysParams, optional
        Sets of weekdays such as "mon,wed", each a part of 2 * `active_bits` bits of its own: the second half is active
        on these days, else the first.
    holidays : HolidayParams, optional
        2 * `active_bits` bits: on a holiday the second half is active, and the first at least `ramp` days before its
        midnight and after its end; between, the run moves evenly.

    Raises
    ------
    ValueError
        If no part is given, a parameter is out of its range, or a radius is not below its period.

    Notes
    -----
    A timestamp is a `datetime`, `pandas.Timestamp`, `numpy.datetime64` (in nanoseconds or a coarser unit) or ISO 8601
    string in the years 1 to 9999. If it has a timezone, its own wall clock counts: 09:00+02:00 is encoded as 09:00.

    Source: S. Purdy, *Encoding Data for HTM Systems*, arXiv:1602.05925, on dates and times; sizes and buckets as in
    NuPIC's DateEncoder and periodic ScalarEncoder. Unlike this encoder, NuPIC centres the run on its bucket, drops the
    seconds, adds the time of day to the day of week, and counts Friday after 18:00 as weekend. Custom days and holidays
    are those of NuPIC, where the ramp is always one day.

    Examples
    --------
    >>> encoder = DateEncoder(time_of_day=CyclicParams(active_bits=3, radius=6.0), weekend_bits=2)
    >>> encoder.size, encoder.encode("2014-04-05 22:30:00").indices.tolist()
    (16, [0, 1, 11, 14, 15])
    >>> encoder = DateEncoder(holidays=HolidayParams(active_bits=4, dates=((12, 25),)))
    >>> times = ("2014-12-23 12:00", "2014-12-24 12:00", "2014-12-25 12:00", "2014-12-26 06:00")
    >>> [encoder.encode(time).indices.tolist() for time in times]
    [[0, 1, 2, 3], [2, 3, 4, 5], [4, 5, 6, 7], [3, 4, 5, 6]]
    """

    PARAMS: ClassVar = {
        **dict.fromkeys(("time_of_day", "day_of_week", "season"), CyclicParams),
        "custom_days": CustomDaysParams,
        "holidays": HolidayParams,
    }

    def __init__(
        self,
        time_of_day: CyclicParams | None = None,
        day_of_week: CyclicParams | None = None,
        season: CyclicParams | None = None,
        weekend_bits: int | None = None,
        custom_days: CustomDaysParams | None = None,
        holidays: HolidayParams | None = None,
    ) -> None:
        self._cycles = {"time_of_day": time_of_day, "day_of_week": day_of_week, "season": season}
        self.time_of_day = _cycle("time_of_day", time_of_day, 24)
        self.day_of_week = _cycle("day_of_week", day_of_week, 7)
        self.season = _cycle("season", season, 366)
        self.weekend: _Part | None = None
        if weekend_bits is not None:
            bits = whole("weekend_bits", weekend_bits, 1, MAX_SIZE // 2)
            self.weekend = _Part(2 * bits, bits)
        self.custom_days = None if custom_days is None else params_of("custom_days", custom_days, CustomDaysParams)
        self.holidays = None if holidays is None else params_of("holidays", holidays, HolidayParams)
        parts = [self.time_of_day, self.day_of_week, self.season, self.weekend]
        self._custom: list[tuple[frozenset[int], int]] = []  # weekdays, and where their run begins
        if self.custom_days is not None:
            bits = self.custom_days.active_bits
            self._custom = [(weekdays_of(names), bits) for names in self.custom_days.days]
            parts += [_Part(2 * bits, bits)] * len(self._custom)
        self._holidays = None if self.holidays is None else Holidays(self.holidays)
        if self.holidays is not None:
            parts.append(_Part(2 * self.holidays.active_bits, self.holidays.active_bits))
        self._layout = tuple(part for part in parts if part is not None)
        if not self._layout:
            raise ValueError(
                "parts: expected at least one of time_of_day, day_of_week, season, weekend_bits, custom_days, "
                "holidays, got none"
            )
        self.size = sum(part.size for part in self._layout)
        self.active_bits = sum(part.active_bits for part in self._layout)
        if self.size > MAX_SIZE:
            raise ValueError(f"parts: expected at most {MAX_SIZE} bits together, got {self.size}")

    def settings(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        cycles = {name: as_json(cycle) for name, cycle in self._cycles.items()}
        days = {"custom_days": as_json(self.custom_days), "holidays": as_json(self.holidays)}
        return {**cycles, "weekend_bits": self.weekend.active_bits if self.weekend else None, **days}

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Call the constructor; settings of an earlier version have neither custom days nor holidays."""
        return super().from_settings({"custom_days": None, "holidays": None, **settings})

    def encode(self, value: datetime | np.datetime64 | str) -> SDR:
        """Encode one timestamp; ValueError for NaT, a wrong type, or a year outside 1 to 9999."""
        moment = as_datetime(value)
        starts = []
        if self.time_of_day is not None:
            starts.append(time_of_day(moment) * self.time_of_day.size // DAY)
        if self.day_of_week is not None:
            starts.append(moment.weekday() * self.day_of_week.size // 7)
        if self.season is not None:
            starts.append(day_of_year(moment) * self.season.size // 366)
        if self.weekend is not None:
            starts.append(self.weekend.active_bits if moment.weekday() >= SATURDAY else 0)
        starts += [bits if moment.weekday() in days else 0 for days, bits in self._custom]
        if self._holidays is not None:
            starts.append(self._holidays.start(_clock(moment)))
        return _sdr(self._layout, tuple(starts))

    @property
    def rule(self) -> DateRule | None:
        """Parameters of the compiled function that numbers dates with equal bits alike; None if it knows not all."""
        if self._custom or self._holidays:
            return None
        parts = (self.time_of_day, self.day_of_week, self.season, self.weekend)
        return DateRule(*(part.size if part else 0 for part in parts))

    def encode_many(self, values: Any) -> NDArray[np.uint32]:
        """Return the active bits of many timestamps, shape (n, active_bits).

        Parameters
        ----------
        values : pandas.Series, pandas.DatetimeIndex, ndarray of datetime64, or sequence
            Timezone-naive or aware, of any resolution; or a sequence of values that `encode` accepts.
        """
        clock = wall_clock(values)
        days = clock // DAY
        weekday = (days + 3) % 7  # 1970-01-01 was a Thursday
        starts = []
        if self.time_of_day is not None:
            starts.append((clock - days * DAY) * self.time_of_day.size // DAY)
        if self.day_of_week is not None:
            starts.append(weekday * self.day_of_week.size // 7)
        if self.season is not None:
            dates = days.astype("datetime64[D]")
            days_of_year = (dates - dates.astype("datetime64[Y]").astype(dates.dtype)).astype(np.int64)
            starts.append(days_of_year * self.season.size // 366)
        if self.weekend is not None:
            starts.append(np.where(weekday >= SATURDAY, self.weekend.active_bits, 0))
        starts += [np.where(np.isin(weekday, list(days)), bits, 0) for days, bits in self._custom]
        if self._holidays is not None:
            starts.append(np.array([self._holidays.start(moment) for moment in clock.tolist()], dtype=np.int64))
        return _rows(self._layout, starts)


def _rows(layout: tuple[_Part, ...], starts: Sequence[NDArray[np.int64]]) -> NDArray[np.uint32]:
    """Return the active bits of dates whose parts' runs begin there, shape (n, active_bits)."""
    bits = []
    first = 0
    for part, start in zip(layout, starts, strict=True):
        bits.append(runs(start, part.active_bits, part.size) + np.uint32(first))
        first += part.size
    return np.concatenate(bits, axis=1)


@lru_cache(maxsize=2**15)
def _sdr(layout: tuple[_Part, ...], starts: tuple[int, ...]) -> SDR:
    row = _rows(layout, [np.array([start], dtype=np.int64) for start in starts])[0]
    return read_only_sdr(row, sum(part.size for part in layout))


def _cycle(name: str, params: CyclicParams | None, period: int) -> _Part | None:
    if params is None:
        return None
    if not isinstance(params, CyclicParams):
        raise ValueError(f"{name}: expected CyclicParams or None, got {shown(params)}")
    active_bits = whole(f"{name}.active_bits", params.active_bits, 1, MAX_SIZE)
    size = active_bits * period / params.radius
    # The second condition: a radius just below the period may round to a single bucket.
    if params.radius >= period or math.ceil(min(size, MAX_SIZE)) <= active_bits:
        raise ValueError(f"{name}.radius: expected below the period ({period}), got {params.radius!r}")
    if size > MAX_SIZE:
        raise ValueError(
            f"{name}.radius: expected one that needs at most {MAX_SIZE} bits "
            f"(active_bits * {period} / radius), got {params.radius!r}"
        )
    return _Part(math.ceil(size), active_bits)


def as_datetime(value: object) -> datetime:
    """Return one timestamp as a datetime on its own wall clock; errors as in `DateEncoder.encode`."""
    if isinstance(value, datetime) and 1 <= value.year <= 9999:  # the usual case in streams
        return value
    moment: object = value
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
    elif isinstance(value, np.datetime64):
        moment = _microseconds(np.array([value]))[0].item()
    # NaT is an instance of datetime with year nan; a Timestamp may lie in the year 20000.
    if not isinstance(moment, datetime) or not 1 <= moment.year <= 9999:
        raise ValueError(
            "timestamp: expected a datetime, Timestamp, datetime64 (no finer than ns) or ISO 8601 string in the years "
            f"1 to 9999, got {shown(value)}"
        )
    return moment


def wall_clock(values: Any, name: str = "values") -> NDArray[np.int64]:
    """Return timestamps as microseconds since 1970-01-01 00:00 on their own wall clock, shape (n,).

    `name` is that of the argument, for messages.
    """
    check_sequence(name, values, "timestamps")
    if getattr(getattr(values, "dtype", None), "tz", None) is not None:
        from pandas import DatetimeIndex  # whoever has such values has loaded it; a stream's start need not wait for it

        values = DatetimeIndex(values).tz_localize(None)
    if isinstance(getattr(values, "dtype", None), np.dtype) and values.dtype.kind == "M":
        array = np.asarray(values)
        moments = _microseconds(array)
        bad = np.flatnonzero(np.isnat(moments))
        if bad.size:
            got = shown(array[bad[0]])
            raise ValueError(f"row {bad[0]}: timestamp: expected one in the years 1 to 9999, in ns or more, got {got}")
        return moments.astype(np.int64)
    clock = np.empty(len(values), dtype=np.int64)
    for row, value in enumerate(values):
        try:
            moment = as_datetime(value)
        except ValueError as error:
            raise ValueError(f"row {row}: {error}") from None
        clock[row] = _clock(moment)
    return clock


def day_of_year(moment: datetime) -> int:
    """Return the number of days since 1 January."""
    return moment.toordinal() - date(moment.year, 1, 1).toordinal()


def time_of_day(moment: datetime) -> int:
    """Return the time since midnight in microseconds."""
    return ((moment.hour * 60 + moment.minute) * 60 + moment.second) * 1_000_000 + moment.microsecond


def _clock(moment: datetime) -> int:
    return (moment.toordinal() - _EPOCH) * DAY + time_of_day(moment)


def _microseconds(array: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    """Return datetime64 of any resolution as microseconds, NaT if the year is outside 1 to 9999.

    Also NaT for units below a nanosecond.
    """
    out = np.full(array.shape, np.datetime64("NaT", "us"))
    if np.datetime_data(array.dtype)[0] in ("ps", "fs", "as"):  # NumPy cannot convert these to years
        return out
    # Check the years first: they always fit, but the microseconds of a distant year would overflow silently.
    years = array.astype("datetime64[Y]")
    near = (years >= np.datetime64("0001", "Y")) & (years <= np.datetime64("9999", "Y"))
    out[near] = array[near].astype("datetime64[us]")
    return out
