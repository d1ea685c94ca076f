"""NAB's files: where they lie, how they are read, and how they are written without ever being half there."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zhtm_detector.common.config import config_path
from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import read_json_object, write_json, write_text
from zhtm_detector.nab.score_csv import LABEL, RAW, raw_column, read_score_csv, score_column
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


def read_scores(results: Path, detector: str, lengths: Mapping[str, int]) -> dict[str, NDArray[np.float64]]:
    """Read a detector's anomaly scores.

    Parameters
    ----------
    results : Path
        The results folder.
    detector : str
    lengths : mapping of str to int
        Relative path of each data file to the number of its records.

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
    for path, length in lengths.items():
        file = results_path(results, detector, path)
        found[path] = score_column(file, read_score_csv(file, length=length))
    return found


def read_results(path: Path, length: int) -> ResultColumns:
    """Read one results file, as NAB reads it.

    Raises
    ------
    InputError
        As `read_score_csv` and `score_column`.
    """
    frame = read_score_csv(path, optional=(RAW, LABEL), length=length)
    label = frame[LABEL].to_numpy() == 1 if LABEL in frame else None
    return ResultColumns(score_column(path, frame), raw_column(frame), label)


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
        lines = _without_sweep_columns(text, end)
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
        texts.append([name, *formatted[key]])
    return end.join([*map(",".join, zip(*texts, strict=True)), ""])


def _texts(column: NDArray[Any]) -> list[str]:
    """Numbers as pandas writes them: the shortest text that reads back the same; each distinct float formatted once."""
    if column.dtype != np.float64:
        return list(map(str, column.tolist()))
    distinct, inverse = np.unique(column.view(np.int64), return_inverse=True)
    texts = np.array([repr(value) for value in distinct.view(np.float64).tolist()], dtype=object)
    return list(texts[inverse])


def read_profiles(path: Path | None = None) -> list[Profile]:
    """Read application profiles in NAB's format; by default NAB's three, which ship with the package.

    Raises
    ------
    InputError
        When the file cannot be read, has another shape, or a weight is missing or out of range.
    """
    path = path or config_path() / "profiles.json"
    if not path.is_file():
        raise InputError(f"profiles {path}: not found; expected a JSON file")
    content = read_json_object(path)
    if not content:
        raise InputError(f"profiles {path}: expected at least one profile, got none")
    profiles = []
    for name, entry in content.items():
        where = f"profiles {path}: {name}"
        matrix = entry.get("CostMatrix") if isinstance(entry, dict) else None
        if not isinstance(matrix, dict):
            raise InputError(f"{where}: expected an object with CostMatrix")
        weights = {}
        for kind in ("tp", "fn", "fp", "tn"):
            weight = matrix.get(f"{kind}Weight")
            if isinstance(weight, bool) or not isinstance(weight, int | float):
                raise InputError(f"{where}: {kind}Weight: expected a number, got {json.dumps(weight)[:40]}")
            weights[kind] = float(weight)
        try:
            profiles.append(Profile(name, **weights))
        except ValueError as error:
            raise InputError(f"profiles {path}: {error}") from None
    return profiles


def read_thresholds(path: Path, detector: str, profiles: list[Profile]) -> dict[str, dict[str, float]]:
    """Read a detector's thresholds from NAB's thresholds file.

    Returns
    -------
    dict
        Profile name to its entry, as `steps.optimize` returns it.

    Raises
    ------
    InputError
        When a profile has none.
    """
    entries = read_json_object(path).get(detector)
    thresholds = {}
    for profile in profiles:
        entry = entries.get(profile.name) if isinstance(entries, dict) else None
        threshold = entry.get("threshold") if isinstance(entry, dict) else None
        if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not isfinite(threshold):
            raise InputError(
                f"{path}: {detector}: {profile.name}: expected a threshold, got none; run the optimize step first"
            )
        thresholds[profile.name] = dict(entry or {})
    return thresholds


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
        When the present file is not a JSON object (it is left as it is), or cannot be written.
    """
    content = read_json_object(path)
    for detector, entries in thresholds.items():
        present = content.get(detector, {})
        if not isinstance(present, dict):
            raise InputError(f"{path}: {detector}: expected a JSON object; the file was left as it is")
        content[detector] = {**present, **{profile: dict(entry) for profile, entry in entries.items()}}
    write_json(path, content)


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
    path = results / "final_results.json"
    content = read_json_object(path)
    for detector, final in scores.items():
        content[detector] = {profile: float(score) if isfinite(score) else None for profile, score in final.items()}
    write_json(path, content)
    return content


def read_total(path: Path) -> float:
    """Read the total score at the end of a per-profile scores file.

    Raises
    ------
    InputError
        When the file is missing or has no row of totals.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        if rows[-1][0] != "Totals":
            raise ValueError(f"last row starts with {rows[-1][0]!r}")
        return float(rows[-1][rows[0].index("Score")])
    except FileNotFoundError:
        raise InputError(f"{path}: not found; run the score step first") from None
    except (OSError, UnicodeDecodeError, ValueError, IndexError) as error:
        raise InputError(f"{path}: expected a scores file with a row Totals ({error})") from None


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
        scores = {row["File"]: float(row["Score"]) for row in rows}
        for data_file, score in scores.items():
            if not isfinite(score):
                raise ValueError(f"{data_file}: {score}")
    except (OSError, ValueError, TypeError, KeyError, csv.Error) as error:
        raise InputError(f"{path}: expected a scores file with the columns File and Score ({error})") from None
    if not scores:
        raise InputError(f"{path}: expected a row for each data file, found none")
    return scores
