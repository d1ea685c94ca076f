"""What the gate goes by: how predictable the stream is now."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels import vote as kernel


class MeanError:
    """Mean raw prediction error of the last records: how little the temporal memory knows of the stream now.

    A surprise counts less in a stream that surprises all the time: the vote's doubt is raised to the power
    ``1 - weight * mean error``.

    Parameters
    ----------
    window : int
        Records that the error is averaged over.
    """

    def __init__(self, window: int) -> None:
        self._state = kernel.mean_state(max(1, window))

    def run(self, raws: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean of the raw scores up to and with each record, in [0, 1]."""
        means = np.empty_like(raws)
        kernel.moving_mean(raws, self._state, means)
        return means
