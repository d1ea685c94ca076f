"""The model: step equals run, bad input leaves no trace, unusual streams are accepted."""

from __future__ import annotations

import pickle
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import chain, pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from naive.baselines import refractory
from naive.likelihood import out_of_range
from numpy.typing import NDArray

from zhtm_detector.htm.model import HTMModel, Step, Steps
from zhtm_detector.htm.params import ModelParams, load_preset, preset_names

pytestmark = pytest.mark.compiled
PRESETS = preset_names()
# Not numenta, which is classic with other numbers.
VARIANTS = [*(name for name in PRESETS if name != "numenta"), "zhtm-causal", "novelty-causal", "classic-causal"]
NAMES = Step._fields
RECORDS = 600
PROBATION = 90


@cache
def stream() -> tuple[pd.DatetimeIndex, NDArray[np.float64]]:
    """Half-hourly load with a daily cycle, noise, a level shift and spikes beyond the range seen before."""
    rng = np.random.default_rng(7)
    hours = np.arange(RECORDS) / 2
    values = 50 + 20 * np.sin(2 * np.pi * hours / 24) + rng.normal(0, 1, RECORDS)
    values[400:430] += 15
    values[[250, 500]] = 140
    values.flags.writeable = False  # as the columns of pandas 3 are
    return pd.date_range("2026-01-01", periods=RECORDS, freq="30min"), values


def params_of(variant: str) -> ModelParams:
    params = load_preset(variant.removesuffix("-causal"))
    return params.model_copy(update={"causal": variant.endswith("-causal")})


def make(variant: str = "classic", seed: int = 42) -> HTMModel:
    _, values = stream()
    return HTMModel(params_of(variant), float(values.min()), float(values.max()), PROBATION, seed)


@cache
def whole(variant: str) -> Steps:
    return make(variant).run(*stream())


def columns(steps: Steps) -> list[list[Any]]:
    return [getattr(steps, name).tolist() for name in NAMES]


def from_steps(steps: list[Step]) -> list[list[Any]]:
    return [[getattr(step, name) for step in steps] for name in NAMES]


def joined(parts: list[Steps]) -> list[list[Any]]:
    return join(*map(columns, parts))


def join(*parts: list[list[Any]]) -> list[list[Any]]:
    return [list(chain(*column)) for column in zip(*parts, strict=True)]


@pytest.mark.parametrize("variant", VARIANTS)
def test_step_equals_run(variant: str) -> None:
    model = make(variant)
    steps = [model.step(timestamp, value) for timestamp, value in zip(*stream(), strict=True)]
    assert from_steps(steps) == columns(whole(variant))
    assert {type(step.score) for step in steps} == {float}
    assert {type(step.unsilenced) for step in steps} == {float}
    assert {type(step.out_of_range) for step in steps} == {type(step.silenced) for step in steps} == {bool}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("cuts", [[1], [0, 0, 599], [90, 91, 300], list(range(0, 600, 77))])
def test_runs_in_parts(variant: str, cuts: list[int]) -> None:
    model = make(variant)
    timestamps, values = stream()
    edges = [0, *cuts, RECORDS]
    parts = [model.run(timestamps[a:b], values[a:b]) for a, b in pairwise(edges)]
    assert joined(parts) == columns(whole(variant))


@pytest.mark.parametrize("variant", VARIANTS)
def test_steps_and_runs_mixed(variant: str) -> None:
    model = make(variant)
    timestamps, values = stream()
    first = model.run(timestamps[:300], values[:300])
    middle = from_steps([model.step(timestamps[i], values[i]) for i in range(300, 340)])
    last = model.run(timestamps[340:], values[340:])
    assert join(columns(first), middle, columns(last)) == columns(whole(variant))


@pytest.mark.parametrize("variant", VARIANTS)
def test_scores(variant: str) -> None:
    """In [0, 1] throughout; the first record is all new; learned records are less anomalous than new ones."""
    steps = whole(variant)
    for column in (steps.score, steps.raw, steps.likelihood, steps.novelty):
        assert column.dtype == np.float64
        assert column.min() >= 0.0
        assert column.max() <= 1.0
    assert steps.score.max() > 0.5
    if make(variant).params.causal:
        assert (steps.raw[:PROBATION] == 0.0).all()  # it has no range yet
        return  # and later none that a spike would leave by far
    assert steps.raw[0] == 1.0
    assert steps.raw[250] > steps.raw[PROBATION:240].mean()


def test_likelihood_and_range_rule() -> None:
    steps = whole("classic")
    assert set(steps.likelihood[:PROBATION].tolist()) == {0.5}
    assert len(set(steps.likelihood[PROBATION:].tolist())) > 50
    assert steps.out_of_range[250]
    assert steps.score[250] == 1.0
    assert not steps.out_of_range[500]  # 140 was seen before


def test_without_likelihood_and_range_rule() -> None:
    steps = whole("seed")
    assert steps.score.tolist() == steps.raw.tolist() == steps.likelihood.tolist()
    assert not steps.silenced.any()


@pytest.mark.parametrize("variant", VARIANTS)
def test_out_of_range_and_silenced(variant: str) -> None:
    """As their twins say, in every preset."""
    steps, model = whole(variant), make(variant)
    values, anomaly = stream()[1].tolist(), model.params.anomaly
    assert steps.out_of_range.tolist() == out_of_range(values, anomaly.value_range_tolerance or 0.0)
    assert steps.out_of_range[250]
    period = int((anomaly.refractory or 0.0) * PROBATION)
    assert steps.score.tolist() == refractory(steps.unsilenced.tolist(), period)
    assert steps.silenced.tolist() == (steps.score < steps.unsilenced).tolist()
    assert steps.silenced.any() == (period > 0)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_range_seen(variant: str) -> None:
    timestamps, values = stream()
    model = make(variant)
    assert model.seen_range is None
    model.run([], [])
    assert model.seen_range is None
    model.step(timestamps[0], 7.0)
    assert model.seen_range == (7.0, 7.0)
    model.run(timestamps, values)
    assert model.seen_range == (min(7.0, values.min()), 140.0)


def test_one_column_has_no_novelty() -> None:
    for variant in ("classic", "numenta", "seed", "classic-causal"):
        assert (whole(variant).novelty == 0.0).all()


@pytest.mark.parametrize("variant", ["novelty", "novelty-causal", "zhtm", "zhtm-causal"])
def test_the_score_is_the_novelty_gated_and_silenced(variant: str) -> None:
    steps = whole(variant)
    assert steps.novelty[0] == steps.score[0] == 0.0  # there is nothing yet to be compared with
    spoken = steps.score > 0.0
    assert 20 < spoken.sum() < (steps.novelty > 0.0).sum()
    assert (steps.score <= steps.novelty + 1e-15).all()
    if variant != "novelty-causal":  # a region's gate is off if causal
        assert (steps.score[spoken] < steps.novelty[spoken]).all()
    else:
        assert steps.score[spoken] == pytest.approx(steps.novelty[spoken], abs=1e-15)
    period = int(0.2 * PROBATION)
    for record in np.flatnonzero(spoken):
        assert (steps.score[max(0, record - period) : record] < steps.score[record]).all()
    assert steps.score[250] > 0.5


@pytest.mark.parametrize("variant", ["zhtm-causal", "novelty-causal", "classic-causal"])
@pytest.mark.parametrize("limits", [(0.0, 0.0), (-1e150, 1e150), (49.0, 50.0)])
def test_causal_models_ignore_the_range(variant: str, limits: tuple[float, float]) -> None:
    assert columns(HTMModel(params_of(variant), *limits, PROBATION).run(*stream())) == columns(whole(variant))


@pytest.mark.parametrize("variant", PRESETS)
def test_other_models_use_the_range(variant: str) -> None:
    assert columns(HTMModel(params_of(variant), -500.0, 500.0, PROBATION).run(*stream())) != columns(whole(variant))


@pytest.mark.parametrize("variant", [name for name in VARIANTS if name != "novelty-causal"])  # it has no region
def test_the_seed_decides(variant: str) -> None:
    timestamps, values = stream()
    got = [make(variant, seed).run(timestamps[:200], values[:200]).raw.tolist() for seed in (42, 42, 43)]
    assert got[0] == got[1] == whole(variant).raw[:200].tolist()
    assert got[0] != got[2]


def test_novelty_is_not_random() -> None:
    seeds = [make(variant, seed).run(*stream()) for variant in ("novelty", "novelty-causal") for seed in (1, 2)]
    assert seeds[0].novelty.tolist() == seeds[1].novelty.tolist()
    assert columns(seeds[2]) == columns(seeds[3])


def test_without_learning() -> None:
    """Nothing is ever predicted, and the model stays as it was built."""
    timestamps, values = stream()
    model = make()
    assert model.run(timestamps[:50], values[:50], learn=False).raw.tolist() == [1.0] * 50
    assert make().step(timestamps[0], values[0], learn=False) == make().step(timestamps[0], values[0])
    assert model.region is not None
    assert model.region.temporal_memory.segment_count == 0


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_records(variant: str) -> None:
    model = make(variant)
    timestamps, values = stream()
    assert columns(model.run(timestamps[:0], values[:0])) == [[]] * len(NAMES)
    assert columns(model.run([], [])) == [[]] * len(NAMES)
    assert columns(model.run(timestamps[:50], values[:50])) == [column[:50] for column in columns(whole(variant))]


BAD_VALUES = [float("nan"), float("inf"), float("-inf"), 1e300, -1e300]
BAD_TIMESTAMPS = ["no date", "", None, 17, pd.NaT, np.datetime64("NaT"), np.datetime64(0, "as"), "now"]
NO_VALUES: list[Any] = [
    True,
    np.True_,
    1j,
    10**400,
    "1.5",
    b"1",
    Fraction(1, 3),
    Decimal(1),
    np.timedelta64(1, "s"),
    np.ma.masked,
]
NO_RUNS: list[tuple[str, Any, Any]] = [
    ("timestamps", (moment for moment in ["2026-01-01"]), [1.0]),
    ("timestamps", {"2026-01-01"}, [1.0]),
    ("timestamps", None, [1.0]),
    ("values", ["2026-01-01"], (value for value in [1.0])),
    ("values", ["2026-01-01"], {1.0}),
    ("values", ["2026-01-01"], np.ma.masked_array([1.0], [True])),
    ("values", ["2026-01-01"], [1.0, 2.0]),
]


def assert_one_line(error: pytest.ExceptionInfo[ValueError]) -> None:
    message = str(error.value)
    assert message.strip()
    assert "\n" not in message
    assert "expected" in message


def assert_as_if_nothing_happened(model: HTMModel, variant: str) -> None:
    """The model saw the first 300 records and a bad one; the next 100 must come out as without it."""
    timestamps, values = stream()
    steps = [model.step(timestamps[i], values[i]) for i in range(300, 400)]
    assert from_steps(steps) == [column[300:400] for column in columns(whole(variant))]


def warm(variant: str) -> HTMModel:
    timestamps, values = stream()
    model = make(variant)
    model.run(timestamps[:300], values[:300])
    return model


@pytest.mark.parametrize("variant", VARIANTS)
def test_bad_values_leave_the_model_unchanged(variant: str) -> None:
    timestamps, values = stream()
    model = warm(variant)
    for bad in BAD_VALUES:
        with pytest.raises(ValueError, match=r"^value: expected a finite number") as error:
            model.step(timestamps[300], bad)
        assert_one_line(error)
        some = values[300:310].copy()
        some[3] = bad
        with pytest.raises(ValueError, match=r"^row 3: value: expected a finite number") as error:
            model.run(timestamps[300:310], some)
        assert_one_line(error)
    assert_as_if_nothing_happened(model, variant)


@pytest.mark.parametrize("variant", VARIANTS)
def test_bad_timestamps_leave_the_model_unchanged(variant: str) -> None:
    timestamps, values = stream()
    model = warm(variant)
    for bad in BAD_TIMESTAMPS:
        with pytest.raises(ValueError, match="timestamp: expected") as error:
            model.step(bad, values[300])
        assert_one_line(error)
        some = [*timestamps[300:303], bad, *timestamps[304:310]]
        with pytest.raises(ValueError, match="row 3: timestamp: expected") as error:
            model.run(some, values[300:310])
        assert_one_line(error)
    assert_as_if_nothing_happened(model, variant)


def test_what_is_no_number_or_no_flag_is_refused() -> None:
    timestamps, _ = stream()
    model = make("zhtm")
    before = pickle.dumps(model)
    for bad in NO_VALUES:
        with pytest.raises(ValueError, match=r"^value: expected a finite number from"):
            model.step(timestamps[0], bad)
        with pytest.raises(ValueError, match=r"^row 1: value: expected a finite number from"):
            model.run(timestamps[:2], [1.0, bad])
    with pytest.raises(ValueError, match=r"^learn: expected True or False, got 'x'$"):
        model.step(timestamps[0], 1.0, learn="x")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^learn: expected True or False, got 1$"):
        model.run(timestamps[:1], [1.0], learn=1)  # type: ignore[arg-type]
    for name, moments, values in NO_RUNS:
        with pytest.raises(ValueError, match=f"^{name}: expected "):
            model.run(moments, values)
    assert pickle.dumps(model) == before


def test_bad_shapes_leave_the_model_unchanged() -> None:
    timestamps, values = stream()
    model = warm("classic")
    for some in (values[300:309], values[300:310].reshape(5, 2), values[300:310].reshape(10, 1)):
        with pytest.raises(ValueError, match=r"^values: expected (10 of them|a 1-d sequence)") as error:
            model.run(timestamps[300:310], some)
        assert_one_line(error)
    assert_as_if_nothing_happened(model, "classic")


def test_kinds_of_timestamps() -> None:
    """Naive or aware, of any type: the wall clock counts."""
    timestamps, values = stream()
    expected = whole("classic").raw[:100].tolist()
    kinds: dict[str, Any] = {
        "index": timestamps[:100],
        "series": pd.Series(timestamps[:100]),
        "array": timestamps[:100].to_numpy(),
        "seconds": timestamps[:100].to_numpy().astype("datetime64[s]"),
        "datetimes": timestamps[:100].to_pydatetime().tolist(),
        "aware": timestamps[:100].tz_localize("America/New_York"),
        "aware series": pd.Series(timestamps[:100]).dt.tz_localize("Asia/Tokyo"),
        "strings": [str(timestamp) for timestamp in timestamps[:100]],
        "strings with a zone": [f"{timestamp}+09:00" for timestamp in timestamps[:100]],
    }
    for name, kind in kinds.items():
        assert make().run(kind, values[:100]).raw.tolist() == expected, name
        model = make()
        one_by_one = [model.step(timestamp, value).raw for timestamp, value in zip(kind, values[:100], strict=True)]
        assert one_by_one == expected, name


def test_kinds_of_values() -> None:
    timestamps, _ = stream()
    whole_numbers = [int(value) for value in stream()[1][:60]]
    expected = make().run(timestamps[:60], whole_numbers).score.tolist()
    for dtype in (np.int64, np.float64, np.int16):
        values = np.array(whole_numbers, dtype=dtype)
        assert make().run(timestamps[:60], values).score.tolist() == expected
        model = make()
        assert [model.step(*record).score for record in zip(timestamps[:60], values, strict=True)] == expected


def test_time_may_stand_still_and_go_back() -> None:
    """NAB's own files do; records are taken in the order given."""
    timestamps, values = stream()
    shuffled = timestamps[[*range(50), *range(50, 20, -1), *[20] * 20]]
    steps = make().run(shuffled, values[:100])
    assert np.isfinite(steps.score).all()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("constant", [0.0, 5.0, -1e150, 1e150])
def test_a_constant_stream(variant: str, constant: float) -> None:
    """A range of one value and a constant stream: soon nothing but the time of day is new."""
    timestamps, _ = stream()
    model = HTMModel(params_of(variant), minimum=constant, maximum=constant, probation=20)
    steps = model.run(timestamps[:300], np.full(300, constant))
    assert np.isfinite(steps.score).all()
    assert not steps.out_of_range.any()
    assert steps.raw[200:].mean() < 0.1
    assert steps.score[20:].max() < 0.5


@pytest.mark.parametrize("variant", VARIANTS)
def test_far_outside_of_the_range(variant: str) -> None:
    """The range is an expectation, not a limit; the largest values are accepted."""
    timestamps, values = stream()
    model = make(variant)
    wild = np.where(np.arange(100) % 10 == 9, 1e150, -1e150)
    steps = model.run(timestamps[:100], wild)
    assert np.isfinite(steps.score).all()
    narrow = HTMModel(params_of(variant), 0.0, 1e-300, 10).run(timestamps[:100], wild)
    assert np.isfinite(narrow.score).all()
    wide = HTMModel(params_of(variant), -1e150, 1e150, 0).run(timestamps[:100], values[:100])
    assert wide.raw[0] == (0.0 if variant.endswith("-causal") else 1.0)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("probation", [0, 1, 2, 5000])
def test_any_probation(variant: str, probation: int) -> None:
    timestamps, values = stream()
    steps = HTMModel(params_of(variant), 0.0, 150.0, probation).run(timestamps[:150], values[:150])
    assert np.isfinite(steps.score).all()
    assert steps.score.min() >= 0.0
    assert steps.score.max() <= 1.0
    model = HTMModel(params_of(variant), 0.0, 150.0, probation)
    one_by_one = [model.step(timestamps[i], values[i]) for i in range(150)]
    assert from_steps(one_by_one) == columns(steps)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("probation", [0, 1, 2, 3])
@pytest.mark.parametrize("pair", [[1.0, 2.0], [2.0, 2.0], [0.0, 5e-324], [1e150, -1e150]])
def test_two_records(variant: str, probation: int, pair: list[float]) -> None:
    timestamps, _ = stream()
    steps = HTMModel(params_of(variant), min(pair), max(pair), probation).run(timestamps[:2], pair)
    assert all(0.0 <= score <= 1.0 for score in steps.score)
    assert steps.novelty[0] == 0.0
    if variant.startswith(("zhtm", "novelty")) and pair[0] == pair[1]:
        assert steps.score.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("scale", [5e-324, 1e-310, 1e-160, 1e149])
def test_any_unit_of_values(variant: str, scale: float) -> None:
    timestamps, _ = stream()
    values = np.random.default_rng(1).integers(0, 9, 200) * scale
    steps = HTMModel(params_of(variant), 0.0, float(values.max()), 30).run(timestamps[:200], values)
    assert all(0.0 <= score <= 1.0 for score in steps.score)


@pytest.mark.parametrize("causal", ["", "-causal"])
def test_a_constant_stream_is_no_anomaly(causal: str) -> None:
    timestamps, _ = stream()
    values = np.full(RECORDS, 7.0)
    assert (HTMModel(params_of("novelty" + causal), 7.0, 7.0, 20).run(timestamps, values).score == 0.0).all()
    # To columns the time of day is news, less so the longer they have known the stream.
    columns = HTMModel(params_of("zhtm" + causal), 7.0, 7.0, 200)
    assert columns.run(timestamps, values).score.max() < 0.1


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_model_has_a_region_or_columns(variant: str) -> None:
    model = make(variant)
    if not variant.endswith("-causal"):
        assert (model.region is None) == (model.columns is not None)
    else:
        assert (model.region, model.columns) == (None, None)
        timestamps, values = stream()
        model.run(timestamps[:PROBATION], values[:PROBATION])
    assert (model.columns is not None) == variant.startswith(("zhtm", "column"))
    assert (model.region is not None) == (variant in ("classic", "classic-causal", "novelty", "seed"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"minimum": 2.0, "maximum": 1.0}, r"minimum: expected at most the maximum \(1.0\), got 2.0"),
        ({"minimum": float("nan")}, r"minimum: expected a finite number from -1e\+150 to 1e\+150, got nan"),
        ({"maximum": float("inf")}, r"maximum: expected a finite number from -1e\+150 to 1e\+150, got inf"),
        ({"minimum": -1e300}, r"minimum: expected a finite number from -1e\+150 to 1e\+150, got -1e[+]300"),
        ({"probation": -1}, "probation: expected a whole number from 0 to 16777216, got -1"),
        ({"seed": -1}, "seed: expected a whole number from 0 to 4294967295, got -1"),
        ({"minimum": True}, r"minimum: expected a finite number from -1e\+150 to 1e\+150, got True"),
        ({"probation": True}, "probation: expected a whole number from 0 to 16777216, got True"),
        ({"probation": 2**70}, f"probation: expected a whole number from 0 to 16777216, got {2**70}"),
        ({"seed": 2**70}, f"seed: expected a whole number from 0 to 4294967295, got {2**70}"),
        ({"seed": 1.5}, "seed: expected a whole number from 0 to 4294967295, got 1.5"),
        ({"params": {}}, "params: expected a ModelParams, got {}"),
    ],
)
def test_bad_arguments(change: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"params": ModelParams(), "minimum": 0.0, "maximum": 1.0, "probation": 10}
    with pytest.raises(ValueError, match=f"^{message}$"):
        HTMModel(**(arguments | change))
