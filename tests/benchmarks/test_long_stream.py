"""Speed and memory over one long stream, which must both level off.

Five million records of one preset take about an hour. The resident memory is that of the whole process, so this
benchmark should run alone:

    pytest tests/benchmarks/test_long_stream.py -n0 -k zhtm --records 5000000
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from time import process_time

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from zhtm_detector.bench.clock import cpu_seconds, per_second
from zhtm_detector.bench.fresh_process import compile_model
from zhtm_detector.bench.machine import pickled_mib, resident_mib
from zhtm_detector.bench.synthetic import SeasonalStream
from zhtm_detector.htm.params import load_preset

CHUNK = 10_000  # records in memory at a time
TENTHS = 10
SEED = 42


@pytest.mark.benchmark(timer=process_time)
def test_long_stream(benchmark: BenchmarkFixture, add_row: Callable[..., None], preset: str, records: int) -> None:
    params = load_preset(preset)
    compile_model(params)
    stream = SeasonalStream(SEED)
    model = stream.take(0).model(params, SEED)
    gc.collect()

    def run_tenths() -> None:
        done = 0
        for tenth in range(1, TENTHS + 1):
            start, end, seconds = done, records * tenth // TENTHS, 0.0
            while done < end:
                chunk = stream.take(min(CHUNK, end - done))
                seconds += cpu_seconds(lambda chunk=chunk: chunk.run(model))
                done += len(chunk)
            figures = {"records/s": per_second(done - start, seconds), "process, resident, MiB": resident_mib()}
            add_row({"records so far": done, **figures, "model, pickled, MiB": pickled_mib(model)})

    benchmark.pedantic(run_tenths)
