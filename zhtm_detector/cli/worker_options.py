"""The workers that a verb's options choose: processes on this machine, or the user's Dask cluster."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from zhtm_detector.common.errors import InputError

if TYPE_CHECKING:
    from zhtm_detector.common.actors import Actors
    from zhtm_detector.common.workers import Workers

# Every logger to which Dask attaches a handler, and the loggers of the libraries below it.
_LOGGERS = ("distributed", "distributed.client", "distributed.gc", "tornado", "tornado.application", "asyncio")


@contextmanager
def workers_of(workers: int | None, scheduler: str | None, keep: bool = False) -> Iterator[Workers]:
    """Yield the workers that `--workers` and `--scheduler` choose.

    With `keep`, the processes on this machine live until the block ends, for work that is submitted in parts.

    Raises
    ------
    InputError
        When both options are given, and as `cluster.connect`.
    """
    if scheduler is None:
        from zhtm_detector.common.workers import KeptWorkers, cores

        count = workers or cores()
        if not keep or count == 1:
            yield count
            return
        kept = KeptWorkers(count)
        try:
            yield kept
        finally:
            kept.close()
        return
    if workers is not None:
        raise InputError(f"--scheduler: expected no --workers beside it, got --workers {workers}")
    from zhtm_detector.common.cluster import connect

    _silence()
    with connect(scheduler) as remote:
        yield remote


@contextmanager
def actors_of(scheduler: str, count: int | None, kind: type, *arguments: Any) -> Iterator[Actors]:
    """Yield objects on the workers of the cluster that `--scheduler` names, as `actors.actors_on`."""
    from zhtm_detector.common.actors import actors_on

    _silence()
    with actors_on(scheduler, count, kind, *arguments) as actors:
        yield actors


def _silence() -> None:
    """Keep Dask's log off the terminal: an error is one line of ours, or a row in the results."""
    with suppress(ImportError):  # `connect` reports that
        import distributed  # noqa: F401  # first, because its import sets the levels
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
