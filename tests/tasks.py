"""Tasks that spawned workers can import."""

from __future__ import annotations

import os
import signal
import time

from zhtm_detector.parallel import report


def square(number: int) -> int:
    report(number)
    return number * number


def refuse_three(number: int) -> int:
    if number == 3:
        raise ValueError("three is refused")
    return number * number


def die_at_three(number: int) -> int:
    report(1)
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
