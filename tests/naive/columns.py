"""Slow twin of `zhtm_detector.htm.columns.ColumnGroup` and its kernel: blocks as slices of the stream, plain loops.

Equal to the kernel bit for bit: sums and products are taken in its order.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from naive.context_memory import NaiveContextMemory
from zhtm_detector.htm.minicolumn_rows import MinicolumnRows
from zhtm_detector.htm.params import CalibrationParams, ColumnParams

TIMES = 4096


@dataclass
class Column:
    """One scale and kind of block value; its number is that of its context memory."""

    number: int
    kind: str
    mismatch: float = 1.0
    mismatches: list[float] = field(default_factory=list)  # since calibration began
    mean: float = 0.0
    variance: float = 0.0
    last: tuple[float, float] = (0.0, 0.0)  # evidence of the mismatch and share of unseen minicolumns, last block
    streak: int = 0  # last blocks in a row with evidence of at least 0.5

    def evidence(self, p: CalibrationParams) -> float:
        """Compare the last mismatch with the mean of those before, then add it."""
        self.mismatches.append(self.mismatch)
        if len(self.mismatches) == 1:
            self.mean, self.variance = self.mismatch, p.prior_deviation * p.prior_deviation
            return 0.0
        z = (self.mismatch - self.mean) / (math.sqrt(max(self.variance, 0.0)) + p.least_deviation)
        rate = max(1.0 / (len(self.mismatches) + p.prior_blocks), 1.0 / p.memory)
        step = self.mismatch - self.mean
        self.mean += rate * step
        self.variance = (1.0 - rate) * (self.variance + rate * step * step)
        return 1.0 - 1.0 / (1.0 + z / p.half_evidence) if z > 0.0 else 0.0


class NaiveColumnGroup:
    """Counts what occurs in `events`, so that tests can check that it does."""

    def __init__(self, params: ColumnParams, minimum: float, maximum: float, probation: int, seed: int) -> None:
        self.p = params
        self.probation = probation
        self.minimum = minimum
        span = maximum - minimum
        if span <= 1e-12 * max(abs(minimum), abs(maximum)):
            span = max(abs(minimum), 1.0)
        self.unit = max(span * params.encoder.resolutions[0], 1e-300)
        finest = max(1, math.floor(probation / params.blocks + 0.5)) if params.blocks else 1
        self.sizes = [finest * 2**scale for scale in range(params.scales)]
        count = len(params.sees)
        self.columns = [
            [Column(scale * count + k, kind) for k, kind in enumerate(params.sees)] for scale in range(params.scales)
        ]
        self.rows = MinicolumnRows(params.encoder, params.spatial_pooler, "mean_at_time" in params.sees, seed)
        self.memory = NaiveContextMemory(
            self.rows.minicolumns, params.temporal_memory, np.random.default_rng(seed), params.scales * count
        )
        self.events: Counter[str] = Counter()

    @property
    def all_columns(self) -> list[Column]:
        return [column for scale in self.columns for column in scale]

    def run(self, values: list[float], times: list[float], learn: list[bool]) -> tuple[list[float], list[float]]:
        """Return mean mismatch and evidence at each record of a whole stream."""
        raw, evidence = [], []
        for i in range(len(values)):
            doubt, total = 1.0, 0.0
            for size, columns in zip(self.sizes, self.columns, strict=True):
                if (i + 1) % size > 0:
                    continue
                number = (i + 1) // size - 1
                before = values[i + 1 - 2 * size : i + 1 - size] if number > 0 else []
                for column in columns:
                    self.events[column.kind] += 1
                    at = self._row_number(column.kind, values[i + 1 - size : i + 1], before, times[i])
                    unseen, share = self._remember(column, at, learn[i]), 0.0
                    if number == 0:
                        unseen = 0.0
                    else:
                        doubt *= 1.0 - self.p.unseen_weight * unseen
                        self.events["unseen"] += unseen > 0.0
                    if self.p.calibration and self.p.calibration.weight > 0.0 and number >= self.probation // size:
                        share = column.evidence(self.p.calibration)
                        total += math.log(1.0 - self.p.calibration.weight * share)
                        self.events["evidence"] += share > 0.5
                    column.last = share, unseen
                    high = (1.0 - share) * (1.0 - self.p.unseen_weight * unseen) <= 0.5
                    column.streak = column.streak + 1 if high else 0
            exponent = self.p.calibration.strength / len(self.all_columns) if self.p.calibration else 0.0
            evidence.append(1.0 - doubt * math.exp(exponent * total))
            raw.append(_mean([column.mismatch for column in self.all_columns]))
        return raw, evidence

    def _row_number(self, kind: str, block: list[float], before: list[float], time: float) -> int:
        if kind == "change":
            change = _mean(block) - _mean(before) if before else 0.0
            return self._bucket(change, 0.0) * TIMES
        value = {"high": max, "low": min}.get(kind, _mean)(block)
        number = self._bucket(value, self.minimum) * TIMES
        if kind != "mean_at_time":
            return number
        microseconds = round(time * 86_400_000_000)
        return number + 1 + microseconds * self.rows.time_buckets // 86_400_000_000

    def _bucket(self, value: float, lowest: float) -> int:
        bucket = (value - lowest) / self.unit + 0.5
        self.events["far"] += abs(bucket) > 2**40
        return math.floor(min(max(bucket, -(2.0**40)), 2.0**40))

    def _remember(self, column: Column, number: int, learn: bool) -> float:
        row = self.rows.row(number).tolist()
        column.mismatch, unseen = self.memory.step(row[1 : 1 + row[0]], learn, column.number)
        return unseen


def _mean(values: list[float]) -> float:
    total = 0.0  # not sum(): since Python 3.12 it compensates rounding errors
    for value in values:
        total += value
    return total / len(values)
