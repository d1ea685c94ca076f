"""Running tasks: results, failures and dead workers, here and in processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tasks

import zhtm_detector
from zhtm_detector.common import workers as parallel
from zhtm_detector.common.workers import KeptWorkers, RemoteWorkers, cores, own_peak_mib, peak_mib, run_tasks

Failure = tuple[int, str, str]


def failure(task: int, error: BaseException) -> Failure:
    return task, type(error).__name__, str(error)


def unexpected(task: object, error: BaseException) -> int:
    raise AssertionError(f"task {task} failed") from error


def refuse_three(number: int) -> Any:
    return tasks.refuse_three(number)


def outcome(function: Callable[[int], Any], numbers: range, workers: int) -> list[Any]:
    """Results of all tasks; fails if they take minutes."""
    done: list[Any] = []

    def call() -> None:
        done.extend(run_tasks(function, numbers, workers=workers, on_failure=failure))

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(120)
    assert not thread.is_alive(), "run_tasks hangs"
    return done


def split(results: list[Any]) -> tuple[list[int], list[Failure]]:
    return sorted(r for r in results if isinstance(r, int)), [r for r in results if not isinstance(r, int)]


@pytest.mark.parametrize("workers", [1, 2])
def test_each_task_has_one_result_and_progress_adds_up(workers: int) -> None:
    progress: list[int] = []
    results = run_tasks(tasks.square, range(6), workers=workers, on_failure=unexpected, on_progress=progress.append)
    assert sorted(results) == [0, 1, 4, 9, 16, 25]
    assert sum(progress) == 15


@pytest.mark.parametrize("workers", [1, 2])
def test_no_tasks(workers: int) -> None:
    assert list(run_tasks(tasks.square, [], workers=workers, on_failure=unexpected)) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_a_task_that_raises_is_a_failure(workers: int) -> None:
    assert split(outcome(tasks.refuse_three, range(6), workers)) == (
        [0, 1, 4, 16, 25],
        [(3, "ValueError", "three is refused")],
    )


def test_in_this_process_results_come_in_order() -> None:
    assert outcome(tasks.refuse_three, range(5), 1) == [0, 1, 4, (3, "ValueError", "three is refused"), 16]


@pytest.mark.parametrize("function", [tasks.die_at_three, tasks.killed_at_three])
def test_a_worker_that_dies_loses_its_own_task_only(
    function: Callable[[int], int], capfd: pytest.CaptureFixture[str]
) -> None:
    dead = (3, "RuntimeError", "the worker process died")
    assert split(outcome(function, range(6), 2)) == ([0, 1, 4, 16, 25], [dead])
    assert capfd.readouterr() == ("", "")


def test_workers_that_always_die() -> None:
    results = outcome(tasks.always_die, range(3), 2)
    assert sorted(results) == [(number, "RuntimeError", "the worker process died") for number in range(3)]


def test_a_task_that_exits_does_not_end_the_run() -> None:
    assert split(outcome(tasks.leave_at_three, range(5), 2)) == ([0, 1, 4, 16], [(3, "SystemExit", "5")])


def test_kept_workers_stay_and_are_renewed_after_a_death() -> None:
    kept = KeptWorkers(2)
    try:
        for _ in range(2):
            progress: list[int] = []
            run = run_tasks(tasks.square, range(6), workers=kept, on_failure=unexpected, on_progress=progress.append)
            assert sorted(run) == [0, 1, 4, 9, 16, 25]
            assert sum(progress) == 15
        seen = {p for _ in range(4) for p in run_tasks(tasks.process, [0, 0], workers=kept, on_failure=unexpected)}
        assert len(seen) <= 2 and os.getpid() not in seen
        lost = list(run_tasks(tasks.die_at_three, range(5), workers=kept, on_failure=failure))
        assert split(lost) == ([0, 1, 4, 16], [(3, "RuntimeError", "the worker process died")])
        assert sorted(run_tasks(tasks.square, range(3), workers=kept, on_failure=unexpected)) == [0, 1, 4]
    finally:
        kept.close()


def test_kept_workers_are_renewed_after_a_death_between_two_calls(tmp_path: Path) -> None:
    kept = KeptWorkers(2)

    def meet(folder: str) -> set[int]:
        (tmp_path / folder).mkdir()
        return set(run_tasks(tasks.meet, [tmp_path / folder] * 2, workers=kept, on_failure=unexpected))

    try:
        pool = kept.pool
        before = meet("one")
        assert len(before) == 2
        os.kill(min(before), signal.SIGKILL)
        while pool.answers():  # until the executor knows
            time.sleep(0.05)
        after = meet("two")  # both at the same time
        assert len(after) == 2 and not after & before
    finally:
        kept.close()


@pytest.mark.parametrize("function", [tasks.die_at_three, tasks.square])
def test_kept_workers_are_renewed_if_the_caller_stops_early(function: Callable[[int], int]) -> None:
    kept = KeptWorkers(2)
    try:
        pool = kept.pool
        assert kept.pool is pool
        run = run_tasks(function, range(6), workers=kept, on_failure=unexpected)
        next(run)
        run.close()  # type: ignore[attr-defined]
        assert kept.pool is not pool
        assert sorted(run_tasks(tasks.square, range(4), workers=kept, on_failure=unexpected)) == [0, 1, 4, 9]
    finally:
        kept.close()


def test_a_result_that_cannot_be_pickled() -> None:
    results, failures = split(outcome(tasks.unpicklable_at_three, range(5), 2))
    assert results == [0, 1, 4, 16]
    assert len(failures) == 1


def test_stopping_early_leaves_nothing_behind() -> None:
    results = run_tasks(tasks.square, range(4), workers=1, on_failure=unexpected, on_progress=lambda amount: None)
    next(results)
    del results
    assert parallel._listener is None
    tasks.square(2)  # its report has no listener


def remote(executor: Executor, room: int = 2, killed: type[BaseException] = BrokenExecutor) -> RemoteWorkers:
    return RemoteWorkers(executor, lambda: room, killed)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as executor:
        yield executor


def test_any_executor(threads: ThreadPoolExecutor) -> None:
    run = run_tasks(refuse_three, range(5), workers=remote(threads), on_failure=failure)
    assert split(list(run)) == ([0, 1, 4, 16], [(3, "ValueError", "three is refused")])


def test_remote_workers_get_as_many_tasks_as_they_have_room_for(threads: ThreadPoolExecutor) -> None:
    submitted: list[int] = []

    class Counting(Executor):
        def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
            submitted.append(args[0])
            return threads.submit(function, *args, **kwargs)

    results = []
    for result in run_tasks(tasks.square, range(8), workers=remote(Counting(), 3), on_failure=unexpected):
        results.append(result)
        assert len(submitted) <= len(results) + 3 - 1 or len(submitted) == 8
    assert submitted == list(range(8))  # in the order given
    assert sorted(results) == [number**2 for number in range(8)]


def test_an_executor_that_accepts_no_task() -> None:
    class Refusing(Executor):
        def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
            raise OSError("too many open files")

    run = run_tasks(tasks.square, range(3), workers=remote(Refusing(), 1), on_failure=failure)
    assert list(run) == [(number, "OSError", "too many open files") for number in range(3)]


def test_a_task_whose_worker_died_runs_again_alone(threads: ThreadPoolExecutor) -> None:
    under_way: list[int] = []
    alone: list[int] = []
    seen: set[int] = set()

    def die_with_others(number: int) -> int:
        if number in seen:
            assert not under_way
            alone.append(number)
        under_way.append(number)
        try:
            if number == 3 or (number == 2 and number not in seen):
                raise EOFError(f"the worker of {number} died")
            return number * number
        finally:
            seen.add(number)
            under_way.remove(number)

    run = run_tasks(die_with_others, range(5), workers=remote(threads, killed=EOFError), on_failure=failure)
    assert split(list(run)) == ([0, 1, 4, 16], [(3, "EOFError", "the worker of 3 died")])
    assert sorted(alone) == [2, 3]


def test_a_lost_executor_ends_the_run(threads: ThreadPoolExecutor) -> None:
    def room() -> int:
        raise ConnectionError("lost")

    with pytest.raises(ConnectionError, match="lost"):
        list(run_tasks(tasks.square, range(5), workers=RemoteWorkers(threads, room), on_failure=unexpected))


def test_machine() -> None:
    assert cores() >= 1
    peak = peak_mib()
    assert peak is None or 10 < peak < 10**6


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system cannot tell")
def test_the_peak_of_a_process_is_not_that_of_the_one_that_started_it() -> None:
    large = np.ones(300 * 2**17)  # 300 MiB
    code = "from zhtm_detector.common.workers import own_peak_mib; print(own_peak_mib())"
    environment = {**os.environ, "PYTHONPATH": str(Path(zhtm_detector.__file__).parents[1])}
    said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert 5 < float(said.stdout) < 200 < large.nbytes / 2**20 < (own_peak_mib() or 0)
