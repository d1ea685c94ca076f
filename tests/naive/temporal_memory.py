"""Slow twin of the temporal memory: segments are objects, every overlap is counted from scratch."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from zhtm_detector.htm.params import TemporalMemoryParams

F = np.float32


@dataclass
class Segment:
    number: int
    cell: int
    last_use: int
    synapses: dict[int, np.float32] = field(default_factory=dict)  # presynaptic cell -> permanence


class NaiveTemporalMemory:
    def __init__(self, columns: int, params: TemporalMemoryParams, rng: np.random.Generator) -> None:
        self.columns = columns
        self.p = params
        self.rng = rng
        self.segments: dict[int, Segment] = {}
        self.freed: list[int] = []
        self.highest = 0
        self.clock = 0
        self.events: set[str] = set()
        self.active_cells: list[int] = []
        self.winner_cells: list[int] = []
        self.active_segments: list[int] = []
        self.matching_segments: list[int] = []
        self.overlap: dict[int, int] = {}

    def reset(self) -> None:
        self.active_cells, self.winner_cells = [], []
        self.active_segments, self.matching_segments = [], []
        self.overlap = {}

    def compute(self, columns: list[int], learn: bool = True) -> float:
        p = self.p
        active: list[int] = []
        winners: list[int] = []
        growing: list[int] = []
        bursting = 0
        active_in = self._by_column(self.active_segments)
        matching_in = self._by_column(self.matching_segments)
        # Visit all columns in order, inactive ones too, because freed segment numbers are reused in order.
        for column in range(self.columns):
            if column not in columns:
                if learn and p.predicted_decrement > 0:
                    for segment in matching_in.get(column, []):
                        self._punish(segment)
                continue
            cells = range(column * p.cells_per_column, (column + 1) * p.cells_per_column)
            if column in active_in:
                predicted = sorted({segment.cell for segment in active_in[column]})
                active += predicted
                winners += predicted
                if learn:
                    for segment in active_in[column]:
                        self._learn(segment)
                continue
            bursting += 1
            active += cells
            if column in matching_in:
                best = max(matching_in[column], key=lambda s: self.overlap[s.number])  # first of equals
                winners.append(best.cell)
                if learn:
                    self._use(best)
                    self._learn(best)
            else:
                counts = {cell: sum(s.cell == cell for s in self.segments.values()) for cell in cells}
                least = [cell for cell in cells if counts[cell] == min(counts.values())]
                winner = least[int(self.rng.random() * len(least))]
                winners.append(winner)
                if learn and self.winner_cells:
                    growing.append(winner)
        for cell in growing:
            segment = self._new_segment(cell)
            self._grow(segment, p.new_synapses)
        self.active_cells, self.winner_cells = active, winners
        self._activate_dendrites(learn)
        return bursting / len(columns) if columns else 0.0

    def synapses_into(self, cell: int) -> list[tuple[int, int, int, np.float32, bool]]:
        """Segment, its cell, presynaptic cell, permanence, and whether it is connected."""
        return [row for row in self._all_synapses() if row[1] == cell]

    def synapses_from(self, cell: int) -> list[tuple[int, int, int, np.float32, bool]]:
        return [row for row in self._all_synapses() if row[2] == cell]

    def _all_synapses(self) -> list[tuple[int, int, int, np.float32, bool]]:
        return [
            (segment.number, segment.cell, cell, permanence, bool(permanence >= F(self.p.connected_permanence)))
            for _, segment in sorted(self.segments.items())
            for cell, permanence in sorted(segment.synapses.items())
        ]

    def _by_column(self, numbers: list[int]) -> dict[int, list[Segment]]:
        found: dict[int, list[Segment]] = {}
        for number in numbers:
            segment = self.segments[number]
            found.setdefault(segment.cell // self.p.cells_per_column, []).append(segment)
        return found

    def _activate_dendrites(self, learn: bool) -> None:
        active_cells = set(self.active_cells)
        self.overlap = {}
        self.active_segments = []
        self.matching_segments = []
        for segment in sorted(self.segments.values(), key=lambda s: (s.cell, s.number)):
            potential = sum(cell in active_cells for cell in segment.synapses)
            connected = sum(
                cell in active_cells and permanence >= F(self.p.connected_permanence)
                for cell, permanence in segment.synapses.items()
            )
            self.overlap[segment.number] = potential
            if potential >= self.p.matching_threshold:
                self.matching_segments.append(segment.number)
                if connected >= self.p.activation_threshold:
                    self.active_segments.append(segment.number)
        if learn:
            for number in self.active_segments:
                self._use(self.segments[number])

    def _use(self, segment: Segment) -> None:
        if segment.last_use and segment.last_use == self.clock:
            return  # already the most recently used
        self.clock += 1
        segment.last_use = self.clock

    def _new_segment(self, cell: int) -> Segment:
        own = [s for s in self.segments.values() if s.cell == cell]
        if len(own) >= self.p.segments_per_cell:
            self.events.add("evicted from cell")
            self._remove(min(own, key=lambda s: s.last_use))
        if len(self.segments) >= self.p.segments:
            self.events.add("evicted from memory")
            self._remove(min(self.segments.values(), key=lambda s: s.last_use))
        if self.freed:
            number = self.freed.pop()
        else:
            number = self.highest
            self.highest += 1
        segment = Segment(number, cell, 0)
        self._use(segment)
        self.segments[number] = segment
        return segment

    def _remove(self, segment: Segment) -> None:
        del self.segments[segment.number]
        self.freed.append(segment.number)

    def _learn(self, segment: Segment) -> None:
        active_cells = set(self.active_cells)
        for cell, permanence in list(segment.synapses.items()):
            step = F(self.p.permanence_increment) if cell in active_cells else -F(self.p.permanence_decrement)
            self._set(segment, cell, permanence + step)
        if not segment.synapses:
            self.events.add("died")
            self._remove(segment)
            return
        wanted = self.p.new_synapses - self.overlap[segment.number]
        if wanted > 0:
            self._grow(segment, wanted)

    def _punish(self, segment: Segment) -> None:
        active_cells = set(self.active_cells)
        self.events.add("punished")
        for cell, permanence in list(segment.synapses.items()):
            if cell in active_cells:
                self._set(segment, cell, permanence - F(self.p.predicted_decrement))
        if not segment.synapses:
            self.events.add("died of punishment")
            self._remove(segment)

    def _set(self, segment: Segment, cell: int, permanence: np.float32) -> None:
        if permanence < F(1e-5):
            del segment.synapses[cell]
        else:
            segment.synapses[cell] = min(permanence, F(1.0))

    def _grow(self, segment: Segment, wanted: int) -> None:
        candidates = [cell for cell in self.winner_cells if cell not in segment.synapses]
        count = len(candidates)
        wanted = min(wanted, count)
        surplus = len(segment.synapses) + wanted - self.p.synapses_per_segment
        if surplus > 0:
            losers = [(perm, cell) for cell, perm in segment.synapses.items() if cell not in self.winner_cells]
            for _, cell in sorted(losers)[:surplus]:
                self.events.add("weakest evicted")
                del segment.synapses[cell]
            wanted = min(wanted, self.p.synapses_per_segment - len(segment.synapses))
        for i in range(wanted):
            pick = i + int(self.rng.random() * (count - i))
            candidates[i], candidates[pick] = candidates[pick], candidates[i]
            segment.synapses[candidates[i]] = F(self.p.initial_permanence)
