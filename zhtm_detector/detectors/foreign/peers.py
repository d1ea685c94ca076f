"""Today's streaming detectors of other libraries, untuned: at their defaults, or with the one setting that is noted.

Each is named by the text that `--detectors` takes. They need the extra `peers`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from zhtm_detector.detectors.base import DataSet
from zhtm_detector.detectors.foreign.adapters import Adapter

_HERE = "zhtm_detector.detectors.foreign.peers"
_FIRST = 3  # values that the forecaster begins with


class Peer(NamedTuple):
    """A detector of another library."""

    spec: str  # as in --detectors
    library: str  # on PyPI
    note: str = "defaults"


def half_space_trees(seed: int = 42) -> Any:
    """Half-space trees behind a running min-max scaler, because they expect values in [0, 1], as river documents."""
    from river import anomaly, compose, preprocessing

    return compose.Pipeline(preprocessing.MinMaxScaler(), anomaly.HalfSpaceTrees(seed=seed))


class HoltWinters:
    """River's detector by prediction with its Holt-Winters forecaster, which cannot predict the first values."""

    def __init__(self) -> None:
        from river import anomaly, time_series

        self._detector = anomaly.PredictiveAnomalyDetection(time_series.HoltWinters(alpha=0.3))
        self._learned = 0

    def score_one(self, x: Any, y: float) -> float:
        """Return river's score; 0 for the first values."""
        return float(self._detector.score_one(x, y)) if self._learned >= _FIRST else 0.0

    def learn_one(self, x: Any, y: float) -> None:
        """Learn a value."""
        self._detector.learn_one(x, y)
        self._learned += 1


class KnnCad(Adapter):
    """PySAD's KNN-CAD, which has to be told the length of the probationary period."""

    def __init__(self, dataSet: DataSet, probationaryPercent: float) -> None:
        from pysad.models import KNNCAD

        super().__init__(dataSet, probationaryPercent, None)
        self.detector = KNNCAD(probationary_period=int(self.probationaryPeriod))

    def _score(self, values: list[float]) -> float:
        return float(np.asarray(self.detector.fit_score_partial(np.array(values))).reshape(()))


class Stampi(Adapter):
    """Stumpy's left matrix profile, value by value: how far the last 100 records are from the closest 100 before."""

    window = 100

    def __init__(self, dataSet: DataSet, probationaryPercent: float) -> None:
        super().__init__(dataSet, probationaryPercent, None)

    def initialize(self) -> None:
        """Start with the probationary period's values."""
        self._first: deque[float] = deque()
        self._stream: Any = None

    def handleRecord(self, inputData: Mapping[str, Any]) -> list[float]:
        """Score one record: 0 in the probationary period."""
        import stumpy

        value = float(inputData["value"])
        if self._stream is None:
            self._first.append(value)
            if len(self._first) >= max(self.probationaryPeriod, 2 * self.window):
                self._stream = stumpy.stumpi(np.array(self._first), self.window, egress=True)
            return [0.0]
        self._stream.update(value)
        return [self._place(float(self._stream.left_P_[-1]))]

    def _score(self, values: list[float]) -> float:
        raise NotImplementedError("it scores records")


PEERS: dict[str, Peer] = {
    "halfSpaceTrees": Peer(f"{_HERE}:half_space_trees", "river", "behind a min-max scaler, as documented"),
    "gaussianScorer": Peer("river.anomaly:GaussianScorer", "river"),
    "standardDeviations": Peer("river.anomaly:StandardAbsoluteDeviation", "river"),
    "holtWinters": Peer(f"{_HERE}:HoltWinters", "river", "alpha=0.3, which has no default"),
    "loda": Peer("pysad.models:LODA", "pysad"),
    "xStream": Peer("pysad.models:xStream", "pysad"),
    "rrcf": Peer("pysad.models:RobustRandomCutForest", "pysad"),
    "iforestASD": Peer("pysad.models:IForestASD", "pysad"),
    "knnCad": Peer(f"{_HERE}:KnnCad", "pysad", "told the probationary period"),
    "stampi": Peer(f"{_HERE}:Stampi", "stumpy", "patterns of 100 records; a length has no default"),
    "isolationForest": Peer("sklearn.ensemble:IsolationForest", "scikit-learn", "fitted on the probation"),
    "oneClassSVM": Peer("sklearn.svm:OneClassSVM", "scikit-learn", "fitted on the probation"),
    "ecod": Peer("pyod.models.ecod:ECOD", "pyod", "fitted on the probation"),
    "hbos": Peer("pyod.models.hbos:HBOS", "pyod", "fitted on the probation"),
}
