"""Many streams in one process, each with a model of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from numpy.typing import ArrayLike

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import shown
from zhtm_detector.htm.model import HTMModel, Step, Steps, checked_settings
from zhtm_detector.htm.params import ModelParams, parse_params
from zhtm_detector.htm.saved import as_json
from zhtm_detector.streams.state.state_folder import StateFolder

_SETTINGS = ("params", "probation", "seed")


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
        self._saved: dict[str, tuple[Path, int]] = {}  # the file of a model, and the model's `changes` then

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
        self._saved.pop(name, None)

    def step(self, name: str, timestamp: Any, value: float, learn: bool = True) -> Step:
        """Score one record of a stream, as `HTMModel.step`."""
        return self._models[self._known(name)].step(timestamp, value, learn)

    def run(self, name: str, timestamps: Any, values: ArrayLike, learn: bool = True) -> Steps:
        """Score many records of a stream, as `HTMModel.run`."""
        return self._models[self._known(name)].run(timestamps, values, learn)

    def save(self, folder: str | Path) -> None:
        """Save all models, one file each; of those that the folder has from the last time, only what changed since.

        Parameters
        ----------
        folder : path
            A folder of its own, as `StateFolder` keeps it: killed at any moment, it holds the old pool or the new one.

        Raises
        ------
        InputError
            If another process has it open, it holds something else, or it cannot be written to.
        """
        with StateFolder(folder) as state:
            found = state.read()
            if found:
                _pool_of(found[0], folder)
            files = found[1] if found else {}
            changes = {name: model.changes for name, model in self._models.items()}
            changed = {
                name: model.to_bytes
                for name, model in self._models.items()
                if name not in files or self._saved.get(name) != (files[name], changes[name])
            }
            settings = {name: as_json(getattr(self, name)) for name in _SETTINGS}
            state.commit(changed, self._models, {"pool": settings})
            now = state.read()
            self._saved = {name: (file, changes[name]) for name, file in now[1].items()} if now else {}

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Load a pool that `save` wrote; it goes on exactly as the saved one would have.

        Raises
        ------
        InputError
            If it is no such folder, another process has it open, or a file is damaged.
        """
        if not Path(folder).is_dir():
            raise InputError(f"{folder}: not found; expected the folder of a saved pool")
        with StateFolder(folder) as state:
            extra, files = state.read() or ({}, {})
            settings = _pool_of(extra, folder)
            try:
                pool = cls(parse_params(settings["params"], "params"), settings["probation"], settings["seed"])
            except ValueError as error:
                raise InputError(f"{folder}: {error}") from None
            for name, file in files.items():
                model = HTMModel.load(file)
                if any(getattr(model, setting) != getattr(pool, setting) for setting in _SETTINGS):
                    raise InputError(f"{file}: stream {shown(name)}: expected a model with the pool's settings")
                pool._models[name], pool._saved[name] = model, (file, model.changes)
        return pool

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


def _pool_of(extra: dict[str, Any], folder: str | Path) -> dict[str, Any]:
    """Return the settings of a pool from its manifest; InputError for another one."""
    settings = extra.get("pool")
    if not isinstance(settings, dict) or settings.keys() != set(_SETTINGS):
        raise InputError(f"{folder}: expected the folder of a saved pool, got {shown(list(extra))}")
    return settings
