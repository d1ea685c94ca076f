"""The refractory rule: silence after an alarm."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels import vote as kernel


class Refractory:
    """After an alarm, silence for weaker ones.

    A score that does not exceed every score of the last `period` records becomes 0. The comparison is with the scores
    before this rule, so a silenced score still silences weaker ones after it.

    Parameters
    ----------
    period : int
        Records.

    Examples
    --------
    >>> Refractory(period=2).run(np.array([0.5, 0.4, 0.6, 0.1, 0.2, 0.3])).tolist()
    [0.5, 0.0, 0.6, 0.0, 0.0, 0.3]
    """

    def __init__(self, period: int) -> None:
        self._period = period
        self._state = kernel.refractory_state(period)

    def run(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Each score, or 0."""
        kept = np.empty_like(scores)
        kernel.refractory(scores, self._period, self._state, kept)
        return kept
