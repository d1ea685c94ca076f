"""The detector of a stream: records in, results out, a series per key."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from hashlib import sha256
from typing import Any, Protocol

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import shown
from zhtm_detector.streams.input.clock import Clock, as_moment
from zhtm_detector.streams.record import Record, Result
from zhtm_detector.streams.series import Admitted, Series
from zhtm_detector.streams.settings import Settings
from zhtm_detector.streams.state.series_file import series_bytes


@dataclass
class Counts:
    """What became of records."""

    records: int = 0  # with a result
    alerts: int = 0
    missing: int = 0  # with a result, but without any score
    gaps: int = 0
    late: int = 0  # dropped
    refused_keys: int = 0  # records of keys beyond the limit, dropped
    elsewhere: int = 0  # records of other shards


class Shelf(Protocol):
    """Where series wait until a record of theirs comes."""

    def put(self, series: Series) -> None:
        """Keep a series as it is now."""

    def take(self, key: str) -> Series:
        """Return the series of a key as it was."""

    def has(self, key: str) -> bool:
        """Whether the series of a key was ever kept."""


def shard_of(key: str, shards: int) -> int:
    """Return the shard of a key, from 1 to `shards`: always the same, on every machine.

    Examples
    --------
    >>> [shard_of(key, 2) for key in ("pump", "valve", "fan")]
    [2, 2, 1]
    """
    return int.from_bytes(sha256(key.encode()).digest()[:8], "big") % shards + 1


class StreamDetector:
    """Scores the records of a stream, which may hold many series in turn.

    Parameters
    ----------
    settings : Settings
    where : str
        The input, for messages.
    clock : Clock, optional
        That has read the timestamps: it knows of hours that a clock set back shows twice.
    shelf : Shelf, optional
        Keeps series that are idle, and those of a state.
    """

    def __init__(
        self, settings: Settings, where: str = "input", clock: Clock | None = None, shelf: Shelf | None = None
    ) -> None:
        self.settings = settings
        self.counts = Counts()
        self.series: OrderedDict[str, Series] = OrderedDict()  # in memory, the last used last
        self._shelf = shelf
        self._asleep: set[str] = set()  # keys of series on the shelf
        self._latest: int | None = None  # absolute time
        self._where = where
        self._clock = clock
        self._changed: set[str] = set()

    def process(self, records: Iterable[Record]) -> tuple[list[Result], InputError | None]:
        """Score records.

        Returns
        -------
        results : list of Result
            One per record that was not dropped, in their order.
        error : InputError or None
            Why the next record is refused, be it by `records` or here: for a time before that of the last record of
            its key, one key too many, a value that is missing. Nothing is known of it or those after it.
        """
        batch: list[tuple[Series, Admitted]] = []
        error = None
        try:
            for record in records:
                if (pair := self._admit(record)) is not None:
                    batch.append(pair)
        except InputError as raised:
            error = raised
        results = self._score(batch)
        self._count(results)
        self._put_to_sleep()
        return results, error

    def keys(self) -> list[str]:
        """Return the keys of all series, in order."""
        return sorted({*self.series, *self._asleep})

    def changed_keys(self) -> set[str]:
        """Return the keys of series in memory that have changed since this was last asked."""
        changed, self._changed = self._changed, set()
        return changed

    def changed(self) -> Mapping[str, Callable[[], bytes]]:
        """Return what makes the content of the files of `changed_keys`, for `StateFolder.commit`."""
        return {key: partial(series_bytes, self.series[key]) for key in self.changed_keys()}

    def probations(self) -> set[int]:
        """Return the probations, in records, of the series in memory, as far as they are known."""
        return {series.probation for series in self.series.values() if series.probation is not None}

    def state(self) -> dict[str, Any]:
        """Return what does not belong to one series, as JSON."""
        return {"counts": asdict(self.counts), "latest": self._latest}

    def restore(self, state: dict[str, Any], keys: Iterable[str]) -> None:
        """Go on as from that state, with the series of these keys on the shelf."""
        self.counts, self._latest = Counts(**state["counts"]), state["latest"]
        self._asleep = {*keys}

    def _admit(self, record: Record) -> tuple[Series, Admitted] | None:
        """Take a record; None if it is dropped."""
        series = self.series.get(record.key) or self._woken(record.key)
        if series is None:
            if not self._is_welcome(record, len(self.series) + len(self._asleep)):
                return None
            series = Series(record.key, self.settings)
        elif record.stamp is not None and (last := series.last) is not None and record.instant < last:
            instant = self._second(record)
            if instant is None or instant < last:
                if self.settings.drops_late:
                    self.counts.late += 1
                    return None
                raise self._late(record, last)
            record = record._replace(instant=instant)
        try:
            admitted = series.admit(record)
        except InputError as error:
            raise self._refused(record, str(error)) from None
        self.series[record.key] = series
        self.series.move_to_end(record.key)
        return series, admitted

    def _is_welcome(self, record: Record, known: int) -> bool:
        """Whether a record of a new key beside so many known ones is taken; else count it, or raise InputError."""
        settings = self.settings
        if settings.shard is not None and shard_of(record.key, settings.shard[1]) != settings.shard[0]:
            self.counts.elsewhere += 1
            return False
        if known < settings.max_keys:
            return True
        if settings.drops_new_keys:
            self.counts.refused_keys += 1
            return False
        raise self._refused(record, f"expected at most {settings.max_keys} keys (--max-keys), got another")

    def _woken(self, key: str) -> Series | None:
        if key not in self._asleep or self._shelf is None:
            return None
        self.series[key] = self._shelf.take(key)
        self._asleep.discard(key)
        return self.series[key]

    def _put_to_sleep(self) -> None:
        """Put series on the shelf that have had no record for long."""
        idle = self.settings.idle
        while idle is not None and self._shelf is not None and self._latest is not None and self.series:
            key, series = next(iter(self.series.items()))
            if series.last is None or self._latest - series.last <= idle:
                return
            if key in self._changed or not self._shelf.has(key):
                self._shelf.put(series)
                self._changed.discard(key)
            del self.series[key]
            self._asleep.add(key)

    def _second(self, record: Record) -> int | None:
        return self._clock.second(record.clock_us) if self._clock else None

    def _late(self, record: Record, last: int) -> InputError:
        got = shown(record.stamp)
        return self._refused(
            record,
            f"expected a time not before that of the record before, {as_moment(last)} (absolute), got {got}; --late "
            "drop accepts that, and --timezone knows when clocks are set back",
        )

    def _refused(self, record: Record, message: str) -> InputError:
        of = f", key {shown(record.key)}" if record.key else ""
        return InputError(f"{self._where}: line {record.number}{of}: {message}")

    def _score(self, batch: list[tuple[Series, Admitted]]) -> list[Result]:
        """Score records, those of each series in one go; returns the results in the order of the records."""
        by_key: dict[str, list[Admitted]] = {}
        for series, admitted in batch:
            by_key.setdefault(series.key, []).append(admitted)
        scored = {key: iter(self.series[key].score(admitted)) for key, admitted in by_key.items()}
        return [next(scored[series.key]) for series, _ in batch]

    def _count(self, results: list[Result]) -> None:
        counts = self.counts
        counts.records += len(results)
        for result in results:
            counts.alerts += result.alert
            counts.gaps += result.gap > 0
            counts.missing += result.score is None
        if results:
            latest = max(result.record.instant for result in results)
            self._latest = latest if self._latest is None else max(self._latest, latest)
            self._changed.update(result.record.key for result in results)
