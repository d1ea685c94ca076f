"""A model that was saved goes on bit for bit as one that was not; anything else that looks like one is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from saved_models import (
    KINDS,
    PROBATION,
    RANGE,
    SEED,
    contents,
    new_model,
    outcome,
    records,
    run,
    small,
    spoil,
    spoil_header,
)
from saved_sweep import consistent_ones

import zhtm_detector
from zhtm_detector.common.container import read_container, write_container
from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import load_preset, preset_names

# Before the first record, in the probation of a causal model, at its end, between blocks, after columns grew.
CUTS = (0, 31, PROBATION, PROBATION + 1, 347)
PRESETS = [(name, causal) for name in preset_names() for causal in (False, True)]


def bytes_of(model: HTMModel, folder: Path) -> bytes:
    model.save(folder / "model.npz")
    return (folder / "model.npz").read_bytes()


@pytest.mark.compiled
@pytest.mark.parametrize("kind", KINDS)
def test_it_goes_on_bit_for_bit(kind: str, tmp_path: Path) -> None:
    whole, start = new_model(kind), 0
    for cut in CUTS:
        run(whole, start, cut)
        saved = bytes_of(whole, tmp_path)
        by_run, by_step = (HTMModel.load(tmp_path / "model.npz") for _ in range(2))
        assert bytes_of(by_run, tmp_path) == saved
        start = cut + 60
        scores, *others = run(whole, cut, start)
        assert run(by_run, cut, start) == [scores, *others]
        steps = [by_step.step(moment, value) for moment, value in zip(*records(cut, start), strict=True)]
        assert [step.score for step in steps] == scores
        assert [step.raw for step in steps] == others[0]
        assert bytes_of(by_run, tmp_path) == bytes_of(by_step, tmp_path) == bytes_of(whole, tmp_path)


@pytest.mark.compiled
@pytest.mark.parametrize(("preset", "causal"), PRESETS)
def test_every_preset_goes_on_bit_for_bit(preset: str, causal: bool, tmp_path: Path) -> None:
    params = load_preset(preset).model_copy(update={"causal": causal})
    whole, start = HTMModel(params, *RANGE, probation=240), 0
    for cut in (100, 250) if causal else (250,):
        run(whole, start, cut)
        bytes_of(whole, tmp_path)
        loaded = HTMModel.load(tmp_path / "model.npz")
        assert loaded.explain() == whole.explain()
        start = cut + 100
        assert run(loaded, cut, start) == run(whole, cut, start)
    assert bytes_of(loaded, tmp_path) == bytes_of(whole, tmp_path)


@pytest.mark.compiled
def test_it_goes_on_in_another_process(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    line = "; ".join(
        (
            "import sys, saved_models",
            "from zhtm_detector import HTMModel",
            "model = HTMModel.load(sys.argv[1])",
            "saved_models.run(model, 150, 250)",
            "model.save(sys.argv[1])",
        )
    )
    model = new_model("columns-causal")
    run(model, 0, 150)
    model.save(path)
    paths = Path(zhtm_detector.__file__).parents[1], Path(__file__).parents[1]  # of the package, and of the tests
    environment = {"PYTHONPATH": os.pathsep.join(map(str, paths)), "PATH": ""}
    subprocess.run([sys.executable, "-c", line, path], env=environment, check=True, timeout=300)
    run(model, 150, 250)
    assert path.read_bytes() == bytes_of(model, tmp_path / "here")


@pytest.mark.parametrize("kind", ["region", "columns-causal"])
def test_records_not_learned_and_a_seed_are_kept(kind: str, tmp_path: Path) -> None:
    model = new_model(kind)
    run(model, 0, 90)
    model.run(*records(90, 120), learn=False)
    model.save(tmp_path / "model.npz")
    loaded = HTMModel.load(tmp_path / "model.npz")
    assert (loaded.seed, loaded.probation, loaded.minimum, loaded.maximum) == (SEED, PROBATION, *RANGE)
    assert loaded.params == small(kind)
    assert run(loaded, 120, 400) == run(model, 120, 400)


def test_the_same_seed_has_the_same_bytes(tmp_path: Path) -> None:
    models = [new_model("novelty") for _ in range(2)]
    for model in models:
        run(model, 0, 100)
    one, other = (bytes_of(model, tmp_path) for model in models)
    assert one == other


@pytest.mark.compiled
@pytest.mark.parametrize("kind", KINDS)
def test_spoilt_arrays_are_refused_or_run(kind: str) -> None:
    """A small version of `saved_models.py`, which runs with checked indices."""
    rng, places = np.random.default_rng(5), contents(kind)
    refused = 0
    for case in range(30):
        header, arrays = places[case % len(places)]
        assert outcome(header, arrays, more=1) == ""
        outcome(spoil_header(rng, header), arrays, more=5)
        message = outcome(header, spoil(rng, arrays), more=5)
        assert len(message.splitlines()) <= 1
        refused += message != ""
    assert refused > 10


@pytest.mark.compiled
@pytest.mark.parametrize("kind", ["region", "seed", "columns"])
def test_contents_that_fit_each_other_work(kind: str) -> None:
    """Whatever the activity, synapses and orders are: kernels rely on nothing that is not checked."""
    header, arrays = contents(kind)[3]
    for note, some in consistent_ones(arrays):
        assert outcome(header, arrays | some, more=4) == "", note


@pytest.mark.parametrize(
    ("name", "change", "text"),
    [
        ("vote.seen", lambda array: array[::-1], "vote.seen: expected the lower number first, got others"),
        ("vote.seen", lambda array: array.astype(np.float32), "vote.seen: expected float64, 2, got float32, (2,)"),
        ("vote.seen", None, "vote.seen: missing; expected an array"),
        ("last.before", lambda array: array[::-1], "last.before: expected the lower number first, got others"),
        ("vote.seen", lambda array: array * 1e160, "vote.seen: expected the lower number first, got others"),
        ("vote.errors", lambda array: array + 0.5, "errors: expected none of records that have not come"),
        ("vote.error", lambda array: array + 0.5, "error: expected the sum of the errors"),
        ("last.value", lambda array: array * np.inf, "last.value: expected numbers from"),
        ("moment", lambda array: array[[0, 0]], "moment: expected at most one"),
        ("unseen", lambda _: np.zeros(1), "'unseen': unknown array"),
        ("vote.x", lambda _: np.zeros(1), "'vote.x': unknown array"),
        ("prediction.source.spatial_pooler.radius", lambda array: array - 1000, "radius: expected numbers from 1"),
        ("prediction.source.temporal_memory.owner", lambda array: array + 10**6, "owner: expected cells below 400"),
        ("prediction.source.temporal_memory.order", lambda array: array * 0, "order: expected each segment once"),
        ("prediction.limits", lambda array: array * 2, "limits: expected those of the settings"),
    ],
)
def test_what_is_refused(name: str, change: object, text: str) -> None:
    model = new_model("region")
    run(model, 0, 100)
    header, arrays = model.settings(), model.state_arrays()
    arrays[name] = change(arrays.get(name)) if callable(change) else arrays.pop(name)
    if change is None:
        del arrays[name]
    with pytest.raises(InputError, match=r"^model: ") as error:
        HTMModel.from_content(header, arrays, "model")
    assert text in str(error.value)


@pytest.mark.parametrize("name", ["patterns", "recent", "sums", "highs", "lows"])
def test_block_values_beyond_those_of_a_model(name: str) -> None:
    """Their differences would overflow, and a distance would be no number."""
    model = new_model("novelty")
    run(model, 0, 100)
    header, arrays = model.settings(), model.state_arrays()
    arrays[f"blocks.{name}"] = np.full_like(arrays[f"blocks.{name}"], 1e308)
    with pytest.raises(InputError, match=rf"^model: blocks\.{name}: expected numbers from -1e\+165 to 1e\+165"):
        HTMModel.from_content(header, arrays, "model")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"probation": -1}, "probation: expected a whole number from 0"),
        ({"minimum": 1e9}, "minimum: expected at most the maximum"),
        ({"params": {"columns": 3}}, "params: columns: expected"),
        ({"params": [1]}, "params: "),
        ({"rng": 1}, "settings: expected params"),
        ({"more": 1}, "settings: expected params, minimum, maximum, probation, seed, predict_steps, got"),
    ],
)
def test_settings_that_are_refused(changes: dict[str, object], text: str, tmp_path: Path) -> None:
    model = new_model("region")
    run(model, 0, 100)
    header, arrays = model.settings(), model.state_arrays()
    write_container(tmp_path / "model.npz", "HTMModel", header | changes, arrays)
    with pytest.raises(InputError) as error:
        HTMModel.load(tmp_path / "model.npz")
    assert str(error.value).startswith(f"{tmp_path / 'model.npz'}: {text}")
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("kind", ["columns", "novelty-causal"])
def test_zeros_of_either_sign_have_the_same_bytes(kind: str, tmp_path: Path) -> None:
    """Whether they came one by one or at once."""
    zeros, (times, _) = [0.0, -0.0, 1.0], records(0, 3)
    by_run, by_step = new_model(kind), new_model(kind)
    by_run.run(times, zeros)
    for moment, value in zip(times, zeros, strict=True):
        by_step.step(moment, value)
    assert bytes_of(by_run, tmp_path) == bytes_of(by_step, tmp_path)


def test_nothing_derived_is_in_the_file(tmp_path: Path) -> None:
    model = new_model("columns")
    run(model, 0, 100)
    model.save(tmp_path / "model.npz")
    header, arrays = read_container(tmp_path / "model.npz", "HTMModel")
    assert sorted(header) == ["maximum", "minimum", "params", "probation", "seed"]
    assert not [name for name in arrays if "table" in name or "owner" in name or "active" in name]
