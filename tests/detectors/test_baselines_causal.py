"""No baseline looks ahead: cutting the future off changes no past score, as long as the range is the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhtm_detector.detectors.baselines import BASELINES, Baseline

RECORDS = 400
VALUES = st.lists(st.one_of(st.sampled_from([0.0, 1.0, 5.0]), st.floats(-1e6, 1e6)), min_size=RECORDS, max_size=RECORDS)


@dataclass
class DataSet:
    data: pd.DataFrame


def start(name: str, values: list[float]) -> Baseline:
    """A detector that is told the length and range of the whole stream, as NAB does."""
    times = pd.date_range("2024-01-01", periods=RECORDS, freq="5min")
    detector = BASELINES[name](DataSet(pd.DataFrame({"timestamp": times, "value": values})), 0.15)
    detector.initialize()
    return detector


@pytest.mark.parametrize("name", BASELINES)
@settings(max_examples=20, deadline=None)
@given(values=VALUES, cut=st.integers(0, RECORDS), seed=st.integers(0, 2**32 - 1))
def test_the_future_changes_no_past_score(name: str, values: list[float], cut: int, seed: int) -> None:
    whole = start(name, values).scores(values)
    assert start(name, values).scores(values[:cut]).tolist() == whole[:cut].tolist()
    other = [*values[:cut], *(np.random.default_rng(seed).random(RECORDS - cut) * 1e6)]
    assert start(name, values).scores(other)[:cut].tolist() == whole[:cut].tolist()


@pytest.mark.parametrize("name", ["null", "random", "valueRange", "windowedGaussian"])
@settings(max_examples=20, deadline=None)
@given(values=VALUES, cut=st.integers(2, RECORDS))
def test_the_range_does_not_matter(name: str, values: list[float], cut: int) -> None:
    times = pd.date_range("2024-01-01", periods=cut, freq="5min")
    shorter = BASELINES[name](DataSet(pd.DataFrame({"timestamp": times, "value": values[:cut]})), 0.15)
    shorter.initialize()
    assert shorter.scores(values[:cut]).tolist() == start(name, values).scores(values)[:cut].tolist()
