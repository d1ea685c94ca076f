"""Records of CSV with a header."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import Any

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import printable
from zhtm_detector.streams.input.lines import Line
from zhtm_detector.streams.input.source import RecordSource
from zhtm_detector.streams.record import FieldsError, Record, choose_fields


class CsvSource(RecordSource):
    """Records of CSV: the first line names the columns, commas separate, a record is a line.

    A file that follows another one may begin with the header again.
    """

    kind = "csv"
    has_header = True

    _columns: Sequence[str] = ()
    _places: tuple[int | None, int | None, Sequence[int]] = (None, None, ())  # of timestamp, key and values

    def state(self) -> dict[str, Any]:
        """Return what was learned of the input so far, as JSON."""
        return {**super().state(), "columns": list(self._columns)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on after the lines that `state` knows."""
        super().restore(state)
        if self.fields is not None:
            self._know(state["columns"])

    def _record_of(self, text: str, line: Line) -> Record | None:
        row = _split(text)
        if self.fields is None:
            self.fields = choose_fields(row, self._names)
            self._know(row)
            return None
        if line.first and sorted(row) == sorted(self._columns):
            if row == self._columns:
                return None
            was, now = (printable(",".join(columns), 200) for columns in (self._columns, row))
            raise FieldsError(f"expected the header {was}, as before, got {now}")
        if len(row) != len(self._columns):
            raise InputError(f"expected {len(self._columns)} fields, as in the header, got {len(row)}")
        timestamp, key, values = self._places
        return self._record(
            line.number,
            None if timestamp is None else row[timestamp],
            None if key is None else row[key],
            [row[place] for place in values],
        )

    def _know(self, columns: Sequence[str]) -> None:
        fields = self.fields
        assert fields is not None
        place = {name: number for number, name in enumerate(columns)}
        self._columns = columns
        self._places = (
            None if fields.timestamp is None else place[fields.timestamp],
            None if fields.key is None else place[fields.key],
            [place[name] for name in fields.values],
        )


def _split(text: str) -> list[str]:
    if '"' not in text:  # what the reader would return, a little faster
        return text.split(",")
    try:
        return next(csv.reader([text], strict=True))
    except csv.Error as error:
        raise InputError(f"not CSV ({error}); expected a record in each line") from None
