"""Section `long`: one stream of millions of records; speed and memory must stay."""

from __future__ import annotations

from zhtm_detector.bench.clock import per_second
from zhtm_detector.bench.growth import CHUNK, run_seconds
from zhtm_detector.bench.machine import resident_mib
from zhtm_detector.bench.streams import SeasonalStream
from zhtm_detector.bench.subject import Subject
from zhtm_detector.bench.table import BenchTable
from zhtm_detector.tables import Cell, Column

TENTHS = 10
_SPEED, _MEMORY = "records/s: last tenth / second tenth", "resident memory: at the end / after a fifth"


def long_section(subject: Subject) -> list[BenchTable]:
    """Run each preset over the stream, in chunks; figures of each tenth, and whether they stay."""
    plan = subject.plan
    tenths: list[list[Cell]] = []
    stays: list[list[Cell]] = []
    for preset, params in plan.presets.items():
        stream, model, done = SeasonalStream(plan.seed), None, 0
        speeds: list[float | None] = []
        sizes: list[float | None] = []
        for tenth in range(1, TENTHS + 1):
            before, seconds = done, 0.0
            mark = plan.long_records * tenth // TENTHS
            while done < mark:
                chunk = stream.take(min(CHUNK, mark - done))
                model = model or chunk.model(params, plan.seed)
                seconds += run_seconds(model, chunk)
                done += len(chunk)
            speeds.append(per_second(done - before, seconds))
            sizes.append(resident_mib())
            tenths.append([preset, tenth, done, speeds[-1], sizes[-1]])
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


def _ratio(last: float | None, first: float | None) -> float | None:
    return last / first if last is not None and first else None
