"""An existing Dask cluster, found by its scheduler's address, as workers for `workers.run_tasks`.

This needs the extra `cluster`. No cluster is started here: that is the business of whoever knows its machines.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.versions import versions
from zhtm_detector.common.workers import RemoteWorkers

if TYPE_CHECKING:
    from distributed import Client

CONNECT_SECONDS = 10.0  # to wait for the scheduler's answer, and for a first worker
WORKERLESS_SECONDS = 60.0  # to wait in a run for workers to come back
_ASK_SECONDS = 1.0  # between two counts of the workers
_SCHEMES = ("tcp", "tls", "ws", "wss")


@contextmanager
def connect(address: str) -> Iterator[RemoteWorkers]:
    """Use a Dask cluster's workers for tasks while the block runs; see `client_of`."""
    with client_of(address) as client:
        from distributed import KilledWorker

        yield RemoteWorkers(_InOrder(client), _Room(client, address), KilledWorker)


@contextmanager
def client_of(address: str) -> Iterator[Client]:
    """Connect to a Dask cluster while the block runs.

    Parameters
    ----------
    address : str
        The scheduler's address, such as tcp://host:8786.

    Raises
    ------
    InputError
        When the address is malformed, `distributed` is not installed, no scheduler answers, it has no workers, or a
        worker runs other code than this process; in the block, when the connection is lost.
    """
    _check_address(address)
    try:
        import dask
        from distributed import Client
    except ImportError as error:
        if (error.name or "").split(".")[0] not in ("dask", "distributed"):
            raise
        raise InputError(
            f"scheduler {address}: expected the package distributed, got none; pip install 'zhtm-detector[cluster]'"
        ) from None
    # Tasks carry their data files; Dask would warn of large ones.
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"}):
        _check_scheduler(address)
        with Client(address, timeout=CONNECT_SECONDS, set_as_default=False) as client:
            _check_workers(client, address)
            try:
                yield client
            except CancelledError:
                raise InputError(f"scheduler {address}: expected it to last for the run, lost the connection") from None


class _InOrder(Executor):
    """Dask's own executor, with tasks started in the order of their submission, which Dask does not promise."""

    def __init__(self, client: Client) -> None:
        # Not pure: Dask would merge equal tasks. Retries are for errors of a worker's machine; how many workers a task
        # may kill is a setting of the scheduler.
        self._executor = client.get_executor(pure=False, retries=2)
        self._submitted = 0

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self._submitted += 1
        run = partial(_run_checked, versions(), function)
        future: Future[Any] = self._executor.submit(run, *args, priority=-self._submitted, **kwargs)
        return future


class _Room:
    """Room for two tasks per thread: one to run, one waiting for it to finish."""

    def __init__(self, client: Client, address: str) -> None:
        self._client = client
        self._address = address
        self._threads = 1
        self._asked = float("-inf")
        self._seen = monotonic()

    def __call__(self) -> int:
        now = monotonic()
        if now - self._asked >= _ASK_SECONDS:
            self._asked = now
            if threads := sum(threads_of(self._client).values()):
                self._threads, self._seen = threads, now
            elif now - self._seen > WORKERLESS_SECONDS:
                raise InputError(
                    f"scheduler {self._address}: expected at least one worker, got none for {WORKERLESS_SECONDS:g} s"
                )
        return 2 * self._threads


def threads_of(client: Client) -> Mapping[str, int]:
    """Return the number of threads of each worker, by address; CancelledError if the connection is lost."""
    try:
        threads: Mapping[str, int] = client.nthreads()
    except (OSError, ValueError):  # lost connection, client closed for that reason
        raise CancelledError from None
    return threads


def _run_checked(expected: Mapping[str, str], function: Callable[..., Any], *args: Any) -> Any:
    """Run a task on a worker that may have joined after the check of versions."""
    if difference := _difference(expected, versions()):
        raise RuntimeError(difference)
    return function(*args)


def _check_address(address: str) -> None:
    try:
        parts = urlsplit(address)
        good = parts.scheme in _SCHEMES and bool(parts.hostname) and bool(parts.port)
    except ValueError:  # a port that is not a number, or unbalanced brackets
        good = False
    if not good or parts.path or parts.query or parts.fragment or parts.username is not None:
        raise InputError(f"scheduler: expected an address such as tcp://host:8786, got {address[:80]!r}")


def _check_scheduler(address: str) -> None:
    """Check that a scheduler answers, because Dask's client would wait forever for a silent server."""
    from distributed.comm.core import connect as call
    from distributed.security import Security

    async def greet() -> None:
        arguments = Security().get_connection_args("client")  # from Dask's configuration, as for the client
        comm = await asyncio.wait_for(call(address, timeout=CONNECT_SECONDS, **arguments), CONNECT_SECONDS)
        comm.abort()

    try:
        asyncio.run(greet())
    except Exception as error:  # anything may answer
        reason = " ".join(str(error).split())[:200] or f"silent for {CONNECT_SECONDS:g} s"
        raise InputError(f"scheduler {address}: expected a Dask scheduler, got none ({reason})") from None


def _check_workers(client: Client, address: str) -> None:
    """Refuse a cluster whose results could differ from those of this process."""
    try:
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        found = client.run(versions, on_error="return")
    except TimeoutError:
        found = {}
    except OSError:
        raise InputError(f"scheduler {address}: expected its workers to answer, lost the connection") from None
    if not found:
        raise InputError(f"scheduler {address}: expected at least one worker, got none")
    for worker, theirs in sorted(found.items()):
        if isinstance(theirs, Mapping):
            difference = _difference(versions(), theirs)
        elif isinstance(theirs, ModuleNotFoundError) and theirs.name == "zhtm_detector":
            difference = f"zhtm-detector: expected {versions()['zhtm-detector']} as here, got none"
        else:  # an older zhtm_detector without `versions`, or one that fails to load
            reason = f"{type(theirs).__name__}: {theirs}"
            difference = f"zhtm-detector: expected {versions()['zhtm-detector']} as here, got another ({reason})"
        if difference:
            raise InputError(f"scheduler {address}: worker {worker}: {difference}")


def _difference(expected: Mapping[str, str], got: Mapping[str, str]) -> str:
    for name, version in expected.items():
        if got.get(name) != version:
            return f"{name}: expected {version} as here, got {got.get(name, 'none')}"
    return ""
