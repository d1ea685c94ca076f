"""A model's way of streams: one record through all of its parts in one compiled call."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.anomaly import BlockNovelty, ValueNovelty, Vote
from zhtm_detector.anomaly.likelihood import AnomalyLikelihood
from zhtm_detector.column import CorticalColumn
from zhtm_detector.kernels import record as kernel
from zhtm_detector.kernels._sources import SOURCES
from zhtm_detector.kernels.box import Boxed


class Parts(NamedTuple):
    """The parts of a model; None for what it has not."""

    column: CorticalColumn | None
    likelihood: AnomalyLikelihood | None
    value_novelty: ValueNovelty | None
    block_novelty: BlockNovelty | None
    vote: Vote


class OneRecord(Boxed):
    """Takes a record through the parts of a model, as they do one after the other.

    Parameters
    ----------
    parts : Parts
        They stay the model's own: what they have learned is seen here, and the other way round.
    prediction_weight : float
        Of the prediction error's evidence in the vote.
    span : float, optional
        The range of values to measure distances by; None: that of the records so far.
    seen : ndarray of float64, shape (2,)
        The lowest and the highest value so far, the model's own: read and changed where `span` is None.
    """

    def __init__(self, parts: Parts, prediction_weight: float, span: float | None, seen: NDArray[np.float64]) -> None:
        self._parts = parts
        self._memory_version = 0
        self._rules = kernel.Rules(prediction_weight, span is None)
        shift = parts.column.encoder.shift if parts.column else np.zeros(0, dtype=np.uint32)
        given = (parts.column, parts.value_novelty, parts.block_novelty)
        self._buffers = kernel.Buffers(
            value=np.zeros(1),
            time=np.zeros(1),
            span=np.array([0.0 if span is None else span]),
            seen=seen,
            shift=shift,
            bits=np.zeros_like(shift),
            offsets=np.zeros(2, dtype=np.int64),
            raw=np.zeros(1),
            likelihood=np.zeros(1),
            evidence=np.zeros((sum(part is not None for part in given), 1)),
            score=np.zeros(1),
            novelty=np.zeros(1),
            leaves=np.zeros(1, dtype=np.bool_),
            sources=np.zeros(1, dtype=SOURCES),
        )

    def held(self) -> tuple[Any, ...]:
        """Give the parts, as the kernel takes them."""
        column, *others = self._parts
        predicting = (column.spatial_pooler, column.temporal_memory) if column else (None, None)
        parts = (part.held() if part else None for part in (*predicting, *others))
        return *parts, self._rules, self._buffers

    def step(
        self, fields: tuple[Any, ...], value: float, time: float, learn: bool
    ) -> tuple[float, float, float, float, bool]:
        """Take one record.

        Parameters
        ----------
        fields : tuple
            Of the record, in the order of the encoder's parts; not looked at where nothing predicts.
        value : float
        time : float
            Time of day as a fraction of the day.
        learn : bool

        Returns
        -------
        score, raw, likelihood, novelty : float
        out_of_range : bool

        Raises
        ------
        ValueError
            When the encoder refuses a field; nothing has changed then.
        """
        column = self._parts.column
        if column is None:
            result = kernel.step(self.boxed, None, value, time, learn)
            assert result is not None  # nothing that would have to grow
            return result
        bits, memory = column.encoder.pieces(fields), column.temporal_memory
        while True:
            if memory.version != self._memory_version:
                self._unbox()
                self._memory_version = memory.version
            result = kernel.step(self.boxed, bits, value, time, learn)
            if result is not None:
                return result
            memory.grow()
