"""The bytes of a trace: a few plain arrays a chunk, which Python and JavaScript read alike.

The file is that of `common/container.py`, of kind "Trace": a zip archive of deflated .npy files and header.json. Each
member is an array of uint8, a *blob*:

- ``frames00000``…: what is shown of a record, for some 128 records each. `frames` in the header lists the first record
  of each.
- ``learning00000``…: how the segments changed in the same records; for models with a region.
- ``memory00000``…: key frames, all segments after a record; `memory` in the header lists the records.
- ``pooler00000``…: key frames, all permanences of the spatial pooler after a record, likewise in `pooler`.

A blob is the arrays that `layout` in the header lists for its kind, one after the other: ``[name, type, rows, coding,
below]``. Each is a uint32 with the number of elements, a uint32 that is 0, the elements, and zero bytes up to a
multiple of 8. Everything is little endian.

- Elements of w bytes lie in w planes: first the lowest byte of all elements, then the second byte of all, and so on.
  Deflate then finds the many high bytes that are 0.
- `rows` names the array that says how many elements each row has, such as one row a record; "" if there is none.
- `coding` "rise": each element but the first of a row is the difference to the one before it. "step": the same over the
  whole array. "": the element itself. Differences wrap around.
- `below`: elements are less than this number; 0 if there is no such limit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError

Arrays = dict[str, NDArray[Any]]
_TYPES = {"u1": 1, "u2": 2, "u4": 4, "i8": 8, "f4": 4, "f8": 8}  # bytes
MOST_BLOB = 2**28  # bytes


class Field(NamedTuple):
    """One array of a blob; see the module's docstring."""

    name: str
    type: str
    rows: str = ""
    coding: str = ""
    below: int = 0


class Sizes(NamedTuple):
    """How many of everything there are, which limits the indices. All 0 but the first three without a region."""

    voters: int
    views: int
    minicolumns: int
    inputs: int = 0
    columns: int = 0
    cells_per_column: int = 0
    segments: int = 0
    synapses: int = 0  # of a segment


def layout_of(sizes: Sizes) -> dict[str, list[Field]]:
    """Return the arrays of each kind of blob."""
    has_region = sizes.columns > 0
    frames = [
        Field("time", "i8", "", "step"),  # microseconds since 1970, on the stream's own clock
        *(
            Field(name, "f8")
            for name in ("value", "score", "unsilenced", "raw", "likelihood", "novelty", "center", "deviation")
        ),
        Field("evidence", "f8"),  # (records, voters)
        *(Field(name, "u1", below=2) for name in ("out_of_range", "silenced", "learned")),
    ]
    if sizes.views:
        frames += [
            Field("view_counts", "u2", below=sizes.views + 1),
            Field("views", index_type(sizes.views), "view_counts", "rise", sizes.views),
            *(Field(f"view_{name}", "f8") for name in ("evidence", "mismatch", "unseen", "seen")),
            Field("minicolumn_counts", "u2", below=sizes.minicolumns + 1),  # a row for each of `views`
            Field("minicolumns", index_type(sizes.minicolumns), "minicolumn_counts", "rise", sizes.minicolumns),
        ]
    if not has_region:
        return {"frames": frames}
    cells = sizes.columns * sizes.cells_per_column
    cell, column = index_type(cells), index_type(sizes.columns)
    frames += [
        *_ragged("bit", index_type(sizes.inputs), sizes.inputs),
        *_ragged("column", column, sizes.columns),
        Field("overlaps", index_type(sizes.inputs + 1), "column_counts", "", sizes.inputs + 1),
        # One row more than records: cells that the record before the chunk made predictive, then those of each record.
        *_ragged("predictive", cell, cells, "predictive"),
        # Of the bursting columns of each record: the place of the winner cell in its column.
        Field("winner_counts", column, below=sizes.columns + 1),
        Field("winners", index_type(sizes.cells_per_column), "winner_counts", "", sizes.cells_per_column),
        *_ragged("active_before", cell, cells, "active_before"),  # one row: cells at the record before the chunk
        *_ragged("winners_before", cell, cells, "winners_before"),  # likewise
    ]
    segment = index_type(sizes.segments)
    count = index_type(sizes.synapses + 1)
    learning = [
        *_ragged("raised", column, sizes.columns, "raised"),
        *_ragged("segment", segment, sizes.segments),
        Field("kinds", "u1", below=4),  # of the change, one for each of `segments`: see kernels/tape.py
        Field("owners", cell, below=cells),  # one for each change of kind 1 and 2
        Field("added", count, below=sizes.synapses + 1),  # one for each of kind 0 and 1
        Field("links", cell, "added", "rise", cells),  # places among the winner cells of the record before
        Field("rows", count, below=sizes.synapses + 1),  # one for each of kind 2
        Field("row_cells", cell, "rows", "rise", cells),
        Field("row_permanences", "f4", "rows"),
    ]
    memory = [
        Field("owner", "u4", below=cells + 1),  # by segment number: its cell + 1, 0 if the number is not in use
        Field("synapses", count, below=sizes.synapses + 1),
        Field("presynaptic", cell, "synapses", "rise", cells),
        Field("permanence", "f4", "synapses"),
    ]
    pooler = [Field("permanence", "f4")]  # (columns, inputs), -1 outside the potential pool
    return {"frames": frames, "learning": learning, "memory": memory, "pooler": pooler}


def _ragged(name: str, kind: str, below: int, plural: str = "") -> list[Field]:
    counts = f"{name}_counts"
    return [
        Field(counts, index_type(below + 1), below=below + 1),
        Field(plural or f"{name}s", kind, counts, "rise", below),
    ]


def index_type(below: int) -> str:
    """Return the type of whole numbers from 0 to below - 1."""
    return "u1" if below <= 2**8 else "u2" if below <= 2**16 else "u4"


def encode(fields: Sequence[Field], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return the blob of these arrays; those with rows have them one after the other."""
    parts = []
    for field in fields:
        array = np.ascontiguousarray(arrays[field.name], dtype=f"<{field.type}").ravel()
        if field.coding:
            differences = np.diff(array, prepend=array.dtype.type(0))
            if field.coding == "rise":
                starts = _starts(np.asarray(arrays[field.rows]))
                starts = starts[starts < len(array)]
                differences[starts] = array[starts]
            array = differences
        size = array.itemsize
        planes = np.ascontiguousarray(array.view(np.uint8).reshape(len(array), size).T)
        parts += [np.array([len(array), 0], dtype="<u4").tobytes(), planes.tobytes(), bytes(-planes.size % 8)]
    return b"".join(parts)


def decode(fields: Sequence[Field], blob: NDArray[np.uint8], where: str) -> Arrays:
    """Return the arrays of a blob.

    Raises
    ------
    InputError
        Unless the blob is exactly these arrays, the rows as long as they should be, and each element below its limit.
        Messages begin with `where`.
    """
    if blob.dtype != np.uint8 or blob.ndim != 1:
        raise InputError(f"{where}: expected bytes, got {blob.dtype}, {blob.ndim}-d")
    arrays: Arrays = {}
    at = 0
    for field in fields:
        size = _TYPES[field.type]
        count = int(blob[at : at + 4].view("<u4")[0]) if at + 8 <= len(blob) else MOST_BLOB
        end = at + 8 + count * size
        if end > len(blob):
            raise InputError(f"{where}: {field.name}: cut; expected {count} elements of {size} bytes")
        planes = blob[at + 8 : end].reshape(size, count)
        array: NDArray[Any] = np.ascontiguousarray(planes.T).reshape(-1).view(f"<{field.type}")
        array = array.astype(array.dtype.newbyteorder("="), copy=False)
        if field.coding == "step":
            array = np.cumsum(array, dtype=array.dtype)
        if field.rows:
            array = _rows(field, array, arrays[field.rows], where)
        if field.below and count and int(array.max()) >= field.below:
            raise InputError(f"{where}: {field.name}: expected numbers below {field.below}, got {int(array.max())}")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise InputError(f"{where}: {field.name}: expected finite numbers, got others")
        arrays[field.name] = array
        at = end + -(end - at - 8) % 8
    if at != len(blob):
        raise InputError(f"{where}: expected {at} bytes, got {len(blob)}")
    return arrays


def _rows(field: Field, array: NDArray[Any], counts: NDArray[Any], where: str) -> NDArray[Any]:
    """Check that the rows fill the array; sum up the differences in each."""
    ends = offsets(counts)
    if ends[-1] != len(array):
        raise InputError(f"{where}: {field.name}: expected {ends[-1]} elements in {len(counts)} rows, got {len(array)}")
    if field.coding != "rise":
        return array
    starts = ends[:-1][counts > 0]
    sums = np.cumsum(array, dtype=np.int64)
    base = np.repeat(sums[starts] - array[starts], counts[counts > 0])
    risen: NDArray[np.int64] = sums - base
    rising = risen[1:] > risen[:-1]
    rising[starts[1:] - 1] = True
    if not rising.all():
        raise InputError(f"{where}: {field.name}: expected ascending numbers in each row, got others")
    return risen


def offsets(counts: NDArray[Any]) -> NDArray[np.int64]:
    """Return where each row begins, and where the last one ends, shape (rows + 1,)."""
    ends = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=ends[1:])
    return ends


def _starts(counts: NDArray[Any]) -> NDArray[np.int64]:
    """Return the first element of each row that has any."""
    return offsets(counts)[:-1][counts > 0]


def as_json(layout: Mapping[str, Sequence[Field]]) -> dict[str, list[list[Any]]]:
    """Return the layout for the header."""
    return {kind: [list(field) for field in fields] for kind, fields in layout.items()}
