"""The one seam for running many tasks: in this process, or in any `concurrent.futures.Executor`.

A task is a function of one picklable argument that returns a small picklable result. It may call `report` to say how
far it is. Results do not depend on where, or in which order, the tasks run.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
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
        Makes a result of a task whose worker failed, so that one failure does not end the run.
    on_progress : callable, optional
        Told the amounts that the tasks report.
    """
    if workers == 1 or len(tasks) <= 1:
        yield from _run_here(function, tasks, on_failure, on_progress)
        return
    context = multiprocessing.get_context("spawn")
    counter = context.Value("q", 0)
    with ProcessPoolExecutor(min(workers, len(tasks)), context, _share_counter, (counter,)) as executor:
        yield from _run_in(executor, function, tasks, on_failure, on_progress, counter)


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


def _run_in(
    executor: Executor,
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    on_failure: Callable[[Task, BaseException], Result],
    on_progress: Callable[[int], None] | None,
    counter: Any,
) -> Iterator[Result]:
    seen = 0
    waiting: dict[Future[Result], Task] = {executor.submit(function, task): task for task in tasks}
    try:
        while waiting:
            done, _ = wait(waiting, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
            reported = counter.value
            if on_progress is not None and reported > seen:
                on_progress(reported - seen)
            seen = reported
            for future in done:
                task = waiting.pop(future)
                try:
                    result = future.result()
                except BrokenProcessPool:
                    result = on_failure(task, RuntimeError("the worker process died"))
                except Exception as error:
                    result = on_failure(task, error)
                yield result
    finally:
        for future in waiting:
            future.cancel()


def _share_counter(counter: Any) -> None:
    global _counter
    _counter = counter
