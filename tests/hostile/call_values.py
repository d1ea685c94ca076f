"""Values that no argument of a kind may have, for invalid calls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

NO_FLAGS: list[Any] = ["x", "", 1, 0, 1.0, None, np.array([True]), [True], np.int64(1)]
NO_NUMBERS: list[Any] = [
    *(np.nan, np.inf, -np.inf, np.float32("nan"), True, np.True_, "1", None, 1j, [1.0], np.array([1.0]), 10**400),
    *(np.timedelta64(1, "s"), pd.Timedelta(1, "s"), np.datetime64(0, "s"), pd.NA, pd.NaT, object(), (x for x in [1.0])),
]
NO_WHOLE: list[Any] = [-1, 10**400, -(10**400), 0.5, 1.0, 2**63, *NO_NUMBERS]
NO_PARAMS: list[Any] = [-1, *(value for value in NO_NUMBERS if value is not np.True_)]  # which becomes 1.0
NO_GENERATORS: list[Any] = [None, 1, np.random, np.random.RandomState(1), "x"]
NO_DATES: list[Any] = [
    *(pd.NaT, np.datetime64("NaT"), np.datetime64(0, "as"), np.datetime64(2**62, "fs"), np.datetime64(9, "ps")),
    *(np.datetime64(2**62, "Y"), np.datetime64("0000-12-31"), np.timedelta64(1, "D"), pd.Timedelta(1, "D")),
    *("now", "today", "10:00", "", "2014-02-30", "04/05/2014", "٢٠١٤-04-05", b"2014-04-05", 0, 1.5, None, 10**400),
    *([], np.array(["2014-04-05"], dtype="M8[D]"), "2014-04-05\n", "2014-04-05Z"),
]


def pick(rng: np.random.Generator, values: list[Any]) -> Any:
    """Return one of the values, the object itself."""
    return values[int(rng.integers(len(values)))]


def code(rng: np.random.Generator, below: int, least: int = 0) -> list[int]:
    """Return sorted unique indices."""
    size = int(rng.integers(least, min(below, 9)))
    return sorted(rng.choice(below, size, replace=False).tolist())


def array_of(rng: np.random.Generator, numbers: list[int]) -> Any:
    """Return numbers below 128 in one of the arrays of integers that must all mean the same."""
    array = np.array(numbers, dtype=pick(rng, [np.uint32, np.uint16, np.int64, np.int8, np.uint64]))
    kind = int(rng.integers(3))
    if kind == 0:
        array.flags.writeable = False
    return np.repeat(array, 2)[::2] if kind == 1 else array


def no_array(rng: np.random.Generator, below: int) -> Any:
    """Return something that is no array of integers, or none of sorted unique indices below a size."""
    good = np.array(code(rng, below, 2), dtype=np.uint32)
    one = int(rng.integers(below, 2**31))
    return pick(
        rng,
        [
            *([], good.tolist(), (x for x in good), None, "12", 5, iter(good), {1: 2}, 10**400, object()),
            *(good.astype(np.float64), good.astype(object), good.astype(str), good.astype("m8[s]"), good > 1),
            *(good[:, None], good[0], np.array(5), np.ma.masked_array(good, good > good[0]), good.astype(complex)),
            *(good[::-1], np.repeat(good, 2), np.append(good, one).astype(np.int64), np.append(-one, good)),
            *(np.append(good, below).astype(np.uint32), np.array([2_000_000_000, 5], dtype=np.uint32)),
            *(np.array([2**63 + 1], dtype=np.uint64), np.array([-1]), np.array([np.nan]), np.array([2**32 + 1])),
        ],
    )


def no_offsets(rng: np.random.Generator, total: int) -> Any:
    """Return something that is no array of offsets into `total` numbers, at least two."""
    return pick(
        rng,
        [
            *([0, total], None, (0, total), "0", 1, np.array([0.0, total]), np.array([[0, total]]), np.array([])),
            *(np.array([], dtype=int), np.array([0]), np.array([0, total + 1]), np.array([0, total - 1])),
            *(np.array([1, total]), np.array([-1, total]), np.array([0, total, 1, total]), np.array([0, 2**62, total])),
            *(np.array([0, -(2**62), total]), np.array([0, 2**63], dtype=np.uint64), np.array([False, True])),
            np.ma.masked_array([0, total], [True, False]),
        ],
    )
