"""The recorder: runs a model, and writes down what it thinks at every record."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.lazy_container import ContainerWriter, as_bytes
from zhtm_detector.common.text import printable
from zhtm_detector.htm.checks import instance, whole
from zhtm_detector.htm.encoders import as_datetime, time_of_day
from zhtm_detector.htm.kernels.rows import DAY
from zhtm_detector.htm.model import HTMModel, Step, Steps
from zhtm_detector.htm.prediction import checked_records
from zhtm_detector.htm.recording.header import KIND, sizes_of, view_names, voter_names
from zhtm_detector.htm.recording.layout import Arrays, as_json, encode, layout_of
from zhtm_detector.htm.recording.numbers import Record, numbers_of
from zhtm_detector.htm.recording.region_tape import RegionTape
from zhtm_detector.htm.recording.view_tape import ViewRecorder

CHUNK = 128  # records
_KEYFRAME = 1024  # records between two key frames of segments
_POOLER = 2**14  # and of the spatial pooler, which are large and take long to write
# How hard to deflate: what a level more saves of these is not worth its time.
_LEVELS = {"frames": 3, "learning": 1, "memory": 1, "pooler": 0}
_DAY_1970 = 719_163  # since the first day of the year 1


class Recorder:
    """Runs a model and writes a trace of it: a context manager.

    The file is written when the block ends; after an error there is none. Nothing is slower while nobody records, and
    scores are the model's own.

    Parameters
    ----------
    model : HTMModel
        It may have run before; while it is recorded, all records go through the recorder.
    path : str or Path
    first : int
        Number of the next record in its stream, for readers.
    source : str
        Name of the stream.
    threshold : float, optional
        Records whose score reaches it, silenced or not, get the sentence that explains it; by default the preset's.
    interval : timedelta, optional
        Between two records, for these sentences.

    Raises
    ------
    ValueError
        For arguments of another type.
    InputError
        When the file cannot be written, or not a single record was.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from zhtm_detector import load_preset
    >>> from zhtm_detector.htm.recording import Trace
    >>> with TemporaryDirectory() as folder:
    ...     model = HTMModel(load_preset("classic"), minimum=0.0, maximum=9.0, probation=10)
    ...     with Recorder(model, Path(folder) / "trace.npz") as recorder:
    ...         hours = [datetime(2026, 1, 1, hour) for hour in range(24)]
    ...         steps = recorder.run(hours, [float(hour % 5) for hour in range(24)])
    ...     trace = Trace.open(Path(folder) / "trace.npz")
    ...     len(trace), bool(trace[23].score == steps.score[23]), len(trace[23].columns)
    ...     trace.close()
    (24, True, 40)
    """

    def __init__(
        self,
        model: HTMModel,
        path: str | Path,
        *,
        first: int = 0,
        source: str = "",
        threshold: float | None = None,
        interval: timedelta | None = None,
    ) -> None:
        self._model = instance("model", model, HTMModel)
        self._path = Path(path)
        self._first = whole("first", first, 0, 2**53)
        self._source = printable(source)
        self._threshold = model.params.alert_threshold if threshold is None else threshold
        self._interval = interval
        self._writer: ContainerWriter | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        params = self._model.params
        self._names = view_names(params, self._model.probation)
        sizes = sizes_of(params, len(self._names))
        self._sizes, self._layout = sizes, layout_of(sizes)
        self._writer = self._stack.enter_context(ContainerWriter(self._path, KIND))
        self._views = ViewRecorder(params, len(self._names), CHUNK) if self._names else None
        self._region: RegionTape | None = None
        self._pending: list[Record] = []
        self._done = 0  # records in chunks that are written
        self._starts: dict[str, list[int]] = {"frames": [], "memory": [], "pooler": []}
        self._sentences: dict[str, str] = {}
        self._changes = self._model.changes
        self._follow()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and self._writer is not None:
                self._flush()
                if not self._done:
                    raise InputError(f"{self._path}: expected at least one record to write, got none")
                self._writer.finish(self._header())
        except BaseException:
            self._stack.__exit__(*sys.exc_info())
            raise
        else:
            self._stack.__exit__(kind, error, trace)
        finally:
            self._writer = None

    def step(self, timestamp: Any, value: float, learn: bool = True) -> Step:
        """Score one record and write it down; see `HTMModel.step`."""
        self._check()
        step = self._model.step(timestamp, value, learn)
        self._take(as_datetime(timestamp), float(value), bool(learn), step)
        return step

    def run(self, timestamps: Any, values: ArrayLike, learn: bool = True) -> Steps:
        """Score many records and write them down; see `HTMModel.run`."""
        self._check()
        clock, numbers, learn = checked_records(timestamps, values, learn)
        steps = []
        for moment, value in zip(clock.view("datetime64[us]").tolist(), numbers.tolist(), strict=True):
            steps.append(self._model.step(moment, value, learn))
            self._take(moment, value, learn, steps[-1])
        columns = [np.array(column) for column in zip(*steps, strict=True)] or [np.zeros(0)] * len(Step._fields)
        found: dict[str, NDArray[Any]] = dict(zip(Step._fields, columns, strict=True))
        for name in ("out_of_range", "silenced"):
            found[name] = found[name].astype(np.bool_)
        return Steps(**found)

    def _check(self) -> None:
        if self._writer is None:
            raise ValueError("recorder: expected it in a with block, got it outside of one")
        if self._model.changes != self._changes:
            raise ValueError("model: expected all records by way of the recorder, got others in between")

    def _follow(self) -> None:
        """Begin to follow the region, now that it is there."""
        region = self._model.region
        if region is None:
            return
        buffers = (self._model._single or self._model._single_record()).buffers  # type: ignore[union-attr]
        self._region = RegionTape(region, buffers.bits, buffers.offsets, CHUNK)
        self._write_keyframes(always=True)

    def _take(self, moment: datetime, value: float, learn: bool, step: Step) -> None:
        model = self._model
        self._changes = model.changes
        clock = (moment.toordinal() - _DAY_1970) * DAY + time_of_day(moment)
        evidence = model._last.evidence[:, 0].tolist()
        likelihood = model._prediction.likelihood_model if model._prediction else None
        center = deviation = 0.0
        if likelihood is not None:
            _, mean, spread, known, *_ = likelihood.kernel_state()[0].state.item()
            if known:
                center, deviation = mean, spread
        if self._region is not None and not self._region.capture(learn):
            self._flush(keyframes=False)  # the region has learned from this record already
            self._region.capture(learn)
        if self._views is not None:
            self._views.capture(model.columns, model._blocks, evidence)
        self._pending.append(Record(clock, value, learn, center, deviation, evidence, step))
        if self._threshold is not None and step.unsilenced >= self._threshold:
            number = self._first + self._done + len(self._pending) - 1
            self._sentences[str(number)] = model.explain(self._interval).sentence
        if self._region is None and model.region is not None:
            self._flush()  # the region has just learned all records so far
            self._follow()
        if len(self._pending) == CHUNK:
            self._flush()

    def _flush(self, keyframes: bool = True) -> None:
        """Write the records that are not written yet."""
        records = self._pending
        if not records:
            return
        arrays = numbers_of(records)
        if self._views is not None:
            arrays |= self._views.take()
        number = len(self._starts["frames"])
        if self._sizes.columns:
            arrays |= self._region.take() if self._region is not None else self._no_region(len(records))
            self._write("learning", number, arrays)
        self._write("frames", number, arrays)
        self._starts["frames"].append(self._first + self._done)
        self._done += len(records)
        self._pending = []
        if self._region is not None and keyframes:
            self._write_keyframes()

    def _write_keyframes(self, always: bool = False) -> None:
        """Write segments and permanences as they are after the last record, if it is time to."""
        assert self._region is not None
        now = self._first + self._done
        for kind, every in (("memory", _KEYFRAME), ("pooler", _POOLER)):
            starts = self._starts[kind]
            if always or now - starts[-1] >= every:
                self._write(kind, len(starts), getattr(self._region, kind)())
                starts.append(now)

    def _write(self, kind: str, number: int, arrays: Arrays) -> None:
        assert self._writer is not None
        self._writer.add(f"{kind}{number:05}", as_bytes(encode(self._layout[kind], arrays)), _LEVELS[kind])

    def _no_region(self, records: int) -> Arrays:
        """Return empty arrays for records before the range of values is known."""
        others = layout_of(self._sizes._replace(columns=0))["frames"]
        fields = [field for field in self._layout["frames"] if field not in others] + self._layout["learning"]
        empty: Arrays = {field.name: np.zeros(0, dtype=np.int64) for field in fields}
        for name in ("bit", "column", "winner", "raised", "segment"):
            empty[f"{name}_counts"] = np.zeros(records, dtype=np.int64)
        empty["predictive_counts"] = np.zeros(records + 1, dtype=np.int64)
        for name in ("active_before", "winners_before"):
            empty[f"{name}_counts"] = np.zeros(1, dtype=np.int64)
        return empty

    def _header(self) -> dict[str, Any]:
        model, region = self._model, self._model.region
        parts = region.encoder.parts.items() if region else ()
        params = model.params
        return {
            "records": [self._first, self._first + self._done],
            "source": self._source,
            "model": model.settings(),
            "what": "columns" if params.columns else "region" if params.predicts else "novelty",
            "fields": [[name, part.size, part.active_bits] for name, part in parts],
            "column_dimensions": list(params.spatial_pooler.column_dimensions) if self._sizes.columns else [],
            "cells_per_column": self._sizes.cells_per_column,
            "voters": voter_names(params),
            "views": self._names,
            "threshold": self._threshold,
            "chunk": CHUNK,
            "sizes": list(self._sizes),
            "layout": as_json(self._layout),
            **self._starts,
            "sentences": self._sentences,
        }
