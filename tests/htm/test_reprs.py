"""Reprs say in one short line what an object is."""

from __future__ import annotations

import pytest

from zhtm_detector.htm.encoders import DateEncoder, Encoder, MultiEncoder, ScalarEncoder
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import CyclicParams, load_preset
from zhtm_detector.htm.sdr import SDR


def test_of_encoders() -> None:
    scalar = ScalarEncoder(3, 6, 0.0, 10.0)
    assert repr(scalar) == (
        "ScalarEncoder(active_bits=3, buckets=6, minimum=0.0, maximum=10.0, periodic=False: 3 of 8 bits)"
    )
    date = DateEncoder(time_of_day=CyclicParams(active_bits=3, radius=4.0))
    multi = MultiEncoder({"value": scalar, "timestamp": date})
    assert repr(multi) == f"MultiEncoder(value: ScalarEncoder, timestamp: DateEncoder: 6 of {8 + date.size} bits)"


def test_of_one_s_own_encoder() -> None:
    class Parity(Encoder):
        size, active_bits = 2, 1

        def __init__(self, first: int = 0) -> None:
            self._odd_first = first % 2

        def encode(self, value: int) -> SDR:
            return SDR.of([(value + self._odd_first) % 2], 2)

    assert repr(Parity()) == "Parity(1 of 2 bits)"


@pytest.mark.compiled
@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("classic", "HTMModel(region; minimum=0, maximum=10, probation=100, seed=42)"),
        ("zhtm", "HTMModel(2 columns; minimum=0, maximum=10, probation=100, seed=42)"),
        ("novelty", "HTMModel(region, value novelty, block novelty; minimum=0, maximum=10, probation=100, seed=42)"),
    ],
)
def test_of_models(preset: str, expected: str) -> None:
    model = HTMModel(load_preset(preset), 0.0, 10.0, 100)
    assert repr(model) == expected
    if model.region:
        assert repr(model.region).startswith("Region(MultiEncoder(value: ")
        assert repr(model.region).endswith("TemporalMemory(2048 x 32 cells, 0 segments, 0 synapses))")


def test_of_a_causal_model() -> None:
    model = HTMModel(load_preset("classic").model_copy(update={"causal": True}), 0.0, 10.0, 100)
    assert repr(model) == "HTMModel(region; causal, probation=100, seed=42)"
