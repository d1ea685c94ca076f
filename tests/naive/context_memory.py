"""Slow twin of `zhtm_detector.htm.kernels.context_memory`: lists of segments, dictionaries of synapses.

Permanences are whole numbers of 1 / 255, as in the kernel. Equal to it bit for bit.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from zhtm_detector.htm.params import ContextMemoryParams

UNIT = 255


@dataclass(eq=False)
class Segment:
    owner: tuple[int, int]  # column, minicolumn
    synapses: dict[int, int] = field(default_factory=dict)  # permanence by presynaptic index
    recent: bool = True  # matched since the hand last passed


class NaiveContextMemory:
    """Counts its operations in `events`, so that tests can check that they occur."""

    def __init__(
        self, minicolumns: int, params: ContextMemoryParams, rng: np.random.Generator, columns: int = 1
    ) -> None:
        self.p = params
        self.rng = rng
        self.minicolumns = minicolumns
        self.connected = max(1, round(params.connected_permanence * UNIT))
        self.increment = round(params.permanence_increment * UNIT)
        self.decrement = round(params.permanence_decrement * UNIT)
        self.segments: list[Segment] = []  # by number
        self.hand = 0
        self.owned: dict[tuple[int, int], list[Segment]] = {}  # of each minicolumn, the most recently matched first
        self.active_before: set[tuple[int, int]] = set()  # with context 0: (column, minicolumn)
        # Presynaptic indices, lag * minicolumns + minicolumn; random draws shuffle them.
        self.context: list[list[int]] = [[] for _ in range(columns)]
        self.events: Counter[str] = Counter()

    def step(self, active: list[int], learn: bool = True, column: int = 0) -> tuple[float, float]:
        """Return mismatch and share of unseen minicolumns of one step; an empty one leaves the context as it is."""
        if not active:
            self.events["empty"] += 1
            return 0.0, 0.0
        if self.p.context == 0:
            return self._step_without_context(active, learn, column)
        predicted = 0.0
        unseen = 0
        for minicolumn in active:
            own = self.owned.setdefault((column, minicolumn), [])
            unseen += not own
            best = max(own, key=lambda segment: self._share(segment, column), default=None)  # first of equals
            share = self._share(best, column) if best else Fraction(0)
            matches = share > 0 and float(share) >= self.p.match
            predicted += float(share) if self.p.readout == "graded" else float(matches)
            if learn and best and matches:
                own.remove(best)
                own.insert(0, best)
                best.recent = True
                self._adapt(best, column)
            elif learn and self.context[column]:
                self._grow((column, minicolumn))
        self.events["not learned"] += not learn
        self.context[column] = [
            index + self.minicolumns
            for index in self.context[column]
            if index + self.minicolumns < self.p.context * self.minicolumns
        ] + active
        return 1.0 - predicted / len(active), unseen / len(active)

    def _step_without_context(self, active: list[int], learn: bool, column: int) -> tuple[float, float]:
        unseen = sum((column, minicolumn) not in self.active_before for minicolumn in active)
        if learn:
            self.active_before |= {(column, minicolumn) for minicolumn in active}
        self.events["seen before"] += len(active) - unseen
        return 1.0 - (len(active) - unseen) / len(active), unseen / len(active)

    def _share(self, segment: Segment, column: int) -> Fraction:
        """Share of the connected synapses that are active."""
        connected = [index for index, permanence in segment.synapses.items() if permanence >= self.connected]
        return Fraction(sum(index in self.context[column] for index in connected), max(1, len(connected)))

    def _adapt(self, segment: Segment, column: int) -> None:
        for index, permanence in list(segment.synapses.items()):
            if index in self.context[column]:
                segment.synapses[index] = min(permanence + self.increment, UNIT)
                self.events["strengthened"] += segment.synapses[index] > permanence
                self.events["connected"] += permanence < self.connected <= segment.synapses[index]
            elif permanence > self.decrement:
                segment.synapses[index] = permanence - self.decrement
                self.events["disconnected"] += segment.synapses[index] < self.connected <= permanence
            else:
                del segment.synapses[index]
                self.events["removed"] += 1

    def _grow(self, owner: tuple[int, int]) -> None:
        own = self.owned[owner]
        if len(own) == self.p.segments_per_minicolumn:
            self.events["evicted from minicolumn"] += 1
            segment = own.pop()
        elif len(self.segments) < self.p.segments:
            segment = Segment(owner)
            self.segments.append(segment)
        else:
            segment = self._pass_hand()
            self.owned[segment.owner].remove(segment)
            self.events["evicted by the clock"] += 1
            segment.owner = owner
        own.insert(0, segment)
        segment.recent = True
        segment.synapses = self._sample(self.context[owner[0]])

    def _pass_hand(self) -> Segment:
        """Return the first segment from the hand on that has not matched since the hand last passed."""
        while self.segments[self.hand].recent:
            self.events["spared by the clock"] += 1
            self.segments[self.hand].recent = False
            self.hand = (self.hand + 1) % len(self.segments)
        segment = self.segments[self.hand]
        self.hand = (self.hand + 1) % len(self.segments)
        return segment

    def _sample(self, context: list[int]) -> dict[int, int]:
        count = min(len(context), self.p.new_synapses)
        for i in range(count):
            pick = i + int(self.rng.random() * (len(context) - i))
            context[i], context[pick] = context[pick], context[i]
        self.events["sampled a part"] += count < len(context)
        return dict.fromkeys(context[:count], round(self.p.initial_permanence * UNIT))
