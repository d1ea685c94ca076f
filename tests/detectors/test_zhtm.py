"""ZhtmDetector under NAB's contract."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from zhtm_detector.common.errors import InputError
from zhtm_detector.detectors.base import OwnAnomalyDetector
from zhtm_detector.detectors.zhtm import ZhtmDetector
from zhtm_detector.htm.params import DEFAULT_PRESET, load_preset, preset_names

pytestmark = pytest.mark.compiled
RECORDS = 600


@dataclass
class DataSet:
    data: pd.DataFrame


def data_set(records: int = RECORDS) -> DataSet:
    rng = np.random.default_rng(11)
    hours = np.arange(records) / 2
    values = 50 + 20 * np.sin(2 * np.pi * hours / 24) + rng.normal(0, 1, records)
    times = pd.date_range("2026-01-01", periods=records, freq="30min")
    return DataSet(pd.DataFrame({"timestamp": times, "value": values}))


def make(params: Any = DEFAULT_PRESET, records: int = RECORDS, **more: Any) -> ZhtmDetector:
    detector = ZhtmDetector(data_set(records), 0.15, params=params, **more)
    detector.initialize()
    return detector


def records_of(detector: ZhtmDetector) -> list[dict[str, Any]]:
    """The arguments with which NAB calls handleRecord."""
    return [{str(name): value for name, value in row.items()} for row in detector.dataSet.data.to_dict("records")]


def test_columns() -> None:
    detector = make(records=20)
    assert detector.getAdditionalHeaders() == ["raw_score"]
    assert detector.getHeader() == ["timestamp", "value", "anomaly_score", "raw_score"]
    results = detector.run()
    assert list(results.columns) == detector.getHeader()
    pd.testing.assert_frame_equal(results[["timestamp", "value"]], detector.dataSet.data)


@pytest.mark.parametrize("preset", preset_names())
def test_handle_record_equals_run(preset: str) -> None:
    results = make(preset).run()
    detector = make(preset)
    rows = [detector.handleRecord(record) for record in records_of(detector)]
    assert {type(number) for row in rows for number in row} == {float}
    assert [row[0] for row in rows] == results["anomaly_score"].tolist()
    assert [row[1] for row in rows] == results["raw_score"].tolist()
    assert results["anomaly_score"].between(0.0, 1.0).all()


def test_run_equals_the_contracts_own_run() -> None:
    """Ours scores stretches of 1000 records; the base class calls handleRecord for each."""
    records = 2100
    told: list[int] = []
    detector = make(records=records)
    detector.on_progress = told.append
    expected = OwnAnomalyDetector.run(make(records=records))
    pd.testing.assert_frame_equal(detector.run(), expected, check_exact=True)
    assert told == [1000, 1000, 100]


def test_the_default_is_the_default_preset() -> None:
    detector = ZhtmDetector(dataSet=data_set(), probationaryPercent=0.15)
    assert detector.params == load_preset(DEFAULT_PRESET)
    assert detector.seed == 42


def test_params_by_name_or_as_they_are() -> None:
    params = load_preset("numenta")
    assert make("numenta").run().equals(make(params).run())
    assert not make("numenta").run().equals(make("classic").run())
    with pytest.raises(InputError, match=r"^preset 'classical': unknown; expected one of "):
        make("classical")


def test_seed() -> None:
    first, same, other = (make(seed=seed).run()["raw_score"].tolist() for seed in (1, 1, 2))
    assert first == same
    assert first != other


def test_pickled_before_initialize() -> None:
    """NAB sends a fresh detector to a worker, and calls initialize and run there."""
    fresh = ZhtmDetector(data_set(), 0.15, params="numenta", seed=5)
    sent = pickle.loads(pickle.dumps(fresh))
    sent.initialize()
    assert sent.run().equals(make("numenta", seed=5).run())
    assert not hasattr(fresh, "model")  # only initialize builds it


def test_initialize_starts_over() -> None:
    detector = make()
    first = detector.run()
    detector.initialize()
    assert detector.run().equals(first)


def test_range_and_probation_come_from_the_file() -> None:
    detector = make()
    values = detector.dataSet.data["value"]
    assert (detector.inputMin, detector.inputMax) == (values.min(), values.max())
    assert detector.probationaryPeriod == 90
    likelihoods = make("classic").model.run(detector.dataSet.data["timestamp"], values).likelihood
    assert set(likelihoods[:90].tolist()) == {0.5}
    assert likelihoods[90] != 0.5


def test_a_long_file() -> None:
    """NAB's probationary period is a float there: 750.0."""
    detector = make("classic", records=5200)
    assert detector.probationaryPeriod == 750.0
    scores = detector.run()["anomaly_score"]
    assert scores[:750].nunique() <= 2  # 0.5 on the log scale, or 1 for a value out of range
    assert scores[750:].nunique() > 100


@pytest.mark.parametrize("preset", ["zhtm", "novelty"])
def test_before_the_end_of_the_probation(preset: str) -> None:
    """Only new values count; after it blocks do as well."""
    params = load_preset(preset)
    detector = make(params, records=5200)
    timestamps, values = (detector.dataSet.data[name] for name in ("timestamp", "value"))
    steps = detector.model.run(timestamps, values)
    silent = tuple(group.model_copy(update={"calibration": None}) for group in params.columns)
    alone = make(params.model_copy(update={"block_novelty": None, "columns": silent}), records=5200)
    less = alone.model.run(timestamps, values).novelty
    assert (steps.novelty[:750] == less[:750]).all()
    assert (steps.novelty[750:] > less[750:]).sum() > 100
    assert ((steps.score > 0.0) <= (steps.novelty > 0.0)).all()


def test_whole_numbers_as_values() -> None:
    """NAB's files of counts have an integer column."""
    times = pd.date_range("2026-01-01", periods=50, freq="5min")
    data = DataSet(pd.DataFrame({"timestamp": times, "value": np.arange(50) % 7}))
    detector = ZhtmDetector(data, 0.15)
    detector.initialize()
    results = detector.run()
    assert results["value"].dtype.kind == "i"
    assert results["anomaly_score"].between(0.0, 1.0).all()


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1e300])
def test_a_bad_record_leaves_no_trace(bad: float) -> None:
    expected = make().run()["anomaly_score"].tolist()
    detector = make()
    records = records_of(detector)
    got = []
    for record in records[:200]:
        with pytest.raises(ValueError, match=r"^value: expected a finite number"):
            detector.handleRecord(record | {"value": bad})
        with pytest.raises(ValueError, match="timestamp: expected"):
            detector.handleRecord(record | {"timestamp": "?"})
        got.append(detector.handleRecord(record)[0])
    assert got == expected[:200]


@pytest.mark.parametrize("values", [[1.0, float("inf")], [1.0, 1e300], [float("nan"), float("nan")]])
def test_a_file_with_a_bad_range(values: list[float]) -> None:
    times = pd.date_range("2026-01-01", periods=2, freq="5min")
    detector = ZhtmDetector(DataSet(pd.DataFrame({"timestamp": times, "value": values})), 0.15)
    with pytest.raises(ValueError, match=r"^m(in|ax)imum: expected a finite number"):
        detector.initialize()


def test_a_constant_file() -> None:
    """Nothing is new but the time of day, which is little news."""
    times = pd.date_range("2026-01-01", periods=300, freq="5min")
    detector = ZhtmDetector(DataSet(pd.DataFrame({"timestamp": times, "value": 4.0})), 0.15)
    detector.initialize()
    assert detector.run()["anomaly_score"].max() < 0.25
