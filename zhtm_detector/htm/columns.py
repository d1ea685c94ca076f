"""Columns that vote: encoder, spatial pooler and context memory over the values, or blocks of values, of a stream."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.context_memory import ContextMemory
from zhtm_detector.htm.encoders import wall_clock
from zhtm_detector.htm.kernels import columns as kernel
from zhtm_detector.htm.kernels.box import Boxed
from zhtm_detector.htm.kernels.cache_key import SOURCES
from zhtm_detector.htm.kernels.rows import DAY
from zhtm_detector.htm.minicolumn_rows import MinicolumnRows, minicolumn_rows
from zhtm_detector.htm.params import ColumnParams
from zhtm_detector.htm.row_table import RowTable
from zhtm_detector.htm.saved import MOST_RECORDS, Arrays, Given, named, restore_blocks

KINDS = ("mean", "high", "low", "mean_at_time", "change")  # in the kernel's order
# Arrays that are saved, with their limits; those of blocks have their own.
_SAVED = {
    **dict.fromkeys(("sums", "highs", "lows", "last", "change", "filled", "blocks"), (-1e165, 1e165)),
    **dict.fromkeys(("mismatch", "mean", "evidence", "unseen"), (0.0, 1.0)),
    "variance": (0.0, 1e6),
    **dict.fromkeys(("samples", "streak"), (0, MOST_RECORDS)),
}
_LEAST_UNIT = 1e-300  # its inverse is finite
_SEED_STEP = 1_000_003  # between groups
_MOST_ROWS = 2**13  # places of the table, a megabyte or two


def least_span(minimum: float, maximum: float) -> float:
    """Return the width of a range that is no more than rounding errors of a constant."""
    return 1e-12 * max(abs(minimum), abs(maximum))


class ColumnGroup(Boxed):
    """Columns that share encoder, spatial pooler and rules, one for each scale and kind of block value.

    The stream is cut into blocks of s, 2 s, 4 s… records, s tied to the probation period. At the end of a block each
    column of its scale encodes the block's value, pools it into active minicolumns, and its context memory says how
    unexpected they are after the blocks before: the mismatch. Evidence is how far the mismatch lies above the column's
    own mean, in the column's own standard deviations. Minicolumns that own no segment are evidence of a value never
    seen. Evidence is 0 except at the end of a block.

    Parameters
    ----------
    params : ColumnParams
    minimum, maximum : float
        The range of values that the encoder's resolutions are shares of.
    probation : int
        Records in the probation period; determines the block sizes and when calibration begins.
    seed : int

    Notes
    -----
    The columns vote by noisy-OR, with the strength of `calibration.strength` independent columns:
    ``1 - product(1 - weight * evidence) ** (strength / columns)``. `least_deviation` is added to the standard
    deviation; a mismatch z deviations above the mean is evidence ``1 - 1 / (1 + z / half_evidence)``. The share of
    unseen minicolumns votes with `unseen_weight`.
    """

    def __init__(self, params: ColumnParams, minimum: float, maximum: float, probation: int, seed: int) -> None:
        self.params = params
        self._source = minicolumn_rows(params.encoder, params.spatial_pooler, "mean_at_time" in params.sees, seed)
        self._rows = RowTable(self._source.most_active + 1, np.uint16, _MOST_ROWS)
        scales, kinds = params.scales, len(params.sees)
        self.memory = ContextMemory(
            self._source.minicolumns,
            params.temporal_memory,
            np.random.default_rng(seed),
            columns=scales * kinds,
            most_active=self._source.most_active,
        )
        span = maximum - minimum
        if span <= least_span(minimum, maximum):
            span = max(abs(minimum), 1.0)  # even a constant stream needs a unit
        calibration = params.calibration
        self._rules = kernel.GroupRules(
            block=1 if params.blocks is None else max(1, math.floor(probation / params.blocks + 0.5)),
            probation=probation,
            lowest=minimum,
            unit=max(span * params.encoder.resolutions[0], _LEAST_UNIT),
            time_buckets=self._source.time_buckets,
            memory=calibration.memory if calibration else 1.0,
            least_deviation=calibration.least_deviation if calibration else 1.0,
            prior_deviation=calibration.prior_deviation if calibration else 0.0,
            prior_blocks=calibration.prior_blocks if calibration else 0.0,
            half=calibration.half_evidence if calibration else 1.0,
            weight=calibration.weight if calibration else 0.0,
            exponent=calibration.strength / (scales * kinds) if calibration else 0.0,
            unseen_weight=params.unseen_weight,
        )
        self._state = kernel.GroupState(
            kinds=np.array([KINDS.index(kind) for kind in params.sees], dtype=np.int64),
            sums=np.zeros(scales),
            highs=np.zeros(scales),
            lows=np.zeros(scales),
            filled=np.zeros(scales, dtype=np.int64),
            blocks=np.zeros(scales, dtype=np.int64),
            last=np.zeros(scales),
            mismatch=np.ones((scales, kinds)),
            mean=np.zeros((scales, kinds)),
            variance=np.zeros((scales, kinds)),
            samples=np.zeros((scales, kinds), dtype=np.int64),
            change=np.zeros(scales),
            evidence=np.zeros((scales, kinds)),
            unseen=np.zeros((scales, kinds)),
            streak=np.zeros((scales, kinds), dtype=np.int64),
            places=np.zeros((scales, kinds), dtype=np.int64),
            wanted=np.zeros(1, dtype=np.int64),
            sources=np.zeros(1, dtype=SOURCES),
        )

    @property
    def coarsest_block(self) -> int:
        """Records in a block of the coarsest scale; all smaller blocks divide it."""
        return self._rules.block << (self.params.scales - 1)

    @property
    def rows(self) -> MinicolumnRows:
        """The active minicolumns of every bucket."""
        return self._source

    @property
    def predicts(self) -> bool:
        """Whether the columns know a context, so that their mismatch is a prediction error."""
        return self.params.temporal_memory.context > 0

    def state_arrays(self) -> Arrays:
        """Return the arrays that are saved."""
        return {name: getattr(self._state, name) for name in _SAVED} | named("memory", self.memory.state_arrays())

    def restore(self, given: Given) -> None:
        """Restore what was learned from arrays as `state_arrays` returns them."""
        g = self._state
        restore_blocks(given, g.filled, g.blocks, self._rules.block)
        for name, (least, most) in _SAVED.items():
            if name not in ("filled", "blocks"):
                given.fill(getattr(g, name), name, least, most)
        given.within("memory", self.memory.restore)
        self._drop_box()

    def kernel_state(self) -> tuple[Any, ...]:
        """Return state and rules of group and memory, and the table of rows."""
        return self._state, self._rules, self._rows.table, *self.memory.kernel_state()

    def run(
        self, values: NDArray[np.float64], times: NDArray[np.float64], learn: bool = True
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Process many records.

        Parameters
        ----------
        values : ndarray of float64, shape (records,)
        times : ndarray of float64, shape (records,)
            Time of day as a fraction of the day.
        learn : bool
            Whether the context memories change; statistics always do.

        Returns
        -------
        raw, evidence : ndarray of float64, shape (records,)
            Mean of the columns' last mismatches (1 before the first block), and the group's evidence; both in [0, 1].
        """
        raw, evidence = np.empty_like(values), np.empty_like(values)
        done, reason = kernel.run_box(self.boxed, values, times, 0, bool(learn), raw, evidence)
        while reason != kernel.DONE:
            self.provide(reason)
            done, reason = kernel.run_box(self.boxed, values, times, done, bool(learn), raw, evidence)
        return raw, evidence

    def take_evidence_of(self, judge: ColumnGroup) -> None:
        """Take over the last evidence of the group that this one replaces, because that one judged the last record."""
        for name in ("evidence", "unseen", "streak"):
            getattr(self._state, name)[:] = getattr(judge._state, name)

    def provide(self, reason: int) -> None:
        """Provide what the kernel found missing: room in the context memory, or a row in the table."""
        if reason == kernel.ROOM:
            self.memory.grow()
            self._drop_box()
            return
        number = int(self._state.wanted[0])
        if self._rows.add(number, self._source.row(number)):
            self._drop_box()


class Columns:
    """All groups of columns of a model.

    Parameters
    ----------
    params : tuple of ColumnParams
    minimum, maximum, probation, seed
        As in `ColumnGroup`; each group draws from a seed of its own.

    Attributes
    ----------
    groups : tuple of ColumnGroup
    limits : tuple of float
        The range that the groups were built for.
    """

    def __init__(
        self, params: tuple[ColumnParams, ...], minimum: float, maximum: float, probation: int, seed: int
    ) -> None:
        self._params, self._probation, self._seed = params, probation, seed
        self._sees_time = any("mean_at_time" in group.sees for group in params)
        self._build(minimum, maximum)

    def state_arrays(self) -> Arrays:
        """Return the arrays that are saved: those of the groups, by number."""
        arrays = (named(str(number), group.state_arrays()) for number, group in enumerate(self.groups))
        return {name: array for group in arrays for name, array in group.items()}

    def restore(self, given: Given) -> None:
        """Restore the groups from arrays as `state_arrays` returns them."""
        for number, group in enumerate(self.groups):
            given.within(str(number), group.restore)

    def _build(self, minimum: float, maximum: float) -> None:
        self.limits = minimum, maximum
        self.groups = tuple(
            ColumnGroup(group, minimum, maximum, self._probation, (self._seed + _SEED_STEP * number) % 2**32)
            for number, group in enumerate(self._params)
        )

    def run(
        self, timestamps: Any, values: NDArray[np.float64], learn: bool = True
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Process many records.

        Returns
        -------
        raw : ndarray of float64, shape (records,)
            Mean mismatch of the groups that predict.
        evidence : ndarray of float64, shape (groups, records)
        """
        times = (wall_clock(timestamps) % DAY) / DAY if self._sees_time else np.zeros(len(values))
        return self._run(times, values, learn)

    def _run(
        self, times: NDArray[np.float64], values: NDArray[np.float64], learn: bool
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        raw, evidence = np.zeros(len(values)), np.empty((len(self.groups), len(values)))
        for row, group in enumerate(self.groups):
            mismatch, evidence[row] = group.run(values, times, learn)
            if group.predicts:
                raw += mismatch
        return raw / max(1, sum(group.predicts for group in self.groups)), evidence
