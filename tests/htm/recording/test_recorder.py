"""The recorder: a context manager that changes no score, and leaves a whole file or none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from htm.recording.runs import region_params, stream

from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.recording import Recorder, Trace


def new_model() -> HTMModel:
    return HTMModel(region_params("punishing"), 0.0, 10.0, probation=20)


def test_run_returns_what_the_model_returns(tmp_path: Path) -> None:
    moments, values = stream(60)
    expected = new_model().run(moments, values)
    with Recorder(new_model(), tmp_path / "t.npz") as recorder:
        found = recorder.run(moments, values)
    for name in expected.__slots__:
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name
        assert getattr(found, name).dtype == getattr(expected, name).dtype


def test_an_empty_run_returns_nothing(tmp_path: Path) -> None:
    with Recorder(new_model(), tmp_path / "t.npz") as recorder:
        assert recorder.run([], []).score.shape == (0,)
        recorder.step("2026-01-01", 1)
    with Trace.open(tmp_path / "t.npz") as trace:
        assert len(trace) == 1


def test_after_an_error_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="mine"), Recorder(new_model(), tmp_path / "t.npz") as recorder:
        recorder.step("2026-01-01", 1.0)
        raise FileNotFoundError("mine")
    assert list(tmp_path.iterdir()) == []


def test_a_bad_record_changes_nothing(tmp_path: Path) -> None:
    moments, values = stream(30)
    with Recorder(new_model(), tmp_path / "t.npz") as recorder:
        recorder.run(moments[:10], values[:10])
        with pytest.raises(ValueError, match="value"):
            recorder.step(moments[10], float("nan"))
        with pytest.raises(ValueError, match="values"):
            recorder.run(moments[10:12], values[10:11])
        recorder.run(moments[10:], values[10:])
    with Trace.open(tmp_path / "t.npz") as trace:
        assert trace.series("value").tolist() == values


def test_what_it_refuses(tmp_path: Path) -> None:
    model = new_model()
    recorder = Recorder(model, tmp_path / "t.npz")
    with pytest.raises(ValueError, match="recorder: expected it in a with block"):
        recorder.step("2026-01-01", 1.0)
    with pytest.raises(InputError, match="expected at least one record"), recorder:
        pass
    with pytest.raises(ValueError, match="recorder: expected it in a with block"):
        recorder.run(["2026-01-01"], [1.0])
    with pytest.raises(ValueError, match="model: expected a HTMModel"):
        Recorder(1, tmp_path / "t.npz")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="first"):
        Recorder(model, tmp_path / "t.npz", first=-1)
    assert list(tmp_path.iterdir()) == []


def test_all_records_go_through_the_recorder(tmp_path: Path) -> None:
    model = new_model()
    with (
        pytest.raises(ValueError, match="all records by way of the recorder"),
        Recorder(model, tmp_path / "t.npz") as r,
    ):
        r.step("2026-01-01", 1.0)
        model.step("2026-01-02", 1.0)
        r.step("2026-01-03", 1.0)


def test_a_region_changed_by_others_is_found(tmp_path: Path) -> None:
    moments, values = stream(60)
    model = new_model()
    with pytest.raises(ValueError, match="changes by recorded records only"), Recorder(model, tmp_path / "t.npz") as r:
        r.run(moments[:50], values[:50])
        assert model.region is not None
        model.region.temporal_memory.reset()
        r.run(moments[50:], values[50:])


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"), Recorder(new_model(), tmp_path / "file" / "t.npz"):
        pass
