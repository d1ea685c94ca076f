"""Compiling the kernels before they are wanted."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest
import tasks

from zhtm_detector.common.workers import KeptWorkers
from zhtm_detector.htm.params import load_preset
from zhtm_detector.htm.warm_up import warm_up


@pytest.mark.parametrize(("preset", "blocks"), [("zhtm", 1), ("classic", 0)])
def test_a_run_needs_no_other_kernels(preset: str, blocks: int) -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:  # where nothing ran before
        before, after = executor.submit(tasks.kernels_after_warm_up, preset).result()
    assert before == after == {"tm": 1, "sp": 1, "blocks": blocks}


def test_what_cannot_be_built_is_passed_over() -> None:
    params = load_preset("seed")
    memory = params.temporal_memory.model_copy(update={"cells_per_column": -1})
    workers = KeptWorkers(2)
    try:
        warm_up([params.model_copy(update={"temporal_memory": memory})], workers)
    finally:
        workers.close()
