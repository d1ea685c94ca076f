"""A copy of a temporal memory's synapses, kept up through its public properties, to count what a record did."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from zhtm_detector.htm.temporal_memory import TemporalMemory


@dataclass(frozen=True)
class Work:
    """What one record made a temporal memory do."""

    active_columns: int
    bursting_columns: int  # active, and no cell of theirs was predicted
    active_cells: int
    synapse_visits: int  # synapses from active cells: the fan-out that is scanned
    touched_segments: int  # those with at least one of these synapses
    matching_segments: int
    active_segments: int
    adapted_synapses: int  # permanence changed, or gone, on segments of active columns
    grown_synapses: int
    punished_synapses: int  # permanence changed, or gone, on segments of other columns


class Mirror:
    """Follows a temporal memory record by record, from its first one on.

    Only segments that were active or matching, and those of winner cells, can have changed; they are read again after
    each record and compared.

    Parameters
    ----------
    memory : TemporalMemory
        A new one.
    """

    def __init__(self, memory: TemporalMemory) -> None:
        self._memory = memory
        self._owner: dict[int, int] = {}
        self._synapses: dict[int, dict[int, float]] = {}
        self._fan_out: defaultdict[int, set[int]] = defaultdict(set)  # segments by presynaptic cell
        self._watched: set[int] = set()  # active or matching after the last record
        self._predictive: set[int] = set()  # columns

    @property
    def synapses(self) -> Mapping[int, Mapping[int, float]]:
        """Permanence by presynaptic cell of each segment, by its number."""
        return self._synapses

    def overlaps(self) -> Counter[int]:
        """Active synapses, connected or not, of each segment with at least one."""
        return Counter(
            segment for cell in self._memory.active_cells.tolist() for segment in self._fan_out.get(cell, ())
        )

    def follow(self) -> Work:
        """Catch up with the record that the memory has just taken, and tell what it did."""
        memory = self._memory
        per_column = memory.params.cells_per_column
        active = set(np.unique(memory.active_cells // per_column).tolist())
        bursting = len(active - self._predictive)
        adapted, grown, punished = self._catch_up(active, per_column)
        overlaps = self.overlaps()
        matching, active_segments = memory.matching_segments.tolist(), memory.active_segments.tolist()
        self._watched = {*matching, *active_segments}
        self._predictive = set((memory.predictive_cells // per_column).tolist())
        return Work(
            len(active),
            bursting,
            len(memory.active_cells),
            overlaps.total(),
            len(overlaps),
            len(matching),
            len(active_segments),
            adapted,
            grown,
            punished,
        )

    def _catch_up(self, active: set[int], per_column: int) -> tuple[int, int, int]:
        memory = self._memory
        of_winners = {cell: memory.segments_of(cell) for cell in memory.winner_cells.tolist()}
        # A number that changed hands stands with its new owner: those go last.
        owners = {segment: self._owner[segment] for segment in self._watched if segment in self._owner}
        alive_of: dict[int, set[int]] = {}
        for cell in set(owners.values()):
            alive_of[cell] = set(of_winners.get(cell) or memory.segments_of(cell))
        adapted = grown = punished = 0
        new_owners = {segment: cell for cell, segments in of_winners.items() for segment in segments}
        for segment in sorted({*owners, *new_owners}):
            owner = new_owners.get(segment, owners.get(segment, -1))
            alive = segment in new_owners or segment in alive_of.get(owner, ())
            new = memory.synapses_of(segment) if alive else {}
            moved = segment in self._owner and self._owner[segment] != owner  # evicted, its number given out again
            old = {} if moved else self._synapses.get(segment, {})
            changed = sum(1 for cell, permanence in old.items() if new.get(cell) != permanence)
            grown += len(new.keys() - old.keys())
            if owner // per_column in active:
                adapted += changed
            else:
                punished += changed
            self._replace(segment, owner, new if alive else None)
        return adapted, grown, punished

    def _replace(self, segment: int, owner: int, synapses: dict[int, float] | None) -> None:
        old = self._synapses.pop(segment, {})
        new = synapses or {}
        for cell in old.keys() - new.keys():
            self._fan_out[cell].discard(segment)
        for cell in new.keys() - old.keys():
            self._fan_out[cell].add(segment)
        if synapses is None:
            self._owner.pop(segment, None)
        else:
            self._owner[segment] = owner
            self._synapses[segment] = synapses
