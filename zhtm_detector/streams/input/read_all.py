"""A whole file of records at once."""

from __future__ import annotations

import math
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.streams.input.clock import Clock
from zhtm_detector.streams.input.csv_source import CsvSource
from zhtm_detector.streams.input.json_source import JsonSource
from zhtm_detector.streams.input.lines import Descriptor, Lines
from zhtm_detector.streams.input.source import sniffed
from zhtm_detector.streams.record import Names


def read_all(
    path: Path, names: Names, clock: Clock, skips_bad: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Read the times and values of a file of CSV or JSON lines; records without a value are left out.

    Returns
    -------
    clock : ndarray of int64, shape (records,)
        Microseconds since 1970 on the wall clock.
    values : ndarray of float64, shape (records,)

    Raises
    ------
    InputError
        If it cannot be read, has no record, or a line that is none.
    """
    source = Descriptor(path)
    lines = list(chain.from_iterable(Lines(source)))
    make = JsonSource if sniffed(lines) == "jsonl" else CsvSource
    records = make(source.name, names, clock, skips_bad).records(lines)
    found = [(record.clock_us, record.values[0]) for record in records if not math.isnan(record.values[0])]
    if not found:
        raise InputError(f"{path}: expected CSV with a header or JSON lines, with a value, got none")
    times, values = zip(*found, strict=True)
    return np.array(times, dtype=np.int64), np.array(values)
