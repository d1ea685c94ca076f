"""Speed and memory of a model by its size: minicolumns, and cells per minicolumn. All else is the preset's."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from zhtm_detector.bench.machine import pickled_mib
from zhtm_detector.bench.synthetic import SeasonalStream
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import ModelParams, load_preset

pytestmark = pytest.mark.benchmark(timer=process_time)

RECORDS = 5000
ROUNDS = 3
SEED = 42

Measure = Callable[..., None]


@pytest.fixture
def measure(benchmark: BenchmarkFixture, add_row: Callable[..., None], rate: Callable[[int], float | None]) -> Measure:
    def measure(params: ModelParams, **figures: int) -> None:
        stream = SeasonalStream(SEED).take(100 if benchmark.disabled else RECORDS)
        model = stream.model(params, SEED)

        def new_model() -> tuple[tuple[HTMModel], dict[str, Any]]:
            nonlocal model
            model = stream.model(params, SEED)
            return (model,), {}

        # The first round may compile: other sizes can mean other types of integers.
        benchmark.pedantic(stream.run, setup=new_model, rounds=ROUNDS, warmup_rounds=1)
        add_row({**figures, "records/s": rate(len(stream)), "MiB, pickled": pickled_mib(model)})

    return measure


def changed(params: ModelParams, part: str, **changes: object) -> ModelParams:
    content = params.model_dump()
    content[part] |= changes
    return ModelParams.model_validate(content)


def test_columns(measure: Measure, preset: str, columns: int) -> None:
    params = load_preset(preset)
    pooler = params.spatial_pooler
    active = max(1, round(columns * pooler.active_columns / pooler.columns))  # the preset's density
    sizes = {"column_dimensions": (columns,), "input_dimensions": None, "active_columns": active}
    measure(changed(params, "spatial_pooler", **sizes), active=active)


def test_cells(measure: Measure, preset: str, cells: int) -> None:
    measure(changed(load_preset(preset), "temporal_memory", cells_per_column=cells))
