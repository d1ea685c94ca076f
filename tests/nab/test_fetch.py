"""The fetcher against a local HTTP server that can misbehave."""

from __future__ import annotations

import gzip
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pooch
import pytest
from write_registry import registry_lines

from zhtm_detector.common.config import config_path
from zhtm_detector.common.errors import InputError
from zhtm_detector.nab.fetch import COMMIT, CorpusFile, Limits, default_cache, fetch_corpus, read_files, read_registry

FILES = {
    "config/profiles.json": b"{}\n",
    "data/one/first.csv": b"timestamp,value\n2020-01-01 00:00:00,1\n" * 40,
    "data/two/second.csv": b"timestamp,value\r\n2020-01-01 00:00:00,2\r\n" * 4000,
    "labels/combined_windows.json": b'{"one/first.csv": []}\n',
}
REGISTRY = {name: CorpusFile(len(content), hashlib.sha256(content).hexdigest()) for name, content in FILES.items()}
FIRST = "data/one/first.csv"

Answer = Callable[["Handler"], None]


@dataclass
class Site:
    """A web server and its faults."""

    url: str = ""
    content: dict[str, bytes] = field(default_factory=lambda: dict(FILES))
    cut: dict[str, int] = field(default_factory=dict)  # path: how many answers stop after half the body
    faults: dict[str, Answer] = field(default_factory=dict)  # path: how it is answered
    requests: list[str] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    """A server that does as its site says."""

    site: Site

    def do_GET(self) -> None:
        name = self.path.removeprefix("/base/")
        self.site.requests.append(name)
        if name in self.site.faults:
            self.site.faults[name](self)
            return
        body = self.site.content.get(name)
        if body is None:
            self.send_error(404)
            return
        self.begin(200, **{"Content-Length": str(len(body))})
        if self.site.cut.get(name, 0) > 0:
            self.site.cut[name] -= 1
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            return
        self.wfile.write(body)

    def begin(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Say nothing of a client that hung up."""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    monkeypatch.setattr(pooch.core, "time", SimpleNamespace(sleep=lambda seconds: None))  # between attempts
    state = Site()
    server = Server(("127.0.0.1", 0), type("Handler", (Handler,), {"site": state}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/base"
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


def fetch(site: Site, destination: Path, retries: int = 0, total: float = 60.0) -> Path:
    return fetch_corpus(destination, site.url, files=REGISTRY, retries=retries, limits=Limits(5.0, total=total))


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
        files=REGISTRY,
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
    (tmp_path / FIRST).write_bytes(b"damaged")
    fetch(site, tmp_path)
    assert site.requests == [FIRST]
    assert files_under(tmp_path) == FILES


def drip(handler: Handler, size: int = len(FILES[FIRST])) -> None:
    handler.begin(200, Content_Length=str(size))
    for _ in range(20):
        handler.wfile.write(b"t")
        time.sleep(0.02)


def drip_head(handler: Handler) -> None:
    for letter in b"HTTP/1.0 200 OK\r\n" + b"X: y\r\n" * 90:
        handler.wfile.write(bytes([letter]))
        time.sleep(0.02)


def endless(handler: Handler) -> None:
    handler.begin(200, Content_Type="text/csv")
    for _ in range(100_000):
        handler.wfile.write(bytes(1 << 16))


def bomb(handler: Handler) -> None:
    body = gzip.compress(bytes(10_000_000))
    handler.begin(200, Content_Length=str(len(body)), Content_Encoding="gzip")
    handler.wfile.write(body)


def html(handler: Handler) -> None:
    handler.begin(200, Content_Length="13", Content_Type="text/html")
    handler.wfile.write(b"<html></html>")


def elsewhere(handler: Handler) -> None:
    handler.begin(302, Location=f"http://localhost:{handler.server.server_port}/base/{FIRST}")


FINAL: dict[str, tuple[Answer, str]] = {
    "endless": (endless, "got more bytes of text/csv"),
    "bomb": (bomb, "got content encoding gzip"),
    "page": (html, "got 13 bytes of text/html"),
    "too long": (lambda handler: handler.begin(200, Content_Length="99999999999"), "got 99999999999 bytes of"),
    "no length": (lambda handler: handler.begin(200, Content_Length="many"), "got many bytes of"),
    "other host": (elsewhere, "got a redirect to another host, http://localhost:"),
    "a local file": (lambda handler: handler.begin(301, Location="file:///etc/passwd"), "got a redirect to another"),
    "in circles": (lambda handler: handler.begin(302, Location=handler.path), "got more than 5 redirects"),
    "not there": (lambda handler: handler.send_error(404), "got HTTP status 404 (Not Found)"),
    "a part": (lambda handler: handler.begin(206), "got HTTP status 206"),
    "no text": (lambda handler: handler.begin(404, X="\x1b[31m\x9b"), "got HTTP status 404"),
}
PASSING: dict[str, tuple[Answer, str]] = {
    "broken": (lambda handler: handler.send_error(500, "no\x1b[31m"), "got HTTP status 500 (no?[31m)"),
    "slow": (drip, "got nothing whole within 0.0515 s"),
    "slow head": (drip_head, "got nothing whole within 0.0515 s"),
    "closed": (lambda handler: handler.connection.close(), "got ConnectionError: "),
    "not HTTP": (lambda handler: handler.wfile.write(b"hello\r\n\r\n") and None, "got ConnectionError: "),
    "short": (lambda handler: handler.begin(200), "got 0 bytes of"),
}


@pytest.mark.parametrize("fault", [*FINAL, *PASSING])
def test_a_server_that_misbehaves(site: Site, tmp_path: Path, fault: str) -> None:
    answer, got = {**FINAL, **PASSING}[fault]
    site.faults[FIRST] = answer
    limits = Limits(0.05, rate=1e6) if fault.startswith("slow") else Limits(5.0)
    with pytest.raises(InputError) as error:
        fetch_corpus(tmp_path, site.url, files={FIRST: REGISTRY[FIRST]}, retries=1, limits=limits)
    message = one_line(error)
    for part in (FIRST, f"{site.url}/{FIRST}", f"expected 1520 bytes with sha256 {REGISTRY[FIRST].sha256}", got):
        assert part in message
    assert message.isprintable() and len(message) < 900
    assert files_under(tmp_path) == {}
    if fault != "in circles":
        assert site.requests.count(FIRST) == (2 if fault in PASSING else 1)


def test_a_redirect_on_the_same_host(site: Site, tmp_path: Path) -> None:
    site.content["moved"] = FILES[FIRST]
    site.faults[FIRST] = lambda handler: handler.begin(302, Location="/base/moved")
    fetch(site, tmp_path)
    assert files_under(tmp_path) == FILES


def test_the_time_for_all_files(site: Site, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"config/profiles\.json: .*, got nothing whole within 0 s"):
        fetch(site, tmp_path, total=0.0)
    assert site.requests == []


def test_wrong_checksum(site: Site, tmp_path: Path) -> None:
    wrong = bytes(len(FILES[FIRST]))
    site.content[FIRST] = wrong
    with pytest.raises(InputError) as error:
        fetch(site, tmp_path)
    message = one_line(error)
    for part in (FIRST, REGISTRY[FIRST].sha256, f"got sha256 {hashlib.sha256(wrong).hexdigest()}", "run it again"):
        assert part in message
    assert files_under(tmp_path) == {"config/profiles.json": FILES["config/profiles.json"]}


def test_wrong_checksum_keeps_what_was_there(site: Site, tmp_path: Path) -> None:
    name = "config/profiles.json"
    site.content[name] = b"[]\n"
    (tmp_path / "config").mkdir()
    (tmp_path / name).write_bytes(b"older")
    with pytest.raises(InputError, match="got sha256"):
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
    assert set(files_under(tmp_path)) == {"config/profiles.json", FIRST}

    site.requests.clear()
    fetch(site, tmp_path)
    assert site.requests == ["data/two/second.csv", "labels/combined_windows.json"]
    assert files_under(tmp_path) == FILES


def test_cut_connection_is_tried_again(site: Site, tmp_path: Path) -> None:
    site.cut["data/two/second.csv"] = 1
    fetch(site, tmp_path, retries=1)
    assert site.requests.count("data/two/second.csv") == 2
    assert files_under(tmp_path) == FILES


def test_server_not_reachable(tmp_path: Path, site: Site) -> None:
    with pytest.raises(InputError, match=r"config/profiles\.json: download from http://127\.0\.0\.1:1/") as error:
        fetch_corpus(tmp_path, "http://127.0.0.1:1", files=REGISTRY, retries=0, limits=Limits(2.0))
    one_line(error)
    assert files_under(tmp_path) == {}


@pytest.mark.parametrize("host", ["a..b", "a" * 70 + ".x", "127.0.0.1:99999", "u:p@[::1]:0"])
def test_no_host(site: Site, tmp_path: Path, host: str) -> None:
    with pytest.raises(InputError, match=r"config/profiles\.json: download from http://.* failed: expected 3 bytes"):
        fetch_corpus(tmp_path, f"http://{host}", files=REGISTRY, retries=0, limits=Limits(2.0))


def test_no_certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none"))
    with pytest.raises(InputError, match="got OSError: Could not find a suitable TLS CA certificate bundle"):
        fetch_corpus(tmp_path, "https://127.0.0.1:1", files=REGISTRY, retries=0)


@pytest.mark.parametrize("url", ["nonsense", "file:///tmp", "ftp://example.org", "https://", "http://[::1", "\x1b"])
def test_no_address_of_the_web(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError, match=r"url .*: expected an address that begins with https:// or http://") as error:
        fetch_corpus(tmp_path / "new", url, files=REGISTRY)
    assert one_line(error).isprintable()
    assert not (tmp_path / "new").exists()


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
    # No limit stands in the way of a slow but honest server.
    assert sum(file.size for file in read_files().values()) / Limits().rate < Limits().total


def test_shipped_registry_is_the_corpus(nab_root: Path) -> None:
    shipped = (config_path() / "corpus_registry.txt").read_text(encoding="utf-8")
    assert shipped.splitlines() == registry_lines(nab_root)


@pytest.mark.parametrize("line", ["only_a_path", "path abc", "a b c", f"path {'0' * 64}", f"path -1 {'0' * 64}"])
def test_bad_registry(tmp_path: Path, line: str) -> None:
    path = tmp_path / "registry.txt"
    path.write_text(f"# comment\n\n{line}\n")
    with pytest.raises(InputError, match="row 3"):
        read_registry(path)


def test_missing_registry(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_registry(tmp_path / "none.txt")
