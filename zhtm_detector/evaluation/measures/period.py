"""The sliding window of VUS-PR, from the values: their period."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zhtm_detector.htm.checks import LARGEST_VALUE, finite_many

WITHOUT_PERIOD = 125  # records
_MOST_RECORDS = 20_000  # that are looked at
_LEAST_LAG, _MOST_LAG = 3, 400  # of the autocorrelation
_LEAST, _MOST = 3, 300  # a period, counted from the least lag on


def sliding_window(values: ArrayLike) -> int:
    """Find the period of a series: the lag of the highest local maximum of its autocorrelation.

    Source: TSB-AD's `find_length`, with all its constants.

    Parameters
    ----------
    values : array-like of float, shape (n,)

    Returns
    -------
    int
        In records, from 6 to 303; 125 if there is no local maximum there, or the highest one lies outside.

    Raises
    ------
    ValueError
        For a value that is not finite, or beyond 1e150 in size.

    Examples
    --------
    >>> sliding_window(np.sin(np.arange(1000) * 2 * np.pi / 48))
    48
    >>> sliding_window(np.arange(1000.0)), sliding_window([5.0] * 1000)
    (125, 125)
    """
    array = finite_many("values", values, least=-LARGEST_VALUE, most=LARGEST_VALUE)[:_MOST_RECORDS]
    lags = _autocorrelation(array, _MOST_LAG)[_LEAST_LAG:]
    if lags.size < 3:
        return WITHOUT_PERIOD
    inner = lags[1:-1]
    peaks = np.flatnonzero((inner > lags[:-2]) & (inner > lags[2:])) + 1
    if not peaks.size:
        return WITHOUT_PERIOD
    highest = int(peaks[np.argmax(lags[peaks])])
    return highest + _LEAST_LAG if _LEAST <= highest <= _MOST else WITHOUT_PERIOD


def _autocorrelation(values: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """Autocorrelation at lags 0 to `most`, biased, by FFT; empty for constant values."""
    if not values.size or values.min() == values.max():
        return np.empty(0)
    centred = values - values.mean()
    # A power of two, which changes no digit, so that squares neither overflow nor vanish.
    centred = np.ldexp(centred, -np.frexp(np.abs(centred).max())[1])
    size = 1 << (2 * values.size).bit_length()  # room enough that nothing wraps around
    spectrum = np.fft.rfft(centred, size)
    covariance: NDArray[np.float64] = np.fft.irfft(spectrum * spectrum.conj(), size)[: min(values.size, most + 1)]
    covariance /= covariance[0]
    return covariance
