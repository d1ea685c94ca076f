"""Parameters: the presets, invalid parameters and their messages; valid parameters run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from zhtm_detector.common.config import config_path
from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.encoders import DateEncoder, RandomDistributedScalarEncoder, ScalarEncoder
from zhtm_detector.htm.encoders.encoder import MAX_SIZE
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import (
    DEFAULT_PRESET,
    MAX_BITS,
    AnomalyParams,
    BlockNoveltyParams,
    CyclicParams,
    DateParams,
    GateParams,
    ModelParams,
    RandomDistributedScalarParams,
    ScalarParams,
    SpatialPoolerParams,
    TemporalMemoryParams,
    ValueNoveltyParams,
    load_preset,
    parse_params,
    preset_names,
)


def refused(data: Any) -> str:
    with pytest.raises(InputError) as error:
        parse_params(data, "preset x")
    message = str(error.value)
    assert message.startswith("preset x: ")
    assert "\n" not in message
    return message.removeprefix("preset x: ")


# Presets


def test_the_presets_are_these() -> None:
    assert preset_names() == ["classic", "numenta", "seed", "zhtm"]
    assert DEFAULT_PRESET == "zhtm"


@pytest.mark.parametrize("name", preset_names())
def test_presets_survive_a_round_trip(name: str, tmp_path: Path) -> None:
    params = load_preset(name)
    copy = tmp_path / "copy.json"
    copy.write_text(params.model_dump_json())
    assert load_preset(str(copy)) == params
    assert params.description


@pytest.mark.parametrize("name", preset_names())
def test_presets_spell_out_what_decides_scores(name: str) -> None:
    # So that a changed default does not change a preset unnoticed.
    content = json.loads((config_path() / "presets" / f"{name}.json").read_text(encoding="utf-8"))
    params = load_preset(name)
    assert set(content["temporal_memory"]) == set(TemporalMemoryParams.model_fields)
    assert set(content["value_encoder"]) == set(type(params.value_encoder).model_fields)
    for part, fields in (("value_novelty", ValueNoveltyParams), ("block_novelty", BlockNoveltyParams)):
        assert set(content.get(part, ())) == (set(fields.model_fields) if getattr(params, part) else set())
    left_out = set(AnomalyParams.model_fields) - set(content["anomaly"])
    if not params.anomaly.likelihood:
        left_out -= {"averaging_window", "history", "reestimation_period"}
    idle = {"prediction_weight": 1.0, "gate": None, "refractory": None}
    assert {field: getattr(params.anomaly, field) for field in left_out} == {field: idle[field] for field in left_out}
    if params.anomaly.gate is not None:
        assert set(content["anomaly"]["gate"]) == set(GateParams.model_fields)
    assert not params.causal


@pytest.mark.parametrize("name", ["classic", "numenta", "seed"])
def test_the_presets_of_one_column(name: str) -> None:
    params = load_preset(name)
    assert params.value_novelty is params.block_novelty is params.anomaly.gate is params.anomaly.refractory is None
    assert params.anomaly.prediction_weight == 1.0


def test_the_zhtm_preset() -> None:
    """The defaults of its parts are its own; every parameter of its vote as measured."""
    params = load_preset("zhtm")
    assert params.value_novelty == ValueNoveltyParams(scale=0.05, weight=0.8, capacity=65536)
    assert params.block_novelty == BlockNoveltyParams()
    anomaly = params.anomaly
    assert anomaly.gate == GateParams(weight=0.5, window=0.2)
    assert (anomaly.prediction_weight, anomaly.refractory, anomaly.likelihood) == (0.0, 0.2, False)
    assert anomaly.value_range_tolerance is None


def test_the_seed_preset_is_the_first_zhtms() -> None:
    params = load_preset("seed")
    assert params.value_encoder == ScalarParams(active_bits=41, minimum_buckets=150, maximum_buckets=1000)
    assert params.date_encoder == DateParams()
    pooler, memory = params.spatial_pooler, params.temporal_memory
    assert (pooler.columns, pooler.active_columns, pooler.stimulus_threshold) == (2048, 41, 0)
    assert (pooler.minimum_overlap_duty_cycle, pooler.boost_strength, pooler.potential_fraction) == (0.001, 0.01, 0.8)
    assert (memory.cells_per_column, memory.new_synapses, memory.synapses_per_segment) == (32, 15, 32)
    assert (memory.activation_threshold, memory.matching_threshold) == (0, 0)
    assert (memory.permanence_increment, memory.permanence_decrement) == (0.1, 0.05)
    assert params.anomaly.likelihood is False


@pytest.mark.parametrize(
    ("name", "thresholds", "initial", "new", "permanences"),
    [("numenta", (20, 13), 0.24, 31, (0.04, 0.008, 0.001)), ("classic", (13, 10), 0.21, 20, (0.1, 0.1, 0.001))],
)
def test_the_numenta_and_classic_presets(
    name: str, thresholds: tuple[int, int], initial: float, new: int, permanences: tuple[float, float, float]
) -> None:
    params = load_preset(name)
    pooler, memory = params.spatial_pooler, params.temporal_memory
    assert (memory.activation_threshold, memory.matching_threshold) == thresholds
    assert (memory.initial_permanence, memory.new_synapses) == (initial, new)
    assert (memory.permanence_increment, memory.permanence_decrement, memory.predicted_decrement) == permanences
    assert (pooler.columns, pooler.active_columns, pooler.potential_fraction) == (2048, 40, 0.8)
    assert (pooler.permanence_increment, pooler.permanence_decrement) == (0.003, 0.0005)
    assert pooler.connected_permanence == 0.2
    assert params.value_encoder == RandomDistributedScalarParams(
        size=400, active_bits=21, buckets=130, range_padding=0.2, minimum_resolution=0.001
    )
    assert params.date_encoder == DateParams(time_of_day=CyclicParams(active_bits=21, radius=9.49))


@pytest.mark.parametrize("name", ["", "best", "../presets/classic", "classic ", "Classic"])
def test_unknown_presets(name: str) -> None:
    with pytest.raises(InputError, match=r"unknown; expected one of classic, numenta, seed, zhtm, or a \.json file$"):
        load_preset(name)


def test_parameters_do_not_change() -> None:
    with pytest.raises(ValidationError):
        load_preset("seed").anomaly.likelihood = True


# Invalid parameters and their messages


@pytest.mark.parametrize(
    ("part", "fields"),
    [
        ("spatial_pooler", SpatialPoolerParams.model_fields),
        ("temporal_memory", TemporalMemoryParams.model_fields),
        ("anomaly", AnomalyParams.model_fields),
        ("date_encoder", DateParams.model_fields),
    ],
)
def test_unknown_names_are_told_the_known_ones(part: str, fields: dict[str, Any]) -> None:
    expected = f"{part}.learning_rate: unknown parameter; expected one of {', '.join(fields)}"
    assert refused({part: {"learning_rate": 1}}) == expected


def test_unknown_names_deeper_and_higher() -> None:
    assert refused({"sp": {}}).startswith("sp: unknown parameter; expected one of description, value_encoder")
    cyclic = {"active_bits": 3, "radius": 1, "period": 2}
    assert refused({"date_encoder": {"season": cyclic}}) == (
        "date_encoder.season.period: unknown parameter; expected one of active_bits, radius"
    )
    scalar = {"kind": "scalar", "size": 9}
    assert refused({"value_encoder": scalar}).startswith("value_encoder.size: unknown parameter; expected one of kind,")


def test_synapses_have_numbers_of_31_bits() -> None:
    memory = {"segments": 2**25, "synapses_per_segment": 65}
    assert refused({"temporal_memory": memory}) == (
        "temporal_memory.segments: expected at most 16777216 of 65 synapses, got 33554432"
    )
    memory["synapses_per_segment"] = 64
    assert parse_params({"temporal_memory": memory}, "test").temporal_memory.slot_bits == 6


def test_several_faults_are_counted() -> None:
    message = refused({"anomaly": {"history": 0}, "temporal_memory": {"segments": 0, "new_synapses": -1}})
    assert message.endswith("(and 2 more)")


def test_long_and_odd_content_stays_one_short_line() -> None:
    assert len(refused({"temporal_memory": ["a\nb"] * 1000})) < 200
    assert len(refused({"x\ny" * 1000: 1})) < 200
    odd: list[Any] = [None, [], 3, "text", {"value_encoder": None}, {"description": 5}]
    for data in odd:
        refused(data)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_must_be_finite(number: float) -> None:
    assert "finite number" in refused({"anomaly": {"value_range_tolerance": number}})


@pytest.mark.parametrize("part", ["spatial_pooler", "temporal_memory"])
def test_huge_integers_do_not_reach_a_kernel(part: str) -> None:
    model = {"spatial_pooler": SpatialPoolerParams, "temporal_memory": TemporalMemoryParams}[part]
    for name, default in model().model_dump().items():
        if isinstance(default, int) and not isinstance(default, bool):
            assert f"{part}.{name}: expected" in refused({part: {name: 2**70}})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"windows": []}, "block_novelty.windows: expected at least one, ascending, got []"),
        ({"windows": [4, 2]}, "block_novelty.windows: expected at least one, ascending, got [4, 2]"),
        ({"windows": [2, 2]}, "block_novelty.windows: expected at least one, ascending, got [2, 2]"),
        ({"kinds": []}, "block_novelty.kinds: expected at least one, each once, got []"),
        ({"kinds": ["low", "low"]}, "block_novelty.kinds: expected at least one, each once, got ['low', 'low']"),
        ({"weight": 1.0}, "block_novelty.weight: expected less than 1, got 1.0"),
        ({"view": 1}, "block_novelty.view: unknown parameter; expected one of blocks, scales, "),
    ],
)
def test_block_columns(change: dict[str, Any], message: str) -> None:
    assert refused({"block_novelty": change}).startswith(message)


def test_parts_that_do_not_fit_together() -> None:
    too_many = {"date_encoder": {"weekend_bits": 2**19, "time_of_day": {"active_bits": 21, "radius": 9.49}}}
    assert refused(too_many) == f"date_encoder.*: expected at most {MAX_BITS} bits together, got {2**20 + 54}"
    many = {"value_encoder": {"kind": "random_distributed", "size": 2**20}}
    assert "value_encoder and date_encoder: expected at most" in refused(many)
    cells = {"spatial_pooler": {"column_dimensions": [1024, 1024]}, "temporal_memory": {"cells_per_column": 1024}}
    parse_params(cells, "x")
    more = {**cells, "temporal_memory": {"cells_per_column": 1024 + 1}}
    assert "temporal_memory.cells_per_column" in refused(more)
    assert "spatial_pooler.column_dimensions: expected at most" in refused(
        {"spatial_pooler": {"column_dimensions": [1024, 1025]}}
    )


def test_input_dimensions() -> None:
    parse_params({"spatial_pooler": {"input_dimensions": [454]}}, "x")
    two = {"column_dimensions": [8, 8], "active_columns": 2, "input_dimensions": [2, 227]}
    parse_params({"spatial_pooler": two}, "x")
    assert "1 as column_dimensions has" in refused({"spatial_pooler": {"input_dimensions": [2, 227]}})
    assert "a product of 454" in refused({"spatial_pooler": {"input_dimensions": [455]}})
    scalar = {"kind": "scalar", "active_bits": 41}
    assert "depends on the values (from 150 to 1000 buckets)" in refused(
        {"value_encoder": scalar, "spatial_pooler": {"input_dimensions": [454]}}
    )
    fixed = {**scalar, "minimum_buckets": 160, "maximum_buckets": 160}
    parse_params({"value_encoder": fixed, "date_encoder": {}, "spatial_pooler": {"input_dimensions": [200]}}, "x")


# The encoders' own rules: refused here exactly if the encoder refuses it


def accepted(build: Any) -> bool:
    try:
        build()
    except ValueError:  # pydantic's error is one too
        return False
    return True


def test_the_largest_encoder_is_the_encoders() -> None:
    assert MAX_BITS == MAX_SIZE


sizes = st.one_of(st.integers(1, 400), st.integers(MAX_SIZE - 3, MAX_SIZE + 3))
bits = st.one_of(st.integers(1, 70), st.sampled_from([174762, 174763, MAX_SIZE - 1, MAX_SIZE]))


@given(size=sizes, active_bits=bits)
def test_random_distributed_as_its_encoder(size: int, active_bits: int) -> None:
    assert accepted(lambda: RandomDistributedScalarParams(size=size, active_bits=active_bits)) == accepted(
        lambda: RandomDistributedScalarEncoder(size, active_bits, resolution=1.0)
    )


@given(buckets=sizes, active_bits=bits)
def test_scalar_as_its_encoder(buckets: int, active_bits: int) -> None:
    assert accepted(
        lambda: ScalarParams(active_bits=active_bits, minimum_buckets=buckets, maximum_buckets=buckets)
    ) == accepted(lambda: ScalarEncoder(active_bits, buckets, 0.0, 1.0))


@given(
    name=st.sampled_from(["time_of_day", "day_of_week", "season"]),
    active_bits=bits,
    radius=st.one_of(
        st.floats(1e-6, 400.0),
        st.sampled_from([5e-324, 1e-4, 6.9999999999999, 7.0, 24.0, 365.9999999999999, 366.0, 1e308]),
    ),
    weekend_bits=st.sampled_from([None, 1, 2**19, 2**19 + 1]),
)
@settings(max_examples=300)
def test_date_as_its_encoder(name: str, active_bits: int, radius: float, weekend_bits: int | None) -> None:
    parts: dict[str, Any] = {
        name: CyclicParams(active_bits=active_bits, radius=radius),
        "weekend_bits": weekend_bits,
    }
    assert accepted(lambda: DateParams(**parts)) == accepted(lambda: DateEncoder(**parts))
    if accepted(lambda: DateParams(**parts)):
        assert DateParams(**parts).size == DateEncoder(**parts).size


# Valid parameters run

whole = 2**31 - 1
share = st.sampled_from([0.0, 0.1, 1.0])
PARAMETERS = st.fixed_dictionaries(
    {
        "value_encoder": st.one_of(
            st.fixed_dictionaries(
                {
                    "kind": st.just("scalar"),
                    "active_bits": st.sampled_from([1, 5, 41]),
                    "minimum_buckets": st.sampled_from([2, 50]),
                    "maximum_buckets": st.sampled_from([50, 1000]),
                }
            ),
            st.fixed_dictionaries(
                {
                    "kind": st.just("random_distributed"),
                    "size": st.sampled_from([40, 400]),
                    "active_bits": st.sampled_from([1, 2, 5]),
                    "buckets": st.sampled_from([1, 130, whole]),
                    "range_padding": st.sampled_from([0.0, 10.0]),
                    "minimum_resolution": st.sampled_from([1e-300, 1e-3, 1e300]),
                }
            ),
        ),
        "date_encoder": st.fixed_dictionaries(
            {},
            optional={
                "time_of_day": st.fixed_dictionaries(
                    {"active_bits": st.sampled_from([1, 3]), "radius": st.sampled_from([0.1, 23.9])}
                ),
                "weekend_bits": st.sampled_from([1, 3]),
            },
        ),
        "spatial_pooler": st.fixed_dictionaries(
            {
                "column_dimensions": st.sampled_from([[8], [64], [4, 5], [1, 9]]),
                "active_columns": st.sampled_from([1, 2, 8]),
                "potential_fraction": st.sampled_from([1e-9, 0.1, 1.0]),
                "potential_radius": st.sampled_from([None, 1, 2, whole]),
                "wrap_around": st.booleans(),
                "global_inhibition": st.booleans(),
                "stimulus_threshold": st.sampled_from([0, 1, whole]),
                "permanence_increment": share,
                "permanence_decrement": share,
                "connected_permanence": share,
                "minimum_overlap_duty_cycle": share,
                "duty_cycle_period": st.sampled_from([1, 10, whole]),
                "boost_strength": st.sampled_from([0.0, 1.0, 100.0]),
                "update_period": st.sampled_from([1, 7, whole]),
            }
        ),
        "temporal_memory": st.fixed_dictionaries(
            {
                "cells_per_column": st.sampled_from([1, 2, 32]),
                "activation_threshold": st.sampled_from([3, whole]),
                "matching_threshold": st.sampled_from([0, 1, 3]),
                "initial_permanence": st.sampled_from([0.001, 0.3, 1.0]),
                "connected_permanence": share,
                "permanence_increment": share,
                "permanence_decrement": share,
                "predicted_decrement": share,
                "new_synapses": st.sampled_from([1, 5, whole]),
                "synapses_per_segment": st.sampled_from([1, 4, 128]),
                "segments_per_cell": st.sampled_from([1, 2, 32767]),
                "segments": st.sampled_from([1, 10, 2**24]),
            }
        ),
        "anomaly": st.fixed_dictionaries(
            {
                "likelihood": st.booleans(),
                "averaging_window": st.sampled_from([1, 10]),
                "history": st.sampled_from([10, 100]),
                "reestimation_period": st.sampled_from([1, 10, whole]),
                "value_range_tolerance": st.sampled_from([None, 0.0, 1000.0]),
            }
        ),
    }
)


@given(
    data=PARAMETERS,
    shape=st.sampled_from([(1.0, 0.0), (0.0, 5.0), (1e150, 0.0), (1e-300, 0.0), (1e17, -1e150)]),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
@pytest.mark.filterwarnings("error")
def test_what_is_accepted_runs(data: dict[str, Any], shape: tuple[float, float], seed: int) -> None:
    params = parse_params(data, "x")
    scale, offset = shape
    values = np.clip(np.random.default_rng(seed).random(60) * scale + offset, -1e150, 1e150)
    timestamps = pd.Series(pd.date_range("2024-01-01", periods=60, freq="37min"))
    model = HTMModel(params, float(values.min()), float(values.max()), probation=10, seed=seed)
    steps = model.run(timestamps, values)
    for numbers in (steps.score, steps.raw, steps.likelihood):
        assert ((numbers >= 0.0) & (numbers <= 1.0)).all()


def test_defaults_are_valid() -> None:
    assert ModelParams() == parse_params({}, "x")
