"""Several fields of a record in one SDR."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.text import printable, shown
from zhtm_detector.htm.encoders.encoder import MAX_SIZE, Encoder, known_encoders, read_only_sdr
from zhtm_detector.htm.saved import Arrays, Given, named
from zhtm_detector.htm.sdr import SDR

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")


class MultiEncoder(Encoder):
    """Concatenates the SDRs of named fields, each with its own encoder.

    Parameters
    ----------
    parts : mapping of str to Encoder
        Encoder by field, at least one; the bits follow the order of the mapping.

    Raises
    ------
    ValueError
        If there is no part, a name is not a non-empty string, or a part is not an encoder.

    Notes
    -----
    Source: S. Purdy, *Encoding Data for HTM Systems*, arXiv:1602.05925, on encoding multiple values.

    Examples
    --------
    >>> from zhtm_detector.htm.encoders import ScalarEncoder
    >>> celsius, bar = ScalarEncoder(2, 9, 0.0, 8.0), ScalarEncoder(3, 5, 0.0, 4.0)
    >>> encoder = MultiEncoder({"temperature": celsius, "pressure": bar})
    >>> encoder.encode({"temperature": 0.0, "pressure": 1.0}).indices.tolist()
    [0, 1, 11, 12, 13]
    """

    def __init__(self, parts: Mapping[str, Encoder]) -> None:
        if not isinstance(parts, Mapping) or not parts:
            raise ValueError(f"parts: expected a mapping of at least one field, got {shown(parts)}")
        for name, part in parts.items():
            if not isinstance(name, str) or not name:
                raise ValueError(f"parts: expected field names that are non-empty strings, got {shown(name)}")
            if not isinstance(part, Encoder):
                raise ValueError(f"parts: {name}: expected an Encoder, got {shown(part)}")
        self.parts = dict(parts)
        self.size = sum(part.size for part in parts.values())
        self.active_bits = sum(part.active_bits for part in parts.values())
        if self.size > MAX_SIZE:
            raise ValueError(f"parts: expected at most {MAX_SIZE} bits together, got {self.size}")
        active = [part.active_bits for part in parts.values()]
        first = np.cumsum([0, *(part.size for part in parts.values())])[:-1]
        # Offset of each active bit, shape (active_bits,): where its part begins in the concatenation.
        self._shift = np.repeat(first, active).astype(np.uint32)

    def settings(self) -> dict[str, Any]:
        """Return the name, class and settings of each part, in their order."""
        return {"parts": [[name, type(part).__name__, part.settings()] for name, part in self.parts.items()]}

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Build the parts, of the encoders of this package."""
        kinds = known_encoders()
        parts = {}
        for entry in settings["parts"] if isinstance(settings.get("parts"), list) else ():
            if not isinstance(entry, list) or len(entry) != 3 or str(entry[1]) not in kinds:
                raise ValueError(f"parts: expected name, class and settings of encoders, got {shown(entry)}")
            name, kind, arguments = entry
            if not isinstance(name, str) or name in parts or not isinstance(arguments, dict):
                raise ValueError(f"parts: expected different names, and settings of each, got {shown(entry)}")
            parts[name] = kinds[kind].from_settings(arguments)
        return super().from_settings({**settings, "parts": parts})

    def state_arrays(self) -> Arrays:
        """Return the arrays that are saved: those of the parts, which are numbered in their order."""
        arrays: Arrays = {}
        for number, part in enumerate(self.parts.values()):
            arrays |= named(str(number), part.state_arrays())
        return arrays

    def restore(self, given: Given) -> None:
        """Restore the parts."""
        for number, part in enumerate(self.parts.values()):
            given.within(str(number), part.restore)

    def earlier(self) -> Self:
        """Return an encoder whose parts are in the state before the last record."""
        return type(self)({name: part.earlier() for name, part in self.parts.items()})

    def encode(self, value: Mapping[str, Any]) -> SDR:
        """Encode one record, given as a value for every field.

        Raises
        ------
        ValueError
            If a field is missing or unknown, or its encoder refuses the value; the message names the field. No part
            has then taken a value in.
        """
        return self._all_or_none(lambda: self._encode(value, looks=False))

    def encode_many(self, values: Mapping[str, Any] | pd.DataFrame) -> NDArray[np.uint32]:
        """Return the active bits of records given as columns of equal length, shape (n, active_bits).

        Raises
        ------
        ValueError
            As `encode`, and if the columns differ in length.
        """
        return self._all_or_none(lambda: self._encode_many(values, looks=False))

    def look(self, value: Mapping[str, Any]) -> SDR:
        """Return what `encode` would, and change nothing."""
        return self._encode(value, looks=True)

    def look_many(self, values: Mapping[str, Any] | pd.DataFrame) -> NDArray[np.uint32]:
        """Return the active bits of many records, each as if it came next, shape (n, active_bits)."""
        return self._encode_many(values, looks=True)

    def _encode(self, value: Mapping[str, Any], looks: bool) -> SDR:
        if not isinstance(value, Mapping):
            raise ValueError(f"record: expected a mapping of field to value, got {shown(value)}")
        self._check_fields(value)
        indices = []
        for name, part in self.parts.items():
            try:
                indices.append((part.look if looks else part.encode)(value[name]).indices)
            except ValueError as error:
                raise ValueError(f"field {name!r}: {error}") from None
        return read_only_sdr(np.concatenate(indices) + self._shift, self.size)

    def _encode_many(self, values: Mapping[str, Any] | pd.DataFrame, looks: bool) -> NDArray[np.uint32]:
        pandas = sys.modules.get("pandas")  # whoever has a DataFrame has loaded it
        if not isinstance(values, (Mapping, pandas.DataFrame) if pandas else Mapping):
            raise ValueError(f"records: expected a mapping of field to values, got {shown(values)}")
        self._check_fields(values)
        columns: list[NDArray[np.uint32]] = []
        for name, part in self.parts.items():
            try:
                columns.append((part.look_many if looks else part.encode_many)(values[name]))
            except ValueError as error:
                raise ValueError(f"field {name!r}: {error}") from None
            if len(columns[-1]) != len(columns[0]):
                raise ValueError(
                    f"field {name!r}: expected {len(columns[0])} values as the first field has, got {len(columns[-1])}"
                )
        return np.concatenate(columns, axis=1) + self._shift

    def __repr__(self) -> str:
        parts = ", ".join(f"{name}: {type(part).__name__}" for name, part in self.parts.items())
        return f"MultiEncoder({printable(parts, 200)}: {self.active_bits} of {self.size} bits)"

    def _all_or_none(self, encode: Callable[[], T]) -> T:
        """Encode; put the states of the parts back if one of them refuses its value."""
        state = self.state_arrays()
        try:
            return encode()
        except ValueError:
            self.restore(Given(state))
            raise

    def _check_fields(self, values: Mapping[str, Any] | pd.DataFrame) -> None:
        for name in self.parts:
            if name not in values:
                raise ValueError(f"field {name!r}: missing; expected {', '.join(self.parts)}")
        if len(values.keys()) != len(self.parts):
            unknown = next(name for name in values.keys() if name not in self.parts)  # noqa: SIM118
            raise ValueError(f"field {shown(unknown)}: unknown; expected {', '.join(self.parts)}")
