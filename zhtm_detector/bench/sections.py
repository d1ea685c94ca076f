"""All sections by name, and the run of those that a plan asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from zhtm_detector.bench.calls import calls_section
from zhtm_detector.bench.fresh_process import compile_model
from zhtm_detector.bench.keys import keys_section
from zhtm_detector.bench.latency import latency_section
from zhtm_detector.bench.memory import memory_section
from zhtm_detector.bench.nab_corpus import corpus_section
from zhtm_detector.bench.nab_files import files_section
from zhtm_detector.bench.plan import CALLS, COLD
from zhtm_detector.bench.saved import saved_section
from zhtm_detector.bench.stages import stages_section
from zhtm_detector.bench.startup import startup_cold_section, startup_section
from zhtm_detector.bench.stream_pipe import pipe_section
from zhtm_detector.bench.stream_throughput import stream_section
from zhtm_detector.bench.subject import Subject
from zhtm_detector.bench.trace import trace_section
from zhtm_detector.common.tables import DataTable

MEASURES: Mapping[str, Callable[[Subject], DataTable]] = {
    "files": files_section,
    "stages": stages_section,
    "latency": latency_section,
    "memory": memory_section,
    "startup": startup_section,
    COLD: startup_cold_section,
    "corpus": corpus_section,
    "stream": stream_section,
    "pipe": pipe_section,
    "keys": keys_section,
    "saved": saved_section,
    "trace": trace_section,
    CALLS: calls_section,
}


def measure(subject: Subject, on_section: Callable[[int], None] = lambda amount: None) -> dict[str, DataTable]:
    """Run the plan's sections one after the other, in the order of `MEASURES`.

    Parameters
    ----------
    subject : Subject
    on_section : callable
        Called with 1 after each section.
    """
    for params in subject.plan.presets.values():
        compile_model(params)
    tables = {}
    for name, section in MEASURES.items():
        if name in subject.plan.sections:
            tables[name] = section(subject)
            on_section(1)
    return tables
