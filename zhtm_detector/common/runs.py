"""Runs of true values in a mask."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def runs_of(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the first and the last index of each unbroken run of true values.

    Parameters
    ----------
    mask : ndarray of bool, shape (n,)

    Returns
    -------
    firsts, lasts : ndarray of int64, shape (runs,)
        In order; both ends belong to the run.

    Examples
    --------
    >>> firsts, lasts = runs_of(np.array([True, True, False, True]))
    >>> firsts.tolist(), lasts.tolist()
    ([0, 3], [1, 3])
    """
    steps = np.diff(mask.astype(np.int8), prepend=np.int8(0), append=np.int8(0))
    return np.flatnonzero(steps > 0), np.flatnonzero(steps < 0) - 1
