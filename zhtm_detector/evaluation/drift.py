"""Streams that change for good after the probation: how soon a detector notices, and whether it then gets used to it.

A model that learns on raises alarms at the change and falls silent once the new regime is the usual one. A model that
has learned in the probation only never falls silent; one that learns too readily never notices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zhtm_detector.common.files import write_json, write_text
from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.evaluation.evidence_tables import Scores
from zhtm_detector.nab.corpus import Corpus
from zhtm_detector.nab.outcomes import category_of
from zhtm_detector.nab.scoring import FileWindows

SEEDS = 3  # of the noise
RECORDS = 6000  # one every five minutes; the first 750 are probationary
CHANGE = 2000  # first record of the new regime
_DAY = 288  # records
_AMPLITUDE = 10.0  # of the daily cycle, in units of the noise's standard deviation

Floats = NDArray[np.float64]


def make_streams(seed: int) -> dict[str, Floats]:
    """Make the values of each stream, shape (records,); all have the same noise, and are equal before the change."""
    noise = np.random.default_rng(seed).normal(0.0, 1.0, RECORDS)
    record = np.arange(RECORDS, dtype=np.float64)
    since = np.maximum(record - CHANGE, 0.0)  # records since the change
    changed = record >= CHANGE
    day = _cycle(record)
    streams = {
        "level shifted": day + noise + 1.5 * _AMPLITUDE * changed,
        "amplitude doubled": day * (1 + changed) + noise,
        "cycle of 16 hours": _cycle(record + since / 2) + noise,
        "slow trend": day + noise + _AMPLITUDE / _DAY * since,
        "noise tripled": day + noise * (1 + 2 * changed),
        "day shifted by 6 hours": _cycle(record - _DAY / 4 * changed) + noise,
    }
    return {name: np.round(50 + values, 3) for name, values in streams.items()}


def _cycle(record: Floats) -> Floats:
    return np.asarray(_AMPLITUDE * np.sin(record / _DAY * 2 * np.pi), dtype=np.float64)


def stream_paths() -> list[str]:
    """List the files of `write_streams`: stream by stream, in it seed by seed."""
    return [_path(name, seed) for name in make_streams(1) for seed in _seeds()]


def total_records() -> int:
    """Count the records of all streams."""
    return len(stream_paths()) * RECORDS


def write_streams(root: Path) -> Corpus:
    """Write all streams as a corpus, as `write_corpus`: one folder per stream, in it one file per seed."""
    made = {_path(name, seed): values for seed in _seeds() for name, values in make_streams(seed).items()}
    return write_corpus(root, made)


def write_corpus(root: Path, streams: Mapping[str, Floats]) -> Corpus:
    """Write streams of a record every five minutes, by path, as a corpus without windows, and open it.

    Raises
    ------
    InputError
        When it cannot be written.
    """
    for path, values in streams.items():
        moments = pd.date_range("2026-01-01", periods=len(values), freq="5min").strftime("%Y-%m-%d %H:%M:%S")
        lines = [f"{moment},{value}\n" for moment, value in zip(moments, values.tolist(), strict=True)]
        write_text(root / "data" / path, "".join(["timestamp,value\n", *lines]))
    write_json(root / "labels" / "combined_windows.json", {path: [] for path in streams})
    return Corpus(root)


def _seeds() -> range:
    return range(1, SEEDS + 1)


def _path(name: str, seed: int) -> str:
    return f"{name.replace(' ', '_')}/{seed}.csv"


@dataclass(frozen=True)
class Response:
    """What a detector does about a change: each count is in records."""

    first: int | None  # from the change to the first alarm; None if there is none
    last: int | None  # from the change to the first alarm that a silent probationary period follows; None if none does
    before: int  # alarms before the change
    later: int  # alarms after that silence


def respond(alarms: NDArray[np.bool_], change: int, silence: int) -> Response:
    """Describe the alarms, shape (records,), around a change; they have stopped once as many records are silent.

    Examples
    --------
    >>> respond(np.array([1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1], dtype=bool), change=3, silence=3)
    Response(first=1, last=3, before=1, later=1)
    """
    before = int(alarms[:change].sum())
    after = np.flatnonzero(alarms[change:])
    if not after.size:
        return Response(None, None, before, 0)
    silent = np.flatnonzero(np.diff(after, append=alarms.size - change) > silence)
    if not silent.size:
        return Response(int(after[0]), None, before, 0)
    return Response(int(after[0]), int(after[silent[0]]), before, int(after.size - silent[0] - 1))


def drift_section(
    files: Mapping[str, FileWindows], detectors: Mapping[str, tuple[Scores, float]], notes: Sequence[str] = ()
) -> DataTable:
    """Show each detector's mean response to each change, and to all of them.

    Parameters
    ----------
    files : mapping of str to FileWindows
        The streams for which every detector has scores, from `write_streams`.
    detectors : mapping of str to (mapping, float)
        Name to anomaly scores by file, and threshold.
    notes : sequence of str
        Lines to add below the table.
    """
    streams: dict[str, list[str]] = {}
    for path in files:
        streams.setdefault(category_of(path).replace("_", " "), []).append(path)
    rows = [
        [stream, name, *_means([_response(files[path], scores[path], threshold) for path in paths])]
        for stream, paths in [*streams.items(), ("all", list(files))]
        for name, (scores, threshold) in detectors.items()
    ]
    columns = [
        Column("stream", "stream"),
        Column("detector", "detector"),
        Column("noticed", "noticed, %", 0),
        Column("first_alarm", "first alarm after", 0),
        Column("stopped", "alarms stop, %", 0),
        Column("alarms_stop", "alarms stop after", 0),
        Column("alarms_before", "alarms before", 1),
        Column("alarms_later", "alarms later", 1),
    ]
    about = (
        "first alarm after, alarms stop after: records from the change, means of the streams where there is such an "
        "alarm. before: before the change; later: after the alarms have stopped once. Each detector stands at its best "
        "threshold of the scoreboard's first profile."
    )
    title = f"Change for good at record {CHANGE} of {RECORDS}, {SEEDS} streams each"
    return DataTable(title, columns, rows, [about, *notes])


def _response(file: FileWindows, scores: Floats, threshold: float) -> Response:
    alarms = scores >= threshold
    alarms[: file.first_scored] = False
    return respond(alarms, CHANGE, file.first_scored)


def _means(responses: Sequence[Response]) -> list[Cell]:
    """Return the cells of a row; None where there is nothing to take a mean of."""
    first = [found.first for found in responses if found.first is not None]
    last = [found.last for found in responses if found.last is not None]
    return [
        100 * len(first) / len(responses),
        _mean(first),
        100 * len(last) / len(first) if first else None,
        _mean(last),
        _mean([found.before for found in responses]),
        _mean([found.later for found in responses if found.last is not None]),
    ]


def _mean(counts: Sequence[int]) -> float | None:
    return float(np.mean(counts)) if counts else None
