"""Who calls whom: rows from a profile, and what the process without compilation sends."""

from __future__ import annotations

from cProfile import Profile

import numpy as np
import pytest

from zhtm_detector.bench.calls import _profiled, rows_of
from zhtm_detector.htm.params import TemporalMemoryParams
from zhtm_detector.htm.temporal_memory import TemporalMemory


def small() -> TemporalMemory:
    params = TemporalMemoryParams(
        cells_per_column=4, activation_threshold=1, matching_threshold=1, initial_permanence=0.6
    )
    return TemporalMemory(8, params, np.random.default_rng(1))


def test_rows_of_a_profile() -> None:
    memory = small()
    memory.add_segment(4, {0: 0.5, 1: 0.7})
    memory.synapses_into(4)  # imports and caches
    profile = Profile(builtins=False)
    for _ in range(30):
        profile.runcall(memory.synapses_into, 4)
    rows = rows_of(profile.getstats())
    calls = {(caller, function): count for caller, function, count, *_ in rows}
    top, of = "cells:CellViews.synapses_into", "cells:CellViews.segments_of"
    assert calls["", top] == calls[top, of] == calls[of, "cells:CellViews._cell"] == 30
    assert calls["cells:CellViews._cell", "checks:whole"] == 30
    assert (top, "numpy") in calls  # `nonzero`; what it calls in numpy is within it
    assert not any(":" not in caller + function for caller, function in calls if caller)
    total = next(row[4] for row in rows if row[0] == "")
    assert sum(row[3] for row in rows) == pytest.approx(total, rel=0.01)  # own times are all the time
    assert all(0 <= own <= total + 1e-9 for *_, own, total in rows)


def test_a_memory_is_interpreted_in_a_process_of_its_own() -> None:
    memory = small()
    columns, offsets = np.array([0, 1, 2, 0, 1], dtype=np.uint32), np.array([0, 1, 3, 4, 5])
    memory.run(columns, offsets)
    rows = _profiled(memory, columns, offsets)
    calls = {(caller, function): count for caller, function, count, *_ in rows}
    assert rows[0][:3] == ("", "temporal_memory:TemporalMemory.compute", 4)
    kernel = "kernels.temporal_memory:"
    assert calls["temporal_memory:TemporalMemory.run", f"{kernel}run_box"] == 4
    assert calls[f"{kernel}run", f"{kernel}_activate_dendrites"] == 4
    assert calls[f"{kernel}_activate_cells", f"{kernel}_carry_out"] == 4
    assert [row[4] for row in rows] == sorted((row[4] for row in rows), reverse=True)
