"""The header of a trace, checked: what was recorded of which model, and where it lies in the file."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import shown
from zhtm_detector.htm.anomaly.novelty import KINDS
from zhtm_detector.htm.params import ModelParams, parse_kind
from zhtm_detector.htm.recording.layout import Field, Sizes, as_json, layout_of

KIND = "Trace"
_MOST_RECORDS = 2**53
_MOST_MINICOLUMNS = 2**16


def sizes_of(params: ModelParams, views: int) -> Sizes:
    """Return how many of everything a model has."""
    sizes = Sizes(params.voters, views, _MOST_MINICOLUMNS if params.columns else 1)
    if params.columns or not params.predicts:
        return sizes
    pooler, memory = params.spatial_pooler, params.temporal_memory
    return sizes._replace(
        inputs=params.value_encoder.largest_size + params.date_encoder.size,
        columns=pooler.columns,
        cells_per_column=memory.cells_per_column,
        segments=memory.segments,
        synapses=memory.synapses_per_segment,
    )


def voter_names(params: ModelParams) -> list[str]:
    """Return the names of the voters, in the order of their evidence."""
    names = []
    if params.predicts:
        names = ["prediction", *(f"columns {number}" for number in range(1, 1 + len(params.columns)))]
    if params.value_novelty is not None:
        names.append("value novelty")
    if params.block_novelty is not None:
        names.append("block novelty")
    return names


def view_names(params: ModelParams, probation: int) -> list[str]:
    """Return the names of all views, as explanations have them: kind, records in a block, and what it is compared with.

    Those of columns are numbered by group, scale and kind, those of the novelty of blocks by scale, kind and window.
    """
    names = []
    for group in params.columns:
        source = "known" if group.temporal_memory.context == 0 else "sequence"
        finest = 1 if group.blocks is None else _records(probation, group.blocks)
        names += [f"{kind} {finest << scale} {source}" for scale in range(group.scales) for kind in group.sees]
    if params.block_novelty:
        novelty = params.block_novelty
        finest = _records(probation, novelty.blocks)
        for scale in range(novelty.scales):
            names += [f"{kind} {finest << scale} pattern of {width}" for kind in KINDS for width in novelty.windows]
    return names


def _records(probation: int, blocks: float) -> int:
    return max(1, math.floor(probation / blocks + 0.5))


@dataclass(frozen=True)
class Header:
    """What a trace's header says; see `layout.py`.

    Parameters
    ----------
    first, last : int
        Numbers of the first record, and one past the last.
    source : str
    params : ModelParams
    settings : mapping
        Of the model, as `HTMModel.settings` returns them.
    fields : tuple of (name, size, active bits)
        Of the encoder.
    voters, views : tuple of str
    threshold : float or None
    sizes : Sizes
    layout : mapping of str to list of Field
    frames, memory, pooler : tuple of int
        The records with which chunks begin, and before which there are key frames.
    sentences : mapping of int to str
        Why records have their scores.
    """

    first: int
    last: int
    source: str
    params: ModelParams
    settings: Mapping[str, Any]
    fields: tuple[tuple[str, int, int], ...]
    voters: tuple[str, ...]
    views: tuple[str, ...]
    threshold: float | None
    sizes: Sizes
    layout: Mapping[str, list[Field]]
    frames: tuple[int, ...]
    memory: tuple[int, ...]
    pooler: tuple[int, ...]
    sentences: Mapping[int, str]

    @property
    def inputs(self) -> int:
        """Number of bits of the encoder; 0 without a region."""
        return sum(size for _, size, _ in self.fields)


def header_of(content: Mapping[str, Any], where: str) -> Header:
    """Check the content of a header.

    Raises
    ------
    InputError
        For anything that a recorder does not write.
    """

    def check(valid: bool, name: str, expected: str) -> None:
        if not valid:
            raise InputError(f"{where}: {name}: expected {expected}, got {shown(content.get(name))}")

    records: Any = content.get("records")
    check(
        _whole_numbers(records) and len(records) == 2 and records[0] < records[1], "records", "a first and a last one"
    )
    first, last = records
    settings: Any = content.get("model")
    check(isinstance(settings, dict) and _whole_numbers([settings.get("probation")]), "model", "settings of a model")
    try:
        params = parse_kind(settings.get("params"), "params", ModelParams)
    except ValueError as error:
        raise InputError(f"{where}: model: {error}") from None
    names = view_names(params, settings["probation"])
    sizes = sizes_of(params, len(names))
    check(content.get("views") == names, "views", f"{len(names)} names")
    check(content.get("voters") == voter_names(params), "voters", f"{sizes.voters} names")
    check(content.get("sizes") == list(sizes), "sizes", str(list(sizes)))
    layout = layout_of(sizes)
    check(content.get("layout") == as_json(layout), "layout", "that of the model in the file")
    fields: Any = content.get("fields")
    check(isinstance(fields, list) and all(_is_field(field) for field in fields), "fields", "name, size, active bits")
    check(sum(field[1] for field in fields) <= sizes.inputs, "fields", f"at most {sizes.inputs} bits")
    threshold: Any = content.get("threshold")
    check(threshold is None or isinstance(threshold, (int, float)), "threshold", "a number or null")
    for name in ("frames", "memory", "pooler"):
        starts: Any = content.get(name)
        check(
            _whole_numbers(starts) and all(a < b for a, b in itertools.pairwise(starts)),
            name,
            "ascending numbers",
        )
        check(all(first <= start <= last for start in starts), name, f"numbers from {first} to {last}")
    check(content["frames"][:1] == [first] and content["frames"][-1] < last, "frames", f"numbers from {first} on")
    for name in ("memory", "pooler"):
        check({*content[name]} <= {*content["frames"], last}, name, "records with which chunks begin")
    has_region = bool(content["memory"])
    check(has_region == bool(content["pooler"]) == bool(fields), "memory", "key frames of both kinds, or none")
    check(
        not has_region or (sizes.columns > 0 and content["memory"][0] == content["pooler"][0]),
        "pooler",
        "the same first",
    )
    sentences: Any = content.get("sentences")
    check(
        isinstance(sentences, dict) and all(_is_number(k) and isinstance(v, str) for k, v in sentences.items()),
        "sentences",
        "texts by record",
    )
    check(isinstance(content.get("source"), str), "source", "a text")
    return Header(
        first,
        last,
        content["source"],
        params,
        settings,
        tuple((str(name), size, active) for name, size, active in fields),
        tuple(content["voters"]),
        tuple(names),
        threshold,
        sizes,
        layout,
        tuple(content["frames"]),
        tuple(content["memory"]),
        tuple(content["pooler"]),
        {int(number): text for number, text in sentences.items()},
    )


def _whole_numbers(numbers: Any) -> bool:
    return isinstance(numbers, list) and all(type(n) is int and 0 <= n <= _MOST_RECORDS for n in numbers)


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= 16


def _is_field(field: Any) -> bool:
    return isinstance(field, list) and len(field) == 3 and isinstance(field[0], str) and _whole_numbers(field[1:])
