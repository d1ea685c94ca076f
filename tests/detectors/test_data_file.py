"""Data files that anybody may have written: accepted by a stated rule, or refused by row and field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from math import isfinite
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.timestamps import parse_timestamp
from zhtm_detector.detectors.data_file import read_data_file

PATH = Path("a.csv")
HEADER = "timestamp,value\n"
ROW = "2014-04-01 00:00:00,1\n"


def read(text: str | bytes) -> pd.DataFrame:
    return read_data_file(PATH, "a.csv", text if isinstance(text, bytes) else text.encode("utf-8", "replace")).data


@pytest.mark.parametrize(
    "timestamp",
    [
        *("now", "today", "12:00", "2014", "2014-04", "20140401", "1396310400", "04/01/2014 00:05", "1 April 2014"),
        *("0000-01-01 00:00:00", "-2014-04-01 00:00:00", "12014-04-01 00:00:00", "2014-02-30 00:00:00"),
        *("2014-04-01 24:00:00", "2014-04-01 23:59:60", "2014-04-01 0:05:00", "2014-04-01  00:05:00"),
        *(" 2014-04-01 00:05:00", "2014-04-01 00:05:00\0", '"2014-04-01\n00:05:00"', "٢٠١٤-٠٤-٠١"),
    ],
)
def test_no_timestamp_is_guessed(timestamp: str) -> None:
    for row, before in ((2, ""), (3, ROW)):  # the first of a file is not believed either
        with pytest.raises(InputError, match=f"row {row}, field timestamp: expected a date and time"):
            read(HEADER + before + f"{timestamp},1\n" + ROW * 3)


@pytest.mark.parametrize("value", ["1_000", "١٢", "0x10", "1\0", '"1\n"', "1 2", "2\t", "1e", "Infinity", "1" * 400])
def test_no_value_is_guessed(value: str) -> None:
    for row, before in ((2, ""), (3, ROW)):
        with pytest.raises(InputError, match=f"row {row}, field value: expected a finite number"):
            read(HEADER + before + f"2014-04-01 00:05:00,{value}\n" + ROW * 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEADER + ROW + 'x"' + ROW * 20_000, "row 3, field timestamp"),
        (HEADER + ROW + '"' + ROW * 20_000, "row 3: not CSV (field larger than field limit (131072)); expected"),
        (HEADER + ROW + "1" * 1_000_000 + ",1\n", "row 3: not CSV"),
        (HEADER + ROW + "2014-04-01 00:05:00," + "1" * 131_000 + "x\n", "row 3, field value"),
        (HEADER + ROW + "," * 100_000, "row 3: expected 2 fields"),
        (HEADER + ROW.replace("\n", ",\n") * 3, "row 2: expected 2 fields"),
        ("timestamp,timestamp\n" + ROW * 3, "row 1: expected the columns"),
        (HEADER + ROW + "2014-04-01 00:05:00+01:00,1\n", "row 3, field timestamp: expected one time zone"),
        ((HEADER + ROW * 3).encode("utf-16"), "row 1: expected UTF-8"),
        ((HEADER + ROW * 3).encode("utf-16-le"), "row 1: expected the columns"),
        (HEADER.encode() + ROW.encode() + b"2014-04-01 00:05:00,\xff\n", "row 3: expected UTF-8"),
        (HEADER + ROW + "9999-04-01 00:00:00.123456789,1\n", "row 3, field timestamp: expected at most six digits"),
        (HEADER + ROW + "\x0b\u2028\n" + "x,1\n", "row 4, field timestamp"),  # no line ends
    ],
)
def test_bad_rows(text: str | bytes, said: str) -> None:
    with pytest.raises(InputError) as error:
        read(text)
    assert said in str(error.value)
    assert len(str(error.value)) < 250


@pytest.mark.parametrize(
    "text",
    [
        HEADER + ROW * 3,
        (HEADER + ROW * 3).replace("\n", "\r"),
        (HEADER + " \n" + ROW * 3).replace("\n", "\r\n"),
        "\ufeff\n" + HEADER + ROW * 3,
        HEADER + '"2014-04-01 00:00:00","1"\n' * 3,
        HEADER + "2014-04-01 00:00:00, 1 \n" * 3,
        HEADER + "2014-04-01,1\n2014-04-01T00:00,1\n2014-04-01 00:00:00.000000000,1\n",
    ],
)
def test_the_same_records_in_other_clothes(text: str) -> None:
    data = read(text)
    assert data["timestamp"].tolist() == [pd.Timestamp("2014-04-01")] * 3
    assert data["value"].tolist() == [1, 1, 1]
    assert data["value"].dtype == "int64"


def test_the_wall_clock_counts() -> None:
    data = read(HEADER + "2014-04-01T08:00:00+02:00,1\n" * 2)
    assert data["timestamp"].dt.hour.tolist() == [8, 8]


ZONES = st.sampled_from([None, UTC, timezone(timedelta(hours=-3, minutes=-30))])
TIMES = st.one_of(
    st.builds(
        datetime.isoformat,
        st.datetimes(timezones=ZONES),
        st.sampled_from("T "),
        st.sampled_from(["auto", "minutes", "seconds", "milliseconds"]),
    ),
    st.dates().map(str),
    st.sampled_from(["now", "NaT", "12:00", "2014-4-1", "2014-02-30", "0000-01-01", "2014-04-01 00:00:60"]),
    st.text("0123456789-: TZ+", max_size=12),
)
NUMBERS = st.one_of(st.integers().map(str), st.floats().map(repr), st.text("0123456789+-.eE_ \0٣", max_size=6))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
@given(st.lists(st.tuples(TIMES, NUMBERS), max_size=4), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_a_frame_of_what_the_file_says_or_an_error_by_row(
    records: list[tuple[str, str]], end: str, repeat: bool
) -> None:
    records = records[:1] * 3 if repeat else records
    text = "".join(f"{','.join(record)}{end}" for record in [("timestamp", "value"), *records])
    try:
        data = read(text)
    except InputError as error:
        assert str(error).startswith(("a.csv: row ", "a.csv: expected at least 2 records"))
        assert str(error).isprintable()
        return
    rows = [line.split(",") for line in text.replace(end, "\n").split("\n")[1:] if line.strip()]
    assert len(data) == len(rows)
    for (timestamp, value), got, number in zip(rows, data["timestamp"], data["value"], strict=True):
        expected = parse_timestamp(timestamp)
        assert expected is not None
        assert (got.to_pydatetime(warn=False), got.utcoffset()) == (expected, expected.utcoffset())
        assert isfinite(number)
        assert number == pytest.approx(float(value), rel=1e-14)
