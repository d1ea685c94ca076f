"""Many streams in one process, each with a model of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from numpy.typing import ArrayLike

from zhtm_detector.common.text import shown
from zhtm_detector.htm.model import HTMModel, Step, Steps, checked_settings
from zhtm_detector.htm.params import ModelParams


class ModelPool:
    """Models of one preset, by the name of their stream.

    Scores are the same as from a separate `HTMModel` per stream. The models share compiled code, the encoders' caches
    and the drawn potential pools, so adding a stream costs a copy of the pools.

    Parameters
    ----------
    params : ModelParams
        A preset (`params.load_preset`) or your own.
    probation : int
        Records of each stream before the first score that counts.
    seed : int
        The same for all streams, so that their encoders produce the same bits.

    Examples
    --------
    >>> from datetime import datetime
    >>> pool = ModelPool(ModelParams(), probation=100)
    >>> for sensor in ("pump", "valve"):
    ...     _ = pool.add(sensor, minimum=0.0, maximum=10.0)
    >>> pool.step("valve", datetime(2026, 1, 1), 4.0).raw, len(pool)
    (1.0, 2)
    """

    def __init__(self, params: ModelParams, probation: int, seed: int = 42) -> None:
        self.params, self.probation, self.seed = checked_settings(params, probation, seed)
        self._models: dict[str, HTMModel] = {}

    def add(self, name: str, minimum: float, maximum: float) -> HTMModel:
        """Add a stream with the range of values to expect, and return its model.

        Raises
        ------
        ValueError
            If the name is no text or empty, if a stream of that name exists, or as `HTMModel` does.
        """
        if not isinstance(name, str) or not name:
            raise ValueError(f"name: expected the stream's name, a text that is not empty, got {shown(name)}")
        if name in self._models:
            raise ValueError(f"stream {shown(name)}: expected a new name, got one that is in the pool")
        self._models[name] = HTMModel(self.params, minimum, maximum, self.probation, self.seed)
        return self._models[name]

    def remove(self, name: str) -> None:
        """Remove a stream and its model."""
        del self._models[self._known(name)]

    def step(self, name: str, timestamp: Any, value: float, learn: bool = True) -> Step:
        """Score one record of a stream, as `HTMModel.step`."""
        return self._models[self._known(name)].step(timestamp, value, learn)

    def run(self, name: str, timestamps: Any, values: ArrayLike, learn: bool = True) -> Steps:
        """Score many records of a stream, as `HTMModel.run`."""
        return self._models[self._known(name)].run(timestamps, values, learn)

    def __getitem__(self, name: str) -> HTMModel:
        return self._models[self._known(name)]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._models

    def __iter__(self) -> Iterator[str]:
        return iter(self._models)

    def __len__(self) -> int:
        return len(self._models)

    def _known(self, name: str) -> str:
        if name not in self:
            raise ValueError(f"stream {shown(name)}: expected one of the {len(self._models)} in the pool; add it first")
        return name
