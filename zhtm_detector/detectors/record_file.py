"""A run of our model over one data file, recorded, with the settings and scores of the detector."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from zhtm_detector.detectors.base import PROBATIONARY_PERCENT
from zhtm_detector.detectors.data_file import DataFile
from zhtm_detector.detectors.explain_file import usual_interval
from zhtm_detector.detectors.zhtm import ZhtmDetector
from zhtm_detector.htm.params import ModelParams
from zhtm_detector.htm.prediction import checked_records
from zhtm_detector.htm.recording import Recorder

_CHUNK = 500  # records between progress reports


def record_file(
    data_file: DataFile,
    params: ModelParams,
    seed: int,
    path: Path,
    first: int = 0,
    last: int | None = None,
    on_progress: Callable[[int], None] = lambda records: None,
) -> None:
    """Run the model from the start of the file; write the records from `first` up to `last`, without it, to a trace.

    Raises
    ------
    InputError
        When the trace cannot be written.
    """
    detector = ZhtmDetector(data_file, PROBATIONARY_PERCENT, params=params, seed=seed)
    detector.initialize()
    model, data = detector.model, data_file.data
    clock, values, _ = checked_records(data["timestamp"], data["value"], True)
    moments = clock.view(np.dtype("datetime64[us]"))
    if first > 0:
        model.run(moments[:first], values[:first])
        on_progress(first)
    interval = usual_interval(data["timestamp"])
    with Recorder(model, path, first=first, source=data_file.relative_path, interval=interval) as recorder:
        last = data_file.length if last is None else last
        for start in range(first, last, _CHUNK):
            chunk = slice(start, min(start + _CHUNK, last))
            recorder.run(moments[chunk], values[chunk])
            on_progress(chunk.stop - start)
