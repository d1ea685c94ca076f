"""The value-range rule: a value well outside the range seen so far is an anomaly, whatever the model predicts.

Source: NAB's Numenta detector (`SPATIAL_TOLERANCE`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.vote import value_range


class ValueRange:
    """Tracks the range of values seen so far and flags values that leave it.

    Parameters
    ----------
    tolerance : float
        Distance outside the range that is still accepted, as a share of the range.

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
        """Check whether the value leaves the range seen before it; False until two different values were seen."""
        return bool(self.run(np.array([value], dtype=np.float64))[0])

    def run(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return `update` of each value, shape (records,)."""
        leaves = np.empty(len(values), dtype=np.bool_)
        value_range(values, self.tolerance, self._seen, leaves)
        return leaves
