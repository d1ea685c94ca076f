"""The single-record path: one record through all parts of a model in one compiled call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np

from zhtm_detector.htm.anomaly import BlockNovelty, ValueNovelty, Vote
from zhtm_detector.htm.anomaly.likelihood import AnomalyLikelihood
from zhtm_detector.htm.columns import Columns
from zhtm_detector.htm.encoders import day_of_year, time_of_day
from zhtm_detector.htm.kernels import record as kernel
from zhtm_detector.htm.kernels.box import Boxed
from zhtm_detector.htm.kernels.cache_key import SOURCES
from zhtm_detector.htm.kernels.jit import entry_of
from zhtm_detector.htm.kernels.rows import ALWAYS_0
from zhtm_detector.htm.look import Look
from zhtm_detector.htm.region import Region
from zhtm_detector.htm.row_table import RowTable

Result = tuple[float, float, float, float, bool, bool, float]


class Parts(NamedTuple):
    """The parts of a model; None for a part it lacks."""

    region: Region | None
    columns: Columns | None
    likelihood: AnomalyLikelihood | None
    value_novelty: ValueNovelty | None
    block_novelty: BlockNovelty | None
    vote: Vote


class SingleRecord(Boxed):
    """Runs a record through the parts of a model, with the same result as calling them one after the other.

    Parameters
    ----------
    parts : Parts
        Shared with the model: what is learned here is learned there. The region encodes the fields "value" and,
        optionally, "timestamp".
    prediction_weight : float
        Of the prediction error's evidence in the vote.
    span : float, optional
        The range that distances are measured by; None: that of the records so far.
    last : LastRecord
        Shared with the model, which explains it.
    """

    def __init__(self, parts: Parts, prediction_weight: float, span: float | None, last: kernel.LastRecord) -> None:
        self._parts = parts
        predicts = [group.predicts for group in (parts.columns.groups if parts.columns else ())]
        self._rules = kernel.RecordRules(prediction_weight, span is None, np.array(predicts, dtype=np.bool_))
        self._memory = parts.region.temporal_memory if parts.region else None
        self._groups = parts.columns.groups if parts.columns else ()
        self._growing = [part for part in (self._memory, *self._groups) if part is not None]
        self._versions = [part.version for part in self._growing]
        self._encoders: Mapping[str, Any] = parts.region.encoder.parts if parts.region else {}
        self._rows = {name: RowTable(encoder.active_bits) for name, encoder in self._encoders.items()}
        # An encoder of values without a compiled rule writes each record's row to one place of its table.
        self._writes_rows = "value" in self._encoders and self._encoders["value"].rule is None
        if self._writes_rows:
            self._rows["value"].add(0, np.arange(self._encoders["value"].active_bits, dtype=np.uint32))
        self._entry: Callable[..., Any] | None = None  # the kernel, without type checks
        self._look: Look | None = None
        self._sees_season = getattr(self._encoders.get("timestamp"), "season", None) is not None
        # The kernel is compiled for the parts there are.
        self._has: tuple[Any, Any, Any, Any, Any, Any] = (
            True if parts.region else None,
            True if parts.columns else None,
            True if "timestamp" in self._encoders else None,
            True if parts.likelihood else None,
            True if parts.value_novelty else None,
            True if parts.block_novelty else None,
        )
        self._buffers = kernel.Buffers(
            time=np.zeros(1),
            span=np.array([0.0 if span is None else span]),
            bits=np.zeros(sum(encoder.active_bits for encoder in self._encoders.values()), dtype=np.uint32),
            offsets=np.zeros(2, dtype=np.int64),
            mismatch=np.zeros(1),
            likelihood=np.zeros(1),
            novelty=np.zeros(1),
            leaves=np.zeros(1, dtype=np.bool_),
            wanted=np.zeros(2, dtype=np.int64),
            sources=np.zeros(1, dtype=SOURCES),
            **last._asdict(),
        )

    @property
    def buffers(self) -> kernel.Buffers:
        """The arrays of the last record."""
        return self._buffers

    def kernel_state(self) -> kernel.RecordState:
        """Return the states of all parts."""
        region, columns, *others = self._parts
        predicting: tuple[Any, ...] = (None,) * 4
        if region is not None:
            rows = {
                name: (encoder.rule or ALWAYS_0, self._rows[name].table) for name, encoder in self._encoders.items()
            }
            stages = (region.spatial_pooler.kernel_state(), region.temporal_memory.kernel_state())
            predicting = (rows["value"], rows.get("timestamp"), *stages)
        groups = tuple(group.kernel_state() for group in columns.groups) if columns else None
        judging = (part.kernel_state() if part else None for part in others)
        return kernel.RecordState._make((*predicting, groups, *judging, self._rules, self._buffers))

    def step(self, value: float, moment: datetime, learn: bool, looks: bool = False) -> Result:
        """Score one record.

        Parameters
        ----------
        value : float
            Finite.
        moment : datetime
            On the stream's own clock.
        learn : bool
        looks : bool
            Whether nothing is to change; for a `learn` of False. The result is that of learning.

        Returns
        -------
        score, raw, likelihood, novelty : float
        out_of_range, silenced : bool
        unsilenced : float
        """
        clock, weekday = time_of_day(moment), moment.weekday()
        day = day_of_year(moment) if self._sees_season else 0
        self._renew_if_replaced()
        if self._writes_rows:
            encoder = self._encoders["value"]
            self._rows["value"].replace(0, (encoder.look(value) if looks else encoder.encode(value)).indices)
        while True:
            box = self._looked_at() if looks else self._box or self.boxed
            result: Result | None
            if self._entry is not None:
                result = self._entry(box, *self._has, value, clock, weekday, day, learn)
            else:
                arguments = (box, *self._has, value, clock, weekday, day, bool(learn))
                result = kernel.step(*arguments)
                self._entry = entry_of(kernel.step, *arguments)
            if result is not None:
                return result
            self._provide(value, moment)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the entry, which is valid in this process only, and the look."""
        return super().__getstate__() | {"_entry": None, "_look": None}

    def _looked_at(self) -> Any:
        self._look = self._look or Look(self.kernel_state())
        return self._look.refreshed()

    def _drop_box(self) -> None:
        super()._drop_box()
        self._look = None

    def _renew_if_replaced(self) -> None:
        """Use the new arrays of a memory or a table that has grown."""
        versions = [part.version for part in self._growing]
        if versions != self._versions:
            self._versions = versions
            self._drop_box()

    def _provide(self, value: float, moment: datetime) -> None:
        """Provide what the kernel found missing: room in a memory, or a row of bits in a cache."""
        what, number = self._buffers.wanted.tolist()
        if what in kernel.OF_GROUP:
            self._groups[number].provide(kernel.OF_GROUP[what])
            self._renew_if_replaced()
            return
        if what == kernel.ROOM:
            assert self._memory is not None
            self._memory.grow()
            self._renew_if_replaced()
            return
        name, field = ("value", value) if what == kernel.VALUE_ROW else ("timestamp", moment)
        row = self._encoders[name].encode(field).indices
        if name == "timestamp":
            row = row + np.uint32(self._encoders["value"].size)
        if self._rows[name].add(number, row):
            self._drop_box()
