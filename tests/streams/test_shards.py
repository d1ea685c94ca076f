"""A stream whose series are in shards: every result, count and byte of state is that of one detector."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Mapping
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import read_tree

from zhtm_detector import load_preset
from zhtm_detector.streams.detector import StreamDetector, shard_of
from zhtm_detector.streams.input.clock import SECOND, Clock, as_moment
from zhtm_detector.streams.record import Record
from zhtm_detector.streams.settings import Probation, Settings, ThresholdMaker
from zhtm_detector.streams.shards import Shard, ShardedDetector
from zhtm_detector.streams.state.series_file import Shelf
from zhtm_detector.streams.state.state_folder import StateFolder

PARAMS = load_preset("column").model_copy(update={"causal": True})
KEYS = tuple("abcdefg")


class Here:
    """Shards in this process; whatever goes there and back is pickled."""

    def __init__(self, count: int, *arguments: Any) -> None:
        self.shards = [Shard(*pickle.loads(pickle.dumps(arguments))) for _ in range(count)]
        self.most = 0  # files on their way at a time

    def __len__(self) -> int:
        return len(self.shards)

    def call(self, method: str, arguments: Mapping[int, tuple[Any, ...]]) -> dict[int, Any]:
        sent = pickle.loads(pickle.dumps(dict(arguments)))
        answers = {number: getattr(self.shards[number], method)(*given) for number, given in sent.items()}
        if method in ("files", "receive"):
            carried = answers if method == "files" else {number: given[0] for number, given in sent.items()}
            self.most = max(self.most, sum(map(len, carried.values())))
        return pickle.loads(pickle.dumps(answers))  # type: ignore[no-any-return]


def of(**changes: Any) -> Settings:
    given: dict[str, Any] = {
        "params": PARAMS,
        "fields": ("value",),
        "threshold": ThresholdMaker(0.5, 1e-4),
        "probation": Probation(records=30),
    }
    return Settings(**(given | changes))


def detectors(settings: Settings, count: int = 3) -> list[StreamDetector]:
    """The one, and the one in shards."""
    shards = Here(count, settings, "input", Clock())
    return [StreamDetector(settings, "input", Clock()), ShardedDetector(shards, settings, "input", Clock())]


def stream(count: int = 700) -> list[Record]:
    """Seven series in irregular turns, with a peak each; some values are missing."""
    rng = np.random.default_rng(3)
    values = 50 + 20 * np.sin(np.arange(count) / 50) + rng.normal(0, 1, count) + 200 * (np.arange(count) % 500 > 490)
    return [record(row, float(values[row]) if row % 97 else nan, KEYS[rng.integers(7)]) for row in range(count)]


def record(row: int, value: float, key: str, minute: int | None = None) -> Record:
    clock = (row if minute is None else minute) * 60 * SECOND
    return Record(row + 2, key, str(as_moment(clock)), clock, clock, (value,))


@pytest.mark.parametrize(
    "changes",
    [{}, {"explains": True}, {"max_keys": 4, "drops_new_keys": True}, {"shard": (1, 2)}, {"interval": 3600 * SECOND}],
    ids=lambda changes: next(iter(changes), "plain"),
)
def test_results_and_counts(changes: dict[str, Any]) -> None:
    one, sharded = detectors(of(**changes))
    records = stream()
    if "interval" in changes:
        records = [each._replace(stamp=None, clock_us=0, instant=0) for each in records]
    alerts = 0
    for start in range(0, len(records), 300):
        expected, found = (detector.process(records[start : start + 300]) for detector in (one, sharded))
        assert repr(found) == repr(expected)  # NaN is not NaN
        alerts += sum(each.alert for each in found[0])
        assert sharded.changed_keys() == one.changed_keys()
    assert alerts
    assert (sharded.state(), sharded.keys(), sharded.probations()) == (one.state(), one.keys(), one.probations())


def test_keys_of_one_shard_are_spread_again() -> None:
    settings = of(shard=(2, 4))
    shards = Here(4, settings, "input", Clock())
    keys = [key for number in range(99) if shard_of(key := f"k{number}", 4) == 2]
    ShardedDetector(shards, settings, "input", Clock()).process([record(0, 1.0, key) for key in keys])
    assert all(shard.files(keys=[]) == {} and shard._detector.keys() for shard in shards.shards)


@pytest.mark.parametrize(
    ("late", "changes"),
    [((300, 320), {}), ((320, 300), {}), ((), {"max_keys": 6}), ((), {"missing": "error"})],
)
def test_the_first_error_ends(late: tuple[int, ...], changes: dict[str, Any]) -> None:
    one, sharded = detectors(of(**changes))
    records = stream()
    for row in sorted(late):
        key = KEYS[late.index(row)]
        records[row] = record(row, 1.0, key, minute=0)
    (expected, error), (found, found_error) = (detector.process(records) for detector in (one, sharded))
    assert error is not None
    assert str(found_error) == str(error)
    assert repr(found) == repr(expected)
    if late:
        assert f"line {min(late) + 2}, key" in str(error)
        assert len(found) == min(late)


def test_late_records_are_counted() -> None:
    one, sharded = detectors(of(drops_late=True))
    records = stream()
    for row in (200, 300, 301):
        records[row] = record(row, 1.0, records[row].key, minute=0)
    assert repr(sharded.process(records)) == repr(one.process(records))
    assert sharded.counts == one.counts
    assert sharded.counts.late == 3


def test_the_second_passing_of_an_hour() -> None:
    """A clock set back: what the reader has learned of the timestamps must be known where the records are judged."""
    settings = of(probation=Probation(records=5))

    def read(clock: Clock) -> list[Record]:
        stamps = [f"2025-10-26 {hour:02}:{minute:02}:00" for hour in (1, 2, 2, 3) for minute in range(60)]
        return [Record(n, "a", stamp, *clock.read(stamp), (float(n % 7),)) for n, stamp in enumerate(stamps, 1)]

    clocks = [Clock(timezone="Europe/Zurich") for _ in range(3)]
    one = StreamDetector(settings, "input", clocks[0])
    sharded = ShardedDetector(Here(2, settings, "input", clocks[2]), settings, "input", clocks[1])
    expected, found = one.process(read(clocks[0])), sharded.process(read(clocks[1]))
    assert expected[1] is None
    assert repr(found) == repr(expected)


def test_state(tmp_path: Path) -> None:
    """Saved and resumed in the middle, by either kind and any number of shards."""
    settings, records = of(), stream()

    def run(name: str, parts: tuple[tuple[int, int], ...]) -> tuple[str, dict[str, bytes]]:
        results: list[Any] = []
        with StateFolder(tmp_path / name) as folder:
            for count, end in parts:
                shelf, shards = Shelf(folder, settings), Here(count, settings, "input", Clock())
                detector: StreamDetector = StreamDetector(settings, "input", Clock(), shelf)
                if count:
                    detector = ShardedDetector(shards, settings, "input", Clock(), shelf)
                if (found := folder.read()) is not None:
                    detector.restore(found[0], found[1])
                    assert detector.keys() == sorted(found[1])
                while len(results) < end:
                    found_results, error = detector.process(records[len(results) : min(len(results) + 150, end)])
                    assert error is None
                    results += found_results
                    folder.commit(detector.changed(), detector.keys(), detector.state())
                assert count == 0 or shards.most <= 8 * count
        return repr(results), read_tree(tmp_path / name)

    expected = run("one", ((0, 700),))
    assert run("sharded", ((3, 700),)) == expected
    assert run("mixed", ((3, 250), (2, 251), (0, 400), (1, 700))) == expected


def test_a_damaged_file(tmp_path: Path) -> None:
    settings, records = of(), stream()
    errors = []
    with StateFolder(tmp_path) as folder:
        shelf = Shelf(folder, settings)
        detector = StreamDetector(settings, shelf=shelf)
        detector.process(records[:300])
        folder.commit(detector.changed(), detector.keys(), detector.state())
        folder.file("d").write_bytes(b"no such file")
        shards = Here(3, settings, "input", Clock())
        for other in (
            StreamDetector(settings, shelf=shelf),
            ShardedDetector(shards, settings, "input", Clock(), shelf),
        ):
            other.restore(detector.state(), detector.keys())
            results, error = other.process(records[300:])
            errors.append((repr(results), str(error)))
    assert errors[0] == errors[1]
    assert str(tmp_path) in errors[0][1]


def test_warnings_come_back(caplog: pytest.LogCaptureFixture) -> None:
    settings = of(limits=(0.0, 1.0))
    _, sharded = detectors(settings)
    logger = logging.getLogger("zhtm_detector")
    propagates, logger.propagate = logger.propagate, True
    try:
        sharded.process([record(row, 9.0, key) for row, key in enumerate("abab")])
    finally:
        logger.propagate = propagates
    told = [each.getMessage() for each in caplog.records if each.name.endswith("shards")]
    assert [line.split(":")[0] for line in told] == ["key 'a'", "key 'b'"]
