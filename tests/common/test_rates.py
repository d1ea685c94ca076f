"""Rates of alerts: parsed, or refused in one line."""

from __future__ import annotations

from fractions import Fraction

import pytest

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.rates import Rate


@pytest.mark.parametrize(
    ("text", "count", "unit"),
    [
        ("2/day", 2, "day"),
        (" 0.5 / week ", Fraction(1, 2), "week"),
        ("5/1000", 5, "1000"),
        ("1e-3/hour", Fraction(1, 1000), "hour"),
    ],
)
def test_rates(text: str, count: Fraction, unit: str) -> None:
    assert Rate.parse(text) == Rate(Fraction(count), unit)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "expected NUMBER/UNIT"),
        ("2", "expected NUMBER/UNIT"),
        ("2/month", "unit 'month': unknown; expected one of hour, day, week, 1000"),
        ("2/", "unit '': unknown"),
        ("1/3/day", "unit '3/day': unknown"),
        ("/day", "expected a finite number above 0, got ''"),
        ("two/day", "expected a finite number above 0, got 'two'"),
        ("0/day", "expected a finite number above 0, got '0'"),
        ("-1/day", "expected a finite number above 0, got '-1'"),
        ("nan/day", "expected a finite number above 0, got 'nan'"),
        ("inf/day", "expected a finite number above 0, got 'inf'"),
        ("1e999999999/day", "expected a finite number above 0"),  # at once, not after a gigabyte of digits
        ("1e-999999999/day", "expected a finite number above 0"),
    ],
)
def test_bad_rates(text: str, expected: str) -> None:
    with pytest.raises(InputError, match=r"target rate ") as raised:
        Rate.parse(text)
    assert expected in str(raised.value)


def test_per_second() -> None:
    assert Rate.parse("2/day").per_second == pytest.approx(2 / 86400)
    assert Rate.parse("7/week").per_second == Rate.parse("1/day").per_second
    with pytest.raises(InputError, match=r"^target rate: expected one per hour, day, week, got one per 1,000 records$"):
        Rate.parse("5/1000").per_second  # noqa: B018
