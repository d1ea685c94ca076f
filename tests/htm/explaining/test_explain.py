"""Explanations: what the views say of streams whose anomalies are known, and that asking changes nothing."""

from __future__ import annotations

import json
import pickle
import warnings
from datetime import timedelta, timezone
from functools import cache
from hashlib import sha256
from math import prod
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from saved_models import KINDS, PREDICTING, new_model, records, small

from zhtm_detector.htm.explaining import Explanation, explain_records
from zhtm_detector.htm.explaining.explanation import HIGH
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import ModelParams, load_preset, preset_names

pytestmark = pytest.mark.compiled
VARIANTS = [name + causal for name in preset_names() for causal in ("", "-causal")]
SEEING = [name for name in VARIANTS if name != "seed-causal"]  # whose encoder clips what the first records had not
OF_BLOCKS = [name for name in VARIANTS if name.startswith(("zhtm", "novelty"))]
RECORDS = 2000
SHIFT, FLAT, SPIKE = 1600, 1740, 1960  # first records
TIMES = pd.date_range("2026-01-01", periods=RECORDS, freq="15min")


@cache
def stream() -> NDArray[np.float64]:
    """A daily cycle with a little noise; then a level shift up, a flat piece at its top, and a spike down."""
    rng = np.random.default_rng(5)
    values = 50 + 20 * np.sin(np.arange(RECORDS) * 2 * np.pi / 96) + rng.normal(0, 0.3, RECORDS)
    values[SHIFT : SHIFT + 20] += 50
    values[FLAT : FLAT + 60] = 60.0
    values[SPIKE] = -40.0
    values.flags.writeable = False
    return values


def params_of(variant: str) -> ModelParams:
    return load_preset(variant.removesuffix("-causal")).model_copy(update={"causal": variant.endswith("-causal")})


def make(variant: str, minimum: float = -40.0, maximum: float = 120.0, probation: int = 360) -> HTMModel:
    return HTMModel(params_of(variant), minimum, maximum, probation)


def digest(model: HTMModel) -> str:
    """Of all that a model is; a message about two whole ones that differ would take gigabytes."""
    return sha256(pickle.dumps(model)).hexdigest()


@cache
def explained(variant: str) -> dict[int, Explanation]:
    """Of the highest score within each anomaly, before any is silenced; for the spike, of the spike."""
    scores = make(variant).run(TIMES, stream()).unsilenced
    wanted = [first + int(scores[first : first + length].argmax()) for first, length in ((SHIFT, 20), (FLAT + 8, 52))]
    return explain_records(make(variant), TIMES, stream(), [*wanted, SPIKE], timedelta(minutes=15))


@pytest.mark.parametrize("variant", SEEING)
def test_a_level_shift_up_lies_above(variant: str) -> None:
    shift = next(iter(explained(variant).values()))
    assert shift.unsilenced > 0.15
    bands = [view for view in shift.views if view.expected]
    assert bands
    assert shift.direction in ("above", "pattern")
    assert "above" in {view.direction for view in bands}
    assert "below" not in {view.direction for view in bands if view.vote == bands[0].vote}


@pytest.mark.parametrize("variant", SEEING)
def test_a_spike_down_lies_below(variant: str) -> None:
    spike = explained(variant)[SPIKE]
    assert "below" in {view.direction for view in spike.views if view.kind in ("value", "mean")}
    if variant.startswith(("zhtm", "novelty", "seed", "column")):
        assert spike.direction == "below"
        assert spike.sentence.startswith("the value is -40; ")
        assert spike.sentence.endswith(" so it is below")


@pytest.mark.parametrize("variant", OF_BLOCKS)
def test_a_flat_piece_is_seen_by_blocks(variant: str) -> None:
    _, flat, _ = explained(variant).values()
    assert flat.unsilenced > 0.3
    assert flat.direction != "none"
    loud = [view for view in flat.views if view.evidence >= HIGH]
    assert len(loud) > 1
    assert {view.seen for view in loud if view.kind in ("high", "low") and view.scale <= 4} <= {60.0}
    assert flat.since == flat.views[0].since >= flat.views[0].scale > 1
    assert " of the last " in flat.sentence
    assert (" min" in flat.sentence) or (" h" in flat.sentence)


@pytest.mark.parametrize("variant", OF_BLOCKS)
def test_the_closest_values_seen(variant: str) -> None:
    """The band is that of all values before, whose gaps are small; its edges are exact on the value's side."""
    spike = explained(variant)[SPIKE]
    view = next(view for view in spike.views if view.source == "known")
    past = stream()[:SPIKE]
    assert view.expected is not None
    assert view.expected[0] == past.min()
    assert view.expected[1] <= past.max()
    assert view.expected[1] - view.expected[0] > 30.0
    assert (view.seen, view.vote, view.since) == (-40.0, spike.views[0].vote, 1)


def test_a_value_in_a_gap() -> None:
    """Values of 0 to 10 and 90 to 100: of 70 the closest are those of 90 and more, of 30 those up to 10."""
    rng = np.random.default_rng(1)
    values = np.concatenate((rng.uniform(0, 10, 300), rng.uniform(90, 100, 300)))
    for variant in ("zhtm", "zhtm-causal", "novelty", "novelty-causal"):
        for value, low, high, direction in ((70.0, 90.0, 100.0, "below"), (30.0, 0.0, 10.0, "above")):
            model = make(variant, 0.0, 100.0, 60)
            model.run(TIMES[:600], rng.permutation(values))
            model.step(TIMES[600], value)
            view = next(view for view in model.explain().views if view.source == "known")
            assert view.direction == direction
            assert view.expected == pytest.approx((low, high), abs=0.6)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_constant_stream(variant: str) -> None:
    model = make(variant, 5.0, 5.0, 30)
    for start in range(0, 400, 100):
        model.run(TIMES[start : start + 100], np.full(100, 5.0))
        explanation = model.explain()
    assert explanation.sentence == "nothing unusual: the value is 5"
    assert (explanation.direction, explanation.since) == ("none", 0)
    assert all(view.seen in (0.0, 5.0) for view in explanation.views)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_first_record(variant: str) -> None:
    model = make(variant)
    with pytest.raises(ValueError, match=r"^explain: expected a record first$"):
        model.explain()
    model.run([], [])
    with pytest.raises(ValueError, match="expected a record first"):
        model.explain()
    step = model.step(TIMES[0], 7.0)
    explanation = model.explain()
    assert (explanation.score, explanation.unsilenced) == (step.score, step.unsilenced)
    assert all(view.expected is None or view.expected[0] <= 7.0 <= view.expected[1] for view in explanation.views)


@pytest.mark.parametrize("variant", VARIANTS)
def test_for_json(variant: str) -> None:
    explanation = next(iter(explained(variant).values()))
    content = explanation.as_dict()
    assert json.loads(json.dumps(content, allow_nan=False)) == content
    assert content["sentence"] == explanation.sentence
    assert [view["name"] for view in content["views"]] == [view.name for view in explanation.views]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in PREDICTING])
def test_a_small_model(kind: str) -> None:
    """Of few cells, whose numbers take two bytes."""
    model = new_model(kind)
    for moment, value in zip(*records(0, 300), strict=True):
        step = model.step(moment, value)
        assert model.explain().score == step.score


@pytest.mark.parametrize("kind", ["region", "seed", "columns", "novelty"])
def test_a_range_far_too_small(kind: str) -> None:
    """Distances measured by it overflow; patterns that are stored are found all the same."""
    model = HTMModel(small(kind), 0.0, 1e-279, 60)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for start in range(0, 120, 4):
            model.run(TIMES[start : start + 4], [3e149, -1e150, 3e149, 7e149])
            explanation = model.explain()
            assert np.isfinite([view.expected for view in explanation.views if view.expected]).all()
    patterns = [view for view in explanation.views if view.source == "pattern"]
    assert all(view.expected and view.expected[0] <= view.seen <= view.expected[1] for view in patterns)


def test_the_prediction_error_is_that_of_a_column_that_predicts() -> None:
    """Not of one of values seen, though it comes first; and of the values that this one saw."""
    content = small("columns").model_dump(mode="json")
    content["columns"].reverse()
    content["anomaly"]["prediction_weight"] = 0.5
    model = HTMModel(ModelParams.model_validate(content), 0.0, 100.0, 60)
    model.run(*records(0, 300))
    known, *views = sorted(model.explain().views, key=lambda view: view.source)
    sequences = [view for view in views if view.source == "sequence"]
    prediction = next(view for view in views if view.source == "prediction")
    first = next(view for view in sequences if view.name == "mean 2 sequence")
    assert known.source == "known"
    assert (prediction.name, prediction.seen, prediction.stored) == (
        "mean 2 prediction error",
        first.seen,
        first.stored,
    )
    assert first.seen != known.seen
    assert first.stored != known.stored


@pytest.mark.parametrize("kind", ["region", "columns"])
def test_a_time_zone_is_that_of_the_wall_clock(kind: str, tmp_path: Path) -> None:
    """Aware timestamps are scored, explained and saved as those that a clock there shows."""
    (times, values), models = records(0, 200), (new_model(kind), new_model(kind))
    aware = times.tz_localize(timezone(timedelta(hours=7)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for i, value in enumerate(values.tolist()):
            steps = [model.step(at[i].to_pydatetime(), value) for model, at in zip(models, (times, aware), strict=True)]
            assert steps[0] == steps[1]
        assert models[0].explain() == models[1].explain()
        for number, model in enumerate(models):
            model.save(tmp_path / f"{number}.npz")
    assert (tmp_path / "0.npz").read_bytes() == (tmp_path / "1.npz").read_bytes()
    loaded = HTMModel.load(tmp_path / "1.npz")
    assert loaded.explain() == models[0].explain()


def test_chosen_records() -> None:
    """As a model asked after each step; numbers that are none of a record are refused."""
    model = make("zhtm")
    wanted = {3, 250, 251, 400}
    asked = {}
    for number in range(401):
        model.step(TIMES[number], float(stream()[number]))
        if number in wanted:
            asked[number] = model.explain()
    assert explain_records(make("zhtm"), TIMES, stream(), [400, 250, 3, 251, 3]) == asked
    with pytest.raises(ValueError, match="wanted: expected a whole number from 0 to 1999"):
        explain_records(make("zhtm"), TIMES, stream(), [2000])


@pytest.mark.parametrize("variant", VARIANTS)
@settings(max_examples=3, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    scale=st.sampled_from([1e-150, 1.0, 1e140]),
    probation=st.sampled_from([0, 1, 40, 150]),
    learn=st.booleans(),
)
def test_asking_changes_nothing(variant: str, seed: int, scale: float, probation: int, learn: bool) -> None:
    """On any stream: it does not fail, agrees with the vote, and the model goes on as if not asked."""
    rng = np.random.default_rng(seed)
    cycle = np.round(rng.normal(0, 1, rng.integers(2, 30)), 1)
    values = np.resize(cycle, 300) + rng.normal(0, 0.05, 300) * rng.integers(2)
    values[rng.integers(0, 300, 5)] *= 10.0 ** rng.integers(0, 9, 5)
    values = np.clip(values, -1e9, 1e9) * scale
    model, other = (make(variant, -scale, scale, probation) for _ in range(2))
    weighs = model.params.anomaly.prediction_weight > 0.0 and model.params.gate is None
    for start, stop in ((0, 195), *((i, i + 1) for i in range(195, 200)), (200, 300)):
        steps = model.run(TIMES[start:stop], values[start:stop], learn)
        before = digest(model)
        explanation = model.explain()
        assert digest(model) == before
        votes = [view for view in explanation.views if view.source != "range"]
        novelty = 1.0 - prod(1.0 - view.vote for view in votes if view.source != "prediction")
        assert novelty == pytest.approx(steps.novelty[-1], abs=1e-9)
        if weighs and len(votes) == len(explanation.views):
            assert 1.0 - prod(1.0 - view.vote for view in votes) == pytest.approx(explanation.unsilenced, abs=1e-9)
        assert explanation.score == steps.score[-1]
        assert explanation.silenced == steps.silenced[-1]
        for view in explanation.views:
            assert view.expected is None or view.expected[0] <= view.expected[1]
            outside = view.expected is None or not view.expected[0] <= view.seen <= view.expected[1]
            assert outside or view.evidence < HIGH
            assert (view.since > 0) == (view.evidence >= HIGH)
    assert other.run(TIMES[:300], values, learn).score[-100:].tolist() == steps.score.tolist()
    assert model.step(TIMES[0], 3.0) == other.step(TIMES[0], 3.0)
    assert model.explain() == other.explain()
