"""An HTM anomaly detector for the Numenta Anomaly Benchmark and for your own streams.

The names below are loaded when they are first used, so that `import zhtm_detector` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zhtm_detector.detectors.zhtm import ZhtmDetector
    from zhtm_detector.htm.context_memory import ContextMemory
    from zhtm_detector.htm.model import HTMModel, Step, Steps
    from zhtm_detector.htm.params import ModelParams, load_preset
    from zhtm_detector.htm.sdr import SDR
    from zhtm_detector.htm.spatial_pooler import SpatialPooler
    from zhtm_detector.htm.temporal_memory import TemporalMemory
    from zhtm_detector.streams.pool import ModelPool

__all__ = [
    "SDR",
    "ContextMemory",
    "HTMModel",
    "ModelParams",
    "ModelPool",
    "SpatialPooler",
    "Step",
    "Steps",
    "TemporalMemory",
    "ZhtmDetector",
    "load_preset",
]

_HOMES = {
    "SDR": "htm.sdr",
    "ContextMemory": "htm.context_memory",
    "HTMModel": "htm.model",
    "ModelParams": "htm.params",
    "ModelPool": "streams.pool",
    "SpatialPooler": "htm.spatial_pooler",
    "Step": "htm.model",
    "Steps": "htm.model",
    "TemporalMemory": "htm.temporal_memory",
    "ZhtmDetector": "detectors.zhtm",
    "load_preset": "htm.params",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
