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


def test_what_is_not_there_is_not_removed() -> None:
    params = load_preset("classic")
    for variant in list(variants(params).values()):
        assert len(variants(variant)) == len(variants(params)) - 1


def test_a_causal_preset_has_no_causal_variant() -> None:
    variant = causal(ModelParams())
    assert variant is not None and variant.causal
    assert causal(variant) is None
