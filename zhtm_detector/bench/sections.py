"""All sections by name, and how they are run."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from zhtm_detector.bench.bench_table import BenchTable
from zhtm_detector.bench.counts import counts_section
from zhtm_detector.bench.fresh import warm_up
from zhtm_detector.bench.growth import growth_section
from zhtm_detector.bench.latency import latency_section
from zhtm_detector.bench.long import long_section
from zhtm_detector.bench.many_streams import streams_section
from zhtm_detector.bench.memory import memory_section
from zhtm_detector.bench.nab_corpus import corpus_section
from zhtm_detector.bench.nab_files import files_section
from zhtm_detector.bench.plan import COLD
from zhtm_detector.bench.stages import stages_section
from zhtm_detector.bench.startup import startup_cold_section, startup_section
from zhtm_detector.bench.subject import Subject

MAKERS: Mapping[str, Callable[[Subject], list[BenchTable]]] = {
    "files": files_section,
    "stages": stages_section,
    "latency": latency_section,
    "memory": memory_section,
    "startup": startup_section,
    COLD: startup_cold_section,
    "counts": counts_section,
    "corpus": corpus_section,
    "growth": growth_section,
    "long": long_section,
    "streams": streams_section,
}


def measure(subject: Subject, on_section: Callable[[int], None] = lambda amount: None) -> dict[str, list[BenchTable]]:
    """Run the plan's sections, one after the other, in the order of `SECTIONS`.

    Parameters
    ----------
    subject : Subject
    on_section : callable
        Told 1 after each.
    """
    for params in subject.plan.presets.values():
        warm_up(params)
    tables = {}
    for name, make in MAKERS.items():
        if name in subject.plan.sections:
            tables[name] = make(subject)
            on_section(1)
    return tables
