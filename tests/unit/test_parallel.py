"""Running tasks: results, failures and dead workers, here and in processes."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import tasks

from zhtm_detector import parallel
from zhtm_detector.parallel import cores, peak_mib, run_tasks

Failure = tuple[int, str, str]


def failure(task: int, error: BaseException) -> Failure:
    return task, type(error).__name__, str(error)


def unexpected(task: int, error: BaseException) -> int:
    raise AssertionError(f"task {task} failed") from error


def refuse_three(number: int) -> Any:
    return tasks.refuse_three(number)


def outcome(function: Callable[[int], Any], numbers: range, workers: int) -> list[Any]:
    """Results of all tasks; fails where it takes minutes."""
    done: list[Any] = []

    def call() -> None:
        done.extend(run_tasks(function, numbers, workers=workers, on_failure=failure))

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(120)
    assert not thread.is_alive(), "it hangs"
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


def test_in_this_process_the_order_is_kept() -> None:
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


def test_a_result_that_cannot_travel() -> None:
    results, failures = split(outcome(tasks.unpicklable_at_three, range(5), 2))
    assert results == [0, 1, 4, 16]
    assert len(failures) == 1


def test_stopping_early_leaves_nothing_behind() -> None:
    results = run_tasks(tasks.square, range(4), workers=1, on_failure=unexpected, on_progress=lambda amount: None)
    next(results)
    del results
    assert parallel._listener is None
    tasks.square(2)  # reports to nobody


def test_any_executor_will_do() -> None:
    counter = multiprocessing.get_context("spawn").Value("q", 0)
    with ThreadPoolExecutor(2) as executor:
        run: Iterator[Any] = parallel._run_in(executor, refuse_three, range(5), failure, None, counter)
        assert split(list(run)) == ([0, 1, 4, 16], [(3, "ValueError", "three is refused")])


def test_machine() -> None:
    assert cores() >= 1
    peak = peak_mib()
    assert peak is None or 10 < peak < 10**6
