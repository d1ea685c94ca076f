"""Many streams in one process: a model each, and what they can share once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from numpy.typing import ArrayLike

from zhtm_detector.htm.model import HTMModel, Step, Steps
from zhtm_detector.htm.params import ModelParams
from zhtm_detector.htm.region import Region


class ModelPool:
    """Models of one preset, by the name of their stream.

    A model's scores are those of an `HTMModel` of its own. The models share compiled code, the encoders' tables of
    bits, scratch, and the drawing of the potential pools, so that a new stream costs a copy.

    Parameters
    ----------
    params : ModelParams
        A preset (`params.load_preset`) or your own.
    probation : int
        Records before the first score that counts, of each stream.
    seed : int
        The same for all streams, so that their encoders have the same bits.

    Notes
    -----
    Not for several threads at once: the models share scratch.

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
        self.params = params
        self.probation = probation
        self.seed = seed
        self._models: dict[str, HTMModel] = {}
        self._template: Region | None = None

    def add(self, name: str, minimum: float, maximum: float) -> HTMModel:
        """Add a stream with the range of values to expect; returns its model.

        Raises
        ------
        ValueError
            When there is a stream of that name, or as `HTMModel` does.
        """
        if name in self._models:
            raise ValueError(f"stream {name!r}: expected a new name, got one that is in the pool")
        model = HTMModel(self.params, minimum, maximum, self.probation, self.seed, template=self._template)
        if self._template is None and model.region is not None:
            self._template = model.region.fresh_copy(model.region.encoder)
        self._models[name] = model
        return model

    def remove(self, name: str) -> None:
        """Forget a stream and all that its model learned."""
        del self._models[self._known(name)]

    def step(self, name: str, timestamp: Any, value: float, learn: bool = True) -> Step:
        """Take one record of a stream, as `HTMModel.step`."""
        return self._models[self._known(name)].step(timestamp, value, learn)

    def run(self, name: str, timestamps: Any, values: ArrayLike, learn: bool = True) -> Steps:
        """Take many records of a stream, as `HTMModel.run`."""
        return self._models[self._known(name)].run(timestamps, values, learn)

    def __getitem__(self, name: str) -> HTMModel:
        return self._models[self._known(name)]

    def __contains__(self, name: object) -> bool:
        return name in self._models

    def __iter__(self) -> Iterator[str]:
        return iter(self._models)

    def __len__(self) -> int:
        return len(self._models)

    def _known(self, name: str) -> str:
        if name not in self._models:
            raise ValueError(f"stream {name!r}: expected one of the pool's {len(self._models)} streams; add it first")
        return name
