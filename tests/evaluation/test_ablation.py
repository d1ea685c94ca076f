"""The ablation removes one part at a time."""

from __future__ import annotations

import pytest

from zhtm_detector.evaluation.ablation import causal, variants
from zhtm_detector.htm.params import DateParams, ModelParams, load_preset, preset_names


@pytest.mark.parametrize("preset", preset_names())
def test_each_variant_is_another_valid_model(preset: str) -> None:
    params = load_preset(preset)
    made = variants(params)
    for name, variant in made.items():
        assert variant != params, name
        assert ModelParams.model_validate(variant.model_dump()) == variant
    assert len({variant.model_dump_json() for variant in made.values()}) == len(made)


def test_of_the_classic_preset() -> None:
    made = variants(load_preset("classic"))
    assert not made["without the likelihood"].anomaly.likelihood
    assert made["without the value-range rule"].anomaly.value_range_tolerance is None
    assert made["without the date encoder"].date_encoder == DateParams()


def test_of_columns() -> None:
    params = load_preset("zhtm")
    blocks, value = params.columns
    made = variants(params)
    assert list(made) == [
        "without context",
        "without the spatial poolers",
        *(f"without columns of {kind}" for kind in blocks.sees),
        "without the coarsest scale",
        "without the finest scale",
        "without the value column",
        "without block columns",
        "with permanences that forget",
        "with the burst readout",
        "without the gate",
        "without the refractory rule",
    ]
    assert [group.temporal_memory.context for group in made["without context"].columns] == [0, 0]
    assert [group.spatial_pooler for group in made["without the spatial poolers"].columns] == [None, None]
    assert made["without columns of mean"].columns == (blocks.model_copy(update={"sees": blocks.sees[1:]}), value)
    assert made["without the value column"].columns == (blocks,)
    assert made["without block columns"].columns == (value,)
    assert made["without the gate"].anomaly.gate is None
    for name in ("with permanences that forget", "with the burst readout"):
        changed, same = made[name].columns
        assert changed.temporal_memory != blocks.temporal_memory and same == value


def test_the_other_scales_stay() -> None:
    params = load_preset("zhtm")

    def lengths(model: ModelParams) -> list[float]:  # of blocks, in probation periods
        group = model.columns[0]
        assert group.blocks is not None
        return [2**scale / group.blocks for scale in range(group.scales)]

    made = variants(params)
    assert lengths(made["without the finest scale"]) == lengths(params)[1:]
    assert lengths(made["without the coarsest scale"]) == lengths(params)[:-1]


def test_the_only_group_and_the_only_kind_stay() -> None:
    assert list(variants(load_preset("column"))) == [
        "without context",
        "without the spatial poolers",
        "with permanences that forget",
        "with the burst readout",
        "without the likelihood",
        "without the refractory rule",
    ]


def test_what_is_not_there_is_not_removed() -> None:
    params = load_preset("classic")
    for variant in list(variants(params).values()):
        assert len(variants(variant)) == len(variants(params)) - 1


def test_a_causal_preset_has_no_causal_variant() -> None:
    variant = causal(ModelParams())
    assert variant is not None and variant.causal
    assert causal(variant) is None
