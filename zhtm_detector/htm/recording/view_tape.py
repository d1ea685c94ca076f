"""What the views of blocks saw, record by record, on the arrays that the compiled recorder writes to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zhtm_detector.htm.anomaly.novelty import BlockNovelty
from zhtm_detector.htm.columns import Columns
from zhtm_detector.htm.kernels import capture_views as kernel
from zhtm_detector.htm.kernels.box import box
from zhtm_detector.htm.kernels.capture_views import ViewTape
from zhtm_detector.htm.kernels.jit import entry_of
from zhtm_detector.htm.params import ModelParams
from zhtm_detector.htm.recording.layout import Arrays

_Entry = Callable[[Any, bool, int], None]


class ViewRecorder:
    """Follows columns and the novelty of blocks.

    Parameters
    ----------
    params : ModelParams
    views : int
        Number of all views.
    records : int
        Of a chunk, at most.
    """

    def __init__(self, params: ModelParams, views: int, records: int) -> None:
        self._params = params
        self._room = views * records  # as if all blocks ended with every record
        self._counts: list[int] = []
        self._tape = ViewTape(
            np.zeros(2, np.int64),
            np.zeros(self._room, np.uint32),
            np.zeros((self._room, 4)),
            np.zeros(self._room, np.uint32),
            np.zeros(0, np.uint32),
        )
        self._groups: tuple[Any, ...] = ()
        self._versions: list[int] = []
        self._entries: list[tuple[_Entry, Any, int, int]] = []  # kernel, its box, voter, number of the first view
        self._before = 0

    def capture(self, columns: Columns | None, blocks: BlockNovelty | None, evidence: list[float]) -> None:
        """Write down the last record."""
        groups = columns.groups if columns else ()
        versions = [group.version for group in groups]
        if groups != self._groups or versions != self._versions or not self._entries:
            self._groups, self._versions = groups, versions
            self._connect(groups, blocks)
        for entry, content, voter, first in self._entries:
            entry(content, evidence[voter] > 0.0, first)
        now = int(self._tape.used[0])
        self._counts.append(now - self._before)
        self._before = now

    def take(self) -> Arrays:
        """Return the arrays since the last call, and begin anew."""
        t = self._tape
        views, minicolumns = t.used.tolist()
        numbers = t.numbers[:views]
        arrays: Arrays = {
            "view_counts": np.array(self._counts, dtype=np.int64),
            "views": t.views[:views].copy(),
            **{
                f"view_{name}": numbers[:, i].copy()
                for i, name in enumerate(("evidence", "mismatch", "unseen", "seen"))
            },
            "minicolumn_counts": t.sizes[:views].copy(),
            "minicolumns": t.minicolumns[:minicolumns].copy(),
        }
        self._counts, self._before = [], 0
        t.used[:] = 0
        return arrays

    def _connect(self, groups: tuple[Any, ...], blocks: BlockNovelty | None) -> None:
        room = self._room * max((group.rows.most_active for group in groups), default=0)
        if room > len(self._tape.minicolumns):  # none was written before there were groups
            self._tape = self._tape._replace(minicolumns=np.zeros(room, np.uint32))
        self._entries = []
        first = 0
        for number, group in enumerate(groups):
            g, r, table, *_ = group.kernel_state()
            self._add(kernel.capture_group, (g, r, table, self._tape), 1 + number, first)
            first += g.evidence.size
        if not groups:
            first = sum(group.scales * len(group.sees) for group in self._params.columns)
        if blocks is not None:
            views, _ = blocks.kernel_state()
            self._add(kernel.capture_blocks, (views, self._tape), self._params.voters - 1, first)

    def _add(self, function: Any, state: tuple[Any, ...], voter: int, first: int) -> None:
        content = box(state)
        used = self._tape.used.copy()
        function(content, False, first)  # compiles it
        self._tape.used[:] = used
        self._entries.append((entry_of(function, content, False, first), content, voter, first))
