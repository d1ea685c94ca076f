"""The last records of a stream, kept so that a part that is built late, or anew, can learn from them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.saved import Arrays, Given, one


class Replay:
    """The last records of a stream, some 100 bytes each.

    Parameters
    ----------
    most : int
        Records to keep; a new one then replaces the oldest.

    Examples
    --------
    >>> replay = Replay(most=3)
    >>> replay.extend(np.array([10, 20, 30, 40]), np.array([1.0, 2.0, 3.0, 4.0]), True)
    >>> replay.append(50, 5.0, False)
    >>> [(times.tolist(), values.tolist(), learn) for times, values, learn in replay.stretches()]
    [([30, 40], [3.0, 4.0], True), ([50], [5.0], False)]
    """

    def __init__(self, most: int) -> None:
        self._records: deque[tuple[float, float, bool]] = deque(maxlen=most)
        self._count = 0  # of the stream's records

    def __len__(self) -> int:
        return len(self._records)

    def append(self, time: float, value: float, learn: bool) -> None:
        """Keep a record: its time in any unit, its value, and whether it is to be learned from."""
        self._records.append((time, value, learn))
        self._count += 1

    def extend(self, times: NDArray[Any], values: NDArray[np.float64], learn: bool) -> None:
        """Keep many records, arrays of shape (records,)."""
        self._records.extend((time, value, learn) for time, value in zip(times.tolist(), values.tolist(), strict=True))
        self._count += len(values)

    def arrays(self, dtype: type) -> Arrays:
        """Return the arrays that are saved; `dtype` is that of the times."""
        times, values, learn = zip(*self._records, strict=True) if self._records else ((), (), ())
        return {
            "times": np.array(times, dtype=dtype),
            "values": np.array(values, dtype=np.float64),
            "learn": np.array(learn, dtype=np.bool_),
            "count": one(self._count),
        }

    def restore(self, given: Given, dtype: type, least: float, most: float, largest: float) -> None:
        """Restore the records from arrays as `arrays` returns them.

        Parameters
        ----------
        given : Given
        dtype : type
        least, most : float
            Of the times.
        largest : float
            Of the values, whatever their sign.
        """
        times = given.take("times", dtype, (None,), least, most)
        values = given.take("values", np.float64, times.shape, -largest, largest)
        learn = given.take("learn", np.bool_, times.shape)
        self._count = given.count("count", len(times))
        kept = min(self._count, self._records.maxlen or 0)
        given.check(len(times) == kept, "times", f"those of the last {kept} records")
        self._records.extend(zip(times.tolist(), values.tolist(), learn.tolist(), strict=True))

    def stretches(self, block: int = 1) -> Iterator[tuple[NDArray[Any], NDArray[np.float64], bool]]:
        """Return the records in order, as times, values and `learn` of stretches with the same `learn`.

        The first one is the earliest whose number in the stream, from 0, is a multiple of `block`.
        """
        first = (len(self._records) - self._count) % block
        for learn, records in groupby(islice(self._records, first, None), key=itemgetter(2)):
            times, values, _ = zip(*records, strict=True)
            yield np.array(times), np.array(values), learn
