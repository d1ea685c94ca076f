"""The predictor: distributions over the values of the next records."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.text import shown
from zhtm_detector.htm.checks import LARGEST_VALUE, finite, flag, whole
from zhtm_detector.htm.encoders import wall_clock
from zhtm_detector.htm.predicting.buckets import Buckets
from zhtm_detector.htm.predicting.distribution import Distribution, bucket_of
from zhtm_detector.htm.predicting.horizon import Horizon, Seen
from zhtm_detector.htm.predicting.record_bits import BITS_OF_TIME, bits_of_values, record_bits
from zhtm_detector.htm.saved import Arrays, Given, Saved, named, one
from zhtm_detector.htm.sdr import SDR

MOST_STEPS = 1000  # ahead
_MOST_HORIZONS = 16
_MOST_CELLS = 2**16  # of a larger memory, several cells share a bit
_REFIT = 4  # buckets are laid again whenever the stream is so many times as long
_OUTSIDE = 20  # values beyond the buckets until they are laid again
_CLOCK = -62_135_596_800_000_000, 253_402_300_799_999_999  # microseconds since 1970 in the years 1 to 9999


class _Kept(NamedTuple):
    clock: int  # microseconds since 1970
    value: float
    cells: NDArray[np.int64]
    learn: bool


class Predictor(Saved):
    """Predicts the values some steps ahead from the bits of a record and of a memory of sequences.

    For each step ahead some SDR classifiers learn, online, which bucket of values comes so many records later, or by
    how many buckets the value changes; they are mixed by what each was worth lately. Only values up to now are used:
    also the buckets are laid over the values seen, at records 1, 4, 16, 64, 256 and so on as far as the history
    reaches, and whenever 20 values were beyond them. All is then learned again from the history.

    Parameters
    ----------
    steps : iterable of int, default (1,)
        Steps ahead, ascending, each from 1 to 1000; at most 16.
    cells : int, default 0
        Bits of the memory: the cells of a temporal memory, for instance. 0: none.
    buckets : int, default 64
        Buckets of values, from 2 to 1024.
    history : int, default 2048
        Records kept to learn from again; more than the most steps, at most 2**20.

    Raises
    ------
    ValueError
        If an argument is of another type or out of its range.

    Notes
    -----
    Memory: per step ahead 12 bytes for each bucket and bit once active, at most 50 MB with 64 buckets and 65,536
    cells. A record that lays the buckets anew takes as long as all of the history, some tenths of a second.

    Examples
    --------
    >>> predictor = Predictor(steps=(1, 2))
    >>> for record in range(60):
    ...     predictor.compute(f"2026-01-01T00:{record:02d}", float(record % 3))
    >>> {step: round(expected.mean, 1) for step, expected in predictor.predict().items()}
    {1: 0.0, 2: 1.0}
    """

    def __init__(self, steps: Iterable[int] = (1,), cells: int = 0, buckets: int = 64, history: int = 2048) -> None:
        self.steps = checked_steps("steps", steps)
        self.cells = whole("cells", cells, 0, 2**32)
        self.buckets = whole("buckets", buckets, 2, 1024)
        self.history = whole("history", history, max((*self.steps, 0)) + 1, 2**20)
        self._bits = min(self.cells, _MOST_CELLS)
        self._laid = Buckets(self.buckets)
        self._kept: deque[_Kept] = deque(maxlen=self.history)
        self._records = 0
        self._next_fit = 1
        self._begin()

    def _begin(self) -> None:
        sizes = {"record": bits_of_values(self.buckets) + BITS_OF_TIME, "cells": self._bits}
        self._horizons = [Horizon(steps, sizes, self.buckets) for steps in self.steps]

    def settings(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().settings() | {"steps": list(self.steps)}

    def compute(self, timestamp: Any, value: float, sdr: SDR | None = None, learn: bool = True) -> None:
        """Take in a record: learn from the earlier ones that it comes after, and predict the next ones.

        Parameters
        ----------
        timestamp : datetime, pandas.Timestamp, numpy.datetime64 or ISO string
        value : float
        sdr : SDR, optional
            The active bits of the memory, after this record; of `cells` bits.
        learn : bool

        Raises
        ------
        ValueError
            For a value that is no finite number up to 1e150, an invalid timestamp, an SDR of another size, a `learn`
            that is not True or False. Nothing has changed then.
        """
        number = finite("value", value, -LARGEST_VALUE, LARGEST_VALUE)
        clock = int(wall_clock([timestamp], "timestamp")[0])
        if sdr is not None and (not isinstance(sdr, SDR) or sdr.size != self.cells):
            got = f"one of {sdr.size}" if isinstance(sdr, SDR) else shown(sdr)
            raise ValueError(f"sdr: expected an SDR of {self.cells} bits, got {got}")
        cells = np.zeros(0, dtype=np.uint32) if sdr is None else sdr.indices
        self.take(clock, number, cells, flag("learn", learn))

    def take(self, clock: int, value: float, cells: NDArray[Any], learn: bool) -> None:
        """As `compute`, unchecked, for microseconds since 1970 and the indices of active bits."""
        kept = _Kept(clock, value, cells.astype(np.int64) % max(1, self._bits), learn)
        self._kept.append(kept)
        self._records += 1
        if self._records < self._next_fit and self._laid.outside < _OUTSIDE:
            self._learn(kept)
            return
        if self._records >= self._next_fit:
            self._next_fit = self._records * _REFIT if self._records * _REFIT <= self.history else 2**62
        self._laid.fit(np.array([record.value for record in self._kept]))
        self._begin()
        for record in self._kept:
            self._learn(record)

    def predict(self) -> dict[int, Distribution]:
        """Return the distribution of the value after each number of steps.

        Raises
        ------
        ValueError
            Before the first record.
        """
        if not self._records:
            raise ValueError("predict: expected a record first")
        laid, said = self._laid, {}
        for horizon in self._horizons:
            probabilities = horizon.probabilities() * laid.used
            probabilities /= probabilities.sum()
            said[horizon.steps] = Distribution(laid.edges, laid.centers, probabilities)
        return said

    def state_arrays(self) -> Arrays:
        """Return the arrays that are saved."""
        kept = self._kept
        arrays = {
            "clock": np.array([record.clock for record in kept], dtype=np.int64),
            "value": np.array([record.value for record in kept], dtype=np.float64),
            "learn": np.array([record.learn for record in kept], dtype=np.bool_),
            "active": np.array([len(record.cells) for record in kept], dtype=np.int64),
            "cells": np.concatenate([np.zeros(0, dtype=np.int64), *(record.cells for record in kept)]),
            "records": one(self._records),
            "next_fit": one(self._next_fit),
        }
        arrays |= named("buckets", self._laid.state_arrays())
        for horizon in self._horizons:
            arrays |= named(str(horizon.steps), horizon.state_arrays())
        return arrays

    def restore(self, given: Given) -> None:
        """Restore all from arrays as `state_arrays` returns them."""
        self._records = given.count("records")
        self._next_fit = given.count("next_fit", self._records + 1)
        length = min(self._records, self.history)
        clock = given.take("clock", np.int64, (length,), *_CLOCK)
        value = given.take("value", np.float64, (length,), -LARGEST_VALUE, LARGEST_VALUE)
        learn = given.take("learn", np.bool_, (length,), 0, 1)
        active = given.take("active", np.int64, (length,), 0, self._bits)
        cells = given.take("cells", np.int64, (None,), 0, max(0, self._bits - 1))
        given.check(int(active.sum()) == len(cells), "active", "as many as there are cells")
        parts = np.split(cells, np.cumsum(active)[:-1]) if length else []
        self._kept.extend(map(_Kept, clock.tolist(), value.tolist(), parts, learn.tolist()))
        given.within("buckets", self._laid.restore)
        last = [self._seen(record) for record in list(self._kept)[-max((*self.steps, 1)) :]]
        for horizon in self._horizons:
            given.within(str(horizon.steps), partial(horizon.restore, last=last))

    def _learn(self, record: _Kept) -> None:
        self._laid.take(record.value)
        now = self._seen(record)
        for horizon in self._horizons:
            horizon.take(now, record.learn)

    def _seen(self, record: _Kept) -> Seen:
        bucket = bucket_of(self._laid.edges, record.value)
        return Seen(record_bits(bucket, record.clock, self.buckets), record.cells, bucket)


def listed_steps(name: str, steps: Any) -> tuple[Any, ...]:
    """Return what may be steps ahead as a tuple; ValueError for anything but an iterable."""
    is_text = isinstance(steps, (str, bytes, bytearray))
    if is_text or not isinstance(steps, Iterable) or getattr(steps, "ndim", 1) != 1:
        raise ValueError(f"{name}: expected numbers of steps ahead, as (1, 5), got {shown(steps)}")
    return tuple(steps)


def checked_steps(name: str, steps: Any) -> tuple[int, ...]:
    """Return steps ahead as a tuple; ValueError unless they ascend from 1 or more and are at most 16."""
    numbers = tuple(whole(name, step, 1, MOST_STEPS) for step in listed_steps(name, steps))
    if sorted(set(numbers)) != list(numbers) or not 0 < len(numbers) <= _MOST_HORIZONS:
        raise ValueError(f"{name}: expected 1 to {_MOST_HORIZONS} numbers, ascending, got {shown(numbers)}")
    return numbers
