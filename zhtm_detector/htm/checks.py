"""Checks of arguments at the edge of public classes.

Each returns the argument in its one exact type, or raises a ValueError that names the argument, the rule and what was
got. They run before anything changes.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from zhtm_detector.common.text import LARGEST_VALUE as LARGEST_VALUE
from zhtm_detector.common.text import shown
from zhtm_detector.htm.kernels.checks import BAD_OFFSETS, VALID, first_bad_record

LARGEST = sys.float_info.max
_INT64 = np.dtype(np.int64)
# Parameters that `params_of` returned, by identity: to check those of a model again takes as long as to build it.
_valid: WeakValueDictionary[int, BaseModel] = WeakValueDictionary()

P = TypeVar("P", bound=BaseModel)
T = TypeVar("T")


def whole(name: str, value: Any, least: int, most: int) -> int:
    """Return a whole number of Python or NumPy in [least, most], not a boolean, as an int."""
    if type(value) is int and least <= value <= most:  # the usual case, without further calls
        return value
    accepted = isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.timedelta64))
    if not accepted or not least <= value <= most:
        raise ValueError(f"{name}: expected a whole number from {least} to {most}, got {shown(value)}")
    return int(value)


def finite(name: str, value: object, least: float = -LARGEST, most: float = LARGEST) -> float:
    """Return a finite real number of Python or NumPy in [least, most], not a boolean, as a float."""
    number = value if type(value) is float else _as_float(value)
    if not least <= number <= most:  # nor is NaN
        low = f" from {least:g}" if least > -LARGEST else ""
        high = f" to {most:g}" if most < LARGEST else ""
        raise ValueError(f"{name}: expected a finite number{low}{high}, got {shown(value)}")
    return number


def _as_float(value: Any) -> float:
    """Return a number of Python or NumPy as a float; NaN for anything else, infinity if it is too large."""
    if not isinstance(value, (int, float, np.integer, np.floating)) or isinstance(value, (bool, np.timedelta64)):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def flag(name: str, value: Any) -> bool:
    """Return True or False of Python or NumPy as a bool."""
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name}: expected True or False, got {shown(value)}")
    return bool(value)


def instance(name: str, value: object, kind: type[T]) -> T:
    """Return an object of a class, for instance a `numpy.random.Generator`."""
    if not isinstance(value, kind):
        raise ValueError(f"{name}: expected a {kind.__name__}, got {shown(value)}")
    return value


def generator(name: str, value: object) -> np.random.Generator:
    """Return a random generator."""
    return instance(name, value, np.random.Generator)


def seed_of(value: object) -> int:
    """Return the seed of a random generator."""
    return whole("seed", value, 0, 2**32 - 1)


def records(
    name: str, values: object, bounds: object, below: int, dtype: np.dtype[Any], most: int
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the active minicolumns of many records and their offsets, as the kernels take them.

    Parameters
    ----------
    name : str
        Of `values`; `bounds` are called offsets.
    values : ndarray of integers, shape (total,)
        Each record's sorted and unique indices, one record after the other.
    bounds : ndarray of integers, shape (records + 1,)
        Record i has ``values[bounds[i]:bounds[i + 1]]``.
    below : int
        Above every index.
    dtype : dtype
        Of the indices.
    most : int
        Indices of a record.
    """
    array, ends = integers(name, values), integers("offsets", bounds)
    # Kernels are compiled for one type of arrays: writable and contiguous ones.
    if array.dtype != dtype or not array.flags.carray:
        if array.size and not (array.min() >= 0 and array.max() < below):
            raise ValueError(f"{name}: expected indices below {below}, got {shown(array[:30].tolist())}")
        array = array.astype(dtype)
    if ends.dtype != _INT64 or not ends.flags.carray:
        ends = ends.astype(np.int64)
    bad = first_bad_record(array, ends, below, most)
    if bad == BAD_OFFSETS:
        raise ValueError(f"offsets: expected ascending numbers from 0 to {array.size}, got {shown(ends[:30].tolist())}")
    if bad != VALID:
        limit = f"at most {most} " if most < below else ""
        raise ValueError(
            f"{name}, record {bad}: expected {limit}sorted unique indices below {below}, "
            f"got {shown(array[ends[bad] : ends[bad + 1]][:30].tolist())}"
        )
    return array, ends


def params_of(name: str, value: object, kind: type[P]) -> P:
    """Return parameters that are valid, which those of `model_copy` and `model_construct` need not be."""
    params = instance(name, value, kind)
    if _valid.get(id(params)) is params:
        return params
    try:
        checked = kind.model_validate(params.model_dump(warnings=False), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        rule = first["msg"].replace("Input should be", "expected")
        raise ValueError(f"{name}: {field}: {rule}, got {shown(first['input'])}") from None
    if repr(checked) != repr(params):  # as with 5 for 5.0 in a copy
        params = checked
    _valid[id(params)] = params
    return params


def integers(name: str, value: object) -> NDArray[Any]:
    """Return a one-dimensional array of integers; no booleans, no list, no mask."""
    if type(value) is not np.ndarray:  # a subclass may be a mask, which would be ignored
        raise ValueError(f"{name}: expected a 1-d array of integers, got {shown(value)}")
    if value.ndim != 1 or value.dtype.kind not in "iu":
        raise ValueError(f"{name}: expected a 1-d array of integers, got {value.ndim}-d {value.dtype}")
    return value


def check_sequence(name: str, values: Any, kind: str) -> None:
    """Raise ValueError unless `values` is a one-dimensional array, Series, list, …; `kind` names the items."""
    unordered = isinstance(values, (str, bytes, bytearray, Mapping, np.ma.MaskedArray))
    if unordered or not (hasattr(values, "__len__") and hasattr(values, "__getitem__")):
        raise ValueError(f"{name}: expected a 1-d sequence of {kind}, got {shown(values)}")
    if getattr(values, "ndim", 1) != 1:
        raise ValueError(f"{name}: expected a 1-d sequence of {kind}, got {values.ndim} dimensions")


def finite_many(
    name: str, values: Any, item: str = "value", least: float = -LARGEST, most: float = LARGEST
) -> NDArray[np.float64]:
    """Return a sequence of numbers, shape (n,), as new floats; `finite` accepts each, and `item` names one."""
    check_sequence(name, values, "numbers")
    if type(values) in (list, tuple) and set(map(type, values)) == {float}:  # ten times faster than one by one
        values = np.array(values)
    # Only an array guarantees the type of its items: from a list NumPy would convert True to 1.0.
    if getattr(getattr(values, "dtype", None), "kind", "O") in "iuf":
        array = np.asarray(values)
        if array.dtype.kind in "iuf":
            with np.errstate(over="ignore"):  # a long double may be too large for a double
                numbers = array.astype(np.float64)
            bad = np.flatnonzero(~((numbers >= least) & (numbers <= most)))
            _each(array[bad[:1]], item, least, most, *bad[:1])
            return numbers
        values = array  # pandas' nullable numbers that contain an NA
    return np.array(_each(values, item, least, most), dtype=np.float64)


def _each(values: Any, item: str, least: float, most: float, first: int = 0) -> list[float]:
    """Return values as floats; the message names the row, counted on from `first`."""
    numbers: list[float] = []
    try:
        for value in values:
            numbers.append(finite(item, value, least, most))
    except ValueError as error:
        raise ValueError(f"row {first + len(numbers)}: {error}") from None
    return numbers


def finite_columns(**columns: tuple[Any, float, float]) -> list[NDArray[np.float64]]:
    """Return sequences of numbers of the same length, shape (n,), as new floats; each with its least and its most."""
    arrays: list[NDArray[np.float64]] = []
    for name, (values, least, most) in columns.items():
        arrays.append(finite_many(name, values, name, least, most))
        if len(arrays[-1]) != len(arrays[0]):
            raise ValueError(f"{name}: expected {len(arrays[0])} of them, one for each record, got {len(arrays[-1])}")
    return arrays
