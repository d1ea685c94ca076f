"""Views of the novelty of values and of patterns of blocks: the closest stored ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.anomaly import BlockNovelty, ValueNovelty
from zhtm_detector.htm.anomaly.novelty import KINDS
from zhtm_detector.htm.explaining.bands import unless_within
from zhtm_detector.htm.explaining.explanation import HIGH, Band, ViewEvidence


def value_view(novelty: ValueNovelty, value: float, evidence: float, span: float, streak: int) -> ViewEvidence:
    """Return the view of single values: the closest ones as a band with gaps of at most the scale of full evidence."""
    state, rules = novelty.kernel_state()
    ordered = state.ordered[: state.counts[0]]
    others = ordered[ordered != value] if evidence > 0.0 else ordered
    expected = None
    if len(others):
        at = int(np.abs(0.5 * others - 0.5 * value).argmin())
        cuts = np.flatnonzero(0.5 * np.diff(others) > 0.5 * rules.scale * span)
        place = int(np.searchsorted(cuts, at))
        low = int(cuts[place - 1]) + 1 if place > 0 else 0
        high = int(cuts[place]) if place < len(cuts) else len(others) - 1
        if evidence > 0.0:  # only those on the side of the closest one
            low, high = (low, at) if others[at] < value else (at, high)
        expected = float(others[low]), float(others[high])
    return ViewEvidence("value 1 known", "value", "known", 1, evidence, value, expected, len(ordered), evidence, streak)


def block_views(novelty: BlockNovelty, spoke: bool, time: float, span: float) -> Iterator[ViewEvidence]:
    """Return the views whose block ended with the last record.

    `spoke` is whether they had evidence in the vote; `time` is a fraction of the day.
    """
    v, r = novelty.kernel_state()
    for scale, kind, w in np.ndindex(*v.evidence.shape):
        if not v.chosen[kind] or v.filled[scale] > 0 or v.blocks[scale] == 0:
            continue
        width, size = int(v.windows[w]), int(r.finest << scale)
        evidence = float(v.evidence[scale, kind, w]) if spoke else 0.0
        seen, expected = float(v.recent[scale, kind, -1]), _closest(v, r, (scale, kind, w), time, span)
        yield ViewEvidence(
            name=f"{KINDS[kind]} {size} pattern of {width}",
            kind=KINDS[kind],
            source="pattern",
            scale=size,
            evidence=evidence,
            seen=seen,
            expected=unless_within(expected, seen, evidence),
            stored=int(v.stored[scale, kind, w]),
            vote=1.0 - (1.0 - r.weight * evidence) ** r.exponent,
            since=int(v.streak[scale, kind, w]) * size if evidence >= HIGH else 0,
        )


def _closest(v: Any, r: Any, place: tuple[int, int, int], time: float, span: float) -> Band | None:
    """Return a band around the last value of the closest stored pattern, as wide as the tolerance to each side."""
    scale, kind, w = place
    width, stored = int(v.windows[w]), int(v.stored[place])
    recent: NDArray[np.float64] = v.recent[scale, kind, -width:]
    block = int(v.blocks[scale]) - 1
    if block < width - 1 or span < 1e-280:
        return None
    patterns, used = v.patterns[place][:stored], v.used[place][:stored]
    low = recent.min()
    extent = max(recent.max() - low, 1e-9 * span)
    shape = r.shape_weight * (recent - low) / extent
    with np.errstate(over="ignore"):  # values may lie absurdly far outside the range
        distance = (np.abs(patterns[:, :width] - recent) * (1.0 / span)).sum(axis=1)
    distance += np.abs(patterns[:, width : 2 * width] - shape).sum(axis=1)
    if KINDS[kind] == "mean_at_time":
        apart = np.abs(v.times[place][:stored] - time)
        distance += r.time_weight * 2.0 * width * np.minimum(apart, 1.0 - apart)
    if v.novelty[place] > r.tolerance:
        distance[used == block] = np.inf  # the pattern itself, stored just now
    if not np.isfinite(distance).any():
        return None
    closest, margin = float(patterns[distance.argmin(), width - 1]), r.tolerance * span
    return closest - margin, closest + margin
