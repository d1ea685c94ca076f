"""NAB's probationary period: the records at the start of a file that do not count."""

from __future__ import annotations

from math import floor


def probationary_period(percent: float, length: int) -> int | float:
    """Index of the first record that counts, as NAB computes it.

    Parameters
    ----------
    percent : float
        Share of the file, in [0, 1]; NAB uses 0.15.
    length : int
        Records in the file.

    Returns
    -------
    int or float
        ``floor(percent * length)``, an int, but at most ``percent * 5000``, a float (750.0 for a long file).

    Notes
    -----
    Source: numenta/NAB, nab/util.py and nab/sweeper.py.

    Examples
    --------
    >>> probationary_period(0.15, 4032), probationary_period(0.15, 22695)
    (604, 750.0)
    """
    return min(floor(percent * length), percent * 5000)
