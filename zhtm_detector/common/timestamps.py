"""The timestamps that are read from files: ISO 8601's calendar dates, as in NAB's `2014-04-01 00:05:00`.

A date; or a date, `T` or one space, and hours and minutes, with or without seconds and up to nine digits of a second,
then perhaps the time zone, as `Z` or an offset. The years are 1 to 9999. Nothing is guessed: no month first, no `now`,
no time without its date. A time zone does not move a record, because the wall clock counts; all of a file have the
same one.
"""

from __future__ import annotations

import re
from datetime import datetime

EXPECTED = "a date and time such as 2014-04-01 00:05:00 (ISO 8601)"

_FORM = re.compile(
    r"\d{4}-\d\d-\d\d"
    r"(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?)?",
    re.ASCII,
)
_OTHER = ord("!")
_DIGITS = b"0123456789"
# To write every digit as 0, and every byte that is in no timestamp, number, separator or line end as !.
_SHAPES = bytes(ord("0") if byte in _DIGITS else byte if byte in b" ,-+.:TZeE\r\n" else _OTHER for byte in range(256))


def parse_timestamp(text: str) -> datetime | None:
    """Parse one timestamp, to the microsecond; None if it is not of the accepted form, or not in the calendar.

    Examples
    --------
    >>> str(parse_timestamp("2014-04-01T00:05Z")), parse_timestamp("04/01/2014"), parse_timestamp("2014-02-30")
    ('2014-04-01 00:05:00+00:00', None, None)
    """
    try:
        return datetime.fromisoformat(text) if _FORM.fullmatch(text) else None
    except ValueError:
        return None


def count_alike(text: bytes, start: int = 0) -> int:
    r"""Count the lines that begin with a timestamp as the first one does, digit for digit, and a comma; it is fast.

    Where all lines do, pandas' reader of ISO 8601 can be trusted: the calendar is all that is left for it to check.

    Parameters
    ----------
    text : bytes
        Each line begins with a line feed.
    start : int
        Where the first line begins.

    Returns
    -------
    int
        0 if the first line begins with no timestamp, or there is a byte that no timestamp and no number has.

    Examples
    --------
    >>> count_alike(b"\n2014-04-01,1\n2014-04-02,2\n2014-4-3,3"), count_alike(b"\nnow,1\n2014-04-02,2")
    (2, 0)
    """
    first = text[start : start + 64].partition(b",")[0]
    if parse_timestamp(first[1:].decode("latin-1")) is None:
        return 0
    shapes = text.translate(_SHAPES)
    return shapes.count(first.translate(_SHAPES) + b",", start) if shapes.find(_OTHER, start) < 0 else 0
