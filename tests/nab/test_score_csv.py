"""Results files that anybody may have written: nothing in them is guessed, and no column is taken for another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from zhtm_detector.common.errors import InputError
from zhtm_detector.nab.result_files import append_sweep_columns, read_scores, read_total
from zhtm_detector.nab.score_csv import TIME, VALUE, number_column, read_score_csv, score_column, time_column

HEADER = "timestamp,value,anomaly_score\n"
ROW = "2014-04-01 00:00:00,1,0.5\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.csv"


@pytest.mark.parametrize(
    "time", ["now", "12:00", "04/01/2014", "2014-4-1 0:0:0", "0000-04-01 00:00:00", "20140401", ""]
)
def test_no_timestamp_is_guessed(path: Path, time: str) -> None:
    path.write_text(HEADER + ROW + f"{time},1,0.5\n")
    with pytest.raises(InputError, match=r"a\.csv: row 3, field timestamp: expected a date and time"):
        time_column(path, read_score_csv(path, (TIME,)))


@pytest.mark.parametrize("cell", ["True", "1" * 500, "1_0", "0x1", "1\0"])
def test_no_number_is_guessed(path: Path, cell: str) -> None:
    path.write_text(HEADER + f"2014-04-01 00:00:00,{cell},{cell}\n" * 2)
    frame = read_score_csv(path, (VALUE, "anomaly_score"))
    with pytest.raises(InputError, match="row 2, field value: expected a finite number"):
        number_column(path, frame, VALUE)
    with pytest.raises(InputError, match="row 2, field anomaly_score: expected a number"):
        score_column(path, frame)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEADER + ROW + ROW.replace("0.5", "0,5"), "row 3: expected 3 fields, got 4"),
        (HEADER + "\n" + ROW.replace("\n", ",\n") * 2, "row 3: expected 3 fields, got 4"),
        (HEADER + ROW.replace("1", '"1"').replace("\n", ",\n") * 2, "expected as many fields"),
        ("anomaly_score," + HEADER + ("0.1," + ROW) * 2, "expected one column anomaly_score, got 2"),
    ],
)
def test_columns_are_not_mixed_up(path: Path, text: str, said: str) -> None:
    path.write_text(text)
    with pytest.raises(InputError, match=rf"a\.csv: {said}"):
        read_score_csv(path)


@pytest.mark.parametrize("text", ["\n" + HEADER + ROW * 2, (HEADER + "\n" + ROW * 2).replace("\n", "\r\n")])
def test_blank_lines(path: Path, text: str) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    frame = read_score_csv(path, (TIME, "anomaly_score"))
    assert score_column(path, frame).tolist() == [0.5, 0.5]
    assert time_column(path, frame).dt.year.tolist() == [2014, 2014]


@pytest.mark.parametrize("total", ["nan", "inf", "", "x" * 200_000])
def test_a_total_is_a_number(path: Path, total: str) -> None:
    path.write_text(f"Detector,File,Score\nTotals,,{total}\n")
    with pytest.raises(InputError, match="expected a scores file with a row Totals") as error:
        read_total(path, [])
    assert len(str(error.value)) < 400


def test_a_total_is_of_the_chosen_files(path: Path) -> None:
    path.write_text("Detector,File,Score\nx,one/a.csv,1\nTotals,,1\n")
    assert read_total(path, ["one/a.csv"]) == 1
    with pytest.raises(InputError, match="expected the scores of the 2 chosen data files, got those of 1"):
        read_total(path, ["one/a.csv", "one/b.csv"])


def test_scores_of_altered_values(tmp_path: Path) -> None:
    path = tmp_path / "x" / "c" / "x_a.csv"
    path.parent.mkdir(parents=True)
    path.write_text(HEADER + ROW + ROW)
    warnings: list[str] = []

    def read(values: list[float], times: list[str]) -> list[float]:
        data = pd.DataFrame({"timestamp": pd.to_datetime(times), "value": values})
        return read_scores(tmp_path, "x", {"c/a.csv": data}, warnings)["c/a.csv"].tolist()

    day = ["2014-04-01", "2014-04-01"]
    assert read([1, 1], day) == [0.5, 0.5]
    with pytest.raises(InputError, match=r"x_a\.csv: row 3, field value: expected the value of c/a\.csv, 2, got '1'"):
        read([1, 2], day)
    with pytest.raises(InputError, match=r"row 3, field timestamp: expected the timestamp of c/a\.csv, 2014-04-02"):
        read([1, 1], ["2014-04-01", "2014-04-02"])
    with pytest.raises(InputError, match=r"row 3, field timestamp: expected .*, 2014-04-01 00:00:01"):
        read([1, 1], ["2014-04-01 00:00:00", "2014-04-01 00:00:01"])
    assert warnings == []
    path.write_text(HEADER + ROW + ROW.replace(",1,", ",2,"))
    assert read([2, 1], day) == [0.5, 0.5]
    assert [warning.partition(": ")[2] for warning in warnings] == [
        "row 2: its records are those of the data file in another order; NAB takes them by row"
    ]


@pytest.mark.parametrize("text", ['a,S(t)_p,b\n"1"\n', 'a,S(t)_p\n1,"' + "x" * 200_000])
def test_sweep_columns_after_a_broken_row(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(InputError, match="expected the results of the detection step"):
        append_sweep_columns(path, {"q": np.zeros(1)})
