"""Sequence learning: repeated and broken sequences, and context."""

from __future__ import annotations

import numpy as np
import pytest

from zhtm_detector.htm.params import TemporalMemoryParams
from zhtm_detector.htm.temporal_memory import TemporalMemory

COLUMNS = 512
ACTIVE = 20


@pytest.fixture
def memory() -> TemporalMemory:
    params = TemporalMemoryParams(
        cells_per_column=8,
        activation_threshold=13,
        matching_threshold=10,
        initial_permanence=0.3,
        permanence_increment=0.1,
        permanence_decrement=0.05,
        predicted_decrement=0.02,
        new_synapses=20,
    )
    return TemporalMemory(COLUMNS, params, np.random.default_rng(1))


@pytest.fixture
def codes() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(2)
    return {letter: np.sort(rng.choice(COLUMNS, ACTIVE, replace=False)).astype(np.uint32) for letter in "ABCDEFXY"}


def present(memory: TemporalMemory, codes: dict[str, np.ndarray], letters: str, learn: bool = True) -> list[float]:
    memory.reset()
    return [memory.compute(codes[letter], learn) for letter in letters]


def test_a_repeated_sequence_is_learned(memory: TemporalMemory, codes: dict[str, np.ndarray]) -> None:
    assert present(memory, codes, "ABCDEF") == [1.0] * 6
    for _ in range(10):
        last = present(memory, codes, "ABCDEF")
    assert last == [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def test_a_broken_sequence_is_anomalous(memory: TemporalMemory, codes: dict[str, np.ndarray]) -> None:
    for _ in range(10):
        present(memory, codes, "ABCDEF")
    broken = present(memory, codes, "ABCXEF", learn=False)
    assert broken[:3] == [1.0, 0.0, 0.0]
    assert broken[3] == 1.0


def test_context_distinguishes_the_same_input(memory: TemporalMemory, codes: dict[str, np.ndarray]) -> None:
    for _ in range(30):
        present(memory, codes, "ABCD")
        present(memory, codes, "XBCY")
    cells = {}
    for sequence in ("ABCD", "XBCY"):
        present(memory, codes, sequence[:3], learn=False)
        cells[sequence] = set(memory.active_cells.tolist())
        predicted = {int(cell) // 8 for cell in memory.predictive_cells}
        assert predicted == set(codes[sequence[3]].tolist())
    assert not cells["ABCD"] & cells["XBCY"]  # the same columns, other cells
    assert present(memory, codes, "ABCD", learn=False)[3] == 0.0
    assert present(memory, codes, "ABCY", learn=False)[3] > 0.8
