"""From raw prediction error to the score in [0, 1]: likelihood, value range."""

from zhtm_detector.anomaly.likelihood import AnomalyLikelihood, log_likelihood
from zhtm_detector.anomaly.value_range import ValueRange

__all__ = ["AnomalyLikelihood", "ValueRange", "log_likelihood"]
