"""Numbers, as their differences to the ones before."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.checks import LARGEST
from zhtm_detector.htm.encoders.buckets import Bucket, BucketEncoder, clipped
from zhtm_detector.htm.encoders.within import WithinEncoder
from zhtm_detector.htm.saved import Arrays, Given


class DeltaEncoder(WithinEncoder):
    """Encodes how much a number differs from the one before, whatever its level: for streams that drift.

    The encoder within gets the difference; for the first number, 0.

    Parameters
    ----------
    encoder : BucketEncoder
        Encodes differences. With a `LogEncoder` small ones count as much as large ones; a `DeltaEncoder` within a
        `LogEncoder` encodes ratios.

    Raises
    ------
    ValueError
        If `encoder` is of another type.

    Notes
    -----
    The state is the last value, and the one before it for `earlier`. `bucket_values` and `decode` are about the value
    that comes next; there are none before the first value.

    Source: S. Purdy, *Encoding Data for HTM Systems*, arXiv:1602.05925, on delta encoding. NuPIC's DeltaEncoder hands
    differences to its adaptive scalar encoder.

    Examples
    --------
    >>> from zhtm_detector.htm.encoders import RandomDistributedScalarEncoder
    >>> encoder = DeltaEncoder(RandomDistributedScalarEncoder(resolution=1.0))
    >>> first, up, up_again = (encoder.encode(value) for value in (5.0, 15.0, 25.0))
    >>> up == up_again, encoder.bucket(35.0), encoder.decode(up, low=0.0, high=100.0)
    (True, 10, Bucket(number=10, value=35.0, low=34.5, high=35.5))
    """

    def __init__(self, encoder: BucketEncoder) -> None:
        super().__init__(encoder)
        self._last: tuple[float, ...] = ()  # the last two values, or less; replaced, never changed

    def state_arrays(self) -> Arrays:
        """Return the arrays that are saved: the last values, and the state of the encoder within."""
        return super().state_arrays() | {"last": np.array(self._last, dtype=np.float64)}

    def restore(self, given: Given) -> None:
        """Restore the last values, and the encoder within."""
        super().restore(given)
        last = given.take("last", np.float64, (None,))
        given.check(len(last) <= 2, "last", "two values at most")
        self._last = tuple(last.tolist())

    def earlier(self) -> Self:
        """Return an encoder in the state before the last value."""
        twin = super().earlier()
        twin._last = self._last[:-1]
        return twin

    def _forward(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        return _differences(numbers, self._last[-1]) if self._last else np.zeros(len(numbers))

    def _back(self, number: float) -> float:
        return clipped(self._last[-1] + number)

    def _values(self, bucket: int) -> Bucket:
        if not self._last:
            raise ValueError("bucket_values: expected a value first, to add differences to")
        return super()._values(bucket)

    def _take(self, numbers: NDArray[np.float64]) -> NDArray[np.uint32]:
        last = self._last[-1:] or numbers[:1]
        rows = self.encoder._take(_differences(numbers, np.concatenate((last, numbers))[: len(numbers)]))
        self._last = (*self._last, *numbers[-2:].tolist())[-2:]
        return rows


def _differences(numbers: NDArray[np.float64], before: float | NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(over="ignore"):
        return np.clip(numbers - before, -LARGEST, LARGEST)
