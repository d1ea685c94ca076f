"""A group of columns equals its slow twin, bit for bit, on various streams, in one run and in parts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from naive.columns import NaiveColumnGroup
from numpy.typing import NDArray
from samples import STREAMS, samples

from zhtm_detector.htm.columns import ColumnGroup
from zhtm_detector.htm.params import (
    CalibrationParams,
    ColumnEncoderParams,
    ColumnParams,
    ContextMemoryParams,
    CyclicParams,
    SpatialPoolerParams,
)

SEEDS = range(60)
KINDS = ("mean", "high", "low", "mean_at_time", "change")


@dataclass(frozen=True)
class Case:
    params: ColumnParams
    limits: tuple[float, float]
    probation: int
    stream: str
    values: NDArray[np.float64]
    times: NDArray[np.float64]
    learns: NDArray[np.bool_]


def params_of(seed: int, rng: np.random.Generator) -> ColumnParams:
    """Random parameters; small encoders, so that a case takes a moment."""
    active_bits = int(rng.integers(2, 8))
    resolutions = ((0.01,), (0.02, 0.1), (0.003, 0.05, 0.2))[int(rng.integers(3))]
    pooler = SpatialPoolerParams(
        column_dimensions=(64,),
        potential_radius=(None, 4)[int(rng.integers(2))],
        global_inhibition=bool(rng.integers(2)),
        active_columns=int(rng.integers(2, 9)),
        stimulus_threshold=int(rng.choice([0, 1, 6])),  # 6: some values activate nothing
    )
    calibration = CalibrationParams(
        memory=float(rng.choice([1.0, 10.0, 100.0])),
        prior_deviation=float(rng.choice([0.0, 0.05])),
        prior_blocks=float(rng.choice([0.0, 5.0])),
        weight=float(rng.choice([0.0, 0.35, 0.99])),
        strength=float(rng.choice([1.0, 9.0])),
    )
    kinds: Any = rng.permutation(KINDS)[: rng.integers(1, 6)].tolist() if seed % 2 else KINDS
    return ColumnParams(
        sees=tuple(kinds),
        blocks=(None, 2, 5, 20)[int(rng.integers(4))],
        scales=int(rng.integers(1, 5)),
        encoder=ColumnEncoderParams(
            size=6 * active_bits + 1 + int(rng.integers(60)),
            active_bits=active_bits,
            resolutions=resolutions,
            time_of_day=CyclicParams(active_bits=3, radius=float(rng.choice([2.0, 9.0]))),
        ),
        spatial_pooler=pooler if rng.integers(2) else None,
        temporal_memory=ContextMemoryParams(
            context=int(rng.choice([0, 1, 3, 7])),
            new_synapses=int(rng.choice([3, 24])),
            match=float(rng.choice([0.3, 0.875])),
            segments_per_minicolumn=int(rng.choice([1, 4, 32])),
            segments=int(rng.choice([50, 3000, 2**17])),
            permanence_decrement=float(rng.choice([0.0, 0.3])),
        ),
        calibration=calibration if rng.integers(4) else None,
        unseen_weight=float(rng.choice([0.0, 0.5, 1.0])),
    )


@cache
def case(seed: int) -> Case:
    rng = np.random.default_rng(seed)
    params = params_of(seed, rng)
    stream = STREAMS[seed % len(STREAMS)]
    values = samples(stream, int(rng.integers(150, 300)), rng)
    whole = float(values.min()), float(values.max())
    limits = whole if rng.integers(3) else (whole[0], whole[0] + 1e-10 * (whole[1] - whole[0]))
    learns = np.ones(values.size, dtype=np.bool_)
    learns[100 : 100 + 10 * int(rng.integers(3))] = False
    times = rng.permutation(values.size) % 96 / 96
    return Case(params, limits, int(rng.choice([0, 1, 7, 60, 150])), stream, values, times, learns)


@cache
def twin(seed: int) -> tuple[NaiveColumnGroup, list[float], list[float]]:
    some = case(seed)
    slow = NaiveColumnGroup(some.params, *some.limits, some.probation, seed)
    return slow, *slow.run(some.values.tolist(), some.times.tolist(), some.learns.tolist())


def run(seed: int, cuts: list[int]) -> tuple[list[float], list[float], ColumnGroup]:
    """Run a stream in parts; `learn` holds for a whole part."""
    some = case(seed)
    group = ColumnGroup(some.params, *some.limits, some.probation, seed)
    changes = np.flatnonzero(np.diff(some.learns)) + 1
    edges = sorted({0, *cuts, *changes.tolist(), some.values.size})
    raw: list[float] = []
    evidence: list[float] = []
    for start, stop in pairwise(edges):
        got = group.run(some.values[start:stop], some.times[start:stop], bool(some.learns[start]))
        raw += got[0].tolist()
        evidence += got[1].tolist()
    return raw, evidence, group


@pytest.mark.parametrize("seed", SEEDS)
def test_equals_twin(seed: int) -> None:
    slow, raw, evidence = twin(seed)
    fast_raw, fast_evidence, group = run(seed, [])
    assert fast_raw == raw
    assert fast_evidence == evidence
    assert 0.0 <= min(evidence) <= max(evidence) <= 1.0
    assert group.memory.segment_count == len(slow.memory.segments)
    for name in ("mean", "variance"):
        assert getattr(group._state, name).ravel().tolist() == [getattr(column, name) for column in slow.all_columns]
    last = zip(group._state.evidence.ravel().tolist(), group._state.unseen.ravel().tolist(), strict=True)
    assert list(last) == [column.last for column in slow.all_columns]
    assert group._state.streak.ravel().tolist() == [column.streak for column in slow.all_columns]


@pytest.mark.parametrize("seed", SEEDS[::6])
def test_in_parts(seed: int) -> None:
    cuts = [0, 1, 2, *np.random.default_rng(seed).integers(0, 150, 5).tolist()]
    raw, evidence, _ = run(seed, cuts)
    assert (raw, evidence) == twin(seed)[1:]


def test_the_seeds_reach_every_branch() -> None:
    events: Counter[str] = Counter()
    memories: Counter[str] = Counter()
    for seed in SEEDS:
        events += twin(seed)[0].events
        memories += twin(seed)[0].memory.events
    wanted = (*KINDS, "unseen", "evidence", "far")
    assert {name: events[name] for name in wanted if events[name] < 50} == {}
    rules = ("evicted from minicolumn", "evicted by the clock", "removed", "not learned", "seen before", "empty")
    assert {name: memories[name] for name in rules if memories[name] < 50} == {}
    loud = {case(seed).stream for seed in SEEDS if sum(score > 0.1 for score in twin(seed)[2]) > 5}
    assert loud >= {"noise", "cycle", "levels", "walk", "huge", "starts flat"}
    assert sum(twin(seed)[0].sizes[0] > 1 for seed in SEEDS) > 10
