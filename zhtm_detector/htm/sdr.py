"""The sparse distributed representation: output of encoders, input of spatial poolers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.text import shown
from zhtm_detector.htm.checks import check_sequence, whole

MAX_SIZE = 2**32  # an index is a uint32


@dataclass(frozen=True, eq=False)
class SDR:
    """A set of active bits out of `size` bits.

    Parameters
    ----------
    indices : ndarray of uint32, shape (active,)
        Active bits: sorted, unique, each below `size`.
    size : int
        Number of bits.

    Raises
    ------
    ValueError
        If the indices are not sorted, not unique, or not below `size`.

    Notes
    -----
    Source: Numenta, *BAMI*, "Sparse Distributed Representations".

    Examples
    --------
    >>> SDR.of([5, 1, 3], size=8).overlap(SDR.of([3, 4, 5], size=8))
    2
    """

    indices: NDArray[np.uint32]
    size: int

    def __post_init__(self) -> None:
        indices = self.indices
        whole("SDR size", self.size, 1, MAX_SIZE)
        if type(indices) is not np.ndarray:  # a mask, a subclass, would be ignored
            raise ValueError(f"SDR indices: expected 1-d uint32, got {shown(indices)}")
        if indices.dtype != np.uint32 or indices.ndim != 1:
            raise ValueError(f"SDR indices: expected 1-d uint32, got {indices.ndim}-d {indices.dtype}")
        if indices.size and not (indices[1:] > indices[:-1]).all():
            raise ValueError("SDR indices: expected sorted and unique")
        if indices.size and int(indices[-1]) >= self.size:
            raise ValueError(f"SDR indices: expected all below {self.size}, got {int(indices[-1])}")

    @classmethod
    def of(cls, bits: Sequence[int] | NDArray[np.integer[Any]], size: int) -> SDR:
        """Return an SDR of bits given in any order, possibly repeated."""
        size = whole("SDR size", size, 1, MAX_SIZE)
        check_sequence("SDR bits", bits, "indices")
        return cls(np.unique(np.array([whole("SDR bit", bit, 0, size - 1) for bit in bits], dtype=np.uint32)), size)

    @property
    def dense(self) -> NDArray[np.uint8]:
        """All bits as zeros and ones, shape (size,)."""
        out = np.zeros(self.size, dtype=np.uint8)
        out[self.indices] = 1
        return out

    def overlap(self, other: SDR) -> int:
        """Count the bits active in both SDRs."""
        if not isinstance(other, SDR):
            raise ValueError(f"other: expected an SDR, got {shown(other)}")
        if other.size != self.size:
            raise ValueError(f"other: expected an SDR of {self.size} bits, got {other.size}")
        return int(np.intersect1d(self.indices, other.indices, assume_unique=True).size)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SDR):
            return NotImplemented
        return self.size == other.size and np.array_equal(self.indices, other.indices)

    def __hash__(self) -> int:
        return hash((self.size, self.indices.tobytes()))

    def __len__(self) -> int:
        return int(self.indices.size)
