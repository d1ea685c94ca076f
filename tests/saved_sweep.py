"""Every array of saved models, put to every odd content in turn: refused in one line, or a model that works.

As a program it sweeps them all, best where compiled code checks its indices:

    NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=/tmp/checked PYTHONPATH=.:tests python tests/saved_sweep.py
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from saved_models import KINDS, Arrays, contents, outcome

_FLOATS = (np.nan, np.inf, -np.inf, -0.0, 5e-324, 1.0, 2.0, 1e150, -1e150, 1e165, 1.7e308, -1.7e308)
_SLOW = 5.0  # seconds; nothing that is loaded and run takes a tenth of it


def odd_ones(array: NDArray[Any]) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield notes and arrays of this type or another: bounds, neighbours, another order, length or shape."""
    dtype = array.dtype
    yield "none", array[:0]
    yield "shorter", array[:-1]
    yield "longer", np.concatenate([array, array[-1:]])
    yield "twice", np.concatenate([array, array])
    yield "deeper", array[np.newaxis]
    yield "flat", array.ravel() if array.ndim > 1 else array.reshape(-1, 1)
    yield "reversed", array.ravel()[::-1].reshape(array.shape)
    yield "sorted", np.sort(array, axis=None).reshape(array.shape)
    yield "rolled", np.roll(array.ravel(), 1).reshape(array.shape)
    yield "shuffled", np.random.default_rng(1).permutation(array.ravel()).reshape(array.shape)
    yield "all the first", np.full_like(array, array.ravel()[0] if array.size else 0)
    for other in (np.float64, np.int64, np.int32, np.uint8, np.bool_):
        if other != dtype:
            yield f"as {np.dtype(other)}", array.astype(other)
    for number in _numbers(array):
        yield f"all {number}", np.full_like(array, number)
        for place in sorted({0, array.size // 2, array.size - 1} if array.size else ()):
            changed = array.copy()
            changed.ravel()[place] = number
            yield f"{number} at {place}", changed
    if dtype != np.bool_:
        for step in (1, -1):
            yield (
                f"all {step:+}",
                array + dtype.type(step) if dtype.kind != "u" else array + np.array(step, "i8").astype(dtype),
            )
            for place in sorted({0, array.size // 2, array.size - 1} if array.size else ()):
                changed = array.copy()
                changed.ravel()[place : place + 1] += np.array([step]).astype(dtype)
                yield f"{step:+} at {place}", changed


def consistent_ones(arrays: Arrays) -> Iterator[tuple[str, Arrays]]:
    """Yield notes and arrays that fit each other, as far as lengths go, but that no stream makes."""
    for name in [name for name in arrays if name.endswith("temporal_memory.owner")]:
        part = name.removesuffix("owner")
        for note, some in _of_temporal_memory({key: arrays[part + key] for key in _TEMPORAL}):
            yield f"{part}: {note}", {part + key: array for key, array in some.items()}
    for name in [name for name in arrays if name.endswith("memory.owned")]:
        part = name.removesuffix("owned")
        for note, some in _of_context_memory({key: arrays[part + key] for key in _CONTEXT}):
            yield f"{part}: {note}", {part + key: array for key, array in some.items()}


_TEMPORAL = (
    "owner", "synapses", "presynaptic", "permanence", "order", "free", "active_cells", "winner_cells", "cells_before",
    "active_segments", "matching_segments",
)  # fmt: skip
_CONTEXT = ("owned", "segments", "recent", "synapses", "presynaptic", "permanence", "context_sizes", "context")


def _of_temporal_memory(m: Arrays) -> Iterator[tuple[str, Arrays]]:
    owner, cells = m["owner"], np.arange(400, dtype=np.int32)  # those of `saved_models.small`, or fewer
    alive = np.flatnonzero(owner >= 0)
    by_cell = alive[np.argsort(owner[alive], kind="stable")].astype(np.int32)
    none, all_cells = by_cell[:0], dict.fromkeys(("active_cells", "winner_cells", "cells_before"), cells)
    yield "every cell", all_cells
    yield "every segment", {"active_segments": by_cell, "matching_segments": by_cell}
    yield "active, not matching", {"active_segments": by_cell, "matching_segments": none}
    yield "matching, not active", {"active_segments": none, "matching_segments": by_cell}
    yield "every cell and segment", all_cells | {"active_segments": by_cell, "matching_segments": by_cell}
    yield "winners, no segments", all_cells | {"active_segments": none, "matching_segments": none}
    bare = {name: m[name][:0] for name in ("presynaptic", "permanence")} | {"synapses": np.zeros_like(m["synapses"])}
    yield "no synapses", bare
    yield "no synapses, all active", bare | all_cells | {"active_segments": by_cell, "matching_segments": by_cell}
    one = {"synapses": (owner >= 0).astype(np.int32)}
    for cell in (0, 399):
        same = np.full(len(alive), cell, dtype=m["presynaptic"].dtype)
        yield f"one synapse to {cell}", one | {"presynaptic": same, "permanence": np.ones(len(alive), "f4")} | all_cells
    full = {
        "synapses": np.where(owner >= 0, 8, 0).astype(np.int32),
        "presynaptic": np.tile(np.arange(8, dtype=m["presynaptic"].dtype), len(alive)),
        "permanence": np.tile(np.linspace(0, 1, 8, dtype=np.float32), len(alive)),
    }
    yield "full segments", full | all_cells | {"active_segments": by_cell, "matching_segments": by_cell}
    yield "used backwards", {"order": m["order"][::-1]}
    yield "free backwards", {"free": m["free"][::-1]}
    lists = ("order", "active_segments", "matching_segments")
    gone = bare | {"owner": np.full_like(owner, -1), "free": np.arange(len(owner), dtype=np.int32)[::-1]}
    yield "no segments", gone | dict.fromkeys(lists, none)
    packed = np.repeat(cells, 3)[: len(owner)].astype(np.int32)
    whole = np.arange(len(packed), dtype=np.int32)
    if len(packed) == len(owner) and not len(m["free"]):
        yield "few cells", {"owner": packed, "order": whole, **dict.fromkeys(lists[1:], whole)}


def _of_context_memory(m: Arrays) -> Iterator[tuple[str, Arrays]]:
    bare = {name: m[name][:0] for name in ("presynaptic", "permanence")} | {"synapses": np.zeros_like(m["synapses"])}
    yield "no synapses", bare
    yield "order", {"segments": m["segments"][::-1]}
    yield "owners", {"owned": m["owned"][::-1]}
    yield "all recent", {"recent": np.ones_like(m["recent"])}
    yield "sorted", {"owned": np.sort(m["owned"]), "recent": np.ones_like(m["recent"])}
    yield "same synapses", {"presynaptic": np.zeros_like(m["presynaptic"])}
    yield "the highest synapses", {"presynaptic": np.full_like(m["presynaptic"], m["presynaptic"].max(initial=0))}
    yield "weak", {"permanence": np.zeros_like(m["permanence"])}
    yield "no context", {"context": m["context"][:0], "context_sizes": np.zeros_like(m["context_sizes"])}
    kept = np.minimum(m["context_sizes"], 1)
    yield "a little context", {"context": np.zeros(int(kept.sum()), dtype=np.uint16), "context_sizes": kept}


def _numbers(array: NDArray[Any]) -> list[Any]:
    if array.dtype == np.bool_:
        return [False, True]
    if array.dtype.kind == "f":
        with np.errstate(over="ignore"):  # to infinity, in a float32
            return [array.dtype.type(number) for number in _FLOATS]
    limits = np.iinfo(array.dtype)
    most = int(array.max(initial=0))
    return sorted(
        {int(limits.min), int(limits.max), 0, 1, most, min(most + 1, int(limits.max)), min(2**39, int(limits.max))}
    )


def sweep(kind: str, header: dict[str, Any], arrays: Arrays) -> Iterator[str]:
    """Yield what went wrong with each array and odd content."""
    for note, some in consistent_ones(arrays):
        yield from _findings(f"{kind}: {note}", header, arrays | some)
    for name, array in arrays.items():
        with np.errstate(all="ignore"):
            found = list(odd_ones(array))
        for note, odd in found:
            yield from _findings(f"{kind}: {name}: {note}", header, arrays | {name: odd})


def _findings(note: str, header: dict[str, Any], arrays: Arrays) -> Iterator[str]:
    began = perf_counter()
    try:
        outcome(header, arrays)
    except Exception as error:
        yield f"{note}: {type(error).__name__}: {str(error)[:300]}"
    if perf_counter() - began > _SLOW:
        yield f"{note}: {perf_counter() - began:.1f} s"


def main(kinds: list[str]) -> None:
    for kind in kinds or KINDS:
        began = perf_counter()
        for line in sweep(kind, *contents(kind)[-1]):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        sys.stdout.write(f"{kind}: {perf_counter() - began:.0f} s\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
