"""A stretch of the stream as columns take it, and what a column is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Records:
    """Records in stream order; arrays of shape (records,)."""

    timestamps: Any  # as the user gave them
    values: NDArray[np.float64]
    times: NDArray[np.float64]  # time of day as a fraction of the day; 0 where no column asks for it
    spans: NDArray[np.float64]  # range of values to measure distances by, at each record
    learn: bool  # whether spatial pooler and temporal memory change


class Voter(Protocol):
    """One view of the stream. It keeps its place: what it is given are its next records."""

    def evidence(self, records: Records) -> NDArray[np.float64]:
        """Weigh each record's evidence of an anomaly, in [0, 1], from it and the past alone."""
        ...
