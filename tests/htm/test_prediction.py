"""The voters that predict, with a given range and without one."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from zhtm_detector.htm.columns import Columns
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import ModelParams, load_preset
from zhtm_detector.htm.prediction import Prediction
from zhtm_detector.htm.region import Region

pytestmark = pytest.mark.compiled
RECORDS = 300
WAIT = 144  # twelve days


def preset(name: str, **change: Any) -> ModelParams:
    return load_preset(name).model_copy(update=change)


@cache
def stream() -> tuple[pd.DatetimeIndex, NDArray[np.float64]]:
    """A cycle that is learned soon, then one that leaves the first records' range."""
    values = 50 + 20 * np.sin(2 * np.pi * np.arange(RECORDS) / 12)
    values[240:] *= 1.5
    return pd.date_range("2026-01-01", periods=RECORDS, freq="2h"), np.round(values, 6)


def predict(limits: tuple[float, float] | None, probation: int = WAIT, learn: bool = True) -> NDArray[np.float64]:
    return Prediction(load_preset("classic"), limits, probation, 42).run(*stream(), learn).raw


def test_the_raw_score_is_0_until_the_range_is_known() -> None:
    raw = predict(None)
    assert (raw[:WAIT] == 0.0).all()
    assert (raw[WAIT:] > 0.0).any()


def test_with_a_range_it_scores_at_once() -> None:
    assert predict((30.0, 70.0))[0] == 1.0


def test_the_range_is_that_of_the_buffered_records() -> None:
    """As if that range had been given, from the record after them on."""
    first = stream()[1][:WAIT]
    given = predict((float(first.min()), float(first.max())))
    assert predict(None)[WAIT:].tolist() == given[WAIT:].tolist()
    whole = stream()[1]
    assert predict((float(whole.min()), float(whole.max())))[WAIT:].tolist() != given[WAIT:].tolist()


def test_it_learns_from_the_buffered_records() -> None:
    """The cycle is known when the range is; a model that starts to learn then knows nothing."""
    assert predict(None)[WAIT : WAIT + 12].mean() < 0.5
    timestamps, values = stream()
    late = Prediction(load_preset("classic"), (30.0, 70.0), WAIT, 42)
    late.run(timestamps[:WAIT], values[:WAIT], learn=False)
    assert late.run(timestamps[WAIT : WAIT + 12], values[WAIT : WAIT + 12], learn=True).raw.mean() == 1.0


@pytest.mark.parametrize("probation", [0, 1, 2, 17, WAIT, RECORDS - 1, RECORDS, RECORDS + 1])
@pytest.mark.parametrize("cut", [0, 1, WAIT - 1, WAIT, WAIT + 1, RECORDS - 1])
def test_records_one_by_one_and_at_once(probation: int, cut: int) -> None:
    timestamps, values = stream()
    voter = Prediction(load_preset("classic"), None, probation, 42)
    single = [voter.run(timestamps[i : i + 1], values[i : i + 1], True).raw[0] for i in range(cut)]
    rest = voter.run(timestamps[cut:], values[cut:], True)
    assert [*single, *rest.raw.tolist()] == predict(None, probation).tolist()
    assert (voter.source is None) == (probation > RECORDS)


def test_without_probation_it_buffers_one_record() -> None:
    assert predict(None, 0).tolist() == predict(None, 1).tolist()
    assert predict(None, 0)[:2].tolist() == [0.0, 1.0]


def test_records_that_came_without_learning_are_not_learned_late() -> None:
    timestamps, values = stream()
    voter = Prediction(load_preset("classic"), None, WAIT, 42)
    voter.run(timestamps[: WAIT - 1], values[: WAIT - 1], learn=False)
    voter.run(timestamps[WAIT - 1 : WAIT], values[WAIT - 1 : WAIT], True)
    given = Prediction(load_preset("classic"), (30.0, 70.0), WAIT, 42)
    given.run(timestamps[: WAIT - 1], values[: WAIT - 1], learn=False)
    given.run(timestamps[WAIT - 1 : WAIT], values[WAIT - 1 : WAIT], True)
    rest = [one.run(timestamps[WAIT:], values[WAIT:], learn=True).raw for one in (voter, given)]
    assert rest[0].tolist() == rest[1].tolist()
    assert rest[0][:12].mean() == 1.0


def test_buffered_timestamps_may_be_of_mixed_types() -> None:
    timestamps, values = stream()
    voter = Prediction(load_preset("classic"), None, WAIT, 42)
    kinds = (str, pd.Timestamp, pd.Timestamp.to_pydatetime, pd.Timestamp.to_datetime64)
    for i in range(WAIT):
        voter.run([kinds[i % 4](timestamps[i])], values[i : i + 1], True)
    assert voter.run(timestamps[WAIT:], values[WAIT:], True).raw.tolist() == predict(None)[WAIT:].tolist()


# In the model


def test_the_likelihood_learns_from_buffered_records() -> None:
    """As if the range had been given."""
    timestamps, values = stream()
    first = values[:WAIT]
    causal = HTMModel(preset("classic", causal=True), 0.0, 1.0, WAIT).run(timestamps, values)
    given = HTMModel(preset("classic"), float(first.min()), float(first.max()), WAIT).run(timestamps, values)
    assert causal.likelihood.tolist() == given.likelihood.tolist()
    assert set(causal.likelihood[:WAIT].tolist()) == {0.5}
    assert len(set(causal.likelihood[WAIT:].tolist())) > 30
    assert causal.score[WAIT:].tolist() == given.score[WAIT:].tolist()


def test_a_regions_gate_is_off_if_causal() -> None:
    timestamps, values = stream()
    gated = HTMModel(preset("novelty", causal=True), 0.0, 1.0, WAIT).run(timestamps, values)
    anomaly = load_preset("novelty").anomaly.model_copy(update={"gate": None})
    without = HTMModel(preset("novelty", causal=True, anomaly=anomaly), 0.0, 1.0, WAIT).run(timestamps, values)
    assert gated.score.tolist() == without.score.tolist()
    offline, ungated = (
        HTMModel(params, float(values.min()), float(values.max()), WAIT).run(timestamps, values).score.tolist()
        for params in (preset("novelty"), preset("novelty", anomaly=anomaly))
    )
    assert offline != ungated


def test_the_gate_of_columns_stays_on_if_causal() -> None:
    """Their resolution is fine enough for a stream that leaves the first records' range."""
    anomaly = load_preset("zhtm").anomaly.model_copy(update={"gate": None})
    gated, ungated = (
        HTMModel(load_preset("zhtm").model_copy(update=change), 0.0, 1.0, WAIT).run(*stream())
        for change in ({"causal": True}, {"causal": True, "anomaly": anomaly})
    )
    assert gated.novelty.tolist() == ungated.novelty.tolist()
    assert (gated.score <= ungated.score).all()
    assert (gated.score < ungated.score).any()


@pytest.mark.parametrize(("name", "kind"), [("classic", Region), ("novelty", Region), ("zhtm", Columns)])
def test_the_source_is_a_region_or_columns(name: str, kind: type) -> None:
    assert type(Prediction(load_preset(name), (0.0, 1.0), WAIT, 42).source) is kind
    late = Prediction(load_preset(name), None, WAIT, 42)
    timestamps, values = stream()
    late.run(timestamps[: WAIT - 1], values[: WAIT - 1], True)
    assert late.source is None
    late.run(timestamps[WAIT - 1 : WAIT], values[WAIT - 1 : WAIT], True)
    assert isinstance(late.source, kind)


@pytest.mark.parametrize("cut", [1, WAIT - 1, WAIT, WAIT + 1])
def test_columns_one_by_one_and_at_once(cut: int) -> None:
    """Evidence as well: a row for the prediction error and one for each group."""
    timestamps, values = stream()
    voter, other = (Prediction(load_preset("zhtm"), None, WAIT, 42) for _ in range(2))
    single = [voter.run(timestamps[i : i + 1], values[i : i + 1], True) for i in range(cut)]
    parts = [*single, voter.run(timestamps[cut:], values[cut:], True)]
    whole = other.run(timestamps, values, True)
    assert np.concatenate([part.raw for part in parts]).tolist() == whole.raw.tolist()
    assert np.concatenate([part.evidence for part in parts], axis=1).tolist() == whole.evidence.tolist()
    assert whole.evidence.shape == (3, RECORDS)
    assert (whole.evidence[:, :WAIT] == 0.0).all()
    assert (whole.evidence[1:, WAIT:].max(axis=1) > 0.0).all()


def test_no_region_if_nothing_needs_it() -> None:
    anomaly = load_preset("novelty").anomaly
    needed = {
        "gate": preset("novelty"),
        "vote": preset("novelty", anomaly=anomaly.model_copy(update={"gate": None, "prediction_weight": 0.1})),
    }
    for name, params in needed.items():
        assert HTMModel(params, 0.0, 1.0, WAIT).region is not None, name
    idle = {
        "causal": preset("novelty", causal=True),
        "no gate": preset("novelty", anomaly=anomaly.model_copy(update={"gate": None})),
    }
    for name, params in idle.items():
        model = HTMModel(params, 30.0, 70.0, WAIT)
        steps = model.run(*stream())
        assert model.region is None, name
        assert (steps.raw == 0.0).all()
        assert steps.score.max() > 0.0
        assert model.step(stream()[0][-1], 50.0).raw == 0.0


def test_the_prediction_can_take_part_in_the_vote() -> None:
    timestamps, values = stream()
    anomaly = load_preset("novelty").anomaly
    votes = [
        HTMModel(
            preset("novelty", anomaly=anomaly.model_copy(update={"prediction_weight": weight, "refractory": None})),
            float(values.min()),
            float(values.max()),
            WAIT,
        ).run(timestamps, values)
        for weight in (0.0, 0.3, 1.0)
    ]
    for less, more in pairwise(votes):
        assert (more.score >= less.score).all()
        assert (more.score > less.score).any()
    assert (votes[0].novelty == votes[2].novelty).all()
