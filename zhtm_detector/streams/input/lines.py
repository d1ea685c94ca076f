"""Lines of a file, of standard input or of a file that grows: in batches, with their place, in bounded memory."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Any, NamedTuple, Protocol

from zhtm_detector.common.errors import InputError

_logger = logging.getLogger(__name__)

LONGEST = 2**20  # bytes of a line
_BLOCK = 2**18  # bytes read at once
_BEFORE = 2**12  # bytes that tell an input from others
_POLL = 0.1  # seconds between looks at a file that may have grown

Wait = Callable[[], None]


class Line(NamedTuple):
    """One line."""

    number: int  # from 1; of the file, if one follows another
    text: bytes | None  # without its end; None if it is longer than `LONGEST`
    whole: bool = True  # False: the input ended without a line end
    first: bool = False  # of a file


class Input(Protocol):
    """Where bytes come from."""

    @property
    def name(self) -> str:
        """For messages."""

    @property
    def live(self) -> bool:
        """Whether bytes come as they are written."""

    def read(self, size: int) -> bytes:
        """Return at most so many bytes, at least one; none at the end of the file."""

    def next_file(self) -> bool:
        """Whether another file follows the one that has ended."""

    def before(self, offset: int) -> str | None:
        """Return a checksum of the last bytes before this place; None for a pipe."""

    def resume(self, offset: int, before: str | None) -> bool:
        """Go on at this byte, which had that checksum before it; False if the input is a new one, from its start."""


class Descriptor:
    """A file, a pipe or standard input, up to its end.

    Parameters
    ----------
    path : Path, optional
        May be a named pipe. None: standard input.
    again : bool
        Whether a pipe begins at its start each time, so that `seek` has to skip what was read before.

    Raises
    ------
    InputError
        If it cannot be read.
    """

    def __init__(self, path: Path | None, again: bool = False) -> None:
        self._again = again
        self.name = "standard input" if path is None else str(path)
        self._number = sys.stdin.fileno() if path is None else _opened(path)
        self.live = path is None or not S_ISREG(os.fstat(self._number).st_mode)

    def read(self, size: int) -> bytes:
        """Return what there is, at least one byte; none at the end."""
        try:
            return os.read(self._number, size)
        except OSError as error:
            raise InputError(f"{self.name}: cannot be read ({error.strerror}); expected a file or pipe") from None

    def next_file(self) -> bool:
        """Nothing follows."""
        return False

    def before(self, offset: int) -> str | None:
        """Return a checksum of the last bytes before this place; None for a pipe."""
        return _before(self._number, offset)

    def resume(self, offset: int, before: str | None) -> bool:
        """Go on at this byte: a pipe that begins again is read up to there, another one goes on wherever it is.

        Raises
        ------
        InputError
            If it is another file than before.
        """
        if before != (now := self.before(offset)) and None not in (before, now):
            raise InputError(f"{self.name}: expected the content of before up to byte {offset}, got another")
        try:
            os.lseek(self._number, offset, os.SEEK_SET)
        except OSError:
            while self._again and offset and (block := self.read(min(offset, _BLOCK))):
                offset -= len(block)
            return self._again
        return True


class Followed:
    """A file that grows, for ever, as `tail -F` reads it: replaced by another one, or cut, it is read from its start.

    Parameters
    ----------
    path : Path
    wait : callable
        Called where there is nothing new; it returns after a while, or raises to end the stream.

    Raises
    ------
    InputError
        If it cannot be read, or is a pipe or a device.
    """

    live = True

    def __init__(self, path: Path, wait: Wait = lambda: time.sleep(_POLL)) -> None:
        self.name = str(path)
        self._path = path
        self._wait = wait
        self._file = _opened(path, grows=True)
        self._offset = 0
        self._new: int | None = None

    def read(self, size: int) -> bytes:
        """Return what there is; none once the file was replaced or cut, and all that it held before was read."""
        while True:
            replaced = self._is_replaced()  # before reading: what was written before that must be read
            block = os.read(self._file, size)
            self._offset += len(block)
            if block:
                return block
            if replaced or os.fstat(self._file).st_size < self._offset:
                return b""
            self._wait()

    def next_file(self) -> bool:
        """Go on with the file that has the name now."""
        while True:
            with suppress(InputError):
                opened = _opened(self._path, grows=True)
                os.close(self._file)
                self._file = opened
                break
            if os.fstat(self._file).st_size < self._offset:  # the same file, from its start
                break
            self._wait()  # for a file that may be read: from its start, the old one would be scored twice
        self._seek(0)
        return True

    def before(self, offset: int) -> str | None:
        """Return a checksum of the last bytes before this place."""
        return _before(self._file, offset)

    def resume(self, offset: int, before: str | None) -> bool:
        """Go on at this byte; a file that has taken the place of the one before is read from its start."""
        if before is None or before != self.before(offset):  # None: no place that it could have been read from
            _logger.warning(f"{self.name}: another file than before; it is read from its start")
            return False
        self._seek(offset)
        return True

    def _seek(self, offset: int) -> None:
        self._offset = os.lseek(self._file, offset, os.SEEK_SET)

    def _is_replaced(self) -> bool:
        try:
            return not os.path.samestat(os.fstat(self._file), self._path.stat())
        except OSError:  # between two files, there is none
            return False


def _before(number: int, offset: int) -> str | None:
    try:
        place = os.lseek(number, 0, os.SEEK_CUR)
        os.lseek(number, max(offset - _BEFORE, 0), os.SEEK_SET)
        content = os.read(number, min(offset, _BEFORE))
        os.lseek(number, place, os.SEEK_SET)
    except OSError:
        return None
    return sha256(content).hexdigest()[:16]


def _opened(path: Path, grows: bool = False) -> int:
    if grows and path.exists() and not (path.is_file() or path.is_dir()):  # first: a pipe without a writer opens late
        raise InputError(f"--follow {path}: expected a file that grows, got a pipe or device, which is followed anyway")
    try:
        number = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        what = "not found" if isinstance(error, FileNotFoundError) else f"cannot be read ({reason})"
        raise InputError(f"{path}: {what}; expected CSV or JSON lines") from None
    if S_ISDIR(os.fstat(number).st_mode):
        os.close(number)
        raise InputError(f"{path}: is a folder; expected a file of CSV or JSON lines")
    return number


class Lines:
    r"""The lines of an input, batch by batch: a batch is what could be read at once.

    Lines end with ``\n`` or ``\r\n``. The last line may lack its end. A line that is too long is never held: it comes
    as None as soon as it is known to be too long.

    Parameters
    ----------
    source : Input
    block : int
        Bytes to read at once, at most.
    """

    def __init__(self, source: Input, block: int = _BLOCK) -> None:
        self.source = source
        self._block = block
        self.offset = 0  # bytes of the file up to the end of the last line handed out
        self.number = 0  # of the last line handed out
        self._rest = b""  # the beginning of a line
        self._skips = False  # in a line that is too long
        self._whole = True

    def __iter__(self) -> Iterator[list[Line]]:
        while True:
            block = self.source.read(self._block)
            if batch := self._cut(block) if block else self._end():
                yield batch
            if not block:
                if not self.source.next_file():
                    return
                self.offset = self.number = 0
                self._rest, self._skips, self._whole = b"", False, True

    def state(self) -> dict[str, Any]:
        """Return the place after the lines handed out, as JSON."""
        before = self.source.before(self.offset)
        return {
            "offset": self.offset,
            "number": self.number,
            "whole": self._whole,
            "skips": self._skips,
            "before": before,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on at the place that `state` returned, in the same input.

        Raises
        ------
        InputError
            If it is another input, or the file ended in the middle of a line that was scored, and has become longer.
        """
        if self.source.resume(state["offset"], state["before"]):
            self.offset, self.number = state["offset"], state["number"]
            self._whole, self._skips = state["whole"], state["skips"]

    def _cut(self, block: bytes) -> list[Line]:
        if not self._whole:
            block = self._after_cut(block)
        head, end, rest = block.rpartition(b"\n")
        batch: list[Line] = []
        if end:
            for text in (self._rest + head).split(b"\n"):
                self.offset += len(text) + 1
                if self._skips:  # its beginning was handed out as None
                    self._skips = False
                    continue
                self.number += 1
                batch.append(self._line(text.removesuffix(b"\r") if len(text) <= LONGEST else None))
            self._rest = rest
        else:
            self._rest += rest
        if self._skips or len(self._rest) > LONGEST:
            if not self._skips:
                self.number += 1
                batch.append(self._line(None))
            self.offset += len(self._rest)
            self._rest, self._skips = b"", True
        return batch

    def _line(self, text: bytes | None, whole: bool = True) -> Line:
        return Line(self.number, text, whole, self.number == 1)

    def _end(self) -> list[Line]:
        if not self._rest:
            return []
        self.number += 1
        self.offset += len(self._rest)
        text, self._rest, self._whole = self._rest, b"", False
        return [self._line(text, whole=False)]

    def _after_cut(self, block: bytes) -> bytes:
        """Return what follows the end of a line that was scored without it."""
        rest = block.removeprefix(b"\r")
        if not rest.startswith(b"\n"):
            raise InputError(
                f"{self.source.name}: line {self.number}: expected its end, because it was scored as it was, "
                "got more of the same line"
            )
        self.offset += len(block) - len(rest) + 1
        self._whole = True
        return rest[1:]
