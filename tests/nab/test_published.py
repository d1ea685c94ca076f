"""Published scores beside the corpus, in both layouts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import write_frame
from zhtm_detector.nab.published import check_names, read_file_scores, read_record_scores
from zhtm_detector.nab.result_files import results_path

Scores = dict[str, NDArray[np.float64]]

LENGTHS = {"one/spike.csv": 400, "one/steps.csv": 500}
SCORES: Scores = {path: np.linspace(0, 1, length) for path, length in LENGTHS.items()}


def write_results_of(results: Path, label: str, scores: Scores) -> None:
    for path, column in scores.items():
        write_frame(results_path(results, label, path), pd.DataFrame({"timestamp": "t", "anomaly_score": column}))


def write_published(root: Path, name: str, scores: Scores) -> None:
    (root / "published_scores").mkdir(exist_ok=True)
    np.savez(root / "published_scores" / f"{name}.npz", **scores)  # type: ignore[arg-type]


FILE_SCORES = "Detector,Profile,File,Threshold,Score\nx,standard,one/spike.csv,0.5,0.75\nx,standard,b.csv,0.5,-1.5\n"


@pytest.mark.parametrize("place", ["published_scores", "results/numenta"])
def test_scores_by_file(tmp_path: Path, place: str) -> None:
    (tmp_path / place).mkdir(parents=True)
    path = tmp_path / place / "numenta_standard_scores.csv"
    path.write_text(FILE_SCORES + "Totals,,,,-0.75\n")
    assert read_file_scores(tmp_path, "numenta", "standard", ["b.csv", "one/spike.csv"]) == {
        "b.csv": -1.5,
        "one/spike.csv": 0.75,
    }
    with pytest.raises(InputError, match=r"numenta: numenta_standard_scores.csv has no row for c.csv"):
        read_file_scores(tmp_path, "numenta", "standard", ["b.csv", "c.csv"])
    with pytest.raises(InputError, match="numenta: no published scores by file"):
        read_file_scores(tmp_path, "numenta", "reward_low_FP_rate", ["b.csv"])


@pytest.mark.parametrize("text", ["", "File\nb.csv\n", "File,Score\nb.csv,high\n", "File,Score\nb.csv\n"])
def test_scores_by_file_that_are_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "published_scores").mkdir()
    (tmp_path / "published_scores" / "numenta_standard_scores.csv").write_text(text)
    with pytest.raises(InputError, match=r"File and Score|has no row for|a row for each data file"):
        read_file_scores(tmp_path, "numenta", "standard", ["b.csv"])


def test_scores_by_record_of_both_layouts(tmp_path: Path) -> None:
    write_published(tmp_path, "ARTime", SCORES)
    write_results_of(tmp_path / "results", "numenta", SCORES)
    for name in ("ARTime", "numenta"):
        got = read_record_scores(tmp_path, name, LENGTHS)
        assert list(got) == list(LENGTHS)
        for path in LENGTHS:
            np.testing.assert_array_equal(got[path], SCORES[path])


def test_scores_by_record_that_are_none(tmp_path: Path) -> None:
    folder = tmp_path / "published_scores"
    with pytest.raises(InputError, match="knncad: no published scores by record"):
        read_record_scores(tmp_path, "knncad", LENGTHS)
    write_published(tmp_path, "knncad", {"one/spike.csv": SCORES["one/spike.csv"]})
    with pytest.raises(InputError, match="has no scores for a data file"):
        read_record_scores(tmp_path, "knncad", LENGTHS)
    with pytest.raises(InputError, match="expected 399 published scores, got 400"):
        read_record_scores(tmp_path, "knncad", {"one/spike.csv": 399})
    (folder / "knncad.npz").write_text("no archive")
    with pytest.raises(InputError, match="expected an npz file"):
        read_record_scores(tmp_path, "knncad", LENGTHS)
    write_results_of(tmp_path / "results", "skyline", {"one/spike.csv": SCORES["one/spike.csv"]})
    with pytest.raises(InputError, match="expected a CSV file of scores"):
        read_record_scores(tmp_path, "skyline", LENGTHS)


def test_names_are_the_scoreboards() -> None:
    check_names(["ARTime", "numenta", "contextOSE"])
    with pytest.raises(InputError, match="published detector 'zhtm': unknown; expected one of ARTime, "):
        check_names(["numenta", "zhtm"])
