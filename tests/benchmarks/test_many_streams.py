"""Speed of many models in one process over all their streams, and the memory of each stream."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
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
def all_streams(benchmark: BenchmarkFixture, streams: int) -> list[TimedStream]:
    return new_streams(streams, LEAST if benchmark.disabled else max(LEAST, TOTAL // streams))


@pytest.fixture
def measure(
    benchmark: BenchmarkFixture,
    rate: Callable[[int], float | None],
    params: ModelParams,
    all_streams: list[TimedStream],
) -> Iterator[Callable[[Callable[[list[HTMModel]], None]], dict[str, Any]]]:
    """Time a function on new models; returns figures."""
    models: list[HTMModel] = []

    def drop_models() -> None:
        models.clear()
        gc.collect()  # 200 models are gigabytes

    def setup() -> None:
        drop_models()
        models.extend(new_models(all_streams, params))

    def measure(work: Callable[[list[HTMModel]], None]) -> dict[str, Any]:
        benchmark.pedantic(lambda: work(models), setup=setup, rounds=ROUNDS)
        records = len(all_streams[0])
        return {"records each": records, "records/s": rate(records * len(all_streams))}

    yield measure
    drop_models()


def test_chunks(
    measure: Callable[..., dict[str, Any]],
    add_row: Callable[..., None],
    params: ModelParams,
    all_streams: list[TimedStream],
) -> None:
    figures = measure(lambda models: run_in_chunks(models, all_streams))
    mib = in_fresh_process(resident_mib_per_stream, params, len(all_streams), len(all_streams[0]))
    add_row({**figures, "MiB per stream": mib, "streams per GiB": 1024 / mib if mib else None})


def test_one_by_one(
    measure: Callable[..., dict[str, Any]], add_row: Callable[..., None], all_streams: list[TimedStream]
) -> None:
    # Outside the timing, because a program that gets single records has them in this form.
    turns = list(zip(*(stream.records() for stream in all_streams), strict=True))

    def step_in_turn(models: list[HTMModel]) -> None:
        for turn in turns:
            for model, (timestamp, value) in zip(models, turn, strict=True):
                model.step(timestamp, value)

    add_row(measure(step_in_turn))
