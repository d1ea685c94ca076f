"""Detector names on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from zhtm_detector.common.errors import InputError
from zhtm_detector.detectors.baselines import BASELINES
from zhtm_detector.detectors.names import BASELINE_NAMES, choose_detectors, detector_names
from zhtm_detector.htm.params import DEFAULT_PRESET, load_preset, preset_names


def test_baseline_names_are_the_baselines() -> None:
    assert tuple(BASELINES) == BASELINE_NAMES


def test_all_holds_each_preset_and_baseline_once() -> None:
    others = [f"zhtm-{preset}" for preset in preset_names() if preset != DEFAULT_PRESET]
    assert detector_names("all") == ["zhtm", "zhtm-causal", *others, "zhtm-novelty-causal", *BASELINE_NAMES]


def test_the_default_preset_can_be_named() -> None:
    name = f"zhtm-{DEFAULT_PRESET}"
    assert detector_names(name) == [name]
    assert detector_names(f"all,{name}") == [*detector_names("all"), name]


def test_order_is_kept_and_repeats_are_dropped() -> None:
    assert detector_names(" null, zhtm ,,null,zhtm-seed,") == ["null", "zhtm", "zhtm-seed"]
    assert detector_names("random,all")[:2] == ["random", "zhtm"]


def test_names_have_no_separators_of_file_names_and_options() -> None:
    for name in detector_names("all"):
        assert not set(name) & set("_,/ ")


@pytest.mark.parametrize("text", ["", " ", ",", " , "])
def test_no_name(text: str) -> None:
    with pytest.raises(InputError, match="expected at least one of zhtm"):
        detector_names(text)


@pytest.mark.parametrize(
    "name", ["numenta", "ZHTM", "zhtm-", "zhtm-best", "null-causal", "causal", "all all", "zhtm_seed"]
)
def test_unknown_names(name: str) -> None:
    with pytest.raises(
        InputError,
        match=r"unknown; expected one of zhtm, .*windowedGaussian, module:Class, .*, or all$",
    ):
        detector_names(f"null,{name}")


def test_parameters_of_the_choices() -> None:
    choices = {choice.name: choice.params for choice in choose_detectors("all,zhtm-classic", "numenta")}
    assert choices["zhtm"] == choices["zhtm-numenta"] == load_preset("numenta")
    assert choices["zhtm-seed"] == load_preset("seed")
    assert choices["zhtm-classic"] == load_preset("classic")
    assert all(choices[name] is None for name in BASELINE_NAMES)


def test_plain_zhtm_runs_with_the_default() -> None:
    assert choose_detectors("zhtm")[0].params == load_preset(DEFAULT_PRESET)


@pytest.mark.parametrize("name", ["zhtm-causal", "zhtm-classic-causal", "zhtm-zhtm-causal"])
def test_causal_variants_have_names(name: str) -> None:
    (choice,) = choose_detectors(name)
    plain = choose_detectors(name.removesuffix("-causal"))[0].params
    assert choice.name == name
    assert plain is not None
    assert not plain.causal
    assert choice.params == plain.model_copy(update={"causal": True})


def test_all_of_them_causal() -> None:
    choices = choose_detectors("zhtm,zhtm-seed,zhtm-seed-causal,null", causal=True)
    assert [choice.name for choice in choices] == ["zhtm-causal", "zhtm-seed-causal", "null"]  # each once
    assert [choice.params.causal for choice in choices if choice.params is not None] == [True, True]


def test_causal_with_another_preset() -> None:
    assert choose_detectors("zhtm-causal", "classic") == choose_detectors("zhtm", "classic", causal=True)


def test_a_preset_file(tmp_path: Path) -> None:
    own = tmp_path / "own.json"
    own.write_text(json.dumps({"description": "mine"}))
    params = choose_detectors("zhtm", str(own))[0].params
    assert params is not None
    assert params.description == "mine"


def test_preset_files_are_detectors_of_their_own(tmp_path: Path) -> None:
    less = tmp_path / "less.json"
    less.write_text(json.dumps({"description": "less"}))
    choices = {choice.name: choice.params for choice in choose_detectors(f"zhtm,{less},null")}
    assert list(choices) == ["zhtm", "zhtm-less", "null"]
    assert choices["zhtm"] == load_preset(DEFAULT_PRESET)
    assert choices["zhtm-less"] == load_preset(str(less))
    (causal,) = choose_detectors(str(less), causal=True)
    assert causal.name == "zhtm-less-causal"
    assert causal.params is not None
    assert causal.params.causal
    with pytest.raises(InputError, match=r"preset none\.json: not found"):
        choose_detectors("none.json")


@pytest.mark.parametrize(
    "files", ["a_b.json", "x/less.json,y/less.json", "classic.json", "less-causal.json", ".json", "causal.json"]
)
def test_preset_files_whose_name_is_no_detector_s(files: str) -> None:
    expected = "expected a name (of letters, digits and hyphens|that is not that of another preset)"
    with pytest.raises(InputError, match=f"^preset file .*: {expected}"):
        detector_names(files)


def test_a_bad_preset_is_refused_even_if_no_detector_uses_it() -> None:
    with pytest.raises(InputError, match="preset 'best': unknown"):
        choose_detectors("null", "best")
