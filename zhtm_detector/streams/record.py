"""What comes in and what goes out: records, results, and which fields of the input they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import printable, shown


class FieldsError(InputError):
    """The fields asked for are not those of the input, so that no record of it can be read."""


Stamp = str | int | float


class Record(NamedTuple):
    """One record of a stream."""

    number: int  # of its line
    key: str  # of its series; empty if there is only one
    stamp: Stamp | None  # the timestamp as it came
    clock_us: int  # wall clock, in microseconds since 1970; 0 if it has no timestamp
    instant: int  # the same in absolute time, by which order is judged
    values: tuple[float, ...]  # one per field; NaN where it is missing


class Result(NamedTuple):
    """What becomes of a record."""

    record: Record
    score: float | None  # in [0, 1]; None if all values are missing
    alert: bool
    silenced: bool  # the refractory rule set the score of a field to 0
    out_of_range: bool  # the value of a field left the range of those before it
    gap: int  # intervals without a value before this record, if there are more than `--gap`
    reason: str


@dataclass(frozen=True)
class Names:
    """Names of the fields of a record, as the options give them; None where they do not."""

    timestamp: str | None = None
    values: tuple[str, ...] | None = None
    key: str | None = None
    without_time: bool = False  # there may be no timestamp, because records come at a known interval


@dataclass(frozen=True)
class Fields:
    """Names of the fields of a record; timestamp and key are None if records have none."""

    timestamp: str | None
    values: tuple[str, ...]
    key: str | None


_TIMESTAMPS = ("timestamp", "time", "ts")
_VALUES = ("value",)


def choose_fields(there: Sequence[str], names: Names) -> Fields:
    """Choose the fields: those of the options, else by their usual names, else the only one that is left.

    Raises
    ------
    FieldsError
        If a field is not there, or the choice is not clear; it names those that are there.

    Examples
    --------
    >>> choose_fields(["Time", "load", "host"], Names(key="host"))
    Fields(timestamp='Time', values=('load',), key='host')
    """
    given = [name for name in (names.timestamp, names.key, *(names.values or ())) if name is not None]
    for name in given:
        if name not in there:
            raise FieldsError(f"field {shown(name)}: not there; expected one of {_listed(there)}")
    if len({*given}) < len(given):
        raise FieldsError(f"fields: expected each one once, got {_listed(given)}")
    if len({*there}) < len(there):
        raise FieldsError(f"fields: expected names that differ, got {_listed(there)}")
    left = [name for name in there if name not in given]
    timestamp = names.timestamp or _usual(left, _TIMESTAMPS)
    value = None if names.values else _usual(left, _VALUES)
    left = [name for name in left if name not in (timestamp, value)]
    if timestamp is None and not names.without_time:
        if len(left) != 1 or not (names.values or value):
            raise FieldsError(f"timestamp: expected --timestamp or --interval, got the fields {_listed(there)}")
        timestamp = left.pop()
    if names.values:
        return Fields(timestamp, names.values, names.key)
    if value is None:
        if len(left) != 1:
            raise FieldsError(f"value: expected --value or --fields, got the fields {_listed(there)}")
        value = left.pop()
    return Fields(timestamp, (value,), names.key)


def _usual(there: Sequence[str], usual: Sequence[str]) -> str | None:
    lower = {name.lower(): name for name in reversed(there)} | {name: name for name in there}
    return next((lower[name] for name in usual if name in lower), None)


def _listed(names: Sequence[str]) -> str:
    return printable(", ".join(names), 300) or "none"
