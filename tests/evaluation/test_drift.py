"""Streams that change for good, and what the section drift says of the alarms around the change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tiny import read_tree

from zhtm_detector.evaluation import drift
from zhtm_detector.evaluation.drift import CHANGE, RECORDS, Response, drift_section, make_streams, respond
from zhtm_detector.nab.scoring import FileWindows


def alarms(*records: int, length: int = 3000) -> np.ndarray:
    raised = np.zeros(length, dtype=bool)
    raised[list(records)] = True
    return raised


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (alarms(), Response(None, None, 0, 0)),
        (alarms(999), Response(None, None, 1, 0)),
        (alarms(1000), Response(0, 0, 0, 0)),
        (alarms(1010, 1100, 1200), Response(10, 200, 0, 0)),
        (alarms(1010, 1110), Response(10, 110, 0, 0)),
        (alarms(1010, 1510), Response(10, 510, 0, 0)),  # 499 silent records are too few
        (alarms(1010, 1511, 2900), Response(10, 10, 0, 2)),  # 500 are enough
        (alarms(1010, *range(1400, 3000, 400)), Response(10, None, 0, 0)),
        (alarms(1010, 1400, 1800, 2200, 2499), Response(10, 1499, 0, 0)),  # 500 until the end
        (alarms(500, 1010, 1400, 1800, 2200, 2500), Response(10, None, 1, 0)),
    ],
)
def test_a_response(raised: np.ndarray, expected: Response) -> None:
    assert respond(raised, change=1000, silence=500) == expected


def test_all_streams_are_one_until_the_change() -> None:
    streams = list(make_streams(1).values())
    other = next(iter(make_streams(2).values()))
    for values in streams:
        np.testing.assert_array_equal(values[:CHANGE], streams[0][:CHANGE])
        assert values.shape == (RECORDS,)
    assert not np.array_equal(other[:CHANGE], streams[0][:CHANGE])
    ends = {values[CHANGE:].tobytes() for values in streams}
    assert len(ends) == len(streams)


def test_what_changes() -> None:
    day = 288
    streams = {name: values[CHANGE:] for name, values in make_streams(1).items()}
    before = make_streams(1)["level shifted"][:CHANGE]
    whole = 13 * day  # whole days after the change, and whole cycles of 16 hours
    assert before[: 6 * day].mean() == pytest.approx(50, abs=0.2)
    assert streams["level shifted"][:whole].mean() == pytest.approx(65, abs=0.2)
    assert streams["amplitude doubled"][:whole].std() == pytest.approx(np.sqrt(200 + 1), rel=0.02)
    assert streams["noise tripled"][:whole].std() == pytest.approx(np.sqrt(50 + 9), rel=0.02)
    slopes = {name: np.polyfit(np.arange(whole) / day, values[:whole], 1)[0] for name, values in streams.items()}
    assert slopes.pop("slow trend") == pytest.approx(10, abs=0.3)  # one amplitude a day
    assert max(map(abs, slopes.values())) < 0.5
    spectrum = np.abs(np.fft.rfft(streams["cycle of 16 hours"][: 12 * day]))[1:]
    assert int(spectrum.argmax()) + 1 == 18  # cycles in 12 days
    shifted = streams["day shifted by 6 hours"]
    usual = streams["noise tripled"]
    for values, phase in ((usual, 0), (shifted, -day // 4)):
        cycle = np.sin((np.arange(CHANGE, RECORDS) + phase) / day * 2 * np.pi)
        assert np.corrcoef(values, cycle)[0, 1] > 0.9


def test_the_streams_are_a_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drift, "SEEDS", 2)
    corpus = drift.write_streams(tmp_path / "streams")
    assert sorted(corpus.paths) == sorted(drift.stream_paths())
    assert drift.total_records() == 6 * 2 * RECORDS == sum(corpus.load(path).length for path in corpus.paths)
    written = corpus.load("slow_trend/2.csv").data["value"]
    np.testing.assert_array_equal(written, make_streams(2)["slow trend"])
    before = read_tree(tmp_path)
    drift.write_streams(tmp_path / "streams")
    assert read_tree(tmp_path) == before


def test_the_table() -> None:
    files = {path: FileWindows.from_spans(path, RECORDS, []) for path in ("up_now/1.csv", "up_now/2.csv", "down/1.csv")}

    def scores(**at: list[int]) -> dict[str, np.ndarray]:
        made = {path: np.full(RECORDS, 0.2) for path in files}
        for path, records in zip(files, at.values(), strict=True):
            made[path][records] = 0.7
            made[path][:700] = 0.9  # probationary
        return made

    ours = scores(a=[CHANGE + 4, CHANGE + 20], b=[CHANGE + 6, CHANGE + 40, 5000], c=[1000])
    theirs = scores(a=[], b=[], c=list(range(CHANGE, RECORDS, 700)))
    table = drift_section(files, {"ours": (ours, 0.7), "theirs": (theirs, 0.7), "deaf": (ours, 0.71)}, ["left out: x"])
    rows = {(row[0], row[1]): list(row[2:]) for row in table.rows}
    assert list(rows)[:4] == [("up now", "ours"), ("up now", "theirs"), ("up now", "deaf"), ("down", "ours")]
    assert rows["up now", "ours"] == [100, 5, 100, 30, 0, 0.5]
    assert rows["up now", "theirs"] == [0, None, None, None, 0, None]
    assert rows["down", "ours"] == [0, None, None, None, 1, None]
    assert rows["down", "theirs"] == [100, 0, 0, None, 0, None]
    assert rows["all", "ours"] == pytest.approx([200 / 3, 5, 100, 30, 1 / 3, 0.5])
    assert rows["all", "deaf"] == [0, None, None, None, 0, None]
    assert table.notes[-1] == "left out: x"
