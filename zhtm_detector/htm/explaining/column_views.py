"""Views of a group of columns: what the context memories expected, decoded to values."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.columns import KINDS, ColumnGroup
from zhtm_detector.htm.explaining.bands import (
    bucket_of,
    candidates,
    expected_band,
    known_stretch,
    unless_within,
    within,
)
from zhtm_detector.htm.explaining.explanation import HIGH, Band, ViewEvidence
from zhtm_detector.htm.kernels.columns import TIMES
from zhtm_detector.htm.kernels.rows import DAY
from zhtm_detector.htm.minicolumn_rows import MinicolumnRows


def column_views(group: ColumnGroup, spoke: bool, before: Band, clock: int) -> Iterator[ViewEvidence]:
    """Return the views whose block ended with the last record.

    Parameters
    ----------
    group : ColumnGroup
    spoke : bool
        Whether the group had evidence in the vote; if not, neither has a view.
    before : tuple of float
        Lowest and highest value before the record.
    clock : int
        Microseconds since midnight.
    """
    g, r, *_ = group.kernel_state()
    for scale, k in np.ndindex(*g.evidence.shape):
        if g.filled[scale] > 0 or g.blocks[scale] == 0:
            continue
        size, kind = r.block << scale, KINDS[g.kinds[k]]
        evidence, unseen = (float(x[scale, k]) if spoke else 0.0 for x in (g.evidence, g.unseen))
        novel = r.unseen_weight * unseen
        seen = {"high": g.highs, "low": g.lows, "change": g.change}.get(kind, g.sums / size)[scale].item()
        column = _Column(group, scale * g.kinds.size + k, kind, seen, clock)
        own = float(1.0 - (1.0 - evidence) * (1.0 - novel))
        source = "known" if column.context == 0 else "sequence"
        mismatch = float(g.mismatch[scale, k])
        expected = column.known(unseen, before) if source == "known" else column.expected(mismatch, before)
        yield ViewEvidence(
            name=f"{kind} {size} {source}",
            kind=kind,
            source=source,
            scale=size,
            evidence=own,
            seen=seen,
            expected=unless_within(expected, seen, own),
            stored=column.stored,
            vote=1.0 - (1.0 - novel) * (1.0 - r.weight * evidence) ** r.exponent,
            since=int(g.streak[scale, k]) * size if own >= HIGH else 0,
        )


class _Column:
    """One column after its last block."""

    def __init__(self, group: ColumnGroup, number: int, kind: str, seen: float, clock: int) -> None:
        _, self._rules, _, self._memory, memory_rules, _ = group.kernel_state()
        self.context = memory_rules.context
        self._memory_rules, self._number, self._seen, self._source = memory_rules, number, seen, group.rows
        self._origin = 0.0 if kind == "change" else self._rules.lowest
        self._is_change = kind == "change"
        self._time = 1 + clock * self._rules.time_buckets // DAY if kind == "mean_at_time" else 0
        self._owned = self._memory.owned.reshape(-1, memory_rules.minicolumns)[number]
        self.stored = int(self._owned.sum())
        self._bucket = bucket_of(seen, self._origin, self._rules.unit)

    def _row(self, bucket: int) -> NDArray[np.uint16]:
        return _row(self._source, bucket * TIMES + self._time)

    def _limits(self, before: Band) -> Band:
        """Return the range of what may have been seen before."""
        return (before[0] - before[1], before[1] - before[0]) if self._is_change else before

    def expected(self, mismatch: float, before: Band) -> Band | None:
        """Return the band of values that the context predicted."""
        low, high = self._limits(before)
        unit = self._rules.unit
        buckets, step = candidates(low, high, self._origin, unit)
        predicted = _predicted(self._memory, self._memory_rules, self._number, self._owned)
        # What the last step learned is in their segments already, so the average that it had found before stands in.
        predicted[self._row(self._bucket)] = 1.0 - mismatch
        rows = [self._row(bucket) for bucket in buckets.tolist()]
        support = np.array([predicted[row].mean() if row.size else 0.0 for row in rows])
        centres = self._origin + buckets * unit
        band = expected_band(centres, support, step * unit, self._seen, float(1.0 - mismatch))
        if band is None or band[0] <= self._seen <= band[1]:
            return band
        return within(band, low, high)

    def known(self, unseen: float, before: Band) -> Band | None:
        """Return the closest values seen before, as a band without gaps.

        The minicolumns of the value itself are marked by now. Of those of a value d buckets away, d are not shared;
        and if n of its own were new, no value seen before is closer than n buckets.
        """
        low, high = self._limits(before)
        if not low <= high:
            return None
        own = self._row(self._bucket)
        new = round(unseen * own.size)
        unit, origin = self._rules.unit, self._origin
        first, last = bucket_of(low, origin, unit), bucket_of(high, origin, unit)

        def is_known(bucket: int) -> bool:
            row = self._row(bucket)
            return bool(row.size) and bool(self._owned[row[~np.isin(row, own)]].all())

        below = known_stretch(min(self._bucket - new, last), -1, first, is_known)
        above = known_stretch(max(self._bucket + new, first), 1, last, is_known)
        if new == 0:
            all_ends = [self._bucket, *(below or ()), *(above or ())]
            return origin + (min(all_ends) - 0.5) * unit, origin + (max(all_ends) + 0.5) * unit
        found = [ends for ends in (below, above) if ends is not None]
        if not found:
            return None
        closest = min(found, key=lambda ends: abs(ends[0] - self._bucket))
        return within((origin + (min(closest) - 0.5) * unit, origin + (max(closest) + 0.5) * unit), low, high)


@lru_cache(maxsize=2**13)  # a few hundred bytes each
def _row(source: MinicolumnRows, number: int) -> NDArray[np.uint16]:
    row = source.row(number)
    return row[1 : 1 + int(row[0])]


def _predicted(memory: Any, rules: Any, column: int, owned: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return how well each minicolumn was predicted before the last step, shape (minicolumns,).

    The context has moved on by that step. So a synapse is looked up a step further back, and those to the oldest step,
    which is forgotten, do not count.
    """
    most, size = int(owned.max(initial=0)), rules.minicolumns
    best = np.zeros((size, max(most, 1)))
    mine = np.arange(best.shape[1]) < owned[:, np.newaxis]
    segments = memory.segments[column * size : (column + 1) * size, : best.shape[1]][mine]
    presynaptic = memory.presynaptic[segments].astype(np.int64)
    counted = np.arange(presynaptic.shape[1]) < memory.connected[segments][:, np.newaxis]
    counted &= presynaptic < (rules.context - 1) * size
    matched = memory.active[column][np.where(counted, presynaptic + size, 0)] & counted
    share = matched.sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
    best[mine] = share if rules.graded else share >= rules.match
    highest: NDArray[np.float64] = best.max(axis=1)
    return highest
