"""A user's own profiles: weights on the command line, and a file beside NAB's three."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from zhtm_detector.common.errors import InputError
from zhtm_detector.nab.scoring import Profile
from zhtm_detector.tuning.thresholds.profiles import parse_weights, with_own

NAB = ["standard", "reward_low_FP_rate", "reward_low_FN_rate"]


def test_weights() -> None:
    assert parse_weights("tp=1,fp=0.3,fn=2") == Profile("own", tp=1.0, fn=2.0, fp=0.3, tn=1.0)
    assert parse_weights(" fn = 0 , fp=1e-2, tp=0,tn=3") == Profile("own", tp=0.0, fn=0.0, fp=0.01, tn=3.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tp=1,fp=-0.3,fn=1", "fp: expected a weight of 0 or from 1e-100 to 1e+100, got -0.3"),
        ("tp=0,fp=0,fn=0", "expected a weight of tp, fn or fp above 0, got all 0"),
        ("tp=0,fp=0,fn=0,tn=5", "got all 0"),
        ("tp=1,fp=some,fn=1", "fp: expected a number, got 'some'"),
        ("tp=1,fp=,fn=1", "fp: expected a number, got ''"),
        ("tp=1,fp=nan,fn=1", "fp: expected a number, got 'nan'"),
        ("tp=1e300,fp=1,fn=1", "tp: expected a weight of 0 or from 1e-100 to 1e+100, got 1e+300"),
        ("tp=1,fp=1,fn=5e-324", "fn: expected a weight of 0 or from 1e-100 to 1e+100, got 5e-324"),
        ("tp=1,fp=1_0,fn=1", "fp: expected a number, got '1_0'"),
        ("tp=1,fpp=0.3,fn=1", "'fpp': unknown; expected tp, fp, fn, tn"),
        ("tp=1,fp=0.3", "fn missing"),
        ("tp=1,tp=2,fp=0.3,fn=1", "tp: expected it once, got it twice"),
        ("tp=1,fp=0.3,fn=1,", "expected NAME=NUMBER"),
        ("1,0.3,1", "expected NAME=NUMBER"),
        ("", "expected NAME=NUMBER"),
    ],
)
def test_bad_weights(text: str, expected: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_weights(text)
    assert str(raised.value).startswith("weights ")
    assert expected in str(raised.value)


def profiles(path: Path, **entries: tuple[float, float, float, float]) -> Path:
    kinds = ("tpWeight", "fnWeight", "fpWeight", "tnWeight")
    content = {name: {"CostMatrix": dict(zip(kinds, weights, strict=True))} for name, weights in entries.items()}
    path.write_text(json.dumps(content))
    return path


def test_beside_the_three_of_nab(tmp_path: Path) -> None:
    assert [profile.name for profile in with_own(None, None)] == NAB
    path = profiles(tmp_path / "own.json", night=(1, 1, 0.5, 1), standard=(1, 1, 0.11, 1))
    assert [profile.name for profile in with_own("tp=1,fp=1,fn=1", path)] == [*NAB, "night", "own"]


def test_names(tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    with pytest.raises(InputError, match="standard: expected NAB's own weights under NAB's name"):
        with_own(None, profiles(path, standard=(1, 1, 0.5, 1)))
    with pytest.raises(InputError, match="own: is the name of the profile of --weights"):
        with_own("tp=1,fp=1,fn=1", profiles(path, own=(1, 1, 0.5, 1)))
    for name in ("../night", "a,b", "", "<b>", "a b"):
        with pytest.raises(InputError, match="expected a name of letters, digits, hyphens, underscores and dots"):
            with_own(None, profiles(path, **{name: (1, 1, 0.5, 1)}))
