"""Saving and loading: what every part that can be saved has in common.

A part is saved as the arguments of its constructor and the arrays of its state. Loading calls the constructor, and puts
the arrays in their places once they are known to be valid: a kernel trusts every index and count that it reads.
What follows from the arguments, or from other arrays, is not saved.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from inspect import signature
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.container import read_container, to_bytes, write_container
from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import shown
from zhtm_detector.htm.checks import LARGEST
from zhtm_detector.htm.params import Params, parse_kind

Arrays = dict[str, NDArray[Any]]
MOST_RECORDS = 2**62  # of a count that only grows
_WORD = 2**64 - 1


class Given:
    """The arrays of a file, taken one by one, with the checks that each needs.

    Parameters
    ----------
    arrays : dict of str to ndarray
        By name; the parts of a model within each other have dotted names.
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]], prefix: str = "") -> None:
        self._arrays, self._prefix = dict(arrays), prefix

    def within(self, name: str, restore: Callable[[Given], None]) -> None:
        """Hand the arrays of a part to its `restore`, which has to take all."""
        taken = {key: array for key, array in self._arrays.items() if key.startswith(f"{name}.")}
        for key in taken:
            del self._arrays[key]
        stripped = {key.removeprefix(f"{name}."): array for key, array in taken.items()}
        part = Given(stripped, f"{self._prefix}{name}.")
        restore(part)
        part.finish()

    def has(self, name: str) -> bool:
        """Whether an array of that name is left."""
        return name in self._arrays

    def take(
        self, name: str, dtype: Any, shape: tuple[int | None, ...], least: float = -LARGEST, most: float = LARGEST
    ) -> NDArray[Any]:
        """Take out an array.

        Parameters
        ----------
        name : str
        dtype : dtype
        shape : tuple of int or None
            None: of any length.
        least, most : float
            Of every number, both included; NaN is refused.

        Raises
        ------
        ValueError
            If it is missing or anything else.
        """
        array = self._arrays.pop(name, None)
        if array is None:
            raise ValueError(f"{self._prefix}{name}: missing; expected an array")
        fits = array.ndim == len(shape) and all(
            want in (None, got) for want, got in zip(shape, array.shape, strict=True)
        )
        if not fits or array.dtype != dtype:
            expected = " x ".join("any" if extent is None else str(extent) for extent in shape)
            raise ValueError(
                f"{self._prefix}{name}: expected {np.dtype(dtype)}, {expected}, got {array.dtype}, {shown(array.shape)}"
            )
        self.check(bool(np.all((array >= least) & (array <= most))), name, f"numbers from {least:g} to {most:g}")
        return array

    def count(self, name: str, least: int = 0, most: int = MOST_RECORDS) -> int:
        """Take out an array of one whole number."""
        return int(self.take(name, np.int64, (1,), least, most)[0])

    def fill(self, target: NDArray[Any], name: str, least: float = -LARGEST, most: float = LARGEST) -> None:
        """Take out an array and write it into another one, whose type and shape it must have."""
        target[...] = self.take(name, target.dtype, target.shape, least, most)

    def check(self, valid: bool, name: str, expected: str) -> None:
        """Raise ValueError, which names the array, unless it is valid."""
        if not valid:
            raise ValueError(f"{self._prefix}{name}: expected {expected}, got others")

    def finish(self) -> None:
        """Raise ValueError if an array is left: an unknown one."""
        for name in self._arrays:
            raise ValueError(f"{shown(self._prefix + name)}: unknown array; expected those of this class only")


class Saved:
    """A class whose objects can be saved.

    By default each argument of the constructor is an attribute of the same name, or a generator named `rng`, whose
    state is among the arrays.
    """

    PARAMS: ClassVar[Mapping[str, type[Params]]] = {}  # classes of the arguments that are parameter models

    def save(self, path: str | Path) -> None:
        """Save everything to one file, whole or not at all; its bytes depend on the state alone.

        Raises
        ------
        InputError
            If it cannot be written.
        ValueError
            If a random generator is none of `numpy.random.default_rng`.
        """
        write_container(Path(path), type(self).__name__, self.settings(), self.state_arrays())

    def to_bytes(self) -> bytes:
        """Return the content of the file that `save` writes."""
        return to_bytes(type(self).__name__, self.settings(), self.state_arrays(), type(self).__name__)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Load what `save` wrote; it goes on exactly as the saved object would have.

        Raises
        ------
        InputError
            For a file of another class, format or package, one that is cut or altered, or arrays that no object of
            this class can have. It is a ValueError.
        """
        return cls.from_content(*read_container(Path(path), cls.__name__), str(path))

    @classmethod
    def from_content(cls, settings: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], where: str) -> Self:
        """Build an object from settings and arrays that may be anything; messages of `InputError` begin with `where`.

        The arrays become the object's own.
        """
        given = Given(arrays)
        try:
            loaded = cls.from_settings(settings)
            loaded.restore(given)
            given.finish()
        except MemoryError:
            raise InputError(f"{where}: expected an object that fits into this machine's memory") from None
        except ValueError as error:
            raise InputError(f"{where}: {error}") from None
        return loaded

    def settings(self) -> dict[str, Any]:
        """Return the arguments of the constructor, as JSON has them."""
        values = {name: getattr(self, name) for name in signature(type(self)).parameters if name != "rng"}
        return {name: as_json(value) for name, value in values.items()}

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Call the constructor; ValueError unless the settings are what it takes."""
        names = signature(cls).parameters
        if not {*names} - {"rng"} <= settings.keys() <= names.keys():
            raise ValueError(f"settings: expected {', '.join(names)}, got {shown(list(settings))}")
        values = dict(settings)
        for name, kind in cls.PARAMS.items():
            if values[name] is not None:
                values[name] = parse_kind(values[name], name, kind)
        if "rng" in names:
            values.setdefault("rng", np.random.default_rng(0))  # its state is among the arrays
        return cls(**values)

    def state_arrays(self) -> Arrays:
        """Return the arrays that are saved, by name: copies, or the state's own."""
        return {}

    def restore(self, given: Given) -> None:
        """Check arrays as `state_arrays` returns them, and put them in their places.

        Raises
        ------
        ValueError
            For arrays that no object with these settings can have; the object is then of no use.
        """


def as_json(value: Any) -> Any:
    """Return an argument as JSON has it."""
    return value.model_dump(mode="json") if isinstance(value, Params) else value


def named(prefix: str, arrays: Arrays) -> Arrays:
    """Return the arrays of a part under dotted names."""
    return {f"{prefix}.{name}": array for name, array in arrays.items()}


def one(number: int) -> NDArray[np.int64]:
    """Return a whole number as an array of shape (1,)."""
    return np.array([number], dtype=np.int64)


def used(rows: NDArray[Any], counts: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which places of rows, shape (rows, places, …), are among the first `counts`, shape (rows,), of a row."""
    places: NDArray[np.bool_] = np.arange(rows.shape[1]) < counts[:, np.newaxis]
    return places


def ascends(array: NDArray[Any]) -> bool:
    """Whether each number exceeds the one before it."""
    return bool(np.all(array[1:] > array[:-1]))


def restore_blocks(given: Given, filled: NDArray[np.int64], blocks: NDArray[np.int64], finest: int) -> None:
    """Restore how far the blocks of all scales, shape (scales,), are filled; they are cut at the same records."""
    sizes = finest << np.arange(len(filled))
    given.fill(blocks, "blocks", 0, 2**40)
    given.fill(filled, "filled", 0, 2**40)
    records = blocks * sizes + filled
    given.check(bool(np.all(filled < sizes) and np.all(records == records[0])), "filled", "blocks that fit each other")


def seen_range(given: Given, target: NDArray[np.float64], name: str, most: float) -> None:
    """Restore a lowest and a highest value, shape (2,): infinity and its opposite before the first value."""
    low, high = given.take(name, np.float64, (2,), -math.inf, math.inf)
    given.check(-most <= low <= high <= most or (low, high) == (math.inf, -math.inf), name, "the lower number first")
    target[:] = low, high


def generator_words(rng: np.random.Generator) -> NDArray[np.uint64]:
    """Return the state of a generator of `numpy.random.default_rng`, shape (6,); ValueError for another one."""
    state = rng.bit_generator.state
    if state["bit_generator"] != "PCG64":
        raise ValueError(
            f"rng: expected a generator of numpy.random.default_rng to save, got one of {state['bit_generator']}"
        )
    words = [part for number in state["state"].values() for part in (number & _WORD, number >> 64)]
    return np.array([*words, state["has_uint32"], state["uinteger"]], dtype=np.uint64)


def restore_generator(rng: np.random.Generator, given: Given, name: str = "rng") -> None:
    """Put a generator, one of `numpy.random.default_rng`, into the state that `generator_words` returned."""
    low, high, step_low, step_high, has_half, half = given.take(name, np.uint64, (6,)).tolist()
    given.check(step_low % 2 == 1 and has_half < 2 and half < 2**32, name, "the state of a PCG64 generator")
    rng.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": {"state": high << 64 | low, "inc": step_high << 64 | step_low},
        "has_uint32": has_half,
        "uinteger": half,
    }
