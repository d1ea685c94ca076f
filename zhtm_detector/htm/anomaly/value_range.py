"""The value-range rule: a value well outside of all that was seen is an anomaly, whatever the model says.

Source: NAB's Numenta detector (`SPATIAL_TOLERANCE`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.vote import value_range


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
        self._seen = np.array([np.inf, -np.inf])

    def update(self, value: float) -> bool:
        """Whether the value leaves the range seen before it; there is no range before two different values."""
        return bool(self.run(np.array([value], dtype=np.float64))[0])

    def run(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """`update` of many values, shape (records,)."""
        leaves = np.empty(len(values), dtype=np.bool_)
        value_range(values, self.tolerance, self._seen, leaves)
        return leaves
