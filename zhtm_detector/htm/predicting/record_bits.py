"""The bits of a record itself, beside those of the memory: its value and its time, each at several widths."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.rows import DAY, SATURDAY

_WIDTHS = (0, 1, 2, 3)  # of the bits of a value: 2**w buckets
_TIMES = ((96, 0.0), (24, 0.0), (24, 0.5), (8, 0.0), (8, 0.5))  # parts of the day, and their shift in parts
_WEEK = 7
_HOURS = 24


def bits_of_values(buckets: int) -> int:
    """Return how many bits there are for the bucket of a value."""
    return sum((buckets >> width) + 1 for width in _WIDTHS) + sum((buckets >> width) + 2 for width in _WIDTHS[1:])


BITS_OF_TIME = sum(parts for parts, _ in _TIMES) + _WEEK + 2 + 2 * _HOURS + _WEEK * _HOURS


def record_bits(bucket: int, clock: int, buckets: int) -> NDArray[np.int64]:
    """Return the bits of a record: one for each width of value and time, shape (16,).

    Tile coding (R. Sutton, A. Barto, *Reinforcement Learning*, 2nd edition, section 9.5.4): several partitions of the
    same space, coarse and fine, some shifted by half a tile, so that near records share most bits. Unlike the date
    encoder's, some bits are of hour and day together: of the hour on workdays or the weekend, and of the hour of the
    week.

    Parameters
    ----------
    bucket : int
        Of the value, from 0 to buckets - 1.
    clock : int
        Microseconds since 1970 on the stream's own clock.
    buckets : int
    """
    bits = []
    first = 0
    for width in _WIDTHS:
        bits.append(first + (bucket >> width))
        first += (buckets >> width) + 1
        if width:
            bits.append(first + ((bucket + (1 << width - 1)) >> width))
            first += (buckets >> width) + 2
    days, time = divmod(clock, DAY)
    for parts, shift in _TIMES:
        bits.append(first + int(time / DAY * parts + shift) % parts)
        first += parts
    day = (days + 3) % _WEEK  # 1970-01-01 was a Thursday
    weekend = int(day >= SATURDAY)
    hour = time * _HOURS // DAY
    for place, size in ((day, _WEEK), (weekend, 2), (weekend * _HOURS + hour, 2 * _HOURS)):
        bits.append(first + place)
        first += size
    bits.append(first + day * _HOURS + hour)
    return np.array(bits, dtype=np.int64)
