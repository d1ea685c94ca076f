"""From the evidence of all columns to the score: gate, vote, value range, refractory rule, in one compiled call."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels import vote as kernel
from zhtm_detector.htm.kernels.box import Boxed
from zhtm_detector.htm.params import AnomalyParams, GateParams


class Vote(Boxed):
    """What `MeanError`, the noisy-OR, `ValueRange` and `Refractory` say together.

    Parameters
    ----------
    params : AnomalyParams
    gate : GateParams, optional
        The gate, where the model has one.
    probation : int
        Records: the gate's window and the refractory period are shares of it.
    predictions : int
        How many of the columns predict; they come first.
    """

    def __init__(self, params: AnomalyParams, gate: GateParams | None, probation: int, predictions: int) -> None:
        period = math.floor(params.refractory * probation) if params.refractory else 0
        tolerance = params.value_range_tolerance
        self._parts = (
            kernel.VoteRules(
                gate.weight if gate else 0.0, -1.0 if tolerance is None else tolerance, period, predictions
            ),
            kernel.mean_state(max(1, math.floor(gate.window * probation)) if gate else 1),
            np.array([np.inf, -np.inf]),
            kernel.refractory_state(period),
        )

    def kernel_state(self) -> tuple[Any, ...]:
        """Give rules and states, as the kernel takes them."""
        return self._parts

    def run(
        self, evidence: NDArray[np.float64], raw: NDArray[np.float64], values: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
        """Judge records.

        Parameters
        ----------
        evidence : ndarray of float64, shape (columns, records)
        raw, values : ndarray of float64, shape (records,)
            Prediction error, and the metric.

        Returns
        -------
        scores : ndarray of float64, shape (records,)
            In [0, 1].
        novelty : ndarray of float64, shape (records,)
            The vote of the columns that predict nothing, in [0, 1].
        out_of_range : ndarray of bool, shape (records,)
            Whether the value left the range seen before it.
        """
        scores, novelty = np.empty(len(values)), np.empty(len(values))
        out_of_range = np.zeros(len(values), dtype=np.bool_)
        kernel.judge_box(self.boxed, evidence, raw, values, scores, novelty, out_of_range)
        return scores, novelty, out_of_range
