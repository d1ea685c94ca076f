"""A user's own profiles beside NAB's three, and where thresholds are written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from zhtm_detector.errors import InputError
from zhtm_detector.nab.files import read_profiles
from zhtm_detector.nab.scoreboard import PROFILES
from zhtm_detector.nab.sweep import Profile
from zhtm_detector.tuning.own_profiles import parse_weights, with_own
from zhtm_detector.tuning.thresholds import thresholds_file


def write(path: Path, **profiles: tuple[float, float, float]) -> Path:
    matrices = {
        name: {"CostMatrix": {"tpWeight": tp, "fpWeight": fp, "fnWeight": fn, "tnWeight": 1.0}}
        for name, (tp, fp, fn) in profiles.items()
    }
    path.write_text(json.dumps(matrices))
    return path


def test_weights() -> None:
    assert parse_weights(" fn = 2, tp=1,fp=.3") == Profile("own", tp=1.0, fn=2.0, fp=0.3, tn=1.0)
    assert parse_weights("tp=1,fp=0,fn=0,tn=0").tn == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tp=-1,fp=1,fn=1", "tp: expected a finite weight >= 0, got -1.0"),
        ("tp=0,fp=0,fn=0,tn=5", "expected a weight of tp, fn or fp above 0, got all 0"),
        ("tp=much,fp=1,fn=1", "tp: expected a number, got 'much'"),
        ("tp=inf,fp=1,fn=1", "tp: expected a finite weight"),
        ("tp=1,fp=1,fm=1", "'fm': unknown; expected tp, fp, fn, tn"),
        ("tp=1,tp=2,fp=1,fn=1", "tp: expected it once, got it twice"),
        ("tp=1", "fp, fn missing"),
        ("1,1,1", "expected NAME=NUMBER"),
        ("", "expected NAME=NUMBER"),
    ],
)
def test_bad_weights(text: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_weights(text)
    assert str(caught.value).startswith(f"weights {text!r}: ")
    assert expected in str(caught.value)


def test_own_profiles_come_after_nabs(tmp_path: Path) -> None:
    path = write(tmp_path / "p.json", standard=(1.0, 0.11, 1.0), quiet=(1.0, 5.0, 1.0))
    found = with_own("tp=1,fp=1,fn=1", path)
    assert [profile.name for profile in found] == [*PROFILES, "quiet", "own"]
    assert found[:3] == read_profiles()
    assert with_own(None, None) == read_profiles()


def test_nabs_names_stay_nabs(tmp_path: Path) -> None:
    path = write(tmp_path / "p.json", standard=(1.0, 0.5, 1.0))
    with pytest.raises(InputError, match=r"p\.json: standard: expected NAB's own weights under NAB's name"):
        with_own(None, path)
    with pytest.raises(InputError, match="own: is the name of what --weights gives"):
        with_own("tp=1,fp=1,fn=1", write(path, own=(1.0, 0.5, 1.0)))


def test_where_thresholds_are_written(tmp_path: Path) -> None:
    results, here = tmp_path / "results", tmp_path / "here"
    assert thresholds_file(results, None, here) == results / "thresholds.json"
    (here / "nab_config").mkdir(parents=True)
    assert thresholds_file(results, None, here) == here / "nab_config" / "thresholds.json"
    assert thresholds_file(results, tmp_path / "t.json", here) == tmp_path / "t.json"
