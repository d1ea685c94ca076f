"""The value-range rule: a value well outside the range seen so far is an anomaly, whatever the model predicts.

Source: NAB's Numenta detector (`SPATIAL_TOLERANCE`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zhtm_detector.htm.checks import LARGEST, finite, finite_many
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
        self.tolerance = finite("tolerance", tolerance, 0.0, LARGEST)
        self._seen = np.array([np.inf, -np.inf])

    def update(self, value: float) -> bool:
        """Check whether the value leaves the range seen before it; False until two different values were seen."""
        return bool(self.run([value])[0])

    def run(self, values: ArrayLike) -> NDArray[np.bool_]:
        """Return `update` of each value, shape (records,); ValueError for anything but finite numbers."""
        array = finite_many("values", values)
        leaves = np.empty(len(array), dtype=np.bool_)
        value_range(array, self.tolerance, self._seen, leaves)
        return leaves
