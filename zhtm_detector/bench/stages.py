"""Section `stages`: how the time per record divides among the stages of a model."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.bench.clock import cpu_seconds, microseconds
from zhtm_detector.bench.subject import Subject
from zhtm_detector.bench.timed_stream import TimedStream
from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.htm.anomaly import AnomalyLikelihood, BlockNovelty, ValueNovelty, Vote, log_likelihood
from zhtm_detector.htm.encoders import wall_clock
from zhtm_detector.htm.kernels.rows import DAY
from zhtm_detector.htm.params import ModelParams
from zhtm_detector.htm.region import Region

Result = TypeVar("Result")

VOTE = "gate, vote, value range, refractory"
STAGES = (
    "encoders",
    "spatial pooler",
    "temporal memory",
    "columns",
    "likelihood",
    "value novelty",
    "block novelty",
    VOTE,
)
WHOLE = "HTMModel.run"
_COLUMNS = [
    Column("file", "file"),
    Column("preset", "preset"),
    Column("stage", "stage"),
    Column("us", "us/record", 2),
    Column("share", "% of run", 1),
]


def stages_section(subject: Subject) -> DataTable:
    """Time each stage over the first file; stages that a preset does not use are left out."""
    stream, plan = TimedStream.of(subject.files[0]), subject.plan
    rows: list[list[Cell]] = []
    for preset, params in plan.presets.items():
        timings = [_time_stages(stream, params, plan.seed) for _ in range(plan.repeat)]
        whole = median(timing[WHOLE] for timing in timings)
        for stage in (*STAGES, WHOLE):
            if stage in timings[0]:
                seconds = median(timing[stage] for timing in timings)
                share = 100 * seconds / whole if whole else None
                rows.append([stream.name, preset, stage, microseconds(seconds, len(stream)), share])
    return DataTable("Stages: CPU time per record", _COLUMNS, rows)


class _Timings(dict[str, float]):
    """CPU seconds by stage."""

    def time(self, stage: str, work: Callable[[], Result]) -> Result:
        results: list[Result] = []
        self[stage] = cpu_seconds(lambda: results.append(work()))
        return results[0]


def _time_stages(stream: TimedStream, params: ModelParams, seed: int) -> _Timings:
    """Run the file through a whole model, then stage by stage through new parts of a model."""
    timings = _Timings()
    model = stream.model(params, seed)
    timings.time(WHOLE, lambda: stream.run(model))
    # A causal model has no encoder before it knows a range; its stages cost the same with a given range.
    with_range = params.model_copy(update={"causal": False})
    raw, evidence = _predict(timings, stream, with_range, seed) if params.predicts else (np.zeros(len(stream)), [])
    spans = np.full(len(stream), stream.maximum - stream.minimum)
    if params.value_novelty is not None:
        value = ValueNovelty(params.value_novelty)
        evidence.append(timings.time("value novelty", lambda: value.run(stream.values, spans)))
    if params.block_novelty is not None:
        block = BlockNovelty(params.block_novelty, stream.probation)
        times = (wall_clock(stream.timestamps) % DAY) / DAY
        evidence.append(timings.time("block novelty", lambda: block.run(stream.values, times, spans)))
    vote = Vote(params, stream.probation)
    votes = np.array(evidence)
    timings.time(VOTE, lambda: vote.run(votes, raw, stream.values))
    return timings


def _predict(
    timings: _Timings, stream: TimedStream, params: ModelParams, seed: int
) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
    """Time what predicts; returns the prediction error and the evidence of all that votes here."""
    model = stream.model(params, seed)
    if model.columns is not None:
        columns = model.columns
        raw, votes = timings.time("columns", lambda: columns.run(stream.timestamps, stream.values))
    elif model.region is not None:
        raw, votes = _run_region(timings, stream, model.region), np.empty((0, len(stream)))
    else:
        raise ValueError("params: expected a preset that predicts and is not causal")
    anomaly = params.anomaly
    if not anomaly.likelihood:
        return raw, [raw, *votes]
    half = stream.probation // 2
    likelihood = AnomalyLikelihood(
        half, stream.probation - half, anomaly.averaging_window, anomaly.history, anomaly.reestimation_period
    )
    judged = timings.time("likelihood", lambda: log_likelihood(likelihood.run(stream.values, raw)))
    return raw, [judged, *votes]


def _run_region(timings: _Timings, stream: TimedStream, region: Region) -> NDArray[np.float64]:
    encoder = region.encoder
    fields: dict[str, Any] = {"value": stream.values, "timestamp": stream.timestamps}
    encoded = {name: fields[name] for name in getattr(encoder, "parts", fields)}
    bits = timings.time("encoders", lambda: encoder.encode_many(encoded))
    columns, offsets = timings.time("spatial pooler", lambda: region.spatial_pooler.run(bits))
    return timings.time("temporal memory", lambda: region.temporal_memory.run(columns, offsets))
