"""Each kernel through the public class that runs it: 1000 records per round, after 2000 that it learns from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from zhtm_detector.bench.timed_stream import TimedStream
from zhtm_detector.htm.anomaly import AnomalyLikelihood, BlockNovelty, ValueNovelty
from zhtm_detector.htm.params import BlockNoveltyParams, ValueNoveltyParams, load_preset
from zhtm_detector.htm.region import Region
from zhtm_detector.nab.result_files import read_profiles
from zhtm_detector.nab.scoring import FileWindows, Ranking, rank, sweep

ROUNDS = 5
LEARNED = 2000


def timed(benchmark: BenchmarkFixture, setup: Callable[[], tuple[Any, ...]], work: Callable[..., object]) -> None:
    """Time each round on new parts because a kernel changes them."""
    benchmark.pedantic(work, setup=lambda: (setup(), {}), rounds=ROUNDS)


def region_of(stream: TimedStream, preset: str) -> Region:
    region = stream.model(load_preset(preset), seed=42).region
    assert region is not None
    return region


def bits_of(region: Region, stream: TimedStream) -> np.ndarray:
    return region.encoder.encode_many({"value": stream.values, "timestamp": stream.timestamps})


def test_encoders(benchmark: BenchmarkFixture, stream: TimedStream) -> None:
    region = region_of(stream, "classic")
    assert len(benchmark(bits_of, region, stream)) == len(stream)


def test_spatial_pooler(benchmark: BenchmarkFixture, stream: TimedStream) -> None:
    bits = bits_of(region_of(stream, "classic"), stream)

    def learned() -> tuple[Any, ...]:
        pooler = region_of(stream, "classic").spatial_pooler
        pooler.run(bits[:LEARNED])
        return pooler, bits[LEARNED:]

    timed(benchmark, learned, lambda pooler, rest: pooler.run(rest))


def test_temporal_memory(benchmark: BenchmarkFixture, stream: TimedStream, preset: str) -> None:
    region = region_of(stream, preset)
    columns, offsets = region.spatial_pooler.run(bits_of(region, stream))

    def learned() -> tuple[Any, ...]:
        memory = region_of(stream, preset).temporal_memory
        first = offsets[LEARNED]
        memory.run(columns[:first], offsets[: LEARNED + 1])
        return memory, columns[first:], offsets[LEARNED:] - first

    timed(benchmark, learned, lambda memory, all_columns, rest: memory.run(all_columns, rest))


def test_columns(benchmark: BenchmarkFixture, stream: TimedStream) -> None:
    def learned() -> tuple[Any, ...]:
        columns = stream.model(load_preset("zhtm"), seed=42).columns
        assert columns is not None
        columns.run(stream.timestamps[:LEARNED], stream.values[:LEARNED])
        return columns, stream.timestamps[LEARNED:], stream.values[LEARNED:]

    timed(benchmark, learned, lambda columns, *rest: columns.run(*rest))


def test_blocks(benchmark: BenchmarkFixture, stream: TimedStream) -> None:
    times, spans = np.arange(len(stream)) % 288 / 288, np.full(len(stream), 100.0)

    def learned() -> tuple[Any, ...]:
        novelty = BlockNovelty(BlockNoveltyParams(), stream.probation)
        novelty.run(stream.values[:LEARNED], times[:LEARNED], spans[:LEARNED])
        return novelty, stream.values[LEARNED:], times[LEARNED:], spans[LEARNED:]

    timed(benchmark, learned, lambda novelty, *rest: novelty.run(*rest))


def test_nearest(benchmark: BenchmarkFixture, stream: TimedStream) -> None:
    spans = np.full(len(stream), 100.0)

    def learned() -> tuple[Any, ...]:
        novelty = ValueNovelty(ValueNoveltyParams())
        novelty.run(stream.values[:LEARNED], spans[:LEARNED])
        return novelty, stream.values[LEARNED:], spans[LEARNED:]

    timed(benchmark, learned, lambda novelty, *rest: novelty.run(*rest))


def test_likelihood(benchmark: BenchmarkFixture, stream: TimedStream) -> None:
    raws = np.random.default_rng(3).random(len(stream))

    def learned() -> tuple[Any, ...]:
        likelihood = AnomalyLikelihood(stream.probation // 2, stream.probation // 2)
        likelihood.run(stream.values[:LEARNED], raws[:LEARNED])
        return likelihood, stream.values[LEARNED:], raws[LEARNED:]

    timed(benchmark, learned, lambda likelihood, *rest: likelihood.run(*rest))


@pytest.fixture(scope="module")
def ranking(stream: TimedStream) -> Ranking:
    spans = [(1000, 1100), (2000, 2100)]
    scores = np.random.default_rng(4).random(len(stream))
    return rank({stream.name: scores}, {stream.name: FileWindows.from_spans(stream.name, len(stream), spans)})


def test_sweep(benchmark: BenchmarkFixture, ranking: Ranking) -> None:
    profile = read_profiles()[0]
    assert len(benchmark(sweep, ranking, profile).scores) > 1
