"""What of a model a predictor sees: the winner cells of a region, or the active minicolumns of columns."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.columns import Columns
from zhtm_detector.htm.params import ColumnParams, ModelParams
from zhtm_detector.htm.predicting.predictor import Predictor, checked_steps, listed_steps
from zhtm_detector.htm.prediction import Prediction
from zhtm_detector.htm.region import Region

_NONE = np.zeros(0, dtype=np.int64)


def predictor_of(params: ModelParams, steps: Iterable[int]) -> Predictor | None:
    """Return the predictor of a model with these parameters; None for no steps."""
    listed = listed_steps("predict_steps", steps)
    return Predictor(checked_steps("predict_steps", listed), cells=_size_of(params)) if listed else None


def _size_of(params: ModelParams) -> int:
    """Return how many bits `active_bits` chooses from."""
    if params.columns:
        return sum(_minicolumns(group) for group in params.columns)
    cells = params.spatial_pooler.columns * params.temporal_memory.cells_per_column
    return cells if params.predicts else 0


def active_bits(prediction: Prediction | None) -> NDArray[np.int64]:
    """Return the bits that say where in its sequences a stream is, after the last record.

    Of a region they are the winner cells: one cell of each active minicolumn stands for the context, where all active
    cells of a burst would only repeat the minicolumn. Of columns they are the minicolumns active in the last block of
    each column that has a context and the finest blocks, one column after the other. None while no range is known.
    """
    source = prediction.source if prediction else None
    if isinstance(source, Region):
        return source.temporal_memory.winner_cells.astype(np.int64)
    if not isinstance(source, Columns):
        return _NONE
    parts = []
    first = 0
    for group in source.groups:
        active = group.memory.last_active[: len(group.params.sees)]  # the columns of the finest scale come first
        if active.size:
            parts.append(np.flatnonzero(active) + first)
            first += active.size
    return np.concatenate(parts) if parts else _NONE


def _minicolumns(group: ColumnParams) -> int:
    """Return the minicolumns of the columns of a group with the finest blocks; 0 without context."""
    if group.temporal_memory.context == 0:
        return 0
    pooler = group.spatial_pooler
    minicolumns = group.encoder.bits("mean_at_time" in group.sees) if pooler is None else pooler.columns
    return len(group.sees) * minicolumns
