"""The base class of all encoders, and the bit patterns they share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.checks import check_sequence
from zhtm_detector.htm.saved import Saved
from zhtm_detector.htm.sdr import SDR

MAX_SIZE = 2**20
"""Upper limit for the bits of one encoder: a guard against typos, since encoders have hundreds or thousands."""


class Encoder(Saved, ABC):
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
        check_sequence("values", values, "values")
        out = np.empty((len(values), self.active_bits), dtype=np.uint32)
        for row, value in enumerate(values):
            try:
                out[row] = self.encode(value).indices
            except ValueError as error:
                raise ValueError(f"row {row}: {error}") from None
        return out


def read_only_sdr(indices: NDArray[np.uint32], size: int) -> SDR:
    """Return an SDR with read-only indices, which callers can share safely."""
    indices.flags.writeable = False
    return SDR(indices, size)


def runs(starts: NDArray[np.int64], active_bits: int, size: int) -> NDArray[np.uint32]:
    """Return runs of `active_bits` consecutive bits that wrap at `size`: one sorted row per start."""
    bits = (starts[:, np.newaxis] + np.arange(active_bits)) % size
    bits.sort(axis=1)
    return bits.astype(np.uint32)
