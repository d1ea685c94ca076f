"""What a region does, record by record, on the arrays that the compiled recorder writes to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels import tape
from zhtm_detector.htm.kernels.box import box
from zhtm_detector.htm.kernels.capture import capture, remember_box
from zhtm_detector.htm.kernels.jit import entry_of
from zhtm_detector.htm.kernels.tape import Before, Shadow, Tape
from zhtm_detector.htm.recording.layout import Arrays
from zhtm_detector.htm.region import Region
from zhtm_detector.htm.saved import used

_FIRST_ROOM = 2**16  # elements of each array of the tape; those of segments are widened if a record needs more


class RegionTape:
    """Follows a region.

    Parameters
    ----------
    region : Region
    bits, offsets : ndarray
        The model's buffers of the last record: active bits; 0 and the number of active columns.
    records : int
        Of a chunk.
    """

    def __init__(self, region: Region, bits: NDArray[np.uint32], offsets: NDArray[np.int64], records: int) -> None:
        self._region, self._bits, self._offsets = region, bits, offsets
        self._memory = region.temporal_memory
        self._records, self._room = records, _FIRST_ROOM
        self._entry: Callable[[Any, bool], int] | None = None
        self._follow()
        self._new_tape()

    def capture(self, learn: bool) -> bool:
        """Write down the last record; False if the tape has to be taken first.

        Raises
        ------
        ValueError
            If the region was changed otherwise than by records.
        """
        if self._version != self._memory.version:
            self._widen()
        if self._entry is None:
            self._box = box(self._state())
            result = capture(self._box, learn)
            self._entry = entry_of(capture, self._box, learn)
        else:
            result = self._entry(self._box, learn)
        if result == tape.FOREIGN:
            raise ValueError("model: expected changes by recorded records only, got others")
        if result == tape.ROOM and self._tape.used[tape.RECORDS] == 0:
            self._room *= 2
            self._new_tape()
            return self.capture(learn)
        return result == tape.DONE

    def take(self) -> Arrays:
        """Return the arrays of frames and learning since the last call, and begin anew."""
        t, records = self._tape, int(self._tape.used[tape.RECORDS])
        counts = t.counts[:records]
        filled = {
            tape.BITS: ("bits", t.bits),
            tape.COLUMNS: ("columns", t.columns),
            tape.PREDICTIVE: ("predictive", t.predictive),
            tape.WINNERS: ("winners", t.winners),
            tape.RAISED: ("raised", t.raised),
            tape.CHANGED: ("segments", t.segments),
        }
        arrays: Arrays = {}
        for place, (name, array) in filled.items():
            arrays[name] = array[: t.used[place]].copy()
            arrays[f"{name.removesuffix('s')}_counts"] = counts[:, place]
        arrays["bit_counts"], arrays["segment_counts"] = counts[:, tape.BITS], counts[:, tape.CHANGED]
        arrays["overlaps"] = t.overlaps[: t.used[tape.COLUMNS]].copy()
        for name, before in self._start.items():
            arrays[name], arrays[f"{name}_counts"] = before, np.array([len(before)])
        predictive = self._predictive_before
        arrays["predictive"] = np.concatenate([predictive, arrays["predictive"]])
        arrays["predictive_counts"] = np.append(len(predictive), counts[:, tape.PREDICTIVE])
        arrays["kinds"] = t.kinds[: t.used[tape.CHANGED]].copy()
        for name, place in (("owners", tape.OWNERS), ("added", tape.ADDED), ("rows", tape.ROWS)):
            arrays[name] = getattr(t, name)[: t.used[place]].copy()
        arrays["links"] = t.links[: t.used[tape.LINKS]].copy()
        cells, permanences = t.row_cells[: t.used[tape.ROW_CELLS]], t.row_permanences[: t.used[tape.ROW_CELLS]]
        arrays["row_cells"], arrays["row_permanences"] = _sorted(cells, permanences, arrays["rows"])
        t.used[:] = 0
        self._remember_start()
        return arrays

    def memory(self) -> Arrays:
        """Return all segments, by number."""
        m = self._memory.kernel_state()[0]
        highest = int(m.counts[0]["highest"])
        synapses = m.synapses[:highest]
        filled = used(m.presynaptic[:highest], synapses)
        cells, permanences = _sorted(m.presynaptic[:highest][filled], m.permanence[:highest][filled], synapses)
        owner = m.owner[:highest].astype(np.int64) + 1
        return {"owner": owner, "synapses": synapses, "presynaptic": cells, "permanence": permanences}

    def pooler(self) -> Arrays:
        """Return all permanences of the spatial pooler."""
        return {"permanence": self._region.spatial_pooler.permanences}

    def _follow(self) -> None:
        """Begin with the region as it is."""
        m = self._memory.kernel_state()[0]
        segments, cells = len(m.owner), len(m.first_of_cell)
        columns = self._memory.columns
        self._version = self._memory.version
        self._shadow = Shadow(
            m.owner.copy(),
            m.synapses.copy(),
            m.presynaptic.copy(),
            m.permanence.copy(),
            *(np.zeros(segments, np.int64) for _ in range(3)),
        )
        self._shadow.owner[int(m.counts[0]["highest"]) :] = -1
        self._before = Before(
            np.zeros(6, np.int64),
            np.zeros(segments, np.int64),
            np.zeros(segments, np.int64),
            np.zeros(segments, np.int32),
            np.zeros(cells, np.uint8),
            np.zeros(cells, np.int32),
            np.zeros(cells, np.int32),
            np.zeros(columns, np.float32),
            np.zeros(columns, np.uint8),
        )
        remember_box(box((self._before, m, self._region.spatial_pooler.state)))

    def _widen(self) -> None:
        """Make room for the segments of a memory whose arrays have been replaced."""
        segments = len(self._memory.kernel_state()[0].owner)
        self._version, self._entry = self._memory.version, None
        owner = np.full(segments, -1, np.int32)
        owner[: len(self._shadow.owner)] = self._shadow.owner
        longer = {name: _longer(getattr(self._shadow, name), segments) for name in Shadow._fields}
        self._shadow = Shadow(**{**longer, "owner": owner})
        names = ("active_segments", "matching_segments", "overlaps")
        self._before = self._before._replace(**{n: _longer(getattr(self._before, n), segments) for n in names})

    def _new_tape(self) -> None:
        room = self._room
        integers = {name: np.zeros(room, np.uint32) for name in Tape._fields[2:-1]}
        for name in ("links", "row_cells"):
            integers[name] = np.zeros(16 * room, np.uint32)
        counts = np.zeros((self._records, 12), np.int64)
        self._tape = Tape(np.zeros(12, np.int64), counts, **integers, row_permanences=np.zeros(16 * room, np.float32))
        self._entry = None
        self._remember_start()

    def _remember_start(self) -> None:
        b = self._before
        keys = b.active_segments[: b.counts[0]]
        self._predictive_before = np.unique(keys >> 32)
        self._start = {
            "active_before": b.active_cells[: b.counts[3]].copy(),
            "winners_before": b.winner_cells[: b.counts[2]].copy(),
        }

    def _state(self) -> tuple[Any, ...]:
        _, state, scratch = self._region.spatial_pooler.kernel_state()
        m, r, _ = self._memory.kernel_state()
        return self._bits, self._offsets, state, scratch, m, r, self._shadow, self._before, self._tape


def _sorted(
    cells: NDArray[Any], permanences: NDArray[np.float32], counts: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[np.float32]]:
    """Sort the synapses of each row by their cells."""
    row = np.repeat(np.arange(len(counts)), counts)
    order = np.lexsort((cells, row))
    return cells[order], permanences[order]


def _longer(array: NDArray[Any], length: int) -> NDArray[Any]:
    longer: NDArray[Any] = np.zeros((length, *array.shape[1:]), dtype=array.dtype)
    longer[: len(array)] = array
    return longer
