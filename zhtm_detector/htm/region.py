"""A region: encoder, spatial pooler and temporal memory in a row."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.checks import flag, instance, params_of, seed_of
from zhtm_detector.htm.encoders import MultiEncoder
from zhtm_detector.htm.params import SpatialPoolerParams, TemporalMemoryParams
from zhtm_detector.htm.saved import Arrays, Given, named
from zhtm_detector.htm.spatial_pooler import SpatialPooler
from zhtm_detector.htm.temporal_memory import TemporalMemory


class Region:
    """Fields of a record in, prediction error out.

    Parameters
    ----------
    encoder : MultiEncoder
        Encodes the fields of a record.
    spatial_pooler : SpatialPoolerParams
    temporal_memory : TemporalMemoryParams
    seed : int
        Of the generator that spatial pooler and temporal memory draw from.
    """

    def __init__(
        self,
        encoder: MultiEncoder,
        spatial_pooler: SpatialPoolerParams,
        temporal_memory: TemporalMemoryParams,
        seed: int,
    ) -> None:
        self.encoder = instance("encoder", encoder, MultiEncoder)
        # Before the cache, which takes hashable parameters only.
        params_of("spatial_pooler", spatial_pooler, SpatialPoolerParams)
        seed_of(seed)
        self.spatial_pooler, rng = deepcopy(_initial_pooler(encoder.size, spatial_pooler, seed))
        self.temporal_memory = TemporalMemory(spatial_pooler.columns, temporal_memory, rng)

    def state_arrays(self) -> Arrays:
        """Return the arrays that are saved, of both parts that learn, and of an encoder that has a state."""
        pooler, memory = self.spatial_pooler.state_arrays(), self.temporal_memory.state_arrays()
        encoder = named("encoder", self.encoder.state_arrays())
        return encoder | named("spatial_pooler", pooler) | named("temporal_memory", memory)

    def restore(self, given: Given) -> None:
        """Restore all parts from arrays as `state_arrays` returns them."""
        given.within("encoder", self.encoder.restore)
        given.within("spatial_pooler", self.spatial_pooler.restore)
        given.within("temporal_memory", self.temporal_memory.restore)

    def run(self, fields: Mapping[str, Any], learn: bool = True) -> NDArray[np.float64]:
        """Raw anomaly scores of many records (a mapping of arrays), shape (records,).

        Each stage runs over all records before the next one starts, because nothing flows back. An encoder that has a
        state takes the records in whatever `learn` is: without the last value there is no difference to it.
        """
        learn = flag("learn", learn)
        columns, offsets = self.spatial_pooler.run(self.encoder.encode_many(fields), learn)
        return self.temporal_memory.run(columns, offsets, learn)

    def __repr__(self) -> str:
        return f"Region({self.encoder!r}, {self.spatial_pooler!r}, {self.temporal_memory!r})"


@lru_cache(maxsize=1)  # some megabytes
def _initial_pooler(
    input_size: int, params: SpatialPoolerParams, seed: int
) -> tuple[SpatialPooler, np.random.Generator]:
    """Build a spatial pooler; return it with the generator as it is after drawing the potential pools.

    Drawing takes ten times as long as copying, and streams of one preset have the same pools.
    """
    rng = np.random.default_rng(seed)
    return SpatialPooler(input_size, params, rng), rng
