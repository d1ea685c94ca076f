"""Bits that are an SDR already, checked."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.text import shown
from zhtm_detector.htm.checks import check_sequence, whole
from zhtm_detector.htm.encoders.encoder import MAX_SIZE, Encoder, as_rows, read_only_sdr
from zhtm_detector.htm.sdr import SDR


class PassThroughEncoder(Encoder):
    """Passes on an SDR, or all its bits as zeros and ones.

    Parameters
    ----------
    size : int
        Bits of an SDR.
    active_bits : int
        Active bits of every SDR: a value with more or less is refused.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Notes
    -----
    Source: NuPIC's PassThroughEncoder.

    Examples
    --------
    >>> PassThroughEncoder(size=5, active_bits=2).encode([0, 1, 0, 0, 1]).indices.tolist()
    [1, 4]
    """

    def __init__(self, size: int, active_bits: int) -> None:
        self.size = whole("size", size, 1, MAX_SIZE)
        self.active_bits = whole("active_bits", active_bits, 1, self.size)

    def encode(self, value: SDR | NDArray[Any]) -> SDR:
        """Pass on one SDR; ValueError for one of another size or number of active bits, and for other numbers."""
        if isinstance(value, SDR):
            if value.size != self.size:
                raise ValueError(f"value: expected an SDR of {self.size} bits, got {value.size}")
            return _checked(value.indices.copy(), self)
        check_sequence("value", value, "bits")
        if len(value) != self.size:
            raise ValueError(f"value: expected {self.size} bits, got {len(value)}")
        try:
            bits = np.asarray(value)
        except ValueError:  # lists of different lengths
            bits = np.empty(0)
        if bits.dtype.kind not in "biu" or bits.ndim != 1 or not np.isin(bits, (0, 1)).all():
            raise ValueError(f"value: expected bits that are 0 or 1, got {shown(value)}")
        return _checked(np.flatnonzero(bits).astype(np.uint32), self)

    def encode_many(self, values: Any) -> NDArray[np.uint32]:
        """Return the active bits of many SDRs, shape (n, active_bits); also of the rows of an array (n, size)."""
        return super().encode_many(as_rows(values))


class SparsePassThroughEncoder(Encoder):
    """Passes on the indices of active bits.

    Parameters
    ----------
    size : int
        Bits of an SDR.
    active_bits : int
        Active bits of every SDR: a value with more or less is refused.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Notes
    -----
    Source: NuPIC's SparsePassThroughEncoder.

    Examples
    --------
    >>> SparsePassThroughEncoder(size=5, active_bits=2).encode([4, 1]).indices.tolist()
    [1, 4]
    """

    def __init__(self, size: int, active_bits: int) -> None:
        self.size = whole("size", size, 1, MAX_SIZE)
        self.active_bits = whole("active_bits", active_bits, 1, self.size)

    def encode(self, value: Any) -> SDR:
        """Pass on the indices of one SDR, in any order; ValueError for a repeated one, and one beyond the size."""
        check_sequence("value", value, "indices")
        indices = sorted(whole("index", index, 0, self.size - 1) for index in value)
        for index, following in pairwise(indices):
            if index == following:
                raise ValueError(f"value: expected each index once, got {index} again")
        return _checked(np.array(indices, dtype=np.uint32), self)

    def encode_many(self, values: Any) -> NDArray[np.uint32]:
        """Return the active bits of many SDRs, shape (n, active_bits); also of the rows of an array (n, any)."""
        return super().encode_many(as_rows(values))


def _checked(indices: NDArray[np.uint32], encoder: Encoder) -> SDR:
    if len(indices) != encoder.active_bits:
        raise ValueError(f"value: expected {encoder.active_bits} active bits, got {len(indices)}")
    return read_only_sdr(indices, encoder.size)
