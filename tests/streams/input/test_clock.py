"""Times are placed on the right wall clock, and their order is that of absolute time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhtm_detector.common.errors import InputError
from zhtm_detector.streams.input.clock import Clock, as_moment, parse_duration

NOON = datetime(2026, 7, 1, 12)
SECONDS = int(NOON.replace(tzinfo=UTC).timestamp())


def read(clock: Clock, stamp: object) -> tuple[str, str]:
    wall, instant = clock.read(stamp)
    return str(as_moment(wall)), str(as_moment(instant))


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-07-01 12:00:00",
        "2026-07-01T12:00Z",
        SECONDS,
        float(SECONDS),
        str(SECONDS),
        f"{SECONDS}.0",
        SECONDS * 1000,
        str(SECONDS * 1000),
        f"{SECONDS}000000",
        SECONDS * 10**9,
    ],
)
def test_the_same_time(stamp: object) -> None:
    assert read(Clock(), stamp) == (str(NOON), str(NOON))


def test_zones() -> None:
    assert read(Clock(), "2026-07-01T14:00+02:00") == ("2026-07-01 14:00:00", str(NOON))
    assert read(Clock(timezone="Europe/Zurich"), "2026-07-01T12:00Z") == ("2026-07-01 14:00:00", str(NOON))
    assert read(Clock(timezone="Europe/Zurich"), SECONDS) == ("2026-07-01 14:00:00", str(NOON))
    assert read(Clock(timezone="Europe/Zurich"), "2026-07-01 14:00") == ("2026-07-01 14:00:00", str(NOON))
    with pytest.raises(InputError, match="--timezone: expected a name"):
        Clock(timezone="../../etc/passwd")


def test_an_hour_that_comes_twice() -> None:
    clock = Clock(timezone="Europe/Zurich")
    wall, first = clock.read("2026-10-25 02:30")
    assert clock.second(wall) == first + 3600 * 10**6
    wall, first = clock.read("2026-07-01 02:30")
    assert clock.second(wall) == first
    assert Clock().second(wall) is None


@given(moment=st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)))
def test_to_the_microsecond(moment: datetime) -> None:
    assert as_moment(Clock().read(str(moment))[0]) == moment
    assert as_moment(
        Clock("%Y-%m-%d %H:%M:%S.%f").read(f"{moment:%m-%d %H:%M:%S.%f}".join([f"{moment.year:04}-", ""]))[0]
    )


def test_a_format() -> None:
    assert read(Clock("%m/%d/%y %H:%M"), "7/2/10 0:00")[0] == "2010-07-02 00:00:00"
    with pytest.raises(InputError, match="expected a time of the form '%d', got 'x'"):
        Clock("%d").read("x")


@pytest.mark.parametrize("stamp", ["", "now", "2026-13-01", "1e400", "9" * 30, True, None, {}, [1], float("nan"), "٣"])
def test_no_time(stamp: object) -> None:
    with pytest.raises(InputError, match="expected"):
        Clock().read(stamp)


def test_times_with_and_without_a_zone_have_no_order() -> None:
    clock = Clock()
    clock.read("2026-07-01T12:00Z")
    with pytest.raises(InputError, match="expected a time with a time zone"):
        clock.read("2026-07-01T12:00")


@pytest.mark.parametrize("text", ["", "5", "min", "-5min", "0s", "1e3s", "5 years", "9999999999999w", "٣s"])
def test_no_duration(text: str) -> None:
    with pytest.raises(InputError, match="--gap-alert: expected a duration"):
        parse_duration(text, "--gap-alert")
