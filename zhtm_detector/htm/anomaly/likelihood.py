"""The anomaly likelihood: how unlikely the recent prediction errors are, given the model's own history.

Source: Ahmad, Lavin, Purdy, Agha, "Unsupervised real-time anomaly detection for streaming data", Neurocomputing 262
(2017), section 3.2; floors, filter and periods as in NuPIC's `anomaly_likelihood.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels import likelihood as kernel
from zhtm_detector.htm.kernels.box import Boxed


class AnomalyLikelihood(Boxed):
    """Gaussian tail probability of the averaged raw scores, relative to their history.

    Parameters
    ----------
    learning_period : int
        Records that no estimate uses, because the model is still learning.
    estimation_samples : int
        Records after the learning period before the first estimate; until then the likelihood is 0.5.
    averaging_window : int
        Number of raw scores averaged.
    history : int
        Records that an estimate uses.
    reestimation_period : int
        Records from one estimate to the next.

    Raises
    ------
    ValueError
        If a period is out of range, or the history is shorter than the averaging window.

    Examples
    --------
    >>> likelihood = AnomalyLikelihood(learning_period=50, estimation_samples=50)
    >>> calm = [likelihood.update(value=i % 7, raw=0.1) for i in range(300)]
    >>> calm[0], likelihood.update(value=3, raw=1.0) > 0.999
    (0.5, True)
    """

    def __init__(
        self,
        learning_period: int,
        estimation_samples: int,
        averaging_window: int = 10,
        history: int = 8640,
        reestimation_period: int = 100,
    ) -> None:
        for name, number, least in (
            ("learning_period", learning_period, 0),
            ("estimation_samples", estimation_samples, 0),
            ("averaging_window", averaging_window, 1),
            ("history", history, averaging_window),
            ("reestimation_period", reestimation_period, 1),
        ):
            if number < least:
                raise ValueError(f"{name}: expected at least {least}, got {number}")
        self._rules = kernel.LikelihoodRules(
            learning_period=learning_period,
            probation=learning_period + estimation_samples,
            averaging_window=averaging_window,
            reestimation_period=reestimation_period,
        )
        self._history = kernel.History(
            state=np.zeros(1, dtype=kernel.STATE),
            raw=np.zeros(history),
            value=np.zeros(history),
            window=np.zeros(averaging_window),
        )

    def kernel_state(self) -> tuple[Any, ...]:
        """Return history and rules for the kernel's box."""
        return self._history, self._rules

    def update(self, value: float, raw: float) -> float:
        """Return the likelihood, in [0, 1], that the record with this value and raw anomaly score is an anomaly."""
        return float(self.run(np.array([value], dtype=np.float64), np.array([raw], dtype=np.float64))[0])

    def run(self, values: NDArray[np.float64], raws: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the likelihoods of many records; equal to calling `update` for each.

        Parameters
        ----------
        values, raws : ndarray of float64, shape (records,)
            Values of the metric and raw anomaly scores.

        Returns
        -------
        ndarray of float64, shape (records,)
        """
        likelihoods = np.empty(len(raws), dtype=np.float64)
        kernel.run_box(self.boxed, values, raws, likelihoods)
        return likelihoods


def log_likelihood(likelihoods: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return likelihoods on a log scale from 0 to 1: each step of 0.1 is a tail ten times smaller.

    Source: NuPIC, `computeLogLikelihood`.
    """
    scaled = np.empty_like(likelihoods)
    kernel.log_scale(likelihoods, scaled)
    return scaled
