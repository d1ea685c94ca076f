"""Words and numbers of an explanation's sentence."""

from __future__ import annotations

import math
from datetime import timedelta

_UNITS = ((86400.0, "days"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))
_SUBJECTS = {
    "mean": "mean of the last {n} is",
    "high": "highest of the last {n} is",
    "low": "lowest of the last {n} is",
    "mean_at_time": "mean of the last {n}, at this time of day, is",
    "change": "mean of the last {n} has changed by",
}
_OF_ONE = {"change": "the value has changed by", "mean_at_time": "the value, at this time of day, is"}


def duration(records: int, interval: timedelta | None) -> str:
    """Return a number of records as time, if the interval between two of them is known.

    Examples
    --------
    >>> duration(8, timedelta(minutes=5)), duration(300, timedelta(minutes=5)), duration(8, None)
    ('40 min', '25 h', '8 records')
    """
    if interval is None:
        return f"{records} record{'s' if records != 1 else ''}"
    seconds = records * interval.total_seconds()
    size, name = next((unit for unit in _UNITS if seconds >= 2.0 * unit[0]), (1.0, "s"))
    number = seconds / size
    return f"{number:.3g} {name}" if number < 1000.0 else f"{number:.0f} {name}"


def subject(kind: str, scale: int, interval: timedelta | None) -> str:
    """Return what was seen, up to the number."""
    if scale == 1:
        return _OF_ONE.get(kind, "the value is")
    return _SUBJECTS.get(kind, "the value is").format(n=duration(scale, interval))


def band_text(seen: float, band: tuple[float, float] | None) -> tuple[str, str]:
    """Return a number and a band, as precise as it takes to tell them apart.

    Examples
    --------
    >>> band_text(3.2, (12.08, 14.0)), band_text(100_003.0, (100_001.0, 100_001.5))
    (('3.2', '12.08 to 14'), ('100003', '100001 to 100001.5'))
    """
    if band is None:
        return f"{seen + 0.0:.6g}", ""
    gaps = [gap for gap in (abs(seen - band[0]), abs(seen - band[1]), band[1] - band[0]) if gap > 0.0]
    decimals = 2 - math.floor(math.log10(min(gaps))) if gaps else 6
    low, high, middle = (_number(x, decimals) for x in (*band, seen))
    return middle, low if low == high else f"{low} to {high}"


def _number(x: float, decimals: int) -> str:
    if abs(x) >= 1e12 or decimals > 12:
        return f"{x + 0.0:.9g}"  # no -0
    text = f"{x:.{max(0, decimals)}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
