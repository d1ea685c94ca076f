"""The detector in scikit-learn's style (`pip install zhtm-detector[sklearn]`)."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import shown
from zhtm_detector.htm.checks import finite
from zhtm_detector.htm.params import DEFAULT_PRESET, ModelParams
from zhtm_detector.streams.adapter import Adapter, FieldModels, _params


class HTMDetector(OutlierMixin, Adapter, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """HTM anomaly detector in scikit-learn's style: a model for each column, and one score.

    Samples are the records of one stream, in order. What is scored follows what was fitted: the models go on from
    there over all samples of the call, in a copy, so the estimator stays as it was. For the scores of the fitted
    samples themselves there are `fit_predict` and `fit_scores_`.

    Parameters
    ----------
    preset, value, timestamp, interval, minimum, maximum, probation, seed
        As in `streams.adapter.Adapter`; fields are numbers of columns.
    threshold : float, optional
        Anomaly score from which a sample is an outlier; by default the one recommended for the preset.

    Attributes
    ----------
    fit_scores_ : ndarray of float64, shape (samples,)
        Anomaly scores, in [0, 1], of the last samples fitted, each before it was learned.
    offset_ : float
        `decision_function` is `score_samples` less this.

    Examples
    --------
    >>> detector = HTMDetector(interval=3600, probation=100, threshold=0.7)
    >>> detector.fit(np.arange(400.0).reshape(-1, 1) % 24).predict([[16.0], [17.0], [60.0]]).tolist()
    [1, 1, -1]
    """

    def __init__(
        self,
        preset: str | ModelParams = DEFAULT_PRESET,
        value: int | None = None,
        timestamp: int | None = None,
        interval: float = 300.0,
        minimum: float | None = None,
        maximum: float | None = None,
        probation: int = 288,
        seed: int = 42,
        threshold: float | None = None,
    ) -> None:
        super().__init__(preset, value, timestamp, interval, minimum, maximum, probation, seed)
        self.threshold = threshold

    def fit(self, X: Any, y: object = None) -> HTMDetector:
        """Learn a stream from its beginning: an array of shape (samples, columns), NaN where a value is missing."""
        samples = self._validated(X, reset=True)
        threshold = self._threshold()
        self._models = self._started()
        self.offset_ = float(np.nextafter(-threshold, 1.0))  # a score of the threshold is an outlier's
        self.fit_scores_ = self._run(self._models, samples)
        return self

    def partial_fit(self, X: Any, y: object = None) -> HTMDetector:
        """Go on with the stream; the first call begins it."""
        if not hasattr(self, "_models"):
            return self.fit(X)
        self.fit_scores_ = self._run(self._models, self._validated(X, reset=False))
        return self

    def fit_predict(self, X: Any, y: object = None, **kwargs: Any) -> NDArray[np.int64]:
        """Learn a stream and say of each sample, before it was learned, whether it is an inlier, 1, or not, -1."""
        return self._labels(-self.fit(X).fit_scores_ - self.offset_)

    def score_samples(self, X: Any) -> NDArray[np.float64]:
        """Return the samples' anomaly scores times -1, shape (samples,)."""
        check_is_fitted(self)
        return -self._run(deepcopy(self._models), self._validated(X, reset=False))

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return how far the samples are from the threshold, shape (samples,); outliers are below 0."""
        scores = self.score_samples(X)
        return scores - self.offset_

    def predict(self, X: Any) -> NDArray[np.int64]:
        """Return 1 for inliers and -1 for outliers, shape (samples,)."""
        return self._labels(self.decision_function(X))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_models")

    def _threshold(self) -> float:
        threshold = _params(self.preset).alert_threshold if self.threshold is None else self.threshold
        if threshold is None:
            raise InputError("threshold: expected a number, because the preset names none")
        return finite("threshold", threshold, 0.0, 1.0)

    def _validated(self, X: Any, reset: bool) -> NDArray[np.float64]:
        samples: NDArray[np.float64] = validate_data(
            self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=reset
        )
        for name, column in (("value", self.value), ("timestamp", self.timestamp)):
            if column is not None and column not in range(samples.shape[1]):
                raise InputError(f"{name}: expected a column below {samples.shape[1]}, got {shown(column)}")
        return samples

    def _run(self, models: FieldModels, samples: NDArray[np.float64]) -> NDArray[np.float64]:
        columns, times = self._split({number: samples[:, number].copy() for number in range(samples.shape[1])})
        return models.run(columns, times, len(samples))

    @staticmethod
    def _labels(decision: NDArray[np.float64]) -> NDArray[np.int64]:
        return np.where(decision < 0.0, -1, 1)
