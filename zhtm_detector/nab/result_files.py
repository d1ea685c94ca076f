"""NAB's files: where they lie, how they are read, and how they are written without ever being half there."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zhtm_detector.common.config import config_path
from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import locked, write_json, write_text
from zhtm_detector.common.json_reader import as_number, as_object, read_json_object, read_own_object
from zhtm_detector.common.names import check_name, check_names
from zhtm_detector.common.text import plain_number, printable, shown
from zhtm_detector.detectors.names import NOT_NAB
from zhtm_detector.nab.score_csv import (
    LABEL,
    RAW,
    TIME,
    VALUE,
    other_row,
    raw_column,
    read_score_csv,
    score_column,
)
from zhtm_detector.nab.scoring import Profile

SWEEP_PREFIX = "S(t)_"


@dataclass(frozen=True, eq=False)
class ResultColumns:
    """Columns of one results file, each of shape (records,).

    Parameters
    ----------
    scores : ndarray of float64
        In [0, 1].
    raw : ndarray of float64, optional
        Raw scores, where the detector emits them.
    label : ndarray of bool, optional
        Whether a record lies in a window of the labels that the file was written with.
    """

    scores: NDArray[np.float64]
    raw: NDArray[np.float64] | None
    label: NDArray[np.bool_] | None


def results_path(results: Path, detector: str, relative_path: str) -> Path:
    """Path of a data file's results: `<results>/<detector>/<category>/<detector>_<file>.csv`."""
    relative = PurePosixPath(relative_path)
    return results / detector / relative.parent / f"{detector}_{relative.name}"


def scores_path(results: Path, detector: str, profile: str) -> Path:
    """Path of a profile's scores: `<results>/<detector>/<detector>_<profile>_scores.csv`."""
    return results / detector / f"{detector}_{profile}_scores.csv"


def detectors_in(results: Path, prefix: str, paths: Iterable[str]) -> list[str]:
    """List the detectors with results of at least one of the files, on the kind of corpus that the prefix stands for.

    Parameters
    ----------
    results : Path
        A results folder, in NAB's layout.
    prefix : str
        As in `ChosenCorpus.prefix`; the returned names are without it.
    paths : iterable of str
        Data files.
    """
    folders = sorted(folder.name for folder in results.iterdir() if folder.is_dir()) if results.is_dir() else []
    names = []
    for label in folders:
        own = label.startswith(prefix) if prefix else not label.startswith(NOT_NAB)
        if own and any(results_path(results, label, path).is_file() for path in paths):
            names.append(label.removeprefix(prefix))
    return names


def read_scores(
    results: Path, detector: str, records: Mapping[str, pd.DataFrame], warnings: list[str]
) -> dict[str, NDArray[np.float64]]:
    """Read a detector's anomaly scores.

    Parameters
    ----------
    results : Path
        The results folder.
    detector : str
    records : mapping of str to DataFrame
        Relative path of each data file to its records.
    warnings : list of str
        Gets what `read_results` warns about.

    Returns
    -------
    dict
        Relative path to float64 scores, shape (records,).

    Raises
    ------
    InputError
        As `read_results`.
    """
    found = {}
    for path, data in records.items():
        file = results_path(results, detector, path)
        found[path] = score_column(file, _read_records(file, path, data, (), warnings), detector)
    return found


def read_results(
    path: Path, relative_path: str, data: pd.DataFrame, detector: str, warnings: list[str]
) -> ResultColumns:
    """Read one results file, as NAB reads it.

    Results on altered data are refused, if they hold their data. Records in another order, as those of a detector that
    sorts repeated timestamps, are warned about.

    Raises
    ------
    InputError
        As `read_score_csv` and `score_column`, and for records of other data.
    """
    frame = _read_records(path, relative_path, data, (RAW, LABEL), warnings)
    label = frame[LABEL].to_numpy() == 1 if LABEL in frame else None
    return ResultColumns(score_column(path, frame, detector), raw_column(frame), label)


def _read_records(
    path: Path, relative_path: str, data: pd.DataFrame, optional: Sequence[str], warnings: list[str]
) -> pd.DataFrame:
    frame = read_score_csv(path, optional=(TIME, VALUE, *optional), length=len(data))
    if other := other_row(frame, data):
        row, field, same = other
        if not same:
            raise InputError(
                f"{path}: row {row + 2}, field {field}: expected the {field} of {relative_path}, "
                f"{data[field].iloc[row]}, got {shown(str(frame[field].iloc[row]))}; run `zhtm run` again"
            )
        warnings.append(
            f"{path}: row {row + 2}: its records are those of the data file in another order; NAB takes them by row"
        )
    return frame


def as_read(column: NDArray[np.float64]) -> NDArray[np.float64]:
    """Numbers as NAB reads them back from a results file: its parser may differ from them in the last bit.

    Parameters
    ----------
    column : ndarray of float64, shape (records,)

    Returns
    -------
    ndarray of float64, shape (records,)
    """
    distinct, inverse = np.unique(column.view(np.int64), return_inverse=True)
    texts = "\n".join(["x", *map(repr, distinct.view(np.float64).tolist())])
    return pd.read_csv(io.StringIO(texts))["x"].to_numpy(dtype=np.float64)[inverse]


def results_text(records: str, columns: Mapping[str, NDArray[Any]]) -> str:
    """Text of a results file.

    Parameters
    ----------
    records : str
        CSV of the data file's records (`record_text`).
    columns : mapping of str to ndarray, shape (records,)
        Further columns, in order.
    """
    return _with_columns(records.splitlines(), columns, "\n")


def record_text(data: pd.DataFrame) -> str:
    """CSV of a data file's records, as NAB writes the first two columns of its results."""
    return data[["timestamp", "value"]].to_csv(index=False, lineterminator="\n")


def append_sweep_columns(path: Path, columns: Mapping[str, NDArray[np.float64]]) -> None:
    """Append the columns `S(t)_<profile>` to a results file, replacing the ones it has.

    Parameters
    ----------
    path : Path
        The results file; its other columns stay as they are, letter for letter.
    columns : mapping of str to ndarray of float64, shape (records,)
        Profile name to the weighted score of each record.

    Raises
    ------
    InputError
        When the file cannot be read or written, or has another number of records.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); expected the results of the detection step") from None
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.split(end)
    while lines and not lines[-1]:
        lines.pop()
    fields = lines[0].split(",") if lines else []
    old = [name.startswith(SWEEP_PREFIX) for name in fields]
    if '"' in text or old != sorted(old):
        try:
            lines = _without_sweep_columns(text, end)
        except (csv.Error, IndexError) as error:
            raise InputError(f"{path}: expected the results of the detection step as CSV ({error})") from None
    elif any(old):
        lines = [line.rsplit(",", sum(old))[0] for line in lines]
    size = next((column.size for column in columns.values()), len(lines) - 1)
    if size != len(lines) - 1:
        raise InputError(f"{path}: expected {size} records as in the data file, got {len(lines) - 1}")
    write_text(path, _with_columns(lines, sweep_columns(columns), end))


def sweep_columns(columns: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """Columns `S(t)_<profile>` by their names in a results file."""
    return {SWEEP_PREFIX + profile: column for profile, column in columns.items()}


def _without_sweep_columns(text: str, end: str) -> list[str]:
    """Drop the sweep columns wherever they are, quoted fields respected."""
    rows = list(csv.reader(io.StringIO(text, newline="")))
    keep = [i for i, name in enumerate(rows[0]) if not name.startswith(SWEEP_PREFIX)]
    lines = []
    for row in rows:
        if row:
            line = io.StringIO(newline="")
            csv.writer(line, lineterminator="").writerow([row[i] for i in keep])
            lines.append(line.getvalue())
    return lines


def _with_columns(lines: list[str], columns: Mapping[str, NDArray[Any]], end: str) -> str:
    formatted: dict[tuple[str, bytes], list[str]] = {}
    texts = [lines]
    for name, column in columns.items():
        key = column.dtype.str, column.tobytes()  # profiles often share a column
        if key not in formatted:
            formatted[key] = _texts(column)
        texts.append([_field(name), *formatted[key]])
    return end.join([*map(",".join, zip(*texts, strict=True)), ""])


def _texts(column: NDArray[Any]) -> list[str]:
    """Fields as pandas writes them: the shortest text that reads back the same; each distinct float formatted once."""
    if column.dtype != np.float64:
        return [_field(str(value)) for value in column.tolist()]
    distinct, inverse = np.unique(column.view(np.int64), return_inverse=True)
    texts = np.array([repr(value) for value in distinct.view(np.float64).tolist()], dtype=object)
    return list(texts[inverse])


def _field(text: str) -> str:
    """Quote a field of a CSV file if it needs it."""
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\r\n') else text


def read_profiles(path: Path | None = None) -> list[Profile]:
    """Read application profiles in NAB's format; by default NAB's three, which ship with the package.

    Raises
    ------
    InputError
        When the file cannot be read, has another shape, or a weight is missing or out of range.
    """
    path = path or config_path() / "profiles.json"
    content = read_json_object(path, "profiles")
    if not content:
        raise InputError(f"profiles {path}: expected at least one profile, got none")
    check_names(list(content), f"profiles {path}")
    profiles = []
    for name, entry in content.items():
        where = f"profiles {path}: {name}"
        expected = "an object with CostMatrix, an object of weights"
        matrix = as_object(as_object(entry, where, expected).get("CostMatrix"), where, expected)
        weights = {
            kind: as_number(matrix.get(f"{kind}Weight"), f"{where}: {kind}Weight") for kind in ("tp", "fn", "fp", "tn")
        }
        try:
            profiles.append(Profile(name, **weights))
        except ValueError as error:
            raise InputError(f"profiles {path}: {error}") from None
    return profiles


def read_thresholds_file(path: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """Read NAB's thresholds file: detector to profile to its entry; an absent file is empty.

    Raises
    ------
    InputError
        When it has another shape, or holds a threshold or score that is no number.
    """
    content = read_own_object(path)
    for detector, entries in content.items():
        where = f"{path}: {check_name(detector, str(path))}"
        for profile, entry in as_object(entries, where, "an object of profiles").items():
            place = f"{where}: {check_name(profile, where)}"
            for kind in {"threshold", "score"} & as_object(entry, place, "an object with a threshold").keys():
                as_number(entry[kind], f"{place}: {kind}")
    return content


def read_thresholds(path: Path, detector: str, profiles: list[Profile]) -> dict[str, dict[str, float]]:
    """Read a detector's thresholds from NAB's thresholds file.

    Returns
    -------
    dict
        Profile name to its entry, as `steps.optimize` returns it.

    Raises
    ------
    InputError
        When a profile has none, or as `read_thresholds_file`.
    """
    entries = read_thresholds_file(path).get(detector, {})
    for profile in profiles:
        if "threshold" not in entries.get(profile.name, {}):
            raise InputError(
                f"{path}: {detector}: {profile.name}: expected a threshold, got none; run the optimize step first"
            )
    return {profile.name: entries[profile.name] for profile in profiles}


def update_thresholds(path: Path, thresholds: Mapping[str, Mapping[str, Mapping[str, float]]]) -> None:
    """Merge detectors' thresholds into NAB's thresholds file; other detectors and profiles stay.

    Parameters
    ----------
    path : Path
        The thresholds file.
    thresholds : mapping
        Detector to profile name to its entry, as `steps.optimize` returns them.

    Raises
    ------
    InputError
        As `read_thresholds_file` (the file is left as it is), or when it cannot be written.
    """
    with _updated(path, read_thresholds_file) as content:
        for detector, entries in thresholds.items():
            content[detector] = content.get(detector, {}) | {profile: dict(entry) for profile, entry in entries.items()}


def update_final_results(results: Path, scores: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """Merge detectors' normalized scores into `final_results.json`, whose new content it returns; other detectors stay.

    Parameters
    ----------
    results : Path
        The results folder.
    scores : mapping of str to mapping of str to float
        Detector to profile name to normalized score; NaN (no windows) becomes null.

    Raises
    ------
    InputError
        As `update_thresholds`.
    """
    with _updated(results / "final_results.json", read_own_object) as content:
        for detector, final in scores.items():
            content[detector] = {profile: float(score) if isfinite(score) else None for profile, score in final.items()}
    return content


@contextmanager
def _updated(path: Path, read: Callable[[Path], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Read a JSON object, to be changed in the block and written back; other processes wait for the end."""
    with locked(path.with_name(f".{path.name}.lock")):
        content = read(path)
        yield content
        write_json(path, content)


def read_total(path: Path, data_files: Collection[str]) -> float:
    """Read the total score at the end of a per-profile scores file of these data files.

    Raises
    ------
    InputError
        When the file is missing, has no row of totals, or covers other data files.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        if rows[-1][0] != "Totals":
            raise ValueError(f"last row starts with {shown(rows[-1][0])}")
        if len(rows[-1]) != len(rows[0]):
            raise ValueError(f"the last row has {len(rows[-1])} fields, the header {len(rows[0])}")
        total = plain_number(rows[-1][rows[0].index("Score")])
        listed = {row[rows[0].index("File")] for row in rows[1:-1]}
        if not isfinite(total):
            raise ValueError(f"total is {shown(rows[-1][rows[0].index('Score')])}")
    except FileNotFoundError:
        raise InputError(f"{path}: not found; run the score step first") from None
    except (OSError, ValueError, IndexError, csv.Error) as error:
        reason = printable(str(error), 200)
        raise InputError(f"{path}: expected a scores file with a row Totals ({reason})") from None
    if listed != set(data_files):
        raise InputError(
            f"{path}: expected the scores of the {len(data_files)} chosen data files, got those of {len(listed)}, "
            "not all the same; run the score step again"
        )
    return total


def read_scores_by_file(path: Path) -> dict[str, float]:
    """Read each data file's score from a per-profile scores file, ours or NAB's: data file to score, not normalized.

    Raises
    ------
    InputError
        When it cannot be read, lacks a column, or a score is not a finite number.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row.get("Detector") != "Totals"]
        scores = {row["File"]: plain_number(row["Score"]) for row in rows}
        for row in rows:
            if not isfinite(scores[row["File"]]):
                raise ValueError(f"{row['File']}: expected a finite number, got {shown(row['Score'])}")
    except (OSError, ValueError, TypeError, KeyError, csv.Error) as error:
        raise InputError(
            f"{path}: expected a scores file with the columns File and Score ({printable(str(error), 200)})"
        ) from None
    if not scores:
        raise InputError(f"{path}: expected a row for each data file, found none")
    return scores
