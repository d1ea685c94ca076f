"""From the evidence of all voters to the score: gate, vote, value range, refractory rule, in one compiled call."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zhtm_detector.htm.checks import LARGEST, LARGEST_VALUE, finite_columns, finite_many, params_of, whole
from zhtm_detector.htm.kernels import vote as kernel
from zhtm_detector.htm.kernels.box import Boxed
from zhtm_detector.htm.params import ModelParams
from zhtm_detector.htm.saved import MOST_RECORDS, Arrays, Given, ascends, one, seen_range


class Judged(NamedTuple):
    """Results of many records: arrays of shape (records,)."""

    score: NDArray[np.float64]  # in [0, 1]
    novelty: NDArray[np.float64]  # noisy-OR of the voters that do not predict, in [0, 1]
    out_of_range: NDArray[np.bool_]  # whether the value left the range of all values before it
    unsilenced: NDArray[np.float64]  # the score before the refractory rule


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
    >>> Vote(params, probation=10).run(evidence[np.newaxis], evidence, np.zeros(6)).score.tolist()
    [0.5, 0.0, 0.6, 0.0, 0.0, 0.3]
    """

    def __init__(self, params: ModelParams, probation: int) -> None:
        params_of("params", params, ModelParams)
        probation = whole("probation", probation, 0, 2**24)
        anomaly, gate = params.anomaly, params.gate
        period = math.floor(anomaly.refractory * probation) if anomaly.refractory else 0
        rules = kernel.VoteRules(
            gate_weight=gate.weight if gate else 0.0,
            tolerance=anomaly.value_range_tolerance or 0.0,
            range_rule=anomaly.value_range_tolerance is not None,
            period=period,
            predictions=1 if params.predicts else 0,
        )
        window = max(1, math.floor(gate.window * probation)) if gate else 1
        seen = np.array([np.inf, -np.inf])
        streaks = np.zeros(params.voters, dtype=np.int64)
        self._state = (rules, kernel.mean_state(window), seen, kernel.refractory_state(period), streaks)

    def state_arrays(self) -> Arrays:
        """Return the arrays that are saved; the refractory rule's candidates with the first at the beginning."""
        _, mean, seen, quiet, streaks = self._state
        first, count, records = quiet.counts
        places = (first + np.arange(count)) % len(quiet.scores)
        return {
            "errors": mean.ring,
            "error": mean.total,
            "error_records": mean.records,
            "seen": seen,
            "scores": quiet.scores[places],
            "score_records": quiet.records[places],
            "records": one(records),
            "streaks": streaks,
        }

    def restore(self, given: Given) -> None:
        """Restore what was seen from arrays as `state_arrays` returns them."""
        _, mean, seen, quiet, streaks = self._state
        given.fill(streaks, "streaks", 0, MOST_RECORDS)
        given.fill(mean.ring, "errors", 0.0, 1.0)
        given.fill(mean.total, "error", -1.0, len(mean.ring) + 1.0)
        mean.records[0] = given.count("error_records")
        given.check(not mean.ring[mean.records[0] :].any(), "errors", "none of records that have not come")
        fits = abs(mean.total[0] - mean.ring.sum()) <= 1e-6 * len(mean.ring)  # but for rounding
        given.check(bool(fits), "error", "the sum of the errors")
        # Above what a model takes, the range would overflow, and a distance in it be no number.
        seen_range(given, seen, "seen", LARGEST_VALUE)
        scores = given.take("scores", np.float64, (None,), 0.0, 1.0)
        count, records, period = len(scores), given.count("records"), len(quiet.scores) - 1
        given.check(count <= period + 1 and ascends(-scores), "scores", f"at most {period + 1} falling ones")
        # The first may be one record too old: the next record drops it.
        numbers = given.take("score_records", np.int64, (count,), max(0, records - 1 - period), records - 1)
        given.check(ascends(numbers), "score_records", "ascending numbers")
        quiet.scores[:count], quiet.records[:count] = scores, numbers
        quiet.counts[:] = 0, count, records

    def kernel_state(self) -> tuple[Any, ...]:
        """Return rules, mean error, range of values, refractory state, and streaks of high evidence."""
        return self._state

    @property
    def seen(self) -> NDArray[np.float64]:
        """Lowest and highest value so far, shape (2,); infinity and minus infinity before the first."""
        return self._state[2]

    def run(self, evidence: NDArray[np.float64], raw: ArrayLike, values: ArrayLike) -> Judged:
        """Score records.

        Parameters
        ----------
        evidence : ndarray of float, shape (voters, records)
            In [0, 1]; the voter that predicts comes first.
        raw, values : array_like of float, shape (records,)
            Raw anomaly scores (prediction errors) in [0, 1], and the metric, finite.

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
    ) -> Judged:
        """As `run`, for arrays that are known to be valid."""
        score, novelty, unsilenced = np.empty((3, len(values)))
        judged = Judged(score, novelty, np.empty(len(values), dtype=np.bool_), unsilenced)
        kernel.judge_box(self.boxed, evidence, raw, values, *judged)
        return judged
