"""Running many tasks: in this process, in processes of this machine, or in any `concurrent.futures.Executor`.

A task is a function of one picklable argument that returns a small picklable result. It may call `report_progress`.
Results do not depend on where, or in which order, the tasks run.

A worker process that dies takes other tasks with it, and the executor does not say which one killed it. The lost tasks
run once more, each alone: the one that kills its worker again has failed, the others lose nothing. This also helps if
they needed too much memory together.

Worker processes end when this one does, however it ends.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from multiprocessing.connection import wait as wait_for
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from typing import Any, Generic, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

_POLL_SECONDS = 0.1

# In a worker process: the counter that it shares with the parent. In the parent: the callback.
_counter: Any = None
_listener: Callable[[int], None] | None = None


@dataclass(frozen=True)
class RemoteWorkers:
    """Workers of an existing executor, which may not see the files of this machine.

    Parameters
    ----------
    executor : Executor
        It starts tasks in the order in which they are submitted.
    room : callable
        Returns how many tasks the executor may hold at a time; the others stay here, so that few are in memory. It is
        called again and again, and raises when the workers are lost for good.
    killed : type of exception
        The error of a task whose worker died, which may be another task's fault.
    """

    executor: Executor
    room: Callable[[], int]
    killed: type[BaseException] = BrokenExecutor


class KeptWorkers:
    """Processes of this machine that stay alive from one call of `run_tasks` to the next, until `close`.

    A process takes a second or two to start: more than the work of a short call.

    Parameters
    ----------
    count : int
        Number of processes, at least 2.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._pool: _Pool | None = None

    @property
    def pool(self) -> _Pool:
        """The running processes; new ones if one has died or may still be busy."""
        if self._pool is None or self._pool.broken or not self._pool.answers():
            self.close()
            self._pool = _Pool(self.count)
        return self._pool

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.executor.shutdown(cancel_futures=True)
            self._pool = None


Workers = int | KeptWorkers | RemoteWorkers


class _Process(SpawnProcess):
    """A worker process that ends with its parent, and leaves Ctrl-C, which a terminal sends to both, to it."""

    def start(self) -> None:
        """Start it with SIGINT blocked, because it cannot ignore the signal before it has loaded this module."""
        if not hasattr(signal, "pthread_sigmask"):  # Windows
            super().start()
            return
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            super().start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def run(self) -> None:
        """Run the executor's loop."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=_end_with_parent, daemon=True).start()
        super().run()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)  # the main thread may be in the middle of a task


class WorkerContext(SpawnContext):
    """How executors start processes that end with this one."""

    Process = _Process


class _Pool:
    """Processes with a progress counter of their own, because a process may die while it holds the lock."""

    def __init__(self, count: int) -> None:
        context = WorkerContext()
        self.counter = context.Value("q", 0)
        self.executor = ProcessPoolExecutor(count, context, _share_counter, (self.counter,))
        self.broken = False

    def answers(self) -> bool:
        """Check that it accepts tasks: a process may have died since the last one."""
        try:
            self.executor.submit(os.getpid).result()
        except BrokenExecutor:
            return False
        return True


@dataclass(frozen=True)
class _Job(Generic[Task, Result]):
    """The arguments of `run_tasks`."""

    function: Callable[[Task], Result]
    on_failure: Callable[[Task, BaseException], Result]
    on_progress: Callable[[int], None] | None


Lost = list[tuple[Task, BaseException]]


def report_progress(amount: int) -> None:
    """Report from inside a task that this much more of its work is done."""
    if _listener is not None:
        _listener(amount)
    elif _counter is not None:
        with _counter.get_lock():
            _counter.value += amount


def run_tasks(
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    *,
    workers: Workers,
    on_failure: Callable[[Task, BaseException], Result],
    on_progress: Callable[[int], None] | None = None,
) -> Iterator[Result]:
    """Run all tasks and yield their results as they finish.

    Parameters
    ----------
    function : callable
        Importable by name, because workers are other processes.
    tasks : sequence
        In the order to start them: put the longest first.
    workers : int, KeptWorkers or RemoteWorkers
        Number of processes on this machine, where 1 runs everything in this one; or workers that exist already.
    on_failure : callable
        Turns a task that raised or killed its process, and the error, into a result: one failure does not end the run.
    on_progress : callable, optional
        Called with the amounts that tasks report; a task that runs again reports again. Remote workers report nothing.
    """
    job = _Job(function, on_failure, on_progress)
    if isinstance(workers, RemoteWorkers):
        yield from _run_twice(job, tasks, partial(_run_in, job, workers, None))
    elif workers == 1 or len(tasks) <= 1:
        yield from _run_here(job, tasks)
    elif isinstance(workers, KeptWorkers):
        yield from _run_twice(job, tasks, partial(_run_in_kept, job, workers))
    else:
        with closing(KeptWorkers(min(workers, len(tasks)))) as processes:
            yield from _run_twice(job, tasks, partial(_run_in_kept, job, processes))


def _run_twice(
    job: _Job[Task, Result],
    tasks: Sequence[Task],
    run: Callable[[Sequence[Task]], Generator[Result, None, Lost[Task]]],
) -> Iterator[Result]:
    """Run all tasks together, then those whose worker died one by one."""
    for suspect, _ in (yield from run(tasks)):
        for task, error in (yield from run([suspect])):
            yield job.on_failure(task, error)


def _run_here(job: _Job[Task, Result], tasks: Sequence[Task]) -> Iterator[Result]:
    for task in tasks:
        try:
            with _listening(job.on_progress):
                result = job.function(task)
        except Exception as error:
            result = job.on_failure(task, error)
        yield result


def _run_in_kept(
    job: _Job[Task, Result], workers: KeptWorkers, tasks: Sequence[Task]
) -> Generator[Result, None, Lost[Task]]:
    pool = workers.pool
    broken = True  # if the caller stops early, a process may have died, or be busy with an unwanted task
    try:
        lost = yield from _run_in(job, RemoteWorkers(pool.executor, lambda: len(tasks)), pool.counter, tasks)
        broken = bool(lost)
    finally:
        pool.broken = broken
    return lost


def _run_in(
    job: _Job[Task, Result], workers: RemoteWorkers, counter: Any, tasks: Sequence[Task]
) -> Generator[Result, None, Lost[Task]]:
    """Yield results; return the tasks whose worker died, each with its error."""
    seen = counter.get_obj().value if counter is not None else 0
    lost: Lost[Task] = []
    waiting: dict[Future[Result], Task] = {}
    coming = iter(tasks)
    try:
        while True:
            started = list(islice(coming, max(0, workers.room() - len(waiting))))
            for task in started:
                try:
                    waiting[workers.executor.submit(job.function, task)] = task
                except BrokenExecutor:
                    lost.append((task, _died()))
                except Exception as error:
                    yield job.on_failure(task, error)
            if not waiting:
                if started:  # and none of them accepted
                    continue
                return lost
            done, _ = wait(waiting, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
            if counter is not None:
                reported = counter.get_obj().value  # without the lock
                if job.on_progress is not None and reported > seen:
                    job.on_progress(reported - seen)
                seen = reported
            for future in done:
                task = waiting.pop(future)
                failure = future.exception()
                if failure is None:
                    yield future.result()
                elif isinstance(failure, workers.killed):
                    lost.append((task, _died() if isinstance(failure, BrokenExecutor) else failure))
                else:
                    yield job.on_failure(task, failure)
    finally:
        for future in waiting:
            future.cancel()


def _died() -> RuntimeError:
    return RuntimeError("the worker process died")


@contextmanager
def _listening(listener: Callable[[int], None] | None) -> Iterator[None]:
    global _listener
    _listener = listener
    try:
        yield
    finally:
        _listener = None


def cores() -> int:
    """Count the cores available to this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def peak_mib() -> int | None:
    """Return the peak memory of the largest process, this one or an ended worker; None if the system cannot tell."""
    own = own_peak_mib()
    return None if own is None else round(max(own, _resource_mib("RUSAGE_CHILDREN") or 0.0))


def own_peak_mib() -> float | None:
    """Return the most memory that this process has had; None if the system cannot tell."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        lines = []
    # Linux: what getrusage says of a process is at least what its parent had when it started it.
    found = (int(line.split()[1]) / 2**10 for line in lines if line.startswith("VmHWM:"))
    return next(found, None) or _resource_mib("RUSAGE_SELF")


def _resource_mib(who: str) -> float | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    return resource.getrusage(getattr(resource, who)).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def _share_counter(counter: Any) -> None:
    global _counter
    _counter = counter
