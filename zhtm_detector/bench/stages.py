"""Section `stages`: where the time of a record goes, stage after stage over a whole file."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.bench.bench_table import BenchTable
from zhtm_detector.bench.clock import cpu_seconds, microseconds
from zhtm_detector.bench.subject import Subject
from zhtm_detector.bench.synthetic import Stream
from zhtm_detector.common.tables import Cell, Column
from zhtm_detector.htm.anomaly import (
    AnomalyLikelihood,
    BlockNovelty,
    ValueNovelty,
    Vote,
    log_likelihood,
)
from zhtm_detector.htm.encoders import wall_clock
from zhtm_detector.htm.params import ModelParams

Result = TypeVar("Result")

STAGES = (
    "encoders",
    "spatial pooler",
    "temporal memory",
    "likelihood",
    "value novelty",
    "block novelty",
    "gate, vote, value range, refractory",
)
WHOLE = "HTMModel.run"
_DAY = 86_400_000_000  # microseconds
_KEYS = [Column("file", "file"), Column("preset", "preset"), Column("stage", "stage")]
_MEASURES = [Column("us", "us/record", 2), Column("share", "% of run", 1)]


def stages_section(subject: Subject) -> list[BenchTable]:
    """Time each stage with each preset on the first file; a stage that a preset has not is left out."""
    stream, plan = Stream.of(subject.files[0]), subject.plan
    rows: list[list[Cell]] = []
    for preset, params in plan.presets.items():
        laps = [_lap(stream, params, plan.seed) for _ in range(plan.repeat)]
        whole = median(lap[WHOLE] for lap in laps)
        for stage in (*STAGES, WHOLE):
            if stage in laps[0]:
                seconds = median(lap[stage] for lap in laps)
                share = 100 * seconds / whole if whole else None
                rows.append([stream.name, preset, stage, microseconds(seconds, len(stream)), share])
    return [BenchTable("stages", "Stages: CPU time of a record", _KEYS, _MEASURES, rows)]


class _Laps(dict[str, float]):
    """Seconds by stage."""

    def time(self, stage: str, work: Callable[[], Result]) -> Result:
        """Add what one call takes to a stage."""
        results: list[Result] = []
        self[stage] = self.get(stage, 0.0) + cpu_seconds(lambda: results.append(work()))
        return results[0]


def _lap(stream: Stream, params: ModelParams, seed: int) -> _Laps:
    """Run the file once as a whole and once stage by stage, with fresh parts of a model."""
    laps = _Laps()
    model = stream.model(params, seed)
    laps.time(WHOLE, lambda: model.run(stream.timestamps, stream.values))
    # A stream without a known range waits for one; its stages cost the same with it.
    given = params.model_copy(update={"causal": False})
    raw, evidence = _predict(laps, stream, given, seed) if params.predicts else (np.zeros(len(stream)), [])
    spans = np.full(len(stream), stream.maximum - stream.minimum)
    if params.value_novelty is not None:
        value = ValueNovelty(params.value_novelty)
        evidence.append(laps.time("value novelty", lambda: value.run(stream.values, spans)))
    if params.block_novelty is not None:
        block = BlockNovelty(params.block_novelty, stream.probation)
        times = (wall_clock(stream.timestamps) % _DAY) / _DAY
        evidence.append(laps.time("block novelty", lambda: block.run(stream.values, times, spans)))
    _judge(laps, stream, params, raw, np.array(evidence))
    return laps


def _predict(
    laps: _Laps, stream: Stream, params: ModelParams, seed: int
) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
    region = stream.model(params, seed).region
    if region is None:  # only causal, or where nothing predicts
        raise ValueError("params: expected a preset that predicts")
    encoder = region.encoder
    fields: dict[str, Any] = {"value": stream.values, "timestamp": stream.timestamps}
    seen = {name: fields[name] for name in getattr(encoder, "parts", fields)}
    bits = laps.time("encoders", lambda: encoder.encode_many(seen))
    columns, offsets = laps.time("spatial pooler", lambda: region.spatial_pooler.run(bits))
    raw = laps.time("temporal memory", lambda: region.temporal_memory.run(columns, offsets))
    anomaly = params.anomaly
    if not anomaly.likelihood:
        return raw, [raw]
    half = stream.probation // 2
    likelihood = AnomalyLikelihood(
        half, stream.probation - half, anomaly.averaging_window, anomaly.history, anomaly.reestimation_period
    )
    return raw, [laps.time("likelihood", lambda: log_likelihood(likelihood.run(stream.values, raw)))]


def _judge(
    laps: _Laps, stream: Stream, params: ModelParams, raw: NDArray[np.float64], evidence: NDArray[np.float64]
) -> None:
    vote = Vote(params, stream.probation)
    laps.time(STAGES[-1], lambda: vote.run(evidence, raw, stream.values))
