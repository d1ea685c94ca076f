"""Rates of alerts: so many per hour, day, week or 1,000 records."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import inf

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import plain_number, shown

_HOUR = 3600 * 10**6  # in microseconds
_PERIODS = {"hour": _HOUR, "day": 24 * _HOUR, "week": 7 * 24 * _HOUR}
_RECORDS = 1000


@dataclass(frozen=True)
class Rate:
    """A target number of alerts per period, or per 1,000 records.

    Parameters
    ----------
    count : Fraction
        Above 0.
    unit : str
        "hour", "day", "week" or "1000".
    """

    count: Fraction
    unit: str

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Parse a rate.

        Raises
        ------
        InputError
            For a malformed rate, a count that is not a finite number above 0, or an unknown unit.

        Examples
        --------
        >>> Rate.parse("2/day")
        Rate(count=Fraction(2, 1), unit='day')
        >>> Rate.parse("0.5/1000").count
        Fraction(1, 2)
        """
        where = f"target rate {shown(text)}"
        units = ", ".join([*_PERIODS, str(_RECORDS)])
        count_text, slash, unit = (part.strip() for part in text.partition("/"))
        if not slash:
            raise InputError(f"{where}: expected NUMBER/UNIT, such as 2/day or 5/1000")
        if unit not in _PERIODS and unit != str(_RECORDS):
            raise InputError(f"{where}: unit {shown(unit)}: unknown; expected one of {units}")
        # As a float, because Fraction("1e999999999") would fill the memory.
        if not 0 < plain_number(count_text) < inf:
            raise InputError(f"{where}: expected a finite number above 0, got {shown(count_text)}")
        return cls(Fraction(count_text), unit)

    @property
    def per_time(self) -> bool:
        """Whether the rate is per period, so that time spans matter."""
        return self.unit in _PERIODS

    @property
    def per(self) -> str:
        """The unit in words."""
        return self.unit if self.per_time else "1,000 records"

    @property
    def per_second(self) -> float:
        """Alerts per second.

        Raises
        ------
        InputError
            For a rate per records.
        """
        if not self.per_time:
            raise InputError(f"target rate: expected one per {', '.join(_PERIODS)}, got one per {self.per}")
        return float(self.count) * 1e6 / _PERIODS[self.unit]

    def amount(self, records: int, microseconds: int) -> Fraction:
        """Return the length of a stream in units."""
        return Fraction(microseconds, _PERIODS[self.unit]) if self.per_time else Fraction(records, _RECORDS)
