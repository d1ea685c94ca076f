"""From a bucket of values to active minicolumns: the encoder and spatial pooler that the columns of a group share."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.checks import flag, params_of, seed_of, whole
from zhtm_detector.htm.encoders import DateEncoder, RandomDistributedScalarEncoder
from zhtm_detector.htm.kernels.columns import TIMES
from zhtm_detector.htm.kernels.rows import DAY
from zhtm_detector.htm.params import ColumnEncoderParams, SpatialPoolerParams
from zhtm_detector.htm.spatial_pooler import SpatialPooler

_MIDNIGHT = datetime(2000, 1, 1)


class MinicolumnRows:
    """The active minicolumns of every bucket, and of every bucket at a time of day.

    The bits are those of the value at each resolution, then those of the time of day. All resolutions are derived from
    the finest one's bucket, so that a bucket has one set of bits. The spatial pooler does not learn.

    Parameters
    ----------
    encoder : ColumnEncoderParams
    spatial_pooler : SpatialPoolerParams or None
        None: the encoder's bits are the minicolumns.
    sees_time : bool
        Whether there are bits for the time of day.
    seed : int
    """

    def __init__(
        self, encoder: ColumnEncoderParams, spatial_pooler: SpatialPoolerParams | None, sees_time: bool, seed: int
    ) -> None:
        self._arguments = params_of("encoder", encoder, ColumnEncoderParams), spatial_pooler, sees_time, seed
        seed_of(seed)
        finest = encoder.resolutions[0]
        self._values = [
            RandomDistributedScalarEncoder(
                encoder.size, encoder.active_bits, resolution=resolution / finest, seed=(seed + number) % 2**32
            )
            for number, resolution in enumerate(encoder.resolutions)
        ]
        self._time = DateEncoder(time_of_day=encoder.time_of_day) if flag("sees_time", sees_time) else None
        self.time_buckets = self._time.size if self._time else 0
        size = sum(part.size for part in self._values) + self.time_buckets
        self._pooler: SpatialPooler | None = None
        self.minicolumns, self.most_active = size, sum(part.active_bits for part in self._values)
        if self._time is not None:
            self.most_active += self._time.active_bits
        if spatial_pooler is not None:
            self._pooler = SpatialPooler(size, spatial_pooler, np.random.default_rng(seed))
            self.minicolumns, self.most_active = spatial_pooler.columns, self._pooler.most_winners

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave out the rows' megabytes: the parameters draw the same pools again, once per process."""
        return minicolumn_rows, self._arguments

    def row(self, number: int) -> NDArray[np.uint16]:
        """Return the number of active minicolumns, then their sorted indices, shape (most_active + 1,), 0 padded."""
        bucket, time = divmod(whole("number", number, -(2**63) + 1, 2**63 - 1), TIMES)
        parts = []
        first = 0
        for part in self._values:
            parts.append(part.encode(float(bucket)).indices + np.uint32(first))
            first += part.size
        if time > 0 and self._time is not None:
            # The earliest moment of this bucket of the time of day.
            moment = _MIDNIGHT + timedelta(microseconds=-(-(time - 1) * DAY // self._time.size))
            parts.append(self._time.encode(moment).indices + np.uint32(first))
        active = np.concatenate(parts)
        if self._pooler is not None:
            active = self._pooler.compute(active, learn=False)
        row = np.zeros(self.most_active + 1, dtype=np.uint16)
        row[0] = len(active)
        row[1 : 1 + len(active)] = active
        return row


@lru_cache(maxsize=8)  # a few megabytes each; streams of one preset share them, because nothing in them changes
def minicolumn_rows(
    encoder: ColumnEncoderParams, spatial_pooler: SpatialPoolerParams | None, sees_time: bool, seed: int
) -> MinicolumnRows:
    """Return the rows of these parameters, drawn once per process."""
    return MinicolumnRows(encoder, spatial_pooler, sees_time, seed)
