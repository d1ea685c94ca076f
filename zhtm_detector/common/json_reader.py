"""The one reader of JSON: everything from outside comes through here, and is refused in one line that says where.

JSON is RFC 8259's, in UTF-8, with or without a byte-order mark (editors of Windows write one). Beyond it, names in an
object must differ, texts be Unicode, numbers fit a double; NaN and Infinity, which Python's own reader takes, do not.
"""

from __future__ import annotations

import json
from math import isfinite
from pathlib import Path
from stat import S_ISREG
from typing import Any

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import LONGEST, printable, shown

MOST_BYTES = 2**24  # of a file; the labels of ten thousand data files take a third
DEEPEST = 64  # objects and lists within each other


class _Refused:
    """Stands in the content for what is refused, so that its place is known once all is read."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


def read_json(path: Path, what: str = "") -> Any:
    """Read a JSON file.

    Parameters
    ----------
    path : Path
    what : str
        How the message names it, as in `preset`.

    Raises
    ------
    InputError
        When it cannot be read, or as `parse_json`.
    """
    where = f"{what} {path}".lstrip()
    try:
        if path.exists() and not (path.is_dir() or S_ISREG(path.stat().st_mode)):  # a pipe or a device may never end
            raise InputError(f"{where}: expected a JSON file, got what is no file")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        reason = getattr(error, "strerror", None) or error
        what_happened = "not found" if isinstance(error, FileNotFoundError) else f"cannot be read ({reason})"
        raise InputError(f"{where}: {what_happened}; expected a JSON file") from None
    if len(content) > MOST_BYTES:
        raise InputError(f"{where}: expected a JSON file of at most {MOST_BYTES:,} bytes, got more")
    return parse_json(content, where)


def read_json_object(path: Path, what: str = "") -> dict[str, Any]:
    """Read a JSON file that holds an object; raises as `read_json`, and for anything else."""
    return as_object(read_json(path, what), f"{what} {path}".lstrip(), "a JSON object")


def read_own_object(path: Path) -> dict[str, Any]:
    """Read a JSON file that we are about to update: as `read_json_object`, but an absent one is empty."""
    try:
        return read_json_object(path) if _may_exist(path) else {}
    except InputError as error:
        raise InputError(f"{error}; it was left as it is") from None


def _may_exist(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # the reader says why
        return True


def parse_json(content: str | bytes, where: str) -> Any:
    """Parse JSON; error messages start with `where`.

    Raises
    ------
    InputError
        For anything that is not JSON as this module's docstring says. It names the place: line and column, or the
        names and numbers that lead to it.

    Examples
    --------
    >>> parse_json('{"a": [1, 2.5, null]}', "test")
    {'a': [1, 2.5, None]}
    >>> parse_json('{"a": [1, NaN]}', "test")
    Traceback (most recent call last):
    zhtm_detector.common.errors.InputError: test: a.1: expected a number that fits a double, got NaN
    """
    try:
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
        parsed = json.loads(
            text, object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_no_number
        )
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: byte {error.start}: not JSON; expected UTF-8 text") from None
    except RecursionError:
        raise InputError(f"{where}: not JSON; expected at most {DEEPEST} levels of lists and objects") from None
    except ValueError as error:
        raise InputError(f"{where}: not JSON ({printable(str(error), 200)}); expected valid JSON") from None
    _check(parsed, where)
    return parsed


def as_object(value: Any, where: str, expected: str = "an object") -> dict[str, Any]:
    """Return a JSON object as it is; anything else is an `InputError`."""
    if not isinstance(value, dict):
        raise InputError(f"{where}: expected {expected}, got {json_text(value)}")
    return value


def as_number(value: Any, where: str, expected: str = "a number") -> float:
    """Return a JSON number as a float: true and "1" are none, and raise an `InputError`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{where}: expected {expected}, got {json_text(value)}")
    return float(value)


def json_text(value: Any) -> str:
    """Return a value for a message: as JSON, short and in one line, whatever it is."""
    try:
        return printable(json.dumps(value, default=repr), LONGEST)
    except (ValueError, TypeError, RecursionError):
        return shown(value)


def _object(pairs: list[tuple[str, Any]]) -> Any:
    content = dict(pairs)
    if len(content) == len(pairs):
        return content
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            return _Refused(f"expected each name once, got {json_text(name)} again")
        seen.add(name)
    raise AssertionError("unreachable: some name repeats")


def _integer(text: str) -> Any:
    return int(text) if isfinite(float(text)) else _no_number(text)


def _float(text: str) -> Any:
    number = float(text)
    return number if isfinite(number) else _no_number(text)


def _no_number(text: str) -> _Refused:
    return _Refused(f"expected a number that fits a double, got {printable(text, LONGEST)}")


def _check(content: Any, where: str) -> None:
    """Refuse the first value that is refused, is no Unicode text, or lies too deep; without recursion."""
    left: list[tuple[Any, tuple[str, ...]]] = [(content, ())]
    while left:
        value, place = left.pop()
        inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        if isinstance(value, _Refused):
            _refuse(where, place, value.reason)
        if isinstance(value, str) and not _is_unicode(value):
            _refuse(where, place, f"expected Unicode text, got {json_text(value)}")
        if len(place) > DEEPEST:
            _refuse(where, place[:3], f"expected at most {DEEPEST} levels of lists and objects")
        for name, part in reversed(list(inside)):
            if isinstance(name, str) and not _is_unicode(name):
                _refuse(where, place, f"expected Unicode text as a name, got {json_text(name)}")
            left.append((part, (*place, str(name))))


def _is_unicode(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def _refuse(where: str, place: tuple[str, ...], reason: str) -> None:
    raise InputError(": ".join(part for part in (where, printable(".".join(place), LONGEST), reason) if part))
