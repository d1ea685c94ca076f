"""Prediction of the values to come: an SDR classifier, and a predictor several steps ahead that is made of some."""

from zhtm_detector.htm.predicting.classifier import SDRClassifier
from zhtm_detector.htm.predicting.distribution import Distribution
from zhtm_detector.htm.predicting.predictor import Predictor

__all__ = ["Distribution", "Predictor", "SDRClassifier"]
