"""The search space: declared beside the parameters, chosen and overridden by the user, refused in one line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.params import ModelParams, load_preset, parse_params, preset_names
from zhtm_detector.tuning.parameters.parameter_names import changed, find, parameters, split_values
from zhtm_detector.tuning.parameters.space import OUTSIDE, Dimension, choose_space, declared, space_table

NOVELTY = load_preset("novelty")
ZHTM = load_preset("zhtm")


def refused(names: Sequence[str] = (), given: Sequence[str] = (), params: ModelParams = NOVELTY) -> str:
    with pytest.raises(InputError) as error:
        choose_space(params, names, given)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("preset", preset_names())
def test_what_is_declared_is_within_bounds_and_holds_the_preset(preset: str) -> None:
    params = load_preset(preset)
    known = parameters(params)
    space = declared(params)
    assert space
    for name, dimension in space.items():
        ends = dimension.choices or (dimension.low, dimension.high)
        for value in ends:
            known[name].check(value)
        if not dimension.choices:
            assert dimension.low < dimension.high
            assert not dimension.log or dimension.low > 0
        assert dimension.to_optuna(known[name].value) is not OUTSIDE
        assert changed(params, {name: known[name].value}, "x") == params


def test_only_what_the_preset_has_and_uses() -> None:
    classic = declared(load_preset("classic"))
    assert not any(name.startswith(("block_novelty.", "value_novelty.", "anomaly.gate.")) for name in classic)
    assert "anomaly.averaging_window" in classic and "anomaly.refractory" not in classic
    assert "anomaly.averaging_window" not in declared(NOVELTY)  # nothing there asks for the likelihood
    causal = declared(NOVELTY.model_copy(update={"causal": True}))  # the gate is off, so nothing predicts
    assert {name.split(".")[0] for name in causal} == {"value_novelty", "block_novelty", "anomaly"}
    assert not any(name.startswith("anomaly.gate.") for name in causal)


def test_columns_have_parameters_of_their_own() -> None:
    space = declared(ZHTM)
    assert {name.split(".")[0] for name in space} == {"columns", "anomaly"}  # the region's have no effect
    assert {"columns.0.blocks", "columns.0.calibration.weight", "columns.1.unseen_weight"} < set(space)
    # The poolers do not learn, and the value column has no context.
    assert not any("spatial_pooler.permanence" in name or "columns.1.temporal_memory" in name for name in space)
    assert "columns.1.blocks" not in space  # its blocks are records
    assert "anomaly.gate.weight" in declared(ZHTM.model_copy(update={"causal": True}))


def test_a_parameter_in_a_list_of_parts() -> None:
    made = changed(ZHTM, {"columns.0.calibration.weight": 0.4, "columns.1.unseen_weight": 1.0}, "x")
    assert made.columns[0].calibration is not None and made.columns[0].calibration.weight == 0.4
    assert made.columns[1].unseen_weight == 1.0
    back = {"columns.0.calibration.weight": 0.35, "columns.1.unseen_weight": 0.8}
    assert changed(made, back, "x") == ZHTM
    assert list(choose_space(ZHTM, ["columns.1"])) == ["columns.1.scales", "columns.1.unseen_weight"]
    own = choose_space(ZHTM, [], ["columns.0.encoder.active_bits=7..15"])
    assert own == {"columns.0.encoder.active_bits": Dimension("columns.0.encoder.active_bits", 7, 15, whole=True)}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("columns.2.blocks", "expected a number from 0 to 1 after columns, got '2'"),
        ("columns.calibration.weight", "expected a number from 0 to 1 after columns, got 'calibration'"),
        ("columns.-1.blocks", "expected a number from 0 to 1 after columns, got '-1'"),
        ("columns.00.blocks", "expected a number from 0 to 1 after columns, got '00'"),
        ("columns.0.calibration.wieght", "unknown; the nearest known one is columns.0.calibration.weight"),
        ("columns.1.calibration.weight", "the preset has no columns.1.calibration"),
        ("columns.0", "expected one of its parameters, such as columns.0.sees"),
        ("columns", "expected one of its parameters, such as columns.0.sees"),
    ],
)
def test_refusals_in_a_list_of_parts(name: str, expected: str) -> None:
    with pytest.raises(InputError) as error:
        find(name, parameters(ZHTM))
    assert str(error.value).startswith(f"parameter {name!r}: ")
    assert expected in str(error.value)


def test_a_list_without_parts() -> None:
    with pytest.raises(InputError, match="the preset has no columns; expected a parameter that it has"):
        find("columns.0.blocks", parameters(NOVELTY))


def test_the_marks_change_nothing_else() -> None:
    assert "search" not in json.dumps(NOVELTY.model_dump(mode="json")).lower()
    assert parse_params(NOVELTY.model_dump(mode="json"), "x") == NOVELTY


def test_choosing() -> None:
    assert choose_space(NOVELTY) == dict(sorted(declared(NOVELTY).items()))
    assert list(choose_space(NOVELTY, ["anomaly.gate", "value_novelty.scale"])) == [
        "anomaly.gate.weight",
        "anomaly.gate.window",
        "value_novelty.scale",
    ]
    own = choose_space(NOVELTY, [], ["anomaly.refractory=0.1..0.3", "anomaly.history=100..9000"])
    assert own == {
        "anomaly.history": Dimension("anomaly.history", 100, 9000, whole=True),
        "anomaly.refractory": Dimension("anomaly.refractory", 0.1, 0.3, log=True),
    }
    both = choose_space(NOVELTY, ["value_novelty"], ["value_novelty.weight=0.5,1"])
    assert both["value_novelty.weight"].choices == (0.5, 1)
    assert both["value_novelty.scale"] == declared(NOVELTY)["value_novelty.scale"]


@pytest.mark.parametrize(
    ("names", "given", "expected"),
    [
        (["block_novelty.wieght"], [], "unknown; the nearest known one is block_novelty.weight"),
        (["refractry"], [], "unknown; the nearest known one is anomaly.refractory"),
        (["block_noveltie"], [], "unknown; the nearest known one is block_novelty"),
        (["anomaly.history"], [], "expected --param anomaly.history=..."),
        (["date_encoder"], [], "nothing in it is declared"),
        ([], ["temporal_memory.new_synapse=5..9"], "the nearest known one is temporal_memory.new_synapses"),
        ([], ["block_novelty.weight=0.1..1"], "block_novelty.weight: expected less than 1, got 1"),
        ([], ["block_novelty.weight=-0.1..0.5"], "block_novelty.weight: expected greater than or equal to 0, got -0.1"),
        ([], ["temporal_memory.new_synapses=1..2.5"], "temporal_memory.new_synapses: expected a valid integer"),
        ([], ["anomaly.refractory=0.5..0.1"], "expected low..high, low below high"),
        ([], ["anomaly.refractory=0.5..0.5"], "expected low..high, low below high"),
        ([], ["anomaly.refractory=0.1..0.2..0.3"], "expected low..high"),
        ([], ["anomaly.refractory=a..b"], "expected two numbers, got 'a'"),
        ([], ["anomaly.refractory=0.1..1e999"], "expected two numbers, got '1e999'"),
        ([], ["anomaly.refractory=0.1,0.1"], "expected each value once"),
        ([], ["anomaly.refractory=1,0.5,1.0"], "expected each value once, got 1.0 again"),
        ([], ["value_novelty.weight=true,1"], "value_novelty.weight: expected a number, got true"),
        ([], ["anomaly.refractory=0.1..1", "anomaly.refractory=0.1..2"], "expected each parameter once"),
        ([], ["block_novelty.windows=1..2"], "has no range"),
        ([], ["block_novelty=1..2"], "expected one of its parameters, such as block_novelty.blocks"),
        ([], ["anomaly.refractory"], "expected a name and its values"),
    ],
)
def test_refusals(names: list[str], given: list[str], expected: str) -> None:
    assert expected in refused(names, given)


def test_a_part_that_is_not_there() -> None:
    message = refused(["block_novelty.weight"], params=load_preset("classic"))
    assert message.startswith("parameter 'block_novelty.weight': the preset has no block_novelty")
    with pytest.raises(InputError, match=r"has no anomaly\.gate"):
        find("anomaly.gate.weight", parameters(load_preset("classic")))


@pytest.mark.parametrize(
    ("dimension", "value", "suggested"),
    [
        (Dimension("x", choices=([2, 4], [2, 4, 8])), [2, 4], "[2, 4]"),
        (Dimension("x", choices=(True, False)), False, False),
        (Dimension("x", choices=(1, True, 0.5)), True, True),
        (Dimension("x", choices=("mean", "high")), "high", "high"),
        (Dimension("x", choices=(None, 0.5)), None, None),
        (Dimension("x", 0.1, 0.5), 0.3, 0.3),
    ],
)
def test_values_go_to_optuna_and_back(dimension: Dimension, value: Any, suggested: Any) -> None:
    assert dimension.to_optuna(value) == suggested
    assert type(dimension.from_optuna(suggested)) is type(value)
    assert dimension.from_optuna(suggested) == value
    assert dimension.to_optuna("elsewhere" if dimension.choices else 9.0) is OUTSIDE


def test_split_values() -> None:
    assert split_values('1, 2,[3,4],{"a": [5, 6]},b') == ["1", "2", "[3,4]", '{"a": [5, 6]}', "b"]


def test_the_table_names_the_preset_s_values() -> None:
    space = choose_space(NOVELTY, ["block_novelty.windows", "anomaly.refractory"])
    assert space_table(space, NOVELTY).records() == [
        {"parameter": "anomaly.refractory", "searched": "0.05 to 1, log", "preset": "0.2"},
        {
            "parameter": "block_novelty.windows",
            "searched": "[2, 4], [4, 8], [2, 4, 8], [2, 4, 8, 16]",
            "preset": "[2, 4, 8]",
        },
    ]


def test_changed_values_that_do_not_fit_together() -> None:
    with pytest.raises(
        InputError, match=r"trial: temporal_memory\.matching_threshold: expected at most activation_thr"
    ):
        changed(NOVELTY, {"temporal_memory.activation_threshold": 9}, "trial")
