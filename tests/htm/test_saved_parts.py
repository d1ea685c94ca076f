"""Parts that are saved by themselves go on bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zhtm_detector.common.container import read_container, write_container
from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.anomaly import AnomalyLikelihood
from zhtm_detector.htm.context_memory import ContextMemory
from zhtm_detector.htm.encoders import (
    DateEncoder,
    Encoder,
    MultiEncoder,
    RandomDistributedScalarEncoder,
    ScalarEncoder,
)
from zhtm_detector.htm.params import ContextMemoryParams, CyclicParams, SpatialPoolerParams, TemporalMemoryParams
from zhtm_detector.htm.saved import Saved
from zhtm_detector.htm.sdr import SDR
from zhtm_detector.htm.spatial_pooler import SpatialPooler
from zhtm_detector.htm.temporal_memory import TemporalMemory

Step = Callable[[Any, np.random.Generator], Any]
LIMITED = TemporalMemoryParams(
    cells_per_column=3,
    activation_threshold=2,
    matching_threshold=1,
    initial_permanence=0.4,
    permanence_increment=0.2,
    permanence_decrement=0.1,
    predicted_decrement=0.4,
    new_synapses=4,
    synapses_per_segment=6,
    segments_per_cell=2,
    segments=40,
)
LOCAL = SpatialPoolerParams(
    column_dimensions=(6, 5),
    input_dimensions=(8, 5),
    potential_radius=2,
    global_inhibition=False,
    active_columns=5,
    boost_strength=3.0,
    update_period=7,
    duty_cycle_period=20,
)
CONTEXT = ContextMemoryParams(
    context=2,
    new_synapses=4,
    segments_per_minicolumn=2,
    segments=15,
    permanence_increment=0.1,
    permanence_decrement=0.1,
)


def some(rng: np.random.Generator, count: int, below: int, dtype: type) -> np.ndarray:
    return np.sort(rng.choice(below, count, replace=False)).astype(dtype)


def pooled(part: Any, rng: np.random.Generator) -> Any:
    return part.compute(some(rng, 6, 40, np.uint32)).tolist()


def predicted(part: Any, rng: np.random.Generator) -> Any:
    start = rng.integers(0, 5)
    return part.compute(np.arange(start, start + 4, dtype=np.uint32)), part.active_segments.tolist()


def remembered(part: Any, rng: np.random.Generator) -> Any:
    return part.compute(some(rng, 3, 12, np.uint16))


def judged(part: Any, rng: np.random.Generator) -> Any:
    return part.update(float(rng.normal()), float(rng.random()))


PARTS: dict[str, tuple[Callable[[np.random.Generator], Saved], Step]] = {
    "pooler": (
        lambda rng: SpatialPooler(40, SpatialPoolerParams(column_dimensions=(30,), active_columns=4), rng),
        pooled,
    ),
    "local pooler": (lambda rng: SpatialPooler(40, LOCAL, rng), pooled),
    "temporal memory": (lambda rng: TemporalMemory(12, LIMITED, rng), predicted),
    "context memory": (lambda rng: ContextMemory(12, CONTEXT, rng), remembered),
    "no context": (lambda rng: ContextMemory(12, ContextMemoryParams(context=0), rng, most_active=5), remembered),
    "likelihood": (lambda rng: AnomalyLikelihood(10, 10, 5, 30, 7), judged),
}


@pytest.mark.parametrize("name", PARTS)
def test_it_goes_on_bit_for_bit(name: str, tmp_path: Path) -> None:
    build, step = PARTS[name]
    part, rng = build(np.random.default_rng(1)), np.random.default_rng(2)
    for records in (0, 1, 15, 60, 200):
        for _ in range(records):
            step(part, rng)
        part.save(tmp_path / "part.npz")
        loaded = type(part).load(tmp_path / "part.npz")
        loaded.save(tmp_path / "again.npz")
        assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "part.npz").read_bytes()
        one, other = np.random.default_rng(records), np.random.default_rng(records)
        for _ in range(40):
            assert step(loaded, one) == step(part, other)
        part.save(tmp_path / "part.npz")
        loaded.save(tmp_path / "again.npz")
        assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "part.npz").read_bytes()


def test_limits_are_reached_here() -> None:
    """So that the test above knows of evictions, freed numbers and the hand."""
    rng = np.random.default_rng(2)
    context, memory = (PARTS[name][0](np.random.default_rng(1)) for name in ("context memory", "temporal memory"))
    freed = False
    for _ in range(300):
        remembered(context, rng)
        predicted(memory, rng)
        freed |= memory.state_arrays()["free"].size > 0
    assert context.state_arrays()["hand"][0] > 0
    assert freed


def test_a_memory_after_a_reset_and_after_a_segment_by_hand(tmp_path: Path) -> None:
    memory, rng = TemporalMemory(12, LIMITED, np.random.default_rng(1)), np.random.default_rng(3)
    for number in range(60):
        predicted(memory, rng)
        if number % 7 == 0:
            memory.add_segment(number % 36, {(number + other) % 36: 0.6 for other in range(5)})
        if number % 11 == 0:
            memory.reset()
        memory.save(tmp_path / "memory.npz")
        loaded = TemporalMemory.load(tmp_path / "memory.npz")
        for segment in range(len(memory.state_arrays()["owner"])):
            if memory.state_arrays()["owner"][segment] >= 0:
                assert loaded.synapses_of(segment) == memory.synapses_of(segment)
        assert loaded.predictive_cells.tolist() == memory.predictive_cells.tolist()
        one, other = np.random.default_rng(number), np.random.default_rng(number)
        assert [predicted(loaded, one) for _ in range(5)] == [predicted(memory, other) for _ in range(5)]


@pytest.mark.compiled
def test_a_memory_that_has_grown_grows_on(tmp_path: Path) -> None:
    params = TemporalMemoryParams(cells_per_column=4, activation_threshold=8, matching_threshold=7, new_synapses=8)
    memory, rng = TemporalMemory(512, params, np.random.default_rng(1)), np.random.default_rng(2)

    def step(part: TemporalMemory, rng: np.random.Generator) -> float:
        return part.compute(some(rng, 60, 512, np.uint32))

    for _ in range(120):
        step(memory, rng)
    assert memory.segment_count > 4096
    memory.save(tmp_path / "memory.npz")
    loaded = TemporalMemory.load(tmp_path / "memory.npz")
    one, other = np.random.default_rng(5), np.random.default_rng(5)
    assert [step(loaded, one) for _ in range(100)] == [step(memory, other) for _ in range(100)]
    assert loaded.segment_count == memory.segment_count


ENCODERS = [
    (ScalarEncoder(5, 20, -1.0, 3.0, periodic=True), 2.5),
    (RandomDistributedScalarEncoder(60, 9, resolution=0.25, offset=0.1, seed=5), 2.5),
    (DateEncoder(time_of_day=CyclicParams(active_bits=5, radius=3.0), weekend_bits=3), "2026-01-03"),
]
MULTI = MultiEncoder({"b": ENCODERS[0][0], "a": MultiEncoder({"date": ENCODERS[2][0]})})


@pytest.mark.parametrize(("encoder", "value"), [*ENCODERS, (MULTI, {"b": 1.0, "a": {"date": "2026-01-03"}})])
def test_encoders(encoder: Encoder, value: object, tmp_path: Path) -> None:
    encoder.save(tmp_path / "encoder.npz")
    loaded = type(encoder).load(tmp_path / "encoder.npz")
    assert loaded.size == encoder.size
    assert loaded.encode(value).indices.tolist() == encoder.encode(value).indices.tolist()
    assert loaded.settings() == encoder.settings()


def test_an_encoder_of_ones_own_is_its_own_kind(tmp_path: Path) -> None:
    class Parity(Encoder):
        size, active_bits = 2, 1

        def encode(self, value: int) -> SDR:
            return SDR.of([value % 2], 2)

    Parity().save(tmp_path / "encoder.npz")
    assert Parity.load(tmp_path / "encoder.npz").encode(3).indices.tolist() == [1]
    with pytest.raises(InputError, match="kind: expected ScalarEncoder, got 'Parity'"):
        ScalarEncoder.load(tmp_path / "encoder.npz")
    MultiEncoder({"x": Parity()}).save(tmp_path / "encoder.npz")
    with pytest.raises(InputError, match="expected name, class and settings of encoders"):
        MultiEncoder.load(tmp_path / "encoder.npz")


@pytest.mark.parametrize(
    "parts", [None, [], [1], [["a", "ScalarEncoder"]], [["a", ["x"], {}]], [["", "DateEncoder", {}]]]
)
def test_parts_that_are_none(parts: object, tmp_path: Path) -> None:
    write_container(tmp_path / "x.npz", "MultiEncoder", {"parts": parts}, {})
    with pytest.raises(InputError):
        MultiEncoder.load(tmp_path / "x.npz")


def test_a_context_that_no_step_can_have_left(tmp_path: Path) -> None:
    """Its indices are all of the last step: moved on, they would outgrow their row."""
    memory = ContextMemory(12, CONTEXT, np.random.default_rng(1), most_active=3)
    for number in range(9):
        memory.compute(np.array([number % 3, 5, 7], dtype=np.uint16))
    memory.save(tmp_path / "memory.npz")
    settings, arrays = read_container(tmp_path / "memory.npz", "ContextMemory")
    arrays["context"][:] = np.arange(len(arrays["context"]))
    write_container(tmp_path / "memory.npz", "ContextMemory", settings, arrays)
    with pytest.raises(InputError, match="context: expected at most 3 indices of a step, got others"):
        ContextMemory.load(tmp_path / "memory.npz")


def test_other_generators(tmp_path: Path) -> None:
    memory = ContextMemory(12, CONTEXT, np.random.Generator(np.random.MT19937(1)))
    with pytest.raises(
        ValueError, match=r"^rng: expected a generator of numpy.random.default_rng to save, got one of MT19"
    ):
        memory.save(tmp_path / "memory.npz")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", [None, "", "0" * 95, "g" * 96, "0" * 96, "f" * 96])
def test_a_generator_that_is_none(text: object, tmp_path: Path) -> None:
    pooler = SpatialPooler(40, LOCAL, np.random.default_rng(1))
    write_container(tmp_path / "x.npz", "SpatialPooler", pooler.settings() | {"rng": text}, pooler.state_arrays())
    with pytest.raises(InputError, match="rng: expected"):
        SpatialPooler.load(tmp_path / "x.npz")
