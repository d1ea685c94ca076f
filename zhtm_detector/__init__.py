"""An HTM anomaly detector for the Numenta Anomaly Benchmark and for your own streams.

The names below are loaded when they are first used, so that `import zhtm_detector` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zhtm_detector.detector import ZhtmDetector
    from zhtm_detector.model import HTMModel, Step, Steps
    from zhtm_detector.params import ModelParams, load_preset
    from zhtm_detector.pool import ModelPool
    from zhtm_detector.sdr import SDR
    from zhtm_detector.spatial_pooler import SpatialPooler
    from zhtm_detector.temporal_memory import TemporalMemory

__all__ = [
    "SDR",
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
    "SDR": "sdr",
    "HTMModel": "model",
    "ModelParams": "params",
    "ModelPool": "pool",
    "SpatialPooler": "spatial_pooler",
    "Step": "model",
    "Steps": "model",
    "TemporalMemory": "temporal_memory",
    "ZhtmDetector": "detector",
    "load_preset": "params",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
