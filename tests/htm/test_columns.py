"""Rules of a group of columns: blocks, what they see, evidence; and that it can be stopped, copied and cached."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from zhtm_detector.htm import columns as module
from zhtm_detector.htm.columns import ColumnGroup, Columns
from zhtm_detector.htm.encoders import DateEncoder
from zhtm_detector.htm.params import (
    CalibrationParams,
    ColumnEncoderParams,
    ColumnParams,
    ContextMemoryParams,
    CyclicParams,
    load_preset,
)

STEPS = (10.0, 40.0, 70.0, 95.0, 25.0, 55.0)


def make(probation: int = 0, seed: int = 1, **changes: Any) -> ColumnGroup:
    """A group of one column per record, without calibration, over values from 0 to 100."""
    return ColumnGroup(ColumnParams(**({"sees": ("mean",)} | changes)), 0.0, 100.0, probation, seed)


def run(
    group: ColumnGroup, values: Sequence[float] | NDArray[np.float64], times: float | NDArray[np.float64] = 0.0
) -> tuple[list[float], list[float]]:
    array = np.array(values, dtype=np.float64)
    raw, evidence = group.run(array, np.broadcast_to(np.asarray(times, dtype=np.float64), array.shape).copy())
    return raw.tolist(), evidence.tolist()


def noise(count: int, seed: int = 3) -> NDArray[np.float64]:
    return np.random.default_rng(seed).uniform(0.0, 100.0, count)


# Blocks


@pytest.mark.parametrize(
    ("probation", "blocks", "size"), [(750, 240, 3), (900, 240, 4), (10, 240, 1), (0, 1, 1), (100, 3, 33), (7, None, 1)]
)
def test_block_sizes_follow_the_probation_period(probation: int, blocks: int | None, size: int) -> None:
    """Raw is 1 until the first block ends, and changes at ends of blocks only."""
    raw, _ = run(make(probation, blocks=blocks, temporal_memory=ContextMemoryParams(context=0)), [50.0] * (3 * size))
    assert raw == [1.0] * (2 * size - 1) + [0.0] * (size + 1)


def test_each_scale_has_blocks_twice_as_long() -> None:
    """A constant is known to each scale from its second block on."""
    group = make(6, blocks=2, scales=3, temporal_memory=ContextMemoryParams(context=0))
    raw, _ = run(group, [50.0] * 30)
    assert raw == pytest.approx([1.0] * 5 + [2 / 3] * 6 + [1 / 3] * 12 + [0.0] * 7)


def test_a_coarse_block_ends_with_finer_ones() -> None:
    group = make(6, blocks=2, scales=3)
    for record in range(1, 50):
        run(group, [50.0])
        assert group._state.blocks.tolist() == [record // 3, record // 6, record // 12]
        assert group._state.filled.tolist() == [record % 3, record % 6, record % 12]


def test_evidence_comes_at_the_end_of_a_block_only() -> None:
    group = make(12, blocks=4, sees=("mean", "high"), calibration=CalibrationParams(), unseen_weight=0.5)
    _, evidence = run(group, noise(300))
    assert [record % 3 for record in range(300) if evidence[record] > 0.0].count(2) > 20
    assert all(evidence[record] == 0.0 for record in range(300) if record % 3 != 2)


@pytest.mark.compiled
def test_no_evidence_of_mismatch_in_the_probation_period() -> None:
    """The first mismatch that counts is only the beginning of a mean."""
    group = make(100, scales=2, calibration=CalibrationParams())
    _, evidence = run(group, noise(400))
    assert max(evidence[:101]) == 0.0
    assert max(evidence[101:]) > 0.1


# What a column sees


def surprise(group: ColumnGroup, values: Sequence[float], times: float | NDArray[np.float64] = 0.0) -> float:
    """The last record's mean mismatch."""
    return run(group, values, times)[0][-1]


def test_a_repeated_pattern_becomes_expected() -> None:
    group = make()
    assert min(run(group, STEPS)[0]) > 0.5
    assert run(group, STEPS * 3)[0][-6:] == [0.0] * 6


def test_values_nearby_are_expected_in_part() -> None:
    group = make()
    run(group, STEPS * 3)
    exact, near, far = (surprise(pickle.loads(pickle.dumps(group)), [value]) for value in (10.0, 11.0, 83.0))
    assert 0.0 == exact < near < 0.3 < 0.8 < far


def test_a_changed_order_is_news_to_a_context_only() -> None:
    for context, expected in ((4, False), (0, True)):
        group = make(temporal_memory=ContextMemoryParams(context=context))
        run(group, STEPS * 4)
        raw, _ = run(group, (10.0, 40.0, 95.0, 70.0))
        assert (max(raw) == 0.0) == expected
        assert raw[:2] == [0.0, 0.0]
        assert (raw[2] > 0.5) != expected
        assert group.predicts != expected


def blocks_of(*blocks: tuple[float, float]) -> list[float]:
    return [value for block in blocks for value in block]


@pytest.mark.parametrize(
    ("kind", "same", "other"),
    [
        ("mean", (10.0, 50.0), (50.0, 50.0)),
        ("high", (40.0, 20.0), (60.0, 0.0)),
        ("low", (90.0, 20.0), (30.0, 10.0)),
        ("change", (30.0, 30.0), (40.0, 40.0)),
    ],
)
def test_kinds_of_block_values(kind: Any, same: tuple[float, float], other: tuple[float, float]) -> None:
    """After blocks of (20, 40), a block with the same block value is expected; one with another is not."""
    for block, expected in ((same, 0.0), (other, 1.0)):
        encoder = ColumnEncoderParams(resolutions=(0.01,))
        group = make(2, blocks=1, sees=(kind,), encoder=encoder, temporal_memory=ContextMemoryParams(context=0))
        known = blocks_of(*[(20.0, 40.0)] * 5)
        assert surprise(group, known) == 0.0
        assert surprise(group, block) == pytest.approx(expected, abs=expected / 5)


def test_only_mean_at_time_sees_the_time_of_day() -> None:
    for kind in ("mean", "high", "low", "mean_at_time", "change"):
        group = make(sees=(kind,), temporal_memory=ContextMemoryParams(context=0))
        assert surprise(group, [50.0, 50.0], 0.1) == 0.0
        assert (surprise(group, [50.0], 0.6) > 0.2) == (kind == "mean_at_time")
        assert surprise(group, [50.0], 0.1) == 0.0


# Evidence


def test_a_value_never_seen_scores_the_unseen_weight() -> None:
    group = make(temporal_memory=ContextMemoryParams(context=0), unseen_weight=0.7)
    _, evidence = run(group, [10.0, 10.0, 90.0, 10.0, 90.0, 50.0])
    assert evidence == pytest.approx([0.0, 0.0, 0.7, 0.0, 0.0, 0.7], abs=0.15)
    assert evidence[:2] == [0.0, 0.0]  # the first value is no news
    assert evidence[3:5] == [0.0, 0.0]


def test_evidence_is_how_far_a_mismatch_exceeds_its_mean() -> None:
    """By hand, from mean and deviation so far."""
    calibration = CalibrationParams(
        memory=10.0,
        least_deviation=0.1,
        prior_deviation=0.0,
        prior_blocks=0.0,
        half_evidence=2.0,
        weight=0.5,
        strength=1.0,
    )
    group = make(calibration=calibration)
    run(group, STEPS * 20)  # all expected: mean and deviation fade
    mean, deviation = group._state.mean[0, 0], np.sqrt(group._state.variance[0, 0])
    raw, evidence = run(group, [83.0])
    z = (raw[0] - mean) / (deviation + 0.1)
    assert z > 3.0
    assert evidence[0] == pytest.approx(0.5 * z / (z + 2.0))


@pytest.mark.compiled
def test_what_always_surprises_is_no_evidence() -> None:
    group = make(50, calibration=CalibrationParams(weight=0.9, strength=1.0))
    raw, evidence = run(group, noise(600))
    assert np.mean(raw[200:]) > 0.4
    assert np.mean(evidence[200:]) < 0.5 * np.mean(raw[200:])


@pytest.mark.compiled
def test_columns_vote_with_the_strength_of_independent_ones() -> None:
    """Two columns that find the same count like one of their own strength: a mean of one value is its highest."""
    calibration = CalibrationParams(strength=1.0)
    one = make(20, sees=("mean",), temporal_memory=ContextMemoryParams(new_synapses=255), calibration=calibration)
    two = make(
        20, sees=("mean", "high"), temporal_memory=ContextMemoryParams(new_synapses=255), calibration=calibration
    )
    assert run(one, noise(300))[1] == pytest.approx(run(two, noise(300))[1])
    assert max(run(one, noise(300))[1]) > 0.05


# Tables, growth, copies


@pytest.mark.compiled
def test_a_bounded_table_of_rows_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values = noise(500)
    expected = run(make(scales=2), values)
    monkeypatch.setattr(module, "_MOST_ROWS", 64)
    group = make(scales=2)
    assert run(group, values) == expected
    assert len(group._rows.table.numbers) == 64


@pytest.mark.parametrize("stop", [1, 100, 301])
@pytest.mark.compiled
def test_a_pickled_group_goes_on_alone(stop: int) -> None:
    values = noise(400)
    times = np.arange(400) % 48 / 48
    params = load_preset("zhtm").columns[0]
    expected = ColumnGroup(params, 0.0, 100.0, 120, 1).run(values, times)
    group = ColumnGroup(params, 0.0, 100.0, 120, 1)
    first = group.run(values[:stop], times[:stop])
    copy = pickle.loads(pickle.dumps(group))
    for some in (copy, group):  # the first to go on changes nothing in the other
        rest = some.run(values[stop:], times[stop:])
        for before, after, whole in zip(first, rest, expected, strict=True):
            assert [*before, *after] == whole.tolist()


def test_without_learning_memories_stay_as_they_are() -> None:
    group = make()
    run(group, STEPS * 2)
    count = group.memory.segment_count
    raw = group.run(noise(50), np.zeros(50), learn=False)[0]
    assert group.memory.segment_count == count
    assert raw.mean() > 0.5
    assert run(group, STEPS * 2)[0][-3:] == [0.0] * 3


def test_the_seed_decides() -> None:
    got = [run(make(seed=seed), noise(100)) for seed in (1, 1, 2)]
    assert got[0] == got[1] != got[2]


# All groups of a model


def test_groups_have_seeds_of_their_own() -> None:
    alike = (ColumnParams(sees=("mean",)), ColumnParams(sees=("mean",)))
    groups = Columns(alike, 0.0, 100.0, 10, 1).groups
    assert run(groups[0], noise(50)) != run(groups[1], noise(50))
    Columns(alike, 0.0, 100.0, 10, 2**32 - 1)  # seeds wrap around


def test_raw_is_the_mismatch_of_groups_that_predict() -> None:
    sees = (ColumnParams(sees=("mean",)), ColumnParams(sees=("mean",), temporal_memory=ContextMemoryParams(context=0)))
    times, values = pd.date_range("2026-01-01", periods=60, freq="5min"), noise(60)
    expected = run(Columns(sees, 0.0, 100.0, 10, 1).groups[0], values)[0]
    raw, evidence = Columns(sees, 0.0, 100.0, 10, 1).run(times, values)
    assert raw.tolist() == expected
    assert evidence.shape == (2, 60)
    assert Columns(sees[1:], 0.0, 100.0, 10, 1).run(times, values)[0].tolist() == [0.0] * 60


@pytest.mark.parametrize(("minimum", "maximum"), [(5.0, 5.0), (0.0, 0.0), (-1e150, 1e150), (0.0, 5e-324)])
def test_any_range(minimum: float, maximum: float) -> None:
    group = ColumnGroup(load_preset("zhtm").columns[0], minimum, maximum, 20, 1)
    for value in (minimum, maximum, 1e150, -1e150):
        raw, evidence = run(group, [value] * 10)
        assert np.isfinite([*raw, *evidence]).all()
        assert 0.0 <= min(evidence) <= max(evidence) <= 1.0


def test_values_far_outside_the_range_are_news() -> None:
    """However far: the encoder has bits enough that an outlier seldom meets bits that are in use."""
    rng = np.random.default_rng(4)
    values = rng.uniform(0.0, 1.0, 3000)
    (group,) = Columns(load_preset("zhtm").columns[1:], 0.0, 1.0, 300, 42).groups
    times = np.zeros(3000)
    group.run(values, times)
    outliers = np.array([1.5, 2.0, 3.0, 5.0, -2.0, 40.0, -1e9])
    assert group.run(outliers, times[:7])[1].min() > 0.6


@pytest.mark.parametrize("radius", [6.0, 7 * 24 / 90])
def test_a_time_of_day_has_the_bucket_of_the_date_encoder(radius: float) -> None:
    """Also where a bucket begins with the moment."""
    cycle = CyclicParams(active_bits=7, radius=radius)
    encoder = ColumnEncoderParams(size=200, active_bits=11, resolutions=(0.01,), time_of_day=cycle)
    params = ColumnParams(sees=("mean_at_time",), encoder=encoder, unseen_weight=0.0)
    group = ColumnGroup(params, 0.0, 1.0, 300, 1)
    dates = DateEncoder(time_of_day=cycle)
    for minute in range(0, 24 * 60, 16):  # among them are those where a quotient of doubles lies below its bucket
        group.run(np.zeros(1), np.array([minute / (24 * 60)]))
        place = group._state.places[0, 0]
        row = group._rows.table.rows[place]
        moment = datetime(2026, 1, 1) + timedelta(minutes=minute)
        assert (row[1 : 1 + row[0]][11:] - 200).tolist() == dates.encode(moment).indices.tolist()
