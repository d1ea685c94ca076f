"""An HTM anomaly detector for the Numenta Anomaly Benchmark and for your own streams.

The names below are loaded when they are first used, so that `import zhtm_detector` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zhtm_detector.detectors.zhtm import ZhtmDetector
    from zhtm_detector.htm.context_memory import ContextMemory
    from zhtm_detector.htm.encoders import (
        AdaptiveScalarEncoder,
        CategoryEncoder,
        CoordinateEncoder,
        DateEncoder,
        DeltaEncoder,
        Encoder,
        GeospatialEncoder,
        GridCellEncoder,
        LogEncoder,
        MultiEncoder,
        PassThroughEncoder,
        RandomDistributedScalarEncoder,
        ScalarEncoder,
        SDRCategoryEncoder,
        SimHashDocumentEncoder,
        SparsePassThroughEncoder,
    )
    from zhtm_detector.htm.metrics import SpatialPoolerMetrics, TemporalMemoryMetrics
    from zhtm_detector.htm.model import HTMModel, Step, Steps
    from zhtm_detector.htm.params import ModelParams, load_preset
    from zhtm_detector.htm.predicting import Distribution, Predictor, SDRClassifier
    from zhtm_detector.htm.sdr import SDR
    from zhtm_detector.htm.spatial_pooler import SpatialPooler
    from zhtm_detector.htm.temporal_memory import TemporalMemory
    from zhtm_detector.streams.pool import ModelPool

__all__ = [
    "SDR",
    "AdaptiveScalarEncoder",
    "CategoryEncoder",
    "ContextMemory",
    "CoordinateEncoder",
    "DateEncoder",
    "DeltaEncoder",
    "Distribution",
    "Encoder",
    "GeospatialEncoder",
    "GridCellEncoder",
    "HTMModel",
    "LogEncoder",
    "ModelParams",
    "ModelPool",
    "MultiEncoder",
    "PassThroughEncoder",
    "Predictor",
    "RandomDistributedScalarEncoder",
    "SDRCategoryEncoder",
    "SDRClassifier",
    "ScalarEncoder",
    "SimHashDocumentEncoder",
    "SparsePassThroughEncoder",
    "SpatialPooler",
    "SpatialPoolerMetrics",
    "Step",
    "Steps",
    "TemporalMemory",
    "TemporalMemoryMetrics",
    "ZhtmDetector",
    "load_preset",
]

_HOMES = {
    "AdaptiveScalarEncoder": "htm.encoders",
    "CategoryEncoder": "htm.encoders",
    "CoordinateEncoder": "htm.encoders",
    "DateEncoder": "htm.encoders",
    "DeltaEncoder": "htm.encoders",
    "Encoder": "htm.encoders",
    "GeospatialEncoder": "htm.encoders",
    "GridCellEncoder": "htm.encoders",
    "LogEncoder": "htm.encoders",
    "MultiEncoder": "htm.encoders",
    "PassThroughEncoder": "htm.encoders",
    "RandomDistributedScalarEncoder": "htm.encoders",
    "SDRCategoryEncoder": "htm.encoders",
    "ScalarEncoder": "htm.encoders",
    "SimHashDocumentEncoder": "htm.encoders",
    "SparsePassThroughEncoder": "htm.encoders",
    "Recorder": "htm.recording",
    "SDR": "htm.sdr",
    "Trace": "htm.recording",
    "ContextMemory": "htm.context_memory",
    "Distribution": "htm.predicting",
    "HTMModel": "htm.model",
    "ModelParams": "htm.params",
    "ModelPool": "streams.pool",
    "Predictor": "htm.predicting",
    "SDRClassifier": "htm.predicting",
    "SpatialPooler": "htm.spatial_pooler",
    "SpatialPoolerMetrics": "htm.metrics",
    "Step": "htm.model",
    "Steps": "htm.model",
    "TemporalMemory": "htm.temporal_memory",
    "TemporalMemoryMetrics": "htm.metrics",
    "ZhtmDetector": "detectors.zhtm",
    "load_preset": "htm.params",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
