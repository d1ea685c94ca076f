"""Thresholds for a wanted rate of alerts: ties, plateaus and time spans."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.rates import Rate
from zhtm_detector.tuning.thresholds.rate_table import rate_json, rate_table
from zhtm_detector.tuning.thresholds.scored_files import (
    ScoredStream,
    detector_files,
    read_scored_file,
    read_scored_files,
)
from zhtm_detector.tuning.thresholds.target_rate import choose

HOUR = 3600 * 10**6


def stream(scores: list[float], hours: int = 0, name: str = "a.csv") -> ScoredStream:
    return ScoredStream(name, np.array(scores), hours * HOUR)


def test_ties_are_alerts_together_or_not_at_all() -> None:
    scores = [0.9, 0.8, 0.8, 0.8, 0.5, 0.1, 0.1, 0.1, 0.1, 0.1]
    found = {n: choose([stream(scores)], Rate.parse(f"{100 * n}/1000")) for n in (1, 2, 3, 4, 5, 9, 10, 50)}
    assert {n: (f.threshold, f.alerts, f.next_alerts) for n, f in found.items()} == {
        1: (0.9, 1, 4),
        2: (0.9, 1, 4),
        3: (0.9, 1, 4),
        4: (0.8, 4, 5),
        5: (0.5, 5, 10),
        9: (0.5, 5, 10),
        10: (0.1, 10, None),
        50: (0.1, 10, None),
    }
    assert [f.allowed for f in found.values()] == [1, 2, 3, 4, 5, 9, 10, 50]
    assert not any(f.why_none for f in found.values())


def test_no_alert_is_possible() -> None:
    rare = choose([stream([0.9, 0.1])], Rate.parse("1/1000"))
    assert (rare.threshold, rare.alerts, rare.allowed) == (1.1, 0, 0)
    assert rare.why_none == "the rate allows less than one alert over these records"
    plateau = choose([stream([1.0, 1.0, 1.0, 0.1])], Rate.parse("500/1000"))
    assert (plateau.threshold, plateau.alerts, plateau.allowed) == (1.1, 0, 2)
    assert plateau.why_none == "the 3 highest scores are equal, and the rate allows 2 alerts"
    table = rate_table(Rate.parse("500/1000"), {"mine": plateau})
    assert any("no alert is possible: the 3 highest" in note for note in table.notes)
    assert table.records()[0]["busiest"] is None
    assert rate_json(Rate.parse("500/1000"), {"mine": plateau})["choices"][0]["possible"] is False


def test_all_scores_equal_zero() -> None:
    found = choose([stream([0.0] * 4)], Rate.parse("1000/1000"))
    assert (str(found.threshold), found.alerts, found.next_alerts) == ("0.0", 4, None)


def test_the_rate_is_exact() -> None:
    # 0.1 * 30 is 3.0000000000000004 in floats and 0.7 * 10 just below 7.
    assert choose([stream([0.5] * 30, hours=30)], Rate.parse("0.1/hour")).allowed == 3
    assert choose([stream([0.5] * 30, hours=10)], Rate.parse("0.7/hour")).allowed == 7


def test_over_all_streams_together() -> None:
    streams = [stream([0.9, 0.8, 0.7], 24, "busy.csv"), stream([0.6, 0.1, 0.1], 72, "calm.csv")]
    found = choose(streams, Rate.parse("1/day"))
    assert (found.threshold, found.alerts, found.units, found.rate) == (0.6, 4, 4.0, 1.0)
    assert (found.busiest.name, found.busiest.alerts, found.busiest.rate) == ("busy.csv", 3, 3.0)


def test_a_threshold_is_shown_whole() -> None:
    found = choose([stream([0.12345678901234567, 0.1])], Rate.parse("500/1000"))
    text = rate_table(Rate.parse("500/1000"), {"mine": found}).markdown()
    assert f"| {found.threshold!r} |" in text
    assert "the next lower score" not in text  # as many alerts as are allowed


@pytest.mark.parametrize("streams", [[], [stream([0.5, 0.4])]])
def test_no_time(streams: list[ScoredStream]) -> None:
    with pytest.raises(InputError, match="expected timestamps that span some time, for a rate per day"):
        choose(streams, Rate.parse("1/day"))


def write(path: Path, stamps: list[object], scores: list[object]) -> Path:
    pd.DataFrame({"timestamp": stamps, "anomaly_score": scores}).to_csv(path, index=False)
    return path


def test_time_with_a_gap(tmp_path: Path) -> None:
    moments = [*pd.date_range("2024-01-01", periods=10, freq="h"), *pd.date_range("2024-01-03", periods=10, freq="h")]
    found = read_scored_file(
        write(tmp_path / "a.csv", list(map(str, moments)), list(np.arange(20) / 20)), with_time=True
    )
    assert found.scores.tolist() == (np.arange(3, 20) / 20).tolist()  # 15% are probationary
    assert found.microseconds == (48 + 9 - 3 + 1) * HOUR  # a gap is time as well, and the last record stands for a step


def test_time_out_of_order_and_with_zones(tmp_path: Path) -> None:
    stamps: list[object] = ["2024-01-01 02:00", "2024-01-01 00:00", "2024-01-01T01:00:00Z", "2024-01-01T05:00:00+02:00"]
    assert read_scored_file(write(tmp_path / "a.csv", stamps, [0.1] * 4), with_time=True).microseconds == 3 * HOUR + (
        3 * HOUR // 2  # the median of one and two hours: what goes back is no step
    )


def test_years_far_ahead(tmp_path: Path) -> None:
    stamps: list[object] = [f"300{year}-01-01 00:00:00" for year in range(9)]
    found = read_scored_file(write(tmp_path / "a.csv", stamps, [0.1] * 9), with_time=True)
    assert found.microseconds == (7 * 365 + 1 + 365) * 24 * HOUR  # 3001 to 3008, and a year more


def test_time_is_read_only_when_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("anomaly_score,x\n0.1,a\n0.3000000000000001,b\n")
    found = read_scored_file(path, with_time=False)
    assert (found.scores.tolist(), found.microseconds) == ([0.1, 0.3000000000000001], 0)
    with pytest.raises(InputError, match=r"a\.csv: expected a CSV file with the columns timestamp, anomaly_score"):
        read_scored_file(path, with_time=True)


@pytest.mark.parametrize(
    ("stamps", "scores", "expected"),
    [
        (["2024-01-01", "2024-01-02"], [0.1, 1.5], "row 3, field anomaly_score: expected a number in [0, 1], got 1.5"),
        (["2024-01-01", "2024-01-02"], [None, 0.1], "row 2, field anomaly_score: expected a number in [0, 1], got nan"),
        (["2024-01-01", "2024-01-02"], ["x", 0.1], "row 2, field anomaly_score: expected a number in [0, 1], got x"),
        (["2024-01-01", "soon"], [0.1, 0.2], "row 3, field timestamp: expected a date and time"),
        ([1396310400, 1396310700], [0.1, 0.2], "row 2, field timestamp: expected a date and time"),
        ([None, "2024-01-01"], [0.1, 0.2], "row 2, field timestamp: expected a date and time"),
        (["2024-01-01"], [0.1], "expected at least 2 records, got 1"),
    ],
)
def test_bad_streams(tmp_path: Path, stamps: list[object], scores: list[object], expected: str) -> None:
    with pytest.raises(InputError) as raised:
        read_scored_file(write(tmp_path / "a.csv", stamps, scores), with_time=True)
    assert expected in str(raised.value)


def test_a_file_twice(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", ["2024-01-01", "2024-01-02"], [0.1, 0.2])
    with pytest.raises(InputError, match="expected each file once, got it twice"):
        read_scored_files([path, tmp_path / "." / "a.csv"], with_time=False)


def test_files_of_a_detector(tmp_path: Path) -> None:
    folder = tmp_path / "zhtm"
    (folder / "one").mkdir(parents=True)
    for name in ("one/zhtm_a.csv", "one/zhtm_b_scores.csv", "one/.zhtm_a.csv.1.csv", "zhtm_c.csv", "zhtm_d_scores.csv"):
        write(folder / name, ["2024-01-01"], [0.1])
    (folder / "zhtm_standard_scores.csv").write_text("Detector,Profile,File\n")
    found = [path.relative_to(folder).as_posix() for path in detector_files(folder)]
    assert found == ["one/zhtm_a.csv", "one/zhtm_b_scores.csv", "zhtm_c.csv", "zhtm_d_scores.csv"]
