"""A whole model: one record, and a file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from zhtm_detector.bench.timed_stream import TimedStream
from zhtm_detector.common.config import config_path
from zhtm_detector.detectors.base import PROBATIONARY_PERCENT
from zhtm_detector.detectors.data_file import DataFile
from zhtm_detector.detectors.zhtm import ZhtmDetector
from zhtm_detector.htm.params import load_preset
from zhtm_detector.nab.corpus import Corpus


@pytest.fixture(scope="module")
def data_file() -> DataFile:
    return Corpus(config_path() / "sample_corpus").load("sampleMachines/spikes.csv")


def test_step(benchmark: BenchmarkFixture, stream: TimedStream, preset: str) -> None:
    model = stream.model(load_preset(preset), seed=42)
    records: Iterator[tuple[Any, float]] = cycle(stream.records())
    for _ in range(1000):
        model.step(*next(records))
    # The stream continues from round to round, as in use.
    assert 0 <= benchmark(lambda: model.step(*next(records))).score <= 1


def test_file(benchmark: BenchmarkFixture, data_file: DataFile, preset: str) -> None:
    def built() -> tuple[tuple[ZhtmDetector], dict[str, Any]]:
        detector = ZhtmDetector(data_file, PROBATIONARY_PERCENT, preset)
        detector.initialize()
        return (detector,), {}

    results = benchmark.pedantic(ZhtmDetector.run, setup=built, rounds=3)
    assert len(results) == data_file.length
