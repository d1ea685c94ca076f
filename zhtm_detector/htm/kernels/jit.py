"""The decorators of compiled functions: one for each way in which they are called.

Rules (a stale cache gives wrong numbers without a word): a compiled function calls only compiled functions of its
own file, takes its parameters as arguments, never reads module globals but constants of its own file, and uses no
fastmath. One that calls those of other files takes an array of `_sources.SOURCES`, as `record.step` does. What counts
no references calls only what counts none: else it depends on who compiles it first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from numba.core.dispatcher import Dispatcher

F = TypeVar("F", bound=Callable[..., object])


def jit(function: F) -> F:
    """Compile `function` at its first call and keep the machine code on disk."""
    return cast(F, numba.njit(cache=True)(function))


def entry_of(function: Callable[..., Any], *arguments: object) -> Callable[..., Any]:
    """Give the compiled code of a `jit` function for arguments of these types, compiled before.

    A call of the function looks at the types of all arguments, which for a few of them takes microseconds. This one
    does not; each argument must be of the type that stood here, or one that converts to it.
    """
    if not isinstance(function, Dispatcher):  # compilation is switched off
        return function
    entry: Callable[..., Any] = function.get_overload(tuple(numba.typeof(argument) for argument in arguments))
    return entry


def jit_bare(function: F) -> F:
    """As `jit`, without counting references to arrays: for what runs once a column, a segment or a record.

    Counting is two atomic instructions an array and call, a third of the temporal memory's time. Such a function
    makes no arrays (views are fine) and returns none; its caller holds them all.
    """
    return cast(F, numba.njit(cache=True, _nrt=False)(function))  # type: ignore[call-overload]


def jit_inner(function: F) -> F:
    """As `jit_bare`, for what only compiled code calls: the bridge from Python would take as long to compile again."""
    options = {"_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return cast(F, numba.njit(cache=True, **options)(function))  # type: ignore[call-overload]


def jit_inline(function: F) -> F:
    """As `jit_bare`, its body written into its callers: for what takes a large NamedTuple.

    A call that is no call copies none of the tuple's arrays. Each place that names the function compiles it again, so
    there should be one, two at most.
    """
    return cast(F, numba.njit(cache=True, _nrt=False, inline="always")(function))  # type: ignore[call-overload]
