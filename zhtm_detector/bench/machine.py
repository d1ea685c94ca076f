"""The machine that was timed, and the memory of this process."""

from __future__ import annotations

import os
import pickle
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from zhtm_detector.common.workers import cores

MIB = 2**20


def describe_machine() -> dict[str, Any]:
    """Name what figures depend on beside this package."""
    libraries = {name: metadata.version(name) for name in ("numpy", "numba", "pandas")}
    return {
        "python": platform.python_version(),
        **libraries,
        "platform": platform.platform(),
        "cores": cores(),
        "cpu": _cpu_name(),
    }


def resident_mib() -> float | None:
    """Memory that this process has in use now; None where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / MIB


def growth_mib(before: float | None, after: float | None) -> float | None:
    """Difference of two readings; None where there are none."""
    return None if before is None or after is None else after - before


def pickled_mib(thing: object) -> float:
    """Size of all that an object holds, used or not."""
    return len(pickle.dumps(thing, protocol=pickle.HIGHEST_PROTOCOL)) / MIB


def _cpu_name() -> str | None:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or None
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, None) or platform.processor() or None
