"""What a region predicted, decoded to values: which values would have activated the predicted columns."""

from __future__ import annotations

from copy import copy, deepcopy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.encoders import RandomDistributedScalarEncoder, ScalarEncoder
from zhtm_detector.htm.explaining.bands import MOST_CANDIDATES, candidates, expected_band, within
from zhtm_detector.htm.explaining.explanation import Band
from zhtm_detector.htm.region import Region


def region_band(region: Region, moment: Any, value: float, raw: float, before: Band) -> Band | None:
    """Return the band of values that the temporal memory predicted for the last record; None if none in particular."""
    encoder: Any = region.encoder.parts["value"]
    if isinstance(encoder, ScalarEncoder):
        origin, unit = encoder.minimum, (encoder.maximum - encoder.minimum) / (encoder.buckets - 1)
    elif isinstance(encoder, RandomDistributedScalarEncoder):
        origin, unit = encoder.offset, encoder.resolution
    else:  # buckets of different widths, or that differ from record to record
        origin, unit = before[0], (before[1] - before[0]) / (MOST_CANDIDATES - 1) if before[0] < before[1] else 1.0
    buckets, step = candidates(*before, origin, unit)
    if not len(buckets):
        return None
    centres = np.asarray(origin + buckets * unit, dtype=np.float64)
    fields = {"value": centres, "timestamp": np.full(len(centres), np.datetime64(moment, "us"))}
    bits = region.encoder.earlier().look_many({name: fields[name] for name in region.encoder.parts})
    pooler = copy(region.spatial_pooler)
    pooler.__dict__.update(_box=None, _scratch=deepcopy(pooler.kernel_state()[2]))  # its own stays as it is
    columns, offsets = pooler.run(bits.astype(np.uint32), learn=False)
    predicted = _predicted_columns(region, raw)
    support = np.array([predicted[some].mean() if some.size else 0.0 for some in np.split(columns, offsets[1:-1])])
    band = expected_band(centres, support, step * unit, value, 1.0 - raw)
    return band if band is None or band[0] <= value <= band[1] else within(band, *before)


def _predicted_columns(region: Region, raw: float) -> NDArray[np.float64]:
    """Return which columns were predicted, shape (columns,); for the active ones, which have learned, their share."""
    memory, rules, _ = region.temporal_memory.kernel_state()
    counts = memory.counts[0]
    active = np.zeros(len(memory.first_of_cell), dtype=np.bool_)
    active[memory.active_cells[1 - counts["side"], : counts["next_active_cells"]]] = True
    used = np.flatnonzero(memory.owner[: counts["highest"]] >= 0)
    synapses = np.arange(memory.presynaptic.shape[1]) < memory.synapses[used][:, np.newaxis]
    synapses &= memory.permanence[used] >= rules.connected
    synapses &= active[np.where(synapses, memory.presynaptic[used], 0)]  # -1 would be 65535 in a uint16
    predictive = memory.owner[used[synapses.sum(axis=1) >= rules.activation]]
    predicted = np.zeros(region.temporal_memory.columns)
    predicted[predictive // rules.cells] = 1.0
    predicted[region.temporal_memory.active_cells // rules.cells] = 1.0 - raw
    return predicted
