"""Section `calls`: which functions a temporal memory calls, how often, and their time, with compilation off.

`pages/call_graph.py` draws it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from cProfile import Profile
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from types import CodeType
from typing import Any

import numpy as np
from numpy.typing import NDArray

import zhtm_detector
from zhtm_detector.bench.fresh_process import package_environment
from zhtm_detector.bench.subject import Subject
from zhtm_detector.bench.timed_stream import TimedStream
from zhtm_detector.common.tables import Column, DataTable
from zhtm_detector.htm.temporal_memory import TemporalMemory

RECORDS = 20
_ROOT = Path(zhtm_detector.__file__).parent
_PROFILED = "import sys; from zhtm_detector.bench.calls import print_calls; print_calls(sys.argv[1])"
_COLUMNS = [
    Column("caller", "caller"),
    Column("function", "function"),
    Column("calls", "calls"),
    Column("own_ms", "own, ms", 2),
    Column("total_ms", "total, ms", 2),
]

Row = tuple[str, str, int, float, float]  # caller, function, calls, own and total milliseconds


def calls_section(subject: Subject) -> DataTable:
    """Profile the last records of the first file, in a process that interprets what is compiled otherwise.

    A temporal memory of the first preset that has one learns all records before them, compiled.
    """
    preset, plan = subject.plan.with_memory, subject.plan
    stream = TimedStream.of(subject.files[0])
    params = plan.presets[preset].model_copy(update={"causal": False})
    region = stream.model(params, plan.seed).region
    if region is None:
        raise ValueError("params: expected a preset with a temporal memory")
    fields: dict[str, Any] = {"value": stream.values, "timestamp": stream.timestamps}
    bits = region.encoder.encode_many({name: fields[name] for name in region.encoder.parts})
    columns, offsets = region.spatial_pooler.run(bits)
    learned = max(0, len(stream) - RECORDS)
    memory = region.temporal_memory
    memory.run(columns[: offsets[learned]], offsets[: learned + 1])
    rows = _profiled(memory, columns[offsets[learned] :], offsets[learned:] - offsets[learned])
    return DataTable(
        f"Calls: CPU time of the temporal memory of {preset} on {len(stream) - learned} records of {stream.name}",
        _COLUMNS,
        rows,
        [
            f"Compilation is off, after {learned} records with it on. All figures contain the profiler's own time, "
            "most of all those of functions that are called often.",
            "Own time is without the functions called; functions built into Python count as their caller's own.",
        ],
    )


def _profiled(memory: TemporalMemory, columns: NDArray[np.uint32], offsets: NDArray[np.int64]) -> list[Row]:
    with TemporaryDirectory() as folder:
        memory.save(Path(folder) / "memory")
        np.savez(Path(folder) / "codes.npz", columns=columns, offsets=offsets)
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", _PROFILED, folder],  # without, a kernel warns that a product wraps
            env=package_environment() | {"NUMBA_DISABLE_JIT": "1"},
            stdout=subprocess.PIPE,
            check=True,
        )
    rows = [(row[0], row[1], row[2], row[3], row[4]) for row in json.loads(done.stdout)]
    return sorted(rows, key=lambda row: (-row[4], row[:3]))


def print_calls(folder: str) -> None:
    """Profile a saved memory on codes; print the rows as JSON. Runs in a process with compilation off."""
    memory = TemporalMemory.load(Path(folder) / "memory")
    with np.load(Path(folder) / "codes.npz") as codes:
        columns, offsets = codes["columns"], codes["offsets"]
    profile = Profile(process_time, builtins=False)  # not the time that other processes take
    for start, end in pairwise(offsets):
        profile.runcall(memory.compute, columns[start:end])
    sys.stdout.write(json.dumps(rows_of(profile.getstats())))


def rows_of(stats: Iterable[Any]) -> list[Row]:
    """Return who calls whom from the entries of `cProfile.Profile.getstats`.

    Functions of this package have their module, without ``htm.``, and their name: ``kernels.vote:run``. Those of any
    other package are one function together, named after the package, whose own time is all that it takes, functions of
    this package that it calls included. A function that nobody calls has an empty caller.
    """
    entries = [entry for entry in stats if isinstance(entry.code, CodeType)]
    found: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0, 0.0, 0.0])
    called: dict[str, int] = defaultdict(int)
    for entry in entries:
        caller = _name(entry.code)
        for call in entry.calls or ():
            function = _name(call.code)
            if ":" not in caller and ":" not in function:
                continue  # within other packages
            called[function] += call.callcount
            own = call.inlinetime if ":" in function else call.totaltime
            _add(found[caller, function], call.callcount, own, call.totaltime)
    for entry in entries:
        function = _name(entry.code)
        if ":" in function and (calls := entry.callcount - called[function]):
            _add(found["", function], calls, entry.inlinetime, entry.totaltime)
    return [
        (caller, function, int(calls), 1000 * own, 1000 * total)
        for (caller, function), (calls, own, total) in found.items()
    ]


def _add(figures: list[float], calls: int, own: float, total: float) -> None:
    figures[:] = figures[0] + calls, figures[1] + own, figures[2] + total


def _name(code: CodeType) -> str:
    """Return module and name of a function of this package, ``module:name``; else the name of the package."""
    path = Path(code.co_filename)
    if path.is_relative_to(_ROOT):
        module = ".".join(path.relative_to(_ROOT).with_suffix("").parts).removeprefix("htm.")
        return f"{module}:{code.co_qualname.replace('<locals>.', '')}"
    parts = path.parts
    return parts[parts.index("site-packages") + 1] if "site-packages" in parts else "Python"
