"""Compiling the kernels before they are needed."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest
import tasks

from zhtm_detector.common.workers import KeptWorkers
from zhtm_detector.htm import warm_up as module
from zhtm_detector.htm.params import load_preset
from zhtm_detector.htm.warm_up import Part, parts_of, warm_up

pytestmark = pytest.mark.compiled


@pytest.mark.parametrize(
    ("preset", "kernels"),
    [("zhtm", ["columns", "pooler"]), ("novelty", ["memory", "pooler", "blocks"]), ("classic", ["memory", "pooler"])],
)
def test_a_run_needs_no_other_kernels(preset: str, kernels: list[str]) -> None:
    """The pooler of columns is the region's kernel."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:  # where nothing ran before
        before, after = executor.submit(tasks.kernels_after_warm_up, preset).result()
    assert before == after
    assert after == {name: int(name in kernels) for name in ("memory", "pooler", "blocks", "columns")}


def test_a_part_that_fails_is_skipped() -> None:
    params = load_preset("seed")
    memory = params.temporal_memory.model_copy(update={"cells_per_column": -1})
    workers = KeptWorkers(2)
    try:
        warm_up([params.model_copy(update={"temporal_memory": memory})], workers)
    finally:
        workers.close()


@pytest.mark.parametrize("cold", [True, False])
def test_only_compiling_is_reported(cold: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def run_tasks(
        function: Callable[..., Any], tasks: list[Part], on_progress: Callable[[int], None], **options: Any
    ) -> Iterator[str]:
        for part in tasks:
            if cold:
                on_progress(2)
            yield part.name

    warnings, calls = [], []
    monkeypatch.setattr(module, "run_tasks", run_tasks)
    monkeypatch.setattr(module, "warn_of_compiling", lambda: warnings.append(1))
    models = [load_preset(name) for name in ("novelty", "seed", "zhtm")]
    warm_up(models, KeptWorkers(2), lambda *call: calls.append(call))
    parts = [(name, number, 4) for number, name in enumerate(module.PARTS, 1)]
    assert calls == (parts if cold else [])
    assert len(warnings) == (4 if cold else 0)


def test_columns_need_no_region() -> None:
    assert parts_of(load_preset("zhtm")) == parts_of(load_preset("column")) == ["columns"]
    both = load_preset("novelty").model_copy(update={"columns": load_preset("zhtm").columns})
    assert parts_of(both) == ["columns", "novelty"]
