"""A threshold for a wanted rate: never more alerts than asked, whatever is equal; and the files it is read from."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhtm_detector.errors import InputError
from zhtm_detector.nab.sweep import NO_DETECTION
from zhtm_detector.tuning.streams import ScoredStream, read_stream
from zhtm_detector.tuning.target_rate import Rate, choose

DAY = 24 * 3600 * 10**9


def stream(scores: list[float], days: float = 1.0) -> ScoredStream:
    return ScoredStream("s.csv", np.array(scores), int(days * DAY))


@pytest.mark.parametrize(
    ("text", "count", "unit"),
    [("2/day", 2, "day"), (" 0.5 / hour ", Fraction(1, 2), "hour"), ("1e1/week", 10, "week"), ("5/1000", 5, "1000")],
)
def test_rates(text: str, count: Fraction, unit: str) -> None:
    assert Rate.parse(text) == Rate(Fraction(count), unit)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((f"{count}/day", "expected a number above 0") for count in ("0", "-1", "x", "", "inf", "nan", "1e400")),
        *((text, "expected NUMBER/UNIT") for text in ("2", "2day", "")),
        *((text, "unknown; expected one of hour, day, week, 1000") for text in ("2/month", "2/", "2/100", "1/3/day")),
    ],
)
def test_bad_rates(text: str, expected: str) -> None:
    with pytest.raises(InputError, match="target rate ") as caught:
        Rate.parse(text)
    assert expected in str(caught.value)


def test_as_many_as_wanted() -> None:
    found = choose([stream([0.1, 0.9, 0.5, 0.7]), stream([0.8, 0.2])], Rate.parse("1.5/day"))
    assert (found.threshold, found.alerts, found.allowed) == (0.7, 3, 3)
    assert (found.rate, found.units, found.records, found.why_none) == (1.5, 2.0, 6, "")
    assert (found.busiest.alerts, found.busiest.rate) == (2, 2.0)


def test_equal_scores_are_alerts_together_or_not_at_all() -> None:
    found = choose([stream([0.9, 0.5, 0.5, 0.5, 0.1])], Rate.parse("3/day"))
    assert (found.threshold, found.alerts, found.allowed, found.next_alerts) == (0.9, 1, 3, 4)


def test_when_no_alert_is_possible() -> None:
    tied = choose([stream([0.5] * 4)], Rate.parse("3/day"))
    assert (tied.threshold, tied.alerts) == (NO_DETECTION, 0)
    assert tied.why_none == "the 4 highest scores are equal, and the rate allows 3 alerts"
    rare = choose([stream([0.9, 0.1])], Rate.parse("1/week"))
    assert (rare.threshold, rare.alerts) == (NO_DETECTION, 0)
    assert rare.why_none == "the rate allows less than one alert over these records"


def test_when_all_are_alerts() -> None:
    found = choose([stream([0.5, 0.0])], Rate.parse("1000/1000"))
    assert (found.threshold, found.alerts, found.next_alerts) == (0.0, 2, None)


def test_streams_that_span_no_time() -> None:
    with pytest.raises(InputError, match="expected timestamps that span some time, for a rate per day"):
        choose([stream([0.5], days=0)], Rate.parse("1/day"))
    assert choose([stream([0.5], days=0)], Rate.parse("1000/1000")).alerts == 1


@given(
    st.lists(st.sampled_from([0.0, 0.2, 0.2 + 0.1, 0.3, 1.0]) | st.floats(0, 1), min_size=1, max_size=40),
    st.fractions(Fraction(1, 50), 60),
)
def test_never_more_and_never_needlessly_fewer(scores: list[float], count: Fraction) -> None:
    found = choose([stream(scores)], Rate(count, "day"))
    assert found.alerts == sum(score >= found.threshold for score in scores) <= count
    lower = [score for score in scores if score < found.threshold]
    if lower:
        assert sum(score >= max(lower) for score in scores) == found.next_alerts > count


# Files


def write(path: Path, scores: list[object], header: str = "timestamp,value,anomaly_score") -> Path:
    lines = [f"2015-03-01 {i // 60:02}:{i % 60:02}:00,1,{score}" for i, score in enumerate(scores)]
    path.write_text("\n".join([header, *lines, ""]))
    return path


def test_what_is_read(tmp_path: Path) -> None:
    scores = [round(i / 20, 2) for i in range(20)]
    found = read_stream(write(tmp_path / "a.csv", list(scores)), with_time=True)
    assert found.scores.tolist() == scores[3:]  # the first 15% are probationary
    assert found.nanoseconds == 17 * 60 * 10**9  # 17 records at steps of a minute
    assert read_stream(tmp_path / "a.csv", with_time=False).nanoseconds == 0


def test_scores_are_read_to_the_last_bit(tmp_path: Path) -> None:
    exact = [0.0, 0.1 + 0.2, 0.6510103123879434, 5e-324, 1.0]
    assert read_stream(write(tmp_path / "a.csv", list(exact)), with_time=False).scores.tolist() == exact


def test_records_are_counted_without_timestamps(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("anomaly_score\n0.5\n0.25\n")
    assert read_stream(tmp_path / "a.csv", with_time=False).scores.size == 2
    with pytest.raises(InputError, match="expected a CSV file with the columns timestamp, anomaly_score"):
        read_stream(tmp_path / "a.csv", with_time=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "expected a CSV file with the columns"),
        ("timestamp,anomaly_score\n2015-03-01 00:00:00,0.5\n", "expected at least 2 records, got 1"),
        ("timestamp,anomaly_score\n2015-03-01,0.5\n2015-03-02,1.5\n", "row 3, field anomaly_score: expected a number"),
        ("timestamp,anomaly_score\n2015-03-01,0.5\n2015-03-02,\n", "row 3, field anomaly_score: expected a number"),
        ("timestamp,anomaly_score\n2015-03-01,0.5\nyesterday,0.5\n", "row 3, field timestamp: expected a date and"),
    ],
)
def test_bad_files(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(InputError, match=r"a\.csv: ") as caught:
        read_stream(tmp_path / "a.csv", with_time=True)
    assert expected in str(caught.value)
