"""The decorators of compiled functions: one per way of being called.

Rules (a stale cache gives wrong numbers without a warning): a compiled function calls only compiled functions of its
own file, takes its parameters as arguments, reads no module globals except constants of its own file, and uses no
fastmath. One that calls functions of other files takes an array of `cache_key.SOURCES`, as `record.step` does. A
function compiled without reference counts calls only such functions: else the result depends on which of its callers
is compiled first.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from multiprocessing import parent_process
from typing import Any, TypeVar, cast

import numba
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher

F = TypeVar("F", bound=Callable[..., object])

_log = logging.getLogger(__name__)
_listener: Callable[[], None] | None = None


@cache
def warn_of_compiling() -> None:
    """Log a warning, once per process."""
    _log.warning("compiling the kernels, once per installation: about half a minute")


@contextmanager
def compile_listener(listener: Callable[[], None]) -> Iterator[None]:
    """Call `listener` before each function that is compiled, instead of logging a warning before the first one."""
    global _listener
    _listener = listener
    try:
        yield
    finally:
        _listener = None


class _KernelCache(FunctionCache):
    """Numba's cache on disk, which reports a miss: compiling takes long."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            found = super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except (AttributeError, ImportError):  # the index names a class that an older version had
            self.flush()  # type: ignore[no-untyped-call]
            found = None
        if found is None:
            if _listener is not None:
                _listener()
            elif parent_process() is None:  # a worker process leaves it to the process that started it
                warn_of_compiling()
        return found


def _compile(function: F, **options: Any) -> F:
    compiled = numba.njit(**options)(function)
    if isinstance(compiled, Dispatcher):  # not if compilation is switched off
        compiled._cache = _KernelCache(function)  # type: ignore[attr-defined, no-untyped-call]
    return cast(F, compiled)


def jit(function: F) -> F:
    """Compile `function` at its first call and cache the machine code on disk."""
    return _compile(function)


def entry_of(function: Callable[..., Any], *arguments: object) -> Callable[..., Any]:
    """Return the compiled code of a `jit` function for arguments of these types; it must be compiled already.

    Calling the function inspects the types of all arguments, which takes microseconds for a few of them. Calling this
    does not: each argument must be of the given type, or convertible to it.
    """
    if not isinstance(function, Dispatcher):  # compilation is switched off
        return function
    entry: Callable[..., Any] = function.get_overload(tuple(numba.typeof(argument) for argument in arguments))
    return entry


def jit_bare(function: F) -> F:
    """As `jit`, without reference counts of arrays: for what runs once per column, segment or record.

    Counting costs two atomic instructions per array and call, a third of the temporal memory's time. Such a function
    creates no arrays (views are fine) and returns none; its caller owns them all.
    """
    return _compile(function, _nrt=False)


def jit_inner(function: F) -> F:
    """As `jit_bare`, for functions that only compiled code calls: a wrapper for Python would double compile time."""
    return _compile(function, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def jit_inline(function: F) -> F:
    """As `jit_bare`, with its body inlined into its callers: for functions that take a large NamedTuple.

    Without a call, none of the tuple's arrays are copied. Each caller compiles the body again, so there should be only
    one or two.
    """
    return _compile(function, _nrt=False, inline="always")
