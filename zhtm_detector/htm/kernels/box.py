"""A box around all arrays of a model's part, so that a call passes one object.

Numba inspects each array of a NamedTuple at every call, a microsecond for six of them: for 50 arrays, more than an
easy record takes. It inspects a box once, when the box is made. A box refers to the arrays; it holds no copies.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from numba.core import config, types
from numba.experimental import structref

from zhtm_detector.htm.kernels.jit import jit


@structref.register
class BoxType(types.StructRef):
    """Numba's type of a box: the type of its content."""

    def preprocess_fields(self, fields: Any) -> Any:
        """Drop the values of literals, so that boxes with content of the same types have the same type."""
        return tuple((name, types.unliteral(kind)) for name, kind in fields)


class Box(structref.StructRefProxy):
    """Python's handle of a box; compiled code reads ``box.state``. It cannot be pickled."""

    def __new__(cls, state: tuple[Any, ...]) -> Any:
        """Put a tuple into a box."""
        return structref.StructRefProxy.__new__(cls, state)


structref.define_proxy(Box, BoxType, ["state"])


@jit
def _make(state: Any) -> Any:
    return Box(state)


def box(state: tuple[Any, ...]) -> Any:
    """Put a tuple of NamedTuples of arrays, or a Generator, into a box."""
    interpreted = config.DISABLE_JIT  # type: ignore[attr-defined]
    return SimpleNamespace(state=state) if interpreted else _make(state)


class Boxed:
    """A part of a model whose kernel takes a box, made at the first call and left out of copies and pickles.

    A subclass returns the content from `kernel_state`, and calls `_drop_box` when it replaces arrays.
    """

    version = 0  # grows when arrays are replaced
    _box: Any = None

    def kernel_state(self) -> tuple[Any, ...]:
        """Return the arguments of the kernel: NamedTuples of arrays, a Generator."""
        raise NotImplementedError

    @property
    def boxed(self) -> Any:
        """The kernel state in a box."""
        if self._box is None:
            self._box = box(self.kernel_state())
        return self._box

    def _drop_box(self) -> None:
        self._box = None
        self.version += 1

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the box."""
        return self.__dict__ | {"_box": None}
