"""The detector as a model of PySAD (`pip install zhtm-detector[pysad]`)."""

from __future__ import annotations

from typing import Any

import numpy as np
from pysad.core.base_model import BaseModel

from zhtm_detector.common.errors import InputError
from zhtm_detector.streams.adapter import Online


class HTMDetector(Online, BaseModel):  # type: ignore[misc]  # PySAD is not always installed
    """HTM anomaly detector as a PySAD model: a model for each column, and one score.

    `score_partial` changes nothing; `fit_score_partial` costs no more than `fit_partial`.

    Parameters
    ----------
    preset, value, timestamp, interval, minimum, maximum, probation, seed
        As in `streams.adapter.Adapter`.

    Examples
    --------
    >>> detector = HTMDetector(interval=3600, probation=100)
    >>> scores = detector.fit_score(np.arange(400.0).reshape(-1, 1) % 24)
    >>> detector.score_partial(np.array([16.0])) < 0.5 < detector.score_partial(np.array([30.0]))
    True
    """

    def fit_partial(self, X: Any, y: object = None) -> HTMDetector:
        """Take in a record, an array of shape (columns,)."""
        self.fit_score_partial(X)
        return self

    def score_partial(self, X: Any) -> float:
        """Return the anomaly score, in [0, 1], of a record that would come next."""
        return self._models.score(*self._split(_fields(X)))

    def fit_score_partial(self, X: Any, y: object = None) -> float:
        """Take in a record and return its score."""
        return self._models.learn(*self._split(_fields(X)))


def _fields(row: Any) -> dict[int, Any]:
    array = np.asarray(row)
    if array.ndim != 1:
        raise InputError(f"X: expected an array of shape (columns,), got shape {array.shape}")
    return dict(enumerate(array.tolist()))
