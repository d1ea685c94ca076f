"""A user's own labels, points and ranges, as CSV or JSON; and the records of a data file that they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.json_reader import json_text, read_json_object
from zhtm_detector.common.text import printable
from zhtm_detector.detectors.data_file import DataFile, read_bytes, split_rows
from zhtm_detector.nab.labels import Window, parse_window
from zhtm_detector.nab.window_rule import Span

_POINTS = ["file", "timestamp"]
_RANGES = ["file", "start", "end"]
_COLUMNS = "the columns file,timestamp or file,start,end"


@dataclass(frozen=True)
class OwnLabel:
    """A labelled point, or a range with both ends inclusive."""

    where: str  # for messages
    ends: Window
    is_point: bool


@dataclass(frozen=True)
class Anomaly:
    """A labelled range, and its records; a point has one timestamp at both ends."""

    start: pd.Timestamp
    end: pd.Timestamp
    records: Span


def read_own_labels(path: Path) -> dict[str, list[OwnLabel]]:
    """Read a label file.

    Parameters
    ----------
    path : Path
        CSV with the columns file,timestamp (points) or file,start,end (ranges); or JSON, if its name ends in .json:
        ``{"a.csv": ["2014-04-10 07:15:00", ["2014-04-11 00:00:00", "2014-04-11 01:00:00"]]}``. So NAB's own
        `combined_labels.json` and `combined_windows.json` can be read.

    Returns
    -------
    dict
        Name of a data file, as in the label file, to its labels in the order of the file.

    Raises
    ------
    InputError
        When it cannot be read, or has another form.
    """
    if path.suffix.lower() == ".json":
        return _read_json(path)
    if not path.is_file():
        raise InputError(f"labels {path}: not found; expected a CSV or JSON file")
    content = read_bytes(path).removeprefix(b"\xef\xbb\xbf")
    rows = split_rows(path, content, _COLUMNS)
    _, header = next(rows, (1, []))
    if header not in (_POINTS, _RANGES):
        got = printable(",".join(header), 80) or "nothing"
        raise InputError(f"labels {path}: row 1: expected {_COLUMNS}, got {got}")
    labels: dict[str, list[OwnLabel]] = {}
    for row, fields in rows:
        where = f"labels {path}: row {row}"
        if len(fields) != len(header):
            raise InputError(f"{where}: expected {len(header)} fields ({','.join(header)}), got {len(fields)}")
        name, *ends = fields
        label = OwnLabel(where, parse_window(ends[0], ends[-1], where), header == _POINTS)
        labels.setdefault(name, []).append(label)
    return labels


def _read_json(path: Path) -> dict[str, list[OwnLabel]]:
    labels = {}
    for name, entry in read_json_object(path, "labels").items():
        where = f"labels {path}: {printable(name, 200)}"
        if not isinstance(entry, list):
            raise InputError(f"{where}: expected a list of points and ranges, got {json_text(entry)}")
        labels[name] = [_parse(item, f"{where}: label {number}") for number, item in enumerate(entry, start=1)]
    return labels


def _parse(item: Any, where: str) -> OwnLabel:
    ends = item if isinstance(item, list) else [item, item]
    if len(ends) != 2 or not all(isinstance(end, str) for end in ends):
        raise InputError(f"{where}: expected a timestamp, or [start, end] as two texts, got {json_text(item)}")
    return OwnLabel(where, parse_window(ends[0], ends[1], where), item is not ends)


def locate(labels: Sequence[OwnLabel], data: DataFile) -> list[Anomaly]:
    """Find the records of each label.

    A label without a time zone is on the wall clock of the file. The ends of a range may lie between two records.

    Raises
    ------
    InputError
        For a point that is no record's timestamp, a range that has no record or reaches outside of the file, and where
        the timestamps of the file go back within a label.
    """
    if not labels:
        return []
    ordered = data.data["timestamp"].sort_values(kind="stable")
    return [_locate(label, ordered, data.relative_path) for label in labels]


def _locate(label: OwnLabel, ordered: pd.Series[pd.Timestamp], name: str) -> Anomaly:
    start, end = (_in_zone(moment, ordered.dt.tz, label.where) for moment in label.ends)
    first, last = ordered.iloc[0], ordered.iloc[-1]
    got = f"got {start}" if label.is_point else f"got {start} to {end}"
    if start < first or end > last:
        raise InputError(f"{label.where}: expected a timestamp of {name} between {first} and {last}, {got}")
    before, inside = int(ordered.searchsorted(start)), int(ordered.searchsorted(end, side="right"))
    if before == inside:
        near = f"the nearest are {ordered.iloc[before - 1]} and {ordered.iloc[before]}"
        expected = "the timestamp of a record" if label.is_point else "a range with a record in it"
        raise InputError(f"{label.where}: expected {expected} of {name} between {first} and {last}; {near}, {got}")
    records = ordered.index[before:inside]
    span = int(records.min()), int(records.max())
    if span[1] - span[0] >= len(records):
        raise InputError(
            f"{label.where}: expected records of {name} that follow each other, but its timestamps go back there, {got}"
        )
    return Anomaly(start, end, span)


def _in_zone(moment: pd.Timestamp, zone: Any, where: str) -> pd.Timestamp:
    if zone is not None and moment.tzinfo is None:
        return moment.tz_localize(zone)
    if zone is None and moment.tzinfo is not None:
        raise InputError(f"{where}: expected no time zone, as in the data, got {moment}")
    return moment


def of_runs(runs: Sequence[Span], data: DataFile) -> list[Anomaly]:
    """Return the anomalies of runs of records; raises InputError if the timestamps go back within one."""
    times = data.data["timestamp"]
    for first, last in runs:
        if times.iloc[first] > times.iloc[last]:
            raise InputError(
                f"{data.relative_path}: records {first + 1} to {last + 1}: expected timestamps that do not go back "
                f"within a labelled range, got {times.iloc[first]} to {times.iloc[last]}"
            )
    return [Anomaly(times.iloc[first], times.iloc[last], (first, last)) for first, last in runs]


def join(anomalies: Sequence[Anomaly]) -> list[Anomaly]:
    """Sort anomalies, and join those that overlap or are the same."""
    joined: list[Anomaly] = []
    for anomaly in sorted(anomalies, key=lambda anomaly: (anomaly.records, anomaly.start, anomaly.end)):
        last = joined[-1] if joined else None
        if last is None or (anomaly.records[0] > last.records[1] and anomaly.start > last.end):
            joined.append(anomaly)
        else:
            joined[-1] = Anomaly(
                min(last.start, anomaly.start),
                max(last.end, anomaly.end),
                (last.records[0], max(last.records[1], anomaly.records[1])),
            )
    return joined
