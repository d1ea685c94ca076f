"""What every encoder is, and the checks and runs of bits that encoders share."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.sdr import SDR

MAX_SIZE = 2**20
"""Most bits of one encoder: a guard against a slip, for encoders have some hundreds or thousands."""

# Rows kept per kind of encoder, about 500 bytes each: more buckets than most streams visit, 8 MB at the most.
CACHED_ROWS = 2**14


class Encoder(ABC):
    """Turns values into SDRs that share the more active bits the more alike the values are.

    Attributes
    ----------
    size : int
        How many bits an SDR of this encoder has.
    active_bits : int
        How many of them are active: the same number for every value.

    Notes
    -----
    Encoders learn nothing: the same parameters and value give the same bits, in any process and order.
    The indices of an SDR made by `encode` are read-only, for equal values may share them.

    Source: S. Purdy, *Encoding Data for HTM Systems*, arXiv:1602.05925: similar data give overlapping SDRs,
    the same data always the same SDR, of the same size and a similar sparsity.

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
            For a value of a wrong type or, where numbers are expected, one that is not finite.
        """

    def encode_many(self, values: Any) -> NDArray[np.uint32]:
        """Encode values, one a row: shape (n, active_bits), row i equal to `encode(values[i]).indices`.

        Raises
        ------
        ValueError
            As `encode` does, naming the row, counted from 0.
        """
        out = np.empty((len(values), self.active_bits), dtype=np.uint32)
        for row, value in enumerate(values):
            try:
                out[row] = self.encode(value).indices
            except ValueError as error:
                raise ValueError(f"row {row}: {error}") from None
        return out


def shown(value: object) -> str:
    """Return `value` as an error message shows it: on one line, and short."""
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # Python refuses to write integers of thousands of digits
        return f"an {type(value).__name__} too long to show"
    return text if len(text) <= 60 else f"{text[:57]}..."


def whole(name: str, value: object, least: int, most: int = MAX_SIZE) -> int:
    """Check that a parameter is a whole number in [least, most]."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not least <= value <= most:
        raise ValueError(f"{name}: expected a whole number from {least} to {most}, got {shown(value)}")
    return int(value)


def finite(name: str, value: object) -> float:
    """Check that a value is a finite real number (Python's or NumPy's; neither a boolean nor a string)."""
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
    """Check that `values` is an array, series, list … of one dimension; `kind` says of what."""
    if isinstance(values, (str, bytes)) or not hasattr(values, "__len__"):
        raise ValueError(f"values: expected a 1-d sequence of {kind}, got {shown(values)}")
    if getattr(values, "ndim", 1) != 1:
        raise ValueError(f"values: expected a 1-d sequence of {kind}, got {values.ndim} dimensions")


def finite_many(values: Any) -> NDArray[np.float64]:
    """Check values as `finite` does each; returns them with shape (n,)."""
    check_sequence(values, "numbers")
    # Only an array knows its type without a look at each item: NumPy would make 1.0 of True in a list.
    if getattr(getattr(values, "dtype", None), "kind", "O") in "iuf":
        array = np.asarray(values)
        if array.dtype.kind in "iuf":
            with np.errstate(over="ignore"):  # a long double may be too large for a double
                numbers = array.astype(np.float64)
            bad = np.flatnonzero(~np.isfinite(numbers))
            if bad.size:
                raise ValueError(f"row {bad[0]}: value: expected a finite number, got {shown(array[bad[0]])}")
            return numbers
        values = array  # pandas' nullable numbers, with an NA among them
    numbers = np.empty(len(values), dtype=np.float64)
    for row, value in enumerate(values):
        try:
            numbers[row] = finite("value", value)
        except ValueError as error:
            raise ValueError(f"row {row}: {error}") from None
    return numbers


def read_only_sdr(indices: NDArray[np.uint32], size: int) -> SDR:
    """Make an SDR that callers can share, for none can change it."""
    indices.flags.writeable = False
    return SDR(indices, size)


def runs(starts: NDArray[np.int64], active_bits: int, size: int) -> NDArray[np.uint32]:
    """Lay runs of `active_bits` bits, wrapping at `size`: one a row, sorted, shape (n, active_bits)."""
    bits = (starts[:, np.newaxis] + np.arange(active_bits)) % size
    bits.sort(axis=1)
    return bits.astype(np.uint32)


@lru_cache(maxsize=CACHED_ROWS)
def run(start: int, active_bits: int, size: int) -> SDR:
    """Lay one run, as an SDR."""
    return read_only_sdr(runs(np.array([start], dtype=np.int64), active_bits, size)[0], size)
