"""The compiled context memory equals its slow twin, bit for bit, and the seeds exercise every rule."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import pytest
from naive.context_memory import UNIT, NaiveContextMemory

from zhtm_detector.htm import context_memory
from zhtm_detector.htm.context_memory import ContextMemory
from zhtm_detector.htm.params import ContextMemoryParams

SEEDS = range(60)
MINICOLUMNS = 24
STEPS = 240
RESTS = (100, 130)  # steps without learning


def params_of(seed: int) -> ContextMemoryParams:
    choose = np.random.default_rng([seed, 1])
    common: dict[str, Any] = {
        "context": (1, 0, 2, 7, 4, 16)[seed % 6],
        "new_synapses": int(choose.choice([1, 8, 20, 60])),
        "segments_per_minicolumn": int(choose.choice([1, 2, 5, 40])),
        "segments": int(choose.choice([1, 20, 60, 300, 5000])),
        "readout": "burst" if seed % 5 == 0 else "graded",
    }
    if seed % 2 == 1:
        return ContextMemoryParams(**common, match=float(choose.choice([0.05, 0.5, 0.875, 1.0])))
    return ContextMemoryParams(
        **common,
        match=float(choose.choice([0.1, 0.4, 0.8])),
        initial_permanence=float(choose.choice([0.5, 0.5, 0.55, 1.0])),
        connected_permanence=float(choose.choice([0.0, 0.5, 0.5])),
        permanence_increment=float(choose.choice([0.0, 0.1, 0.3, 0.7])),
        permanence_decrement=float(choose.choice([0.0, 0.02, 0.1, 1.0])),
    )


def steps_of(seed: int) -> list[list[int]]:
    """A loop of random codes with noise, jumps and empty steps."""
    rng = np.random.default_rng([seed, 2])
    loop = [rng.choice(MINICOLUMNS, rng.integers(1, 7), replace=False) for _ in range(rng.integers(1, 12))]
    noise = rng.choice([0.0, 0.1, 0.5])
    steps = []
    at = 0
    for _ in range(STEPS):
        at = int(rng.integers(len(loop))) if rng.random() < noise else (at + 1) % len(loop)
        code = loop[at]
        if rng.random() < noise:
            code = rng.choice(MINICOLUMNS, rng.integers(0, 10), replace=False)
        steps.append(sorted(code.tolist()))
    return steps


def learns(step: int) -> bool:
    return not RESTS[0] <= step < RESTS[1]


@cache
def twin(seed: int) -> tuple[NaiveContextMemory, list[tuple[float, float]]]:
    memory = NaiveContextMemory(MINICOLUMNS, params_of(seed), np.random.default_rng(seed))
    return memory, [memory.step(active, learns(i)) for i, active in enumerate(steps_of(seed))]


def run(memory: ContextMemory, steps: list[list[int]], learn: bool) -> list[tuple[float, float]]:
    active = np.array([minicolumn for step in steps for minicolumn in step], dtype=np.uint16)
    offsets = np.cumsum([0, *map(len, steps)])
    return list(zip(*(array.tolist() for array in memory.run(active, offsets, learn)), strict=True))


@pytest.mark.parametrize("seed", SEEDS)
def test_equals_twin(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context_memory, "_FIRST_SEGMENTS", 8)
    params, steps = params_of(seed), steps_of(seed)
    fast = ContextMemory(MINICOLUMNS, params, np.random.default_rng(seed))
    got = run(fast, steps[: RESTS[0]], True)
    got += run(fast, steps[RESTS[0] : RESTS[1]], False)
    got += run(fast, steps[RESTS[1] :], True)
    slow, expected = twin(seed)
    assert got == expected
    assert fast.segment_count == len(slow.segments)
    # Growth: of arrays for 8 segments, if there may be more; never without a context, which needs none.
    assert fast.version > 0 if fast.segment_count > 8 else fast.version == 0 or params.context > 0
    for minicolumn in range(MINICOLUMNS):
        segments = [segment.synapses for segment in slow.owned.get((0, minicolumn), [])]
        assert [
            {index: round(permanence * UNIT) for index, permanence in segment.items()}
            for segment in fast.segments_of(minicolumn)
        ] == segments or params.context == 0


def test_the_seeds_exercise_every_rule() -> None:
    events: Counter[str] = Counter()
    for seed in SEEDS:
        events += twin(seed)[0].events
    rules = (
        *("evicted from minicolumn", "evicted by the clock", "spared by the clock", "sampled a part"),
        *("strengthened", "connected", "disconnected", "removed", "not learned", "empty", "seen before"),
    )
    assert {rule: events[rule] for rule in rules if events[rule] < 100} == {}
    assert sum(len(twin(seed)[0].segments) > 8 for seed in SEEDS) > 20  # arrays have grown
    scores = {seed: [mismatch for mismatch, _ in twin(seed)[1]] for seed in SEEDS}
    # Something is learned, and something stays news; both readouts.
    for readout in ("graded", "burst"):
        seeds = [seed for seed in SEEDS if params_of(seed).readout == readout and params_of(seed).context > 0]
        assert sum(0.0 in scores[seed][150:] for seed in seeds) >= 3
        assert sum(max(scores[seed][150:]) > 0.5 for seed in seeds) >= 3
    graded = {score for seed in SEEDS for score in scores[seed]}
    assert len(graded) > 300
