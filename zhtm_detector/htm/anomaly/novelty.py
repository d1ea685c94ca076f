"""Voters without sequence memory: how far a value, or a pattern of blocks, is from everything stored so far.

In HTM terms a stored pattern is a dendritic segment that samples a whole pattern. It grows when no other matches; when
the store is full, the least recently matched one is evicted, so memory stays bounded.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zhtm_detector.htm.checks import LARGEST, finite_columns, params_of, whole
from zhtm_detector.htm.kernels import blocks as kernel
from zhtm_detector.htm.kernels import nearest
from zhtm_detector.htm.kernels.box import Boxed
from zhtm_detector.htm.params import BlockNoveltyParams, ValueNoveltyParams
from zhtm_detector.htm.saved import MOST_RECORDS, Arrays, Given, ascends, restore_blocks, used

KINDS = ("mean", "high", "low", "mean_at_time")  # in the kernel's order
# Arrays that are saved, with their limits.
_CURRENT = ("sums", "highs", "lows", "filled", "blocks")
_CALIBRATION = {"mean": 1e100, "variance": 1e250, "samples": MOST_RECORDS}
_LAST = {"novelty": 1e100, "evidence": 1.0, "streak": MOST_RECORDS}
_LARGEST_SUM = 1e165  # of a block of a model's values; differences and sums of such numbers are finite
_OF_PATTERNS = {"patterns": (-_LARGEST_SUM, _LARGEST_SUM), "times": (0.0, 1.0), "used": (0, MOST_RECORDS)}


class ValueNovelty:
    """Evidence from a single value: its distance to the closest earlier value.

    Parameters
    ----------
    params : ValueNoveltyParams

    Notes
    -----
    Evidence is ``weight * min(1, distance / scale)`` with the distance as a share of the range; 0 for the first value.

    Examples
    --------
    >>> voter = ValueNovelty(ValueNoveltyParams())
    >>> voter.run(np.array([0.0, 10.0, 9.9, 9.8]), spans=np.full(4, 10.0)).round(2).tolist()
    [0.0, 0.8, 0.16, 0.16]
    """

    def __init__(self, params: ValueNoveltyParams) -> None:
        self.params = params_of("params", params, ValueNoveltyParams)
        self._rules = nearest.NearestRules(params.scale, params.weight)
        self._state = nearest.nearest_state(params.capacity)

    def state_arrays(self) -> Arrays:
        """Return the values that are saved, the oldest first."""
        count, oldest = self._state.counts
        return {"values": np.roll(self._state.arrived[:count], -oldest)}

    def restore(self, given: Given) -> None:
        """Restore the values seen from an array as `state_arrays` returns it."""
        values = given.take("values", np.float64, (None,))
        given.check(len(values) <= len(self._state.ordered), "values", f"at most {len(self._state.ordered)}")
        ordered = np.sort(values)
        given.check(ascends(ordered), "values", "different numbers")
        self._state.ordered[: len(values)], self._state.arrived[: len(values)] = ordered, values
        self._state.counts[:] = len(values), 0

    def kernel_state(self) -> tuple[Any, ...]:
        """Return the values seen and the rules for the kernel's box."""
        return self._state, self._rules

    def run(self, values: ArrayLike, spans: ArrayLike) -> NDArray[np.float64]:
        """Return the evidence of each value, in [0, 1]; `spans` is the range of values at each record.

        Raises
        ------
        ValueError
            For numbers that are not finite, a negative span, or another shape; nothing has changed then.
        """
        return self.run_checked(*finite_columns(values=(values, -LARGEST, LARGEST), spans=(spans, 0.0, LARGEST)))

    def run_checked(self, values: NDArray[np.float64], spans: NDArray[np.float64]) -> NDArray[np.float64]:
        """As `run`, for arrays that are known to be valid."""
        evidence = np.empty_like(values)
        state, rules = self.kernel_state()
        nearest.run(values, spans, state, rules, evidence)
        return evidence


class BlockNovelty(Boxed):
    """Evidence from patterns of blocks, with one view of the stream per scale, kind of block value, and window.

    The stream is cut into blocks of s, 2 s, 4 s… records, s tied to the probation period, so that coarse blocks end
    together with finer ones. At the end of a block each view of its scale compares its last few block values, and their
    shape (the same values rescaled to [0, 1]), with every pattern it has stored. The mean L1 distance to the closest
    one is the novelty of the pattern; evidence is how far the novelty lies above the view's own mean, in the view's own
    standard deviations. Evidence is 0 except at the end of a block.

    Parameters
    ----------
    params : BlockNoveltyParams
    probation : int
        Records in the probation period; determines the block sizes and when calibration begins.

    Notes
    -----
    The views vote by noisy-OR, with the strength of `params.strength` independent views:
    ``1 - product(1 - weight * evidence) ** (strength / views)``. `least_deviation` is added to the standard deviation;
    a novelty z deviations above the mean is evidence ``1 - 1 / (1 + z / half_evidence)``.
    """

    def __init__(self, params: BlockNoveltyParams, probation: int) -> None:
        params_of("params", params, BlockNoveltyParams)
        probation = whole("probation", probation, 0, 2**31 - 1)
        scales, windows, longest = params.scales, len(params.windows), params.windows[-1]
        self._rules = kernel.BlockRules(
            finest=max(1, math.floor(probation / params.blocks + 0.5)),
            probation=probation,
            shape_weight=params.shape_weight,
            time_weight=params.time_weight,
            tolerance=params.tolerance,
            memory=params.memory,
            least_deviation=params.least_deviation,
            half=params.half_evidence,
            weight=params.weight,
            exponent=params.strength / (len(params.kinds) * scales * windows),
        )
        shape = (scales, kernel.KINDS, windows)
        self._views = kernel.Views(
            windows=np.array(params.windows, dtype=np.int64),
            chosen=np.array([kind in params.kinds for kind in KINDS]),
            sums=np.zeros(scales),
            highs=np.zeros(scales),
            lows=np.zeros(scales),
            filled=np.zeros(scales, dtype=np.int64),
            blocks=np.zeros(scales, dtype=np.int64),
            recent=np.zeros((scales, kernel.KINDS, longest)),
            patterns=np.zeros((*shape, params.capacity, 2 * longest)),
            times=np.zeros((*shape, params.capacity)),
            used=np.zeros((*shape, params.capacity), dtype=np.int64),
            stored=np.zeros(shape, dtype=np.int64),
            mean=np.zeros(shape),
            variance=np.zeros(shape),
            samples=np.zeros(shape, dtype=np.int64),
            novelty=np.zeros(shape),
            evidence=np.zeros(shape),
            streak=np.zeros(shape, dtype=np.int64),
            current=np.zeros(2 * longest),
        )

    def state_arrays(self) -> Arrays:
        """Return the arrays that are saved; of each store, the patterns in use."""
        v = self._views
        return {name: getattr(v, name) for name in (*_CURRENT, *_CALIBRATION, *_LAST, "recent", "stored")} | {
            name: _rows(getattr(v, name))[used(_rows(v.used), v.stored.ravel())] for name in _OF_PATTERNS
        }

    def restore(self, given: Given) -> None:
        """Restore what was learned from arrays as `state_arrays` returns them."""
        v = self._views
        restore_blocks(given, v.filled, v.blocks, self._rules.finest)
        for name in ("sums", "highs", "lows", "recent"):
            given.fill(getattr(v, name), name, -_LARGEST_SUM, _LARGEST_SUM)
        for name, most in (_CALIBRATION | _LAST).items():
            given.fill(getattr(v, name), name, 0, most)
        given.fill(v.stored, "stored", 0, v.used.shape[-1])
        filled = used(_rows(v.used), v.stored.ravel())
        for name, (least, most) in _OF_PATTERNS.items():
            rows = _rows(getattr(v, name))
            rows[filled] = given.take(name, rows.dtype, (int(filled.sum()), *rows.shape[2:]), least, most)

    def kernel_state(self) -> tuple[Any, ...]:
        """Return views and rules for the kernel's box."""
        return self._views, self._rules

    def run(self, values: ArrayLike, times: ArrayLike, spans: ArrayLike) -> NDArray[np.float64]:
        """Return the joint evidence of all views at each record, in [0, 1).

        Parameters
        ----------
        values : array_like of float, shape (records,)
        times : array_like of float, shape (records,)
            Time of day as a fraction of the day.
        spans : array_like of float, shape (records,)
            Range of values, the unit of distance, at each record.

        Raises
        ------
        ValueError
            For numbers out of their range, or another shape; nothing has changed then.
        """
        checked = finite_columns(
            values=(values, -LARGEST, LARGEST), times=(times, 0.0, 1.0), spans=(spans, 0.0, LARGEST)
        )
        return self.run_checked(*checked)

    def run_checked(
        self, values: NDArray[np.float64], times: NDArray[np.float64], spans: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """As `run`, for arrays that are known to be valid."""
        evidence = np.empty_like(values)
        kernel.run_box(self.boxed, values, times, spans, evidence)
        return evidence


def _rows(stores: NDArray[Any]) -> NDArray[Any]:
    """Return arrays of shape (scales, kinds, windows, patterns, …) with one row for each store."""
    return stores.reshape(-1, *stores.shape[3:])
