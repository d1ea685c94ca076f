"""No detector looks ahead: cutting a file off, or changing its future, changes no score before the cut.

NAB tells every detector the range of values and the probationary period of the whole file, so they stay fixed here. For
causal variants, which must not use the range, it changes with the future.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zhtm_detector.detectors.base import OwnAnomalyDetector
from zhtm_detector.detectors.baselines import BASELINES
from zhtm_detector.detectors.zhtm import ZhtmDetector
from zhtm_detector.htm.model import HTMModel, Step
from zhtm_detector.htm.params import load_preset, preset_names

pytestmark = pytest.mark.compiled
RECORDS = 600
CAUSAL = {
    f"zhtm-{preset}-causal": load_preset(preset).model_copy(update={"causal": True})
    for preset in ("zhtm", "novelty", "column", "classic")
}
DETECTORS: dict[str, Callable[..., OwnAnomalyDetector]] = {
    **BASELINES,
    **{f"zhtm-{preset}": partial(ZhtmDetector, params=preset) for preset in preset_names()},
    **{name: partial(ZhtmDetector, params=params) for name, params in CAUSAL.items()},
}


@dataclass
class DataSet:
    data: pd.DataFrame


@cache
def stream() -> pd.DataFrame:
    """Half-hourly values with a daily cycle, a spike, a level shift and a constant stretch."""
    rng = np.random.default_rng(3)
    hours = np.arange(RECORDS) / 2
    values = 50 + 20 * np.sin(2 * np.pi * hours / 24) + rng.normal(0, 1, RECORDS)
    values[200:240] = 33.0
    values[[280, 450]] = 170
    values[400:] += 15
    return pd.DataFrame({"timestamp": pd.date_range("2026-01-01", periods=RECORDS, freq="30min"), "value": values})


def scores(name: str, data: pd.DataFrame) -> pd.DataFrame:
    """All result columns. The detector is told the range of the whole stream; a causal one, of the given part only."""
    detector = DETECTORS[name](DataSet(stream()), 0.15)
    detector.dataSet = DataSet(data)
    if name in CAUSAL:
        detector.inputMin, detector.inputMax = data["value"].min(), data["value"].max()
    detector.initialize()
    return detector.run()


@cache
def whole(name: str) -> pd.DataFrame:
    return scores(name, stream())


def assert_same_past(name: str, got: pd.DataFrame, cut: int) -> None:
    pd.testing.assert_frame_equal(got[:cut], whole(name)[:cut], check_exact=True)


@pytest.mark.parametrize("name", DETECTORS)
@settings(max_examples=8, deadline=None)
@given(cut=st.integers(1, RECORDS - 1))
@example(cut=1)
@example(cut=90)
@example(cut=281)
def test_cutting_the_future_off(name: str, cut: int) -> None:
    assert_same_past(name, scores(name, stream()[:cut]), cut)


@pytest.mark.parametrize("name", DETECTORS)
@settings(max_examples=5, deadline=None)
@given(cut=st.integers(1, RECORDS - 1), seed=st.integers(0, 2**32 - 1))
def test_another_future(name: str, cut: int, seed: int) -> None:
    """Other values, also far out of range, and other times."""
    other = stream().copy()
    rng = np.random.default_rng(seed)
    other.loc[cut:, "value"] = rng.normal(0, 10.0 ** rng.integers(0, 6), RECORDS - cut)
    other.loc[cut:, "timestamp"] = other["timestamp"][cut:] + pd.Timedelta(hours=7)
    assert_same_past(name, scores(name, other), cut)


@pytest.mark.parametrize("name", CAUSAL)
@pytest.mark.parametrize("probation", [0, 1, 50, 700])
@settings(max_examples=5, deadline=None)
@given(cut=st.integers(1, RECORDS - 1), limits=st.tuples(st.floats(-1e9, 0), st.floats(0, 1e9)))
def test_a_causal_model_ignores_the_range(name: str, probation: int, cut: int, limits: tuple[float, float]) -> None:
    """All outputs of the model, for any range and any end of the stream."""
    timestamps, values = stream()["timestamp"], stream()["value"].to_numpy()
    expected = HTMModel(CAUSAL[name], float(values.min()), float(values.max()), probation).run(timestamps, values)
    got = HTMModel(CAUSAL[name], *limits, probation).run(timestamps[:cut], values[:cut])
    for field in Step._fields:
        np.testing.assert_array_equal(getattr(got, field), getattr(expected, field)[:cut])


def test_the_range_matters_unless_causal() -> None:
    """Otherwise the tests of the causal variants would compare nothing."""
    detectors = [DETECTORS[name](DataSet(stream()), 0.15) for name in ("zhtm-zhtm", "zhtm-zhtm-causal")]
    narrow = []
    for detector in detectors:
        detector.inputMax = 100.0
        detector.initialize()
        narrow.append(detector.run()["anomaly_score"].tolist())
    assert narrow[0] != whole("zhtm-zhtm")["anomaly_score"].tolist()
    assert narrow[1] == whole("zhtm-zhtm-causal")["anomaly_score"].tolist()


@pytest.mark.parametrize("name", DETECTORS)
def test_the_scores_do_depend_on_the_past(name: str) -> None:
    """Otherwise the tests above would compare nothing."""
    assert whole(name)["anomaly_score"].nunique() > (0 if name == "null" else 1)
    if name not in ("null", "random"):
        backwards = stream().assign(value=stream()["value"].to_numpy()[::-1].copy())
        assert scores(name, backwards)["anomaly_score"].tolist() != whole(name)["anomaly_score"].tolist()
