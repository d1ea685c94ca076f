"""A user's own labelled data files as a corpus in NAB's layout, which every command with `--nab-root` reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import atomic_folder, write_json
from zhtm_detector.detectors.data_file import DataFile, read_data_file
from zhtm_detector.nab.own_data import ColumnNames, Source, match_names, read_own
from zhtm_detector.nab.own_labels import Anomaly, OwnLabel, join, locate, of_runs, read_own_labels
from zhtm_detector.nab.ranges import RANGES_FILE
from zhtm_detector.nab.window_rule import Placed, place_windows

_FEWEST = 20  # records of a file with labels: below, the window of its only anomaly would be that anomaly alone


@dataclass(frozen=True)
class MadeFile:
    """What became of one data file."""

    name: str  # in the corpus
    records: int
    labels: int  # as they were given
    anomalies: tuple[Anomaly, ...]  # without those that are the same or overlap
    placed: Placed

    @property
    def joined(self) -> int:
        """Labels that are the same as another one or overlap it."""
        return self.labels - len(self.anomalies)

    @property
    def share(self) -> float:
        """Share of the records that are in windows, in [0, 1]."""
        return sum(last - first + 1 for first, last in self.placed.windows) / self.records


def make_corpus(
    folder: Path,
    sources: Sequence[Source],
    label_path: Path | None,
    names: ColumnNames,
    as_given: bool = False,
    on_file: Callable[[int], None] = lambda _: None,
) -> list[MadeFile]:
    """Make a corpus: its data files, and below `labels/` windows, labels and ranges.

    Parameters
    ----------
    folder : Path
        Not there yet, or empty. It is written whole or not at all.
    sources : sequence of Source
        As `find_sources` returns them.
    label_path : Path, optional
        Label file; without one, `names.label` is the column that has them.
    names : ColumnNames
        Columns of the data files.
    as_given : bool
        Whether windows are the labelled ranges, without NAB's length.
    on_file : callable
        Called with 1 after each file.

    Raises
    ------
    InputError
        For bad data or labels, labels that do not fit the data, a corpus without any window, and a folder that cannot
        be written.
    """
    labels = _labels_of_files(sources, label_path)
    with atomic_folder(folder) as temporary:
        made = []
        windows: dict[str, list[list[str]]] = {}
        points: dict[str, list[str]] = {}
        ranges: dict[str, list[list[str]]] = {}
        for source in sources:
            content, runs = read_own(source.path, names)
            data = read_data_file(source.path, source.relative_path, content)
            found = [*locate(labels.get(source.relative_path, []), data), *of_runs(runs, data)]
            file = _place(data, source, found, as_given)
            times = data.data["timestamp"]
            windows[file.name] = [[_text(times.iloc[end]) for end in window] for window in file.placed.windows]
            points[file.name] = [str(times.iloc[sum(anomaly.records) // 2]) for anomaly in file.anomalies]
            ranges[file.name] = [[_text(anomaly.start), _text(anomaly.end)] for anomaly in file.anomalies]
            _write(temporary / "data" / file.name, content)
            made.append(file)
            on_file(1)
        if not any(file.placed.windows for file in made):
            left_out = sum(file.placed.left_out for file in made)
            raise InputError(
                f"{label_path or f'--label-column {names.label}'}: expected an anomaly behind the probationary period, "
                "the first 15% of a file, at most 750 records, because scores are about windows there; got "
                f"{left_out} in it, and none behind it"
            )
        write_json(temporary / "labels" / "combined_windows.json", windows)
        write_json(temporary / "labels" / "combined_labels.json", points)
        write_json(temporary / "labels" / RANGES_FILE, ranges)
    return made


def _labels_of_files(sources: Sequence[Source], label_path: Path | None) -> Mapping[str, list[OwnLabel]]:
    """Read the labels of each file, by its name in the corpus."""
    if label_path is None:
        return {}
    given = read_own_labels(label_path)
    labels: dict[str, list[OwnLabel]] = {}
    for name, meant in match_names(sources, list(given), f"labels {label_path}").items():
        labels.setdefault(meant, []).extend(given[name])
    return labels


def _place(data: DataFile, source: Source, found: Sequence[Anomaly], as_given: bool) -> MadeFile:
    anomalies = join(found)
    if anomalies and data.length < _FEWEST:
        raise InputError(
            f"{source.path}: expected at least {_FEWEST} records in a file with labels, because its windows are a "
            f"tenth of it, got {data.length}"
        )
    moments = np.asarray(data.data["timestamp"].astype("int64"), dtype=np.int64)
    placed = place_windows([anomaly.records for anomaly in anomalies], moments, str(source.path), as_given)
    return MadeFile(source.relative_path, data.length, len(found), tuple(anomalies), placed)


def _text(moment: pd.Timestamp) -> str:
    """Write a timestamp as NAB's label files do, with six digits of a second; with all nine only if it has them."""
    return moment.isoformat(sep=" ", timespec="nanoseconds" if moment.nanosecond else "microseconds")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
