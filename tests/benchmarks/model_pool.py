"""Many models in one process, whose streams take turns; a module of its own so that a new process can import it."""

from __future__ import annotations

import gc
from collections.abc import Sequence

from zhtm_detector.bench.fresh_process import compile_model
from zhtm_detector.bench.machine import growth_mib, resident_mib
from zhtm_detector.bench.synthetic import SeasonalStream
from zhtm_detector.bench.timed_stream import TimedStream
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import ModelParams
from zhtm_detector.streams.pool import ModelPool

CHUNK = 100  # records of a stream per turn
SEED = 42


def new_streams(count: int, records: int) -> list[TimedStream]:
    return [SeasonalStream(SEED + number).take(records) for number in range(count)]


def new_models(streams: Sequence[TimedStream], params: ModelParams) -> list[HTMModel]:
    """Build one model per stream, all of one pool."""
    pool = ModelPool(params, streams[0].probation, SEED)
    return [pool.add(str(number), stream.minimum, stream.maximum) for number, stream in enumerate(streams)]


def run_in_chunks(models: Sequence[HTMModel], streams: Sequence[TimedStream]) -> None:
    for start in range(0, len(streams[0]), CHUNK):
        for model, stream in zip(models, streams, strict=True):
            model.run(stream.timestamps[start : start + CHUNK], stream.values[start : start + CHUNK])


def resident_mib_per_stream(params: ModelParams, count: int, records: int) -> float | None:
    """Return the growth of this process, which should be new, by the models of `count` streams."""
    compile_model(params)
    streams = new_streams(count, records)
    gc.collect()
    before = resident_mib()
    models = new_models(streams, params)
    run_in_chunks(models, streams)
    gc.collect()
    growth = growth_mib(before, resident_mib())
    return None if growth is None else growth / count
