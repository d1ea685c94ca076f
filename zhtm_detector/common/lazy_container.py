"""The files of `container.py`, written array by array and read likewise: for content that does not fit into memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile
from zlib import error as ZlibError

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.container import (
    ARRAY,
    DIGEST,
    HEADER,
    MOST_BYTES,
    array_of,
    check_entry,
    entry_of,
    header_of,
    npy_bytes,
    top_of,
)
from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import atomic_file
from zhtm_detector.common.text import printable, shown

MOST_MEMBERS = 2**17
_BAD = (BadZipFile, ZlibError, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, KeyError)


class _AbandonedError(Exception):
    pass


class ContainerWriter:
    """Writes a file array by array, whole or not at all.

    Parameters
    ----------
    path : Path
    kind : str
        What it holds.

    Raises
    ------
    InputError
        From each method, if it cannot be written, or would be too large to be read.
    """

    def __init__(self, path: Path, kind: str) -> None:
        self._path, self._kind = path, kind
        self._stack = ExitStack()
        self.sizes: dict[str, int] = {}  # bytes of each array in the file

    def __enter__(self) -> Self:
        self._file: BinaryIO = self._stack.enter_context(atomic_file(self._path))
        self._archive = ZipFile(self._file, "w")
        return self

    def add(self, name: str, array: NDArray[Any], level: int = 6) -> None:
        """Write an array; `level` is how hard to deflate it."""
        self._add(f"{name}{ARRAY}", npy_bytes(array), level)

    def _add(self, name: str, content: bytes, level: int) -> None:
        entry = entry_of(name)
        self._archive.writestr(entry, content, ZIP_DEFLATED, level)
        self.sizes[name.removesuffix(ARRAY)] = entry.compress_size
        if self._file.tell() > MOST_BYTES or len(self.sizes) >= MOST_MEMBERS:
            raise InputError(
                f"{self._path}: expected at most {MOST_BYTES:,} bytes in {MOST_MEMBERS:,} arrays; write fewer records"
            )

    def finish(self, header: Mapping[str, Any]) -> None:
        """Write the header, which may depend on all arrays, and the checksum."""
        self._add(HEADER, json.dumps(top_of(self._kind, header), allow_nan=False).encode(), 6)
        self._archive.comment = b"0" * DIGEST
        self._archive.close()
        self._file.flush()
        with Path(self._file.name).open("rb") as written:
            digest = _digest(written, self._file.tell() - DIGEST)
        self._file.seek(-DIGEST, 2)
        self._file.write(digest)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._stack.__exit__(None, None, None)
            return
        self._archive.close()
        abandoned = _AbandonedError()  # not the error itself, which may have nothing to do with the file
        self._stack.__exit__(_AbandonedError, abandoned, None)


class LazyContainer:
    """A file whose arrays are read when they are asked for; the checksum of all is verified at once.

    Parameters
    ----------
    path : Path
    kind : str
        Another one is refused.

    Raises
    ------
    InputError
        As `container.from_bytes`; from `array` as well.
    """

    def __init__(self, path: Path, kind: str) -> None:
        self.where = str(path)
        try:
            if path.exists() and not path.is_file():
                raise InputError(f"{path}: expected a saved {kind}, got what is no file")
            self._file = path.open("rb")
        except (OSError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            reason = "not found" if isinstance(error, FileNotFoundError) else f"cannot be read ({error})"
            raise InputError(f"{path}: {printable(reason, 200)}; expected a saved {kind}") from None
        try:
            self._open(kind)
        except BaseException:
            self._file.close()
            raise

    def _open(self, kind: str) -> None:
        where = self.where
        try:
            size = self._file.seek(0, 2)
            self._file.seek(0)
            if self._file.read(2) != b"PK":
                raise InputError(f"{where}: expected a saved {kind}, got another kind of file")
            if not DIGEST < size <= MOST_BYTES:
                raise InputError(f"{where}: expected at most {MOST_BYTES:,} bytes, got {size:,}")
            self._file.seek(0)
            if _digest(self._file, size - DIGEST) != self._file.read(DIGEST):
                raise InputError(
                    f"{where}: cut or altered; expected a saved {kind} with a checksum that fits its content"
                )
            self._archive = ZipFile(self._file)
            entries = self._archive.infolist()
            if len(entries) > MOST_MEMBERS:
                raise InputError(f"{where}: expected at most {MOST_MEMBERS:,} arrays, got {len(entries):,}")
            self._entries = {entry.filename: entry for entry in entries}
            if len(self._entries) < len(entries):
                raise InputError(f"{where}: expected each array once")
        except _BAD as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"{where}: expected a saved {kind}, got no valid archive ({shown(error)})") from None
        self.header = header_of(self._read(HEADER), kind, where)

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of each array in the file, by name."""
        return {name.removesuffix(ARRAY): entry.compress_size for name, entry in self._entries.items()}

    def array(self, name: str) -> NDArray[Any]:
        """Read an array."""
        return array_of(self._read(f"{name}{ARRAY}"), self.where, f"{name}{ARRAY}")

    def _read(self, name: str) -> bytes:
        where = f"{self.where}: {printable(name, 60)}"
        entry = self._entries.get(name)
        if entry is None:
            raise InputError(f"{where}: missing; expected it in the file")
        check_entry(entry, self.where)
        if entry.file_size > MOST_BYTES:
            raise InputError(f"{where}: expected at most {MOST_BYTES:,} bytes, got {entry.file_size:,}")
        try:
            with self._archive.open(entry) as file:
                content = file.read(entry.file_size)  # no more, whatever it unpacks to
        except _BAD as error:
            raise InputError(f"{where}: cannot be unpacked ({shown(error)}); expected what was written") from None
        if len(content) != entry.file_size:
            raise InputError(f"{where}: expected {entry.file_size:,} bytes, got {len(content):,}")
        return content

    def close(self) -> None:
        """Close the file."""
        self._archive.close()
        self._file.close()


def _digest(file: BinaryIO, size: int) -> bytes:
    """Return the SHA-256 of the next `size` bytes, in hexadecimal."""
    digest = sha256()
    while size > 0 and (part := file.read(min(size, 2**20))):
        digest.update(part)
        size -= len(part)
    return digest.hexdigest().encode()


def as_bytes(content: bytes) -> NDArray[np.uint8]:
    """Return bytes as an array, to be written."""
    return np.frombuffer(content, dtype=np.uint8)
