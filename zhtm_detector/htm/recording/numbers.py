"""The single numbers of each record, and their arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from zhtm_detector.htm.model import Step
from zhtm_detector.htm.recording.layout import Arrays

_STEP = ("score", "raw", "likelihood", "novelty", "out_of_range", "silenced", "unsilenced")  # as in Step


class Record(NamedTuple):
    """A record and what the model said of it, besides what its region and views did."""

    clock: int  # microseconds since 1970, on the stream's own clock
    value: float
    learn: bool
    center: float
    deviation: float
    evidence: list[float]
    step: Step


def numbers_of(records: list[Record]) -> Arrays:
    """Return the arrays of single numbers."""
    arrays: Arrays = {
        "time": np.array([record.clock for record in records], dtype=np.int64),
        "evidence": np.array([record.evidence for record in records], dtype=np.float64),
        "learned": np.array([record.learn for record in records], dtype=np.uint8),
    }
    for name in ("value", "center", "deviation"):
        arrays[name] = np.array([getattr(record, name) for record in records], dtype=np.float64)
    for place, name in enumerate(_STEP):
        kind = np.uint8 if name in ("out_of_range", "silenced") else np.float64
        arrays[name] = np.array([record.step[place] for record in records], dtype=kind)
    return arrays
