"""The detector as an estimator of River (`pip install zhtm-detector[river]`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from river import base

from zhtm_detector.streams.adapter import Online


class HTMDetector(Online, base.AnomalyDetector):  # type: ignore[misc]  # River's types are not always installed
    """HTM anomaly detector as a River estimator: a model for each numeric field, and one score.

    `score_one` changes nothing; features may emerge and disappear.

    Parameters
    ----------
    preset, value, timestamp, interval, minimum, maximum, probation, seed
        As in `streams.adapter.Adapter`.

    Examples
    --------
    >>> detector = HTMDetector(value="load", interval=3600, probation=100)
    >>> for hour in range(400):
    ...     detector.learn_one({"load": float(hour % 24)})
    >>> detector.score_one({"load": 16.0}) < 0.5 < detector.score_one({"load": 30.0})
    True
    """

    def learn_one(self, x: dict[Any, Any]) -> None:
        """Take in a record."""
        self._models.learn(*self._split(x))

    def score_one(self, x: dict[Any, Any]) -> float:
        """Return the anomaly score, in [0, 1], of a record that would come next."""
        return self._models.score(*self._split(x))

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        yield {"probation": 50}
