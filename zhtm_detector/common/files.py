"""Files that are never half written, and JSON files that are refused in one line."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, BinaryIO

from zhtm_detector.common.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file to be written whole or not at all: under a temporary name in the same folder, then renamed.

    Raises
    ------
    InputError
        When it cannot be written.
    """
    # NAB's corpus reader skips names that start with a dot.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb") as file:
                yield file
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); expected a writable folder") from None


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text as `atomic_file` does; bytes of a file name that are not UTF-8 become question marks."""
    with atomic_file(path) as file:
        file.write(text.encode("utf-8", errors="replace"))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes out that lock the same path; the system unlocks it when a process ends in any way.

    Parameters
    ----------
    path : Path
        An empty file, created if absent and left there: were it deleted, two processes could lock two files.

    Raises
    ------
    InputError
        When it cannot be locked.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("ab")
        _lock(file.fileno())
    except OSError as error:
        raise InputError(f"{path}: cannot be locked ({error.strerror}); expected a writable folder") from None
    with file:
        yield


def _lock(descriptor: int) -> None:
    """Wait for the lock of an open file; closing the file unlocks it."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write a table as NAB does: `to_csv` without an index. Raises as `atomic_file`."""
    write_text(path, frame.to_csv(index=False, lineterminator="\n"))


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON as NAB does: sorted keys, indented by 4. Raises as `atomic_file`."""
    write_text(path, json.dumps(content, sort_keys=True, indent=4, separators=(",", ": "), allow_nan=False))


def check_folder(folder: Path, what: str) -> None:
    """Find out before the work, not after it, that nothing can be written to a folder; it is created if absent.

    Parameters
    ----------
    folder : Path
    what : str
        How the message names it, as in `results`.

    Raises
    ------
    InputError
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(f"{what} {folder}: cannot be written to ({error.strerror}); expected a folder") from None


def check_file(path: Path, option: str = "") -> None:
    """As `check_folder`, of a file to be written, with the option that names it; its folder is not created."""
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise InputError(f"{option} {path}: cannot be written; expected a file in a writable folder".lstrip())


def read_json_object(path: Path) -> dict[str, Any]:
    """Read a JSON object; an absent file is an empty one.

    Raises
    ------
    InputError
        When the file exists but does not hold a JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected a JSON file") from None
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error}); it was left as it is") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected a JSON object, got {type(content).__name__}; it was left as it is")
    return content
