"""From the evidence of all voters to the score: gate, vote, value range, refractory rule, in one compiled call."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels import vote as kernel
from zhtm_detector.htm.kernels.box import Boxed
from zhtm_detector.htm.params import ModelParams


class Vote(Boxed):
    """Noisy-OR of the voters' evidence, gated by the mean prediction error, with two rules on the score.

    Gate: the doubt, 1 - score, is raised to the power ``1 - weight * mean error``, so that a surprise counts less in a
    stream that surprises all the time. Value range: a value well outside of all values before it scores 1, as in
    `ValueRange`. Refractory rule: a score that does not exceed every score of the last `refractory` probation periods
    becomes 0. Scores are compared as they were before this rule: a silenced score still silences weaker ones after it.

    Parameters
    ----------
    params : ModelParams
    probation : int
        Records: the gate's window and the refractory period are shares of it.

    Examples
    --------
    >>> params = ModelParams.model_validate({"anomaly": {"refractory": 0.2, "value_range_tolerance": None}})
    >>> evidence = np.array([0.5, 0.4, 0.6, 0.1, 0.2, 0.3])
    >>> scores, novelty, out_of_range = Vote(params, probation=10).run(evidence[np.newaxis], evidence, np.zeros(6))
    >>> scores.tolist()
    [0.5, 0.0, 0.6, 0.0, 0.0, 0.3]
    """

    def __init__(self, params: ModelParams, probation: int) -> None:
        anomaly, gate = params.anomaly, params.gate
        period = math.floor(anomaly.refractory * probation) if anomaly.refractory else 0
        rules = kernel.VoteRules(
            gate_weight=gate.weight if gate else 0.0,
            tolerance=-1.0 if anomaly.value_range_tolerance is None else anomaly.value_range_tolerance,
            period=period,
            predictions=1 if params.predicts else 0,
        )
        window = max(1, math.floor(gate.window * probation)) if gate else 1
        seen = np.array([np.inf, -np.inf])
        self._state = (rules, kernel.mean_state(window), seen, kernel.refractory_state(period))

    def kernel_state(self) -> tuple[Any, ...]:
        """Return rules, mean error, range of values and refractory state."""
        return self._state

    def run(
        self, evidence: NDArray[np.float64], raw: NDArray[np.float64], values: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
        """Score records.

        Parameters
        ----------
        evidence : ndarray of float64, shape (voters, records)
            In [0, 1]; the voter that predicts comes first.
        raw, values : ndarray of float64, shape (records,)
            Raw anomaly scores (prediction errors), and the metric.

        Returns
        -------
        scores : ndarray of float64, shape (records,)
            In [0, 1].
        novelty : ndarray of float64, shape (records,)
            Noisy-OR of the voters that do not predict, in [0, 1].
        out_of_range : ndarray of bool, shape (records,)
            Whether the value left the range seen before it.
        """
        scores, novelty = np.empty(len(values)), np.empty(len(values))
        out_of_range = np.zeros(len(values), dtype=np.bool_)
        kernel.judge_box(self.boxed, evidence, raw, values, scores, novelty, out_of_range)
        return scores, novelty, out_of_range
