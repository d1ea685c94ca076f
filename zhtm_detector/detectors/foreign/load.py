"""From a detector's text to an object that scores a file; run in the child process only."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np
import pandas as pd

from zhtm_detector.common.text import printable, shown
from zhtm_detector.detectors.base import (
    PROBATIONARY_PERCENT,
    SCORE_COLUMN,
    AnomalyDetector,
    DataSet,
    run_records,
)
from zhtm_detector.detectors.foreign.adapters import CONTRACTS, OF_ADAPTER, contract_of
from zhtm_detector.detectors.foreign.spec import ForeignDetector

_SEEDS = ("seed", "random_state")
_MOST_COLUMNS = 100
_RAW = "raw_score"  # drawn in the report


class Runnable(Protocol):
    """What NAB calls."""

    def run(self) -> pd.DataFrame:
        """Score all records."""


def load(spec: ForeignDetector) -> Any:
    """Import the class or function, and check that it can be a detector.

    Raises
    ------
    Exception
        Whatever the import raises; ValueError for a class that keeps no contract or is abstract.
    """
    _stand_in_for_nab()
    found: Any = _module(spec)
    for part in spec.attribute.split("."):
        if not hasattr(found, part):
            raise ValueError(f"expected {spec.attribute} in {spec.module}, which has none")
        found = getattr(found, part)
    if inspect.isclass(found):
        contract_of(found)
        if inspect.isabstract(found):
            missing = ", ".join(sorted(getattr(found, "__abstractmethods__", ())))
            raise ValueError(f"expected a class whose methods are all there; {found.__name__} lacks {missing}")
    elif not callable(found):
        raise ValueError(f"expected a class, or a function that returns a detector, got {shown(found)}")
    return found


def build(found: Any, spec: ForeignDetector, data_set: DataSet, seed: int) -> Runnable:
    """Make and initialize the detector of one file."""
    arguments: dict[str, Any] = dict(spec.arguments)
    detector: Any
    if isinstance(found, type) and contract_of(found) == "nab":
        arguments |= _seed(found, arguments, seed)
        detector = _call(found, {"dataSet": data_set, "probationaryPercent": PROBATIONARY_PERCENT, **arguments})
    else:
        options = {key: arguments.pop(key) for key in OF_ADAPTER if key in arguments}
        inner = _call(found, {**arguments, **_seed(found, arguments, seed)})
        contract = contract_of(inner)
        if contract == "nab":
            raise ValueError("expected NAB's contract of a class, not of what a function returns")
        detector = CONTRACTS[contract][1](data_set, PROBATIONARY_PERCENT, inner, **options)
    if callable(getattr(detector, "initialize", None)):
        detector.initialize()
    return detector if callable(getattr(detector, "run", None)) else _Loop(detector, data_set)


def checked(scored: Any, length: int) -> dict[str, np.ndarray[Any, Any]]:
    """Return the score and the additional columns of what `run` returned.

    Raises
    ------
    ValueError
        For anything but a score in [0, 1] for each record, and at most 100 columns beside it.
    """
    if not isinstance(scored, pd.DataFrame) or SCORE_COLUMN not in scored:
        raise ValueError(f"run: expected a DataFrame with {SCORE_COLUMN}, got {shown(type(scored).__name__)}")
    if len(scored) != length:
        raise ValueError(f"run: expected {length} records, got {len(scored)}")
    columns = {}
    for name in [SCORE_COLUMN, *(name for name in scored.columns if name != SCORE_COLUMN)]:
        if name in ("timestamp", "value"):
            continue
        odd = not isinstance(name, str) or not name.isprintable() or name == "label" or name.startswith("S(t)_")
        if odd or list(scored.columns).count(name) > 1:
            raise ValueError(f"getAdditionalHeaders: expected names of other columns, each once, got {shown(name)}")
        column = scored[name].to_numpy()
        columns[name] = column if column.dtype.kind in "biuf" else np.array([str(one) for one in column])
    if len(columns) - 1 > _MOST_COLUMNS:  # beside the score
        raise ValueError(f"getAdditionalHeaders: expected at most {_MOST_COLUMNS}, got {len(columns) - 1}")
    if _RAW in columns and columns[_RAW].dtype.kind not in "biuf":
        raise ValueError(f"handleRecord: expected numbers as {_RAW}, got {shown(_first_other(scored[_RAW]))}")
    scores = np.asarray(columns[SCORE_COLUMN])
    if scores.dtype.kind not in "biuf":
        raise ValueError(f"handleRecord: expected numbers as scores, got {shown(_first_other(scored[SCORE_COLUMN]))}")
    wrong = ~((scores >= 0.0) & (scores <= 1.0))
    if wrong.any():
        record = int(np.argmax(wrong))
        raise ValueError(f"record {record + 1}: expected an anomaly score in [0, 1], got {scores[record].item()!r}")
    columns[SCORE_COLUMN] = scores.astype(np.float64)
    return columns


def _first_other(column: pd.Series[Any]) -> Any:
    """Return the first value that is no number, or failing that the first one."""
    return next((one for one in column if not isinstance(one, (int, float, np.number))), column.iloc[0])


class _Loop:
    """Runs a class that has `handleRecord` but does not derive from NAB's."""

    def __init__(self, detector: Any, data_set: DataSet) -> None:
        self._detector = detector
        self._data = data_set.data

    def run(self) -> pd.DataFrame:
        headers = getattr(self._detector, "getAdditionalHeaders", list)
        return run_records(self._detector, lambda: ["timestamp", "value", SCORE_COLUMN, *headers()], self._data)


def _call(found: Any, arguments: dict[str, Any]) -> Any:
    """Make the detector; say what it takes if these are not its arguments."""
    try:
        return found(**arguments)
    except TypeError:
        try:
            signature = inspect.signature(found)
        except (TypeError, ValueError):
            signature = None
        try:
            if signature is not None:
                signature.bind(**arguments)
        except TypeError as error:
            name = getattr(found, "__qualname__", type(found).__qualname__)
            raise ValueError(
                f"expected arguments of {name}{printable(str(signature), 100)}, got {', '.join(arguments) or 'none'}: "
                f"{error}"
            ) from None
        raise


def _module(spec: ForeignDetector) -> ModuleType:
    if spec.source is None:
        return importlib.import_module(spec.module)
    path = Path(spec.module)
    folder = path.resolve().parent
    _import_namesake(path.stem, {folder, Path.cwd()})
    if path.is_file():
        sys.path.insert(0, str(folder))  # what lies beside it can be imported, as by `python FILE`
    name = f"_own_{path.stem}" if path.stem in sys.modules else path.stem
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    exec(compile(spec.source, str(path), "exec"), module.__dict__)
    return module


def _import_namesake(name: str, own: set[Path]) -> None:
    """Import the library that has the name of a user's file, so that the file can import it, and not itself."""
    places = sys.path[:]
    sys.path[:] = [place for place in places if Path(place).resolve() not in own]
    with suppress(Exception):  # there is none, as a rule
        importlib.import_module(name)
    sys.path[:] = places


def _stand_in_for_nab() -> None:
    """Where NAB is not installed, `from nab.detectors.base import AnomalyDetector` gives ours, of the same contract."""
    try:
        importlib.import_module("nab.detectors.base")
    except ImportError:
        for name in ("nab", "nab.detectors", "nab.detectors.base"):
            sys.modules[name] = ModuleType(name)
        vars(sys.modules["nab.detectors.base"])["AnomalyDetector"] = AnomalyDetector


def _seed(found: Any, arguments: dict[str, Any], seed: int) -> dict[str, int]:
    """Return the run's seed for a detector that takes one and was given none: the same seed, the same bytes."""
    try:
        parameters = inspect.signature(found).parameters
    except (TypeError, ValueError):
        return {}
    return {name: seed for name in _SEEDS if name in parameters and name not in arguments}
