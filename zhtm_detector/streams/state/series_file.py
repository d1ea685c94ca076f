"""The file of a series: its state and its models, in a folder or on the way to another machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zhtm_detector.common.container import from_bytes, read_bytes, read_container, to_bytes
from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import shown
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.saved import Arrays, named
from zhtm_detector.streams.series import Series
from zhtm_detector.streams.settings import Settings
from zhtm_detector.streams.state.state_folder import StateFolder
from zhtm_detector.streams.state.state_shape import SeriesFileShape, check_shape

_KIND = "Series"


class Shelf:
    """Series that wait in a folder until a record of theirs comes.

    Parameters
    ----------
    folder : StateFolder
        Open.
    settings : Settings
    """

    def __init__(self, folder: StateFolder, settings: Settings) -> None:
        self._folder = folder
        self._settings = settings

    def put(self, series: Series) -> None:
        """Write a series, as it is now."""
        self._folder.put(series.key, series_bytes(series))

    def has(self, key: str) -> bool:
        """Whether the series of a key was ever written."""
        return self._folder.has(key)

    def take(self, key: str) -> Series:
        """Read the series of a key.

        Raises
        ------
        InputError
            If its file is damaged.
        """
        file = self._folder.file(key)
        return _series_of(key, self._settings, *read_container(file, _KIND), str(file))

    def content(self, key: str) -> tuple[bytes, str]:
        """Return the bytes of a key's file, unchecked, and its name."""
        file = self._folder.file(key)
        return read_bytes(file, _KIND), str(file)


def series_bytes(series: Series) -> bytes:
    """Return the content of a series' file."""
    arrays: Arrays = {}
    for number, model in enumerate(series.models):
        arrays |= named(str(number), model.state_arrays())
    header = {"state": series.state(), "models": [model.settings() for model in series.models]}
    return to_bytes(_KIND, header, arrays, f"state: key {shown(series.key)}")


def series_of(key: str, settings: Settings, content: bytes, where: str) -> Series:
    """Return the series of a file's content; InputError if it is damaged."""
    return _series_of(key, settings, *from_bytes(content, _KIND, where), where)


def _series_of(key: str, settings: Settings, header: Mapping[str, Any], arrays: Arrays, where: str) -> Series:
    check_shape(header, SeriesFileShape, where)
    models = []
    for number, own_settings in enumerate(header["models"]):
        prefix = f"{number}."
        own = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
        models.append(HTMModel.from_content(own_settings, own, where))
    series = Series(key, settings)
    try:
        series.restore(header["state"], models)
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"{where}: expected the state of a series like the others ({error})") from None
    return series
