"""The fetcher against a local HTTP server that can misbehave."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from zhtm_detector.common.errors import InputError
from zhtm_detector.nab.fetch import COMMIT, default_cache, fetch_corpus, read_registry

FILES = {
    "config/profiles.json": b"{}\n",
    "data/one/first.csv": b"timestamp,value\n2020-01-01 00:00:00,1\n" * 40,
    "data/two/second.csv": b"timestamp,value\r\n2020-01-01 00:00:00,2\r\n" * 4000,
    "labels/combined_windows.json": b'{"one/first.csv": []}\n',
}
REGISTRY = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}


@dataclass
class Site:
    """A web server and its faults."""

    url: str = ""
    content: dict[str, bytes] = field(default_factory=lambda: dict(FILES))
    cut: dict[str, int] = field(default_factory=dict)  # path: how many answers stop after half the body
    requests: list[str] = field(default_factory=list)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    state = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.removeprefix("/base/")
            state.requests.append(name)
            body = state.content.get(name)
            if body is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if state.cut.get(name, 0) > 0:
                state.cut[name] -= 1
                self.wfile.write(body[: len(body) // 2])
                self.close_connection = True
                return
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/base"
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


def fetch(site: Site, destination: Path, retries: int = 0) -> Path:
    return fetch_corpus(destination, site.url, registry=REGISTRY, retries=retries, timeout=5.0)


def files_under(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def one_line(error: pytest.ExceptionInfo[InputError]) -> str:
    message = str(error.value)
    assert "\n" not in message
    return message


def test_success(site: Site, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    calls: list[tuple[int, int, str]] = []
    destination = tmp_path / "deep" / "nab"
    got = fetch_corpus(
        destination,
        site.url + "/",
        registry=REGISTRY,
        progress=lambda done, of, name: calls.append((done, of, name)),
    )
    assert got == destination
    assert files_under(destination) == FILES
    assert calls == [(number, 4, name) for number, name in enumerate(FILES, start=1)]
    assert site.requests == list(FILES)
    assert capfd.readouterr() == ("", "")


def test_nothing_is_downloaded_twice(site: Site, tmp_path: Path) -> None:
    fetch(site, tmp_path)
    site.requests.clear()
    fetch(site, tmp_path)
    assert site.requests == []


def test_a_damaged_file_is_replaced(site: Site, tmp_path: Path) -> None:
    fetch(site, tmp_path)
    site.requests.clear()
    (tmp_path / "data" / "one" / "first.csv").write_bytes(b"damaged")
    fetch(site, tmp_path)
    assert site.requests == ["data/one/first.csv"]
    assert files_under(tmp_path) == FILES


def test_wrong_checksum(site: Site, tmp_path: Path) -> None:
    name = "data/one/first.csv"
    site.content[name] = b"something else"
    with pytest.raises(InputError) as error:
        fetch(site, tmp_path)
    message = one_line(error)
    for part in (name, REGISTRY[name], hashlib.sha256(b"something else").hexdigest(), "run it again"):
        assert part in message
    assert files_under(tmp_path) == {"config/profiles.json": FILES["config/profiles.json"]}


def test_wrong_checksum_keeps_what_was_there(site: Site, tmp_path: Path) -> None:
    name = "config/profiles.json"
    site.content[name] = b"something else"
    (tmp_path / "config").mkdir()
    (tmp_path / name).write_bytes(b"older")
    with pytest.raises(InputError, match="wrong checksum"):
        fetch(site, tmp_path)
    assert files_under(tmp_path) == {name: b"older"}


def test_cut_connection_then_resumed(site: Site, tmp_path: Path) -> None:
    name = "data/two/second.csv"
    site.cut[name] = 1
    with pytest.raises(InputError) as error:
        fetch(site, tmp_path)
    message = one_line(error)
    assert name in message
    assert "run it again" in message
    assert set(files_under(tmp_path)) == {"config/profiles.json", "data/one/first.csv"}

    site.requests.clear()
    fetch(site, tmp_path)
    assert site.requests == ["data/two/second.csv", "labels/combined_windows.json"]
    assert files_under(tmp_path) == FILES


def test_cut_connection_is_tried_again(site: Site, tmp_path: Path) -> None:
    site.cut["data/two/second.csv"] = 1
    fetch(site, tmp_path, retries=1)
    assert site.requests.count("data/two/second.csv") == 2
    assert files_under(tmp_path) == FILES


def test_not_found(site: Site, tmp_path: Path) -> None:
    del site.content["labels/combined_windows.json"]
    with pytest.raises(InputError, match=r"labels/combined_windows\.json.*404") as error:
        fetch(site, tmp_path)
    one_line(error)
    assert "labels/combined_windows.json" not in files_under(tmp_path)


def test_server_not_reachable(tmp_path: Path, site: Site) -> None:
    with pytest.raises(InputError, match=r"config/profiles\.json: download from http://127\.0\.0\.1:1/") as error:
        fetch_corpus(tmp_path, "http://127.0.0.1:1", registry=REGISTRY, retries=0, timeout=2.0)
    one_line(error)
    assert files_under(tmp_path) == {}


def test_no_such_protocol(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nonsense") as error:
        fetch_corpus(tmp_path, "nonsense", registry=REGISTRY, retries=0)
    one_line(error)


def test_unwritable_destination(site: Site, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="cannot be written") as error:
        fetch(site, tmp_path / "file" / "nab")
    one_line(error)
    assert site.requests == []


def test_unwritable_below_the_destination(site: Site, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"a file where a folder belongs")
    with pytest.raises(InputError, match="cannot be written") as error:
        fetch(site, tmp_path)
    one_line(error)


def test_shipped_registry() -> None:
    registry = read_registry()
    data = [name for name in registry if name.startswith("data/") and name.endswith(".csv")]
    assert len(data) == 58
    assert set(registry) - set(data) == {
        "config/profiles.json",
        "config/thresholds.json",
        "labels/combined_windows.json",
    }
    assert default_cache().name == f"nab-{COMMIT[:8]}"


def test_shipped_registry_is_the_corpus(nab_root: Path) -> None:
    for name, expected in read_registry().items():
        assert hashlib.sha256((nab_root / name).read_bytes()).hexdigest() == expected, name


@pytest.mark.parametrize("line", ["only_a_path", "path abc", "a b c"])
def test_bad_registry(tmp_path: Path, line: str) -> None:
    path = tmp_path / "registry.txt"
    path.write_text(f"# comment\n\n{line}\n")
    with pytest.raises(InputError, match="row 3"):
        read_registry(path)


def test_missing_registry(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_registry(tmp_path / "none.txt")
