"""The mark beside a parameter that says where a search looks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SearchRange:
    """Where `zhtm tune params` looks for a parameter, unless it is told otherwise; it changes nothing else.

    Parameters
    ----------
    low, high : int or float, optional
        Both ends count.
    log : bool
        Whether a factor matters, not a difference.
    choices : tuple
        Instead of a range.
    """

    low: float | None = None
    high: float | None = None
    log: bool = False
    choices: tuple[Any, ...] = ()
