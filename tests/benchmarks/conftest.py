"""Benchmarks, timed by pytest-benchmark.

    pytest tests/benchmarks -n0
    pytest tests/benchmarks -n0 --benchmark-save=before     # before a change, and after it:
    pytest tests/benchmarks -n0 --benchmark-compare --benchmark-group-by=fullname --benchmark-columns=median,ops

Other figures than times, such as memory, are saved as `extra_info` and printed as Markdown tables at the end. Plain
`pytest` does not collect this folder; tests/bench/test_benchmarks_run.py runs each benchmark once, untimed and on the
smallest sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from zhtm_detector.bench.clock import per_second
from zhtm_detector.bench.synthetic import SeasonalStream
from zhtm_detector.bench.timed_stream import TimedStream
from zhtm_detector.common.tables import Column, DataTable

SIZES = {
    "columns": (1024, 2048, 4096, 8192, 16384),
    "cells": (8, 16, 32, 64),
    "streams": (1, 10, 50, 200),
}
RECORDS = 20_000
UNTIMED_RECORDS = 100
TABLES: pytest.StashKey[dict[str, list[dict[str, Any]]]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--records", type=int, help=f"Length of the stream in test_long_stream.py. Default: {RECORDS}.")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a benchmark on each size of the quantity it names; on the smallest only, where nothing is timed."""
    smallest = 1 if metafunc.config.getoption("benchmark_disable") else None
    for name, sizes in SIZES.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, sizes[:smallest])


@pytest.fixture(scope="session")
def stream() -> TimedStream:
    """A stream that is long enough for the temporal memory to learn something."""
    return SeasonalStream(seed=7).take(3000)


@pytest.fixture(params=["classic", "novelty"])
def preset(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def records(request: pytest.FixtureRequest, benchmark: BenchmarkFixture) -> int:
    """Length of the long stream."""
    return request.config.getoption("--records") or (UNTIMED_RECORDS if benchmark.disabled else RECORDS)


@pytest.fixture
def add_row(request: pytest.FixtureRequest, benchmark: BenchmarkFixture) -> Iterator[Callable[..., None]]:
    """Return a function that adds a row of figures, by the titles of their columns, to the table of the benchmark."""
    function = request.node.originalname
    tables = request.config.stash.setdefault(TABLES, {})
    added: list[dict[str, Any]] = []
    yield lambda figures: added.append(figures)
    benchmark.extra_info["figures"] = added
    tables.setdefault(function, []).extend({**request.node.callspec.params, **figures} for figures in added)


@pytest.fixture
def rate(benchmark: BenchmarkFixture) -> Callable[[int], float | None]:
    """Return a function that computes the records/s of the benchmark; None where it was not timed."""
    return lambda count: per_second(count, benchmark.stats.stats.median) if benchmark.stats else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.getoption("benchmark_disable"):
        return
    for function, rows in config.stash.get(TABLES, {}).items():
        columns = [Column(title, title, digits=1) for title in rows[0]]
        table = DataTable(function, columns, [list(row.values()) for row in rows])
        terminalreporter.write_line(f"\n{table.markdown()}")
