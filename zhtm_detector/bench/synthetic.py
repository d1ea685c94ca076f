"""An endless seasonal stream."""

from __future__ import annotations

import numpy as np
import pandas as pd

from zhtm_detector.bench.timed_stream import TimedStream

_RECORDS_PER_DAY = 288  # one every five minutes
_START = np.datetime64("2026-01-01", "us")
_FIVE_MINUTES = np.timedelta64(300, "s")


class SeasonalStream:
    """Five-minute records with a daily and a weekly cycle, noise and rare spikes, without end.

    Parameters
    ----------
    seed : int
        The same seed gives the same values, whatever the sizes of the chunks that are taken.

    Examples
    --------
    >>> stream = SeasonalStream(seed=1)
    >>> first, second = stream.take(2), stream.take(1)
    >>> again = SeasonalStream(seed=1).take(3)
    >>> bool((np.concatenate([first.values, second.values]) == again.values).all())
    True
    """

    def __init__(self, seed: int) -> None:
        # One generator per purpose, so that the values do not depend on the size of the chunks.
        self._noise, self._spikes, self._sizes = np.random.default_rng(seed).spawn(3)
        self._done = 0

    def take(self, records: int) -> TimedStream:
        """Return the next records."""
        numbers = np.arange(self._done, self._done + records)
        self._done += records
        day = numbers / _RECORDS_PER_DAY * 2 * np.pi
        spikes = (self._spikes.random(records) < 0.003) * self._sizes.normal(0, 60, records)
        values = 50 + 20 * np.sin(day) + 10 * np.sin(day / 7) + self._noise.normal(0, 5, records) + spikes
        timestamps = pd.DatetimeIndex(_START + numbers * _FIVE_MINUTES)
        return TimedStream("seasonal", timestamps, values, 0.0, 100.0, 750)
