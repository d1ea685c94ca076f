"""A copy of a temporal memory's synapses, updated through its public properties, to count the work per record."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from zhtm_detector.htm.temporal_memory import TemporalMemory


@dataclass(frozen=True)
class Work:
    """Counts of a temporal memory's work on one record."""

    active_columns: int
    bursting_columns: int  # active, without a predicted cell
    active_cells: int
    synapse_visits: int  # synapses from active cells: the fan-out that the kernel scans
    touched_segments: int  # with at least one synapse from an active cell
    matching_segments: int
    active_segments: int
    adapted_synapses: int  # changed or removed, on segments of active columns
    grown_synapses: int
    punished_synapses: int  # changed or removed, on segments of other columns


class Mirror:
    """Copy of a temporal memory that follows it record by record, from the first one on.

    Only segments that were active or matching, and segments of winner cells, can change: they are read again and
    compared after each record.

    Parameters
    ----------
    memory : TemporalMemory
        Unused.
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
        """Permanence by presynaptic cell, by the number of the segment."""
        return self._synapses

    def overlaps(self) -> Counter[int]:
        """Count the active synapses, connected or not, of each segment that has one."""
        return Counter(
            segment for cell in self._memory.active_cells.tolist() for segment in self._fan_out.get(cell, ())
        )

    def follow(self) -> Work:
        """Update the copy after a record, and count the work on it."""
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
        # A number that was reused counts for its new owner.
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
            moved = segment in self._owner and self._owner[segment] != owner  # evicted, and its number reused
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
