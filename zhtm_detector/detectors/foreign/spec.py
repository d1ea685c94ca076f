"""Detectors that others wrote, as the command line names them: `NAME=module:Class?window=50&seed=1`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from urllib.parse import unquote

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.names import check_name
from zhtm_detector.common.text import shown

GROUP = "zhtm_detector.detectors"  # entry points of installed packages
TIMEOUT = 1200.0  # seconds for one file
LONGEST = 60  # letters of a name
_NAME = re.compile(r"[^:/?]*=")
_SOURCE_BYTES = 2**20

Argument = bool | int | float | str | None


@dataclass(frozen=True)
class ForeignDetector:
    """A class, or a function that returns an object, and what to call it with.

    Parameters
    ----------
    name : str
        In the results.
    module : str
        To import, or the path of a file.
    attribute : str
        Dots lead into classes.
    arguments : tuple of (str, value)
    source : bytes, optional
        Content of the file, which travels to workers that do not have it.
    timeout : float
        Seconds for one file.
    """

    name: str
    module: str
    attribute: str
    arguments: tuple[tuple[str, Argument], ...] = ()
    source: bytes | None = None
    timeout: float = TIMEOUT


@cache
def registered() -> dict[str, str]:
    """Return the detectors that installed packages register: name to `module:Class`."""
    return {entry.name: entry.value.replace(" ", "") for entry in sorted(entry_points(group=GROUP))}


def parse_spec(text: str, timeout: float = TIMEOUT) -> ForeignDetector:
    """Read one detector's text; a file is read as well.

    Parameters
    ----------
    text : str
        `module:Class` or `path/to/file.py:Class`, behind it `?key=value&…` for arguments, before it `NAME=`. Without a
        name the class gives it, with its arguments. Values are numbers, true, false, none or text; %2C is a comma.
    timeout : float
        Seconds for one file.

    Raises
    ------
    InputError
        For anything else, and for a file that cannot be read.

    Examples
    --------
    >>> parse_spec("river.anomaly:HalfSpaceTrees?window_size=50").name
    'HalfSpaceTrees-window-size50'
    >>> parse_spec("mine=river.anomaly:HalfSpaceTrees").name
    'mine'
    """
    where = f"detector {shown(text)}"
    given, place, query = split_spec(text)
    module, colon, attribute = place.rpartition(":")
    if not colon or not module or not all(part.isidentifier() for part in attribute.split(".")):
        raise InputError(f"{where}: expected module:Class or path/to/file.py:Class, got {shown(place + query)}")
    arguments = _arguments(query, where)
    name = _name_of(attribute.rpartition(".")[2], arguments) if given is None else given
    check_name(name, where, signs="-.", longest=LONGEST)
    source = _read(Path(module), where) if module.endswith(".py") else None
    if source is None and not all(part.isidentifier() for part in module.split(".")):
        raise InputError(f"{where}: expected the name of a module or a file that ends in .py, got {shown(module)}")
    return ForeignDetector(name, module, attribute, arguments, source, timeout)


def split_spec(text: str) -> tuple[str | None, str, str]:
    """Split a detector's text into the name before it, if there is one, what it names, and its arguments.

    Examples
    --------
    >>> split_spec("mine=own.py:Jump?window=50"), split_spec("zhtm")
    (('mine', 'own.py:Jump', '?window=50'), (None, 'zhtm', ''))
    """
    named = _NAME.match(text)
    place, question, query = text[named.end() if named else 0 :].partition("?")
    return named.group()[:-1] if named else None, place, question + query


def in_full(text: str) -> str:
    """Return a detector's text with the class that is registered under its name, where there is one.

    Raises
    ------
    InputError
        For bad arguments.
    """
    given, place, query = split_spec(text)
    if place not in registered():
        return text
    name = _name_of(place, _arguments(query, f"detector {shown(text)}")) if query and given is None else given
    return f"{place if name is None else name}={registered()[place]}{query}"


def _arguments(query: str, where: str) -> tuple[tuple[str, Argument], ...]:
    if query == "?":
        raise InputError(f"{where}: expected key=value behind the question mark, got nothing")
    arguments = tuple(_argument(part, where) for part in query[1:].split("&")) if query else ()
    if len(dict(arguments)) < len(arguments):
        raise InputError(f"{where}: expected each argument once, got one again")
    return arguments


def _argument(text: str, where: str) -> tuple[str, Argument]:
    key, equals, value = text.partition("=")
    if not equals or not key.isidentifier():
        raise InputError(f"{where}: expected key=value, got {shown(text)}")
    return key, _value(unquote(value))


def _value(text: str) -> Argument:
    words: dict[str, Argument] = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _name_of(name: str, arguments: tuple[tuple[str, Argument], ...]) -> str:
    """Return a class's name with its arguments: the same class twice, with others, makes two detectors."""
    parts = [name, *(f"{key}{value}".replace("e+", "e") for key, value in arguments)]  # 1e+30 is not 1e-30
    text = "-".join(re.sub(r"[^A-Za-z0-9.]+", "-", part) for part in parts)
    return text.strip("-.")[:LONGEST].rstrip("-.")


def _read(path: Path, where: str) -> bytes:
    try:
        source = path.read_bytes()
    except OSError as error:
        raise InputError(f"{where}: expected a file of Python code, which cannot be read: {error.strerror}") from None
    except ValueError:  # a NUL in the path
        raise InputError(f"{where}: expected the path of a file, got {shown(str(path))}") from None
    if len(source) > _SOURCE_BYTES:
        raise InputError(f"{where}: expected at most {_SOURCE_BYTES:,} bytes, got {len(source):,}")
    return source
