"""Numbers within a known range, as a run of bits whose position follows the value."""

from __future__ import annotations

import math
import sys

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.checks import finite, flag, whole
from zhtm_detector.htm.encoders.buckets import Bucket, BucketEncoder
from zhtm_detector.htm.encoders.encoder import MAX_SIZE, runs
from zhtm_detector.htm.kernels.rows import ValueRule

MAX_RANGE = sys.float_info.max / (2 * MAX_SIZE)  # so that an offset times `buckets` does not overflow


class ScalarEncoder(BucketEncoder):
    """Encodes a number as a contiguous run of active bits.

    Two values whose buckets are d apart share `active_bits` - d bits, or none if d >= `active_bits`; in a periodic
    encoder the distances both ways around the cycle count.

    Parameters
    ----------
    active_bits : int
        Active bits of every SDR.
    buckets : int
        Number of different SDRs: at least 2, and more than `active_bits` if periodic.
    minimum, maximum : float
        Range of values; `minimum` below `maximum`.
    periodic : bool, default False
        False: values outside the range are clipped to it, and `size` = `buckets` + `active_bits` - 1. The first
        bucket is centred on `minimum`, the last on `maximum`; a bucket is (`maximum` - `minimum`) / (`buckets` - 1)
        wide.
        True: the range is a cycle; values outside are wrapped into it (`maximum` becomes `minimum`). Buckets are equal
        shares of the range, runs wrap around, and `size` = `buckets`.

    Raises
    ------
    ValueError
        If a parameter is out of its range. `minimum` must differ from `maximum`: an empty range cannot tell values
        apart.

    Notes
    -----
    Source: S. Purdy, *Encoding Data for HTM Systems*, arXiv:1602.05925, "A Simple Encoder for Numbers";
    buckets as in NuPIC's ScalarEncoder, except that a periodic run starts at its bucket instead of being
    centred on it.

    Examples
    --------
    >>> encoder = ScalarEncoder(active_bits=3, buckets=6, minimum=0.0, maximum=10.0)
    >>> encoder.size, encoder.encode(4.0).indices.tolist(), encoder.encode(99.0).indices.tolist()
    (8, [2, 3, 4], [5, 6, 7])
    >>> encoder.bucket(4.0), encoder.decode(encoder.encode(4.5))
    (2, Bucket(number=2, value=4.0, low=3.0, high=5.0))
    """

    def __init__(self, active_bits: int, buckets: int, minimum: float, maximum: float, periodic: bool = False) -> None:
        self.active_bits = whole("active_bits", active_bits, 1, MAX_SIZE - 1)
        self.periodic = flag("periodic", periodic)
        least = self.active_bits + 1 if self.periodic else 2
        most = MAX_SIZE if self.periodic else MAX_SIZE - self.active_bits + 1
        self.buckets = whole("buckets", buckets, least, most)
        self.minimum = finite("minimum", minimum)
        self.maximum = finite("maximum", maximum)
        self._range = self.maximum - self.minimum
        if not 0.0 < self._range <= MAX_RANGE:
            raise ValueError(
                f"maximum: expected above minimum ({self.minimum!r}) by at most {MAX_RANGE:.2g}, got {self.maximum!r}"
            )
        self.size = self.buckets if self.periodic else self.buckets + self.active_bits - 1

    @property
    def rule(self) -> ValueRule:
        """Parameters of the compiled bucket computation; ValueError for a periodic encoder."""
        if self.periodic:
            raise ValueError("rule: expected an encoder that is not periodic")
        return ValueRule(True, self.minimum, self.maximum, steps=float(self.buckets - 1), unit=self._range)

    @property
    def _limits(self) -> tuple[int, int]:
        return 0, self.buckets - 1

    def _rows(self, buckets: NDArray[np.int64]) -> NDArray[np.uint32]:
        return runs(buckets, self.active_bits, self.size)  # a run begins at the bit of its bucket's number

    def _values(self, bucket: int) -> Bucket:
        if self.periodic:
            width = self._range / self.buckets
            low = self.minimum + bucket * width
            return Bucket(bucket, low + width / 2, low, low + width)
        width = self._range / (self.buckets - 1)
        value = self.minimum + bucket * width
        return Bucket(bucket, value, max(value - width / 2, self.minimum), min(value + width / 2, self.maximum))

    def _buckets(self, numbers: NDArray[np.float64]) -> NDArray[np.int64]:
        if not self.periodic:
            clipped = np.clip(numbers, self.minimum, self.maximum)
            return np.floor((clipped - self.minimum) * (self.buckets - 1) / self._range + 0.5).astype(np.int64)
        inside = (self.minimum <= numbers) & (numbers < self.maximum)
        # fmod is exact: first bring the possibly huge values and the minimum near zero, separately.
        offsets = np.fmod(numbers, self._range) - math.fmod(self.minimum, self._range)
        offsets = np.fmod(offsets, self._range)
        offsets[offsets < 0.0] += self._range
        offsets[inside] = numbers[inside] - self.minimum
        # Rounding may yield the whole range, hence the limit to the last bucket.
        return np.minimum(np.floor(offsets * self.buckets / self._range).astype(np.int64), self.buckets - 1)
