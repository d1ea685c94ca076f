"""The value-range rule: a value well outside of all that was seen is an anomaly, whatever the model says.

Source: NAB's Numenta detector (`SPATIAL_TOLERANCE`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class ValueRange:
    """The range of the values seen so far, and whether a new one leaves it.

    Parameters
    ----------
    tolerance : float
        How far outside counts, as a share of the range.

    Examples
    --------
    >>> seen = ValueRange(tolerance=0.05)
    >>> seen.run(np.array([0.0, 10.0, 10.4, 10.6, 12.0])).tolist()
    [False, False, False, False, True]
    """

    def __init__(self, tolerance: float = 0.05) -> None:
        if not tolerance >= 0.0:
            raise ValueError(f"tolerance: expected at least 0, got {tolerance}")
        self.tolerance = tolerance
        self._low = np.inf
        self._high = -np.inf

    def update(self, value: float) -> bool:
        """Whether the value leaves the range seen before it; there is no range before two different values."""
        return bool(self.run(np.array([value], dtype=np.float64))[0])

    def run(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """`update` of many values, shape (records,)."""
        if len(values) == 0:
            return np.zeros(0, dtype=np.bool_)
        low = np.minimum.accumulate(np.concatenate(([self._low], values)))
        high = np.maximum.accumulate(np.concatenate(([self._high], values)))
        self._low, self._high = float(low[-1]), float(high[-1])
        seen = high[:-1] > low[:-1]
        with np.errstate(invalid="ignore", over="ignore"):  # inf - inf before the first value; huge ranges
            margin = (high[:-1] - low[:-1]) * self.tolerance
        leaves: NDArray[np.bool_] = seen & ((values > high[:-1] + margin) | (values < low[:-1] - margin))
        return leaves
