"""Download of data at a pinned commit: each file with its size and sha256, and within a time, or not at all.

NAB's corpus, and the gym's power consumption that HTM's examples use.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin, urlsplit

import pooch

from zhtm_detector.common.config import config_path
from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import printable, shown

if TYPE_CHECKING:
    import requests

COMMIT = "ea702d75cc2258d9d7dd35ca8e5e2539d71f3140"  # NAB v1.1
BASE_URL = f"https://raw.githubusercontent.com/numenta/NAB/{COMMIT}/"
_GYM_COMMIT = "8948288a1c8b2a8e1431d040ab76821f5ee2a097"  # of htm-community/htm.core
_SOURCES = {  # where the files are, the registry that lists them, and the folder's name in the cache
    "nab": (BASE_URL, "corpus_registry.txt", f"nab-{COMMIT[:8]}"),
    "hotgym": (
        f"https://raw.githubusercontent.com/htm-community/htm.core/{_GYM_COMMIT}/py/htm/examples/",
        "hotgym_registry.txt",
        f"hotgym-{_GYM_COMMIT[:8]}",
    ),
}
_REDIRECTS = 5
_PASSING = (408, 429, 500, 502, 503, 504)  # HTTP statuses that may be another one a second later

Progress = Callable[[int, int, str], None]


class CorpusFile(NamedTuple):
    """What a file of the corpus is: its size in bytes, and its checksum."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Limits:
    """How long a server may take.

    Parameters
    ----------
    answer : float
        Seconds to wait for a connection, and for each further answer.
    rate : float
        Bytes a second, at least: a file must be whole after `answer` + size / `rate` seconds.
    total : float
        Seconds for all files; an attempt that begins earlier ends then.
    """

    answer: float = 30.0
    rate: float = 10_000.0
    total: float = 3600.0


class _RefusedError(Exception):
    """What came instead of the file; another attempt would get the same."""


class _FailedError(ValueError):
    """What came instead of the file; another attempt may succeed, and pooch makes one after each ValueError."""


def source(what: str) -> tuple[str, Path]:
    """Return the server's address and the registry of the data of this name: "nab" or "hotgym"; InputError if none."""
    if what not in _SOURCES:
        raise InputError(f"fetch {shown(what)}: expected {' or '.join(_SOURCES)}, and the folder after it")
    url, registry, _ = _SOURCES[what]
    return url, config_path() / registry


def default_cache(what: str = "nab") -> Path:
    """Folder of the downloaded data in the user's cache, one per pinned commit."""
    return Path(pooch.os_cache("zhtm-detector")) / _SOURCES[what][2]


def read_registry(path: Path | None = None) -> dict[str, str]:
    """Read the checksums of `read_files`: relative path to sha256. Raises as `read_files`."""
    return {name: file.sha256 for name, file in read_files(path).items()}


def read_files(path: Path | None = None) -> dict[str, CorpusFile]:
    """Read the list of files that make up the corpus.

    Parameters
    ----------
    path : Path, optional
        Lines of relative path, size and sha256; empty lines and lines that start with # are skipped. By default the
        registry that ships with the package: NAB's 58 data files, their labels, profiles and thresholds.

    Returns
    -------
    dict of str to CorpusFile
        By relative path, in the order of the file.

    Raises
    ------
    InputError
        For a file that cannot be read, or a malformed line.
    """
    path = config_path() / "corpus_registry.txt" if path is None else path
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(f"registry {path}: cannot be read ({error.strerror})") from None
    files = {}
    for number, line in enumerate(lines, start=1):
        fields = line.split()
        if not fields or line.startswith("#"):
            continue
        if len(fields) != 3 or not (fields[1].isascii() and fields[1].isdigit()) or len(fields[2]) != 64:
            raise InputError(
                f"registry {path}: row {number}: expected a relative path, a size and a sha256, got {shown(line, 80)}"
            )
        files[fields[0]] = CorpusFile(int(fields[1]), fields[2].lower())
    return files


def fetch_corpus(
    destination: Path,
    base_url: str = BASE_URL,
    *,
    files: Mapping[str, CorpusFile] | None = None,
    retries: int = 3,
    limits: Limits = Limits(),
    progress: Progress | None = None,
) -> Path:
    """Download the corpus into a folder, which becomes a NAB root.

    Files that are there with the right checksum are not downloaded again, so calling it again resumes an interrupted
    fetch. A file that is there with a wrong one is replaced. A file gets its name only when its checksum is right.

    Parameters
    ----------
    destination : Path
        The folder; created if missing. It is also returned.
    base_url : str
        Prefix of the relative paths. Plain http is taken where it is asked for: the checksum decides, not the way.
    files : mapping of str to CorpusFile, optional
        By relative path; by default `read_files()`.
    retries : int
        Number of further attempts after a failed download, after 1, 2, 3… seconds. There is none after what another
        attempt would not change: a file that is not there, a redirect to another host, a content encoding (nothing is
        unpacked), another length.
    limits : Limits
    progress : callable, optional
        Called after each file with the number of files done, the number of all files, and the file's path.

    Raises
    ------
    InputError
        When the destination cannot be written, the server refuses, cannot be reached or is too slow, the connection is
        cut, or something else arrives than the file. The files before it stay.
    """
    files = read_files() if files is None else files
    destination = Path(destination)
    _check_url(base_url)
    _make_writable(destination)
    checksums = {name: file.sha256 for name, file in files.items()}
    store = pooch.create(
        path=destination, base_url=base_url.rstrip("/") + "/", registry=checksums, retry_if_failed=retries
    )
    ends = monotonic() + limits.total
    with _quiet(pooch.get_logger()):
        for number, (name, file) in enumerate(files.items(), start=1):
            _fetch_one(store, name, file, limits, ends)
            if progress is not None:
                progress(number, len(files), name)
    return destination


def _fetch_one(store: pooch.Pooch, name: str, file: CorpusFile, limits: Limits, ends: float) -> None:
    def download(url: str, output: str, _: pooch.Pooch) -> None:
        seconds = min(limits.answer + file.size / limits.rate, ends - monotonic())
        content = _within(seconds, lambda: _read(url, file, limits.answer))
        Path(output).write_bytes(content)

    try:
        store.fetch(name, downloader=download)
    except (_RefusedError, _FailedError) as error:
        raise InputError(
            f"{name}: download from {store.get_url(name)} failed: expected {file.size} bytes with sha256 "
            f"{file.sha256}, got {printable(str(error), 400)}; run it again: the files that have arrived stay"
        ) from None
    except OSError as error:
        raise InputError(f"{store.abspath / name}: cannot be written ({error.strerror})") from None


def _within(seconds: float, work: Callable[[], bytes]) -> bytes:
    """Wait so long for what `work` returns or raises.

    It runs in a thread, because neither the search for an address nor an answer's head, byte by byte, knows a limit of
    the whole time. A late thread is left behind: it holds nothing but its connection, and ends with the process.
    """
    done: SimpleQueue[bytes | Exception] = SimpleQueue()

    def run() -> None:
        try:
            done.put(work())
        except Exception as error:
            done.put(error)

    if seconds > 0:
        threading.Thread(target=run, daemon=True).start()
    try:
        found = done.get(timeout=max(seconds, 0))
    except Empty:
        raise _FailedError(f"nothing whole within {max(seconds, 0):.3g} s") from None
    if isinstance(found, Exception):
        raise found
    return found


def _read(url: str, file: CorpusFile, timeout: float) -> bytes:
    """Read the file of this size and checksum, and never more than a block beyond its size."""
    content = bytearray()
    try:
        with _answer(url, timeout) as response:
            kind = f"of {response.headers.get('Content-Type', 'unknown type')}"
            length = response.headers.get("Content-Length", str(file.size))
            if length != str(file.size):
                raise _RefusedError(f"{length} bytes {kind}")
            for block in response.iter_content(1 << 16):
                content += block
                if len(content) > file.size:
                    raise _RefusedError(f"more bytes {kind}")
    except _FailedError:
        raise
    except (OSError, ValueError) as error:  # of requests, and of what is below it
        raise _FailedError(f"{type(error).__name__}: {error}") from None
    if len(content) != file.size:
        raise _FailedError(f"{len(content)} bytes {kind}")
    if (got := hashlib.sha256(content).hexdigest()) != file.sha256:
        raise _FailedError(f"sha256 {got}")
    return bytes(content)


def _answer(url: str, timeout: float) -> requests.Response:
    """Ask for a file as it is, without its body; a redirect is followed on the same host only."""
    import requests

    for _ in range(_REDIRECTS):
        response = requests.get(
            url, headers={"Accept-Encoding": "identity"}, stream=True, timeout=timeout, allow_redirects=False
        )
        if response.is_redirect:
            target = urljoin(url, response.headers["Location"])
            if urlsplit(target)[:2] != urlsplit(url)[:2]:
                raise _RefusedError(f"a redirect to another host, {target}")
            url = target
            continue
        if response.status_code != 200:
            kind = _FailedError if response.status_code in _PASSING else _RefusedError
            raise kind(f"HTTP status {response.status_code} ({response.reason})")
        if (encoding := response.headers.get("Content-Encoding", "identity")) != "identity":
            raise _RefusedError(f"content encoding {encoding}")
        return response
    raise _RefusedError(f"more than {_REDIRECTS} redirects")


def _check_url(url: str) -> None:
    try:
        good = urlsplit(url).scheme in ("http", "https") and bool(urlsplit(url).hostname)
    except ValueError:
        good = False
    if not good:
        raise InputError(f"url {shown(url)}: expected an address that begins with https:// or http://")


def _make_writable(destination: Path) -> None:
    try:
        destination.mkdir(parents=True, exist_ok=True)
        with pooch.utils.temporary_file(path=str(destination)):
            pass
    except OSError as error:
        raise InputError(
            f"destination {destination}: cannot be written ({error.strerror}); expected a folder, or a new path"
        ) from None


@contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    """Silence pooch's line per file on stderr, because the caller shows progress."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
