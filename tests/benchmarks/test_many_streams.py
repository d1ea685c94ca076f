"""Speed of many models in one process over all their streams, and the memory of each stream."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import process_time
from typing import Any

import pytest
from benchmarks.model_pool import new_models, new_streams, resident_mib_per_stream, run_in_chunks
from pytest_benchmark.fixture import BenchmarkFixture

from zhtm_detector.bench.fresh_process import compile_model, in_fresh_process
from zhtm_detector.bench.timed_stream import TimedStream
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import ModelParams, load_preset

pytestmark = pytest.mark.benchmark(timer=process_time)

TOTAL = 20_000  # records of all streams together, at least
LEAST = 200  # records of each stream
ROUNDS = 3


@pytest.fixture
def params(preset: str) -> ModelParams:
    params = load_preset(preset)
    compile_model(params)
    return params


@pytest.fixture
def records_each(benchmark: BenchmarkFixture, streams: int) -> int:
    return LEAST if benchmark.disabled else max(LEAST, TOTAL // streams)


def test_chunks(
    benchmark: BenchmarkFixture,
    add_row: Callable[..., None],
    rate: Callable[[int], float | None],
    params: ModelParams,
    streams: int,
    records_each: int,
) -> None:
    all_streams = new_streams(streams, records_each)

    def setup() -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (new_models(all_streams, params), all_streams), {}

    benchmark.pedantic(run_in_chunks, setup=setup, rounds=ROUNDS)
    mib = in_fresh_process(resident_mib_per_stream, params, streams, records_each)
    speed = {"records each": records_each, "records/s": rate(streams * records_each)}
    add_row({**speed, "MiB per stream": mib, "streams per GiB": 1024 / mib if mib else None})


def test_one_by_one(
    benchmark: BenchmarkFixture,
    add_row: Callable[..., None],
    rate: Callable[[int], float | None],
    params: ModelParams,
    streams: int,
    records_each: int,
) -> None:
    all_streams: Sequence[TimedStream] = new_streams(streams, records_each)
    # Outside the timing, because a program that gets single records has them in this form.
    turns = list(zip(*(stream.records() for stream in all_streams), strict=True))

    def step_in_turn(models: Sequence[HTMModel]) -> None:
        for turn in turns:
            for model, (timestamp, value) in zip(models, turn, strict=True):
                model.step(timestamp, value)

    benchmark.pedantic(step_in_turn, setup=lambda: ((new_models(all_streams, params),), {}), rounds=ROUNDS)
    add_row({"records each": records_each, "records/s": rate(streams * records_each)})
