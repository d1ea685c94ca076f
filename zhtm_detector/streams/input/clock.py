"""Times of records: read, placed on a wall clock and on the absolute time, and durations."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import plain_number, shown
from zhtm_detector.common.timestamps import EXPECTED, parse_timestamp
from zhtm_detector.streams.record import Stamp

_EPOCH = datetime(1970, 1, 1)
_DAY_1970 = _EPOCH.toordinal()
FIRST, LAST = -62_135_596_800_000_000, 253_402_300_799_999_999  # the years 1 to 9999
SECOND = 1_000_000
_UNITS = {"s": SECOND, "min": 60 * SECOND, "h": 3600 * SECOND, "d": 86400 * SECOND, "w": 7 * 86400 * SECOND}
_WORDS = {"w": "week", "d": "day", "h": "hour", "min": "minute", "s": "second"}
_DURATION = re.compile(r" *(\d+(?:\.\d+)?) *(s|min|h|d|w) *", re.ASCII)
# Seconds since 1970 below the first limit, milliseconds below the second, then microseconds, then nanoseconds: from
# March 1973 on, and until the year 5138, a number is of one unit only.
_MAGNITUDES = ((10**11, Fraction(SECOND)), (10**14, Fraction(1000)), (10**17, Fraction(1)))
_LARGEST = 10**20


class Clock:
    """Reads timestamps.

    Parameters
    ----------
    time_format : str, optional
        As `datetime.strptime` takes it. By default ISO 8601, and numbers as seconds, milliseconds, microseconds or
        nanoseconds since 1970.
    timezone : str, optional
        Whose wall clock counts, as in Europe/Zurich; timestamps without a zone are of it. By default the timestamp's
        own, and UTC for a number.

    Raises
    ------
    InputError
        For an unknown time zone.

    Examples
    --------
    >>> wall, instant = Clock(timezone="Europe/Zurich").read("2026-07-01T12:00Z")
    >>> str(as_moment(wall)), str(as_moment(instant))
    ('2026-07-01 14:00:00', '2026-07-01 12:00:00')
    """

    def __init__(self, time_format: str | None = None, timezone: str | None = None) -> None:
        self._format = time_format
        self._zone = None if timezone is None else _zone(timezone)
        self._zoned: bool | None = None  # whether timestamps have a zone

    def read(self, stamp: Any) -> tuple[int, int]:
        """Read one timestamp.

        Returns
        -------
        wall, instant : int
            Microseconds since 1970 on the wall clock, and of absolute time.

        Raises
        ------
        InputError
            If it is no timestamp, or has a time zone and those before it have none, or the other way round.
        """
        moment = self._parse(stamp)
        if moment is None:
            return self._of_number(stamp)
        wall = _microseconds(moment)
        if moment.tzinfo is None:
            self._check_zoned(False, stamp)
            if self._zone is None:
                return wall, wall
            return wall, _checked(wall - _offset(moment.replace(tzinfo=self._zone)), stamp)
        self._check_zoned(True, stamp)
        instant = _checked(wall - _offset(moment), stamp)
        return (wall, instant) if self._zone is None else self._in_zone(instant, stamp)

    def second(self, wall: int) -> int | None:
        """Return the absolute time of a wall clock's second passing of an hour that it shows twice; None if unknown."""
        if self._zone is None or self._zoned:
            return None
        return wall - _offset(as_moment(wall).replace(tzinfo=self._zone, fold=1))

    def state(self) -> dict[str, Any]:
        """Return what is known of the timestamps so far, as JSON."""
        return {"zoned": self._zoned}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on as after the timestamps that `state` knows."""
        self._zoned = state["zoned"]

    def _parse(self, stamp: Any) -> datetime | None:
        """Return a datetime; None for a number."""
        if self._format is not None:
            return _strptime(stamp, self._format)
        return parse_timestamp(stamp.strip()) if isinstance(stamp, str) else None

    def _of_number(self, stamp: Any) -> tuple[int, int]:
        number = _number(stamp)
        if number is None:
            raise InputError(f"expected {EXPECTED}, or seconds or milliseconds since 1970, got {shown(stamp)}")
        unit = next((unit for limit, unit in _MAGNITUDES if abs(number) < limit), Fraction(1, 1000))
        self._check_zoned(True, stamp)
        instant = _checked(int(number * unit) if type(number) is int else round(number * float(unit)), stamp)
        return (instant, instant) if self._zone is None else self._in_zone(instant, stamp)

    def _in_zone(self, instant: int, stamp: Stamp) -> tuple[int, int]:
        try:
            return _microseconds(as_moment(instant).replace(tzinfo=UTC).astimezone(self._zone)), instant
        except OverflowError:
            return _checked(LAST + 1, stamp), instant

    def _check_zoned(self, zoned: bool, stamp: Stamp) -> None:
        if self._zoned is None:
            self._zoned = zoned
        elif self._zoned is not zoned:
            kind = "with a time zone or since 1970" if self._zoned else "without a time zone"
            raise InputError(f"expected a time {kind}, as the ones before, got {shown(stamp)}")


def as_moment(wall: int) -> datetime:
    """Return microseconds since 1970 as a datetime; InputError outside of the years 1 to 9999."""
    if not FIRST <= wall <= LAST:
        raise InputError(f"expected a time in the years 1 to 9999, got {wall} microseconds since 1970")
    return _EPOCH + timedelta(microseconds=wall)


def parse_duration(text: str, where: str) -> int:
    """Return a duration, such as 5min or 2d, in microseconds.

    Raises
    ------
    InputError
        If it is none, or not above 0.

    Examples
    --------
    >>> parse_duration("1.5h", "--interval")
    5400000000
    """
    match = _DURATION.fullmatch(text)
    duration = int(Fraction(match[1]) * _UNITS[match[2]]) if match and len(text) < 20 else 0
    if not 0 < duration < LAST:
        raise InputError(f"{where}: expected a duration such as 30s, 5min, 2h, 3d or 1w, got {shown(text)}")
    return duration


def spoken(duration: int) -> str:
    """Return a duration in words, rounded down to its largest unit.

    Examples
    --------
    >>> spoken(2 * 86400 * SECOND), spoken(3600 * SECOND)
    ('2 days', '1 hour')
    """
    unit = next((unit for unit in _WORDS if duration >= 2 * _UNITS[unit] or duration == _UNITS[unit]), "s")
    count = duration // _UNITS[unit]
    return f"{count} {_WORDS[unit]}{'' if count == 1 else 's'}"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise InputError(f"--timezone: expected a name such as Europe/Zurich or UTC, got {shown(name)}") from None


def _strptime(stamp: Any, time_format: str) -> datetime:
    text = stamp if isinstance(stamp, str) else str(stamp)
    try:
        return datetime.strptime(text.strip(), time_format)
    except (ValueError, OverflowError, re.error):
        raise InputError(f"expected a time of the form {shown(time_format)}, got {shown(stamp)}") from None


def _number(stamp: Any) -> int | float | None:
    """Return a number of JSON or in a text; None for anything else."""
    if isinstance(stamp, str):
        text = stamp.strip()
        if len(text) <= 20 and text.isascii() and text.removeprefix("-").isdigit():
            return int(text)
        stamp = plain_number(text)
    if isinstance(stamp, bool) or not isinstance(stamp, int | float) or not -_LARGEST < stamp < _LARGEST:
        return None
    return stamp


def _microseconds(moment: datetime) -> int:
    days = moment.toordinal() - _DAY_1970
    seconds = (days * 24 + moment.hour) * 3600 + moment.minute * 60 + moment.second
    return seconds * SECOND + moment.microsecond


def _offset(moment: datetime) -> int:
    offset = moment.utcoffset()
    assert offset is not None
    return offset // timedelta(microseconds=1)


def _checked(instant: int, stamp: Stamp) -> int:
    if not FIRST <= instant <= LAST:
        raise InputError(f"expected a time in the years 1 to 9999, got {shown(stamp)}")
    return instant
