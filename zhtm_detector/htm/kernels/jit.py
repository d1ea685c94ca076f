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
from contextlib import contextmanager, suppress
from io import BytesIO
from multiprocessing import parent_process
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, TypeVar, cast
from uuid import uuid4
from zlib import crc32

import numba
from numba.core.caching import FunctionCache, IndexDataCacheFile, NullCache
from numba.core.dispatcher import Dispatcher

F = TypeVar("F", bound=Callable[..., object])

_log = logging.getLogger(__name__)
_listener: Callable[[], None] | None = None
_folders: set[str] = set()  # of compiled code
_warned = False


def warn_of_compiling(damaged: str = "") -> None:
    """Log one warning per process, with its reason: `damaged` is a file of compiled code that cannot be used."""
    global _warned
    if _warned:
        return
    _warned = True
    if damaged:
        why = f"because {damaged} is damaged"
    elif _can_be_kept():
        why = "once per installation"
    else:
        why = "at every start, because they cannot be kept (expected NUMBA_CACHE_DIR to name a writable folder)"
    _log.warning("compiling the kernels, %s: about half a minute", why)


def _can_be_kept() -> bool:
    """Check that all folders of compiled code take as much as a large kernel."""
    try:
        for folder in _folders:
            with TemporaryFile(dir=folder) as file:
                file.write(bytes(2**20))
                file.flush()
    except OSError:
        return False
    return bool(_folders)


@contextmanager
def compile_listener(listener: Callable[[], None]) -> Iterator[None]:
    """Call `listener` before each function that is compiled, instead of logging a warning before the first one."""
    global _listener
    _listener = listener
    try:
        yield
    finally:
        _listener = None


def _report_miss(damaged: str = "") -> None:
    if _listener is not None:
        _listener()
    elif parent_process() is None:  # a worker process leaves it to the process that started it
        warn_of_compiling(damaged)


class _Files(IndexDataCacheFile):
    """Numba's files of one function, each with a checksum at its end, which unpickling ignores.

    Names of data files are unique: numba numbers them, so two processes that compile at the same time, on any machine,
    would write code for different types under one name, and calling it would crash.
    """

    def __init__(self, cache: FunctionCache) -> None:
        stamp = cache._impl.locator.get_source_stamp()
        super().__init__(cache._cache_path, cache._impl.filename_base, stamp)  # type: ignore[no-untyped-call]
        self._version += " with checksums"

    def _data_name(self, number: int) -> str:
        return self._data_name_pattern.replace("{number:d}", f"{number}-{uuid4().hex[:16]}")

    @contextmanager
    def _open_for_write(self, filepath: str) -> Iterator[BytesIO]:
        buffer = BytesIO()
        yield buffer
        content = buffer.getvalue()
        with super()._open_for_write(filepath) as file:
            file.write(content + _checksum(content))

    def _load_index(self) -> Any:
        overloads = super()._load_index()  # type: ignore[no-untyped-call]
        if overloads:  # not of another version
            _check(self._index_path)
        return overloads

    def _load_data(self, name: str) -> Any:
        _check(self._data_path(name))  # type: ignore[no-untyped-call]
        return super()._load_data(name)  # type: ignore[no-untyped-call]


class _DamagedError(Exception):
    pass


def _checksum(content: bytes) -> bytes:
    return crc32(content).to_bytes(4, "little")


def _check(path: str) -> None:
    content = Path(path).read_bytes()
    if _checksum(content[:-4]) != content[-4:]:
        raise _DamagedError


class _KernelCache(FunctionCache):
    """Numba's cache on disk, which reports a miss, because compiling takes long, and survives bad files and folders."""

    def __init__(self, function: Any) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        self._cache_file = _Files(self)
        _folders.add(self._cache_path)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        found, damaged = None, ""
        try:
            found = super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except (AttributeError, ImportError):  # the index names a class that an older version had
            self._clear()
        except Exception:  # unpickling raises anything
            damaged = self._cache_file._index_path
            self._clear()
        if found is None:
            _report_miss(damaged)
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        with suppress(Exception):  # the warning of the miss says so
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]

    def _clear(self) -> None:
        with suppress(OSError):
            self.flush()  # type: ignore[no-untyped-call]


class _NoCache(NullCache):
    """Where no folder can be written: it only reports the miss."""

    def load_overload(self, sig: Any, target_context: Any) -> None:
        _report_miss()


def _compile(function: F, **options: Any) -> F:
    compiled = numba.njit(**options)(function)
    if isinstance(compiled, Dispatcher):  # not if compilation is switched off
        compiled._cache = _cache_of(function)  # type: ignore[attr-defined]
    return cast(F, compiled)


def _cache_of(function: Any) -> _KernelCache | _NoCache:
    try:
        return _KernelCache(function)
    except RuntimeError:  # "no locator available"
        return _NoCache()


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
