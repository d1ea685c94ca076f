"""Columns for a stream whose range of values is not known: they grow with it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.checks import LARGEST_VALUE
from zhtm_detector.htm.columns import Columns, least_span
from zhtm_detector.htm.params import ColumnParams
from zhtm_detector.htm.replay import Replay
from zhtm_detector.htm.saved import Arrays, Given, named, seen_range

_GROWTH = 1.1  # of the range, before the columns are built anew
_REPLAYED = 8  # probation periods


class GrowingColumns(Columns):
    """Columns whose encoders take their range from the values so far.

    An encoder's resolution is a share of the range. After a record with which the range seen so far is more than a
    tenth wider than the columns', they are built anew for it and learn the last eight probation periods again, at
    least a block of the coarsest scale, so that no stream is judged for ever by a resolution too fine for it. The
    record itself is judged by the columns before, the blocks that it has not completed by the new ones.

    Parameters
    ----------
    params, probation, seed
        As in `Columns`.
    minimum, maximum : float
        The range of values to begin with.

    Notes
    -----
    A range that becomes r times as wide costs at most log(r) / log(1.1) replays.
    """

    def __init__(
        self, params: tuple[ColumnParams, ...], minimum: float, maximum: float, probation: int, seed: int
    ) -> None:
        super().__init__(params, minimum, maximum, probation, seed)
        self._lowest, self._highest = minimum, maximum  # of the values so far
        self._widest = _widest(minimum, maximum)
        self._coarsest = max(group.coarsest_block for group in self.groups)
        self._recent = Replay(max(_REPLAYED * probation, self._coarsest))

    def state_arrays(self) -> Arrays:
        """Return the arrays that are saved: of the groups, the range of values so far and the last records."""
        seen = np.array([self._lowest, self._highest])
        return {**super().state_arrays(), "seen": seen, **named("recent", self._recent.arrays(np.float64))}

    def restore(self, given: Given) -> None:
        """Restore what was learned from arrays as `state_arrays` returns them."""
        super().restore(given)
        seen = np.zeros(2)
        seen_range(given, seen, "seen", LARGEST_VALUE)
        given.check(bool(np.isfinite(seen).all()), "seen", "finite numbers")
        self._lowest, self._highest = seen.tolist()
        given.within("recent", lambda recent: self._recent.restore(recent, np.float64, 0.0, 1.0, LARGEST_VALUE))

    def outgrown_by(self, value: float) -> bool:
        """Return whether the columns are built anew after this value."""
        wide = max(self._highest, value) - min(self._lowest, value)
        return wide > self._widest

    def remember(self, time: float, value: float, learn: bool) -> None:
        """Keep a record that was processed elsewhere and by which the columns are not outgrown.

        Parameters
        ----------
        time : float
            Time of day as a fraction of the day.
        value : float
        learn : bool
        """
        self._lowest, self._highest = min(self._lowest, value), max(self._highest, value)
        self._recent.append(time if self._sees_time else 0.0, value, learn)

    def _run(
        self, times: NDArray[np.float64], values: NDArray[np.float64], learn: bool
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        raw, evidence = np.zeros(len(values)), np.empty((len(self.groups), len(values)))
        start = 0
        for row, (time, value) in enumerate(zip(times.tolist(), values.tolist(), strict=True)):
            outgrown = self.outgrown_by(value)
            self.remember(time, value, learn)
            if outgrown or row == len(values) - 1:
                part = slice(start, row + 1)
                raw[part], evidence[:, part] = super()._run(times[part], values[part], learn)
                start = row + 1
            if outgrown:
                self._grow()
        return raw, evidence

    def _grow(self) -> None:
        """Build the columns for the range of all values so far; they learn again from the last records."""
        self._widest = _widest(self._lowest, self._highest)
        before = self.groups
        self._build(self._lowest, self._highest)
        # From the start of a block on, so that the blocks of all scales are cut where they were.
        for times, values, learn in self._recent.stretches(self._coarsest):
            super()._run(times, values, learn)
        for group, old in zip(self.groups, before, strict=True):
            group.take_evidence_of(old)


def _widest(minimum: float, maximum: float) -> float:
    """Return the width that a range may grow to before columns are built anew for it."""
    return max(_GROWTH * (maximum - minimum), least_span(minimum, maximum))
