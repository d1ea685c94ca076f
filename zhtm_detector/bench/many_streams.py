"""Section `streams`: many models in one process, their records in turn."""

from __future__ import annotations

import gc
from collections.abc import Sequence

from zhtm_detector.bench.bench_table import BenchTable
from zhtm_detector.bench.clock import cpu_seconds, per_second
from zhtm_detector.bench.fresh import in_fresh_process, warm_up
from zhtm_detector.bench.machine import growth_mib, pickled_mib, resident_mib
from zhtm_detector.bench.subject import Subject
from zhtm_detector.bench.synthetic import SeasonalStream, Stream
from zhtm_detector.common.tables import Cell, Column
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import ModelParams
from zhtm_detector.streams.pool import ModelPool

CHUNK = 100  # records of a stream before it is the next one's turn
_TOTAL = 20_000  # records of all streams together, at least
_LEAST = 200  # records of each
_KEYS = [Column("preset", "preset"), Column("streams", "streams"), Column("records", "records each")]
_MEASURES = [
    Column("chunks_records_per_second", f"chunks of {CHUNK}, records/s", 0),
    Column("step_records_per_second", "one by one, records/s", 0),
    Column("mib", "MiB a stream", 1),
    Column("streams_per_gib", "streams a GiB", 0),
]


def streams_section(subject: Subject) -> list[BenchTable]:
    """Run several numbers of streams at once: records/s over all of them, and memory of each."""
    plan = subject.plan
    total = min(_TOTAL, plan.records or _TOTAL)
    rows: list[list[Cell]] = []
    for preset, params in plan.presets.items():
        for count in plan.streams:
            records = max(min(_LEAST, total), total // count)
            rows.append([preset, count, records, *in_fresh_process(_cost, params, count, records, plan.seed)])
    title = "Many streams in one process: records of all streams together"
    notes = [] if resident_mib() is not None else ["memory: pickled, for the system does not tell what is resident"]
    return [BenchTable("streams", title, _KEYS, _MEASURES, rows, notes)]


def make_models(streams: Sequence[Stream], params: ModelParams, seed: int) -> list[HTMModel]:
    """Build a model a stream: all of one pool."""
    pool = ModelPool(params, streams[0].probation, seed)
    return [pool.add(str(number), stream.minimum, stream.maximum) for number, stream in enumerate(streams)]


def _cost(params: ModelParams, count: int, records: int, seed: int) -> Sequence[Cell]:
    warm_up(params)
    streams = [SeasonalStream(seed + number).take(records) for number in range(count)]
    chunked, mib = _chunks(streams, params, seed)
    stepped = _one_by_one(streams, params, seed)
    total = count * records
    return [per_second(total, chunked), per_second(total, stepped), mib, 1024 / mib if mib > 0 else None]


def _chunks(streams: Sequence[Stream], params: ModelParams, seed: int) -> tuple[float, float]:
    """CPU seconds in chunks, and MiB a stream afterwards."""
    gc.collect()
    before = resident_mib()
    models = make_models(streams, params, seed)
    seconds = cpu_seconds(lambda: _run_in_chunks(models, streams))
    gc.collect()
    grown = growth_mib(before, resident_mib())
    return seconds, pickled_mib(models[0]) if grown is None else grown / len(streams)


def _one_by_one(streams: Sequence[Stream], params: ModelParams, seed: int) -> float:
    models = make_models(streams, params, seed)
    # Taken apart before, as a program that gets its records one by one has them.
    turns = list(zip(*(stream.records() for stream in streams), strict=True))
    return cpu_seconds(lambda: _step_in_turn(models, turns))


def _run_in_chunks(models: Sequence[HTMModel], streams: Sequence[Stream]) -> None:
    for start in range(0, len(streams[0]), CHUNK):
        for model, stream in zip(models, streams, strict=True):
            model.run(stream.timestamps[start : start + CHUNK], stream.values[start : start + CHUNK])


def _step_in_turn(models: Sequence[HTMModel], turns: Sequence[Sequence[tuple[object, float]]]) -> None:
    for turn in turns:
        for model, (timestamp, value) in zip(models, turn, strict=True):
            model.step(timestamp, value)
