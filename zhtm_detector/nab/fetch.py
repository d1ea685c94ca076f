"""Download of NAB's corpus at a pinned commit, every file checked against its sha256."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pooch

from zhtm_detector.common.config import config_path
from zhtm_detector.common.errors import InputError

COMMIT = "ea702d75cc2258d9d7dd35ca8e5e2539d71f3140"  # NAB v1.1
BASE_URL = f"https://raw.githubusercontent.com/numenta/NAB/{COMMIT}/"

Progress = Callable[[int, int, str], None]


def default_cache() -> Path:
    """Folder of the downloaded corpus in the user's cache, one per pinned commit."""
    return Path(pooch.os_cache("zhtm-detector")) / f"nab-{COMMIT[:8]}"


def read_registry(path: Path | None = None) -> dict[str, str]:
    """Read the list of files that make up the corpus.

    Parameters
    ----------
    path : Path, optional
        Lines of relative path and sha256; empty lines and lines that start with # are skipped. By default the
        registry that ships with the package: NAB's 58 data files, their labels, profiles and thresholds.

    Returns
    -------
    dict of str to str
        Relative path to sha256, in the order of the file.

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
    registry = {}
    for number, line in enumerate(lines, start=1):
        fields = line.split()
        if not fields or line.startswith("#"):
            continue
        if len(fields) != 2 or len(fields[1]) != 64:
            raise InputError(f"registry {path}: row {number}: expected a relative path and a sha256, got {line[:80]!r}")
        registry[fields[0]] = fields[1].lower()
    return registry


def fetch_corpus(
    destination: Path,
    base_url: str = BASE_URL,
    *,
    registry: dict[str, str] | None = None,
    retries: int = 3,
    timeout: float = 30.0,
    progress: Progress | None = None,
) -> Path:
    """Download the corpus into a folder, which becomes a NAB root.

    Files that are there with the right checksum are not downloaded again, so calling it again resumes an interrupted
    fetch. A file gets its name only when its checksum is right.

    Parameters
    ----------
    destination : Path
        The folder; created if missing. It is also returned.
    base_url : str
        Prefix of the relative paths.
    registry : dict of str to str, optional
        Relative path to sha256; by default `read_registry()`.
    retries : int
        Number of further attempts after a failed download, after 1, 2, 3… seconds.
    timeout : float
        Seconds to wait for a connection, and for each answer of the server.
    progress : callable, optional
        Called after each file with the number of files done, the number of all files, and the file's path.

    Raises
    ------
    InputError
        When the destination cannot be written, the server refuses or cannot be reached, the connection is cut, or a
        file arrives with another checksum. The files before it stay.
    """
    registry = read_registry() if registry is None else registry
    destination = Path(destination)
    _make_writable(destination)
    base_url = base_url.rstrip("/") + "/"
    store = pooch.create(path=destination, base_url=base_url, registry=registry, retry_if_failed=retries)
    http = pooch.HTTPDownloader(timeout=timeout)
    with _quiet(pooch.get_logger()):
        for number, (name, expected) in enumerate(registry.items(), start=1):
            _fetch_one(store, name, expected, http)
            if progress is not None:
                progress(number, len(registry), name)
    return destination


def _fetch_one(store: pooch.Pooch, name: str, expected: str, http: pooch.HTTPDownloader) -> None:
    def download(url: str, output: str, pooch_: pooch.Pooch) -> None:
        http(url, output, pooch_)
        got = pooch.file_hash(output, alg="sha256")
        if got != expected:  # pooch checks as well, but its message lacks the file's whole path
            raise InputError(
                f"{name}: wrong checksum from {url}: expected sha256 {expected}, got {got}; the file was discarded, "
                "run it again"
            )

    try:
        store.fetch(name, downloader=download)
    except InputError:
        raise
    except OSError as error:
        # Errors of the network are requests' exceptions: OSErrors without an errno.
        if error.errno is not None:
            raise InputError(f"{store.abspath / name}: cannot be written ({error.strerror})") from None
        reason = " ".join(str(error).split())[:200]
        raise InputError(
            f"{name}: download from {store.get_url(name)} failed ({type(error).__name__}: {reason}); "
            "run it again: the files that have arrived stay"
        ) from None
    except ValueError as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{name}: cannot be downloaded from {store.get_url(name)} ({reason})") from None


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
