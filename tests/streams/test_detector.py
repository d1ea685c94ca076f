"""However records arrive, each series is scored as if it were alone, record by record."""

from __future__ import annotations

from itertools import pairwise
from math import nan
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhtm_detector import HTMModel, load_preset
from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.model import MOST_PROBATION
from zhtm_detector.streams.detector import StreamDetector, shard_of
from zhtm_detector.streams.input.clock import SECOND, Clock, as_moment
from zhtm_detector.streams.record import Record, Result
from zhtm_detector.streams.series import Series
from zhtm_detector.streams.settings import Probation, Settings
from zhtm_detector.streams.thresholds import FixedThreshold, TargetRate
from zhtm_detector.streams.vote import vote_of

PARAMS = load_preset("column").model_copy(update={"causal": True})
MINUTE = 60 * SECOND
EXAMPLES = settings(max_examples=8, deadline=None)


def of(**changes: object) -> Settings:
    given: dict[str, object] = {"params": PARAMS, "fields": ("value",), "threshold": lambda state: FixedThreshold(0.6)}
    return Settings(**(given | changes))  # type: ignore[arg-type]


def record(number: int, value: float | tuple[float, ...], time: int | None = None, key: str = "") -> Record:
    clock = (number if time is None else time) * MINUTE
    values = value if isinstance(value, tuple) else (value,)
    return Record(number, key, str(as_moment(clock)), clock, clock, values)


def wave(count: int, seed: int = 0) -> list[float]:
    values = 50 + 20 * np.sin(np.arange(count) / 8) + np.random.default_rng(seed).normal(0, 1, count)
    values[count * 3 // 4] += 200
    return [float(value) for value in values.round(2)]


def results(detector: StreamDetector, records: list[Record]) -> list[Result]:
    found, error = detector.process(records)
    assert error is None
    return found


@st.composite
def streams(draw: st.DrawFn) -> list[Record]:
    """Three series in turns, of two metrics each, of which some are missing."""
    keys = draw(st.lists(st.sampled_from("abc"), min_size=150, max_size=200))
    holes = draw(st.sets(st.integers(0, len(keys))))
    one, two = wave(len(keys), 1), wave(len(keys), 2)
    return [
        record(row, (nan if row in holes else one[row], nan if row + 1 in holes else two[row]), key=key)
        for row, key in enumerate(keys)
    ]


class Kept:
    """A shelf with these series."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._kept: dict[str, Any] = {}

    def put(self, series: Series) -> None:
        self._kept[series.key] = series.state(), series.models

    def has(self, key: str) -> bool:
        return key in self._kept

    def take(self, key: str) -> Series:
        series = Series(key, self._settings)
        series.restore(*self._kept[key])
        return series


@EXAMPLES
@given(
    records=streams(),
    cuts=st.sets(st.integers(1, 199), max_size=6),
    missing=st.sampled_from(["skip", "hold"]),
    probation=st.sampled_from([Probation(30), Probation(duration=60 * MINUTE)]),
)
def test_batches_and_neighbours_do_not_matter(
    records: list[Record], cuts: set[int], missing: str, probation: Probation
) -> None:
    def threshold(state: dict[str, float] | None) -> TargetRate:
        return TargetRate(1e-3) if state is None else TargetRate.restore(state)

    how = of(
        fields=("one", "two"), missing=missing, probation=probation, threshold=threshold, gap_alert=5 * MINUTE, gap=2.0
    )
    whole = results(StreamDetector(how), records)
    one_by_one = StreamDetector(how)
    assert [results(one_by_one, [each])[0] for each in records] == whole
    for key in "abc":
        alone = StreamDetector(how)
        assert results(alone, [each for each in records if each.key == key]) == [
            each for each in whole if each.record.key == key
        ]
    places = [0, *sorted(cut for cut in cuts if cut < len(records)), len(records)]
    detector, shelf = StreamDetector(how), Kept(how)
    in_parts: list[Result] = []
    for start, end in pairwise(places):
        for each in detector.series.values():
            shelf.put(each)
        before, detector = detector, StreamDetector(how, shelf=shelf)  # go on from the state alone
        detector.restore(before.state(), before.keys())
        in_parts += results(detector, records[start:end])
        assert detector.changed_keys() == {each.key for each in records[start:end]}
    assert in_parts == whole
    assert detector.counts.records == len(records)


def test_scores_are_those_of_the_model() -> None:
    values = wave(300)
    model = HTMModel(PARAMS, 0.0, 0.0, probation=40)
    expected = [model.step(as_moment(row * MINUTE), value) for row, value in enumerate(values)]
    found = results(StreamDetector(of(probation=Probation(40))), [record(*each) for each in enumerate(values)])
    assert [each.score for each in found] == [step.score for step in expected]
    assert [each.silenced for each in found] == [step.silenced for step in expected]
    assert any(each.alert for each in found)
    assert not any(each.alert for each in found[:40])


def test_silence_hides_no_larger_incident() -> None:
    values = [50 + 20 * np.sin(row / 8) for row in range(700)]
    values[600], values[620], values[630] = 140.0, 400.0, 410.0
    how = of(params=load_preset("zhtm"), limits=(0.0, 100.0), probation=Probation(300))
    found = results(StreamDetector(how), [record(*each) for each in enumerate(values)])
    model = HTMModel(load_preset("zhtm"), 0.0, 100.0, probation=300)
    steps = model.run(np.arange(700) * np.timedelta64(60, "s") + np.datetime64("1970-01-01"), values)
    assert found[600].alert
    assert steps.score[620] == 0.0
    assert steps.silenced[620]
    assert found[620].alert
    assert found[620].score == steps.unsilenced[620]
    assert not found[620].silenced
    assert (found[630].alert, found[630].silenced) == (False, True)  # 10 outside of what was seen, after 260


def test_two_clocks() -> None:
    """The hour that is shown twice is no step back; a real step back is one."""
    clock = Clock(timezone="Europe/Zurich")

    def at(number: int, text: str) -> Record:
        return Record(number, "", text, *clock.read(text), (1.0,))

    autumn = [f"2026-10-25 {hour}:{minute}" for hour in ("01", "02", "02", "03") for minute in ("00", "30")]
    records = [at(*each) for each in enumerate(autumn)]
    detector = StreamDetector(of(), clock=clock)
    assert [each.gap for each in results(detector, records)] == [0] * 8
    found, error = detector.process([at(9, "2026-10-25 03:00")])
    assert found == []
    assert "line 9: expected a time not before that of the record before, 2026-10-25 02:30:00" in str(error)
    assert "'2026-10-25 03:00'" in str(error)


def test_late_records_are_dropped_on_request_and_equal_times_taken() -> None:
    records = [record(1, 1.0, 5), record(2, 2.0, 5), record(3, 3.0, 4), record(4, 4.0, 6)]
    found, error = StreamDetector(of()).process(records)
    assert [each.record.number for each in found] == [1, 2]
    assert "line 3" in str(error)
    detector = StreamDetector(of(drops_late=True))
    assert [each.record.number for each in results(detector, records)] == [1, 2, 4]
    assert detector.counts.late == 1


def test_gaps() -> None:
    times = [*range(30), 32, 36, 39, 44, 3000]
    records = [record(row, 1.0, time) for row, time in enumerate(times)]
    found = results(StreamDetector(of(gap_alert=2 * 1440 * MINUTE)), records)
    assert [each.gap for each in found[29:]] == [0, 0, 3, 0, 4, 2955]
    assert [each.alert for each in found[29:]] == [False] * 5 + [True]
    assert found[-1].reason == "no data for 2 days"


def test_values_that_stay_away_are_a_gap_with_one_alert() -> None:
    values = [1.0, 1.0, *[nan] * 6, 1.0, nan, nan, nan, nan]
    how = of(interval=MINUTE, gap_alert=3 * MINUTE, missing="hold")
    found = results(StreamDetector(how), [record(*each) for each in enumerate(values)])
    assert [row for row, each in enumerate(found) if each.alert] == [4, 11]
    skipping = results(StreamDetector(of()), [record(*each) for each in enumerate(values)])
    assert [each.score is None for each in skipping] == [value != value for value in values]
    found, error = StreamDetector(of(missing="error")).process([record(*each) for each in enumerate(values)])
    assert (len(found), str(error)[:30]) == (2, "input: line 2: expected a valu")


def test_keys_are_bounded() -> None:
    records = [record(row, 1.0, key=str(row % 3)) for row in range(6)]
    found, error = StreamDetector(of(max_keys=2)).process(records)
    assert len(found) == 2
    assert "line 2, key '2': expected at most 2 keys" in str(error)
    detector = StreamDetector(of(max_keys=2, drops_new_keys=True))
    assert len(results(detector, records)) == 4
    assert detector.counts.refused_keys == 2


def test_what_comes_before_an_error_is_scored() -> None:
    def broken() -> object:
        yield record(0, 1.0)
        raise InputError("line 2: bad")

    found, error = StreamDetector(of()).process(broken())  # type: ignore[arg-type]
    assert (len(found), str(error)) == (1, "line 2: bad")


def test_a_range_that_is_left_by_far_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    values = [5.0, 19.0, 21.0, 500.0, -300.0]
    how = of(params=load_preset("column"), limits=(0.0, 10.0), probation=Probation(5))
    with caplog.at_level("WARNING", logger="zhtm_detector"):
        results(StreamDetector(how), [record(row, value, key=key) for key in "ab" for row, value in enumerate(values)])
    said = [each.getMessage() for each in caplog.records]
    assert [each[: each.index(" out of")] for each in said] == [
        "key 'a': value 21 is 11", "key 'b': value 21 is 11"
    ]  # fmt: skip


def test_a_probation_in_days_needs_an_interval() -> None:
    records = [record(row, 1.0, time=7) for row in range(30)]
    found, error = StreamDetector(of(probation=Probation(duration=86400 * SECOND))).process(records)
    assert len(found) == 20
    assert "expected times that differ, or --interval" in str(error)
    detector = StreamDetector(of())
    results(detector, records)
    assert detector.series[""].probation == 288


class Scripted:
    """A model that says of each record what it was told to, and why."""

    def __init__(self, *steps: tuple[float, bool, float]) -> None:
        self._steps = iter(steps)

    def step(self, *_: object) -> SimpleNamespace:
        score, silenced, unsilenced = next(self._steps)
        return SimpleNamespace(score=score, silenced=silenced, unsilenced=unsilenced, out_of_range=False)

    def explain(self, _: object) -> SimpleNamespace:
        return SimpleNamespace(sentence=f"why {id(self)}")


def test_the_reason_is_that_of_the_field_that_spoke_up() -> None:
    """Also where a value so far outside that it breaks the silence is what makes the alert."""
    one = Scripted((0.1, False, 0.1), (0.1, False, 0.1), (0.8, False, 0.8))
    two = Scripted((0.0, False, 0.0), (0.0, True, 0.9), (0.7, False, 0.7))
    series = Series("", of(fields=("one", "two"), probation=Probation(0), explains=True))
    series.models = [one, two]  # type: ignore[list-item]
    records = [record(row, values) for row, values in enumerate([(1.0, 1.0), (1.0, 9.0), (1.0, 1.0)])]
    found = series.score([series.admit(each) for each in records])
    assert [each.reason for each in found] == ["", f"two: why {id(two)}", f"one: why {id(one)}"]


def test_a_single_field_is_not_named() -> None:
    found = results(StreamDetector(of(probation=Probation(30), explains=True)), [*map(record, range(120), wave(120))])
    assert [each.reason[:5] for each in found if each.reason] == [each.reason[:5] for each in found if each.alert]
    assert not any(each.reason.startswith("value:") for each in found)


def test_a_vote_of_no_field() -> None:
    assert vote_of([]) == 0.0


def test_the_largest_probation() -> None:
    assert Probation(records=MOST_PROBATION).at(None) == 2**24
    with pytest.raises(InputError, match="--probation: expected at most 16777216 records, got 16777217"):
        Probation(records=MOST_PROBATION + 1)
    with pytest.raises(InputError, match="--probation of 30 weeks: expected at most 16777216 records, got 18144000"):
        Probation(duration=30 * 7 * 86400 * SECOND).at(SECOND)


@given(scores=st.lists(st.floats(0, 1), min_size=1, max_size=20), more=st.floats(0, 1))
def test_a_vote_is_bounded_and_rises_with_each_score(scores: list[float], more: float) -> None:
    vote = vote_of(scores)
    assert max(scores) - 1e-12 <= vote <= 1 - (1 - max(scores)) ** 1.65 + 1e-12
    assert vote_of(scores[::-1]) == vote
    assert vote_of([max(scores[0], more), *scores[1:]]) >= vote - 1e-12
    assert vote_of(scores[:1]) == scores[0]


@EXAMPLES
@given(records=streams(), idle=st.integers(1, 50))
def test_series_on_the_shelf_do_not_matter(records: list[Record], idle: int) -> None:
    how = of(fields=("one", "two"), probation=Probation(30))
    sleepy = of(fields=("one", "two"), probation=Probation(30), idle=idle * MINUTE)
    detector = StreamDetector(sleepy, shelf=Kept(sleepy))
    found = [result for each in records for result in results(detector, [each])]
    assert found == results(StreamDetector(how), records)
    assert detector.keys() == sorted({each.key for each in records})


def test_every_key_is_of_one_shard() -> None:
    keys = [f"key {number}" for number in range(300)]
    shards = [[key for key in keys if shard_of(key, 7) == place] for place in range(1, 8)]
    assert sorted(key for shard in shards for key in shard) == sorted(keys)
    assert min(map(len, shards)) > 20
    records = [record(number, 1.0, key=key) for number, key in enumerate(keys)]
    detector = StreamDetector(of(shard=(3, 7)))
    assert [each.record.key for each in results(detector, records)] == shards[2]
    assert detector.counts.elsewhere == len(keys) - len(shards[2])
