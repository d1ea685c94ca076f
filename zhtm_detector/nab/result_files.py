"""NAB's files: where they lie, how they are read, and how they are written without ever being half there."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from math import isfinite
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zhtm_detector.common.config import config_path
from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import read_json_object, write_frame, write_json, write_text
from zhtm_detector.detectors.base import SCORE_COLUMN
from zhtm_detector.nab.scoring import Profile

SWEEP_PREFIX = "S(t)_"


def results_path(results: Path, detector: str, relative_path: str) -> Path:
    """Path of a data file's results: `<results>/<detector>/<category>/<detector>_<file>.csv`."""
    relative = PurePosixPath(relative_path)
    return results / detector / relative.parent / f"{detector}_{relative.name}"


def scores_path(results: Path, detector: str, profile: str) -> Path:
    """Path of a profile's scores: `<results>/<detector>/<detector>_<profile>_scores.csv`."""
    return results / detector / f"{detector}_{profile}_scores.csv"


def write_results(results: Path, detector: str, relative_path: str, frame: pd.DataFrame) -> Path:
    """Write a data file's results and return their path; raises as `write_text`."""
    path = results_path(results, detector, relative_path)
    write_frame(path, frame)
    return path


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
        As `read_score_column`.
    """
    return {path: read_score_column(results_path(results, detector, path), length) for path, length in lengths.items()}


def read_score_column(path: Path, length: int) -> NDArray[np.float64]:
    """Read the column `anomaly_score` of one results file.

    Raises
    ------
    InputError
        When the file or the column is missing, the number of records is not `length`, or a score is no number in
        [0, 1]. It names file, row (line number) and field.
    """
    try:
        # The parser's default precision, since NAB reads with it: thresholds depend on the last bit.
        frame = pd.read_csv(path, usecols=[SCORE_COLUMN])
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}); expected the results of the detection step"
        ) from None
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path}: expected a CSV file with the column {SCORE_COLUMN} ({reason})") from None
    if len(frame) != length:
        raise InputError(f"{path}: expected {length} records as in the data file, got {len(frame)}")
    column = frame[SCORE_COLUMN]
    if column.dtype.kind in "iuf":
        scores = column.to_numpy(dtype=np.float64)
    else:
        scores = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    bad = np.flatnonzero(~((scores >= 0) & (scores <= 1)))
    if bad.size:
        got = column.iloc[bad[0]]
        raise InputError(f"{path}: row {bad[0] + 2}, field {SCORE_COLUMN}: expected a number in [0, 1], got {got}")
    return scores


def append_sweep_columns(path: Path, columns: Mapping[str, NDArray[np.float64]]) -> None:
    """Put the columns `S(t)_<profile>` at the end of a results file, in place of the ones it has.

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
    formatted: dict[bytes, list[str]] = {}
    texts = [lines]
    for profile, column in columns.items():
        if column.size != len(lines) - 1:
            raise InputError(f"{path}: expected {column.size} records as in the data file, got {len(lines) - 1}")
        key = column.tobytes()  # profiles often share a column
        if key not in formatted:
            formatted[key] = _format_floats(column)
        texts.append([SWEEP_PREFIX + profile, *formatted[key]])
    write_text(path, end.join([*map(",".join, zip(*texts, strict=True)), ""]))


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


def _format_floats(column: NDArray[np.float64]) -> list[str]:
    """Format each distinct value once, as pandas does: the shortest text that reads back the same."""
    bits, inverse = np.unique(column.view(np.int64), return_inverse=True)
    texts = np.array([repr(value) for value in bits.view(np.float64).tolist()], dtype=object)
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
        Profile name to its entry, as `steps.optimize` gives it.

    Raises
    ------
    InputError
        When there is none for a profile.
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


def update_thresholds(path: Path, detector: str, thresholds: Mapping[str, Mapping[str, float]]) -> None:
    """Put a detector's thresholds into NAB's thresholds file; other detectors and profiles stay.

    Raises
    ------
    InputError
        When the present file is no JSON object (it is left as it is), or cannot be written.
    """
    content = read_json_object(path)
    entries = content.get(detector, {})
    if not isinstance(entries, dict):
        raise InputError(f"{path}: {detector}: expected a JSON object; the file was left as it is")
    content[detector] = {**entries, **{profile: dict(entry) for profile, entry in thresholds.items()}}
    write_json(path, content)


def update_final_results(results: Path, detector: str, scores: Mapping[str, float]) -> Path:
    """Put a detector's normalized scores into `final_results.json`; other detectors stay.

    Parameters
    ----------
    results : Path
        The results folder.
    detector : str
    scores : mapping of str to float
        Profile name to normalized score; NaN (no windows) becomes null.

    Raises
    ------
    InputError
        As `update_thresholds`.
    """
    path = results / "final_results.json"
    content = read_json_object(path)
    content[detector] = {profile: float(score) if isfinite(score) else None for profile, score in scores.items()}
    write_json(path, content)
    return path


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
        When it cannot be read, lacks a column, or a score is no finite number.
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
