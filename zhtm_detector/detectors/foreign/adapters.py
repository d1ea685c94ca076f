"""Other libraries' detectors under NAB's contract: river, PySAD, scikit-learn and PyOD.

They see the value alone, or with `shingle` the last values, the newest first. Their scores, of any size, are calibrated
by those before (`calibration.py`), unless `calibration=none`.
"""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections import deque
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zhtm_detector.common.text import shown
from zhtm_detector.detectors.base import SCORE_COLUMN, DataSet, OwnAnomalyDetector
from zhtm_detector.detectors.foreign.calibration import Calibration
from zhtm_detector.htm.checks import whole

CALIBRATIONS = ("conformal", "none")
OF_ADAPTER = ("shingle", "calibration")  # arguments that are not the detector's


class Adapter(OwnAnomalyDetector):
    """A detector that is asked value by value.

    Parameters
    ----------
    dataSet, probationaryPercent
        As in NAB's contract.
    detector : object
        Of the other library.
    shingle : int
        Number of the last values that it sees; before there are as many, the first one stands for those missing.
    calibration : str
        "conformal" or "none", which None stands for as well.
    """

    def __init__(
        self,
        dataSet: DataSet,
        probationaryPercent: float,
        detector: Any,
        shingle: int = 1,
        calibration: str | None = "conformal",
    ) -> None:
        super().__init__(dataSet, probationaryPercent)
        self.detector = detector
        self.shingle = whole("shingle", shingle, 1, 10_000)
        calibration = calibration or "none"
        if calibration not in CALIBRATIONS:
            raise ValueError(f"calibration: expected one of {', '.join(CALIBRATIONS)}, got {shown(calibration)}")
        self._calibrate = Calibration() if calibration == "conformal" else float
        self._last: deque[float] = deque(maxlen=self.shingle)
        self._records = 0

    def handleRecord(self, inputData: Mapping[str, Any]) -> list[float]:
        """Score one record."""
        value = float(inputData["value"])
        self._last.extendleft([value] * (1 if self._last else self.shingle))
        return [self._place(self._score(list(self._last)))]

    @abstractmethod
    def _score(self, values: list[float]) -> float:
        """Return the score of the newest value, and learn it."""

    def _place(self, score: float) -> float:
        """Return the calibrated score; 0 for one that a detector cannot give yet, in the probationary period."""
        self._records += 1
        if not isfinite(score):
            if self._records <= self.probationaryPeriod:
                return 0.0
            raise ValueError(f"record {self._records}: expected a finite score, got {score!r}")
        return float(self._calibrate(score))


class RiverAdapter(Adapter):
    """river: `score_one`, then `learn_one`; a detector that predicts gets the value as target, the others as input."""

    def initialize(self) -> None:
        """Find out whether the detector takes a target."""
        parameters = [
            parameter.name
            for parameter in inspect.signature(self.detector.score_one).parameters.values()
            if parameter.default is inspect.Parameter.empty
        ]
        self._has_target = "y" in parameters

    def _score(self, values: list[float]) -> float:
        features = dict(zip((f"value {-i}" for i in range(len(values))), values, strict=True))
        if not self._has_target:
            score = self.detector.score_one(features)
            self.detector.learn_one(features)
            return float(score)
        target = features.pop("value 0")
        score = self.detector.score_one(features, target)
        self.detector.learn_one(features, target)
        return float(score)


class PysadAdapter(Adapter):
    """PySAD: `fit_score_partial`."""

    def _score(self, values: list[float]) -> float:
        return float(np.asarray(self.detector.fit_score_partial(np.array(values))).reshape(()))


class FittedAdapter(Adapter):
    """scikit-learn and PyOD: fitted on the probationary period, whose records score 0; then all others are scored.

    scikit-learn's decision function is high for what is usual, PyOD's, and that of any other class, for what is not.
    scikit-learn scores each row by itself, so all are scored at once; PyOD's detectors may compare rows with each
    other, so each is scored alone. The calibration begins with the scores of the records that it was fitted to.
    """

    def run(self) -> pd.DataFrame:
        """Score the whole file."""
        data = self.dataSet.data
        values = data["value"].to_numpy(dtype=np.float64)
        before = np.concatenate([np.repeat(values[:1], self.shingle - 1), values])
        rows = np.lib.stride_tricks.sliding_window_view(before, self.shingle)[:, ::-1]
        first = int(self.probationaryPeriod)
        if first < 2:
            raise ValueError(f"{first} records: expected at least 2 in the probationary period to fit the detector to")
        self.detector.fit(rows[:first].copy())
        results = data[["timestamp", "value"]].copy()
        placed = [self._place(float(score)) for score in self._scores(rows)]
        results[SCORE_COLUMN] = [0.0] * first + placed[first:]
        return results

    def _scores(self, rows: NDArray[np.float64]) -> Sequence[float] | NDArray[np.float64]:
        if is_sklearn(self.detector):
            return -np.asarray(self.detector.decision_function(rows.copy()), dtype=np.float64).ravel()
        return [np.asarray(self.detector.decision_function(row[np.newaxis].copy())).reshape(()).item() for row in rows]

    def _score(self, values: list[float]) -> float:
        raise NotImplementedError("it is fitted to a whole file")


def is_sklearn(detector: Any) -> bool:
    """Whether it is one of scikit-learn's outlier detectors, or a pipeline or a search that ends in one."""
    while True:
        if any(base.__name__ == "OutlierMixin" for base in type(detector).__mro__):
            return True
        if getattr(detector, "steps", None):
            detector = detector.steps[-1][1]
        elif hasattr(detector, "estimator"):
            detector = detector.estimator
        else:
            return False


# What a class must have, in the order of asking.
CONTRACTS: dict[str, tuple[tuple[str, ...], type[Adapter]]] = {
    "river": (("score_one", "learn_one"), RiverAdapter),
    "pysad": (("fit_score_partial",), PysadAdapter),
    "fitted": (("fit", "decision_function"), FittedAdapter),
}


def contract_of(detector: Any) -> str:
    """Return the contract that a class or an object keeps: nab, or a key of `CONTRACTS`.

    Raises
    ------
    ValueError
        If it keeps none.
    """
    if callable(getattr(detector, "handleRecord", None)):
        return "nab"
    for name, (methods, _) in CONTRACTS.items():
        if all(hasattr(detector, method) for method in methods):
            return name
    wanted = ", ".join(" and ".join(methods) for methods, _ in CONTRACTS.values())
    raise ValueError(f"expected handleRecord, or {wanted}; it has none of these")
