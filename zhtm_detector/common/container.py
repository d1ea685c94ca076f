"""The one file format for state: arrays and a JSON header in a zip archive, with a checksum over every byte.

It has the form of NumPy's npz, so that `numpy.load` opens it. The archive's comment, the last 64 bytes of the file, is
the SHA-256 of all bytes before it. Nothing in it is ever unpickled. Sizes are checked before anything is unpacked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO
from math import prod
from os import fstat
from pathlib import Path
from tokenize import TokenError
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import atomic_file
from zhtm_detector.common.json_reader import as_object, parse_json
from zhtm_detector.common.text import printable, shown
from zhtm_detector.common.versions import package_version

FORMAT = 1
MOST_BYTES = 2**30  # of a file, and of its content when unpacked
MOST_MEMBERS = 1000
HEADER = "header.json"
ARRAY = ".npy"
DIGEST = 64  # characters
_MOST_DIMENSIONS = 32  # of an array, in any version of NumPy
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # of a zip archive: times would differ from run to run
_LEVEL = 1  # higher ones take three times as long and save a few percent

Arrays = dict[str, NDArray[Any]]


def write_container(path: Path, kind: str, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write a file whole or not at all; see `to_bytes`.

    Raises
    ------
    InputError
        If it cannot be written, or would be too large to be read.
    """
    content = to_bytes(kind, header, arrays, str(path))
    with atomic_file(path) as file:
        file.write(content)


def read_container(path: Path, kind: str) -> tuple[dict[str, Any], Arrays]:
    """Read a file of this kind; see `from_bytes`."""
    return from_bytes(read_bytes(path, kind), kind, str(path))


def read_bytes(path: Path, kind: str) -> bytes:
    """Return the content of a file, for `from_bytes`; InputError if it cannot be read."""
    try:
        if path.exists() and not path.is_file():  # a pipe or a device may never end
            raise InputError(f"{path}: expected a saved {kind}, got what is no file")
        with path.open("rb") as file:
            if (size := fstat(file.fileno()).st_size) > MOST_BYTES:
                raise InputError(f"{path}: expected at most {MOST_BYTES:,} bytes, got {size:,}")
            return file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        reason = "not found" if isinstance(error, FileNotFoundError) else f"cannot be read ({error})"
        raise InputError(f"{path}: {printable(reason, 200)}; expected a saved {kind}") from None


def to_bytes(kind: str, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], where: str = "") -> bytes:
    """Return the bytes of a file: the same for the same content.

    Parameters
    ----------
    kind : str
        What it holds, as in `HTMModel`.
    header : mapping
        Anything that JSON can hold.
    arrays : mapping of str to ndarray
        Of booleans, integers or floats, by name.
    where : str
        How messages begin.
    """
    members = {HEADER: json.dumps(top_of(kind, header), allow_nan=False).encode()}
    members |= {f"{name}{ARRAY}": npy_bytes(arrays[name]) for name in sorted(arrays)}
    size = sum(map(len, members.values()))
    if size > MOST_BYTES or len(members) > MOST_MEMBERS:
        raise InputError(
            f"{where}: expected at most {MOST_BYTES:,} bytes in {MOST_MEMBERS} arrays to save, got {size:,} in "
            f"{len(members)}"
        )
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(entry_of(name), content, compresslevel=_LEVEL)
        archive.comment = b"0" * DIGEST
    body = buffer.getbuffer()[:-DIGEST]
    return bytes(body) + sha256(body).hexdigest().encode()


def from_bytes(content: bytes, kind: str, where: str) -> tuple[dict[str, Any], Arrays]:
    """Return header and arrays of what `to_bytes` made.

    Parameters
    ----------
    content : bytes
    kind : str
        Another one is refused.
    where : str
        How messages begin, as in the name of the file.

    Raises
    ------
    InputError
        For anything else: another kind or format, a cut or altered file, objects, a content of more than a gibibyte.
    """
    if not content.startswith(b"PK"):
        raise InputError(f"{where}: expected a saved {kind}, got another kind of file")
    if len(content) > MOST_BYTES:
        raise InputError(f"{where}: expected at most {MOST_BYTES:,} bytes, got more")
    view = memoryview(content)
    if sha256(view[:-DIGEST]).hexdigest().encode() != bytes(view[-DIGEST:]):
        raise InputError(f"{where}: cut or altered; expected a saved {kind} with a checksum that fits its content")
    try:
        with ZipFile(BytesIO(content)) as archive:
            members = _members(archive, where)
    except (BadZipFile, ZlibError, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{where}: expected a saved {kind}, got no valid archive ({shown(error)})") from None
    header = header_of(members.pop(HEADER, b"null"), kind, where)
    # Each member goes as its array comes: both at once would need the memory twice.
    return header, {name.removesuffix(ARRAY): array_of(members.pop(name), where, name) for name in list(members)}


def _members(archive: ZipFile, where: str) -> dict[str, bytes]:
    entries = archive.infolist()
    size = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_MEMBERS or size > MOST_BYTES:
        raise InputError(
            f"{where}: expected at most {MOST_BYTES:,} bytes in {MOST_MEMBERS} arrays, got {size:,} in {len(entries)}"
        )
    members: dict[str, bytes] = {}
    for entry in entries:
        name = entry.filename
        if name in members or not (name == HEADER or name.endswith(ARRAY)):
            raise InputError(f"{where}: expected {HEADER} and arrays, each once, got {shown(name)}")
        check_entry(entry, where)
        with archive.open(entry) as file:
            members[name] = file.read(entry.file_size)  # no more, whatever it unpacks to
            if len(members[name]) != entry.file_size:
                raise BadZipFile(name)
    return members


def check_entry(entry: ZipInfo, where: str) -> None:
    """Raise InputError for a compression that this format does not use."""
    if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise InputError(
            f"{where}: {shown(entry.filename)}: expected it stored or deflated, got method {entry.compress_type}"
        )


def entry_of(name: str) -> ZipInfo:
    """Return a member's entry in the archive: the same in every run."""
    entry = ZipInfo(name, _EARLIEST)
    entry.compress_type, entry.create_system, entry.external_attr = ZIP_DEFLATED, 3, 0o644 << 16
    return entry


def top_of(kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the header's file holds."""
    return {"format": FORMAT, "kind": kind, "package": package_version(), "content": content}


def header_of(data: bytes, kind: str, where: str) -> dict[str, Any]:
    """Read and check the header's file; return its content."""
    top = as_object(parse_json(data, f"{where}: {HEADER}"), f"{where}: {HEADER}", "a JSON object")
    if top.get("format") != FORMAT:
        raise InputError(
            f"{where}: format: expected {FORMAT}, got {shown(top.get('format'))} of version {shown(top.get('package'))}"
        )
    if top.get("kind") != kind:
        raise InputError(f"{where}: kind: expected {kind}, got {shown(top.get('kind'))}")
    return as_object(top.get("content"), f"{where}: {HEADER}: content")


def npy_bytes(array: NDArray[Any]) -> bytes:
    """Return an array in NumPy's own format, with the low byte first."""
    if array.dtype.kind not in "biuf":
        raise TypeError(f"array: expected booleans, integers or floats, got {array.dtype}")
    buffer = BytesIO()
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    npy.write_array(buffer, little, version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


def array_of(data: bytes, where: str, name: str) -> NDArray[Any]:
    """Read an array in NumPy's own format; its size is known before it is made."""
    where = f"{where}: {printable(name, 60)}"
    buffer = BytesIO(data)
    try:
        if npy.read_magic(buffer) != (1, 0):
            raise ValueError("another version")
        shape, fortran, dtype = npy.read_array_header_1_0(buffer, max_header_size=1000)
    except (ValueError, TypeError, SyntaxError, TokenError, RecursionError, MemoryError) as error:
        raise InputError(f"{where}: expected NumPy's format, version 1.0 ({shown(error)})") from None
    if dtype.kind not in "biuf" or fortran:
        raise InputError(f"{where}: expected booleans, integers or floats in C order, got {shown(dtype)}")
    left = len(data) - buffer.tell()
    plausible = len(shape) <= _MOST_DIMENSIONS and all(type(each) is int and 0 <= each <= MOST_BYTES for each in shape)
    if not plausible or prod(shape) * dtype.itemsize != left:
        raise InputError(f"{where}: expected {left} bytes of values, got shape {shown(shape)} of {dtype}")
    try:
        values = np.frombuffer(data, dtype, offset=buffer.tell()).reshape(shape)
    except ValueError as error:  # none at all, in a shape too large for NumPy
        raise InputError(f"{where}: expected an array that can be made ({shown(error)})") from None
    if dtype.kind == "b" and values.view(np.uint8).max(initial=0) > 1:  # compiled code reads the lowest bit only
        raise InputError(f"{where}: expected each boolean as 0 or 1, got another byte")
    return values.astype(dtype.newbyteorder("="))  # a copy, which may be written to
