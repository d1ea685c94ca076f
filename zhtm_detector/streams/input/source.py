"""From lines to records: what CSV and JSON lines have in common."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import LARGEST_VALUE, is_one_line, plain_number, printable, shown
from zhtm_detector.streams.input.clock import Clock
from zhtm_detector.streams.input.lines import LONGEST, Line
from zhtm_detector.streams.record import Fields, FieldsError, Names, Record

_MISSING = ("", "nan", "null")
_LONGEST_KEY = 200  # characters
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class RecordSource(ABC):
    """Makes records of lines.

    Parameters
    ----------
    where : str
        The input, for messages.
    names : Names
        Fields that the options name.
    clock : Clock
    skips_bad : bool
        Whether a line that is no record is counted instead of refused.
    """

    kind: str
    has_header: bool

    def __init__(self, where: str, names: Names, clock: Clock, skips_bad: bool = False) -> None:
        self.where = where
        self.clock = clock
        self.bad = 0  # lines that were skipped
        self.fields: Fields | None = None  # once known
        self._names = names
        self._skips_bad = skips_bad

    def records(self, lines: Iterable[Line]) -> Iterator[Record]:
        """Make records of lines; blank lines are none.

        Raises
        ------
        InputError
            For the first line that is no record, with its number and field. The records before it were yielded.
        """
        for line in lines:
            try:
                record = self._read(line)
            except InputError as error:
                header = self.has_header and self.fields is None
                if not self._skips_bad or header or isinstance(error, FieldsError):
                    cut = "" if line.whole else " (the input ends in the middle of this line)"
                    raise InputError(f"{self.where}: line {line.number}{cut}: {error}") from None
                self.bad += 1
                continue
            if record is not None:
                yield record

    def state(self) -> dict[str, Any]:
        """Return what was learned of the input so far, as JSON."""
        fields = asdict(self.fields) if self.fields else None
        return {"kind": self.kind, "fields": fields, "bad": self.bad, "clock": self.clock.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on after the lines that `state` knows.

        Raises
        ------
        InputError
            If the input was of another format.
        """
        if state["kind"] != self.kind:
            raise InputError(f"{self.where}: expected {state['kind']}, as before, got {self.kind}")
        fields = state["fields"]
        self.fields = fields and Fields(fields["timestamp"], tuple(fields["values"]), fields["key"])
        self.bad = state["bad"]
        self.clock.restore(state["clock"])

    @abstractmethod
    def _record_of(self, text: str, line: Line) -> Record | None:
        """Make a record of a line; None for a header."""

    def _read(self, line: Line) -> Record | None:
        if line.text is None:
            raise InputError(f"expected at most {LONGEST:,} bytes in a line, got more")
        content = line.text.removeprefix(BYTE_ORDER_MARK) if line.first else line.text
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InputError(f"byte {error.start + 1} of the line: expected UTF-8 text") from None
        if "\0" in text:
            raise InputError("expected text, got binary data")
        return None if not text or text.isspace() else self._record_of(text, line)

    def _record(self, number: int, stamp: Any, key: Any, values: Iterable[Any]) -> Record:
        """Make a record of the content of its fields; stamp and key are None if records have none."""
        fields = self.fields
        assert fields is not None
        wall = instant = 0
        if fields.timestamp is not None:
            try:
                wall, instant = self.clock.read(stamp)
            except InputError as error:
                raise InputError(f"field {printable(fields.timestamp, 60)}: {error}") from None
            if isinstance(stamp, str) and not is_one_line(stamp):
                raise InputError(f"field {printable(fields.timestamp, 60)}: expected one line, got {shown(stamp)}")
        name = "" if fields.key is None else _key(fields.key, key)
        numbers = tuple([_value(field, value) for field, value in zip(fields.values, values, strict=True)])
        return Record(number, name, stamp, wall, instant, numbers)


def sniffed(batch: Iterable[Line]) -> str | None:
    """Return the format of lines; None if all of them are blank."""
    for line in batch:
        if line.text is None:
            return "csv"
        if begin := line.text.removeprefix(BYTE_ORDER_MARK if line.first else b"").lstrip():
            return "jsonl" if begin.startswith(b"{") else "csv"
    return None


def _value(field: str, content: Any) -> float:
    """Return a value, NaN where it is missing; a text may be a number, as in CSV."""
    number = plain_number(content) if isinstance(content, str) else content
    if type(number) is int:
        number = float(number) if abs(number) <= LARGEST_VALUE else math.inf
    if type(number) is float:
        if -LARGEST_VALUE <= number <= LARGEST_VALUE:
            return number
        if not isinstance(content, str) and math.isnan(number):
            return math.nan
    if content is None or (isinstance(content, str) and content.strip().lower() in _MISSING):
        return math.nan
    raise InputError(
        f"field {printable(field, 60)}: expected a number of at most {LARGEST_VALUE:g} in size, got {shown(content)}"
    )


def _key(field: str, content: Any) -> str:
    name = str(content) if type(content) in (int, float) else content
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_KEY or not is_one_line(name):
        raise InputError(
            f"field {printable(field, 60)}: expected a key, 1 to {_LONGEST_KEY} characters in one line, "
            f"got {shown(content)}"
        )
    return name
