"""Encoders of numbers: close numbers share a bucket, and from its bits the number can be told again."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.checks import LARGEST, finite, finite_many, instance, whole
from zhtm_detector.htm.encoders.encoder import Encoder, read_only_sdr
from zhtm_detector.htm.sdr import SDR

_MOST_BITS = 2**20  # of all buckets that `decode` compares


class Bucket(NamedTuple):
    """A bucket: values that have the same bits."""

    number: int
    value: float  # in the middle
    low: float  # its ends
    high: float


class BucketEncoder(Encoder):
    """Base of the encoders of numbers, which put close numbers into one bucket and give each bucket its own bits.

    A subclass says in which bucket a number is, which bits a bucket has, and which values: `_buckets`, `_rows`,
    `_values`, `_limits`. One with a state also says what it keeps of values, in `_take`.
    """

    def bucket(self, value: float) -> int:
        """Return the number of a value's bucket, if it came next; ValueError unless the value is finite."""
        return int(self._buckets(np.array([finite("value", value)]))[0])

    def encode(self, value: float) -> SDR:
        """Encode one number; ValueError unless it is finite."""
        return read_only_sdr(self._take(np.array([finite("value", value)]))[0], self.size)

    def encode_many(self, values: Any) -> NDArray[np.uint32]:
        """Return the active bits of many numbers, shape (n, active_bits)."""
        return self._take(finite_many("values", values))

    def look(self, value: float) -> SDR:
        """Return what `encode` would, and change nothing."""
        return read_only_sdr(self._rows(np.array([self.bucket(value)]))[0], self.size)

    def look_many(self, values: Any) -> NDArray[np.uint32]:
        """Return the active bits of many numbers, each as if it came next, shape (n, active_bits)."""
        return self._rows(self._buckets(finite_many("values", values)))

    def bucket_values(self, bucket: int) -> Bucket:
        """Return the values of a bucket, which `bucket` returned; ValueError if there is no such bucket."""
        return self._values(whole("bucket", bucket, *self._limits))

    def decode(self, bits: SDR, low: float | None = None, high: float | None = None) -> Bucket | None:
        """Return the bucket that shares most bits with an SDR, for instance a noisy one; of equals, the lowest.

        Parameters
        ----------
        bits : SDR
            Of the encoder's size, with any number of active bits.
        low, high : float, optional
            Only buckets from that of `low` to that of `high` are compared; both or none. Without them, all: an encoder
            with too many to compare needs them.

        Returns
        -------
        Bucket or None
            None if none shares a bit.

        Raises
        ------
        ValueError
            For anything else, and for too many buckets.
        """
        if instance("bits", bits, SDR).size != self.size:
            raise ValueError(f"bits: expected an SDR of {self.size} bits, got {bits.size}")
        first, last = self._limits
        if low is not None or high is not None:
            first, last = self.bucket(finite("low", low)), self.bucket(finite("high", high))
            if first > last:
                raise ValueError(f"high: expected at least low ({low!r}), got {high!r}")
        most = max(1, _MOST_BITS // self.active_bits)
        if last - first >= most:
            raise ValueError(f"low and high: expected at most {most} buckets to compare, got {last - first + 1}")
        numbers = np.arange(first, last + 1)
        overlaps = bits.dense[self._rows(numbers)].sum(axis=1)
        best = int(overlaps.argmax())
        return self._values(int(numbers[best])) if overlaps[best] else None

    @property
    @abstractmethod
    def _limits(self) -> tuple[int, int]:
        """First and last bucket."""

    @abstractmethod
    def _buckets(self, numbers: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the bucket of each number as if it came next, shape (n,)."""

    @abstractmethod
    def _rows(self, buckets: NDArray[np.int64]) -> NDArray[np.uint32]:
        """Return the active bits of buckets, shape (n, active_bits); they depend on nothing else."""

    @abstractmethod
    def _values(self, bucket: int) -> Bucket:
        """Return the values of a bucket within the limits."""

    def _take(self, numbers: NDArray[np.float64]) -> NDArray[np.uint32]:
        """Return the active bits of the next numbers, shape (n, active_bits), and keep what has to be known of them."""
        return self._rows(self._buckets(numbers))


def clipped(value: float) -> float:
    """Return a number, the largest in place of infinity."""
    return min(max(value, -LARGEST), LARGEST)
