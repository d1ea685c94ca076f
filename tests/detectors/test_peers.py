"""The peers for which there is code of ours: on the real libraries, on a short stream with spikes."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from zhtm_detector.detectors.data_file import DataFile, read_data_file
from zhtm_detector.detectors.foreign.calibration import Calibration
from zhtm_detector.detectors.foreign.peers import PEERS
from zhtm_detector.detectors.names import choose_detectors
from zhtm_detector.detectors.run_file import FileResult, FileTask, run_file

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")

RECORDS = 600
SPIKES = (330, 420, 540)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataFile:
    path = tmp_path_factory.mktemp("data") / "a.csv"
    values = np.sin(np.arange(RECORDS)) + np.random.default_rng(0).normal(0, 0.1, RECORDS)
    values[list(SPIKES)] = 9.0
    times = pd.date_range("2026-01-01", periods=RECORDS, freq="h")
    pd.DataFrame({"timestamp": times, "value": values}).to_csv(path, index=False)
    return read_data_file(path, "one/a.csv")


def run(peer: str, data: DataFile) -> FileResult:
    (choice,) = choose_detectors(f"{peer}={PEERS[peer].spec}", timeout=60.0)
    found = run_file(FileTask(choice, 42, data, choice.name))
    assert found.error == ""
    return found


@pytest.mark.parametrize("peer", ["halfSpaceTrees", "holtWinters", "knnCad"])
def test_spikes_stand_out(peer: str, data: DataFile) -> None:
    pytest.importorskip(PEERS[peer].library)
    scores = run(peer, data).scores
    others = np.delete(scores[280:], [spike - 280 + after for spike in SPIKES for after in range(12)])
    assert scores[list(SPIKES)].min() > max(0.9, np.quantile(others, 0.8))


def left_profile(values: Sequence[float], first: int, length: int) -> list[float]:
    """The slow twin: z-normalized distance of the last pattern to the closest one in the last `first` values."""

    def normal(pattern: NDArray[np.float64]) -> NDArray[np.float64]:
        return (pattern - pattern.mean()) / pattern.std()

    found = []
    for end in range(first + 1, len(values) + 1):
        known = np.asarray(values[end - first : end])
        patterns = [normal(known[start : start + length]) for start in range(first - length + 1)]
        near = -(-length // 4)  # a pattern overlaps itself
        found.append(min(float(np.linalg.norm(patterns[-1] - one)) for one in patterns[: -1 - near]))
    return found


def test_the_left_matrix_profile_is_stumpys(data: DataFile, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("stumpy")
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")  # which takes it a minute
    length = 100
    expected = map(Calibration(10_000), left_profile(data.data["value"].tolist(), 2 * length, length))
    assert run("stampi", data).scores.tolist() == pytest.approx([0.0] * 2 * length + list(expected))
