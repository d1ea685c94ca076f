"""Files that are never half written."""

from __future__ import annotations

import errno
import json
import os
import platform
import re
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, BinaryIO
from zlib import crc32

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import printable

if TYPE_CHECKING:
    import pandas as pd


_LOCKS_UNKNOWN = (errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK)  # a file system that has no locks
_temporary: set[Path] = set()  # files of this process that must not outlive it
# Names of temporary files hold the machine: in a shared folder, another one's process may have the same number.
_MACHINE = f"{crc32(platform.node().encode()):08x}"


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file to be written whole or not at all: under a temporary name in the same folder, then renamed.

    What processes killed on this machine have left of the same file is deleted.

    Raises
    ------
    InputError
        When it cannot be written.
    """
    # NAB's corpus reader skips names that start with a dot.
    temporary = path.with_name(f".{path.name}.{_MACHINE}-{os.getpid()}.tmp")
    if _is_device(path):
        raise InputError(f"{path}: cannot be written as a whole; expected a file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _delete_leftovers(path)
        _temporary.add(temporary)
        try:
            with temporary.open("wb") as file:
                yield file
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
            _temporary.discard(temporary)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); expected a writable folder") from None


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Make a folder whole or not at all, with the folders above it: under a temporary name beside it, then renamed.

    What processes killed on this machine have left of the same folder is deleted.

    Yields
    ------
    Path
        The temporary folder, which is there and empty.

    Raises
    ------
    InputError
        When there is a file, or a folder that is not empty, or it cannot be written.
    """
    temporary = path.absolute().with_name(f".{path.absolute().name}.{_MACHINE}-{os.getpid()}.tmp")
    created: list[Path] = []
    try:
        if path.is_symlink() or path.exists():
            _check_replaceable(path)
        created = [folder for folder in temporary.parents if not folder.exists()]
        temporary.parent.mkdir(parents=True, exist_ok=True)
        _delete_leftovers(path.absolute())
        _temporary.add(temporary)
        try:
            temporary.mkdir()
            yield temporary
            if path.is_dir():
                path.rmdir()  # Windows renames to no empty folder
            temporary.rename(path)
            created = []
        finally:
            _delete(temporary)
            _temporary.discard(temporary)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); expected a writable folder") from None
    finally:
        for folder in created:
            with suppress(OSError):
                folder.rmdir()


def _check_replaceable(path: Path) -> None:
    if path.is_symlink() or not path.is_dir() or any(path.iterdir()):
        raise InputError(f"{path}: expected a folder that is not there yet or is empty, got one with files, or a file")
    if path.resolve() == Path.cwd():
        raise InputError(f"{path}: expected another folder than the one that the command runs in")


def _is_device(path: Path) -> bool:
    """Whether a name is taken by a device or a pipe, which a rename would replace by a file for all of the machine."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):  # there is none, or there cannot be one
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except (OSError, ValueError):
        return False


def delete_temporary_files() -> None:
    """Delete the temporary files, folders and locks of this process, which is about to end."""
    for path in list(_temporary):
        with suppress(OSError):
            _delete(path)


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _delete_leftovers(path: Path) -> None:
    pattern = re.compile(rf"\.{re.escape(path.name)}\.{_MACHINE}-([1-9][0-9]{{0,8}})\.tmp")
    for name in _names_of_temporary_files(path.parent.absolute()):
        if (match := pattern.fullmatch(name)) and not _is_alive(int(match[1])):
            _delete(path.with_name(name))


@cache
def _names_of_temporary_files(folder: Path) -> list[str]:
    """List them once per process, because a folder may take thousands of files, each with a call."""
    return [file.name for file in folder.glob(".*.tmp")]


def _is_alive(process: int) -> bool:
    if sys.platform == "win32":  # there this signal would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text as `atomic_file` does; bytes of a file name that are not UTF-8 become question marks."""
    with atomic_file(path) as file:
        file.write(text.encode("utf-8", errors="replace"))


@contextmanager
def locked(path: Path, what: str = "") -> Iterator[None]:
    """Keep other processes out that lock the same path; the system unlocks it when a process ends in any way.

    Parameters
    ----------
    path : Path
        A file that names the process and its start. It is deleted at the end.
    what : str
        What is locked, as the message names it: another process's lock is then refused. By default it is waited for.

    Raises
    ------
    InputError
        When it cannot be locked, or is refused.
    """
    created: list[Path] = []
    try:
        created = [folder for folder in path.parents if not folder.exists()]
        file = _open_locked(path, wait=not what)
    except BlockingIOError:
        holder = ""
        with suppress(OSError):  # it may have ended, and deleted the file, in the meantime
            holder = printable(path.read_text(encoding="utf-8", errors="replace"), 100)
        raise InputError(
            f"{what or path}: expected no other process that writes to it, got {holder or 'one that has just started'}"
        ) from None
    except OSError as error:
        raise InputError(
            f"{what or path}: cannot be written ({error.strerror}); expected a folder to write to"
        ) from None
    with file:
        _temporary.add(path)
        try:
            with suppress(OSError):  # a full disk: the lock holds all the same
                file.write(f"process {os.getpid()}, started {datetime.now().isoformat(' ', 'seconds')}\n".encode())
            yield
        finally:
            _temporary.discard(path)
            with suppress(OSError):  # Windows deletes no open file
                path.unlink()
                for folder in created:
                    folder.rmdir()  # if nothing was written


def _open_locked(path: Path, wait: bool) -> BinaryIO:
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)  # each time: who held the lock may have deleted the folder
        file = path.open("a+b", buffering=0)
        try:
            _lock(file.fileno(), wait)
            with suppress(FileNotFoundError):  # the process that held the lock may have deleted it in the meantime
                if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                    file.truncate(0)
                    return file
        except BaseException:
            file.close()
            raise
        file.close()


def _lock(descriptor: int, wait: bool) -> None:
    """Lock an open file, or raise BlockingIOError; closing the file unlocks it."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, 2**30, os.SEEK_SET)  # a locked byte cannot be read
        try:
            msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except OSError:
            raise BlockingIOError from None
    else:
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _LOCKS_UNKNOWN:
                raise


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


def check_file(path: Path, option: str = "", inputs: Iterable[Path] = ()) -> None:
    """As `check_folder`, of a file to be written, with the option that names it; its folder is not created.

    It must not be one of the inputs either.
    """
    if any(_is_same(path, other) for other in inputs):
        raise InputError(f"{option} {path}: expected another file than the input".lstrip())
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if path.is_dir() or _is_device(path) or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise InputError(f"{option} {path}: cannot be written; expected a file in a writable folder".lstrip())
