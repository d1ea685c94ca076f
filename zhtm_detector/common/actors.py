"""Objects with a state that live on the workers of a Dask cluster, one after another, while a block runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from zhtm_detector.common.cluster import client_of, threads_of
from zhtm_detector.common.errors import InputError

if TYPE_CHECKING:
    from distributed import Client, Future

_ASK_SECONDS = 1.0  # between two looks at whether a worker that is silent is still there

_PROCESS = uuid4().hex  # of this one


class Actors:
    """Equal objects, numbered from 0, on workers: Dask's actors.

    Dask would make an actor anew whose worker has died, without its state, or wait for ever. Here that is an error.
    """

    def __init__(
        self, client: Client, address: str, futures: Mapping[int, Future[Any]], homes: Mapping[int, str]
    ) -> None:
        self._client = client
        self._address = address
        self._futures = futures
        self._homes = homes  # addresses of the workers
        self._actors = {number: self._answer(number, future) for number, future in futures.items()}

    def __len__(self) -> int:
        return len(self._actors)

    def call(self, method: str, arguments: Mapping[int, tuple[Any, ...]]) -> dict[int, Any]:
        """Call a method of some objects at the same time, each with arguments of its own, and return the results.

        Raises
        ------
        InputError
            If a worker was lost, and with it the state of its object.
        CancelledError
            If the scheduler was lost.
        Exception
            What the method raises.
        """
        self._check(*arguments)
        calls = {number: getattr(self._actors[number], method)(*given) for number, given in arguments.items()}
        return {number: self._answer(number, call) for number, call in calls.items()}

    def _answer(self, number: int, future: Any) -> Any:
        while True:
            try:
                return future.result(timeout=_ASK_SECONDS)
            except TimeoutError:
                self._check(number)
            except OSError:
                threads_of(self._client)  # is it the scheduler?
                raise self._lost(number) from None

    def _check(self, *numbers: int) -> None:
        """Ask the scheduler, once for all of these objects, whether their workers are still there."""
        there = threads_of(self._client)
        for number in numbers:
            status = self._futures[number].status
            if status == "cancelled":
                raise CancelledError
            if status == "error" or self._homes[number] not in there:
                raise self._lost(number)

    def _lost(self, number: int) -> InputError:
        return InputError(
            f"scheduler {self._address}: expected worker {self._homes[number]} to last, lost it and what it held"
        )


@contextmanager
def actors_on(address: str, count: int | None, kind: type, *arguments: Any) -> Iterator[Actors]:
    """Make objects on a Dask cluster, which live until the block ends or this process does.

    Parameters
    ----------
    address : str
        The scheduler's address.
    count : int, optional
        How many, spread evenly over the workers; by default one per worker, which runs one method at a time, however
        many threads it has.
    kind : type
    *arguments
        Of its constructor; picklable, as those of its methods.

    Raises
    ------
    InputError
        As `cluster.client_of`.
    """
    with client_of(address) as client, client.as_current():  # actors look for their client there
        processes = client.run(_process)
        workers = sorted(processes)
        homes = {number: workers[number % len(workers)] for number in range(count or len(workers))}
        futures = {
            number: client.submit(
                _made, processes[home], kind, arguments, workers=[home], pure=False, actor=True, retries=0
            )
            for number, home in homes.items()
        }
        yield Actors(client, address, futures, homes)


def _process() -> str:
    return _PROCESS


def _made(process: str, kind: type, arguments: tuple[Any, ...]) -> Any:
    """Make an object; not again on a new worker that has the address of one that died."""
    if process != _PROCESS:
        raise ConnectionError(f"expected the process {process}, got {_PROCESS}")
    return kind(*arguments)
