"""Labelled ranges: from ranges.json, else from the windows."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from tiny import timestamps, windows_of, write_corpus

from zhtm_detector.common.errors import InputError
from zhtm_detector.nab.corpus import Corpus
from zhtm_detector.nab.ranges import has_ranges, read_ranges


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus(write_corpus(tmp_path / "corpus"))


def write_ranges(corpus: Corpus, content: Any) -> None:
    (corpus.root / "labels" / "ranges.json").write_text(json.dumps(content), encoding="utf-8")


WINDOWS = {"one/spike.csv": [(250, 270)], "one/steps.csv": [(150, 180), (400, 430)], "two/quiet.csv": []}


def test_the_windows_without_such_a_file(corpus: Corpus) -> None:
    assert not has_ranges(corpus)
    assert read_ranges(corpus) == WINDOWS
    assert read_ranges(corpus, ["one/steps.csv"]) == {"one/steps.csv": WINDOWS["one/steps.csv"]}
    assert read_ranges(corpus.select("two/*")) == {"two/quiet.csv": []}


def test_ranges_of_the_file(corpus: Corpus, caplog: pytest.LogCaptureFixture) -> None:
    write_ranges(corpus, {"one/spike.csv": windows_of(400, [(3, 3), (5, 9)]), "two/quiet.csv": []})
    assert has_ranges(corpus)
    with caplog.at_level(logging.WARNING):
        found = read_ranges(corpus)
    assert found == WINDOWS | {"one/spike.csv": [(3, 3), (5, 9)], "two/quiet.csv": []}
    assert [record.getMessage() for record in caplog.records] == [
        f"one/steps.csv: no ranges in {corpus.root / 'labels' / 'ranges.json'}; its windows count"
    ]


def test_ends_between_records_and_ranges_that_touch(corpus: Corpus) -> None:
    moments = timestamps(400)  # every five minutes
    ranges = [["2015-03-01 00:41:00", moments[12]], [moments[13], "2015-03-01 01:44:59"]]
    write_ranges(corpus, {"one/spike.csv": ranges})
    assert read_ranges(corpus, ["one/spike.csv"]) == {"one/spike.csv": [(9, 20)]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"one/other.csv": []}, "one/other.csv: expected a file under"),
        ({"one/spike.csv": 5}, "one/spike.csv: expected a list of windows, got 5"),
        ({"one/spike.csv": [["2015-03-01 00:00:00", "now"]]}, "window 1: expected"),
        (
            {"one/spike.csv": [["2015-03-01 00:01:00", "2015-03-01 00:04:00"]]},
            "one/spike.csv: range 1 .*: expected a record in it, found none",
        ),
        (
            {"one/spike.csv": [["2015-03-01 00:00:00Z", "2015-03-01 01:00:00Z"]]},
            "one/spike.csv: range 1 .*: expected a time zone only if the timestamps of the data have one, as in 2015",
        ),
        ({"one/spike.csv": windows_of(400, [(5, 9), (7, 12)])}, "window 2 .*: expected it after the end"),
    ],
)
def test_refusals(corpus: Corpus, content: Any, message: str) -> None:
    write_ranges(corpus, content)
    with pytest.raises(InputError, match=r"ranges\.json: .*" + message):
        read_ranges(corpus)
