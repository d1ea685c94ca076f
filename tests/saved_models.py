"""Small models of all kinds to save, and arrays of saved models spoilt in many ways.

As a program it spoils thousands, best where compiled code checks its indices:

    NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=/tmp/checked PYTHONPATH=.:tests python tests/saved_models.py 2000 1

The second number is the seed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import timedelta
from functools import cache
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zhtm_detector.common.container import from_bytes
from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import ModelParams, load_preset

PROBATION = 60
RANGE = 0.0, 100.0
SEED = 7

Arrays = dict[str, NDArray[Any]]

_POOLER = {"column_dimensions": (100,), "active_columns": 6, "potential_fraction": 0.25}
_MEMORY = {
    "cells_per_column": 4,
    "activation_threshold": 3,
    "matching_threshold": 2,
    "new_synapses": 5,
    "synapses_per_segment": 8,
    "segments_per_cell": 3,
    "segments": 300,
}
_LOCAL = {"global_inhibition": False, "boost_strength": 2.0, "update_period": 10, "stimulus_threshold": 1}
_ENCODER = {"size": 80, "active_bits": 5}
_GROUP = {
    "encoder": {"size": 60, "active_bits": 5, "resolutions": [0.05, 0.2]},
    "temporal_memory": {
        "context": 3,
        "new_synapses": 6,
        "segments_per_minicolumn": 4,
        "segments": 400,
        "permanence_increment": 0.1,
        "permanence_decrement": 0.1,
    },
}


@cache
def small(kind: str) -> ModelParams:
    """Parameters of a small model of a kind."""
    name = kind.removesuffix("-causal").removesuffix("-predicting")
    preset = {"local": "numenta", "seed": "seed", "columns": "zhtm", "novelty": "novelty"}.get(name, "classic")
    content = load_preset(preset).model_dump(mode="json")
    if name == "columns":
        blocks, values = content["columns"]
        blocks |= {**_GROUP, "blocks": 30, "scales": 3}
        blocks["spatial_pooler"] |= {**_POOLER, "potential_fraction": 0.8, "potential_radius": 4}
        values["encoder"] |= {"size": 300, "active_bits": 5, "resolutions": [0.02]}
    else:
        content["spatial_pooler"] |= {**_POOLER, **(_LOCAL if name == "local" else {})}
        content["temporal_memory"] |= _MEMORY
        if name == "seed":
            content["temporal_memory"] |= {"activation_threshold": 0, "matching_threshold": 0}
        else:
            content["value_encoder"] |= _ENCODER
        if name in ("delta", "adaptive"):
            content["value_encoder"] = {"kind": name, "active_bits": 5}
        if name == "novelty":
            content["block_novelty"] |= {"blocks": 30, "scales": 3, "windows": (2, 4), "capacity": 12}
            content["value_novelty"] |= {"capacity": 150}
    content["anomaly"] |= {"refractory": 0.4, "history": 200}
    return ModelParams.model_validate(content | {"causal": kind.endswith("-causal")})


NAMES = ("region", "local", "seed", "columns", "novelty", "delta", "adaptive")
PREDICTING = ["region-predicting", "columns-predicting-causal"]  # with a predictor
KINDS = [*(f"{name}{ending}" for name in NAMES for ending in ("", "-causal")), *PREDICTING]


def new_model(kind: str) -> HTMModel:
    return HTMModel(small(kind), *RANGE, PROBATION, SEED, predict_steps=(1, 3) if "-predicting" in kind else ())


def records(first: int, last: int) -> tuple[pd.DatetimeIndex, NDArray[np.float64]]:
    """A daily cycle with noise that grows, so that a range once seen is left."""
    numbers = np.arange(first, last)
    noise = np.random.default_rng(3).normal(0, 3, 100_000)[first:last]
    values = 50 + 30 * np.sin(numbers / 8) + noise + 40 * (numbers % 97 == 0) * (1 + numbers / 300)
    return pd.date_range("2026-01-01", periods=last, freq="17min")[first:], values.round(1)


def run(model: HTMModel, first: int, last: int) -> list[Any]:
    """Scores and all other results of some records, equal if and only if they are equal bit for bit."""
    steps = model.run(*records(first, last))
    return [getattr(steps, name).tolist() for name in steps.__slots__]


def _noise(rng: np.random.Generator, array: NDArray[Any]) -> NDArray[Any]:
    """Random numbers of the array's type, of some of its own or of any size."""
    if array.dtype == np.bool_:
        return rng.random(array.shape) < 0.5
    if array.dtype.kind == "f":
        scale = rng.choice([1.0, 1e3, 1e150, 1e300, np.inf, np.nan])
        return ((rng.random(array.shape) - rng.choice([0.0, 0.5])) * scale).astype(array.dtype)
    limits = np.iinfo(array.dtype)
    most = int(rng.choice([2, 10, 300, 2**15, 2**62]))
    least = max(int(limits.min), int(rng.choice([0, -1, -most])))
    return rng.integers(least, min(int(limits.max), most), array.shape, array.dtype, endpoint=True)


def _some(rng: np.random.Generator, array: NDArray[Any]) -> NDArray[Any]:
    """The array with one to three other numbers."""
    changed = array.copy().ravel()
    for _ in range(int(rng.integers(1, 4)) if changed.size else 0):
        place = rng.integers(changed.size)
        other = _noise(rng, changed[:1])[0]
        near = changed[place] + changed.dtype.type(1) if changed.dtype != np.bool_ else ~changed[place]
        changed[place] = rng.choice(np.array([other, near, changed[rng.integers(changed.size)]], changed.dtype))
    return changed.reshape(array.shape)


def _shuffled(rng: np.random.Generator, array: NDArray[Any]) -> NDArray[Any]:
    return rng.permutation(array.ravel()).reshape(array.shape)


def _longer(rng: np.random.Generator, array: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([array, array[: int(rng.integers(1, 5))]])


def _shorter(rng: np.random.Generator, array: NDArray[Any]) -> NDArray[Any]:
    return array[: int(rng.integers(0, len(array) + 1))]


def _other_type(rng: np.random.Generator, array: NDArray[Any]) -> NDArray[Any]:
    with np.errstate(all="ignore"):
        return array.astype(rng.choice([np.int64, np.float64, np.uint8, np.int32]))


WAYS: list[Callable[[np.random.Generator, NDArray[Any]], NDArray[Any]]] = [
    _noise, _some, _some, _some, _some, _shuffled, _longer, _shorter, _other_type,
]  # fmt: skip


def spoil(rng: np.random.Generator, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    """Change one to three arrays; or take them, with their names, from another place."""
    spoilt = {name: array.copy() for name, array in arrays.items()}
    for name in rng.choice(list(spoilt), min(int(rng.integers(1, 4)), len(spoilt)), replace=False):
        with np.errstate(all="ignore"):
            spoilt[name] = WAYS[rng.integers(len(WAYS))](rng, spoilt[name])
    if rng.random() < 0.05:
        del spoilt[rng.choice(list(spoilt))]
    if rng.random() < 0.05:
        spoilt[f"{rng.choice(list(spoilt))}.x"] = np.zeros(3)
    return spoilt


def spoil_header(rng: np.random.Generator, header: dict[str, Any]) -> dict[str, Any]:
    """Change one setting, however deep."""
    spoilt = deepcopy(header)
    within: Any = spoilt
    while True:
        name = rng.choice(list(within)) if isinstance(within, dict) else rng.integers(len(within))
        inner = within[name]
        if not (isinstance(inner, dict | list) and inner) or rng.random() < 0.05:
            within[name] = [None, -1, 0, 1, 0.3, 3000, 2**40, True, "x", [], {}, inner][rng.integers(12)]
            return spoilt
        within = inner


def contents(kind: str) -> list[tuple[dict[str, Any], Arrays]]:
    """Header and arrays of a model at some places of a stream."""
    model, found, start = new_model(kind), [], 0
    for end in (0, 40, 61, 300, 700):
        run(model, start, end)
        header, arrays = model.settings(), model.state_arrays()
        found.append((header, {name: array.copy() for name, array in arrays.items()}))
        start = end
    return found


def outcome(header: dict[str, Any], arrays: Arrays, more: int = 10) -> str:
    """Load, use it in all ways, save, load again: a message if it was refused, else nothing.

    Anything but `InputError` of the first loading is an error.
    """
    try:
        model = HTMModel.from_content(header, {name: array.copy() for name, array in arrays.items()}, "x")
    except InputError as error:
        message = str(error)
        assert "\n" not in message and len(message) < 500, message
        return message
    go_on(model, more)
    return ""


def go_on(model: HTMModel, more: int = 10) -> None:
    """Use a model in all ways, save it, and load it again."""
    with np.errstate(all="ignore"):
        _use(model, more)
        content = model.to_bytes()
        try:
            again = HTMModel.from_content(*from_bytes(content, "HTMModel", "again"), "again")
        except InputError as error:
            raise AssertionError(f"saved, but not to be loaded: {error}") from None
        _use(again, 2)


def _use(model: HTMModel, more: int) -> None:
    moments, values = records(1000, 1000 + 3 * more)
    for number in range(0, 3 * more, more):
        if number or model._moment is not None:
            assert model.explain(timedelta(minutes=17)).sentence
        for said in model.predict().values() if model.predict_steps and (number or model._predictor._records) else ():
            assert said.edges[0] <= said.median <= said.edges[-1], said
            assert abs(said.probabilities.sum() - 1.0) < 1e-6, said
        assert 0.0 <= model.score(moments[number], values[number]).score <= 1.0
        if number == more:
            steps = model.run(moments[more : 2 * more], values[more : 2 * more], False)
            for name in ("score", "raw", "likelihood", "novelty", "unsilenced"):
                found = getattr(steps, name)
                assert np.all((found >= 0.0) & (found <= 1.0)), (name, found)
            continue
        for at in range(number, number + more):
            step = model.step(moments[at], values[at], at % 5 > 0)
            assert all(0.0 <= each <= 1.0 for each in step), step


def main(cases: int, seed: int = 1) -> None:
    rng = np.random.default_rng(seed)
    for kind in KINDS:
        began, refused, places = perf_counter(), 0, contents(kind)
        for case in range(cases):
            header, arrays = places[case % len(places)]
            other, spoilt = (spoil_header(rng, header), arrays) if case % 8 == 0 else (header, spoil(rng, arrays))
            try:
                refused += outcome(other, spoilt) != ""
            except Exception as error:
                changed = [name for name in spoilt if not np.array_equal(spoilt[name], arrays.get(name))]
                sys.stdout.write(f"{kind}: {case}: {changed}: {type(error).__name__}: {error}\n")
        sys.stdout.write(f"{kind}: {refused} of {cases} refused, {perf_counter() - began:.0f} s\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
