"""Models whose preset has a value encoder of each kind: the same scores by every path."""

from __future__ import annotations

import pickle
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numba.core import config

from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.encoder_params import VALUE_ENCODERS
from zhtm_detector.htm.encoders import (
    AdaptiveScalarEncoder,
    DeltaEncoder,
    Encoder,
    LogEncoder,
    RandomDistributedScalarEncoder,
    ScalarEncoder,
)
from zhtm_detector.htm.model import HTMModel, Step
from zhtm_detector.htm.params import load_preset, parse_params
from zhtm_detector.tuning.parameters.space import choose_space

FEW = 40 if config.DISABLE_JIT else 400  # type: ignore[attr-defined]  # kernels as plain Python take their time
TIMES = pd.date_range("2026-01-01", periods=FEW, freq="30min")
VALUES = 50 + 20 * np.sin(np.arange(FEW) / 24 * np.pi) + np.random.default_rng(3).normal(0, 1, FEW)
VALUES[-8] = 300.0
CLASSES = {
    "random_distributed": RandomDistributedScalarEncoder,
    "scalar": ScalarEncoder,
    "log": LogEncoder,
    "delta": DeltaEncoder,
    "adaptive": AdaptiveScalarEncoder,
}
NEW = ("log", "delta", "adaptive")


def make(kind: str, causal: bool = False, low: float = 0.0, high: float = 100.0, **more: Any) -> HTMModel:
    content = load_preset("classic").model_dump(mode="json")
    content["spatial_pooler"] |= {"column_dimensions": (256,), "active_columns": 8}
    content["temporal_memory"] |= {"cells_per_column": 4, "activation_threshold": 4, "matching_threshold": 3}
    content |= {"value_encoder": {"kind": kind, **more}, "causal": causal}
    return HTMModel(parse_params(content, "preset"), low, high, probation=20)


def steps(model: HTMModel, first: int, last: int) -> list[Step]:
    return [model.step(TIMES[i], float(VALUES[i])) for i in range(first, last)]


def runs(model: HTMModel, first: int, last: int) -> list[Step]:
    got = model.run(TIMES[first:last], VALUES[first:last])
    return [Step(*each) for each in zip(*(getattr(got, name).tolist() for name in Step._fields), strict=True)]


def encoder_of(model: HTMModel) -> Encoder:
    assert model.region is not None
    return model.region.encoder.parts["value"]


@pytest.mark.parametrize("kind", VALUE_ENCODERS)
def test_each_kind_has_its_encoder(kind: str) -> None:
    model = make(kind)
    assert type(encoder_of(model)) is CLASSES[kind]
    assert encoder_of(model).size <= model.params.value_encoder.largest_size


@pytest.mark.parametrize("causal", [False, True], ids=["given", "causal"])
@pytest.mark.parametrize("kind", NEW)
def test_the_same_by_every_path(kind: str, causal: bool, tmp_path: Path) -> None:
    expected = runs(make(kind, causal), 0, FEW)
    third, half = FEW // 3, FEW // 2
    model = make(kind, causal)
    got = steps(model, 0, third) + runs(model, third, half)
    model.save(tmp_path / "model.npz")
    for other in (HTMModel.load(tmp_path / "model.npz"), pickle.loads(pickle.dumps(model)), model):
        assert got + steps(other, half, half + 10) + runs(other, half + 10, FEW) == expected
    assert len({step.raw for step in expected}) > 1


@pytest.mark.parametrize("causal", [False, True], ids=["given", "causal"])
@pytest.mark.parametrize("kind", NEW)
def test_a_look_is_what_the_next_step_returns(kind: str, causal: bool) -> None:
    model, alone = make(kind, causal), make(kind, causal)
    for i in range(40):
        model.score(TIMES[i], 1e9)
        looked = model.score(TIMES[i], float(VALUES[i]))
        assert model.step(TIMES[i], float(VALUES[i])) == looked == alone.step(TIMES[i], float(VALUES[i]))


@pytest.mark.parametrize("kind", NEW)
def test_learning_off_does_not_hold_the_encoder_back(kind: str) -> None:
    """The last value and the range are those of the stream, as all statistics."""
    one, other = make(kind), make(kind)
    runs(one, 0, 10)
    other.run(TIMES[:10], VALUES[:10], learn=False)
    assert encoder_of(one).look(77.0) == encoder_of(other).look(77.0)


@pytest.mark.compiled
@pytest.mark.parametrize("kind", VALUE_ENCODERS)
def test_what_was_expected_is_near_the_value_of_a_steady_stream(kind: str) -> None:
    """Of a repeated cycle the band is around the next value; of a spike it is where the cycle would be."""
    values = np.tile([10.0, 20.0, 40.0, 80.0, 60.0, 30.0], 60)
    times = pd.date_range("2026-01-01", periods=len(values), freq="4h")  # each value at its time of day
    model = make(kind, high=100.0)
    model.run(times, values)
    assert model.step(times[-1] + timedelta(hours=4), 10.0).raw == 0.0
    view = model.explain().views[0]
    assert view.expected is not None
    assert view.expected[0] <= 10.0 <= view.expected[1]
    assert view.expected[1] - view.expected[0] < 30.0


@pytest.mark.parametrize("kind", NEW)
@pytest.mark.parametrize(("low", "high"), [(0.0, 0.0), (-5.0, -5.0), (-1e150, 1e150), (5e-324, 1e-323), (-3.0, 0.0)])
def test_any_range(kind: str, low: float, high: float) -> None:
    model = make(kind, low=low, high=high)
    for i, value in enumerate([low, high, 1e150, -1e150, 0.0, 5e-324]):
        assert 0.0 <= model.step(TIMES[i], value).raw <= 1.0


def test_log_has_fine_buckets_where_values_are_small() -> None:
    model = make("log", high=10_000.0, linear=0.0001)
    encoder: Any = encoder_of(model)
    assert encoder.scale == 1.0
    assert encoder.bucket(2.0) - encoder.bucket(1.0) > 4
    assert encoder.bucket(9000.0) - encoder.bucket(8999.0) <= 1


def test_delta_does_not_see_the_level() -> None:
    one, other = make("delta"), make("delta")
    low, high = (model.run(TIMES, VALUES + level).raw for model, level in ((one, 0.0), (other, 1024.0)))
    assert np.array_equal(low, high)


def test_adaptive_needs_no_range() -> None:
    one, other = make("adaptive"), make("adaptive", high=1e9)
    assert np.array_equal(one.run(TIMES, VALUES).raw, other.run(TIMES, VALUES).raw)


@pytest.mark.parametrize(
    ("encoder", "message"),
    [
        ({"kind": "log", "linear": 0}, "preset: value_encoder.linear: expected greater than 0, got 0"),
        (
            {"kind": "log", "size": 100},
            "preset: value_encoder.size: expected from 127 (6 * active_bits + 1) to 1048576, got 100",
        ),
        ({"kind": "delta", "linear": 0.5}, "preset: value_encoder.linear: unknown parameter; expected one of "),
        (
            {"kind": "adaptive", "buckets": 1},
            "preset: value_encoder.buckets: expected greater than or equal to 2",
        ),
        ({"kind": "adaptive", "buckets": 2**20}, "preset: value_encoder.buckets: expected at most 1048536 (with "),
    ],
)
def test_errors_are_one_line(encoder: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        make(**encoder)
    assert str(caught.value).startswith(message)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("kind", VALUE_ENCODERS)
def test_declared_ranges_contain_the_defaults(kind: str) -> None:
    names = [name for name in choose_space(make(kind).params) if name.startswith("value_encoder.")]
    assert ("value_encoder.buckets" in names) == (kind != "scalar")
    assert ("value_encoder.linear" in names) == (kind == "log")
    assert ("value_encoder.padding" in names) == (kind == "adaptive")
