"""Compiled block novelty: how new the last few blocks of a stream are, at several scales.

Each combination of scale, kind and window is a view of the stream with its own stored patterns, comparable to
dendritic segments; the distance of the current pattern to the closest stored one is its novelty. Work is done only at
the end of a block. Block sizes double from scale to scale, so a coarse block always ends together with the finer ones.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.jit import jit, jit_inline, jit_inner

KINDS = 4  # of block values, in this order: mean, highest, lowest, mean with the time of day


class BlockRules(NamedTuple):
    """Parameters of the kernel, from `BlockNoveltyParams`."""

    finest: int  # records in a block of the finest scale; doubles with each scale
    probation: int  # records before calibration begins
    shape_weight: float
    time_weight: float
    tolerance: float
    memory: float
    least_deviation: float
    half: float
    weight: float
    exponent: float  # of each view's doubt (1 - evidence) in the vote
    looks: bool = False  # at a record without taking it in (htm/look.py)


class Views(NamedTuple):
    """State of all views: J scales, 4 kinds, W windows of at most L blocks, P patterns each."""

    windows: NDArray[np.int64]  # (W,) blocks per pattern, ascending
    chosen: NDArray[np.bool_]  # (4,) which kinds are used
    sums: NDArray[np.float64]  # (J,) sum of the current block's values
    highs: NDArray[np.float64]  # (J,) highest value of the current block
    lows: NDArray[np.float64]  # (J,) lowest value of the current block
    filled: NDArray[np.int64]  # (J,) records in the current block
    blocks: NDArray[np.int64]  # (J,) complete blocks so far
    recent: NDArray[np.float64]  # (J, 4, L) values of the last blocks, newest last
    patterns: NDArray[np.float64]  # (J, 4, W, P, 2 L) stored patterns: values, then shape
    times: NDArray[np.float64]  # (J, 4, W, P) time of day, as a fraction of the day
    used: NDArray[np.int64]  # (J, 4, W, P) block number of the last match
    stored: NDArray[np.int64]  # (J, 4, W) number of stored patterns
    mean: NDArray[np.float64]  # (J, 4, W) mean novelty, for calibration
    variance: NDArray[np.float64]  # (J, 4, W) of the novelty
    samples: NDArray[np.int64]  # (J, 4, W) novelties seen
    novelty: NDArray[np.float64]  # (J, 4, W) of the last pattern; kept for explanations
    evidence: NDArray[np.float64]  # (J, 4, W) of it, before its weight
    streak: NDArray[np.int64]  # (J, 4, W) last blocks in a row with evidence of at least 0.5
    current: NDArray[np.float64]  # (2 L,) scratch: the current pattern


@jit_inner
def _describe(
    recent: NDArray[np.float64], width: int, span: float, shape_weight: float, out: NDArray[np.float64]
) -> None:
    """Write the last `width` values, then their shape: the same values rescaled to [0, shape_weight]."""
    length = recent.shape[0]
    low = np.inf
    high = -np.inf
    for i in range(width):
        value = recent[length - width + i]
        out[i] = value
        low = min(low, value)
        high = max(high, value)
    extent = max(high - low, 1e-9 * span)  # do not magnify a nearly flat pattern
    for i in range(width):
        out[width + i] = shape_weight * (out[i] - low) / extent


@jit_inner
def _nearest(
    patterns: NDArray[np.float64],
    times: NDArray[np.float64],
    stored: int,
    current: NDArray[np.float64],
    time: float,
    width: int,
    inverse_span: float,
    time_cost: float,
) -> tuple[float, int]:
    """Return distance and index of the closest stored pattern, the first of equals; infinity and -1 if none."""
    best = np.inf
    place = -1
    for p in range(stored):
        distance = 0.0
        if time_cost > 0.0:
            apart = abs(times[p] - time)
            distance = time_cost * min(apart, 1.0 - apart)
            if distance >= best:
                continue
        pattern = patterns[p]
        for i in range(width):
            distance += abs(pattern[i] - current[i]) * inverse_span + abs(pattern[width + i] - current[width + i])
            if distance >= best:
                break
        if distance < best:
            best = distance
            place = p
    return best, place


@jit_inner
def _store(used: NDArray[np.int64], stored: int) -> int:
    """Return the index for a new pattern: a free one, else the least recently matched one, the lowest of equals."""
    if stored < used.shape[0]:
        return stored
    place = 0
    for p in range(1, stored):
        if used[p] < used[place]:
            place = p
    return place


@jit_inline
def _novelty(v: Views, r: BlockRules, scale: int, kind: int, w: int, block: int, time: float, span: float) -> float:
    """Return the mean distance per block to the closest stored pattern; store the current one if none is close."""
    width = v.windows[w]
    if block < width - 1 or span < 1e-280:  # the inverse of a smaller span overflows
        return 0.0
    _describe(v.recent[scale, kind], width, span, r.shape_weight, v.current)
    stored = v.stored[scale, kind, w]
    patterns = v.patterns[scale, kind, w]
    times = v.times[scale, kind, w]
    used = v.used[scale, kind, w]
    time_cost = r.time_weight * 2.0 * width if kind == 3 else 0.0
    best, place = _nearest(patterns, times, stored, v.current, time, width, 1.0 / span, time_cost)
    # The limit keeps the calibration finite when values lie absurdly far outside the range.
    novelty = min(best / width, 1e100) if stored > 0 else 0.0
    if r.looks:
        return novelty
    if place >= 0 and novelty <= r.tolerance:
        used[place] = block
        return novelty
    place = _store(used, stored)
    v.stored[scale, kind, w] = max(stored, place + 1)
    for i in range(2 * width):
        patterns[place, i] = v.current[i]
    times[place] = time
    used[place] = block
    return novelty


@jit_inline
def _calibrate(v: Views, r: BlockRules, scale: int, kind: int, w: int, novelty: float) -> float:
    """Return evidence in [0, 1): how many deviations the novelty exceeds its own mean by; `half` of them give 0.5."""
    evidence = 0.0
    mean = v.mean[scale, kind, w]
    if v.samples[scale, kind, w] > 0:
        z = (novelty - mean) / (math.sqrt(max(v.variance[scale, kind, w], 0.0)) + r.least_deviation)
        if z > 0.0:
            evidence = 1.0 - 1.0 / (1.0 + z / r.half)
    v.samples[scale, kind, w] += 1
    # A plain mean at first, then an exponential moving average.
    rate = max(1.0 / v.samples[scale, kind, w], 1.0 / r.memory)
    step = novelty - mean
    v.mean[scale, kind, w] = mean + rate * step
    v.variance[scale, kind, w] = (1.0 - rate) * (v.variance[scale, kind, w] + rate * step * step)
    return evidence


@jit_inline
def _close_block(v: Views, r: BlockRules, scale: int, size: int, time: float, span: float) -> float:
    """Evaluate a finished block in all views of its scale; return the log of their joint doubt."""
    block = v.blocks[scale]
    values = (v.sums[scale] / size, v.highs[scale], v.lows[scale], v.sums[scale] / size)
    total = 0.0
    for kind in range(4):
        if not v.chosen[kind]:
            continue
        recent = v.recent[scale, kind]
        for i in range(recent.shape[0] - 1):
            recent[i] = recent[i + 1]
        recent[-1] = values[kind]
        for w in range(v.windows.shape[0]):
            novelty = _novelty(v, r, scale, kind, w, block, time, span)
            evidence = 0.0
            if block >= r.probation // size:
                evidence = _calibrate(v, r, scale, kind, w, novelty)
                total += math.log(1.0 - r.weight * evidence)
            v.novelty[scale, kind, w], v.evidence[scale, kind, w] = novelty, evidence
            v.streak[scale, kind, w] = v.streak[scale, kind, w] + 1 if evidence >= 0.5 else 0
    v.blocks[scale] = block + 1
    return r.exponent * total


@jit_inner
def run(
    v: Views,
    r: BlockRules,
    values: NDArray[np.float64],
    times: NDArray[np.float64],
    spans: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Write each record's evidence in [0, 1); it is 0 except at the end of a block.

    `times` are fractions of the day; `spans` is the range of values, the unit of distance, at each record.
    """
    scales = v.sums.shape[0]
    for i in range(values.shape[0]):
        value = values[i]
        doubt = 0.0
        for scale in range(scales):
            size = r.finest << scale
            if v.filled[scale] == 0:
                v.sums[scale] = 0.0
                v.highs[scale] = -np.inf
                v.lows[scale] = np.inf
            v.sums[scale] += value
            v.highs[scale] = max(v.highs[scale], value)
            v.lows[scale] = min(v.lows[scale], value)
            v.filled[scale] += 1
            if v.filled[scale] == size:
                v.filled[scale] = 0
                doubt += _close_block(v, r, scale, size, times[i], spans[i])
        out[i] = 1.0 - math.exp(doubt)


@jit
def run_box(
    box: Any,
    values: NDArray[np.float64],
    times: NDArray[np.float64],
    spans: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Call `run` with the state in a box: (Views, BlockRules)."""
    v, r = box.state
    run(v, r, values, times, spans, out)
