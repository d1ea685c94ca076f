"""A look at a record: the kernels run as ever, on copies of the few arrays that they would change.

The arrays of what was learned are shared: without learning no kernel writes into them, or not if its rules say that it
`looks`. Whatever is not named here is copied before each look, so that a new array is at worst slow.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.blocks import Views
from zhtm_detector.htm.kernels.box import box
from zhtm_detector.htm.kernels.columns import GroupState
from zhtm_detector.htm.kernels.context_memory import ContextState
from zhtm_detector.htm.kernels.likelihood import History
from zhtm_detector.htm.kernels.nearest import NearestState
from zhtm_detector.htm.kernels.record import Buffers, RecordRules
from zhtm_detector.htm.kernels.rows import Table
from zhtm_detector.htm.kernels.spatial_pooler_state import Scratch, State
from zhtm_detector.htm.kernels.temporal_memory_state import Memory
from zhtm_detector.htm.kernels.vote import MeanState, RefractoryState

Part = TypeVar("Part")

_SCRATCH: Mapping[type, set[str]] = {  # copied once: scratch and constants
    Buffers: set(Buffers._fields) - {"wanted", "sources"},
    ContextState: {"recent", "connected"},  # copied as far as they are in use
    GroupState: {"places"},
    Scratch: {"overlaps", "winners"},
    Views: {"current"},
}
_SHARED: Mapping[type, set[str]] = {
    Buffers: {"wanted", "sources"},
    ContextState: set(ContextState._fields) - {"counts", "recent", "connected"},
    GroupState: {"kinds", "wanted", "sources"},
    History: {"raw", "value"},
    MeanState: {"ring"},
    Memory: set(Memory._fields),
    NearestState: set(NearestState._fields),
    RecordRules: {"predicting"},
    RefractoryState: {"scores", "records"},
    Scratch: set(Scratch._fields) - _SCRATCH[Scratch],
    State: set(State._fields),
    Table: set(Table._fields),
    Views: {"windows", "chosen", "patterns", "times", "used"},
}


class Look:
    """The state of a kernel that looks.

    Parameters
    ----------
    state : tuple
        A `kernel_state`; valid as long as its arrays are not replaced.

    Attributes
    ----------
    state : tuple
        The same types, so that no kernel is compiled anew.
    """

    def __init__(self, state: tuple[Any, ...]) -> None:
        self._copies: list[tuple[NDArray[Any], NDArray[Any]]] = []
        self._memories: list[tuple[ContextState, ContextState]] = []
        self.state = self._own(state)
        self._box: Any = None

    def refreshed(self) -> Any:
        """Return the state in a box, as the model is now."""
        for mine, theirs in self._copies:
            mine[...] = theirs
        for own, real in self._memories:
            used = real.counts["segments"][0]
            own.connected[:used] = real.connected[:used]
            if used + real.context.size > len(real.owner):  # else nothing is evicted, and none asks what was recent
                own.recent[:used] = real.recent[:used]
        self._box = self._box or box(self.state)
        return self._box

    def _own(self, part: Any) -> Any:
        if isinstance(part, np.ndarray):
            self._copies.append((part.copy(), part))
            return self._copies[-1][0]
        if not isinstance(part, tuple):
            return part
        if not hasattr(part, "_fields"):
            return tuple(self._own(inner) for inner in part)
        return self._own_fields(part)

    def _own_fields(self, part: Any) -> Any:
        shared, scratch = _SHARED.get(type(part), set()), _SCRATCH.get(type(part), set())
        own: Any = {
            name: True if name == "looks" else inner.copy() if name in scratch else self._own(inner)
            for name, inner in zip(part._fields, part, strict=True)
            if name not in shared
        }
        if isinstance(part, ContextState):
            self._memories.append((part._replace(**own), part))
        return part._replace(**own)


def look_at(part: Part) -> Part:
    """Return a twin of a model's part whose next run leaves the part as it is; for one record."""
    twin: Any = copy(part)
    state = Look(twin.kernel_state()).state
    twin.kernel_state = lambda: state
    return twin  # type: ignore[no-any-return]
