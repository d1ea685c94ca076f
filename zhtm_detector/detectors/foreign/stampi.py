"""Stumpy's left matrix profile as a detector under NAB's contract; needs the package stumpy.

Its kernels take most of a minute to compile. Importing this module does so, because that happens once, in the process
that forks for each file (child.py).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np
import stumpy

from zhtm_detector.detectors.base import DataSet
from zhtm_detector.detectors.foreign.adapters import Adapter

stumpy.stumpi(np.arange(16.0) % 5, 4, egress=True).update(0.0)


class Stampi(Adapter):
    """Stumpy's left matrix profile, value by value: how far the last 100 records are from the closest 100 before.

    It keeps as many values as the probationary period has.
    """

    window = 100

    def __init__(self, dataSet: DataSet, probationaryPercent: float) -> None:
        super().__init__(dataSet, probationaryPercent, None)

    def initialize(self) -> None:
        """Start with the probationary period's values."""
        self._first: deque[float] = deque()
        self._stream: Any = None

    def handleRecord(self, inputData: Mapping[str, Any]) -> list[float]:
        """Score one record: 0 in the probationary period."""
        value = float(inputData["value"])
        if self._stream is None:
            self._first.append(value)
            self._records += 1
            if len(self._first) >= max(self.probationaryPeriod, 2 * self.window):
                self._stream = stumpy.stumpi(np.array(self._first), self.window, egress=True)
            return [0.0]
        self._stream.update(value)
        return [self._place(float(self._stream.left_P_[-1]))]

    def _score(self, values: list[float]) -> float:
        raise NotImplementedError("it scores records")
