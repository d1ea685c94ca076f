"""The machine that the timings come from, and the memory of this process."""

from __future__ import annotations

import os
import pickle
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from zhtm_detector.common.workers import cores

MIB = 2**20
LIBRARIES = ("numpy", "numba", "pandas")


def describe_machine() -> dict[str, Any]:
    """Return what the figures depend on besides this package."""
    return {
        "cpu": _cpu_name(),
        "cores": cores(),
        "platform": platform.platform(),
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in LIBRARIES},
    }


def resident_mib() -> float | None:
    """Return the resident memory of this process, or None where the system does not report it."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / MIB


def growth_mib(before: float | None, after: float | None) -> float | None:
    """Return the difference of two readings of `resident_mib` or `own_peak_mib`, or None if one is missing."""
    return None if before is None or after is None else after - before


def pickled_mib(thing: object) -> float:
    """Return the size of an object with all its arrays, whether their memory is in use or only reserved."""
    return len(pickle.dumps(thing, protocol=pickle.HIGHEST_PROTOCOL)) / MIB


def _cpu_name() -> str | None:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or None
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, None) or platform.processor() or None
