"""The presets: that they are these, and what they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import ValidationError

from zhtm_detector.common.config import config_path
from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.params import (
    DEFAULT_PRESET,
    AnomalyParams,
    BlockNoveltyParams,
    CalibrationParams,
    ColumnParams,
    ContextMemoryParams,
    CyclicParams,
    DateParams,
    GateParams,
    ModelParams,
    RandomDistributedScalarParams,
    ScalarParams,
    TemporalMemoryParams,
    ValueNoveltyParams,
    load_preset,
    parse_params,
    preset_names,
)

pytestmark = pytest.mark.compiled
REGIONS = ["classic", "novelty", "numenta", "seed"]
PRESETS = ["classic", "column", "novelty", "numenta", "seed", "zhtm"]


def test_the_presets_are_these() -> None:
    assert preset_names() == PRESETS
    assert DEFAULT_PRESET == "zhtm"


@pytest.mark.parametrize("name", preset_names())
def test_presets_survive_a_round_trip(name: str, tmp_path: Path) -> None:
    params = load_preset(name)
    copy = tmp_path / "copy.json"
    copy.write_text(params.model_dump_json())
    assert load_preset(str(copy)) == params
    assert params.description


@pytest.mark.parametrize("name", REGIONS)
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


@pytest.mark.parametrize("name", ["column", "zhtm"])
def test_what_presets_of_columns_leave_out_has_these_defaults(name: str) -> None:
    """So that a changed default does not change a preset unnoticed."""
    content = json.loads((config_path() / "presets" / f"{name}.json").read_text(encoding="utf-8"))
    params = load_preset(name)
    assert set(content) == {"description", "alert", "columns", "anomaly"}
    assert not params.causal
    assert AnomalyParams.model_fields.keys() - content["anomaly"].keys() <= {
        *("gate", "averaging_window", "history", "reestimation_period")
    }
    likelihood = (params.anomaly.averaging_window, params.anomaly.history, params.anomaly.reestimation_period)
    assert likelihood == (10, 8640, 100)
    for written, group in zip(content["columns"], params.columns, strict=True):
        own = {field: getattr(group, field) for field in ColumnParams.model_fields.keys() - written.keys()}
        idle = {"blocks": None, "scales": 1, "spatial_pooler": None, "calibration": None, "unseen_weight": 0.0}
        assert own == {field: idle[field] for field in own}
        assert "new_synapses" in written["temporal_memory"] or group.temporal_memory.context == 0
        memory = group.temporal_memory
        assert memory == ContextMemoryParams(
            context=memory.context,
            new_synapses=memory.new_synapses,
            match=memory.match,
            segments_per_minicolumn=32,
            segments=2**17,
            initial_permanence=1.0,
            connected_permanence=0.5,
            permanence_increment=0.0,
            permanence_decrement=0.0,
            readout="graded",
        )
        if group.calibration is not None:
            assert (group.calibration.prior_deviation, group.calibration.prior_blocks) == (0.05, 5.0)


@pytest.mark.parametrize("name", ["classic", "column", "numenta", "seed"])
def test_the_presets_of_one_column(name: str) -> None:
    params = load_preset(name)
    assert (params.value_novelty, params.block_novelty, params.anomaly.gate) == (None, None, None)
    assert params.anomaly.refractory == (0.2 if name == "column" else None)
    assert params.anomaly.prediction_weight == (0.8 if name == "column" else 1.0)
    assert len(params.columns) == (name == "column")


def test_the_novelty_preset() -> None:
    """The defaults of its parts are its own; every parameter of its vote as measured."""
    params = load_preset("novelty")
    assert params.columns == ()
    assert params.value_novelty == ValueNoveltyParams(scale=0.05, weight=0.8, capacity=65536)
    assert params.block_novelty == BlockNoveltyParams()
    assert_gated_and_silenced(params)


def test_the_zhtm_preset() -> None:
    """A group that predicts at five scales, and a column that only knows what it has seen."""
    params = load_preset("zhtm")
    assert (params.value_novelty, params.block_novelty) == (None, None)
    many, one = params.columns
    assert many.sees == ("mean", "high", "low", "mean_at_time", "change")
    assert (many.blocks, many.scales, many.unseen_weight) == (240, 5, 0.0)
    assert (many.temporal_memory.context, many.temporal_memory.match) == (7, 0.875)
    assert many.calibration == CalibrationParams()
    assert (one.sees, one.blocks, one.scales, one.calibration) == (("mean",), None, 1, None)
    assert (one.temporal_memory.context, one.unseen_weight) == (0, 0.8)
    assert_gated_and_silenced(params)


def assert_gated_and_silenced(params: ModelParams) -> None:
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
    with pytest.raises(InputError, match=r"^preset: expected a name or the path of a \.json file, as text, got 5$"):
        load_preset(cast(Any, 5))
    with pytest.raises(InputError, match=rf"unknown; expected one of {', '.join(PRESETS)}, or a \.json file$"):
        load_preset(name)


def test_parameters_do_not_change() -> None:
    with pytest.raises(ValidationError):
        load_preset("seed").anomaly.likelihood = True


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_recommends_a_threshold_with_its_source(name: str) -> None:
    params = load_preset(name)
    assert params.alert is not None and params.alert.causal_threshold is not None
    assert params.alert_threshold == params.alert.threshold
    causal = params.model_copy(update={"causal": True})
    assert causal.alert_threshold == params.alert.causal_threshold
    assert "zhtm validate --only thresholds" in params.alert.source


def test_a_recommended_threshold_of_ones_own() -> None:
    params = parse_params({"alert": {"threshold": 0.5, "source": "my own"}, "causal": True}, "preset x")
    assert params.alert_threshold == 0.5
    assert ModelParams().alert_threshold is None
    with pytest.raises(InputError, match=r"^preset x: alert.threshold: expected less than or equal to 1"):
        parse_params({"alert": {"threshold": 1.5, "source": "my own"}}, "preset x")
    with pytest.raises(InputError, match=r"^preset x: alert.source: expected a value, got none$"):
        parse_params({"alert": {"threshold": 0.5}}, "preset x")
