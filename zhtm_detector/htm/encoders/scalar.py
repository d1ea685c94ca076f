"""Numbers within a known range, as a run of bits that moves along with the value."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.encoders.encoder import MAX_SIZE, Encoder, finite, finite_many, run, runs, whole
from zhtm_detector.htm.kernels.rows import ValueRule
from zhtm_detector.htm.sdr import SDR

_MAX_RANGE = sys.float_info.max / (2 * MAX_SIZE)  # so that an offset times the buckets does not overflow


class ScalarEncoder(Encoder):
    """Encode a number as a contiguous run of active bits.

    Two values whose buckets lie d < `active_bits` apart share `active_bits` - d bits, and none beyond;
    when periodic, the distance is that around the cycle, and both ways count.

    Parameters
    ----------
    active_bits : int
        Active bits of every SDR.
    buckets : int
        How many different SDRs there are: at least 2, and more than `active_bits` when periodic.
    minimum, maximum : float
        The range, in units of the value; `minimum` below `maximum`.
    periodic : bool, default False
        False: a value outside the range is clipped to it, and `size` = `buckets` + `active_bits` - 1. The
        first bucket is centred on `minimum`, the last on `maximum`, and the width of a bucket is
        (`maximum` - `minimum`) / (`buckets` - 1).
        True: the range is a cycle: a value outside is wrapped into it (`maximum` becomes `minimum`). Buckets
        are equal shares of the range, runs wrap around, and `size` = `buckets`.

    Raises
    ------
    ValueError
        For a parameter out of its range. `minimum` equal to `maximum` is refused: nothing can be told apart
        then.

    Notes
    -----
    Source: S. Purdy, *Encoding Data for HTM Systems*, arXiv:1602.05925, "A Simple Encoder for Numbers";
    buckets as in NuPIC's ScalarEncoder, except that a periodic run starts at its bucket and is not
    centred on it.

    Examples
    --------
    >>> encoder = ScalarEncoder(active_bits=3, buckets=6, minimum=0.0, maximum=10.0)
    >>> encoder.size, encoder.encode(4.0).indices.tolist(), encoder.encode(99.0).indices.tolist()
    (8, [2, 3, 4], [5, 6, 7])
    """

    def __init__(self, active_bits: int, buckets: int, minimum: float, maximum: float, periodic: bool = False) -> None:
        self.active_bits = whole("active_bits", active_bits, 1, MAX_SIZE - 1)
        if not isinstance(periodic, (bool, np.bool_)):
            raise ValueError(f"periodic: expected True or False, got {periodic!r}")
        self.periodic = bool(periodic)
        least = self.active_bits + 1 if self.periodic else 2
        most = MAX_SIZE if self.periodic else MAX_SIZE - self.active_bits + 1
        self.buckets = whole("buckets", buckets, least, most)
        self.minimum = finite("minimum", minimum)
        self.maximum = finite("maximum", maximum)
        self._range = self.maximum - self.minimum
        if not 0.0 < self._range <= _MAX_RANGE:
            raise ValueError(
                f"maximum: expected above minimum ({self.minimum!r}) by at most {_MAX_RANGE:.2g}, got {self.maximum!r}"
            )
        self.size = self.buckets if self.periodic else self.buckets + self.active_bits - 1

    def bucket(self, value: float) -> int:
        """Return the bucket of a value, from 0 to `buckets` - 1; also the first bit of its run."""
        number = finite("value", value)
        if not self.periodic:
            clipped = min(max(number, self.minimum), self.maximum)
            return math.floor((clipped - self.minimum) * (self.buckets - 1) / self._range + 0.5)
        if self.minimum <= number < self.maximum:
            offset = number - self.minimum
        else:
            # fmod is exact: the huge value and the minimum are first brought near zero, each by itself.
            offset = math.fmod(number, self._range) - math.fmod(self.minimum, self._range)
            offset = math.fmod(offset, self._range)
            if offset < 0.0:
                offset += self._range
        # Rounding may yield the range itself, hence the last bucket at most.
        return min(math.floor(offset * self.buckets / self._range), self.buckets - 1)

    def encode(self, value: float) -> SDR:
        """Encode one number; ValueError for one that is not finite, or no number."""
        return run(self.bucket(value), self.active_bits, self.size)

    @property
    def rule(self) -> ValueRule:
        """How compiled code finds the bucket; not for a periodic encoder."""
        if self.periodic:
            raise ValueError("rule: expected an encoder that is not periodic")
        return ValueRule(True, self.minimum, self.maximum, steps=float(self.buckets - 1), unit=self._range)

    def encode_many(self, values: Any) -> NDArray[np.uint32]:
        """Encode numbers, one a row: shape (n, active_bits)."""
        numbers = finite_many(values)
        if not self.periodic:
            clipped = np.clip(numbers, self.minimum, self.maximum)
            scaled = (clipped - self.minimum) * (self.buckets - 1) / self._range + 0.5
            return runs(np.floor(scaled).astype(np.int64), self.active_bits, self.size)
        inside = (self.minimum <= numbers) & (numbers < self.maximum)
        offsets = np.fmod(numbers, self._range) - math.fmod(self.minimum, self._range)
        offsets = np.fmod(offsets, self._range)
        offsets[offsets < 0.0] += self._range
        offsets[inside] = numbers[inside] - self.minimum
        starts = np.floor(offsets * self.buckets / self._range).astype(np.int64)
        return runs(np.minimum(starts, self.buckets - 1), self.active_bits, self.size)
