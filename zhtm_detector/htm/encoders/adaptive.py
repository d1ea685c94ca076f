"""Numbers within the range of those before, as a run of bits whose position follows the value."""

from __future__ import annotations

import math
from copy import copy
from typing import Self

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.text import shown
from zhtm_detector.htm.checks import LARGEST, finite, whole
from zhtm_detector.htm.encoders.buckets import Bucket, BucketEncoder
from zhtm_detector.htm.encoders.encoder import MAX_SIZE, runs
from zhtm_detector.htm.encoders.scalar import MAX_RANGE
from zhtm_detector.htm.saved import Arrays, Given, seen_range

Range = tuple[float, float]
_NONE: Range = (math.inf, -math.inf)


class AdaptiveScalarEncoder(BucketEncoder):
    """Encodes a number as a run of active bits within a range that it learns: that of the numbers so far.

    The first number is the whole range, and has the middle bucket. A number outside widens the range to itself, and
    beyond by a share of the new range, so that a stream that grows widens it seldom: each time, all other numbers move
    to other bits. Otherwise as `ScalarEncoder`.

    Parameters
    ----------
    active_bits : int
        Active bits of every SDR.
    buckets : int
        Number of different SDRs: at least 2. `size` = `buckets` + `active_bits` - 1.
    padding : float, default 0.2
        From 0 to 10: share of the range that is added on the side on which a number leaves it.

    Raises
    ------
    ValueError
        If a parameter is out of its range; by `encode`, if the range becomes too wide for a double.

    Notes
    -----
    The state is the range, and that before the last value for `earlier`. `bucket_values` and `decode` are about the
    range so far; there are none before the first value.

    Source: S. Purdy, *Encoding Data for HTM Systems*, arXiv:1602.05925, on ranges that are not known; NuPIC's
    AdaptiveScalarEncoder, which widens the range to the value itself.

    Examples
    --------
    >>> encoder = AdaptiveScalarEncoder(active_bits=3, buckets=11, padding=0.0)
    >>> [encoder.encode(value).indices.tolist() for value in (5.0, 10.0, 0.0)]
    [[5, 6, 7], [10, 11, 12], [0, 1, 2]]
    >>> encoder.encode(5.0).indices.tolist(), encoder.decode(encoder.look(4.2))
    ([5, 6, 7], Bucket(number=4, value=4.0, low=3.5, high=4.5))
    """

    def __init__(self, active_bits: int, buckets: int, padding: float = 0.2) -> None:
        self.active_bits = whole("active_bits", active_bits, 1, MAX_SIZE - 1)
        self.buckets = whole("buckets", buckets, 2, MAX_SIZE - self.active_bits + 1)
        self.padding = finite("padding", padding, 0.0, 10.0)
        self.size = self.buckets + self.active_bits - 1
        self._range = self._before = _NONE

    @property
    def range(self) -> Range | None:
        """Lowest and highest number that are told apart; None before the first value."""
        return self._range if self._range != _NONE else None

    def state_arrays(self) -> Arrays:
        """Return the arrays that are saved: the range, and the one before the last value."""
        return {"range": np.array(self._range), "before": np.array(self._before)}

    def restore(self, given: Given) -> None:
        """Restore the range, and the one before the last value."""
        both = np.empty((2, 2))
        seen_range(given, both[0], "range", LARGEST)
        seen_range(given, both[1], "before", LARGEST)
        (low, high), (low_before, high_before) = both.tolist()
        given.check(low <= low_before and high_before <= high, "before", "a range within the other")
        given.check(not high - low > MAX_RANGE, "range", "a narrower range")
        self._range, self._before = (low, high), (low_before, high_before)

    def earlier(self) -> Self:
        """Return an encoder with the range before the last value."""
        twin = copy(self)
        twin._range = self._before
        return twin

    @property
    def _limits(self) -> tuple[int, int]:
        return 0, self.buckets - 1

    def _buckets(self, numbers: NDArray[np.float64]) -> NDArray[np.int64]:
        return self._buckets_in(numbers, [self._widened(self._range, number) for number in numbers.tolist()])

    def _rows(self, buckets: NDArray[np.int64]) -> NDArray[np.uint32]:
        return runs(buckets, self.active_bits, self.size)

    def _values(self, bucket: int) -> Bucket:
        low, high = self._range
        if low > high:
            raise ValueError("bucket_values: expected a value first, whose range is divided into buckets")
        width = (high - low) / (self.buckets - 1)
        value = low + bucket * width
        return Bucket(bucket, value, max(value - width / 2, low), min(value + width / 2, high))

    def _take(self, numbers: NDArray[np.float64]) -> NDArray[np.uint32]:
        ranges = [self._before, self._range]
        for number in numbers.tolist():
            ranges.append(self._widened(ranges[-1], number))
        rows = self._rows(self._buckets_in(numbers, ranges[2:]))
        self._before, self._range = ranges[-2:]
        return rows

    def _widened(self, known: Range, number: float) -> Range:
        """Return a range that contains a number as well."""
        low, high = known
        if low > high:
            return number, number
        if number > high:
            high = number + self.padding * (number - low)
        elif number < low:
            low = number - self.padding * (high - number)
        if not high - low <= MAX_RANGE:
            raise ValueError(f"value: expected at most {MAX_RANGE:.2g} from those before, got {shown(number)}")
        return low, high

    def _buckets_in(self, numbers: NDArray[np.float64], ranges: list[Range]) -> NDArray[np.int64]:
        """Return the bucket of each number within its range, shape (n,)."""
        low, high = np.array(ranges, dtype=np.float64).reshape(-1, 2).T
        empty = low == high
        width = np.where(empty, 1.0, high - low)
        buckets = np.floor((numbers - low) * (self.buckets - 1) / width + 0.5).astype(np.int64)
        return np.where(empty, (self.buckets - 1) // 2, np.minimum(buckets, self.buckets - 1))
