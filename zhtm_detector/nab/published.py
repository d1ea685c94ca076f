"""What NAB publishes of each detector, read from beside the corpus: scores per file and scores per record.

Two layouts are known: a checkout of numenta/NAB, with `results/<detector>/…`, and a folder `published_scores` with the
same `<detector>_<profile>_scores.csv` and one `<detector>.npz` that holds an array for each data file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import shown
from zhtm_detector.detectors.base import SCORE_COLUMN
from zhtm_detector.nab.result_files import read_scores_by_file, results_path, scores_path
from zhtm_detector.nab.score_csv import number_column, read_score_csv
from zhtm_detector.nab.scoreboard import published_scores

_FOLDER = "published_scores"


def check_names(names: Iterable[str]) -> None:
    """Refuse names that are not on NAB's scoreboard with an `InputError`."""
    for name in names:
        if name not in published_scores():
            raise InputError(
                f"published detector {shown(name)}: unknown; expected one of {', '.join(published_scores())}"
            )


def read_file_scores(root: Path, detector: str, profile: str, paths: Iterable[str]) -> dict[str, float]:
    """Read a published detector's score of each file, not normalized, at its published threshold.

    Parameters
    ----------
    root : Path
        The NAB root.
    detector, profile : str
        As NAB names them.
    paths : iterable of str
        The data files.

    Raises
    ------
    InputError
        When there is no such file, it has another shape, or it lacks one of the data files.
    """
    path = root / _FOLDER / f"{detector}_{profile}_scores.csv"
    if not path.is_file():
        path = scores_path(root / "results", detector, profile)
    if not path.is_file():
        raise InputError(f"{detector}: no published scores by file; expected {path.name} in {root / _FOLDER}")
    scores = read_scores_by_file(path)
    for data_file in paths:
        if data_file not in scores:
            raise InputError(f"{detector}: {path.name} has no row for {data_file}")
    return {data_file: scores[data_file] for data_file in paths}


def read_record_scores(root: Path, detector: str, lengths: Mapping[str, int]) -> dict[str, NDArray[np.float64]]:
    """Read a published detector's anomaly scores of every record.

    Parameters
    ----------
    root : Path
        The NAB root.
    detector : str
    lengths : mapping of str to int
        Data file to the number of its records.

    Returns
    -------
    dict
        Data file to float64 scores, shape (records,). They may lie slightly outside of [0, 1]: NAB's expose does.

    Raises
    ------
    InputError
        When there are no published scores, or not one for each record of each data file.
    """
    path = root / _FOLDER / f"{detector}.npz"
    if path.is_file():
        scores = _read_npz(path, lengths)
    elif (root / "results" / detector).is_dir():
        scores = {}
        for data_file in lengths:
            file = results_path(root / "results", detector, data_file)
            scores[data_file] = number_column(file, read_score_csv(file), SCORE_COLUMN)
    else:
        raise InputError(f"{detector}: no published scores by record; expected {path}")
    for data_file, length in lengths.items():
        if scores[data_file].shape != (length,):
            raise InputError(
                f"{detector}: {data_file}: expected {length} published scores, got {scores[data_file].size}"
            )
    return scores


def _read_npz(path: Path, names: Iterable[str]) -> dict[str, NDArray[np.float64]]:
    try:
        with np.load(path) as arrays:
            return {name: np.asarray(arrays[name], dtype=np.float64) for name in names}
    except KeyError as error:
        raise InputError(f"{path}: has no scores for a data file ({error.args[0]})") from None
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise InputError(f"{path}: expected an npz file of scores ({error})") from None
