"""Slow twin of the spatial pooler: BAMI's phases one after the other, as plainly as possible."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.params import SpatialPoolerParams

Position = tuple[int, ...]
f32 = np.float32


class NaiveSpatialPooler:
    """Same interface as `SpatialPooler`; `events` counts the rules that took effect."""

    def __init__(self, input_size: int, params: SpatialPoolerParams, rng: np.random.Generator) -> None:
        self.params = params
        self.events: Counter[str] = Counter()
        self.column_dimensions = params.column_dimensions
        self.input_dimensions = params.input_dimensions or (1,) * (len(params.column_dimensions) - 1) + (input_size,)
        self.columns = list(itertools.product(*map(range, self.column_dimensions)))
        self.inputs = list(itertools.product(*map(range, self.input_dimensions)))
        self.centres = [
            tuple(
                (2 * x + 1) * inputs // (2 * columns)
                for x, columns, inputs in zip(position, self.column_dimensions, self.input_dimensions, strict=True)
            )
            for position in self.columns
        ]
        self.density = params.active_columns / len(self.columns)
        self.increment = f32(params.permanence_increment)
        self.decrement = f32(params.permanence_decrement)
        self.trim = f32(params.permanence_increment / 2.0)
        self.threshold = f32(params.connected_permanence)
        self.raise_by = f32(params.connected_permanence / 10.0)

        self.permanences = np.full((len(self.columns), len(self.inputs)), -1.0, np.float32)
        for column in range(len(self.columns)):
            self.draw_column(column, rng)
        self.overlaps = np.zeros(len(self.columns), np.int64)
        self.active_duty_cycles = np.zeros(len(self.columns), np.float32)
        self.overlap_duty_cycles = np.zeros(len(self.columns), np.float32)
        self.minimum_overlap_duty_cycles = np.zeros(len(self.columns), np.float32)
        self.boost_factors = np.ones(len(self.columns), np.float32)
        self.records = 0
        self.update_inhibition_radius()

    # Topology

    def distance(self, a: Position, b: Position, dimensions: Sequence[int]) -> int:
        """Return the largest distance over the dimensions, across the border if it wraps."""
        away = [abs(x - y) for x, y in zip(a, b, strict=True)]
        if self.params.wrap_around:
            away = [min(d, extent - d) for d, extent in zip(away, dimensions, strict=True)]
        return max(away)

    @cache  # noqa: B019
    def area(self, column: int, radius: int) -> set[int]:
        here = self.columns[column]
        return {
            other
            for other, there in enumerate(self.columns)
            if self.distance(here, there, self.column_dimensions) <= radius
        }

    def draw_column(self, column: int, rng: np.random.Generator) -> None:
        radius = self.params.potential_radius or max(self.input_dimensions)
        pool = [
            i
            for i, there in enumerate(self.inputs)
            if self.distance(self.centres[column], there, self.input_dimensions) <= radius
        ]
        wanted = max(1, math.floor(self.params.potential_fraction * len(pool) + 0.5))
        connected = self.params.connected_permanence
        for i in range(wanted):
            j = i + int(rng.random() * (len(pool) - i))
            pool[i], pool[j] = pool[j], pool[i]
            if i < (wanted + 1) // 2:
                permanence = connected + (1.0 - connected) * rng.random()
            else:
                permanence = connected * rng.random()
            self.permanences[column, pool[i]] = f32(permanence)
        for _ in range(16):
            if (self.permanences[column] >= self.threshold).sum() >= self.params.stimulus_threshold:
                break
            self.raise_pool(column)
            self.events["raised to the stimulus threshold"] += 1

    def span(self, column: int) -> float:
        """Return the extent of the connected inputs, summed over the dimensions; 0 if there are none."""
        connected = np.flatnonzero(self.connected[column])
        if connected.size == 0:
            return 0.0
        spans = []
        for dimension, extent in enumerate(self.input_dimensions):
            offsets = [self.inputs[i][dimension] for i in connected]
            if self.params.wrap_around:  # measured from half the input before the centre
                start = self.centres[column][dimension] - extent // 2
                offsets = [(offset - start) % extent for offset in offsets]
            spans.append(max(offsets) - min(offsets) + 1)
        return sum(spans)

    def update_inhibition_radius(self) -> None:
        if self.params.global_inhibition:
            self.inhibition_radius = max(self.column_dimensions)
            return
        dimensions = len(self.column_dimensions)
        mean_span = sum(self.span(c) for c in range(len(self.columns))) / (len(self.columns) * dimensions)
        columns_per_input = (
            sum(c / i for c, i in zip(self.column_dimensions, self.input_dimensions, strict=True)) / dimensions
        )
        radius = max(1.0, (mean_span * columns_per_input - 1.0) / 2.0)
        self.inhibition_radius = math.floor(radius + 0.5)

    # Synapses

    @property
    def potential(self) -> NDArray[np.bool_]:
        return self.permanences >= 0

    @property
    def connected(self) -> NDArray[np.bool_]:
        return self.permanences >= self.threshold

    @property
    def connected_counts(self) -> list[int]:
        return [int(row.sum()) for row in self.connected]

    def raise_pool(self, column: int) -> None:
        pool = self.potential[column]
        raised = self.permanences[column] + self.raise_by
        self.permanences[column][pool] = np.minimum(raised, f32(1.0))[pool]

    # One record

    def compute(self, bits: NDArray[np.uint32], learn: bool = True) -> NDArray[np.uint32]:
        self.overlaps = self.connected[:, bits].sum(axis=1)
        scores = self.overlaps.astype(np.float32) * self.boost_factors
        eligible = [c for c in range(len(self.columns)) if self.overlaps[c] >= self.params.stimulus_threshold]
        ranking = sorted(eligible, key=lambda c: (-scores[c], c))
        if self.params.global_inhibition:
            winners = sorted(ranking[: self.params.active_columns])
        else:
            winners = sorted(c for c in eligible if self.wins(c, ranking))
            self.events["area of a part"] += len(self.area(0, self.inhibition_radius)) < len(self.columns)
        unboosted = sorted(eligible, key=lambda c: (-self.overlaps[c], c))
        self.events["boost changed the ranking"] += unboosted != ranking
        self.events["too little overlap"] += len(eligible) < len(self.columns)
        self.events["silent winner"] += any(self.overlaps[c] == 0 for c in winners)
        if learn:
            self.learn(bits, winners)
        return np.array(winners, dtype=np.uint32)

    def wins(self, column: int, ranking: list[int]) -> bool:
        area = self.area(column, self.inhibition_radius)
        wanted = max(1, math.floor(self.density * len(area) + 0.5))
        above = itertools.takewhile(lambda other: other != column, ranking)
        return sum(other in area for other in above) < wanted

    def learn(self, bits: NDArray[np.uint32], winners: list[int]) -> None:
        self.records += 1
        before = self.connected
        for column in winners:
            self.adapt(column, bits)
        self.update_duty_cycles(winners)
        if self.params.boost_strength > 0:
            self.update_boost_factors()
        for column in np.flatnonzero(self.overlap_duty_cycles < self.minimum_overlap_duty_cycles).tolist():
            self.raise_pool(column)
            self.events["weak column"] += 1
            self.events["weak column at its limit"] += (self.permanences[column][self.potential[column]] == 1).all()
        self.events["connected"] += int((self.connected & ~before).sum())
        self.events["disconnected"] += int((before & ~self.connected).sum())
        if self.records % self.params.update_period == 0:
            radius = self.inhibition_radius
            self.update_inhibition_radius()
            self.events["radius changed"] += radius != self.inhibition_radius
            self.update_minimum_overlap_duty_cycles()

    def adapt(self, column: int, bits: NDArray[np.uint32]) -> None:
        active = set(bits.tolist())
        row = self.permanences[column]
        for i in np.flatnonzero(row >= 0):
            permanence = row[i] + (self.increment if int(i) in active else -self.decrement)
            if permanence > 1:
                permanence = f32(1.0)
                self.events["clipped"] += 1
            if permanence < self.trim or permanence < 0:
                self.events["trimmed"] += permanence > 0
                permanence = f32(0.0)
            row[i] = permanence

    def update_duty_cycles(self, winners: list[int]) -> None:
        period = min(self.params.duty_cycle_period, self.records)
        keep, gain = f32((period - 1) / period), f32(1.0 / period)
        for column in range(len(self.columns)):
            won = f32(column in winners)
            overlapped = f32(self.overlaps[column] > self.params.stimulus_threshold)
            self.active_duty_cycles[column] = self.active_duty_cycles[column] * keep + won * gain
            self.overlap_duty_cycles[column] = self.overlap_duty_cycles[column] * keep + overlapped * gain

    def update_boost_factors(self) -> None:
        target = self.density
        for column in range(len(self.columns)):
            if not self.params.global_inhibition:
                # In units of 2**-40 the sum is exact.
                area = self.area(column, self.inhibition_radius)
                total = sum(math.floor(float(self.active_duty_cycles[other]) * 2**40) for other in area)
                target = total * 2.0**-40 / len(area)
            exponent = -self.params.boost_strength * (float(self.active_duty_cycles[column]) - target)
            self.boost_factors[column] = f32(math.exp(min(60.0, exponent)))

    def update_minimum_overlap_duty_cycles(self) -> None:
        everywhere = range(len(self.columns))
        for column in everywhere:
            area = everywhere if self.params.global_inhibition else self.area(column, self.inhibition_radius)
            largest = max(self.overlap_duty_cycles[other] for other in area)
            self.minimum_overlap_duty_cycles[column] = largest * f32(self.params.minimum_overlap_duty_cycle)
