"""Section `long`: one stream of millions of records; speed and memory must stay."""

from __future__ import annotations

from zhtm_detector.bench.bench_table import BenchTable
from zhtm_detector.bench.clock import per_second
from zhtm_detector.bench.fresh import in_fresh_process, warm_up
from zhtm_detector.bench.growth import CHUNK, run_seconds
from zhtm_detector.bench.machine import resident_mib
from zhtm_detector.bench.subject import Subject
from zhtm_detector.bench.synthetic import SeasonalStream
from zhtm_detector.common.tables import Cell, Column
from zhtm_detector.htm.params import ModelParams

TENTHS = 10
_SPEED, _MEMORY = "records/s: last tenth / second tenth", "resident memory: at the end / after a fifth"


def long_section(subject: Subject) -> list[BenchTable]:
    """Run each preset over the stream, in chunks; figures of each tenth, and whether they stay."""
    plan = subject.plan
    tenths: list[list[Cell]] = []
    stays: list[list[Cell]] = []
    for preset, params in plan.presets.items():
        figures = in_fresh_process(run_tenths, params, plan.long_records, plan.seed)
        speeds, sizes = zip(*figures, strict=True)
        for tenth, (speed, size) in enumerate(figures, start=1):
            tenths.append([preset, tenth, plan.long_records * tenth // TENTHS, speed, size])
        stays.append([preset, _SPEED, _ratio(speeds[-1], speeds[1])])
        stays.append([preset, _MEMORY, _ratio(sizes[-1], sizes[1])])
    preset_key = Column("preset", "preset")
    keys = [preset_key, Column("tenth", "tenth"), Column("records", "records so far")]
    measures = [Column("records_per_second", "records/s", 0), Column("resident_mib", "process, resident, MiB", 1)]
    return [
        BenchTable("long", "One long stream", keys, measures, tenths),
        BenchTable(
            "long-stays",
            "Does it stay as fast and as small?",
            [preset_key, Column("what", "what")],
            [Column("ratio", "ratio", 3)],
            stays,
        ),
    ]


def run_tenths(params: ModelParams, records: int, seed: int) -> list[tuple[float | None, float | None]]:
    """Run the whole stream: records/s and resident MiB of each tenth."""
    warm_up(params)
    stream, model, done = SeasonalStream(seed), None, 0
    figures = []
    for tenth in range(1, TENTHS + 1):
        before, seconds = done, 0.0
        mark = records * tenth // TENTHS
        while done < mark:
            chunk = stream.take(min(CHUNK, mark - done))
            model = model or chunk.model(params, seed)
            seconds += run_seconds(model, chunk)
            done += len(chunk)
        figures.append((per_second(done - before, seconds), resident_mib()))
    return figures


def _ratio(last: float | None, first: float | None) -> float | None:
    return last / first if last is not None and first else None
