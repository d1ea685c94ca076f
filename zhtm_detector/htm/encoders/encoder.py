"""The base class of all encoders, and the checks and bit patterns they share."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.sdr import SDR

MAX_SIZE = 2**20
"""Upper limit for the bits of one encoder: a guard against typos, since encoders have hundreds or thousands."""


class Encoder(ABC):
    """Maps values to SDRs; the more similar two values are, the more active bits their SDRs share.

    Attributes
    ----------
    size : int
        Number of bits of every SDR.
    active_bits : int
        Number of active bits, the same for every value.

    Notes
    -----
    Encoders do not learn: the same parameters and value always yield the same bits, in any process and order.
    The indices of an SDR returned by `encode` are read-only, because equal values may share them.

    Source: S. Purdy, *Encoding Data for HTM Systems*, arXiv:1602.05925: similar data yield overlapping SDRs, the same
    data always the same SDR; size and sparsity are constant.

    Examples
    --------
    >>> class Parity(Encoder):
    ...     size, active_bits = 4, 2
    ...     def encode(self, value):
    ...         return SDR.of([0, 1] if value % 2 == 0 else [2, 3], self.size)
    >>> Parity().encode_many([6, 7]).tolist()
    [[0, 1], [2, 3]]
    """

    size: int
    active_bits: int

    @abstractmethod
    def encode(self, value: Any) -> SDR:
        """Encode one value.

        Raises
        ------
        ValueError
            If the value has the wrong type or, where a number is expected, is not finite.
        """

    def encode_many(self, values: Any) -> NDArray[np.uint32]:
        """Return the active bits of many values, shape (n, active_bits); row i equals `encode(values[i]).indices`.

        Raises
        ------
        ValueError
            As `encode`; the message names the row, counted from 0.
        """
        out = np.empty((len(values), self.active_bits), dtype=np.uint32)
        for row, value in enumerate(values):
            try:
                out[row] = self.encode(value).indices
            except ValueError as error:
                raise ValueError(f"row {row}: {error}") from None
        return out


def shown(value: object) -> str:
    """Return the repr of `value` for an error message, shortened and on one line."""
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # Python refuses to write integers of thousands of digits
        return f"an {type(value).__name__} too long to show"
    return text if len(text) <= 60 else f"{text[:57]}..."


def whole(name: str, value: object, least: int, most: int = MAX_SIZE) -> int:
    """Return a parameter as an int; ValueError unless it is a whole number in [least, most]."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not least <= value <= most:
        raise ValueError(f"{name}: expected a whole number from {least} to {most}, got {shown(value)}")
    return int(value)


def finite(name: str, value: object) -> float:
    """Return a value as a float; ValueError unless it is a finite real number of Python or NumPy, not a boolean."""
    if type(value) is float:
        number = value
    elif isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
    else:
        raise ValueError(f"{name}: expected a finite number, got {shown(value)}")
    if not math.isfinite(number):
        raise ValueError(f"{name}: expected a finite number, got {shown(value)}")
    return number


def check_sequence(values: Any, kind: str) -> None:
    """Raise ValueError unless `values` is a one-dimensional array, Series, list, …; `kind` names the items."""
    if isinstance(values, (str, bytes)) or not hasattr(values, "__len__"):
        raise ValueError(f"values: expected a 1-d sequence of {kind}, got {shown(values)}")
    if getattr(values, "ndim", 1) != 1:
        raise ValueError(f"values: expected a 1-d sequence of {kind}, got {values.ndim} dimensions")


def finite_many(values: Any) -> NDArray[np.float64]:
    """Return values as floats, shape (n,); ValueError unless `finite` accepts each."""
    check_sequence(values, "numbers")
    # Only an array guarantees the type of its items: from a list NumPy would convert True to 1.0.
    if getattr(getattr(values, "dtype", None), "kind", "O") in "iuf":
        array = np.asarray(values)
        if array.dtype.kind in "iuf":
            with np.errstate(over="ignore"):  # a long double may be too large for a double
                numbers = array.astype(np.float64)
            bad = np.flatnonzero(~np.isfinite(numbers))
            if bad.size:
                raise ValueError(f"row {bad[0]}: value: expected a finite number, got {shown(array[bad[0]])}")
            return numbers
        values = array  # pandas' nullable numbers that contain an NA
    numbers = np.empty(len(values), dtype=np.float64)
    for row, value in enumerate(values):
        try:
            numbers[row] = finite("value", value)
        except ValueError as error:
            raise ValueError(f"row {row}: {error}") from None
    return numbers


def read_only_sdr(indices: NDArray[np.uint32], size: int) -> SDR:
    """Return an SDR with read-only indices, which callers can share safely."""
    indices.flags.writeable = False
    return SDR(indices, size)


def runs(starts: NDArray[np.int64], active_bits: int, size: int) -> NDArray[np.uint32]:
    """Return runs of `active_bits` consecutive bits that wrap at `size`: one sorted row per start."""
    bits = (starts[:, np.newaxis] + np.arange(active_bits)) % size
    bits.sort(axis=1)
    return bits.astype(np.uint32)
