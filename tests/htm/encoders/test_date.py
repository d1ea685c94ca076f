from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from zhtm_detector.htm.encoders import DateEncoder
from zhtm_detector.htm.params import CyclicParams

HOURS = DateEncoder(time_of_day=CyclicParams(active_bits=3, radius=6.0))  # 12 bits, a bucket every 2 hours
ALL = DateEncoder(
    time_of_day=CyclicParams(active_bits=21, radius=9.49),
    day_of_week=CyclicParams(active_bits=3, radius=1.0),
    season=CyclicParams(active_bits=5, radius=91.5),
    weekend_bits=4,
)


def bits(encoder: DateEncoder, value: Any) -> list[int]:
    indices: list[int] = encoder.encode(value).indices.tolist()
    return indices


def test_nupics_time_of_day() -> None:
    encoder = DateEncoder(time_of_day=CyclicParams(active_bits=21, radius=9.49))
    assert (encoder.size, encoder.active_bits) == (54, 21)
    assert bits(encoder, "2014-01-01") == list(range(21))
    # 23:59:59 is in the last bucket, 53: one bit there, twenty at the beginning.
    assert bits(encoder, "2014-01-01 23:59:59") == [*range(20), 53]
    # A bucket lasts 24 / 54 hours: 26 minutes and 40 seconds. Seconds count.
    assert bits(encoder, "2014-01-01 00:26:39") == list(range(21))
    assert bits(encoder, "2014-01-01 00:26:40") == list(range(1, 22))


def test_time_of_day_by_hand() -> None:
    assert HOURS.size == 12
    assert bits(HOURS, "2014-04-05 00:00") == [0, 1, 2]
    assert bits(HOURS, "2014-04-05 01:59:59.999999") == [0, 1, 2]
    assert bits(HOURS, "2014-04-05 02:00") == [1, 2, 3]
    assert bits(HOURS, "2014-04-05 20:00") == [0, 10, 11]
    assert bits(HOURS, "2014-04-05 23:00") == [0, 1, 11]


def test_day_of_week_ignores_the_time() -> None:
    encoder = DateEncoder(day_of_week=CyclicParams(active_bits=4, radius=2.0))  # 14 bits: 2 a day
    monday = datetime(2014, 4, 7)
    starts = [encoder.encode(monday + timedelta(days=day, hours=13)) for day in range(7)]
    assert encoder.size == 14
    assert [sdr.indices.tolist() for sdr in starts] == [
        [0, 1, 2, 3],
        [2, 3, 4, 5],
        [4, 5, 6, 7],
        [6, 7, 8, 9],
        [8, 9, 10, 11],
        [10, 11, 12, 13],
        [0, 1, 12, 13],
    ]
    assert encoder.encode(monday) == encoder.encode(datetime(2014, 4, 7, 23, 59, 59))


def test_season_by_hand() -> None:
    encoder = DateEncoder(season=CyclicParams(active_bits=3, radius=91.5))  # 12 bits of 30.5 days
    assert encoder.size == 12
    assert bits(encoder, "2015-01-01") == [0, 1, 2]
    assert bits(encoder, "2015-01-31 23:59") == [0, 1, 2]  # day 30
    assert bits(encoder, "2015-02-01") == [1, 2, 3]  # day 31
    assert bits(encoder, "2015-12-31") == [0, 1, 11]  # day 364
    assert bits(encoder, "2016-12-31") == [0, 1, 11]  # day 365 of a leap year: the last


def test_weekend_by_hand() -> None:
    encoder = DateEncoder(weekend_bits=2)
    assert (encoder.size, encoder.active_bits) == (4, 2)
    assert bits(encoder, "2014-04-04 23:59") == [0, 1]  # Friday
    assert bits(encoder, "2014-04-05") == [2, 3]
    assert bits(encoder, "2014-04-06 23:59") == [2, 3]
    assert bits(encoder, "2014-04-07") == [0, 1]


def test_parts_are_concatenated() -> None:
    assert ALL.size == 54 + 21 + 20 + 8
    assert ALL.active_bits == 21 + 3 + 5 + 4
    assert bits(ALL, "2018-01-01") == [  # a Monday
        *range(21),
        *range(54, 57),
        *range(75, 80),
        *range(95, 99),
    ]


def test_every_kind_of_timestamp() -> None:
    want = ALL.encode(datetime(2014, 4, 5, 13, 30, 1, 500))
    for value in (
        "2014-04-05 13:30:01.000500",
        "2014-04-05T13:30:01.000500",
        "2014-04-05T13:30:01.000500Z",
        "2014-04-05 13:30:01.000500-07:00",
        datetime(2014, 4, 5, 13, 30, 1, 500, tzinfo=UTC),
        datetime(2014, 4, 5, 13, 30, 1, 500, tzinfo=timezone(timedelta(hours=-11))),
        pd.Timestamp("2014-04-05 13:30:01.000500999"),
        pd.Timestamp("2014-04-05 13:30:01.000500", tz="Asia/Tokyo"),
        pd.Timestamp("2014-04-05 13:30:01").as_unit("s"),
        np.datetime64("2014-04-05T13:30:01"),
        np.datetime64("2014-04-05T13:30:01.000500"),
        np.datetime64("2014-04-05T13:30:01.000500999"),
    ):
        assert ALL.encode(value) == want
        assert ALL.encode_many([value])[0].tolist() == want.indices.tolist()
    assert ALL.encode(np.datetime64("2014-04-05")) == ALL.encode("2014-04-05")
    assert ALL.encode(np.datetime64("2014")) == ALL.encode("2014-01-01")


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York", "Asia/Kolkata"])
def test_encode_many_of_pandas_and_numpy(unit: str, zone: str | None) -> None:
    naive = pd.date_range("2013-12-30 01:00", periods=400, freq="37h").as_unit(unit)
    want = np.array([ALL.encode(moment).indices for moment in naive])
    index = naive.tz_localize(zone, ambiguous="NaT", nonexistent="NaT") if zone else naive
    assert not index.hasnans
    assert index.dtype == (f"datetime64[{unit}]" if zone is None else f"datetime64[{unit}, {zone}]")
    frame = pd.DataFrame({"time": index}, index=range(400, 0, -1))
    assert np.array_equal(ALL.encode_many(index), want)
    assert np.array_equal(ALL.encode_many(frame["time"]), want)
    assert np.array_equal(ALL.encode_many(index.array), want)
    assert np.array_equal(ALL.encode_many(list(index)), want)
    assert np.array_equal(ALL.encode_many(naive.to_numpy()), want)
    assert np.array_equal(ALL.encode_many(frame["time"].astype(object)), want)
    assert np.array_equal(ALL.encode_many(pd.Series([str(moment) for moment in index])), want)


def test_both_hours_of_a_clock_change_encode_alike() -> None:
    zone = ZoneInfo("Europe/Berlin")
    first, second = (datetime(2014, 10, 26, 2, 30, tzinfo=zone, fold=fold) for fold in (0, 1))
    assert first.utcoffset() != second.utcoffset()
    assert ALL.encode(first) == ALL.encode(second)
    hours = pd.date_range("2014-10-25 22:00", periods=8, freq="30min", tz="UTC").tz_convert("Europe/Berlin")
    assert np.array_equal(ALL.encode_many(hours), [ALL.encode(hour).indices for hour in hours])


def test_before_1970_and_at_the_ends_of_the_calendar() -> None:
    moments = [datetime(1, 1, 1), datetime(1969, 12, 31, 23, 59, 59, 999999), datetime(9999, 12, 31, 23, 59, 59)]
    rows = np.array([ALL.encode(moment).indices for moment in moments])
    assert np.array_equal(ALL.encode_many(moments), rows)
    assert np.array_equal(ALL.encode_many(np.array(moments, dtype="datetime64[us]")), rows)
    assert bits(HOURS, np.datetime64("1969-12-31T23:59:59.999999999")) == [0, 1, 11]
    assert HOURS.encode_many(np.array(["1969-12-31T23:59:59.999999999"], dtype="datetime64[ns]")).tolist() == [
        [0, 1, 11]
    ]


@pytest.mark.parametrize(
    "value",
    [
        pd.NaT,
        np.datetime64("NaT"),
        np.datetime64("NaT", "ns"),
        None,
        float("nan"),
        1396656000,
        "",
        "NaT",
        "now",
        "05/04/2014",
        "2014-02-30",
        "2014-04-05 25:00",
        b"2014-04-05",
        date(2014, 4, 5),
        np.datetime64("10000-01-01"),
        np.datetime64("0000-12-31"),
        np.datetime64(9 * 10**18, "s"),
        np.datetime64(9 * 10**18, "Y"),
        np.timedelta64(1, "D"),
        pd.Timestamp(np.datetime64("10000-01-01", "s")),
        pd.Timestamp(np.datetime64("-0500-01-01", "s")),
    ],
)
def test_bad_timestamps(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^timestamp: expected a datetime, .*, got ") as caught:
        ALL.encode(value)
    assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match=r"^row 1: timestamp: expected a datetime, .*, got "):
        ALL.encode_many(["2014-04-05", value])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (pd.Series(pd.to_datetime(["2014-04-05", None])), r"^row 1: timestamp: .* got np.datetime64\('NaT'"),
        (pd.DatetimeIndex(["2014-04-05", None], tz="UTC"), r"^row 1: timestamp: "),
        (np.array(["2014", "10000"], dtype="datetime64[Y]"), r"^row 1: timestamp: .* got np.datetime64\('10000'\)"),
        (np.array([0, 2**62], dtype="datetime64[s]"), r"^row 1: timestamp: "),
        (np.array([[0]], dtype="datetime64[s]"), r"^values: expected a 1-d sequence of timestamps, got 2 dimensions"),
        (np.array([1, 2]), r"^row 0: timestamp: "),
        (np.datetime64("2014-04-05"), r"^values: expected a 1-d sequence of timestamps, got "),
        ("2014-04-05", r"^values: expected a 1-d sequence of timestamps, got '2014-04-05'"),
        (datetime(2014, 4, 5), r"^values: expected a 1-d sequence of timestamps, got datetime"),
    ],
)
def test_bad_sequences(values: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ALL.encode_many(values)


def test_empty_sequences() -> None:
    for values in ([], pd.DatetimeIndex([]), pd.DatetimeIndex([], tz="UTC"), np.array([], dtype="datetime64[s]")):
        assert ALL.encode_many(values).shape == (0, ALL.active_bits)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {},
            r"^parts: expected at least one of time_of_day, day_of_week, season, weekend_bits, .*holidays, got none$",
        ),
        ({"weekend_bits": 0}, r"^weekend_bits: expected a whole number from 1 to \d+, got 0$"),
        ({"weekend_bits": 1.5}, r"^weekend_bits: .* got 1.5$"),
        ({"time_of_day": (21, 9.49)}, r"^time_of_day: expected CyclicParams or None, got \(21, 9.49\)$"),
        ({"time_of_day": CyclicParams(active_bits=3, radius=24.0)}, r"^time_of_day.radius: .* \(24\), got 24.0$"),
        ({"day_of_week": CyclicParams(active_bits=3, radius=8.0)}, r"^day_of_week.radius: .* \(7\), got 8.0$"),
        ({"season": CyclicParams(active_bits=3, radius=400.0)}, r"^season.radius: expected below the period \(366\)"),
        ({"season": CyclicParams(active_bits=3, radius=1e-9)}, r"^season.radius: expected one that needs at most "),
        ({"season": CyclicParams(active_bits=3, radius=5e-324)}, r"^season.radius: expected one that needs at most "),
        ({"season": CyclicParams(active_bits=2**30, radius=3.0)}, r"^season.active_bits: expected a whole number "),
        ({"season": CyclicParams(active_bits=2**20, radius=300.0)}, r"^season.radius: "),
    ],
)
def test_bad_parameters(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DateEncoder(**parameters)


@pytest.mark.parametrize("unit", ["ps", "fs", "as"])
def test_units_that_numpy_cannot_compare_with_years_are_refused(unit: str) -> None:
    with pytest.raises(ValueError, match=r"^timestamp: expected .*datetime64 \(no finer than ns\)"):
        ALL.encode(np.datetime64(0, unit))
    with pytest.raises(ValueError, match=r"^row 0: timestamp: "):
        ALL.encode_many(np.array([0], dtype=f"M8[{unit}]"))
