"""Reading windows, good and bad, and the label column."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tiny import label_corpus

from zhtm_detector.common.errors import InputError
from zhtm_detector.detectors.data_file import DataFile
from zhtm_detector.nab.corpus import Corpus
from zhtm_detector.nab.labels import check_windows, label_column, read_windows


def stamp(minute: int) -> str:
    return f"2014-04-01 00:{minute:02d}:00.000000"


def corpus_with(root: Path, labels: Any, minutes: list[int] | None = None) -> Corpus:
    (root / "labels").mkdir(parents=True)
    text = labels if isinstance(labels, str) else json.dumps(labels)
    (root / "labels" / "combined_windows.json").write_text(text)
    (root / "data" / "c").mkdir(parents=True)
    rows = "".join(f"{stamp(minute)[:19]},1\n" for minute in minutes or range(30))
    for name in ("a.csv", "b.csv"):
        (root / "data" / "c" / name).write_text("timestamp,value\n" + rows)
    return Corpus(root)


def windows(*ends: int) -> list[list[str]]:
    return [[stamp(ends[i]), stamp(ends[i + 1])] for i in range(0, len(ends), 2)]


def test_windows_of_the_chosen_files(tmp_path: Path) -> None:
    corpus = corpus_with(tmp_path, {"c/b.csv": [], "c/a.csv": windows(3, 5, 7, 7)})
    read = read_windows(corpus)
    assert list(read) == ["c/a.csv", "c/b.csv"]
    assert read["c/a.csv"][0] == (pd.Timestamp(stamp(3)), pd.Timestamp(stamp(5)))
    assert list(read_windows(corpus.select("c/b*"))) == ["c/b.csv"]
    assert [file.window_count for file in label_corpus(corpus).values()] == [2, 0]


def test_a_file_without_labels_is_skipped_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert list(read_windows(corpus_with(tmp_path, {"c/b.csv": []}))) == ["c/b.csv"]
    assert "c/a.csv: no label" in caplog.text


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ("{", ["not JSON"]),
        ([], ["expected a JSON object", "got []"]),
        ({"c/a.csv": {}}, ["c/a.csv", "expected a list of windows", "got {}"]),
        ({"c/none.csv": []}, ["c/none.csv", "expected a file under"]),
        ({"c/a.csv": [["2014-04-01"]]}, ["c/a.csv", "window 1", "[start, end]"]),
        ({"c/a.csv": [[1, 2]]}, ["c/a.csv", "window 1", "[start, end]"]),
        ({"c/a.csv": [["x", stamp(1)]]}, ["c/a.csv", "window 1", "date and time", "'x'"]),
        ({"c/a.csv": [["", stamp(1)]]}, ["c/a.csv", "window 1", "date and time", "got ''"]),
        *(
            ({"c/a.csv": [[text, stamp(1)]]}, ["c/a.csv", "window 1", "expected a date and time", "got"])
            for text in (
                "now",
                "today",
                "04/05/2014",
                "2014",
                "NaT",
                "0000-01-01",
                "2014-02-30",
                "٢٠١٤-04-01",
                "9" * 5000,
            )
        ),
        ({"c/a.csv": windows(5, 3)}, ["c/a.csv", "window 1", "start before its end"]),
        ({"c/a.csv": windows(3, 5, 4, 8)}, ["c/a.csv", "window 2", "after the end"]),
        ({"c/a.csv": windows(3, 5, 5, 8)}, ["c/a.csv", "window 2", "after the end"]),
        ({"c/a.csv": windows(8, 9, 3, 5)}, ["c/a.csv", "window 2", "after the end"]),
        ({"c/a.csv": [[stamp(1) + "+00:00", stamp(2)]]}, ["c/a.csv", "window 1", "time zone"]),
    ],
)
def test_bad_label_files(tmp_path: Path, labels: Any, said: list[str]) -> None:
    corpus = corpus_with(tmp_path, labels)
    with pytest.raises(InputError) as error:
        read_windows(corpus)
    message = str(error.value)
    assert str(corpus.label_path) in message
    assert "\n" not in message
    for part in said:
        assert part in message


@pytest.mark.parametrize(
    ("minutes", "ends", "said"),
    [
        ([1, 2, 3, 4], (2, 9), "window 1 .* its end in the data exactly once, found 0 times"),
        ([1, 2, 2, 3, 4], (2, 3), "window 1 .* its start in the data exactly once, found 2 times"),
        ([1, 3, 2, 4], (2, 3), "window 1 .* its end after the window's start"),
        ([3, 4, 1, 2], (1, 2, 3, 4), "window 2 .* its start after"),
    ],
)
def test_windows_that_do_not_fit_the_data(tmp_path: Path, minutes: list[int], ends: tuple[int, ...], said: str) -> None:
    corpus = corpus_with(tmp_path, {"c/a.csv": windows(*ends)}, minutes)
    with pytest.raises(InputError, match=r"combined_windows\.json: c/a\.csv: " + said):
        label_corpus(corpus)


def test_label_column_includes_both_ends_and_records_out_of_order() -> None:
    times = [pd.Timestamp(stamp(minute)) for minute in (1, 2, 3, 4, 3, 5, 6)]
    data = pd.DataFrame({"timestamp": times, "value": 0.0})
    spans = [(times[1], times[3]), (times[6], times[6])]
    labels = label_column(data, spans)
    assert labels.dtype == "int64"
    assert labels.tolist() == [0, 1, 1, 1, 1, 0, 1]
    assert check_windows(spans, DataFile("a.csv", data), Path("labels.json")) == [(1, 3), (6, 6)]


def test_labels_of_the_real_corpus(nab_root: Path) -> None:
    corpus = Corpus(nab_root)
    read = read_windows(corpus)
    assert sum(len(entry) for entry in read.values()) == 116
    assert len(label_corpus(corpus)) == 58
