"""Compiled encoding of single records: the number of a value's or date's row of bits, and tables of rows by number.

The number is computed as in the encoders' Python code. The row comes from the encoder, once per number.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.jit import jit, jit_bare, jit_inner

DAY = 86_400_000_000  # microseconds
EMPTY = -(2**63)  # marks a free place
LAST_BUCKET = float(2**53)
SATURDAY = 5


class ValueRule(NamedTuple):
    """How an encoder of numbers computes the bucket."""

    clips: bool  # the value, to a range; else the bucket, to +-LAST_BUCKET
    lowest: float  # of the range, or the centre of bucket 0
    highest: float  # of the range
    steps: float  # buckets from the lowest to the highest value
    unit: float  # the range's extent, or the width of a bucket


ALWAYS_0 = ValueRule(clips=True, lowest=0.0, highest=0.0, steps=0.0, unit=1.0)  # a rule that makes one bucket of all


class DateRule(NamedTuple):
    """Bits of each part of a date; 0 if the part is not encoded."""

    time_of_day: int
    day_of_week: int
    season: int
    weekend: int


class Table(NamedTuple):
    """Rows of bits by their number; half of the places, a power of 2, stay empty."""

    numbers: NDArray[np.int64]  # (places,) EMPTY if free
    rows: NDArray[Any]  # (places, width) uint32 or uint16


@jit_bare
def bucket(value: float, rule: ValueRule) -> int:
    """Compute a value's bucket."""
    if rule.clips:
        clipped = min(max(value, rule.lowest), rule.highest)
        return math.floor((clipped - rule.lowest) * rule.steps / rule.unit + 0.5)
    scaled = (value - rule.lowest) / rule.unit + 0.5
    return math.floor(min(max(scaled, -LAST_BUCKET), LAST_BUCKET))


@jit_bare
def date_number(clock: int, weekday: int, day_of_year: int, rule: DateRule) -> int:
    """Compute the number of a date: two dates have the same one exactly if they have the same bits.

    `clock` is in microseconds since midnight, `weekday` counts from Monday, `day_of_year` from 0.
    """
    number = clock * rule.time_of_day // DAY
    number = number * (rule.day_of_week + 1) + weekday * rule.day_of_week // 7
    number = number * (rule.season + 1) + day_of_year * rule.season // 366
    return 2 * number + (1 if rule.weekend > 0 and weekday >= SATURDAY else 0)


@jit_inner
def place_of(table: Table, number: int) -> int:
    """Return the place of a number, or the free place where it belongs."""
    last = table.numbers.size - 1
    # Fibonacci hashing spreads neighbours; the middle of the product depends on all bits of the number.
    place = (number * 0x1E3779B97F4A7C15 >> 24) & last
    while table.numbers[place] != number and table.numbers[place] != EMPTY:
        place = (place + 1) & last
    return int(place)


@jit
def add(table: Table, number: int, row: NDArray[Any]) -> None:
    """Add a row; the table must have a free place."""
    place = place_of(table, number)
    table.numbers[place] = number
    for i in range(row.size):
        table.rows[place, i] = row[i]
