"""Tasks that spawned workers can import."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from zhtm_detector.common.workers import report_progress


def square(number: int) -> int:
    report_progress(number)
    return number * number


def refuse_three(number: int) -> int:
    if number == 3:
        raise ValueError("three is refused")
    return number * number


def die_at_three(number: int) -> int:
    report_progress(1)
    if number == 3:
        os._exit(7)
    return number * number


def killed_at_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def leave_at_three(number: int) -> int:
    if number == 3:
        raise SystemExit(5)
    return number * number


def always_die(number: int) -> int:
    time.sleep(0.01 * number)
    os._exit(1)


def unpicklable_at_three(number: int) -> object:
    return (lambda: number) if number == 3 else number * number


def process(number: int) -> int:
    return os.getpid()


def meet(folder: Path) -> int:
    """Wait for a second process that does the same."""
    (folder / str(os.getpid())).touch()
    end = time.monotonic() + 60
    while len(list(folder.iterdir())) < 2:
        assert time.monotonic() < end, "nobody came"
        time.sleep(0.01)
    return os.getpid()


def kernels_after_warm_up(preset: str) -> tuple[dict[str, int], dict[str, int]]:
    """Compiled variants of each stage's kernel, after its part was compiled and after a whole model ran as well."""
    import pandas as pd

    from zhtm_detector.htm.kernels import blocks, columns, spatial_pooler, temporal_memory
    from zhtm_detector.htm.model import HTMModel
    from zhtm_detector.htm.params import load_preset
    from zhtm_detector.htm.warm_up import Part, compile_part, parts_of

    kernels = {
        "memory": temporal_memory.run_box,
        "pooler": spatial_pooler.run,
        "blocks": blocks.run_box,
        "columns": columns.run_box,
    }
    params = load_preset(preset)
    for part in parts_of(params):
        compile_part(Part(part, params))
    before = {name: len(kernel.signatures) for name, kernel in kernels.items()}  # type: ignore[attr-defined]
    HTMModel(params, 0.0, 9.0, 10).run(pd.date_range("2026-01-01", periods=20, freq="5min"), list(range(20)))
    return before, {name: len(kernel.signatures) for name, kernel in kernels.items()}  # type: ignore[attr-defined]


UPDATES = 40


def update_final_results(task: tuple[Path, int]) -> None:
    """Add detectors to a file that others add theirs to."""
    from zhtm_detector.nab.result_files import update_final_results as update

    results, worker = task
    for number in range(UPDATES):
        update(results, {f"detector {worker} {number}": {"standard": 1.0}})
