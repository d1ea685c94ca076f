"""Checks of a Dask cluster before anything runs on it, and how it gets work."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from typing import Any

import pytest

from zhtm_detector.common import cluster
from zhtm_detector.common.cluster import connect
from zhtm_detector.common.errors import InputError
from zhtm_detector.common.versions import versions

ADDRESS = "tcp://127.0.0.1:8786"


class Client:
    """The part of Dask's client that is used here."""

    def __init__(self, found: dict[str, Any] | None = None, threads: list[dict[str, int]] | None = None) -> None:
        self.found = found or {}
        self.threads = threads or []
        self.submitted: list[dict[str, Any]] = []

    def wait_for_workers(self, count: int, timeout: float) -> None:
        if not self.found:
            raise TimeoutError

    def run(self, function: Any, on_error: str) -> dict[str, Any]:
        assert (function(), on_error) == (versions(), "return")
        return self.found

    def nthreads(self) -> dict[str, int]:
        if not self.threads:
            raise OSError("closed")
        return self.threads.pop(0)

    def get_executor(self, **settings: Any) -> Client:
        assert settings == {"pure": False, "retries": 2}
        return self

    def submit(self, run: Any, *args: Any, **settings: Any) -> Future[Any]:
        self.submitted.append(settings)
        future: Future[Any] = Future()
        future.set_result(run(*args))
        return future


def check_workers(found: dict[str, Any]) -> None:
    cluster._check_workers(Client(found), ADDRESS)


@pytest.fixture
def silent() -> Iterator[str]:
    """Address of a server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize(
    "address",
    [
        *("", "host", "host:8786", "tcp://host", "tcp://host:port", "tcp://host:99999", "tcp://host:0", "tcp://:8786"),
        *("http://host:8786", "tcp://host:8786/path", "tcp://host:8786?a=b", "tcp://me@host:8786", "tcp://[::1:8786"),
    ],
)
def test_a_malformed_address(address: str) -> None:
    with pytest.raises(InputError) as refused, connect(address):
        pass
    assert str(refused.value) == f"scheduler: expected an address such as tcp://host:8786, got {address!r}"


@pytest.mark.parametrize(
    "address", [ADDRESS, "tls://host.example.org:1", "tcp://[::1]:65535", "ws://h:80", "wss://h:1"]
)
def test_a_well_formed_address(address: str) -> None:
    cluster._check_address(address)


def test_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(InputError, match=rf"^scheduler tcp://127\.0\.0\.1:{port}: expected a Dask scheduler, got none"):
        connect(f"tcp://127.0.0.1:{port}").__enter__()


def test_a_silent_server(monkeypatch: pytest.MonkeyPatch, silent: str) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    with pytest.raises(InputError, match=rf"^scheduler {silent}: expected a .*, got none \(silent for 0\.5 s\)$"):
        connect(silent).__enter__()


def test_encryption_without_certificates(silent: str) -> None:
    with pytest.raises(InputError, match=r"expected a Dask scheduler, got none \(TLS"):
        connect(silent.replace("tcp", "tls")).__enter__()


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError) as refused:
        connect(ADDRESS).__enter__()
    assert str(refused.value).endswith("got none; pip install 'zhtm-detector[cluster]'")


def test_dask_is_loaded_for_a_cluster_only() -> None:
    code = "import sys, zhtm_detector.cli.app, zhtm_detector.common.cluster; sys.exit('distributed' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_workers_with_the_same_versions() -> None:
    check_workers({"tcp://a:1": versions(), "tcp://b:1": dict(versions())})


def test_no_workers() -> None:
    with pytest.raises(InputError, match=f"^scheduler {ADDRESS}: expected at least one worker, got none$"):
        check_workers({})


@pytest.mark.parametrize("name", ["zhtm-detector", "sources of zhtm-detector", "numpy", "numba", "pandas"])
def test_a_worker_with_another_version(name: str) -> None:
    with pytest.raises(InputError) as refused:
        check_workers({"tcp://a:1": versions(), "tcp://b:1": versions() | {name: "0.0"}})
    assert str(refused.value) == (
        f"scheduler {ADDRESS}: worker tcp://b:1: {name}: expected {versions()[name]} as here, got 0.0"
    )


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ModuleNotFoundError("No module", name="zhtm_detector"), "as here, got none"),
        (
            ModuleNotFoundError("No module named it", name="zhtm_detector.common.versions"),
            "got another .ModuleNotFoundError",
        ),
        (AttributeError("versions"), "got another .AttributeError: versions"),
    ],
)
def test_a_worker_without_the_package(error: Exception, expected: str) -> None:
    with pytest.raises(InputError, match=f"worker tcp://a:1: zhtm-detector: expected .* {expected}"):
        check_workers({"tcp://a:1": error})


def test_a_late_worker_with_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cluster._run_checked(versions(), abs, -3) == 3
    with pytest.raises(RuntimeError, match=r"^numpy: expected 0\.0 as here, got "):
        cluster._run_checked(versions() | {"numpy": "0.0"}, abs, -3)


def test_the_first_submitted_has_the_highest_priority() -> None:
    client = Client()
    executor = cluster._InOrder(client)
    assert [executor.submit(abs, number).result() for number in (-5, 4, -3)] == [5, 4, 3]
    priorities = [settings["priority"] for settings in client.submitted]
    assert priorities == sorted(priorities, reverse=True)
    assert len(set(priorities)) == 3


def test_room_follows_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(cluster, "monotonic", lambda: now[0])
    room = cluster._Room(Client(threads=[{"a": 1, "b": 2}, {"a": 1}, {}, {}, {"c": 2}, {}, {}]), ADDRESS)
    assert room() == room() == 6  # asked once
    seconds = cluster.WORKERLESS_SECONDS
    for later, expected in [(1, 2), (1, 2), (seconds - 1, 2), (seconds, 4), (seconds, 4)]:
        now[0] += later
        assert room() == expected
    now[0] += 1
    with pytest.raises(InputError, match=f"^scheduler {ADDRESS}: expected at least one worker, got none for 60 s$"):
        room()
    now[0] += 1
    with pytest.raises(CancelledError):
        room()
