"""The one decorator of every compiled function.

Rules (a stale cache gives wrong numbers without a word): a compiled function calls only compiled functions of its
own file, takes its parameters as arguments, never reads module globals, and uses no fastmath.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def jit(function: F) -> F:
    """Compile `function` at its first call and keep the machine code on disk."""
    return cast(F, numba.njit(cache=True)(function))
