"""From evidence to the score in [0, 1]: likelihood, novelty, value range, vote, refractory rule."""

from zhtm_detector.htm.anomaly.likelihood import AnomalyLikelihood, log_likelihood
from zhtm_detector.htm.anomaly.novelty import BlockNovelty, ValueNovelty
from zhtm_detector.htm.anomaly.value_range import ValueRange
from zhtm_detector.htm.anomaly.vote import Vote

__all__ = [
    "AnomalyLikelihood",
    "BlockNovelty",
    "ValueNovelty",
    "ValueRange",
    "Vote",
    "log_likelihood",
]
