"""NAB's four steps on one folder of the sample corpus, in one process."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from zhtm_detector.common.config import config_path
from zhtm_detector.detectors.names import choose_detectors
from zhtm_detector.nab.benchmark import Benchmark
from zhtm_detector.nab.choose_corpus import choose_corpus

FILES = "sampleDemand/*"
CHOICES = choose_detectors("nearestValue")  # the steps after detection cost the same for every detector


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Benchmark:
    """A results folder with everything that the later steps read."""
    benchmark = Benchmark(choose_corpus(config_path() / "sample_corpus", FILES), tmp_path_factory.mktemp("results"))
    assert not [row.error for row in benchmark.detect(CHOICES, seed=42, workers=1) if row.error]
    benchmark.optimize(["nearestValue"])
    benchmark.score(["nearestValue"])
    return benchmark


@pytest.mark.parametrize("detector", ["zhtm", "nearestValue"])
def test_detect(benchmark: BenchmarkFixture, tmp_path: Path, detector: str) -> None:
    steps = Benchmark(choose_corpus(config_path() / "sample_corpus", FILES), tmp_path)
    choices = choose_detectors(detector)
    rows = benchmark.pedantic(lambda: steps.detect(choices, seed=42, workers=1), rounds=3)
    assert len(rows) == 4


def test_optimize(benchmark: BenchmarkFixture, results: Benchmark) -> None:
    benchmark.pedantic(lambda: unread(results).optimize(["nearestValue"]), rounds=5)


def test_score(benchmark: BenchmarkFixture, results: Benchmark) -> None:
    benchmark.pedantic(lambda: unread(results).score(["nearestValue"]), rounds=5)


def test_normalize(benchmark: BenchmarkFixture, results: Benchmark) -> None:
    benchmark.pedantic(lambda: results.normalize(["nearestValue"]), rounds=5)


def unread(results: Benchmark) -> Benchmark:
    """Return a benchmark that has read nothing yet, so that each round reads the record scores, as the command does."""
    return Benchmark(results.chosen, results.results)
