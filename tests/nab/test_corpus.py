"""Reading data files and NAB roots, good and bad; NAB's detector contract over them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from zhtm_detector.common.errors import InputError
from zhtm_detector.detectors import base
from zhtm_detector.detectors.base import OwnAnomalyDetector, probationary_period
from zhtm_detector.detectors.data_file import DataFile, read_data_file
from zhtm_detector.nab.corpus import Corpus

HEADER = "timestamp,value\n"
GOOD = HEADER + "2014-04-01 00:00:00,1\n2014-04-01 00:05:00,2\n2014-04-01 00:10:00,3\n"


def read(tmp_path: Path, text: str | bytes) -> DataFile:
    path = tmp_path / "a.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_data_file(path, "cat/a.csv")


def make_root(root: Path, files: Sequence[str], labels: str = "{}") -> Path:
    for name in files:
        path = root / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(GOOD)
    (root / "labels").mkdir(parents=True)
    (root / "labels" / "combined_windows.json").write_text(labels)
    return root


def test_integers_stay_integers(tmp_path: Path) -> None:
    file = read(tmp_path, GOOD)
    assert file.relative_path == "cat/a.csv"
    assert file.length == 3
    assert file.data["value"].dtype == "int64"
    assert file.data["timestamp"].iloc[1] == pd.Timestamp("2014-04-01 00:05:00")


@pytest.mark.parametrize("text", [GOOD.replace("\n", "\r\n"), GOOD[:-1], "\ufeff" + GOOD, GOOD + "\n\n"])
def test_line_ends_and_blank_lines(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text).data["value"].tolist() == [1, 2, 3]


def test_timestamps_of_several_iso_precisions(tmp_path: Path) -> None:
    file = read(tmp_path, HEADER + "2014-04-01 00:00:00,1\n2014-04-01 00:00:00.500,2.5\n")
    assert file.data["timestamp"].diff().iloc[1] == pd.Timedelta(milliseconds=500)
    assert file.data["value"].tolist() == [1.0, 2.5]


def test_time_zones(tmp_path: Path) -> None:
    file = read(tmp_path, HEADER + "2014-04-01 00:00:00+02:00,1\n2014-04-01 00:05:00+02:00,2\n")
    assert file.data["timestamp"].iloc[0] == pd.Timestamp("2014-03-31 22:00:00+00:00")


def test_repeated_and_backward_timestamps_are_counted_and_kept(tmp_path: Path) -> None:
    file = read(tmp_path, HEADER + "".join(f"2014-04-01 00:{minute:02d}:00,1\n" for minute in (10, 10, 20, 5, 5, 30)))
    assert (file.repeated, file.backward) == (2, 1)
    assert file.data["timestamp"].dt.minute.tolist() == [10, 10, 20, 5, 5, 30]


ROW = "2014-04-01 00:00:00,1\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["row 1", "timestamp,value", "nothing"]),
        (HEADER, ["at least 2 records", "got 0"]),
        (HEADER + ROW, ["at least 2 records", "got 1"]),
        ("time,value\n" + ROW + ROW, ["row 1", "timestamp,value", "got time,value"]),
        ("value,timestamp\n" + ROW + ROW, ["row 1", "got value,timestamp"]),
        ("timestamp,value,extra\n2014-04-01,1,2\n2014-04-02,1,2\n", ["row 1", "got timestamp,value,extra"]),
        (HEADER + ROW + "2014-04-01 00:05:00,1,7\n" + ROW, ["row 3", "expected 2 fields", "got 3"]),
        (HEADER + "2014-04-01,1,7\n2014-04-01,1,7\n", ["row 2", "expected 2 fields", "got 3"]),
        (HEADER + ROW + "2014-04-01 00:05:00\n", ["row 3", "expected 2 fields", "got 1"]),
        (HEADER + ROW + "not a time,1\n", ["row 3", "field timestamp", "'not a time'"]),
        (HEADER + ROW + ",1\n", ["row 3", "field timestamp", "''"]),
        (HEADER + ROW + "NaT,1\n", ["row 3", "field timestamp", "'NaT'"]),
        (HEADER + ROW + "2014-13-01 00:00:00,1\n", ["row 3", "field timestamp"]),
        (HEADER + ROW + "\n" + "2014-04-01 00:05:00,nan\n", ["row 4", "field value", "'nan'"]),
        (HEADER + ROW + "2014-04-01 00:05:00,\n", ["row 3", "field value", "''"]),
        (HEADER + ROW + "2014-04-01 00:05:00,inf\n", ["row 3", "field value", "'inf'"]),
        (HEADER + ROW + "2014-04-01 00:05:00,-1e999\n", ["row 3", "field value", "'-1e999'"]),
        (HEADER + ROW + "2014-04-01 00:05:00,1e300\n", ["row 3", "field value", "1e+150", "'1e300'"]),
        (HEADER + ROW + "2014-04-01 00:05:00,high\n", ["row 3", "field value", "'high'"]),
        (HEADER + ROW + "2014-04-01 00:05:00,True\n", ["row 3", "field value", "'True'"]),
        (HEADER + "2014-04-01,True\n2014-04-02,False\n", ["row 2", "field value", "'True'"]),
        (HEADER + ROW + "2014-04-01 00:05:00+01:00,1\n", ["row 3", "field timestamp", "one time zone"]),
        (
            HEADER + "2014-04-01 00:00:00+01:00,1\n2014-04-01 00:05:00+01:00,1\n2014-04-01 00:10:00+02:00,1\n",
            ["row 4", "field timestamp", "one time zone"],
        ),
        (HEADER + ROW + "04/13/2014 00:05,1\n", ["row 3", "field timestamp", "ISO 8601"]),
        (b"timestamp,value\n2014-04-01,1\n2014-04-02,\xff\n", ["UTF-8"]),
    ],
)
def test_bad_data(tmp_path: Path, text: str | bytes, said: list[str]) -> None:
    with pytest.raises(InputError) as error:
        read(tmp_path, text)
    message = str(error.value)
    assert str(tmp_path / "a.csv") in message
    assert "\n" not in message
    for part in said:
        assert part in message


def test_large_values_below_the_limit(tmp_path: Path) -> None:
    file = read(tmp_path, HEADER + "2014-04-01,1e150\n2014-04-02,123456789012345678901234567890\n")
    assert file.data["value"].tolist() == [1e150, 123456789012345678901234567890.0]


def test_absent_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.csv: cannot be read"):
        read_data_file(tmp_path / "a.csv", "a.csv")


def test_corpus_is_sorted_and_read_once(tmp_path: Path) -> None:
    corpus = Corpus(make_root(tmp_path, ["b/x.csv", "a/z.csv", "top.csv", ".hidden/x.csv", "a/.x.csv"]))
    assert corpus.paths == ("a/z.csv", "b/x.csv", "top.csv")
    assert len(corpus) == 3
    assert corpus.load("a/z.csv") is corpus.load("a/z.csv")
    chosen = corpus.select("*/x.csv")
    assert chosen.paths == ("b/x.csv",)
    assert chosen.known == corpus.known
    assert corpus.paths == corpus.known
    with pytest.raises(InputError, match="expected a match among the 3"):
        corpus.select("c/*")


def test_bad_roots(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"NAB root .*none: not found"):
        Corpus(tmp_path / "none")
    with pytest.raises(InputError, match="has no folder data"):
        Corpus(tmp_path)
    (tmp_path / "data").mkdir()
    with pytest.raises(InputError, match=r"label file .*combined_windows\.json: not found"):
        Corpus(tmp_path)
    make_root(tmp_path, [])
    with pytest.raises(InputError, match="at least one CSV file"):
        Corpus(tmp_path)
    with pytest.raises(InputError, match=r"label file .*other\.json"):
        Corpus(tmp_path, tmp_path / "other.json")


def test_the_real_corpus(nab_root: Path) -> None:
    corpus = Corpus(nab_root)
    files = [corpus.load(path) for path in corpus.paths]
    assert sum(file.repeated > 0 for file in files) == 7
    assert [(f.relative_path, f.backward) for f in files if f.backward] == [
        ("realKnownCause/machine_temperature_system_failure.csv", 1)
    ]


class Counter(OwnAnomalyDetector):
    def initialize(self) -> None:
        self.seen: list[dict[str, Any]] = []

    def getAdditionalHeaders(self) -> list[str]:
        return ["raw_score"]

    def handleRecord(self, inputData: dict[str, Any]) -> Sequence[Any]:
        self.seen.append(inputData)
        return [len(self.seen) / 4, 0.5]


def test_contract(tmp_path: Path) -> None:
    detector = Counter(read(tmp_path, GOOD), 0.5)
    assert (detector.probationaryPeriod, detector.inputMin, detector.inputMax) == (1, 1, 3)
    detector.initialize()
    frame = detector.run()
    assert list(frame.columns) == ["timestamp", "value", "anomaly_score", "raw_score"]
    assert frame["anomaly_score"].tolist() == [0.25, 0.5, 0.75]
    assert frame["value"].dtype == "int64"
    assert detector.seen[0] == {"timestamp": pd.Timestamp("2014-04-01"), "value": 1}
    assert isinstance(detector.seen[0]["timestamp"], pd.Timestamp)


@pytest.mark.parametrize("score", [-0.1, 1.1, float("nan")])
def test_scores_out_of_range_are_refused(tmp_path: Path, score: float) -> None:
    class Bad(OwnAnomalyDetector):
        def handleRecord(self, inputData: dict[str, Any]) -> Sequence[Any]:
            return [score]

    with pytest.raises(ValueError, match=r"Bad\.handleRecord: record 1: expected an anomaly score in \[0, 1\]"):
        Bad(read(tmp_path, GOOD), 0.15).run()


def test_probationary_period() -> None:
    assert probationary_period(0.15, 4032) == 604
    assert probationary_period(0.15, 22695) == 750.0
    assert isinstance(probationary_period(0.15, 22695), float)
    assert isinstance(probationary_period(0.15, 100), int)


def test_numentas_class_is_taken_where_it_is_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("nab", "nab.detectors", "nab.detectors.base"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    assert base._base_class() is OwnAnomalyDetector  # a package named nab without NAB's class
    sys.modules["nab.detectors.base"].AnomalyDetector = Counter  # type: ignore[attr-defined]
    assert base._base_class() is Counter
    monkeypatch.setitem(sys.modules, "nab.detectors.base", None)
    assert base._base_class() is OwnAnomalyDetector
