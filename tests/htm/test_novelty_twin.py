"""Block novelty, moving mean and vote equal their slow twins on various streams."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest
from naive import blocks as naive
from numpy.typing import NDArray
from samples import STREAMS, samples

from zhtm_detector.htm.anomaly import BlockNovelty
from zhtm_detector.htm.kernels.vote import mean_state, moving_mean, vote
from zhtm_detector.htm.params import BlockNoveltyParams

SEEDS = range(80)


@dataclass(frozen=True)
class Case:
    params: BlockNoveltyParams
    probation: int
    stream: str
    values: NDArray[np.float64]
    times: NDArray[np.float64]
    spans: NDArray[np.float64]


@cache
def case(seed: int) -> Case:
    """Return random parameters and a stream; small capacities, so that the stores fill up."""
    rng = np.random.default_rng(seed)
    kinds: Any = rng.permutation(naive.KINDS)[: rng.integers(1, 5)].tolist() if seed % 2 else naive.KINDS
    params = BlockNoveltyParams(
        blocks=int(rng.integers(3, 60)),
        scales=int(rng.integers(1, 5)),
        windows=tuple(sorted(rng.choice([1, 2, 3, 5, 8], rng.integers(1, 4), replace=False).tolist())),
        kinds=tuple(kinds),
        capacity=int(rng.choice([1, 2, 5, 12, 400])),
        tolerance=float(rng.choice([0.0, 0.01, 0.1])),
        shape_weight=float(rng.choice([0.0, 0.5, 1.0])),
        time_weight=float(rng.choice([0.0, 0.2, 3.0])),
        memory=float(rng.choice([1.0, 10.0, 100.0])),
        weight=float(rng.choice([0.0, 0.35, 0.99])),
        strength=float(rng.choice([1.0, 12.0])),
    )
    stream = STREAMS[seed % len(STREAMS)]
    values = samples(stream, int(rng.integers(200, 500)), rng)
    causal = np.maximum.accumulate(values) - np.minimum.accumulate(values)
    given = np.full(values.size, values.max() - values.min())
    narrow = given * rng.choice([1e-200, 0.01])  # values may lie far outside the given range
    spans = (causal, given, narrow)[int(rng.integers(0, 3))]
    probation = int(rng.choice([0, 1, 7, 60, 150, 1000]))
    return Case(params, probation, stream, values, rng.permutation(values.size) % 96 / 96, spans)


@cache
def twin(seed: int) -> tuple[list[float], list[naive.View]]:
    some = case(seed)
    slow = naive.BlockNovelty(some.params, some.probation)
    return slow.run(some.values.tolist(), some.times.tolist(), some.spans.tolist()), slow.all_views


@pytest.mark.parametrize("seed", SEEDS)
def test_block_novelty(seed: int) -> None:
    some = case(seed)
    voter = BlockNovelty(some.params, some.probation)
    evidence = voter.run(some.values, some.times, some.spans)
    assert evidence.tolist() == twin(seed)[0]
    assert evidence.min() >= 0.0
    assert evidence.max() <= 1.0
    chosen = [naive.KINDS.index(kind) for kind in naive.KINDS if kind in some.params.kinds]
    stored = voter._views.stored[:, chosen].ravel().tolist()
    assert stored == [len(view.patterns) for view in twin(seed)[1]]
    views = voter._views
    for state, name in ((views.mean, "mean"), (views.variance, "variance"), (views.streak, "streak")):
        assert state[:, chosen].ravel().tolist() == [getattr(view, name) for view in twin(seed)[1]]
    last = np.stack((views.novelty[:, chosen].ravel(), views.evidence[:, chosen].ravel()), axis=1)
    assert last.tolist() == [list(view.last) for view in twin(seed)[1]]


@pytest.mark.parametrize("seed", SEEDS[::8])
def test_block_novelty_in_parts(seed: int) -> None:
    some = case(seed)
    voter = BlockNovelty(some.params, some.probation)
    cuts = np.sort(np.random.default_rng(seed).integers(0, some.values.size, 5))
    parts = zip(*(np.split(array, cuts) for array in (some.values, some.times, some.spans)), strict=True)
    assert np.concatenate([voter.run(*part) for part in parts]).tolist() == twin(seed)[0]


def test_the_seeds_reach_every_branch() -> None:
    """Growth, exact and near matches, evictions; streams with evidence and streams without."""
    views = [view for seed in SEEDS for view in twin(seed)[1]]
    assert sum(view.grown for view in views) > 10_000
    assert sum(view.matched for view in views) > 10_000
    assert sum(view.matched_nearby for view in views) > 500
    assert sum(view.evicted for view in views) > 5_000
    assert sum(view.evicted > 0 and view.matched > 0 for view in views) > 50
    assert {view.kind for view in views} == set(naive.KINDS)
    assert {view.window for view in views} == {1, 2, 3, 5, 8}
    # Most kinds of streams have clear evidence several times; constant ones have none.
    loud = {case(seed).stream for seed in SEEDS if sum(score > 0.1 for score in twin(seed)[0]) > 5}
    assert loud >= {"noise", "cycle", "levels", "walk", "huge", "starts flat"}
    assert not loud & {"constant", "tiny"}
    silent = [seed for seed in SEEDS if case(seed).stream in ("constant", "tiny")]
    assert silent
    assert all(score == 0.0 for seed in silent for score in twin(seed)[0])


@pytest.mark.parametrize("length", [1, 2, 7, 50, 1000])
def test_moving_mean(length: int) -> None:
    rng = np.random.default_rng(length)
    values = np.round(rng.random(3000) * 40) / 40
    got, parted = np.empty_like(values), np.empty_like(values)
    moving_mean(values, mean_state(length), got)
    assert got == pytest.approx(naive.moving_mean(values.tolist(), length), abs=1e-12)
    cuts, state = [1, 1, 49, 1500], mean_state(length)
    for part, out in zip(np.split(values, cuts), np.split(parted, cuts), strict=True):
        moving_mean(part, state, out)
    assert parted.tolist() == got.tolist()


@pytest.mark.parametrize("seed", range(50))
def test_vote(seed: int) -> None:
    rng = np.random.default_rng(seed)
    evidence = rng.random((4, 200))
    evidence[rng.random((4, 200)) < 0.2] = 0.0
    evidence[rng.random((4, 200)) < 0.2] = 1.0
    gate = float(rng.choice([0.0, 0.5, 1.0, rng.random()]))
    got = np.empty(200)
    prediction, value, blocks, error = evidence
    vote(np.stack((prediction, value, blocks)), error, gate, got)
    assert got.tolist() == naive.vote(prediction.tolist(), value.tolist(), blocks.tolist(), error.tolist(), gate)
    assert got.min() >= 0.0
    assert got.max() <= 1.0
