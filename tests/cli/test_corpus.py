"""`zhtm corpus make`: a corpus that `zhtm run` takes, or one line of error and nothing left."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny import Ran, data_text, read_tree, refused, timestamps, wave

Zhtm = Callable[..., Ran]
MOMENT = timestamps(300)


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    """Two files of 200 records and one of 19."""
    for name, count in {"a.csv": 200, "boiler/b.csv": 200, "boiler/short.csv": 19}.items():
        (tmp_path / "plant" / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / "plant" / name).write_text(data_text(wave(count)))
    return tmp_path / "plant"


def make(zhtm: Zhtm, plant: Path, labels: Any, *options: str) -> Ran:
    path = plant.parent / ("labels.csv" if isinstance(labels, str) else "labels.json")
    path.write_text(labels if isinstance(labels, str) else json.dumps(labels))
    return zhtm("corpus", "make", plant.parent / "mine", "--from", plant, "--labels", path, *options)


def test_from_own_files_to_scores(zhtm: Zhtm, plant: Path, tmp_path: Path) -> None:
    labels = {"a.csv": [[MOMENT[100], MOMENT[104]], MOMENT[100]], "b.csv": [MOMENT[5], MOMENT[150]]}
    ran = make(zhtm, plant, labels, "--json")
    assert ran.code == 0
    assert ran.err.splitlines() == [
        "warning: 1 of 3 anomalies do not score: their windows would begin in the probationary period"
    ]
    rows = json.loads(ran.out)["files"]
    assert rows == [
        row_of("boiler/b.csv", 200, labels=2, left_out=1, windows=1, percent_in_windows=5.5),
        row_of("boiler/short.csv", 19),
        row_of("plant/a.csv", 200, labels=2, joined=1, windows=1, percent_in_windows=10.5),
    ]
    run = ("--nab-root", "mine", "--detectors", "null", "--workers", "1", "--no-report", "--results", "results")
    ran = zhtm("run", *run)
    assert (ran.code, ran.errors) == (0, [])
    final = json.loads((tmp_path / "results" / "final_results.json").read_text())
    assert final["other-null"]["standard"] == 0.0
    results = {path.parent.name: path.read_text() for path in tmp_path.glob("results/other-null/*/*.csv")}
    assert set(results) == {"boiler", "plant"}
    rows = list(csv.DictReader(io.StringIO(results["plant"])))
    assert [place for place, row in enumerate(rows) if row["label"] == "1"] == [*range(92, 113)]


def row_of(file: str, records: int, **others: float) -> dict[str, Any]:
    kept = {"labels": 0, "joined": 0, "left_out": 0, "merged": 0, "windows": 0, "percent_in_windows": 0.0}
    return {"file": file, "records": records} | kept | others


def test_a_label_column(zhtm: Zhtm, tmp_path: Path) -> None:
    records = zip(MOMENT, wave(300), range(300), strict=True)
    rows = [f"{time},{value},{int(place in (60, 61, 100))}" for time, value, place in records]
    (tmp_path / "a.csv").write_text("\n".join(["t,v,is_anomaly", *rows]))
    columns = ("--timestamp-column", "t", "--value-column", "v", "--label-column", "is_anomaly")
    options = ("--category", "own", "--windows", "as-given", "--csv")
    ran = zhtm("corpus", "make", "mine", "--from", "*.csv", *columns, *options)
    assert ran.code == 0
    assert ran.out.splitlines()[1] == "own/a.csv,300,2,0,0,0,2,1.0"
    windows = json.loads((tmp_path / "mine" / "labels" / "combined_windows.json").read_text())
    assert windows == {"own/a.csv": [[f"{MOMENT[60]}.000000", f"{MOMENT[61]}.000000"], [f"{MOMENT[100]}.000000"] * 2]}


def test_a_label_column_of_words(zhtm: Zhtm, tmp_path: Path) -> None:
    columns = ("--value-column", "value", "--label-column", "odd")
    for place, word in ((100, "True"), (5, "TRUE")):
        rows = [f"{time},{i},{word if i == place else 'False'}" for i, time in enumerate(MOMENT)]
        (tmp_path / f"a{place}.csv").write_text("\n".join(["timestamp,value,odd", *rows]))
    ran = zhtm("corpus", "make", "mine", "--from", "a100.csv", *columns, "--csv")
    assert ran.code == 0 and ",300,1,0,0,0,1," in ran.out
    refused(
        zhtm("corpus", "make", "other", "--from", "a5.csv", *columns), "--label-column odd: expected an anomaly beh"
    )
    summer = "\n".join(f"{time}{'+02:00' if i > 9 else '+01:00'},{i},0" for i, time in enumerate(MOMENT))
    (tmp_path / "clock.csv").write_text(f"timestamp,value,odd\n{summer}")
    said = "row 12, field timestamp: expected one time zone in the whole file"
    refused(
        zhtm("corpus", "make", "x", "--from", "clock.csv", *columns),
        said,
        "where clocks change, write all of it in UTC",
    )


def test_what_is_said(zhtm: Zhtm, plant: Path) -> None:
    ran = make(zhtm, plant, {"a.csv": [MOMENT[100]], "b.csv": [MOMENT[5]]}, "--markdown")
    assert "Without labels, so without anomalies: 1 of 3 files: boiler/short.csv" in ran.out
    assert ran.warnings[0].endswith("; these files have no other anomaly: boiler/b.csv")
    assert "| plant/a.csv | 200 | 1 | 0 | 0 | 0 | 1 | 10.5 |" in ran.out


A, B, C = MOMENT[100], MOMENT[150], MOMENT[200]
ODD = A[:-2] + "30"
HOSTILE: dict[str, tuple[Any, tuple[str, ...]]] = {
    "empty": ("", ("row 1", "expected the columns file,timestamp or file,start,end", "got nothing")),
    "other columns": ("file,when\n", ("row 1", "expected the columns", "got file,when")),
    "a field more": (f"file,timestamp\na.csv,{A},1\n", ("row 2", "expected 2 fields (file,timestamp), got 3")),
    "an open quote": ('file,timestamp\n"a.csv', ("row 2", "not CSV", "expected the columns file,timestamp")),
    "an unknown file": (f"file,timestamp\nx.csv,{A}\n", ("labels.csv: x.csv", "one data file, got none of the 3")),
    "no JSON": ({"a.csv": A}, ("a.csv", "expected a list of points and ranges")),
    "a list": ([], ("expected a JSON object",)),
    "a number": ({"a.csv": [A, 5]}, ("a.csv: label 2", "expected a timestamp, or [start, end]", "got 5")),
    "three ends": ({"a.csv": [[A, A, A]]}, ("a.csv: label 1", "expected a timestamp, or [start, end]")),
    "no time": (f"file,timestamp\na.csv,{A}\na.csv,noon\n", ("row 3", "expected a date and time", "got 'noon'")),
    "an empty end": (f"file,start,end\na.csv,{A},\n", ("row 2", "expected a date and time", "got ''")),
    "no record": (
        {"a.csv": [ODD]},
        (
            f"expected the timestamp of a record of plant/a.csv between {MOMENT[0]} and {MOMENT[199]}",
            f"the nearest are {A} and {MOMENT[101]}, got {ODD}",
        ),
    ),
    "a range without a record": ({"a.csv": [[ODD, ODD]]}, ("expected a range with a record in it", f"got {ODD} to")),
    "outside": ({"a.csv": [C]}, (f"between {MOMENT[0]} and {MOMENT[199]}, got {C}",)),
    "half outside": ({"a.csv": [[B, C]]}, (f"between {MOMENT[0]} and {MOMENT[199]}, got {B} to {C}",)),
    "before": ({"a.csv": ["2015-02-28"]}, (f"between {MOMENT[0]} and {MOMENT[199]}", "got 2015-02-28 00:00:00")),
    "reversed": (f"file,start,end\na.csv,{B},{A}\n", ("row 2", "expected its start before its end")),
    "a zone": ({"a.csv": [f"{A}Z"]}, ("expected no time zone, as in the data",)),
    "mixed zones": ({"a.csv": [[f"{A}Z", B]]}, ("expected both ends with a time zone, or neither",)),
    "nothing": ({}, ("expected an anomaly behind the probationary period", "got 0 in it")),
    "all of it probationary": (
        {"a.csv": [MOMENT[1], MOMENT[2]]},
        ("first 15% of a file, at most 750 records", "got 2 in it"),
    ),
    "few records": ({"short.csv": [MOMENT[10]]}, ("short.csv", "expected at least 20 records", "got 19")),
    "control characters": ({"a\x1b[31m\n.csv": []}, ("a?[31m .csv", "got none of the 3")),
}


@pytest.mark.parametrize(("labels", "said"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_labels(zhtm: Zhtm, plant: Path, labels: Any, said: tuple[str, ...]) -> None:
    before = read_tree(plant)
    refused(make(zhtm, plant, labels), *said)
    left = {path.name for path in plant.parent.iterdir()} - {"cache"}
    assert left == {"plant", "labels.csv" if isinstance(labels, str) else "labels.json"}
    assert read_tree(plant) == before


def test_a_name_of_two_files(zhtm: Zhtm, plant: Path) -> None:
    (plant / "oven").mkdir()
    (plant / "oven" / "b.csv").write_text(data_text(wave(200)))
    refused(
        make(zhtm, plant, {"b.csv": [A]}), "b.csv: expected the name of one data file, got 2: boiler/b.csv, oven/b.csv"
    )
    assert make(zhtm, plant, {"oven/b.csv": [A]}).code == 0


def test_labels_where_timestamps_go_back(zhtm: Zhtm, plant: Path) -> None:
    rows = data_text(wave(200)).splitlines()
    rows[112:] = [f"{time},{row.partition(',')[2]}" for time, row in zip(MOMENT[99:], rows[112:], strict=False)]
    (plant / "a.csv").write_text("\n".join(rows))
    refused(
        make(zhtm, plant, {"a.csv": [MOMENT[105]]}), "a.csv: label 1", "expected records", "timestamps go back there"
    )
    ran = make(zhtm, plant, {"a.csv": [[MOMENT[90], MOMENT[130]]]})
    assert ran.code == 0
    run = ("--nab-root", "mine", "--detectors", "null", "--workers", "1", "--no-report")
    assert zhtm("run", *run).code == 0


def test_refused_options(zhtm: Zhtm, plant: Path, tmp_path: Path) -> None:
    common = ("corpus", "make", "mine", "--from", plant)
    refused(zhtm(*common), "--labels and --label-column: expected one of them")
    refused(zhtm(*common, "--labels", "x", "--label-column", "y"), "--labels and --label-column: expected one of them")
    refused(zhtm(*common, "--labels", "x.csv"), "labels x.csv: not found; expected a CSV or JSON file")
    refused(zhtm(*common, "--labels", "x.json"), "labels x.json: not found; expected a JSON file")
    refused(zhtm(*common, "--labels", "x", "--category", "../x"), "--category: expected a name")
    refused(zhtm(*common, "--labels", "x", "--windows", "wide"), "--windows", "'wide'")
    refused(zhtm(*common, "--label-column", "odd"), "b.csv: row 1: expected one column odd", "got timestamp,value")
    refused(zhtm("corpus", "make", "mine", "--labels", "x"), "--from")
    below = ("corpus", "make", plant / "mine", "--labels", "x", "--from")
    refused(zhtm(*below, plant), "expected a folder outside of --from ")
    refused(zhtm(*below, "."), "expected a folder outside of --from '.'")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "cache") == ["plant"]


def test_a_folder_with_files_is_left_alone(zhtm: Zhtm, plant: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    assert make(zhtm, plant, {"a.csv": [A]}).code == 0  # it was empty
    before = read_tree(tmp_path)
    refused(make(zhtm, plant, {"a.csv": [A]}), "mine: expected a folder that is not there yet or is empty")
    assert read_tree(tmp_path) == before
