"""Custom days and holidays of the date encoder."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.encoders import DateEncoder
from zhtm_detector.htm.params import CustomDaysParams, CyclicParams, HolidayParams, parse_kind

CHRISTMAS = HolidayParams(active_bits=10, dates=((12, 25),))


def start(encoder: DateEncoder, moment: Any) -> int:
    """The run of the only part."""
    bits = encoder.encode(moment).indices.tolist()
    assert bits == list(range(bits[0], bits[0] + encoder.active_bits))
    assert encoder.encode_many([moment]).tolist() == [bits]
    return bits[0]


def test_each_set_of_days_is_a_part() -> None:
    encoder = DateEncoder(weekend_bits=1, custom_days=CustomDaysParams(active_bits=2, days=("Mon, wednesday", "sun")))
    assert encoder.size == 2 + 2 * 4
    monday, wednesday, sunday = "2026-11-23", "2026-11-25", "2026-11-29"
    assert [encoder.encode(day).indices.tolist() for day in (monday, wednesday, sunday, "2026-11-24")] == [
        [0, 4, 5, 6, 7],
        [0, 4, 5, 6, 7],
        [1, 2, 3, 8, 9],
        [0, 2, 3, 6, 7],
    ]


@pytest.mark.parametrize(
    ("moment", "first"),
    [
        ("2026-12-23 23:59", 0),
        ("2026-12-24 00:00", 0),
        ("2026-12-24 06:00", 3),  # a quarter of the day before: 0.25 * 10, rounded up
        ("2026-12-24 12:00", 5),
        ("2026-12-24 23:59:59", 10),
        ("2026-12-25 00:00", 10),
        ("2026-12-25 23:59:59.999999", 10),
        ("2026-12-26 00:00", 10),
        ("2026-12-26 18:00", 3),
        ("2026-12-27 00:00", 0),
        ("0001-01-01", 0),
        ("9999-12-31", 0),
    ],
)
def test_the_ramp_of_a_day(moment: str, first: int) -> None:
    assert start(DateEncoder(holidays=CHRISTMAS), moment) == first


def test_a_run_that_begins_between_two_bits_begins_at_the_later_one() -> None:
    """Exactly half a bit: a sixth of the ramp, of three bits."""
    encoder = DateEncoder(holidays=HolidayParams(active_bits=3, dates=((12, 25),), ramp=60.0))
    assert encoder.encode("2014-11-05").indices.tolist() == [1, 2, 3]
    assert encoder.encode("2014-11-04 23:59:59.999999").indices.tolist() == [0, 1, 2]


def test_years_and_other_ramps() -> None:
    once = DateEncoder(holidays=HolidayParams(active_bits=10, dates=((2026, 5, 4), (2, 29)), ramp=0.0))
    days = ("2026-05-04", "2026-05-03 23:59", "2025-05-04", "2024-02-29")
    assert [start(once, day) for day in days] == [10, 0, 0, 10]
    assert start(once, "2026-05-05") == start(once, "2023-03-01") == 0
    wide = DateEncoder(holidays=HolidayParams(active_bits=10, dates=((1, 1), (1, 5)), ramp=4.0))
    days = ("2025-12-28", "2025-12-30", "2026-01-01", "2026-01-02", "2026-01-03 12:00")
    assert [start(wide, day) for day in days] == [0, 5, 10, 10, 6]


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.floats(0.0, 9.0))
def test_ramps_equal_the_slow_twin(moment: datetime, ramp: float) -> None:
    days = ((12, 25), (1, 1), (2026, 7, 14))
    encoder = DateEncoder(holidays=HolidayParams(active_bits=20, dates=days, ramp=ramp))
    closeness = 0.0
    for far in range(-12, 13):
        day = moment.date() + timedelta(far)
        if (day.month, day.day) not in days and (day.year, day.month, day.day) not in days:
            continue
        begin = datetime.combine(day, datetime.min.time())
        away = max(begin - moment, moment - begin - timedelta(1), timedelta(0)) / timedelta(1)
        if day == moment.date():
            closeness = 1.0
        elif ramp:
            closeness = max(closeness, 1.0 - away / ramp)
    assert abs(start(encoder, moment) - closeness * 20) <= 0.5 + 1e-6


def test_what_presets_use_is_as_before() -> None:
    cycle = CyclicParams(active_bits=5, radius=3.0)
    plain = DateEncoder(cycle, weekend_bits=3)
    more = DateEncoder(cycle, weekend_bits=3, holidays=CHRISTMAS)
    times = np.arange("2026-12-20", "2026-12-30", np.timedelta64(3, "h"), dtype="M8[us]")
    assert np.array_equal(more.encode_many(times)[:, :8], plain.encode_many(times))
    assert plain.rule is not None
    assert more.rule is None
    settings = {name: value for name, value in plain.settings().items() if name not in ("custom_days", "holidays")}
    assert DateEncoder.from_settings(settings).settings() == plain.settings()  # as an earlier version saved them


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        (
            CustomDaysParams,
            {"active_bits": 3, "days": ["mon,wet"]},
            'days: expected weekdays such as "mon,wed", got "mon,wet"',
        ),
        (CustomDaysParams, {"active_bits": 3, "days": [""]}, 'days: expected weekdays such as "mon,wed", got ""'),
        (CustomDaysParams, {"active_bits": 3, "days": []}, "days: "),
        (HolidayParams, {"active_bits": 3, "dates": [[2, 30]]}, r"dates: expected \(month, day\) or .*, got \[2, 30\]"),
        (HolidayParams, {"active_bits": 3, "dates": [[2025, 2, 29]]}, r"dates: expected .*got \[2025, 2, 29\]"),
        (HolidayParams, {"active_bits": 3, "dates": [[12]]}, "dates"),
        (HolidayParams, {"active_bits": 3, "dates": [[12, 25]], "ramp": -1}, "ramp: expected"),
    ],
)
def test_bad_parameters(kind: Any, content: Any, message: str) -> None:
    with pytest.raises(InputError, match=f"^x: .*{message}") as caught:
        parse_kind(content, "x", kind)
    assert str(caught.value).isprintable()


def test_other_types_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^holidays: expected a HolidayParams, got "):
        DateEncoder(holidays=[(12, 25)])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^parts: expected at most 1048576 bits together, got "):
        DateEncoder(custom_days=CustomDaysParams(active_bits=2**19, days=("mon", "tue")))
