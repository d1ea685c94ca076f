"""The presets on the whole of NAB: their final scores are the recorded ones.

After a change that is meant to move them, run `python tests/golden/regenerate.py`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from golden.regenerate import preset_scores, read_table

from zhtm_detector.htm.params import preset_names

TABLE = read_table()
DETECTORS = [*preset_names(), "novelty-causal", "zhtm-causal"]
PROFILES = ("standard", "reward_low_FP_rate", "reward_low_FN_rate")


def test_every_preset_is_in_the_table() -> None:
    assert sorted(TABLE["scores"]) == sorted(DETECTORS)
    assert all(sorted(scores) == sorted(PROFILES) for scores in TABLE["scores"].values())


def test_the_recorded_scores_are_as_expected() -> None:
    """Lower bounds: what prototypes of the presets scored."""
    standard = {preset: scores["standard"] for preset, scores in TABLE["scores"].items()}
    assert standard["numenta"] >= 63
    assert standard["classic"] >= 63
    assert standard["seed"] == pytest.approx(66.9, abs=2)
    novelty = TABLE["scores"]["novelty"]
    assert all(novelty[profile] >= least for profile, least in zip(PROFILES, (79, 75, 83), strict=True))
    assert standard["novelty-causal"] >= 75
    assert standard["column"] >= 71
    columns = TABLE["scores"]["zhtm"]
    assert all(columns[profile] >= least for profile, least in zip(PROFILES, (79, 74, 82.5), strict=True))
    assert standard["zhtm-causal"] >= 75


def _also(preset: str) -> Any:
    """A preset that few run is checked where time is no matter."""
    skip = pytest.mark.skipif("ALL_TESTS" not in os.environ, reason="takes half a minute: set ALL_TESTS")
    return preset if preset in ("zhtm", "column", "classic") else pytest.param(preset, marks=skip)


@pytest.mark.parametrize("preset", [_also(preset) for preset in DETECTORS])
def test_scores(preset: str, nab_root: Path, tmp_path: Path) -> None:
    got = preset_scores(nab_root, tmp_path, preset, TABLE["seed"])
    expected = TABLE["scores"][preset]
    assert {profile: got[profile] for profile in PROFILES} == pytest.approx(expected, abs=TABLE["tolerance"])
