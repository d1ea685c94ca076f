"""Sections of the evidence, on scores made by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from zhtm_detector.evaluation.evidence_tables import Setting, baselines_section, folds_section, windows_section
from zhtm_detector.nab.scoring import FileWindows, Profile

STANDARD = Profile("standard", tp=1.0, fn=1.0, fp=0.11, tn=1.0)
# File to its windows, and to the records that score 0.9.
FILES = {
    "one/a.csv": ([(250, 270)], [255, 260]),
    "one/b.csv": ([(150, 180), (400, 430)], [150, 430]),
    "two/quiet.csv": ([], [10, 200]),
}


CORPUS = {path: FileWindows.from_spans(path, 500, spans) for path, (spans, _) in FILES.items()}
SCORES = {path: np.isin(np.arange(500), records) * 0.9 for path, (_, records) in FILES.items()}


def test_a_preset_may_share_its_name_with_another_detector(tmp_path: Path) -> None:
    (tmp_path / "published_scores").mkdir()
    np.savez(tmp_path / "published_scores" / "numenta.npz", **{path: np.zeros(500) for path in FILES})  # type: ignore[arg-type]
    setting = Setting("numenta", CORPUS, [STANDARD], tmp_path, ["numenta"])
    ours, theirs = folds_section(setting, setting.best(SCORES)).records()
    assert ours["detector"] == theirs["detector"] == "numenta"
    assert ours["scoreboard"] != theirs["scoreboard"] == 0.0
    null = setting.best({path: np.zeros(500) for path in FILES})
    assert len(baselines_section(setting, setting.best(SCORES), {"numenta": null}).rows) == 2


def test_windows_by_category_add_up() -> None:
    setting = Setting("zhtm", CORPUS, [STANDARD], Path(), [])
    one, two, whole = windows_section(setting, setting.best(SCORES), SCORES).records()
    assert list(one.values())[:4] == ["standard", "one", 3, 3]
    assert one["earliness"] == pytest.approx((0.25 + 0.0 + 1.0) / 3)
    assert (one["false_positives"], one["false_positive_cost"]) == (0, 0.0)
    assert list(two.values())[1:] == ["two", 0, 0, pytest.approx(np.nan, nan_ok=True), 1, pytest.approx(0.11)]
    assert list(whole.values())[1:] == ["all", 3, 3, one["earliness"], 1, pytest.approx(0.11)]
