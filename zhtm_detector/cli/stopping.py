"""Signals that end a stream between two records instead of within one."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from zhtm_detector.streams.input.lines import Input

_EXIT_CODES = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 143}


class Stopped(Exception):
    """A signal has asked for the end."""


class Stopping:
    """An input whose reading ends at a signal: at once where it waits for bytes, else before it is read again.

    A second signal ends the process as it would have without this.

    Parameters
    ----------
    source : Input
    """

    def __init__(self, source: Input) -> None:
        self.code: int | None = None  # to exit with, once a signal has come
        self._source = source
        self._waits = False
        self._before: dict[int, Any] = {}

    @property
    def name(self) -> str:
        """The name of the input."""
        return self._source.name

    @property
    def live(self) -> bool:
        """Whether bytes come as they are written."""
        return self._source.live

    def read(self, size: int) -> bytes:
        """Read as the input does; raises Stopped."""
        with self._waiting():
            return self._source.read(size)

    def next_file(self) -> bool:
        """Go on with the next file, as the input does; raises Stopped."""
        with self._waiting():
            return self._source.next_file()

    def before(self, offset: int) -> str | None:
        """Return a checksum of the last bytes before this place, as the input does."""
        return self._source.before(offset)

    def resume(self, offset: int, before: str | None) -> bool:
        """Go on at this byte, as the input does; raises Stopped."""
        with self._waiting():
            return self._source.resume(offset, before)

    def __enter__(self) -> Stopping:
        for name in _EXIT_CODES:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._stop)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        self._waits = True  # before the look at the code: a signal in between raises
        try:
            if self.code is not None:
                raise Stopped
            yield
        finally:
            self._waits = False

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.code = _EXIT_CODES[signal.Signals(number).name]
        signal.signal(number, self._before[number])
        if self._waits:
            self._waits = False
            raise Stopped
