"""Section `counts`: what the temporal memory does for a record; counted, not timed."""

from __future__ import annotations

from dataclasses import astuple, fields

import numpy as np

from zhtm_detector.bench.bench_table import BenchTable
from zhtm_detector.bench.mirror import Mirror, Work
from zhtm_detector.bench.subject import Subject
from zhtm_detector.bench.synthetic import Stream
from zhtm_detector.common.tables import Cell, Column
from zhtm_detector.htm.params import ModelParams

_TITLES = {"synapse_visits": "synapse visits (fan-out entries scanned)"}
_KEYS = [Column("file", "file"), Column("preset", "preset"), Column("what", "a record's")]
_MEASURES = [Column("mean", "mean", 1), Column("median", "median", 0), Column("max", "max", 0)]


def counts_section(subject: Subject) -> list[BenchTable]:
    """Count with each preset over the first records of the first file."""
    plan = subject.plan
    stream = Stream.of(subject.files[0])
    head = stream.head(plan.counted)
    rows: list[list[Cell]] = []
    notes = [
        "adapted, punished: synapses whose permanence changed, or that went, on segments of active and of other columns"
    ]
    for preset, params in plan.presets.items():
        counted = count_work(head, params, plan.seed)
        if not counted:
            notes.append(f"left out: {preset}: it has no temporal memory before its first record")
            continue
        table = np.array([astuple(work) for work in counted], dtype=np.float64)
        for number, field in enumerate(fields(Work)):
            figures = table[:, number]
            title = _TITLES.get(field.name, field.name.replace("_", " "))
            largest = float(figures.max())
            rows.append([stream.name, preset, title, float(figures.mean()), float(np.median(figures)), largest])
    title = f"Counts: the temporal memory's work for a record, over the first {len(head)}"
    return [BenchTable("counts", title, _KEYS, _MEASURES, rows, notes)]


def count_work(stream: Stream, params: ModelParams, seed: int) -> list[Work]:
    """Count every record's work; nothing where the preset has no temporal memory before the first record."""
    model = stream.model(params, seed)
    if model.region is None:
        return []
    mirror = Mirror(model.region.temporal_memory)
    counted = []
    for timestamp, value in stream.records():
        model.step(timestamp, value)
        counted.append(mirror.follow())
    return counted
