"""The one rule for names that become file names or columns: of detectors, profiles, presets, studies, corpora.

Such a name is a file name on every system, needs no quotes in a shell or a CSV file, and is no option.
"""

from __future__ import annotations

import re

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import shown

LONGEST_NAME = 100  # two names, a data file's and endings fit the 255 bytes of a file name
_SIGNS = {"-": "hyphens", "_": "underscores", ".": "dots"}
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.ASCII | re.IGNORECASE)  # no file names on Windows


def check_name(name: str, where: str, signs: str = "-_.", longest: int = LONGEST_NAME) -> str:
    """Return a name that can be a file name and a column.

    Parameters
    ----------
    name : str
    where : str
        Starts the error message: the option or the file that the name is from.
    signs : str
        What it may hold beside letters and digits, which come first; the last one must not be a dot.
    longest : int
        Letters at most.

    Raises
    ------
    InputError

    Examples
    --------
    >>> check_name("reward_low_FP_rate", "profiles own.json")
    'reward_low_FP_rate'
    >>> check_name("con", "profiles own.json")
    Traceback (most recent call last):
    zhtm_detector.common.errors.InputError: profiles own.json: expected a name that Windows allows, got 'con'
    """
    if not re.fullmatch(rf"[A-Za-z0-9][A-Za-z0-9{re.escape(signs)}]{{0,{longest - 1}}}", name):
        *kinds, last = ["letters", "digits", *(_SIGNS[sign] for sign in signs)]
        raise InputError(
            f"{where}: expected a name of {', '.join(kinds)} and {last}, at most {longest}, that begins with a letter "
            f"or digit, got {shown(name)}"
        )
    if name.endswith(".") or _DEVICE.fullmatch(name):
        raise InputError(f"{where}: expected a name that Windows allows, got {shown(name)}")
    return name


def check_names(names: list[str], where: str) -> None:
    """Check several names that become files side by side: they must differ in more than their case."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(check_name(name, where).lower(), name)
        if other != name:
            raise InputError(f"{where}: expected names that differ in more than case, got {other} and {name}")
