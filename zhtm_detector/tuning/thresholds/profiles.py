"""A user's own application profiles beside NAB's three, from weights on the command line or from a file."""

from __future__ import annotations

from math import isnan
from pathlib import Path

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import plain_number, shown
from zhtm_detector.nab.result_files import read_profiles
from zhtm_detector.nab.scoring import Profile

OWN = "own"  # name of the profile of the command line's weights
_NEEDED = ("tp", "fp", "fn")
_KNOWN = (*_NEEDED, "tn")
_EXAMPLE = "such as tp=1,fp=0.3,fn=1"


def parse_weights(text: str) -> Profile:
    """Parse weights such as `tp=1,fp=0.3,fn=1`; `tn` is optional, because NAB's score does not use it.

    Raises
    ------
    InputError
        For an unknown, repeated or missing name, a weight that is not a number or negative, or only weights of 0.

    Examples
    --------
    >>> parse_weights("tp=1,fp=0.3,fn=2")
    Profile(name='own', tp=1.0, fn=2.0, fp=0.3, tn=1.0)
    """
    where = f"weights {shown(text)}"
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, equals, number = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise InputError(f"{where}: expected NAME=NUMBER, {_EXAMPLE}, got {shown(part.strip())}")
        if name not in _KNOWN:
            raise InputError(f"{where}: {shown(name)}: unknown; expected {', '.join(_KNOWN)}")
        if name in weights:
            raise InputError(f"{where}: {name}: expected it once, got it twice")
        weights[name] = plain_number(number)
        if isnan(weights[name]):
            raise InputError(f"{where}: {name}: expected a number, got {shown(number)}")
    missing = [name for name in _NEEDED if name not in weights]
    if missing:
        raise InputError(f"{where}: expected {', '.join(_NEEDED)}, {_EXAMPLE}; {', '.join(missing)} missing")
    try:
        return Profile(OWN, **{"tn": 1.0, **weights})
    except ValueError as error:
        raise InputError(f"{where}: {error}") from None


def with_own(weights: str | None, path: Path | None) -> list[Profile]:
    """Return NAB's three profiles, then the user's own.

    The file may hold NAB's three as well, but not other weights under their names.

    Raises
    ------
    InputError
        As `parse_weights` and `read_profiles`, and for a name that is taken.
    """
    profiles = {profile.name: profile for profile in read_profiles()}
    for profile in read_profiles(path) if path is not None else []:
        if profiles.get(profile.name, profile) != profile:
            raise InputError(
                f"profiles {path}: {profile.name}: expected NAB's own weights under NAB's name, or another name"
            )
        profiles[profile.name] = profile
    if weights is not None:
        if OWN in profiles:
            raise InputError(f"profiles {path}: {OWN}: is the name of the profile of --weights; expected another name")
        profiles[OWN] = parse_weights(weights)
    return list(profiles.values())
