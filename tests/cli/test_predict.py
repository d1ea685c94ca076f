"""`zhtm predict`: a table beside naive forecasts, predictions as CSV, bad input in one line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from zhtm_detector.evaluation.forecasts import LAST, MODEL, Series, Tally, forecast_series
from zhtm_detector.evaluation.prediction_tables import losses
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import load_preset


@pytest.fixture(scope="module")
def metric(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("predict") / "metric.csv"
    times = pd.date_range("2026-01-05", periods=140, freq="h")
    values = np.round(10.0 + 5.0 * np.sin(np.arange(140) / 24 * 2 * np.pi), 3)
    path.write_text(
        "c0,c1\nkind,float\n" + "".join(f"{t:%m/%d/%y %H:%M},{v}\n" for t, v in zip(times, values, strict=True))
    )
    return path


OPTIONS = ("--timestamp", "c0", "--value", "c1", "--time-format", "%m/%d/%y %H:%M")


def test_it_prints_a_table_and_writes_what_is_expected(zhtm, metric: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    output = tmp_path / "expected.csv"
    done = zhtm(
        "predict",
        metric,
        *OPTIONS,
        "--bad",
        "skip",
        "--steps",
        "1,3",
        "--preset",
        "novelty",
        "--output",
        output,
        "--json",
    )
    rows = json.loads(done.out)["rows"]
    assert [(row["steps"], row["method"]) for row in rows[::5]] == [(1, "zhtm (novelty)"), (3, "zhtm (novelty)")]
    assert len(rows) == 10
    frame = pd.read_csv(output)
    assert list(frame)[:3] == ["timestamp", "value", "median_1"] and len(frame) == 140
    first = 21  # 15% of the records
    error = np.abs(frame["median_3"].to_numpy()[first - 3 : -3] - frame["value"].to_numpy()[first:])
    assert rows[5]["mae"] == pytest.approx(error.mean())
    last = np.abs(np.diff(frame["value"].to_numpy()))[first - 1 :]
    assert rows[2]["method"] == LAST and rows[2]["mae"] == pytest.approx(last.mean())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--steps", "0"), "--steps: expected 1 to 16 numbers from 1 to 1000, ascending, as 1,5, got '0'"),
        (("--steps", "5,1"), "--steps: expected"),
        (("--steps", "x"), "--steps: expected"),
        (("--probation", "200"), "metric.csv: expected more than 200 records, got 140"),
        (("--value", "c9"), "field 'c9': not there"),
        (("--bad", "error"), "line 2: field c0: expected a time of the form"),
    ],
)
def test_bad_input_is_one_line(zhtm, metric: Path, arguments: tuple[str, ...], message: str) -> None:  # type: ignore[no-untyped-def]
    done = zhtm("predict", metric, *OPTIONS, "--bad", "skip", *arguments)
    assert done.code == 2
    assert message in done.err and len(done.err.strip().splitlines()) == 1


def test_the_output_is_another_file_and_the_input_is_there(zhtm, metric: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    content = metric.read_bytes()
    (tmp_path / "there.csv").touch()
    for file, output, message in (
        (metric, metric, "expected another file than the input"),
        (tmp_path / "none.csv", tmp_path / "there.csv", "none.csv: "),
    ):
        done = zhtm("predict", file, *OPTIONS, "--output", output)
        assert done.code == 2
        assert message in done.err and len(done.err.strip().splitlines()) == 1
    assert metric.read_bytes() == content


def test_measures_by_hand() -> None:
    from zhtm_detector.evaluation.forecasts import Forecast

    tally = Tally()
    tally.add(Forecast(3.0, 2.0, 0.0, 5.0, lambda _: 0.5), 1.0)
    tally.add(Forecast(0.0, 0.0, 1.0, 2.0, lambda _: 0.125), 0.0)
    assert (tally.mae, tally.smape, tally.coverage) == (1.0, 50.0, 50.0)
    assert tally.rmse == pytest.approx(np.sqrt(0.5)) and tally.nll == pytest.approx(2.0 * np.log(2.0))


def test_the_seasons_look_a_day_and_a_week_back() -> None:
    hour = 3_600_000_000
    values = np.arange(200.0)
    series = Series("ramp", np.arange(200) * hour, values)
    params = load_preset("novelty").model_copy(update={"causal": True})
    tallies = forecast_series(series, HTMModel(params, 0.0, 0.0, 30, predict_steps=(2,)), 190, lambda *_: None)
    assert tallies[LAST, 2].mae == 2.0
    assert tallies["last day", 2].mae == 24.0
    assert tallies["last week", 2].mae == 168.0
    assert len(tallies[MODEL, 2].absolute) == 10
    assert (
        "ramp, 2 steps" not in losses({"ramp": {**tallies, (MODEL, 2): Tally([0.0], [0.0], [0.0], [0.0], [True])}})[0]
    )
