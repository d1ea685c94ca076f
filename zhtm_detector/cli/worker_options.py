"""Where a verb's work is done: processes of this machine, or the user's Dask cluster."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from zhtm_detector.common.errors import InputError

if TYPE_CHECKING:
    from zhtm_detector.common.workers import Workers

# All that Dask sets up with a handler of its own, and what it runs on.
_LOGGERS = ("distributed", "distributed.client", "distributed.gc", "tornado", "tornado.application", "asyncio")


@contextmanager
def workers_of(workers: int | None, scheduler: str | None, keep: bool = False) -> Iterator[Workers]:
    """Give what `--workers` and `--scheduler` say, while the block runs.

    With `keep` the processes of this machine stay until the block ends, for work that comes bit by bit.

    Raises
    ------
    InputError
        When both are given, and as `cluster.connect`.
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


def _silence() -> None:
    """Keep Dask's log off the terminal: what goes wrong is told in one line of ours, or is a row with its error."""
    with suppress(ImportError):  # `connect` tells of that
        import distributed  # noqa: F401  # which would set the levels anew
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
