"""Texts from outside, such as names: shown without control characters, and in a message short and in one line."""

from __future__ import annotations

import re
from math import nan
from typing import Any
from unicodedata import category

LARGEST_VALUE = 1e150  # of a stream: the square of a larger one overflows a double
LONGEST = 60  # characters of a value in a message
_NUMBER = re.compile(r" *[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)? *", re.ASCII)


def shown(value: Any, longest: int = LONGEST) -> str:
    r"""Return a value's `repr`, cut and in one line, whatever it is: a broken `repr` must not hide the error.

    Examples
    --------
    >>> shown("a\nb")
    "'a\\nb'"
    >>> shown(10**5000)
    'int of more than 4300 digits'
    """
    try:
        text = repr(value)
    except ValueError:  # Python writes no integer of more digits
        text = f"{type(value).__name__} of more than 4300 digits"
    except Exception:
        text = f"{type(value).__name__} without a repr"
    return printable(text, longest)


def printable(text: str, longest: int = 2000) -> str:
    r"""Return a text as one line without control characters, cut after so many characters.

    Examples
    --------
    >>> printable("a\x1b[31mb\n c", 20)
    'a?[31mb c'
    """
    line = plain(" ".join(text[: 4 * longest].split()))
    return line if len(line) <= longest else line[: longest - 1] + "…"


def plain(text: str) -> str:
    r"""Return a text with a question mark for each control character, be it a line break or one of writing direction.

    Examples
    --------
    >>> plain("a\x1b[31mb\n c\u202e")
    'a?[31mb? c?'
    """
    return text if text.isprintable() else "".join(letter if letter.isprintable() else "?" for letter in text)


def plain_number(text: str) -> float:
    """Return a decimal number; NaN for anything else, and for what only Python takes for one.

    Examples
    --------
    >>> [plain_number(text) for text in ("-1.5e3", "1_000", "nan")]
    [-1500.0, nan, nan]
    """
    return float(text) if _NUMBER.fullmatch(text) else nan


def is_one_line(name: str) -> bool:
    r"""Whether a name is UTF-8 text without control characters and line ends, so that it can stand in any file.

    Examples
    --------
    >>> [is_one_line(name) for name in ("données 1.csv", "a\nb.csv", "a\udcff.csv")]
    [True, False, False]
    """
    return name.isprintable() or not any(category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in name)
