"""What the detectors of the peers' board cost, kept beside their results, so that an interrupted run goes on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import write_json
from zhtm_detector.common.json_reader import as_number, as_object, json_text, read_own_object
from zhtm_detector.common.text import LONGEST, printable
from zhtm_detector.common.versions import package_version
from zhtm_detector.detectors.names import DetectorChoice
from zhtm_detector.nab.benchmark import Benchmark
from zhtm_detector.nab.result_files import results_path

FAILED = "failed: "
UNFINISHED = "did not finish: "
_NUMBERS = ("records", "cpu_seconds", "peak_mib", "limit")
_TEXTS = ("error", "made_of")
_NAME = "peers.json"


class Costs:
    """What detectors cost on a corpus, in a file beside their results.

    Parameters
    ----------
    benchmark : Benchmark
    seed : int
    limit : float
        Seconds of processor time for a detector.

    Raises
    ------
    InputError
        If the file has another shape.
    """

    def __init__(self, benchmark: Benchmark, seed: int, limit: float) -> None:
        self._path = benchmark.results / _NAME
        self._benchmark = benchmark
        self._seed = seed
        self._limit = limit
        self._data = _data_checksum(benchmark)
        self._costs = _read(self._path)

    def of(self, choice: DetectorChoice, library: str) -> dict[str, Any] | None:
        """Return what a detector cost, if it would cost the same again: on the same data, with seed and versions.

        One that failed runs again, and so does one that did not finish if it may take longer now, or whose results are
        gone.
        """
        label = self._benchmark.label_of(choice.name)
        cost = self._costs.get(label)
        if cost is None or cost["made_of"] != self._made_of(choice, library) or cost["error"].startswith(FAILED):
            return None
        if cost["error"]:
            return cost if cost["limit"] >= self._limit else None
        paths = [results_path(self._benchmark.results, label, path) for path in self._benchmark.labelled]
        return cost if all(path.is_file() for path in paths) else None

    def keep(self, choice: DetectorChoice, library: str, cost: Mapping[str, Any]) -> None:
        """Write another one."""
        made = {"made_of": self._made_of(choice, library), "limit": self._limit}
        self._costs[self._benchmark.label_of(choice.name)] = {**cost, **made}
        write_json(self._path, self._costs)

    def _made_of(self, choice: DetectorChoice, library: str) -> str:
        foreign = choice.foreign and replace(choice.foreign, timeout=0.0)
        versions = package_version(), version_of(library)
        content = (choice.name, choice.params, foreign, self._seed, self._data, *versions)
        return hashlib.sha256(repr(content).encode()).hexdigest()[:32]


def version_of(library: str) -> str:
    """Return the version of an installed package; empty if there is none."""
    try:
        return version(library)
    except PackageNotFoundError:
        return ""


def _data_checksum(benchmark: Benchmark) -> str:
    checksum = hashlib.sha256()
    for path in benchmark.labelled:
        checksum.update(path.encode() + b"\0" + (benchmark.chosen.corpus.root / "data" / path).read_bytes())
    return checksum.hexdigest()


def _read(path: Path) -> dict[str, dict[str, Any]]:
    costs: dict[str, dict[str, Any]] = read_own_object(path)
    for label, entry in costs.items():
        where = f"{path}: {printable(label, LONGEST)}"
        cost = as_object(entry, where, f"an object of {', '.join((*_NUMBERS, *_TEXTS))}")
        for name in _NUMBERS:
            if as_number(cost.get(name), f"{where}: {name}") < 0:
                raise InputError(f"{where}: {name}: expected a number from 0, got {cost[name]}")
        for name in _TEXTS:
            if not isinstance(cost.get(name), str):
                raise InputError(f"{where}: {name}: expected a text, got {json_text(cost.get(name))}")
    return costs
