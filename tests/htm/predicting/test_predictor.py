"""The predictor and `HTMModel.predict`."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import load_preset
from zhtm_detector.htm.predicting import Distribution, Predictor
from zhtm_detector.htm.predicting.buckets import Buckets
from zhtm_detector.htm.predicting.record_bits import BITS_OF_TIME, bits_of_values, record_bits
from zhtm_detector.htm.sdr import SDR

START = datetime(2026, 1, 5)
HOUR = 3_600_000_000


def fed(values: list[float], steps: tuple[int, ...] = (1, 3), history: int = 64) -> Predictor:
    predictor = Predictor(steps, cells=50, buckets=16, history=history)
    feed(predictor, values)
    return predictor


def feed(predictor: Predictor, values: list[float], first: int = 0) -> list[list[float]]:
    said = []
    for row, value in enumerate(values, first):
        sdr = SDR.of([row * 7 % 50, row * 11 % 50], size=50)
        predictor.compute(START + timedelta(hours=row), value, sdr)
        said.append(np.concatenate([one.probabilities for one in predictor.predict().values()]).tolist())
    return said


def wave(count: int, seed: int = 1) -> list[float]:
    rng = np.random.default_rng(seed)
    return (10.0 * np.sin(np.arange(count) / 24 * 2 * np.pi) + rng.normal(0.0, 0.5, count)).tolist()


def test_it_learns_a_cycle() -> None:
    predictor = Predictor((1, 5))
    for row in range(300):
        predictor.compute(START + timedelta(minutes=row), float(row % 7))
    for step, expected in predictor.predict().items():
        assert expected.median == pytest.approx((299 + step) % 7, abs=0.2)
        low, high = expected.interval(0.5)
        assert low <= expected.median <= high


@pytest.mark.compiled
def test_the_time_of_day_tells_what_the_value_does_not() -> None:
    predictor = Predictor((1,), history=1024)
    rng = np.random.default_rng(2)
    for row in range(24 * 40):
        predictor.compute(START + timedelta(hours=row), 100.0 * (row % 24 == 9) + rng.normal())
    before_nine = Predictor.predict(predictor)[1].median  # the last record was at 23:00
    for row in range(24 * 40, 24 * 40 + 9):
        predictor.compute(START + timedelta(hours=row), rng.normal())
    assert before_nine < 10.0 < predictor.predict()[1].mean


@pytest.mark.compiled
def test_cells_tell_what_the_value_does_not() -> None:
    coins = np.random.default_rng(2).integers(2, size=401)
    likely = {}
    for cells in (0, 2):
        predictor = Predictor((1,), cells=cells)
        for row in range(400):
            predictor.compute(START, float(coins[row]), SDR.of([coins[row + 1]], size=2) if cells else None)
        said = predictor.predict()[1]
        likely[cells] = said.probabilities[said.bucket(float(coins[400]))]
    assert likely[2] > 0.9 > 0.7 > likely[0]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-1e150, 1e150) | st.sampled_from([0.0, 1.0, 1e-300, 0.1]), min_size=1, max_size=40))
def test_every_stream_has_a_distribution_within_what_was_seen(values: list[float]) -> None:
    predictor = fed(values, history=16)
    for expected in predictor.predict().values():
        p = expected.probabilities
        assert p.sum() == pytest.approx(1.0) and p.min() > 0.0
        assert np.isfinite(expected.edges).all() and (np.diff(expected.edges) > 0.0).all()
        size = max(map(abs, values), default=0.0) * 1e-9
        assert expected.edges[0] <= min(values) + size and max(values) - size <= expected.edges[-1]
        ends = expected.edges[0], expected.edges[-1]
        assert ends[0] - size <= expected.mean <= ends[1] + size
        quantiles = [expected.quantile(share) for share in (0.0, 0.1, 0.5, 0.9, 1.0)]
        assert quantiles == sorted(quantiles) and (quantiles[0], quantiles[-1]) == ends


def test_no_prediction_depends_on_what_comes_later() -> None:
    values = wave(120)
    said = feed(Predictor((1, 3), cells=50, buckets=16, history=64), values)
    other = feed(Predictor((1, 3), cells=50, buckets=16, history=64), [*values[:70], *(9.0 * v for v in values[70:])])
    assert said[:70] == other[:70] and said[70:] != other[70:]


def test_it_is_bounded_and_without_learning_nothing_is_learned() -> None:
    predictor = fed(wave(300), history=40)
    assert len(predictor.state_arrays()["clock"]) == 40
    before = predictor.state_arrays()
    predictor.compute(START + timedelta(hours=300), 3.0, learn=False)
    after = predictor.state_arrays()
    names = [name for name in before if name.endswith((".weights", ".worth"))]
    assert len(names) == 2 * 6
    assert all(np.array_equal(before[name], after[name]) for name in names)


@pytest.mark.parametrize("cut", [0, 1, 3, 70])
def test_a_saved_one_goes_on_bit_for_bit(tmp_path: Path, cut: int) -> None:
    values = wave(cut + 40)
    predictor = fed(values[:cut])
    predictor.save(tmp_path / "one")
    loaded = Predictor.load(tmp_path / "one")
    assert feed(loaded, values[cut:], cut) == feed(predictor, values[cut:], cut)


@pytest.mark.parametrize(
    ("name", "spoiled"),
    [
        ("records", np.array([-1])),
        ("next_fit", np.array([3])),
        ("clock", np.zeros(3, dtype=np.int64)),
        ("value", np.full(30, np.inf)),
        ("active", np.full(30, 3)),
        ("cells", np.full(60, 50)),
        ("buckets.edges", np.zeros(17)),
        ("buckets.centers", np.full(16, 1e9)),
        ("3.said", np.ones((3, 5, 16))),
        ("1.worth", np.full(5, np.nan)),
    ],
)
def test_arrays_that_no_predictor_has_are_refused(name: str, spoiled: np.ndarray) -> None:
    predictor = fed(wave(30))
    arrays = predictor.state_arrays()
    assert name in arrays
    with pytest.raises(InputError, match=f"^here: {name}"):
        Predictor.from_content(predictor.settings(), arrays | {name: spoiled}, "here")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Predictor(()), "steps: expected 1 to 16 numbers, ascending"),
        (lambda: Predictor((5, 1)), "steps: expected 1 to 16 numbers, ascending"),
        (lambda: Predictor("15"), "steps: expected numbers of steps ahead"),
        (lambda: Predictor((0,)), "steps: expected"),
        (lambda: Predictor((1,), cells=-1), "cells: expected"),
        (lambda: Predictor((1,), buckets=1), "buckets: expected"),
        (lambda: Predictor((5,), history=5), "history: expected"),
        (lambda: Predictor().predict(), "predict: expected a record first"),
        (lambda: Predictor().compute(START, float("nan")), "value: expected"),
        (lambda: Predictor().compute("yesterday", 1.0), "row 0|timestamp"),
        (lambda: Predictor(cells=5).compute(START, 1.0, SDR.of([1], size=6)), "sdr: expected an SDR of 5 bits"),
        (lambda: Predictor().compute(START, 1.0, learn=1), "learn: expected"),  # type: ignore[arg-type]
    ],
)
def test_bad_input_is_refused(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=f"^({message})"):
        call()  # type: ignore[operator]


def test_two_buckets_are_enough_for_any_step() -> None:
    predictor = Predictor((1, 2, 5), buckets=2)
    for record in range(30):
        predictor.compute(START, float(record % 2))
    assert {step: round(said.mean) for step, said in predictor.predict().items()} == {1: 0, 2: 1, 5: 0}


def test_buckets_are_finer_where_values_lie_and_grow_at_the_ends() -> None:
    buckets = Buckets(8)
    values = np.concatenate([np.linspace(0.0, 1.0, 90), [100.0]])
    buckets.fit(values)
    widths = np.diff(buckets.edges)
    assert widths[0] < 1.0 < widths[-1]
    assert buckets.take(102.0) == 7 and buckets.outside == 0
    assert buckets.take(-50.0) == 0 and buckets.outside == 1
    assert (buckets.edges[0], buckets.edges[-1]) == (-50.0, 102.0)


def test_near_records_share_bits_and_far_ones_few() -> None:
    size = bits_of_values(64) + BITS_OF_TIME
    base = record_bits(30, 10 * HOUR, 64)
    assert len(base) == len(set(base.tolist())) == 16 and base.max() < size

    def shared(bucket: int, clock: int) -> int:
        return len(np.intersect1d(base, record_bits(bucket, clock, 64)))

    assert 16 > shared(31, 10 * HOUR) > shared(33, 10 * HOUR) > shared(60, 10 * HOUR)
    assert shared(30, 10 * HOUR + HOUR // 2) > shared(30, 11 * HOUR) > shared(30, 22 * HOUR)
    assert shared(30, (7 * 24 + 10) * HOUR) == 16 > shared(30, (24 + 10) * HOUR)


def test_a_distribution_in_numbers() -> None:
    one = Distribution(np.array([0.0, 2.0, 4.0]), np.array([1.0, 3.5]), np.array([0.5, 0.5]))
    assert (one.mean, one.median, one.interval(0.5)) == (2.25, 2.0, (1.0, 3.0))
    assert [one.bucket(value) for value in (-9.0, 0.0, 2.0, 4.0, 9.0)] == [0, 0, 1, 1, 1]
    with pytest.raises(ValueError, match=r"^share: expected"):
        one.quantile(1.5)


PRESETS = [("classic", True), ("zhtm", False), ("novelty", True)]


@pytest.mark.compiled
@pytest.mark.parametrize(("preset", "causal"), PRESETS)
def test_a_model_predicts_and_scores_as_without(preset: str, causal: bool, tmp_path: Path) -> None:
    params = load_preset(preset).model_copy(update={"causal": causal})
    values, cut = wave(90), 60
    times = [START + timedelta(hours=row) for row in range(len(values))]
    plain = HTMModel(params, -12.0, 12.0, 20)
    model = HTMModel(params, -12.0, 12.0, 20, predict_steps=(1, 2))
    steps = [model.step(*record) for record in zip(times[:cut], values[:cut], strict=True)]
    assert steps == [plain.step(*record) for record in zip(times[:cut], values[:cut], strict=True)]
    model.save(tmp_path / "model")
    loaded = HTMModel.load(tmp_path / "model")
    many = loaded.run(times[cut:], values[cut:])
    some = [model.step(*record) for record in zip(times[cut:], values[cut:], strict=True)]
    assert many.score.tolist() == [step.score for step in some]
    for step, expected in model.predict().items():
        assert loaded.predict()[step].probabilities.tolist() == expected.probabilities.tolist()
        assert abs(expected.median - 10.0 * np.sin((89 + step) / 24 * 2 * np.pi)) < 8.0


def test_a_model_without_steps_predicts_nothing_and_is_saved_as_ever() -> None:
    model = HTMModel(load_preset("classic"), 0.0, 1.0, 20)
    assert "predict_steps" not in model.settings()
    assert not any(name.startswith("predictor") for name in model.state_arrays())
    with pytest.raises(ValueError, match=r"^predict: expected a model with predict_steps"):
        model.predict()
    for steps in ("15", b"\1\5", (0,), 5, np.array(5), np.array([[1]])):
        with pytest.raises(ValueError, match=r"^predict_steps: expected"):
            HTMModel(load_preset("classic"), 0.0, 1.0, 20, predict_steps=steps)  # type: ignore[arg-type]
