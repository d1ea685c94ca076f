"""The copy that tests/benchmarks/test_counts.py counts with equals the temporal memory, also after evictions."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.mirror import Mirror

from zhtm_detector.htm.params import TemporalMemoryParams
from zhtm_detector.htm.temporal_memory import TemporalMemory


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("segments", "per_cell"), [(2**16, 128), (24, 128), (2**16, 1)])
def test_it_follows_every_change(seed: int, segments: int, per_cell: int) -> None:
    params = TemporalMemoryParams(
        cells_per_column=4,
        activation_threshold=3,
        matching_threshold=2,
        initial_permanence=0.21,
        permanence_increment=0.2,
        permanence_decrement=0.15,
        predicted_decrement=0.1,
        new_synapses=5,
        synapses_per_segment=6,
        segments_per_cell=per_cell,
        segments=segments,
    )
    rng = np.random.default_rng(seed)
    memory = TemporalMemory(16, params, rng)
    mirror = Mirror(memory)
    codes = [np.sort(rng.choice(16, 4, replace=False)).astype(np.uint32) for _ in range(6)]
    for _ in range(200):
        predicted = set((memory.predictive_cells // 4).tolist())
        code = codes[int(rng.integers(6))]
        before = memory.synapse_count
        raw = memory.compute(code)
        work = mirror.follow()
        truth = {segment: memory.synapses_of(segment) for cell in range(64) for segment in memory.segments_of(cell)}
        assert mirror.synapses == truth
        assert work.active_columns == 4
        assert work.bursting_columns == len(set(code.tolist()) - predicted) == round(4 * raw)
        active = set(memory.active_cells.tolist())
        overlaps = {segment: len(active & set(synapses)) for segment, synapses in truth.items()}
        assert work.synapse_visits == sum(overlaps.values())
        assert work.touched_segments == sum(count > 0 for count in overlaps.values())
        assert work.matching_segments == sum(count >= 2 for count in overlaps.values())
        assert work.active_segments == len(memory.active_segments)
        assert memory.synapse_count - before <= work.grown_synapses
