"""Compiled recorder: what the views of blocks saw whose block ended with the last record."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.jit import jit

_HIGH, _LOW, _CHANGE = 1, 2, 4  # kinds of block values, as in kernels/columns.py

VIEWS, MINICOLUMNS = range(2)  # places in `ViewTape.used`


class ViewTape(NamedTuple):
    """What was written down of the records of a chunk."""

    used: NDArray[np.int64]  # (2,)
    views: NDArray[np.uint32]  # numbers of views
    numbers: NDArray[np.float64]  # (…, 4) evidence, mismatch or novelty, unseen, seen
    sizes: NDArray[np.uint32]  # active minicolumns of each
    minicolumns: NDArray[np.uint32]


@jit
def capture_group(box: Any, spoke: bool, first: int) -> None:
    """Write down a group of columns; its views have the numbers from `first` on.

    The box holds (GroupState, GroupRules, Table, ViewTape); the caller has made sure that the tape is long enough.
    `spoke` is whether the group had evidence in the vote; if not, neither has a view.
    """
    g, r, table, t = box.state
    scales, kinds = g.evidence.shape
    for scale in range(scales):
        if g.filled[scale] > 0 or g.blocks[scale] == 0:
            break  # then no coarser block has ended either
        for k in range(kinds):
            kind = g.kinds[k]
            seen = g.sums[scale] / (r.block << scale)
            if kind == _HIGH:
                seen = g.highs[scale]
            elif kind == _LOW:
                seen = g.lows[scale]
            elif kind == _CHANGE:
                seen = g.change[scale]
            at, place = t.used[VIEWS], t.used[MINICOLUMNS]
            t.views[at] = first + scale * kinds + k
            t.numbers[at, 0] = g.evidence[scale, k] if spoke else 0.0
            t.numbers[at, 1] = g.mismatch[scale, k]
            t.numbers[at, 2] = g.unseen[scale, k] if spoke else 0.0
            t.numbers[at, 3] = seen
            row = table.rows[g.places[scale, k]]
            count = np.int64(row[0])
            t.sizes[at] = count
            for i in range(count):
                t.minicolumns[place + i] = row[1 + i]
            t.used[VIEWS], t.used[MINICOLUMNS] = at + 1, place + count


@jit
def capture_blocks(box: Any, spoke: bool, first: int) -> None:
    """Write down the novelty of blocks; its views have the numbers from `first` on. The box holds (Views, ViewTape)."""
    v, t = box.state
    scales, kinds, windows = v.evidence.shape
    for scale in range(scales):
        if v.filled[scale] > 0 or v.blocks[scale] == 0:
            break
        for kind in range(kinds):
            for w in range(windows):
                if not v.chosen[kind]:
                    continue
                at = t.used[VIEWS]
                t.views[at] = first + (scale * kinds + kind) * windows + w
                t.numbers[at, 0] = v.evidence[scale, kind, w] if spoke else 0.0
                t.numbers[at, 1] = v.novelty[scale, kind, w]
                t.numbers[at, 2] = 0.0
                t.numbers[at, 3] = v.recent[scale, kind, v.recent.shape[2] - 1]
                t.sizes[at] = 0
                t.used[VIEWS] = at + 1
