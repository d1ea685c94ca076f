"""Columns without a sequence: how new a value, or a pattern of blocks, is among all that the column has stored.

In HTM terms a stored pattern is a dendritic segment that samples a whole pattern: it grows when none matches, and the
one matched longest ago is evicted when the column is full, so that memory stays bounded.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels import blocks as kernel
from zhtm_detector.htm.kernels import nearest
from zhtm_detector.htm.kernels.box import Boxed
from zhtm_detector.htm.params import BlockNoveltyParams, ValueNoveltyParams

_KINDS = ("mean", "high", "low", "mean_at_time")  # in the kernel's order


class ValueNovelty:
    """Evidence of a single value: its distance to the closest earlier one.

    Parameters
    ----------
    params : ValueNoveltyParams

    Notes
    -----
    Evidence is ``weight * min(1, distance / scale)``, the distance as a share of the range; 0 for the first value.

    Examples
    --------
    >>> column = ValueNovelty(ValueNoveltyParams())
    >>> column.run(np.array([0.0, 10.0, 9.9, 9.8]), spans=np.full(4, 10.0)).round(2).tolist()
    [0.0, 0.8, 0.16, 0.16]
    """

    def __init__(self, params: ValueNoveltyParams) -> None:
        self.params = params
        self._rules = nearest.NearestRules(params.scale, params.weight)
        self._state = nearest.nearest_state(params.capacity)

    def kernel_state(self) -> tuple[Any, ...]:
        """Give values seen and rules, as the kernel takes them."""
        return self._state, self._rules

    def run(self, values: NDArray[np.float64], spans: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weighted evidence in [0, 1] of each value; `spans` is the range to measure by at each record."""
        evidence = np.empty_like(values)
        nearest.run(values, spans, self._state, self._rules, evidence)
        return evidence


class BlockNovelty(Boxed):
    """Evidence of patterns of blocks: a column for each kind of block value, scale and window.

    The stream is cut in blocks of s, 2 s, 4 s… records, s tied to the probation period, so that ends coincide. At the
    end of a block each column of its scale compares its last few block values, and their shape (the same stretched to
    [0, 1]), with every pattern it has stored. The mean L1 distance to the closest is the pattern's novelty; evidence
    is how far that lies above the column's own mean novelty, in its own standard deviations. Between ends of blocks
    there is none.

    Parameters
    ----------
    params : BlockNoveltyParams
    probation : int
        Records in the probation period: sets the block sizes, and when calibration begins.

    Notes
    -----
    The columns vote by noisy-OR, with the strength of `params.strength` independent ones:
    ``1 - product(1 - weight * evidence) ** (strength / columns)``. A standard deviation is taken with
    ``least_deviation`` added, and z of them above the mean are evidence ``1 - 1 / (1 + z / half_evidence)``.
    """

    def __init__(self, params: BlockNoveltyParams, probation: int) -> None:
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
        column = (scales, kernel.KINDS, windows)
        self._views = kernel.Views(
            windows=np.array(params.windows, dtype=np.int64),
            chosen=np.array([kind in params.kinds for kind in _KINDS]),
            sums=np.zeros(scales),
            highs=np.zeros(scales),
            lows=np.zeros(scales),
            filled=np.zeros(scales, dtype=np.int64),
            blocks=np.zeros(scales, dtype=np.int64),
            recent=np.zeros((scales, kernel.KINDS, longest)),
            patterns=np.zeros((*column, params.capacity, 2 * longest)),
            times=np.zeros((*column, params.capacity)),
            used=np.zeros((*column, params.capacity), dtype=np.int64),
            stored=np.zeros(column, dtype=np.int64),
            mean=np.zeros(column),
            variance=np.zeros(column),
            samples=np.zeros(column, dtype=np.int64),
            current=np.zeros(2 * longest),
        )

    def kernel_state(self) -> tuple[Any, ...]:
        """Give views and rules, as the kernel takes them."""
        return self._views, self._rules

    def run(
        self, values: NDArray[np.float64], times: NDArray[np.float64], spans: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Evidence in [0, 1) that the columns give together at each record.

        Parameters
        ----------
        values : ndarray of float64, shape (records,)
        times : ndarray of float64, shape (records,)
            Time of day as a fraction of the day.
        spans : ndarray of float64, shape (records,)
            The range of values to measure distances by, at each record.
        """
        evidence = np.empty_like(values)
        kernel.run_box(self.boxed, values, times, spans, evidence)
        return evidence
