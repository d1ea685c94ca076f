"""Metrics of codes and of a temporal memory equal what is computed from all records at once."""

from __future__ import annotations

import math
import pickle
import re
from itertools import pairwise
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zhtm_detector
from zhtm_detector.htm import params
from zhtm_detector.htm.encoders import ScalarEncoder
from zhtm_detector.htm.metrics import SpatialPoolerMetrics, Summary, TemporalMemoryMetrics
from zhtm_detector.htm.params import TemporalMemoryParams
from zhtm_detector.htm.sdr import SDR
from zhtm_detector.htm.temporal_memory import TemporalMemory

SIZE = 10
codes = st.lists(st.sets(st.integers(0, SIZE - 1)), min_size=1, max_size=20)


def close(summary: Summary, numbers: list[float]) -> bool:
    if not numbers:
        return all(math.isnan(number) for number in summary)
    return summary == pytest.approx((min(numbers), fmean(numbers), pstdev(numbers), max(numbers)), abs=1e-12)


def bits_of(share: float) -> float:
    return -sum(part * math.log2(part) for part in (share, 1 - share) if part)


@given(codes)
def test_a_pooler_s_metrics(records: list[set[int]]) -> None:
    metrics = SpatialPoolerMetrics(SIZE)
    for record in records:
        metrics.add(SDR.of(sorted(record), SIZE))
    frequencies = [fmean(bit in record for record in records) for bit in range(SIZE)]
    pairs = list(pairwise(records))
    assert metrics.records == len(records)
    assert close(metrics.sparsity, [len(record) / SIZE for record in records])
    assert metrics.frequencies.tolist() == pytest.approx(frequencies)
    assert close(metrics.activation_frequency, frequencies)
    assert close(metrics.overlap, [len(a & b) / max(len(a), len(b)) for a, b in pairs if a or b])
    most = bits_of(fmean(frequencies))
    assert metrics.entropy == pytest.approx(fmean(map(bits_of, frequencies)) / most if most else 0.0)
    assert 0.0 <= metrics.entropy <= 1.0 + 1e-12


def test_entropy_is_highest_if_all_bits_are_used_equally_often() -> None:
    even, uneven = SpatialPoolerMetrics(4), SpatialPoolerMetrics(4)
    for record in range(4):
        even.add(SDR.of([record], 4))
        uneven.add(SDR.of([0], 4))
    assert even.entropy == pytest.approx(1.0)
    assert uneven.entropy == 0.0


def test_nothing_added_is_nan() -> None:
    metrics = SpatialPoolerMetrics(3)
    numbers = (metrics.entropy, *metrics.sparsity, *metrics.activation_frequency, *metrics.overlap)
    assert all(math.isnan(number) for number in numbers)


def test_metrics_keep_no_records() -> None:
    metrics, code = SpatialPoolerMetrics(SIZE), SDR.of([1, 2], SIZE)
    metrics.add(code)
    before = len(pickle.dumps(metrics))
    for _ in range(200):
        metrics.add(code)
    assert len(pickle.dumps(metrics)) < before + 40  # counters grow by bytes


def test_a_code_may_be_written_into_afterwards() -> None:
    metrics, code = SpatialPoolerMetrics(SIZE), SDR.of([1, 2], SIZE)
    metrics.add(code)
    code.indices[:] = [3, 4]
    metrics.add(SDR.of([1, 2], SIZE))
    assert metrics.overlap.mean == 1.0


@given(codes)
@settings(max_examples=25, deadline=None)
def test_a_memory_s_metrics(records: list[set[int]]) -> None:
    easy = TemporalMemoryParams(
        cells_per_column=2, activation_threshold=1, matching_threshold=1, initial_permanence=0.6
    )
    memory = TemporalMemory(SIZE, easy, np.random.default_rng(1))
    metrics = TemporalMemoryMetrics(memory)
    raws, predicted = [], []
    for record in records * 3:
        raws.append(memory.compute(SDR.of(sorted(record), SIZE)))
        metrics.add(raws[-1])
        predicted.append(len({int(cell) // 2 for cell in memory.predictive_cells}) / SIZE)
    assert metrics.records == len(raws)
    assert close(metrics.bursting, raws)
    assert close(metrics.predicted, predicted)
    into = [memory.synapses_into(cell) for cell in range(2 * SIZE)]
    assert metrics.segments == len({int(number) for each in into for number in each.segment})
    assert metrics.synapses == sum(len(each.segment) for each in into)
    assert metrics.connected_synapses == sum(int(each.connected.sum()) for each in into)


def test_reprs_are_short() -> None:
    pooler = SpatialPoolerMetrics(4)
    pooler.add(SDR.of([0], 4))
    assert repr(pooler) == (
        "SpatialPoolerMetrics(1 records; sparsity mean 0.25, sd 0, 0.25 to 0.25; "
        "frequency mean 0.25, sd 0.433, 0 to 1; entropy 0; overlap mean nan, sd nan, nan to nan)"
    )
    memory = TemporalMemory(4, TemporalMemoryParams(), np.random.default_rng(1))
    assert repr(TemporalMemoryMetrics(memory)).startswith("TemporalMemoryMetrics(0 records; 0 segments; 0 synapses, ")


@pytest.mark.compiled
def test_the_example_of_the_map_runs(capsys: pytest.CaptureFixture[str]) -> None:
    text = (Path(__file__).parents[2] / "zhtm_detector" / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    (example,) = [one for one in examples if "SpatialPoolerMetrics" in one]
    values = {"values": [1.0, 5.0] * 3, "encoder": ScalarEncoder(21, 100, 0.0, 9.0), "np": np, **vars(params)}
    names = ("SpatialPooler", "SpatialPoolerMetrics", "TemporalMemory", "TemporalMemoryMetrics")
    exec(example, values | {name: getattr(zhtm_detector, name) for name in names})
    printed = capsys.readouterr().out
    assert printed.startswith("SpatialPoolerMetrics(6 records; sparsity mean 0.0195")
    assert "SDR(" in printed and "Synapses(" in printed


def test_bad_calls_add_nothing() -> None:
    pooler = SpatialPoolerMetrics(4)
    memory = TemporalMemoryMetrics(TemporalMemory(4, TemporalMemoryParams(), np.random.default_rng(1)))
    for bad, message in (([1], r"^sdr: expected an SDR, got \[1\]$"), (SDR.of([1], 5), "^sdr: .* of 4 bits, got 5$")):
        with pytest.raises(ValueError, match=message):
            pooler.add(cast(Any, bad))
    for raw in (1.5, math.nan, True, "1"):
        with pytest.raises(ValueError, match=r"^raw: expected a finite number from 0 to 1, got "):
            memory.add(cast(Any, raw))
    with pytest.raises(ValueError, match=r"^memory: expected a TemporalMemory, got 3$"):
        TemporalMemoryMetrics(cast(Any, 3))
    with pytest.raises(ValueError, match=r"^columns: expected a whole number from 1 to "):
        SpatialPoolerMetrics(0)
    assert (pooler.records, memory.records) == (0, 0)
