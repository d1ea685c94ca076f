"""From the evidence of all voters to the score: gate, vote, value range, refractory rule, in one compiled call."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zhtm_detector.htm.checks import LARGEST, finite_columns, finite_many, params_of, whole
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
        params_of("params", params, ModelParams)
        probation = whole("probation", probation, 0, 2**24)
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
        self, evidence: NDArray[np.float64], raw: ArrayLike, values: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
        """Score records.

        Parameters
        ----------
        evidence : ndarray of float, shape (voters, records)
            In [0, 1]; the voter that predicts comes first.
        raw, values : array_like of float, shape (records,)
            Raw anomaly scores (prediction errors) in [0, 1], and the metric, finite.

        Returns
        -------
        scores : ndarray of float64, shape (records,)
            In [0, 1].
        novelty : ndarray of float64, shape (records,)
            Noisy-OR of the voters that do not predict, in [0, 1].
        out_of_range : ndarray of bool, shape (records,)
            Whether the value left the range seen before it.

        Raises
        ------
        ValueError
            For numbers out of their range, or another shape; nothing has changed then.
        """
        errors, metric = finite_columns(raw=(raw, 0.0, 1.0), values=(values, -LARGEST, LARGEST))
        if not isinstance(evidence, np.ndarray) or evidence.ndim != 2 or evidence.shape[1] != len(metric):
            got = getattr(evidence, "shape", type(evidence).__name__)
            raise ValueError(f"evidence: expected an array of shape (voters, {len(metric)}), got {got}")
        voters = finite_many("evidence", evidence.ravel(), "evidence", 0.0, 1.0).reshape(evidence.shape)
        return self.run_checked(voters, errors, metric)

    def run_checked(
        self, evidence: NDArray[np.float64], raw: NDArray[np.float64], values: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
        """As `run`, for arrays that are known to be valid."""
        scores, novelty = np.empty(len(values)), np.empty(len(values))
        out_of_range = np.zeros(len(values), dtype=np.bool_)
        kernel.judge_box(self.boxed, evidence, raw, values, scores, novelty, out_of_range)
        return scores, novelty, out_of_range
