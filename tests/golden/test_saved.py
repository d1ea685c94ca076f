"""Models that earlier versions saved still load, and go on to the scores that those versions had."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from golden.saved import FOLDER, MODELS, scores_after

from zhtm_detector.common.container import FORMAT
from zhtm_detector.htm.model import HTMModel

FILES = sorted(FOLDER.glob("*/*.npz"))


def test_every_format_has_its_files() -> None:
    formats = {f"format-{number}" for number in range(1, FORMAT + 1)}
    assert {(file.parent.name, file.stem) for file in FILES} == {(name, kind) for name in formats for kind in MODELS}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_golden_file_goes_on(file: Path) -> None:
    expected = json.loads((file.parent / "scores.json").read_text(encoding="utf-8"))[file.stem]
    assert len({*expected["score"], *expected["raw"]}) > 3
    got = scores_after(HTMModel.load(file), MODELS[file.stem])
    assert got["score"] == pytest.approx(expected["score"], abs=1e-9)
    assert got["raw"] == pytest.approx(expected["raw"], abs=1e-9)
