"""Rules of the novelty voters, one per test."""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from zhtm_detector.htm.anomaly import BlockNovelty, ValueNovelty
from zhtm_detector.htm.params import BlockNoveltyParams, ValueNoveltyParams

ONE_VIEW: dict[str, Any] = {
    **{"blocks": 1, "scales": 1, "windows": (1,), "kinds": ("mean",)},
    **{"least_deviation": 1.0, "half_evidence": 1.0, "weight": 0.5, "strength": 1.0},
}


def value_evidence(values: list[float], spans: float | list[float] = 10.0, **params: Any) -> list[float]:
    voter = ValueNovelty(ValueNoveltyParams(**params))
    evidence = voter.run(np.array(values), np.broadcast_to(np.array(spans, dtype=float), len(values)).copy())
    return [round(number, 9) for number in evidence.tolist()]


def block_evidence(
    values: Any, probation: int = 0, times: Any = None, spans: Any = None, **changes: Any
) -> NDArray[np.float64]:
    """Return the evidence, by default of one view: means of blocks of `probation / blocks` records, one per pattern."""
    params = BlockNoveltyParams(**(ONE_VIEW | changes))
    values = np.array(values, dtype=float)
    times = np.zeros(values.size) if times is None else np.array(times, dtype=float)
    spans = np.full(values.size, 10.0) if spans is None else np.array(spans, dtype=float)
    return BlockNovelty(params, probation).run(values, times, spans)


# ValueNovelty


def test_the_first_value_has_no_evidence() -> None:
    assert value_evidence([5.0]) == [0.0]


def test_value_evidence_is_limited_by_its_weight() -> None:
    # distances 10 (full), 0.25 of a scale of 0.5, none, then 0.75
    assert value_evidence([0.0, 10.0, 9.75, 10.0, 9.0], weight=0.8, scale=0.05) == [0.0, 0.8, 0.4, 0.0, 0.8]


def test_the_closest_value_counts_not_the_last() -> None:
    assert value_evidence([1.0, 9.0, 1.1], scale=0.1) == [0.0, 0.8, 0.08]


def test_each_record_has_its_own_range() -> None:
    assert value_evidence([0.0, 1.0, 2.0, 3.0], [10.0, 100.0, 1000.0, 0.0]) == [0.0, 0.16, 0.016, 0.0]


def test_a_constant_stream_has_no_value_evidence() -> None:
    assert value_evidence([4.0] * 5, 0.0) == [0.0] * 5


def test_the_oldest_value_is_evicted() -> None:
    assert value_evidence([0.0, 5.0, 10.0, 0.0], capacity=2, scale=1.0, weight=1.0) == [0.0, 0.5, 0.5, 0.5]


def test_value_evidence_where_differences_would_overflow() -> None:
    assert value_evidence([-1e150, 1e150, 0.0], 2e150, scale=1.0, weight=1.0) == [0.0, 1.0, 0.5]


# BlockNovelty


def test_evidence_by_hand() -> None:
    # Novelties 0, 0, 1 (a distance of 10 in a range of 10), no deviation yet: z = 1, evidence 1/2, weight 1/2.
    assert block_evidence([0, 0, 10], shape_weight=0.0).round(12).tolist() == [0.0, 0.0, 0.25]


def test_evidence_only_at_ends_of_blocks() -> None:
    values = np.random.default_rng(1).normal(0, 3, 400)
    evidence = block_evidence(values, probation=4)
    ends = np.arange(400) % 4 == 3
    assert (evidence[~ends] == 0.0).all()
    assert (evidence[ends] > 0.0).sum() > 5


def test_the_finest_block_is_a_share_of_the_probation_period() -> None:
    for probation, blocks, size in ((8, 4, 2), (10, 4, 3), (9, 4, 2), (1, 4, 1), (0, 4, 1), (750, 240, 3)):
        evidence = block_evidence(np.random.default_rng(1).normal(0, 3, 1500), probation, blocks=blocks)
        assert set((np.flatnonzero(evidence) + 1) % size) == {0}
        assert np.flatnonzero(evidence).size > 5


def test_blocks_of_all_scales_end_together() -> None:
    """With two scales, the second contributes at every other block end of the first."""
    values = np.random.default_rng(2).normal(0, 3, 600)
    fine = block_evidence(values, probation=3)
    coarse = block_evidence(values, probation=6)
    both = block_evidence(values, probation=3, scales=2, strength=2.0)
    assert set(np.flatnonzero(coarse)) <= set(range(5, 600, 6))
    # Both skip one block of calibration: `coarse` its first, of six records; the second scale one of its own.
    assert (both[:6] == fine[:6]).all()
    odd = np.arange(600) % 6 != 5
    assert (both[odd] == fine[odd]).all()
    assert (both > fine).any()


def test_no_evidence_during_probation() -> None:
    values = np.random.default_rng(3).normal(0, 3, 300)
    evidence = block_evidence(values, probation=100, blocks=20)
    assert (evidence[:100] == 0.0).all()
    assert (evidence[100:105] == 0.0).all()  # the first block after it has no calibration yet
    assert (evidence[105:] > 0.0).any()


def test_patterns_are_stored_during_probation() -> None:
    values = [*range(10)] * 5
    later = block_evidence(values, probation=10, blocks=10)
    assert (later == 0.0).all()  # every pattern was stored by then


def test_a_constant_stream_has_no_block_evidence() -> None:
    params: dict[str, Any] = {"scales": 4, "windows": (1, 2), "kinds": ("mean", "high", "low", "mean_at_time")}
    times = np.linspace(0, 1, 500, endpoint=False)
    assert (block_evidence([3.0] * 500, times=times, spans=[0.0] * 500, **params) == 0.0).all()


def test_a_range_too_small_to_divide_by_has_no_evidence() -> None:
    for tiny in (5e-324, 1e-310):
        assert (block_evidence([0.0, tiny] * 50, spans=[tiny] * 100) == 0.0).all()


def test_extreme_distances_do_not_spoil_the_calibration() -> None:
    values = [0.0, 1.0] * 40
    values[20] = 1e150
    evidence = block_evidence(values, spans=[1e-200] * 80, shape_weight=0.0, memory=1.0)
    assert np.isfinite(evidence).all()
    assert evidence[20] > 0.4
    later = block_evidence([*values, 2.0, 2.0], spans=[1e-200] * 80 + [1.0, 1.0], shape_weight=0.0, memory=1.0)
    assert later[-2] > 0.2  # a memory of one block has forgotten


def test_kinds() -> None:
    """Change only the mean, the highest or the lowest value of a block: only that kind reacts."""
    calm = [0.0, 5.0, 5.0, 10.0]
    changes = {"mean": [0.0, 9.0, 9.0, 10.0], "high": [0.0, 2.0, 4.0, 14.0], "low": [-4.0, 5.0, 9.0, 10.0]}
    for changed, block in changes.items():
        for kind in ("mean", "high", "low"):
            evidence = block_evidence([*calm * 5, *block], probation=4, kinds=(kind,))
            assert (evidence[-1] > 0.0) == (kind == changed), (kind, changed)


def test_time_of_day() -> None:
    """A known value at a new time is new only to the kind that includes the time of day."""
    times = [0.25] * 10 + [0.75]
    values = [5.0] * 11
    assert block_evidence(values, times=times)[-1] == 0.0
    # half a day apart: novelty 0.2 * 2 * 0.5, with a deviation of 1 the same z; weight 1/2
    z = 0.2
    expected = 0.5 * (1 - 1 / (1 + z))
    assert block_evidence(values, times=times, kinds=("mean_at_time",))[-1] == pytest.approx(expected)


def test_time_of_day_wraps_at_midnight() -> None:
    times = [0.99] * 10 + [0.01]
    evidence = block_evidence([5.0] * 11, times=times, kinds=("mean_at_time",))
    assert evidence[-1] == pytest.approx(0.5 * (1 - 1 / (1 + 0.2 * 2 * 0.02)))


def test_shape_of_a_window() -> None:
    """A rise is new after falls only, though no value is new."""
    down = [9.0, 8.0, 9.0, 8.0, 9.0, 8.0, 9.0, 8.0]  # windows of two blocks overlap
    flat = block_evidence([*down, 8.0], windows=(2,), shape_weight=0.0)
    shaped = block_evidence([*down, 8.0], windows=(2,), shape_weight=1.0)
    assert shaped[-1] > flat[-1] > 0.0


def test_no_evidence_until_a_window_is_full() -> None:
    evidence = block_evidence([0, 10, 0, 10, 5, 5], windows=(4,), spans=[10.0] * 6)
    assert evidence[:4].tolist() == [0.0] * 4  # no pattern is stored before the fourth block
    assert evidence[4] > 0.0


def test_patterns_within_the_tolerance_are_not_stored() -> None:
    drift = np.arange(0.0, 2.0, 0.05)  # steps of 0.005 of the range
    params = BlockNoveltyParams(blocks=1, scales=1, windows=(1,), kinds=("mean",), tolerance=0.01)
    voter = BlockNovelty(params, 0)
    voter.run(drift, np.zeros(drift.size), np.full(drift.size, 10.0))
    stored = int(voter._views.stored.sum())
    assert stored < drift.size // 2
    voter.run(np.array([2.2]), np.zeros(1), np.full(1, 10.0))
    assert int(voter._views.stored.sum()) == stored + 1


def test_the_least_recently_matched_pattern_is_evicted() -> None:
    # 0 is matched again after 4 was stored: with a capacity of two, 8 replaces 4, and 4 is new again.
    params: dict[str, Any] = {"shape_weight": 0.0, "memory": 1.0, "capacity": 2}
    known = block_evidence([0, 4, 0, 8, 0], **params)
    forgotten = block_evidence([0, 4, 0, 8, 4], **params)
    assert known[-1] == 0.0
    assert forgotten[-1] == 0.0  # a distance of 4, the same as for 8 before
    assert block_evidence([0, 4, 0, 8, 8, 8, 4], **params)[-1] > 0.0
    assert block_evidence([0, 4, 0, 8, 8, 8, 4], **(params | {"capacity": 3}))[-1] == 0.0


def test_views_vote_with_the_given_strength() -> None:
    """Two views that agree, with the strength of one, yield the evidence of one; with that of two, more."""
    values = [0.0] * 5 + [10.0]
    one = block_evidence(values)[-1]
    agree: dict[str, Any] = {"kinds": ("mean", "high")}
    assert block_evidence(values, **agree)[-1] == pytest.approx(one)
    assert log(1 - block_evidence(values, strength=2.0, **agree)[-1]) == pytest.approx(2 * log(1 - one))


@pytest.mark.compiled
def test_memory_is_bounded() -> None:
    params = BlockNoveltyParams(blocks=10, scales=3, capacity=20)
    voter = BlockNovelty(params, 20)
    rng = np.random.default_rng(4)
    sizes = []
    for _ in range(6):
        voter.run(rng.normal(0, 1, 2000), rng.random(2000), np.full(2000, 8.0))
        sizes.append(sum(array.nbytes for array in voter._views))
        assert voter._views.stored.max() <= 20
    assert voter._views.stored.min() == 20  # all full: patterns are evicted
    assert len(set(sizes)) == 1
    assert sum(array.nbytes for array in BlockNovelty(params, 20)._views) == sizes[0]


def test_no_records() -> None:
    assert block_evidence([]).size == 0
    assert value_evidence([]) == []
