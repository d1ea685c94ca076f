"""ZhtmDetector: the model under NAB's contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from zhtm_detector.detectors.base import AnomalyDetector, DataSet, field_of
from zhtm_detector.htm.checks import params_of
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import DEFAULT_PRESET, ModelParams, load_preset
from zhtm_detector.htm.prediction import checked_records

_CHUNK = 1000  # records between progress reports


class ZhtmDetector(AnomalyDetector):
    """HTM anomaly detector for NAB; emits the anomaly score and the extra column `raw_score`.

    Parameters
    ----------
    dataSet : DataSet
        NAB's data file: `data` has the columns `timestamp` and `value`. The range of all its values sets the encoder's
        resolution, as in every published HTM detector.
    probationaryPercent : float
        Share of the file before the first score that counts, in [0, 1].
    params : ModelParams or str, optional
        A preset, by name or as parameters; by default the default preset.
    seed : int
        The same seed gives the same scores.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> frame = pd.DataFrame({"timestamp": pd.date_range("2026-01-01", periods=3, freq="5min"), "value": [1, 2, 3]})
    >>> detector = ZhtmDetector(SimpleNamespace(data=frame), probationaryPercent=0.15)
    >>> detector.initialize()
    >>> score, raw = detector.handleRecord({"timestamp": frame["timestamp"][0], "value": 1})
    >>> round(score, 6), raw
    (0.0, 1.0)
    """

    def __init__(
        self,
        dataSet: DataSet,
        probationaryPercent: float,
        params: ModelParams | str = DEFAULT_PRESET,
        seed: int = 42,
    ) -> None:
        super().__init__(dataSet, probationaryPercent)
        self.params = load_preset(params) if isinstance(params, str) else params_of("params", params, ModelParams)
        self.seed = seed
        self.on_progress: Callable[[int], None] | None = None  # called with the number of newly scored records

    def initialize(self) -> None:
        """Build the model; NAB calls it in the worker, after the detector was pickled."""
        self.model = HTMModel(
            self.params,
            minimum=float(self.inputMin),
            maximum=float(self.inputMax),
            probation=int(self.probationaryPeriod),
            seed=self.seed,
        )

    def getAdditionalHeaders(self) -> list[str]:
        """Names of the columns after the score."""
        return ["raw_score"]

    def handleRecord(self, inputData: Mapping[str, Any]) -> list[float]:
        """Score one record ({"timestamp": …, "value": …}) as [anomaly score, raw score]."""
        step = self.model.step(field_of(inputData, "timestamp"), field_of(inputData, "value"))
        return [step.score, step.raw]

    def run(self) -> pd.DataFrame:
        """Score the whole file, with the same result as `handleRecord` for each record; a bad one changes nothing."""
        results = self.dataSet.data[["timestamp", "value"]].copy()
        clock, values, _ = checked_records(results["timestamp"], results["value"], True)
        timestamps = clock.view("datetime64[us]")
        scores: list[float] = []
        raws: list[float] = []
        for start in range(0, len(results), _CHUNK):
            chunk = slice(start, start + _CHUNK)
            steps = self.model.run(timestamps[chunk], values[chunk])
            scores += steps.score.tolist()
            raws += steps.raw.tolist()
            if self.on_progress is not None:
                self.on_progress(len(steps.score))
        results["anomaly_score"] = scores
        results["raw_score"] = raws
        return results
