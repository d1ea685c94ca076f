"""Slow twin of `zhtm_detector.htm.kernels.blocks` and of the vote: lists of patterns and plain loops.

Equal to the kernels bit for bit: sums are taken in the kernels' order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from zhtm_detector.htm.params import BlockNoveltyParams

KINDS = ("mean", "high", "low", "mean_at_time")


@dataclass
class Pattern:
    values: list[float]
    shape: list[float]
    time: float
    used: int


@dataclass
class View:
    """One kind, scale and window; counts its operations, so that tests can check that they occur."""

    params: BlockNoveltyParams
    kind: str
    window: int
    first_judged: int
    patterns: list[Pattern] = field(default_factory=list)
    block_values: list[float] = field(default_factory=list)
    samples: int = 0
    mean: float = 0.0
    variance: float = 0.0
    last: tuple[float, float] = (0.0, 0.0)  # novelty and its evidence
    streak: int = 0  # last blocks in a row with evidence of at least 0.5
    grown: int = 0
    matched: int = 0
    matched_nearby: int = 0
    evicted: int = 0

    def doubt(self, block_value: float, time: float, span: float) -> float:
        """Return the log of the view's doubt at the end of a block."""
        block = len(self.block_values)
        self.block_values.append(block_value)
        novelty = 0.0
        if block >= self.window - 1 and span >= 1e-280:
            novelty = self.novelty(block, time, span)
        evidence = self.evidence(novelty) if block >= self.first_judged else 0.0
        self.last = novelty, evidence
        self.streak = self.streak + 1 if evidence >= 0.5 else 0
        return math.log(1.0 - self.params.weight * evidence)

    def novelty(self, block: int, time: float, span: float) -> float:
        values = self.block_values[-self.window :]
        low = min(values)
        extent = max(max(values) - low, 1e-9 * span)
        shape = [self.params.shape_weight * (value - low) / extent for value in values]
        new = Pattern(values, shape, time, block)
        distances = [self.distance(pattern, new, 1.0 / span) for pattern in self.patterns]
        if not distances:
            self.grow(new)
            return 0.0
        novelty = min(min(distances) / self.window, 1e100)
        if novelty <= self.params.tolerance:
            self.matched += 1
            self.matched_nearby += novelty > 0.0
            self.patterns[distances.index(min(distances))].used = block
        else:
            self.grow(new)
        return novelty

    def distance(self, pattern: Pattern, new: Pattern, inverse_span: float) -> float:
        total = 0.0
        if self.kind == "mean_at_time":
            apart = abs(pattern.time - new.time)
            total = self.params.time_weight * 2.0 * self.window * min(apart, 1.0 - apart)
        for i in range(self.window):
            value = abs(pattern.values[i] - new.values[i])
            total += value * inverse_span + abs(pattern.shape[i] - new.shape[i])
        return total

    def grow(self, new: Pattern) -> None:
        self.grown += 1
        if len(self.patterns) < self.params.capacity:
            self.patterns.append(new)
            return
        self.evicted += 1
        last_uses = [pattern.used for pattern in self.patterns]
        self.patterns[last_uses.index(min(last_uses))] = new

    def evidence(self, novelty: float) -> float:
        evidence = 0.0
        if self.samples > 0:
            deviation = math.sqrt(max(self.variance, 0.0)) + self.params.least_deviation
            z = (novelty - self.mean) / deviation
            if z > 0.0:
                evidence = 1.0 - 1.0 / (1.0 + z / self.params.half_evidence)
        self.samples += 1
        rate = max(1.0 / self.samples, 1.0 / self.params.memory)
        step = novelty - self.mean
        self.mean += rate * step
        self.variance = (1.0 - rate) * (self.variance + rate * step * step)
        return evidence


class BlockNovelty:
    def __init__(self, params: BlockNoveltyParams, probation: int) -> None:
        finest = max(1, math.floor(probation / params.blocks + 0.5))
        self.sizes = [finest * 2**scale for scale in range(params.scales)]
        self.views = [
            [
                View(params, kind, window, probation // size)
                for kind in KINDS
                if kind in params.kinds
                for window in params.windows
            ]
            for size in self.sizes
        ]
        self.exponent = params.strength / sum(map(len, self.views))

    @property
    def all_views(self) -> list[View]:
        return [view for scale in self.views for view in scale]

    def run(self, values: list[float], times: list[float], spans: list[float]) -> list[float]:
        """Return the evidence at each record of a whole stream."""
        evidence = []
        for i in range(len(values)):
            doubt = 0.0
            for size, views in zip(self.sizes, self.views, strict=True):
                if (i + 1) % size == 0:
                    block = values[i + 1 - size : i + 1]
                    total = 0.0  # not sum(): since Python 3.12 it compensates rounding errors
                    for value in block:
                        total += value
                    summary = {"mean": total / size, "high": max(block), "low": min(block)}
                    summary["mean_at_time"] = summary["mean"]
                    together = 0.0
                    for view in views:
                        together += view.doubt(summary[view.kind], times[i], spans[i])
                    doubt += self.exponent * together
            evidence.append(1.0 - math.exp(doubt))
        return evidence


def moving_mean(values: list[float], length: int) -> list[float]:
    """Equal to the kernel up to rounding."""
    windows = [values[max(0, i + 1 - length) : i + 1] for i in range(len(values))]
    return [math.fsum(window) / len(window) for window in windows]


def vote(
    prediction: list[float], value: list[float], blocks: list[float], error: list[float], gate_weight: float
) -> list[float]:
    scores = []
    for i in range(len(prediction)):
        score = prediction[i]
        for evidence in (value[i], blocks[i]):
            score += evidence * (1.0 - score)
        if gate_weight > 0.0:
            score = 1.0 - (1.0 - score) ** (1.0 - gate_weight * error[i])
        scores.append(min(max(score, 0.0), 1.0))
    return scores
