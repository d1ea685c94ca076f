"""The one seam for running many tasks: in this process, or in any `concurrent.futures.Executor`.

A task is a function of one picklable argument that returns a small picklable result. It may call `report` to say how
far it is. Results do not depend on where, or in which order, the tasks run.

A worker process that dies takes its pool along, and nobody says which task it was. The tasks that were lost run once
more, each alone in a process: the one that kills it again has failed, the others lose nothing. That also helps where
all of them together needed too much memory.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

_POLL_SECONDS = 0.1

# In a worker process: the counter that it shares with the parent. In the parent: what to call.
_counter: Any = None
_listener: Callable[[int], None] | None = None


def report(amount: int) -> None:
    """Say from inside a task that so much more of its work is done."""
    if _listener is not None:
        _listener(amount)
    elif _counter is not None:
        with _counter.get_lock():
            _counter.value += amount


def run_tasks(
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    *,
    workers: int,
    on_failure: Callable[[Task, BaseException], Result],
    on_progress: Callable[[int], None] | None = None,
) -> Iterator[Result]:
    """Run all tasks and yield their results as they finish.

    Parameters
    ----------
    function : callable
        Importable by name, for workers are spawned.
    tasks : sequence
        In the order to start them: put the longest first.
    workers : int
        Processes; 1 runs everything in this one.
    on_failure : callable
        Makes a result of a task that raised or killed its process, so that one failure does not end the run.
    on_progress : callable, optional
        Told the amounts that the tasks report; a task that is run again reports again.
    """
    if workers == 1 or len(tasks) <= 1:
        yield from _run_here(function, tasks, on_failure, on_progress)
        return
    lost = yield from _run_in_pool(function, tasks, min(workers, len(tasks)), on_failure, on_progress)
    for task in lost:
        if (yield from _run_in_pool(function, [task], 1, on_failure, on_progress)):
            yield on_failure(task, RuntimeError("the worker process died"))


def _run_here(
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    on_failure: Callable[[Task, BaseException], Result],
    on_progress: Callable[[int], None] | None,
) -> Iterator[Result]:
    global _listener
    for task in tasks:
        _listener = on_progress
        try:
            result = function(task)
        except Exception as error:
            result = on_failure(task, error)
        finally:
            _listener = None
        yield result


def _run_in_pool(
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    workers: int,
    on_failure: Callable[[Task, BaseException], Result],
    on_progress: Callable[[int], None] | None,
) -> Generator[Result, None, list[Task]]:
    context = multiprocessing.get_context("spawn")
    # A counter of the pool's own: a process may die while it holds the lock.
    counter = context.Value("q", 0)
    with ProcessPoolExecutor(workers, context, _share_counter, (counter,)) as executor:
        return (yield from _run_in(executor, function, tasks, on_failure, on_progress, counter))


def _run_in(
    executor: Executor,
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    on_failure: Callable[[Task, BaseException], Result],
    on_progress: Callable[[int], None] | None,
    counter: Any,
) -> Generator[Result, None, list[Task]]:
    """Yield results; return the tasks that were lost with the pool."""
    seen = 0
    lost: list[Task] = []
    waiting: dict[Future[Result], Task] = {}
    for task in tasks:
        try:
            waiting[executor.submit(function, task)] = task
        except BrokenProcessPool:
            lost.append(task)
    try:
        while waiting:
            done, _ = wait(waiting, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
            reported = counter.get_obj().value  # without the lock
            if on_progress is not None and reported > seen:
                on_progress(reported - seen)
            seen = reported
            for future in done:
                task = waiting.pop(future)
                error = future.exception()
                if error is None:
                    yield future.result()
                elif isinstance(error, BrokenProcessPool):
                    lost.append(task)
                else:
                    yield on_failure(task, error)
    finally:
        for future in waiting:
            future.cancel()
    return lost


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def peak_mib() -> int | None:
    """Memory of the largest process so far, this one or an ended worker; None where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return round(max(peaks) / (2**20 if sys.platform == "darwin" else 2**10))


def _share_counter(counter: Any) -> None:
    global _counter
    _counter = counter
