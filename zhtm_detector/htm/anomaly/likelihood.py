"""The anomaly likelihood: how unlikely the recent prediction errors are, given the model's own history.

Source: Ahmad, Lavin, Purdy, Agha, "Unsupervised real-time anomaly detection for streaming data", Neurocomputing 262
(2017), section 3.2; floors, filter and periods as in NuPIC's `anomaly_likelihood.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zhtm_detector.htm.checks import LARGEST, finite_columns, finite_many, whole
from zhtm_detector.htm.kernels import likelihood as kernel
from zhtm_detector.htm.kernels.box import Boxed
from zhtm_detector.htm.saved import Arrays, Given, Saved, one

_MOST_RECORDS = 2**24  # of a period or a history
_MOMENTS = {"center": (0.0, 1.0), "deviation": (0.0, 1e3), "total": (-1.0, 2.0**25), "last_tail": (0.0, 1.0)}


class AnomalyLikelihood(Saved, Boxed):
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
        If a period is no whole number from 0 or 1 to 2**24, or the history is shorter than the averaging window.

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
        learning_period = whole("learning_period", learning_period, 0, _MOST_RECORDS)
        estimation_samples = whole("estimation_samples", estimation_samples, 0, _MOST_RECORDS)
        averaging_window = whole("averaging_window", averaging_window, 1, _MOST_RECORDS)
        history = whole("history", history, averaging_window, _MOST_RECORDS)
        reestimation_period = whole("reestimation_period", reestimation_period, 1, 2**31 - 1)
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

    def settings(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        rules = self._rules
        return {
            "learning_period": rules.learning_period,
            "estimation_samples": rules.probation - rules.learning_period,
            "averaging_window": rules.averaging_window,
            "history": len(self._history.raw),
            "reestimation_period": rules.reestimation_period,
        }

    def state_arrays(self) -> Arrays:
        """Return the arrays that are saved."""
        h, state = self._history, self._history.state[0]
        return {
            "records": one(state["records"]),
            "known": self._history.state["known"],
            **{name: self._history.state[name] for name in _MOMENTS},
            "raw": h.raw,
            "value": h.value,
            "window": h.window,
        }

    def restore(self, given: Given) -> None:
        """Restore what was learned from arrays as `state_arrays` returns them."""
        h = self._history
        h.state["records"] = given.count("records")
        h.state["known"] = given.take("known", np.bool_, (1,))
        for name, (least, most) in _MOMENTS.items():
            given.fill(h.state[name], name, least, most)
        given.check(bool(h.state["deviation"][0] > 0.0) or not h.state["known"][0], "deviation", "one above 0")
        given.fill(h.raw, "raw", 0.0, 1.0)
        given.fill(h.value, "value")
        given.fill(h.window, "window", 0.0, 1.0)

    def kernel_state(self) -> tuple[Any, ...]:
        """Return history and rules for the kernel's box."""
        return self._history, self._rules

    def update(self, value: float, raw: float) -> float:
        """Return the likelihood, in [0, 1], that the record with this value and raw anomaly score is an anomaly."""
        return float(self.run([value], [raw])[0])

    def run(self, values: ArrayLike, raws: ArrayLike) -> NDArray[np.float64]:
        """Return the likelihoods of many records; equal to calling `update` for each.

        Parameters
        ----------
        values, raws : array_like of float, shape (records,)
            Values of the metric, finite, and raw anomaly scores in [0, 1].

        Returns
        -------
        ndarray of float64, shape (records,)

        Raises
        ------
        ValueError
            For numbers out of their range, or another shape; nothing has changed then.
        """
        return self.run_checked(*finite_columns(values=(values, -LARGEST, LARGEST), raws=(raws, 0.0, 1.0)))

    def run_checked(self, values: NDArray[np.float64], raws: NDArray[np.float64]) -> NDArray[np.float64]:
        """As `run`, for arrays that are known to be valid."""
        likelihoods = np.empty(len(raws), dtype=np.float64)
        kernel.run_box(self.boxed, values, raws, likelihoods)
        return likelihoods


def log_likelihood(likelihoods: ArrayLike) -> NDArray[np.float64]:
    """Return likelihoods, in [0, 1], on a log scale from 0 to 1: each step of 0.1 is a tail ten times smaller.

    Source: NuPIC, `computeLogLikelihood`.
    """
    array = finite_many("likelihoods", likelihoods, "likelihood", 0.0, 1.0)
    scaled = np.empty_like(array)
    kernel.log_scale(array, scaled)
    return scaled
