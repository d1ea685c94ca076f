"""One stream on many workers: each holds the series of some of the keys."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from heapq import merge
from threading import get_ident
from typing import Any, NamedTuple, Protocol

from zhtm_detector.common.errors import InputError
from zhtm_detector.streams.detector import StreamDetector, shard_of
from zhtm_detector.streams.input.clock import Clock
from zhtm_detector.streams.record import Record, Result
from zhtm_detector.streams.series import Series
from zhtm_detector.streams.settings import Settings
from zhtm_detector.streams.state.series_file import Shelf, series_bytes, series_of

_TOGETHER = 8  # files of series per shard that are on their way at a time; each has up to some MiB

_logger = logging.getLogger(__name__)


class Answer(NamedTuple):
    """What becomes of a shard's records."""

    results: list[Result]
    refused: int | None  # number of the record that is refused, if one is,
    error: InputError | None  # and why
    late: int  # records that were dropped
    warnings: list[str]


class Shard:
    """A worker's part of a stream.

    Parameters
    ----------
    settings : Settings
    where : str
        The input, for messages.
    clock : Clock
    """

    def __init__(self, settings: Settings, where: str, clock: Clock) -> None:
        # Which keys are welcome was decided before they come here.
        settings = replace(settings, shard=None, max_keys=2**62)
        self._clock = clock
        self._received = _Received(settings)
        self._detector = StreamDetector(settings, where, clock, self._received)

    def receive(self, files: Mapping[str, tuple[bytes, str]]) -> None:
        """Take the files of series, content and name, until a record of theirs comes."""
        self._received.files.update(files)
        self._detector.restore(self._detector.state(), self._received.files)

    def process(self, records: list[Record], clock: dict[str, Any]) -> Answer:
        """Score records, as `StreamDetector.process`, with the state of the clock that has read them."""
        self._clock.restore(clock)
        late = self._detector.counts.late
        taken = 0

        def counted() -> Iterator[Record]:
            nonlocal taken
            for record in records:
                taken = record.number
                yield record

        with _heard() as warnings:
            results, error = self._detector.process(counted())
        return Answer(results, taken if error else None, error, self._detector.counts.late - late, warnings)

    def files(self, keys: Iterable[str]) -> dict[str, bytes]:
        """Return the content of the files of series."""
        return {key: series_bytes(self._detector.series[key]) for key in keys}

    def probations(self) -> set[int]:
        """Return those of `StreamDetector.probations`."""
        return self._detector.probations()


class Shards(Protocol):
    """Objects of the class `Shard`, numbered from 0, wherever they are; `common.actors.Actors`."""

    def __len__(self) -> int: ...

    def call(self, method: str, arguments: Mapping[int, tuple[Any, ...]]) -> dict[int, Any]:
        """Call a method of some of them, each with its arguments, and return the results."""


class ShardedDetector(StreamDetector):
    """The detector of a stream whose series are elsewhere: results and states are those of `StreamDetector`.

    Parameters
    ----------
    shards : Shards
    settings : Settings
    where : str
    clock : Clock
    shelf : Shelf, optional
        With the series of a state.
    """

    def __init__(
        self, shards: Shards, settings: Settings, where: str, clock: Clock, shelf: Shelf | None = None
    ) -> None:
        super().__init__(settings, where, clock, shelf)
        self._shards = shards
        self._files = shelf
        self._reader = clock
        self._homes: dict[str, int] = {}  # shards, by key, of the series that are there

    def process(self, records: Iterable[Record]) -> tuple[list[Result], InputError | None]:
        """Score records, as `StreamDetector` does."""
        shares: dict[int, list[Record]] = {}
        woken: list[str] = []
        error = None
        try:
            for record in records:
                home = self._homes.get(record.key)
                if home is None:
                    if record.key in self._asleep:
                        self._asleep.discard(record.key)
                        woken.append(record.key)
                    elif not self._is_welcome(record, len(self._homes) + len(self._asleep)):
                        continue
                    home = self._homes[record.key] = self._home(record.key)
                shares.setdefault(home, []).append(record)
        except InputError as raised:
            error = raised
        self._wake(woken)
        clock = self._reader.state()
        answers = self._shards.call("process", {home: (share, clock) for home, share in shares.items()})
        results = list(merge(*(answer.results for answer in answers.values()), key=lambda each: each.record.number))
        refused = [(answer.refused, answer.error) for answer in answers.values() if answer.refused is not None]
        if refused:
            first, error = min(refused, key=lambda each: each[0])
            results = [result for result in results if result.record.number < first]
        for answer in answers.values():
            self.counts.late += answer.late
            for warning in answer.warnings:
                _logger.warning(warning)
        self._count(results)
        return results, error

    def keys(self) -> list[str]:
        """Return the keys of all series, in order."""
        return sorted({*self._homes, *self._asleep})

    def changed(self) -> Mapping[str, Callable[[], bytes]]:
        """Return what makes the content of the files of `changed_keys`; they come from the shards some at a time."""
        changed = sorted(self.changed_keys())
        at_once: dict[str, bytes] = {}

        def content(key: str, place: int) -> bytes:
            if key not in at_once:
                at_once.clear()
                wanted: dict[int, list[str]] = {}
                for each in changed[place : place + _TOGETHER * len(self._shards)]:
                    wanted.setdefault(self._homes[each], []).append(each)
                for files in self._shards.call("files", {home: (keys,) for home, keys in wanted.items()}).values():
                    at_once.update(files)
            return at_once.pop(key)

        return {key: partial(content, key, place) for place, key in enumerate(changed)}

    def probations(self) -> set[int]:
        """Return the probations, in records, of the series that have had records, as far as they are known."""
        return set().union(*self._shards.call("probations", dict.fromkeys({*self._homes.values()}, ())).values())

    def _home(self, key: str) -> int:
        """Return the shard of a key, all of which may be of one shard of the hash already."""
        outer = 1 if self.settings.shard is None else self.settings.shard[1]
        return (shard_of(key, outer * len(self._shards)) - 1) // outer

    def _wake(self, keys: list[str]) -> None:
        """Send the files of series to their shards."""
        step = _TOGETHER * len(self._shards)
        for place in range(0, len(keys), step):
            assert self._files is not None
            files: dict[int, dict[str, tuple[bytes, str]]] = {}
            for key in keys[place : place + step]:
                files.setdefault(self._homes[key], {})[key] = self._files.content(key)
            self._shards.call("receive", {home: (sent,) for home, sent in files.items()})


class _Received:
    """Series whose files were received."""

    def __init__(self, settings: Settings) -> None:
        self.files: dict[str, tuple[bytes, str]] = {}
        self._settings = settings

    def put(self, series: Series) -> None:
        """Series never go back."""
        raise NotImplementedError

    def has(self, key: str) -> bool:
        """Whether the file of a key is here."""
        return key in self.files

    def take(self, key: str) -> Series:
        """Return the series of a key; InputError if its file is damaged."""
        return series_of(key, self._settings, *self.files.pop(key))


@contextmanager
def _heard() -> Iterator[list[str]]:
    """Collect this thread's warnings about records while the block runs."""
    heard: list[str] = []
    thread = get_ident()

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == thread and record.levelno == logging.WARNING:
                heard.append(record.getMessage())

    logger = logging.getLogger(__package__)
    handler = Handler()
    logger.addHandler(handler)
    try:
        yield heard
    finally:
        logger.removeHandler(handler)
