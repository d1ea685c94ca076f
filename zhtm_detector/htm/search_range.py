"""Search ranges, declared beside the parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SearchRange:
    """Where `zhtm tune params` searches a parameter by default; scores do not depend on it.

    Parameters
    ----------
    low, high : int or float, optional
        Both ends included.
    log : bool
        Whether to search on a log scale.
    choices : tuple
        Instead of a range.
    """

    low: float | None = None
    high: float | None = None
    log: bool = False
    choices: tuple[Any, ...] = ()
