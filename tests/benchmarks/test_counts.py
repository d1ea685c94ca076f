"""The work of the temporal memory per record: counted, not timed. The time is mostly that of counting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, fields

import numpy as np
from benchmarks.mirror import Mirror, Work
from pytest_benchmark.fixture import BenchmarkFixture

from zhtm_detector.bench.plan import BenchPlan
from zhtm_detector.bench.subject import choose_subject
from zhtm_detector.bench.timed_stream import TimedStream
from zhtm_detector.htm.params import load_preset

RECORDS = 2000
TITLES = {"synapse_visits": "synapse visits (fan-out entries scanned)"}


def test_counts(benchmark: BenchmarkFixture, add_row: Callable[..., None], preset: str) -> None:
    """Count over the first records of NAB's nyc_taxi, or of the longest file of another corpus."""
    params = load_preset(preset)
    subject = choose_subject(BenchPlan({preset: params}))
    stream = TimedStream.of(subject.files[0])
    model = stream.model(params, subject.plan.seed)
    assert model.region is not None
    mirror = Mirror(model.region.temporal_memory)
    counted: list[Work] = []

    def count() -> None:
        for timestamp, value in stream.records()[: 50 if benchmark.disabled else RECORDS]:
            model.step(timestamp, value)
            counted.append(mirror.follow())

    benchmark.pedantic(count)
    benchmark.extra_info["file"] = stream.name
    table = np.array([astuple(work) for work in counted], dtype=np.float64)
    for field, column in zip(fields(Work), table.T, strict=True):
        title = TITLES.get(field.name, field.name.replace("_", " "))
        figures = {"mean": float(column.mean()), "median": float(np.median(column)), "max": int(column.max())}
        add_row({"file": stream.name, "per record": title, **figures})
    assert (table.max(axis=0) >= table.mean(axis=0)).all()
    assert 0 < table[:, 0].mean() <= params.spatial_pooler.active_columns
