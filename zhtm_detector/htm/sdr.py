"""The sparse distributed representation: output of encoders, input and output of spatial poolers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.text import shown
from zhtm_detector.htm.checks import check_sequence, whole

MAX_SIZE = 2**32  # an index is a uint32
_MOST_DIMENSIONS = 32  # as many as an array may have in any release of NumPy
_SHOWN = 8  # bits in a repr


@dataclass(frozen=True, eq=False, repr=False)
class SDR:
    """A set of active bits out of `size` bits.

    Parameters
    ----------
    indices : ndarray of uint32, shape (active,)
        Active bits: sorted, unique, each below `size`.
    size : int
        Number of bits.
    shape : tuple of int
        How the bits are arranged, such as columns x cells, the last dimension running fastest; the product is `size`.
        By default in one row.

    Raises
    ------
    ValueError
        If the indices are not sorted, not unique, or not below `size`, or the shape has another product. The same
        holds for the methods, for an argument that is no SDR of as many bits.

    Notes
    -----
    Two SDRs are equal if they have the same size and the same active bits, whatever their shapes.

    Source: Numenta, *BAMI*, "Sparse Distributed Representations".

    Examples
    --------
    >>> one, two = SDR.of([5, 1, 3], size=8), SDR.of([3, 4, 5], size=8)
    >>> one.overlap(two), one & two, one | two
    (2, SDR(2 of 8 bits: 3, 5), SDR(4 of 8 bits: 1, 3, 4, 5))
    >>> SDR.of([1, 6], size=8, shape=(2, 4)).dense.tolist()
    [[0, 1, 0, 0], [0, 0, 1, 0]]
    """

    indices: NDArray[np.uint32]
    size: int
    shape: tuple[int, ...] = ()

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
        object.__setattr__(self, "shape", (self.size,) if self.shape == () else _shape(self.shape, self.size))

    @classmethod
    def of(cls, bits: Sequence[int] | NDArray[np.integer[Any]], size: int, shape: tuple[int, ...] = ()) -> SDR:
        """Return an SDR of bits given in any order, possibly repeated."""
        size = whole("SDR size", size, 1, MAX_SIZE)
        check_sequence("SDR bits", bits, "indices")
        indices = np.unique(np.array([whole("SDR bit", bit, 0, size - 1) for bit in bits], dtype=np.uint32))
        return cls(indices, size, shape)

    @classmethod
    def from_dense(cls, bits: NDArray[Any]) -> SDR:
        """Return the SDR of an array of zeros and ones, or of booleans; it has the array's shape.

        Examples
        --------
        >>> SDR.from_dense(np.array([[0, 1], [1, 1]]))
        SDR(3 of 2 x 2 bits: 1, 2, 3)
        """
        if type(bits) is not np.ndarray or bits.ndim < 1 or bits.dtype.kind not in "biu":
            got = f"{bits.ndim}-d {bits.dtype}" if isinstance(bits, np.ndarray) else shown(bits)
            raise ValueError(f"SDR bits: expected an array of zeros and ones, got {got}")
        whole("SDR size", bits.size, 1, MAX_SIZE)
        flat = bits.reshape(-1)
        if not ((flat == 0) | (flat == 1)).all():
            other = flat[(flat != 0) & (flat != 1)][0]
            raise ValueError(f"SDR bits: expected zeros and ones, got {int(other)} among them")
        return cls(np.flatnonzero(flat).astype(np.uint32), bits.size, bits.shape)

    @property
    def dense(self) -> NDArray[np.uint8]:
        """All bits as zeros and ones, of the SDR's shape."""
        out = np.zeros(self.size, dtype=np.uint8)
        out[self.indices] = 1
        return out.reshape(self.shape)

    @property
    def coordinates(self) -> NDArray[np.int64]:
        """Where each active bit is, one after the other, shape (active, dimensions)."""
        return np.stack(np.unravel_index(self.indices.astype(np.int64), self.shape), axis=1)

    @property
    def sparsity(self) -> float:
        """Share of the bits that are active."""
        return len(self) / self.size

    def overlap(self, other: SDR) -> int:
        """Count the bits active in both SDRs."""
        return len(self & other)

    def intersection(self, other: SDR) -> SDR:
        """Return the bits active in both SDRs, in this one's shape; also written ``&``."""
        theirs = indices_of("other", other, self.size)
        both = np.intersect1d(self.indices, theirs, assume_unique=True)
        return SDR(both, self.size, self.shape)

    def union(self, other: SDR) -> SDR:
        """Return the bits active in any of two SDRs, in this one's shape; also written ``|``."""
        either = np.union1d(self.indices, indices_of("other", other, self.size))
        return SDR(either, self.size, self.shape)

    __and__ = intersection
    __or__ = union

    def __repr__(self) -> str:
        bits = ", ".join(map(str, self.indices[:_SHOWN].tolist()))
        more = ", …" if len(self) > _SHOWN else ""
        return f"SDR({len(self)} of {' x '.join(map(str, self.shape))} bits{': ' if bits else ''}{bits}{more})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SDR):
            return NotImplemented
        return self.size == other.size and np.array_equal(self.indices, other.indices)

    def __hash__(self) -> int:
        return hash((self.size, self.indices.tobytes()))

    def __len__(self) -> int:
        return int(self.indices.size)


def indices_of(name: str, sdr: object, size: int) -> NDArray[np.uint32]:
    """Return the active bits of an argument; ValueError unless it is an SDR of so many bits."""
    if not isinstance(sdr, SDR):
        raise ValueError(f"{name}: expected an SDR, got {shown(sdr)}")
    if sdr.size != size:
        raise ValueError(f"{name}: expected an SDR of {size} bits, got {sdr.size}")
    return sdr.indices


def _shape(shape: object, size: int) -> tuple[int, ...]:
    if isinstance(shape, tuple) and len(shape) <= _MOST_DIMENSIONS:
        extents = tuple(whole("SDR shape", extent, 1, MAX_SIZE) for extent in shape)
        if prod(extents) == size:
            return extents
    raise ValueError(f"SDR shape: expected a tuple of numbers whose product is {size}, got {shown(shape)}")
