"""Rules of the context memory, one per test, on 16 minicolumns with segments small enough to verify by hand."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from zhtm_detector.htm.context_memory import ContextMemory
from zhtm_detector.htm.params import ContextMemoryParams

M = 16


def make(seed: int = 1, **changes: Any) -> ContextMemory:
    """A memory whose segments sample the whole context."""
    params = {"context": 4, "new_synapses": 60, "match": 0.75} | changes
    return ContextMemory(M, ContextMemoryParams(**params), np.random.default_rng(seed))


def feed(memory: ContextMemory, *steps: int | tuple[int, ...], learn: bool = True) -> list[float]:
    """Return the mismatches of some steps of one or several active minicolumns."""
    rows = [(step,) if isinstance(step, int) else step for step in steps]
    return [memory.compute(np.array(row, dtype=np.uint16), learn) for row in rows]


def at(lag: int, minicolumn: int) -> int:
    return lag * M + minicolumn


def grown(memory: ContextMemory, before: tuple[int, ...], minicolumn: int) -> None:
    """Let a minicolumn grow a segment after these steps."""
    feed(memory, *before, learn=False)
    feed(memory, minicolumn)


# Context and readout


def test_a_segment_samples_the_last_steps() -> None:
    memory = make(context=3)
    grown(memory, (0, 1, 2, 3), 9)
    assert memory.segments_of(9) == [{at(0, 3): 1.0, at(1, 2): 1.0, at(2, 1): 1.0}]


def test_a_synapse_reaches_back_by_its_own_lag() -> None:
    """Of the four steps that the segment knows, only the one four steps ago comes again."""
    memory = make(match=0.25, readout="burst")
    grown(memory, (0, 1, 2, 3), 9)
    assert feed(memory, 0, 11, 12, 13, 9, learn=False)[-1] == 0.0
    assert feed(memory, 11, 0, 12, 13, 9, learn=False)[-1] == 1.0
    assert feed(memory, 0, 10, 11, 12, 13, 9, learn=False)[-1] == 1.0


@pytest.mark.parametrize(
    ("steps", "share"),
    [((0, 1, 2, 3), 1.0), ((0, 1, 7, 3), 0.75), ((7, 7, 7, 3), 0.25), ((3, 2, 1, 0), 0.0), ((1, 2, 3, 0), 0.0)],
)
def test_graded_readout_is_the_active_share(steps: tuple[int, ...], share: float) -> None:
    memory = make()
    grown(memory, (0, 1, 2, 3), 9)
    assert feed(memory, *steps, 9, learn=False)[-1] == 1.0 - share


def test_burst_readout_is_whether_it_matches() -> None:
    memory = make(readout="burst")
    grown(memory, (0, 1, 2, 3), 9)
    assert feed(memory, 0, 1, 7, 3, 9, learn=False)[-1] == 0.0  # 0.75 is enough
    assert feed(memory, 0, 7, 7, 3, 9, learn=False)[-1] == 1.0


def test_the_best_segment_predicts() -> None:
    memory = make()
    grown(memory, (0, 1, 2, 3), 9)
    grown(memory, (4, 5, 6, 7), 9)
    assert feed(memory, 0, 5, 6, 3, 9, learn=False)[-1] == 0.5
    assert feed(memory, 4, 1, 6, 7, 9, learn=False)[-1] == 0.25


def test_mismatch_is_a_mean_over_active_minicolumns() -> None:
    memory = make()
    grown(memory, (0, 1, 2, 3), 9)
    feed(memory, 0, 1, 2, 3, learn=False)
    mismatch, unseen = memory.run(np.array([8, 9, 10, 11], dtype=np.uint16), np.array([0, 4]), learn=False)
    assert mismatch.tolist() == [0.75]
    assert unseen.tolist() == [0.75]


def test_a_step_without_active_minicolumns_is_no_step() -> None:
    memory = make()
    grown(memory, (0, 1, 2, 3), 9)
    assert feed(memory, 0, 1, (), 2, 3, (), 9, learn=False)[2::3] == [0.0, 0.0]
    assert feed(memory, 0, 1, (), 2, 3, (), 9, learn=False)[-1] == 0.0


def test_without_context_a_minicolumn_is_predicted_once_it_was_active() -> None:
    memory = make(context=0)
    assert feed(memory, (1, 2), (2, 3), (1, 3), 4, 4) == [1.0, 0.5, 0.0, 1.0, 0.0]
    assert feed(memory, 5, 5, learn=False) == [1.0, 1.0]
    assert memory.segment_count == memory.synapse_count == 0


# Growth and eviction


def test_the_first_step_has_no_context_to_learn() -> None:
    memory = make()
    assert feed(memory, 9) == [1.0]
    assert memory.segment_count == 0


def test_a_segment_grows_only_if_none_matches() -> None:
    memory = make()
    grown(memory, (0, 1, 2, 3), 9)
    feed(memory, 0, 1, 7, 3, learn=False)
    feed(memory, 9)
    assert len(memory.segments_of(9)) == 1
    feed(memory, 0, 7, 7, 3, learn=False)
    feed(memory, 9)
    assert memory.segments_of(9) == [
        {at(0, 3): 1.0, at(1, 7): 1.0, at(2, 7): 1.0, at(3, 0): 1.0},
        {at(0, 3): 1.0, at(1, 2): 1.0, at(2, 1): 1.0, at(3, 0): 1.0},
    ]


def test_a_segment_has_at_most_new_synapses() -> None:
    memory = make(new_synapses=5)
    feed(memory, (0, 1, 2, 3), (4, 5, 6, 7), learn=False)
    feed(memory, 9)
    (segment,) = memory.segments_of(9)
    assert len(segment) == 5
    assert set(segment) < {*(at(1, m) for m in range(4)), *(at(0, m) for m in range(4, 8))}


def first_synapses(memory: ContextMemory, minicolumn: int) -> list[int]:
    """The minicolumn one step ago that each segment knows, in order."""
    return [min(segment) for segment in memory.segments_of(minicolumn)]


def pairs(memory: ContextMemory, *before: int) -> None:
    """Show minicolumn 9 after each of these, without anything else to learn from."""
    for minicolumn in before:
        grown(memory, (minicolumn,), 9)


def test_the_most_recently_matched_segment_comes_first() -> None:
    memory = make(context=1)
    pairs(memory, 0, 1, 2)
    assert first_synapses(memory, 9) == [2, 1, 0]
    pairs(memory, 1)
    assert first_synapses(memory, 9) == [1, 2, 0]
    feed(memory, 0, 9, learn=False)
    assert first_synapses(memory, 9) == [1, 2, 0]


def test_of_equally_good_segments_the_most_recent_one_stays_first() -> None:
    memory = make(match=0.5, context=2)
    feed(memory, 1, 2, learn=False)
    feed(memory, 9)
    feed(memory, 3, 4, learn=False)
    feed(memory, 9)
    before = memory.segments_of(9)
    feed(memory, 1, 4, learn=False)  # half of each
    feed(memory, 9)
    assert memory.segments_of(9) == before


def test_a_minicolumn_at_its_limit_gives_up_its_last_segment() -> None:
    memory = make(context=1, segments_per_minicolumn=2)
    pairs(memory, 0, 1, 0, 2)
    assert first_synapses(memory, 9) == [2, 0]
    assert memory.segment_count == 2


def test_the_clock_takes_the_first_segment_that_has_not_matched() -> None:
    memory = make(context=1, segments=3)
    pairs(memory, 0, 1, 2)
    grown(memory, (3,), 10)  # all were new: the hand clears all marks and takes the first one
    assert first_synapses(memory, 9) == [2, 1]
    pairs(memory, 1)
    grown(memory, (4,), 10)  # 1 has matched since
    assert first_synapses(memory, 9) == [1]
    assert first_synapses(memory, 10) == [4, 3]
    grown(memory, (5,), 10)  # 3 came after the hand had passed: it is spared; so is 4; 1 no longer
    assert first_synapses(memory, 9) == []
    assert first_synapses(memory, 10) == [5, 4, 3]
    assert memory.segment_count == 3


def test_a_minicolumn_that_lost_all_segments_is_unseen_again() -> None:
    memory = make(context=1, segments=1)
    grown(memory, (0,), 9)
    one = np.array([9], dtype=np.uint16)
    assert memory.run(one, np.array([0, 1]), learn=False)[1].tolist() == [0.0]
    grown(memory, (1,), 10)
    assert memory.run(one, np.array([0, 1]), learn=False)[1].tolist() == [1.0]


# Permanences


def test_what_matches_is_strengthened_and_the_rest_weakened() -> None:
    memory = make(permanence_increment=51 / 255, permanence_decrement=25.5 / 255, initial_permanence=0.8)
    grown(memory, (0, 1, 2, 3), 9)
    feed(memory, 0, 1, 7, 3, learn=False)
    feed(memory, 9)
    (segment,) = memory.segments_of(9)
    weaker = 204 - round(25.5)
    assert {index: round(255 * permanence) for index, permanence in segment.items()} == {
        at(0, 3): 255,
        at(1, 2): weaker,
        at(2, 1): 255,
        at(3, 0): 255,
    }
    feed(memory, 0, 1, 2, 3, learn=False)
    feed(memory, 9)
    assert round(255 * memory.segments_of(9)[0][at(1, 2)]) == min(weaker + 51, 255)


def test_a_synapse_that_disconnects_no_longer_counts() -> None:
    memory = make(permanence_decrement=0.6)
    grown(memory, (0, 1, 2, 3), 9)
    assert feed(memory, 0, 1, 7, 3, 9, learn=False)[-1] == 0.25
    feed(memory, 0, 1, 7, 3, learn=False)
    feed(memory, 9)
    (segment,) = memory.segments_of(9)
    assert segment[at(1, 2)] == pytest.approx(0.4, abs=0.01)
    assert feed(memory, 0, 1, 7, 3, 9, learn=False)[-1] == 0.0  # three of three
    assert feed(memory, 0, 7, 2, 3, 9, learn=False)[-1] == pytest.approx(1 / 3)


def test_a_synapse_at_permanence_0_is_removed() -> None:
    memory = make(permanence_decrement=1.0)
    grown(memory, (0, 1, 2, 3), 9)
    feed(memory, 0, 1, 7, 3, learn=False)
    feed(memory, 9)
    assert memory.segments_of(9) == [{at(0, 3): 1.0, at(2, 1): 1.0, at(3, 0): 1.0}]
    assert memory.synapse_count == 3


def test_a_synapse_can_connect_again() -> None:
    memory = make(permanence_increment=0.3, permanence_decrement=0.6, match=0.3)
    grown(memory, (0, 1, 2, 3), 9)
    for third in (7, 2):
        feed(memory, 0, 1, third, 3, learn=False)
        feed(memory, 9)
    assert memory.segments_of(9)[0][at(1, 2)] == pytest.approx(0.7, abs=0.01)
    assert feed(memory, 0, 1, 7, 3, 9, learn=False)[-1] == 0.25


# Learning off, determinism, growth of arrays


def test_without_learning_only_the_context_moves() -> None:
    memory, other = make(permanence_increment=0.1, permanence_decrement=0.6, initial_permanence=0.8), make()
    for some in (memory, other):
        grown(some, (0, 1, 2, 3), 9)
    before = memory.segments_of(9)
    feed(memory, 0, 1, 7, 3, 9, 5, learn=False)
    assert memory.segments_of(9) == before
    assert memory.segment_count == 1
    feed(memory, 10)
    (segment,) = memory.segments_of(10)
    assert list(segment) == [at(0, 5), at(1, 9), at(2, 3), at(3, 7)]


def noise(seed: int, steps: int = 200) -> list[tuple[int, ...]]:
    rng = np.random.default_rng(seed)
    return [tuple(sorted(rng.choice(M, rng.integers(1, 5), replace=False).tolist())) for _ in range(steps)]


def test_the_seed_decides() -> None:
    memories = [make(seed, new_synapses=3) for seed in (1, 1, 2)]
    scores = [feed(memory, *noise(7)) for memory in memories]
    assert scores[0] == scores[1] != scores[2]
    assert memories[0].segments_of(3) == memories[1].segments_of(3) != memories[2].segments_of(3)


def test_growing_arrays_changes_nothing() -> None:
    memory, other = make(new_synapses=3), make(new_synapses=3)
    feed(memory, *noise(7))
    feed(other, *noise(7))
    size, before = memory.nbytes, [memory.segments_of(minicolumn) for minicolumn in range(M)]
    memory.grow()
    assert memory.nbytes > size
    assert [memory.segments_of(minicolumn) for minicolumn in range(M)] == before
    assert feed(memory, *noise(8)) == feed(other, *noise(8))


def test_arrays_grow_to_the_limit() -> None:
    memory = make(segments=1500)
    for _ in range(3):
        memory.grow()
        assert memory.nbytes < 1500 * 200
    feed(memory, *noise(7, 1500))
    assert memory.segment_count <= 1500


def test_a_copy_goes_on_alone() -> None:
    memory = make(new_synapses=3)
    feed(memory, *noise(7))
    copy = pickle.loads(pickle.dumps(memory))
    assert feed(copy, *noise(8)) == feed(memory, *noise(8))


# Bad input

BAD_STEPS: dict[str, tuple[Any, Any, str]] = {
    "float": (np.array([1.0, 2.0]), [0, 2], "active: expected a 1-d array of integers, got 1-d float64"),
    "negative": (np.array([-1, 2]), [0, 2], "active: expected indices below 16, got .*"),
    "too large": (np.array([1, 16]), [0, 2], "active: expected indices below 16, got .*"),
    "too large for 16 bits": (np.array([1, 2**16 + 2]), [0, 2], "active: expected indices below 16, got .*"),
    "unsorted": (
        np.array([2, 1]),
        [0, 2],
        "active, record 0: expected at most 4 sorted unique indices below 16, got .*",
    ),
    "duplicate": (np.array([1, 2, 2]), [0, 1, 3], "active, record 1: expected at most 4 sorted unique .*"),
    "offsets not ascending": (
        np.array([1, 2]),
        [0, 2, 1, 2],
        "offsets: expected ascending numbers from 0 to 2, got .*",
    ),
    "offsets not from 0": (np.array([1, 2]), [1, 2], "offsets: expected ascending numbers from 0 to 2, got .*"),
    "offsets not to the end": (np.array([1, 2]), [0, 1], "offsets: expected ascending numbers from 0 to 2, got .*"),
    "too many": (np.arange(5), [0, 5], "active, record 0: expected at most 4 sorted unique indices below 16, got .*"),
}


@pytest.mark.parametrize("name", BAD_STEPS)
def test_bad_steps_are_refused(name: str) -> None:
    memory, other = (
        ContextMemory(M, ContextMemoryParams(context=3), np.random.default_rng(1), most_active=4) for _ in range(2)
    )
    for some in (memory, other):
        feed(some, *noise(7, 50))
    active, offsets, message = BAD_STEPS[name]
    with pytest.raises(ValueError, match=f"^{message}$"):
        memory.run(active, np.array(offsets))
    if len(offsets) == 2 and offsets == [0, len(active)]:
        with pytest.raises(ValueError, match=f"^{message}$"):
            memory.compute(active)
    assert feed(memory, *noise(8, 50)) == feed(other, *noise(8, 50))
    assert [memory.segments_of(m) for m in range(M)] == [other.segments_of(m) for m in range(M)]


def test_steps_may_repeat_minicolumns_of_the_one_before() -> None:
    memory = make()
    active, offsets = np.array([3, 4, 3, 4, 1], dtype=np.uint16), np.array([0, 2, 2, 4, 5])
    assert memory.run(active, offsets)[0].tolist() == [1.0, 0.0, 1.0, 1.0]


@pytest.mark.parametrize("arguments", [(0, 1, None), (8, 0, None), (8, 1, 0), (8, 1, 9)])
def test_impossible_sizes_are_refused(arguments: tuple[int, int, int | None]) -> None:
    minicolumns, columns, most_active = arguments
    with pytest.raises(ValueError, match=r"^(minicolumns|columns|most_active): expected a whole number from 1 to "):
        ContextMemory(minicolumns, ContextMemoryParams(), np.random.default_rng(1), columns, most_active)


def test_presynaptic_indices_have_16_bits() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match=r"^minicolumns: expected a whole number from 1 to 16384, got 16385$"):
        ContextMemory(16385, ContextMemoryParams(context=4), rng)
    memory = ContextMemory(16384, ContextMemoryParams(context=4), rng)
    assert feed(memory, 16383, 16382, 16383, 16382, 16383, 16382, 16383)[-1] == 0.0


def test_a_memory_of_many_columns_runs_in_a_group_only() -> None:
    memory = ContextMemory(8, ContextMemoryParams(), np.random.default_rng(1), columns=2)
    with pytest.raises(ValueError, match=r"^columns: expected a memory of one column, got one of 2$"):
        feed(memory, 1)


def test_without_context_no_array_grows() -> None:
    memory = make(context=0)
    size = memory.nbytes
    feed(memory, *noise(7, 50))
    memory.run(np.arange(M), np.array([0, M]))
    assert memory.version == 0
    assert memory.nbytes == size
