"""Where results go: CSV or JSON lines, a line a record."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from math import isnan
from typing import Any, BinaryIO

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import shown
from zhtm_detector.streams.record import Fields, Result

Opener = Callable[[int | None], tuple[BinaryIO, int]]

_JUDGED = ("score", "alert", "silenced", "out_of_range", "gap")


class Sink:
    """Writes results, as CSV or JSON lines.

    Numbers are written as `repr` does, so that they can be read back without loss; those of the input that are whole
    without a point.

    Parameters
    ----------
    opened : callable
        Opens the output, empty or with the bytes that are `written`, and returns it with its length.
    fields : Fields
        Of the records; they name the columns.
    kind : "csv" or "jsonl"
    reasons : bool
        Whether there is a column for the reason of an alert.
    written : int, optional
        Bytes of the output that a state knows of; by default it begins.

    Raises
    ------
    InputError
        If a field has the name of another column; the output was not opened then. And as `opened`.
    """

    def __init__(
        self, opened: Opener, fields: Fields, kind: str = "csv", reasons: bool = False, written: int | None = None
    ) -> None:
        keys = () if fields.key is None else ("key",)
        values = fields.values if len(fields.values) > 1 else ("value",)
        self.columns = ["timestamp", *keys, *values, *_JUDGED, *(("reason",) if reasons else ())]
        twice = next((name for name in values if self.columns.count(name) > 1), None)
        if twice is not None:
            raise InputError(f"--fields {shown(twice)}: expected another name than a column of the output")
        self._file, self.written = opened(written)  # and its bytes
        self._kind = kind
        self._has_key = bool(keys)
        self._reasons = reasons

    def begin(self) -> None:
        """Write the header of CSV."""
        if self._kind == "csv":
            self._put(",".join(map(_quoted, self.columns)) + "\n")

    def write(self, results: Iterable[Result]) -> None:
        """Write results.

        Raises
        ------
        OSError
            BrokenPipeError if nobody reads on.
        """
        line = self._csv if self._kind == "csv" else self._json
        self._put("".join([line(self._row(result)) for result in results]))

    def flush(self) -> None:
        """Hand all that was written to the system."""
        self._file.flush()

    def state(self) -> dict[str, Any]:
        """Return how far the output is, as JSON."""
        return {"written": self.written}

    def _put(self, text: str) -> None:
        content = text.encode()
        self._file.write(content)
        self.written += len(content)

    def _row(self, result: Result) -> list[Any]:
        record, score, alert, silenced, out_of_range, gap, reason = result
        row: list[Any] = [record.stamp]
        if self._has_key:
            row.append(record.key)
        row += map(_plain, record.values)
        row += (score, int(alert), int(silenced), int(out_of_range), gap)
        if self._reasons:
            row.append(reason)
        return row

    def _csv(self, row: Sequence[Any]) -> str:
        return (
            ",".join(["" if each is None else _quoted(each) if type(each) is str else repr(each) for each in row])
            + "\n"
        )

    def _json(self, row: Sequence[Any]) -> str:
        return json.dumps(dict(zip(self.columns, row, strict=True)), ensure_ascii=False) + "\n"


def _plain(value: float) -> float | int | None:
    if isnan(value):
        return None
    return int(value) if value.is_integer() and -1e15 < value < 1e15 else value


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if "," in text or '"' in text else text
