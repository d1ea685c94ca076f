"""Which fields of the input are used, and that they stay the same."""

from __future__ import annotations

import pytest

from zhtm_detector.common.errors import InputError
from zhtm_detector.streams.input.clock import Clock
from zhtm_detector.streams.input.csv_source import CsvSource
from zhtm_detector.streams.input.lines import Line
from zhtm_detector.streams.record import Fields, Names, choose_fields


def test_the_usual_name_as_it_is_comes_before_others_of_its_letters() -> None:
    assert choose_fields(["Value", "time", "TIME", "value"], Names()) == Fields("time", ("value",), None)
    assert choose_fields(["VALUE", "Time", "Value"], Names()) == Fields("Time", ("VALUE",), None)


def test_a_file_that_follows_has_the_same_header_or_none() -> None:
    source = CsvSource("x", Names(values=("a", "b")), Clock(), skips_bad=True)

    def values(*lines: bytes) -> list[tuple[float, ...]]:
        cut = [Line(number, text, first=number == 1) for number, text in enumerate(lines, 1)]
        return [record.values for record in source.records(cut)]

    assert values(b"time,a,b", b"2026-01-01,1,2") == [(1.0, 2.0)]
    assert values(b"time,a,b", b"2026-01-01,1,2") == [(1.0, 2.0)]
    assert values(b"2026-01-02,1,2", b"2026-01-02,3,4") == [(1.0, 2.0), (3.0, 4.0)]
    with pytest.raises(InputError, match=r"line 1: expected the header time,a,b, as before, got time,b,a"):
        values(b"time,b,a", b"2026-01-03,1,2")
