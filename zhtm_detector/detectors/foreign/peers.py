"""Today's streaming detectors of other libraries, untuned: at their defaults, or with the one setting that is noted.

Each is named by the text that `--detectors` takes. They need the extra `peers`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from zhtm_detector.detectors.base import DataSet
from zhtm_detector.detectors.foreign.adapters import PysadAdapter

_ROOM = "zhtm_detector.detectors.foreign"
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


class KnnCad(PysadAdapter):
    """PySAD's KNN-CAD, which has to be told the length of the probationary period, and calibrates its scores itself."""

    def __init__(self, dataSet: DataSet, probationaryPercent: float) -> None:
        from pysad.models import KNNCAD

        super().__init__(dataSet, probationaryPercent, None, calibration="none")
        self.detector = KNNCAD(probationary_period=int(self.probationaryPeriod))


PEERS: dict[str, Peer] = {
    "halfSpaceTrees": Peer(f"{_ROOM}.peers:half_space_trees", "river", "behind a min-max scaler, as documented"),
    "gaussianScorer": Peer("river.anomaly:GaussianScorer", "river"),
    "standardDeviations": Peer("river.anomaly:StandardAbsoluteDeviation", "river"),
    "holtWinters": Peer(f"{_ROOM}.peers:HoltWinters", "river", "alpha=0.3, which has no default"),
    "loda": Peer("pysad.models:LODA", "pysad"),
    "xStream": Peer("pysad.models:xStream", "pysad"),
    "rrcf": Peer("pysad.models:RobustRandomCutForest", "pysad"),
    "iforestASD": Peer("pysad.models:IForestASD", "pysad"),
    "knnCad": Peer(f"{_ROOM}.peers:KnnCad", "pysad", "told the probationary period"),
    "stampi": Peer(
        "zhtm_detector.detectors.foreign.stampi:Stampi", "stumpy", "patterns of 100 records; a length has no default"
    ),
    "isolationForest": Peer("sklearn.ensemble:IsolationForest", "scikit-learn", "fitted on the probation"),
    "oneClassSVM": Peer("sklearn.svm:OneClassSVM", "scikit-learn", "fitted on the probation"),
    "ecod": Peer("pyod.models.ecod:ECOD", "pyod", "fitted on the probation"),
    "hbos": Peer("pyod.models.hbos:HBOS", "pyod", "fitted on the probation"),
}
