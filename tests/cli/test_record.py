"""`zhtm record`: a trace of one file, with the scores of the detector."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tiny import data_text, wave, write_corpus
from typer.testing import CliRunner

from zhtm_detector.cli.app import app
from zhtm_detector.common.errors import InputError
from zhtm_detector.detectors.base import PROBATIONARY_PERCENT
from zhtm_detector.detectors.data_file import read_data_file
from zhtm_detector.detectors.zhtm import ZhtmDetector
from zhtm_detector.htm.recording import Trace


def record(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["record", *arguments])
    if result.exception is not None:
        raise result.exception
    return result.output


def test_scores_are_those_of_the_detector(tmp_path: Path) -> None:
    file, trace_file = tmp_path / "wave.csv", tmp_path / "wave.trace.npz"
    file.write_text(data_text(wave(300, [(250, 260)])))
    record(str(file), "--preset", "column", "--records", "100:280", "--output", str(trace_file))
    detector = ZhtmDetector(read_data_file(file, "wave.csv"), PROBATIONARY_PERCENT, params="column")
    detector.initialize()
    scores = detector.run()["anomaly_score"].to_numpy()
    with Trace.open(trace_file) as trace:
        assert (trace.header.first, trace.header.last, trace.header.source) == (100, 280, "wave.csv")
        assert np.array_equal(trace.series("score"), scores[100:280])


@pytest.mark.parametrize("records", ["5", "7:7", "9:3", "0:301", "a:b", "-1:4"])
def test_records_that_the_file_has_not(records: str, tmp_path: Path) -> None:
    file = tmp_path / "wave.csv"
    file.write_text(data_text(wave(300)))
    with pytest.raises(InputError, match="--records: expected A:B with 0 <= A < B <= 300"):
        record(str(file), "--records", records, "--output", str(tmp_path / "t.npz"))
    assert not (tmp_path / "t.npz").exists()


def test_the_input_is_not_overwritten(tmp_path: Path) -> None:
    root = write_corpus(tmp_path / "corpus")
    file = root / "data" / "one" / "spike.csv"
    content = file.read_bytes()
    for name in (str(file), "spike"):
        with pytest.raises(InputError, match=r"^--output .*spike\.csv: expected another file than the input$"):
            record(name, "--nab-root", str(root), "--preset", "column", "--output", str(file))
    assert file.read_bytes() == content
